// A notebook in the window as a person sees it: its cells, what they print, and the kernel.
import type { Locator } from 'playwright-core';
import { ignoreTimeout, oneLine } from './waiting.ts';
import type { Workbench } from './workbench.ts';

/** A kernel starts slowly where two cores are busy; ROOT's compiles its own headers at first. */
const KERNEL_MS = 120_000;

export class NotebookPage {
  readonly #workbench: Workbench;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
  }

  /** Opens a file of the folder by its name. */
  async open(name: string): Promise<void> {
    const { page } = this.#workbench;
    await this.#workbench.until(`${name} is in front`, async () => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+p');
      // A page that comes late may close the box: it is opened again.
      if (!await this.#workbench.tryPick(name, name)) return false;
      await page.waitForTimeout(1500);
      return await page.locator(`.tabs-container .tab.active[aria-label^="${name}"]`).isVisible() && await page.locator('.notebookOverlay:visible .cell-list-container').first().isVisible();
    }, 90_000);
  }

  cells(): Locator {
    return this.#workbench.page.locator('.notebookOverlay:visible .cell-list-container .monaco-list-row');
  }

  /** Waits until the editor has taken this kernel: the one that the file names. */
  async kernel(name: string): Promise<void> {
    const label = this.#workbench.page.locator('.notebookOverlay:visible .kernel-action-view-item').first();
    await this.#workbench.until(`the kernel is ${name}`, async () => oneLine(await label.innerText({ timeout: 2000 }).catch(ignoreTimeout) || '') === name, 60_000);
  }

  /** Runs a cell, by its number from 0. */
  async run(index: number): Promise<void> {
    const cell = this.cells().nth(index);
    await cell.scrollIntoViewIfNeeded();
    await cell.hover();
    await cell.locator('.run-button-container .action-label').first().click({ timeout: 60_000 });
  }

  /** Presses a link of a Markdown cell, by its words. */
  async press(link: string): Promise<void> {
    const shown = `a:text-is(${JSON.stringify(link)})`;
    await (await this.#workbench.webview(shown)).locator(shown).first().click();
  }

  /** What is printed on the screen by all cells. */
  async printed(): Promise<string> {
    const all: string[] = [];
    for (const frame of this.#workbench.page.frames().slice(1)) {
      // A frame that is being replaced answers with an error; the next look finds the new one.
      const texts = await frame.locator('.output_container').allInnerTexts().catch(() => []);
      all.push(...texts);
    }
    return all.join('\n');
  }

  /** Runs a cell until it prints this. */
  async prints(index: number, text: string | RegExp, limitMs = KERNEL_MS): Promise<void> {
    await this.run(index);
    await this.shows(text, limitMs);
  }

  async shows(text: string | RegExp, limitMs = KERNEL_MS): Promise<void> {
    let printed = '';
    const found = async (): Promise<boolean> => {
      printed = await this.printed();
      return typeof text === 'string' ? printed.includes(text) : text.test(printed);
    };
    try {
      await this.#workbench.until(`a cell prints ${String(text).slice(0, 60)}`, found, limitMs);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n  printed:\n${printed.slice(-1500)}`, { cause: error });
    }
  }
}
