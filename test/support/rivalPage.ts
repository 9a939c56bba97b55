// A JupyterLab window with rucio-jupyterlab as a person uses it: signs in, attaches, looks at what is attached, runs cells.
import type { Locator, Page } from 'playwright-core';
import type { LakeInfo } from './lake/info.ts';

const PATIENCE_MS = 90_000;

export class RivalPage {
  readonly #page: Page;
  readonly #panel: Locator;

  constructor(page: Page) {
    this.#page = page;
    page.setDefaultTimeout(PATIENCE_MS);
    this.#panel = page.locator('[id="rucio-jupyterlab:panel"]');
  }

  /** The notebook of the address is there, and the panel open. */
  async ready(): Promise<void> {
    await this.#page.locator('.jp-Notebook').waitFor();
    await this.#page.locator('.jp-SideBar .lm-TabBar-tab[data-id="rucio-jupyterlab:panel"]').click();
    await this.#tab('Explore').waitFor();
  }

  async signIn(lake: LakeInfo): Promise<void> {
    const { account, userpass: { username, password } } = lake.accounts.alice;
    await this.#tab('Settings').click();
    await this.#choose(0, 'Test Lake');
    await this.#choose(1, 'Username & Password');
    for (const [field, value] of [['Username', username], ['Password', password], ['Account', account]] as const) await this.#panel.getByPlaceholder(field, { exact: true }).first().fill(value);
    const saved = this.#page.waitForResponse((answer) => answer.request().method() === 'PUT' && answer.url().includes('/rucio-jupyterlab/auth') && answer.ok());
    await this.#panel.getByText('Save Settings').click();
    await saved;
  }

  /** *Add to Notebook* on a DID that is here. */
  async attach(did: string, variable: string): Promise<void> {
    await this.#tab('Explore').click();
    const search = this.#panel.getByPlaceholder('Enter a Data Identifier (DID)');
    await search.fill(did);
    await search.press('Enter');
    await this.#panel.getByText(did.slice(did.indexOf(':') + 1)).last().click();
    await this.#panel.getByText('Add to Notebook').first().click();
    const name = this.#page.getByPlaceholder('Enter a variable name');
    await name.fill(variable);
    await name.press('Enter');
    await this.#page.locator('.jp-NotebookPanel-toolbar').getByText('Ready').waitFor();
  }

  /** The words of its list of what is attached, once they have all of these in them. */
  async attached(words: readonly string[]): Promise<string> {
    await this.#tab('Notebook').click();
    for (const word of words) await this.#panel.getByText(word).first().waitFor();
    return await this.#panel.innerText();
  }

  /** All variables are set in the kernel, as it says itself. */
  async injected(): Promise<void> {
    await this.#page.locator('.jp-NotebookPanel-toolbar').getByText('Ready').waitFor();
  }

  /** Runs the first cell, until it prints this. */
  async prints(text: string): Promise<void> {
    const cell = this.#page.locator('.jp-Notebook .jp-CodeCell').first();
    await cell.click();
    await this.#page.keyboard.press('Shift+Enter');
    await cell.locator('.jp-OutputArea-output').filter({ hasText: text }).first().waitFor();
  }

  async save(): Promise<void> {
    await this.#page.keyboard.press('Escape');
    await this.#page.keyboard.press('Control+s');
  }

  #tab(name: string): Locator {
    return this.#panel.getByText(new RegExp(`^${name}$`, 'i')).first();
  }

  async #choose(which: number, option: string): Promise<void> {
    await this.#panel.locator('input[id^="react-select"]').nth(which).click();
    await this.#page.locator('[id*="-option-"]').filter({ hasText: option }).first().click();
  }
}
