// A tree of the side bar as a person sees it. Only rows on the screen exist in the page, so a row is looked for by
// scrolling.
import type { Locator } from 'playwright-core';
import { PATIENCE_MS, type PageElement, appears, exactly, oneLine, wordsOfRows } from './waiting.ts';
import type { Workbench } from './workbench.ts';

export class Tree {
  private readonly workbench: Workbench;
  readonly pane: Locator;

  constructor(workbench: Workbench, pane: Locator) {
    this.workbench = workbench;
    this.pane = pane;
  }

  /** The row whose label is exactly this. */
  row(name: string): Locator {
    return this.pane.locator('.monaco-list-row').filter({ has: this.workbench.page.locator('.label-name', { hasText: exactly(name) }) }).first();
  }

  /** The rows on the screen: label and description as they stand there, indented by depth. */
  async rows(): Promise<string[]> {
    return await this.pane.locator('.monaco-list-row').evaluateAll(wordsOfRows);
  }

  /** The labels alone, in the order of the rows on the screen. */
  async labels(): Promise<string[]> {
    return (await this.pane.locator('.monaco-list-row .label-name').allInnerTexts()).map(oneLine);
  }

  /** The lines above the rows. */
  async messages(): Promise<string[]> {
    return (await this.pane.locator('.message:visible').allInnerTexts()).flatMap((text) => text.split('\n')).map(oneLine).filter(Boolean);
  }

  /** What appears when the pointer rests on a row. */
  async tooltip(name: string): Promise<string> {
    const row = await this.find(name);
    const hover = this.workbench.page.locator('.monaco-hover:visible');
    await this.workbench.page.mouse.move(700, 600); // one that shows another row's goes first
    await hover.waitFor({ state: 'hidden' });
    await row.locator('.label-name').hover();
    await hover.waitFor();
    return oneLine(await hover.innerText());
  }

  /** What a screen reader says of a row: label, description, status in words. */
  async spoken(name: string): Promise<string> {
    return await (await this.find(name)).getAttribute('aria-label') ?? '';
  }

  /** What stands beside the label. */
  async description(name: string): Promise<string> {
    return oneLine((await (await this.find(name)).locator('.label-description').allInnerTexts()).join(' '));
  }

  /** Brings the row onto the screen and gives it; fails with the rows that are there. */
  async find(name: string, timeoutMs = PATIENCE_MS): Promise<Locator> {
    const row = this.row(name);
    const end = Date.now() + timeoutMs;
    for (let fromTop = false; !(await appears(row, 500)); fromTop = !fromTop) {
      if (Date.now() > end) {
        const picture = await this.workbench.screenshot('failure-tree');
        throw new Error(`The tree has no row "${name}"; on the screen are:\n${(await this.rows()).map((r) => `  ${r}`).join('\n')}\n  picture: ${picture}`);
      }
      await this.scroll(fromTop ? 'top' : 'on', row);
    }
    return row;
  }

  /** Scrolls on until a row is on the screen whose label is like this. */
  async reach(label: RegExp): Promise<void> {
    const row = this.pane.locator('.monaco-list-row .label-name').filter({ hasText: label }).first();
    await this.workbench.until(`a row ${String(label)} is on the screen`, async () => {
      if (await appears(row, 500)) return true;
      await this.scroll('on', row);
      return await row.isVisible();
    });
  }

  private async scroll(how: 'top' | 'on', wanted: Locator): Promise<void> {
    const box = await this.pane.locator('.monaco-list').first().boundingBox();
    if (!box) return;
    await this.workbench.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    if (how === 'top') return await this.workbench.page.mouse.wheel(0, -1e6);
    for (let before = ''; !(await wanted.isVisible());) {
      const now = (await this.rows()).join('\n');
      if (now === before) return; // the end
      before = now;
      await this.workbench.page.mouse.wheel(0, box.height * 0.7);
      await this.workbench.page.waitForTimeout(120);
    }
  }

  async expand(name: string): Promise<void> {
    const row = await this.find(name);
    if (await row.getAttribute('aria-expanded') !== 'false') return;
    await row.locator('.monaco-tl-twistie').click();
    await this.workbench.until(`"${name}" is open`, async () => await row.getAttribute('aria-expanded') === 'true');
  }

  async collapse(name: string): Promise<void> {
    const row = await this.find(name);
    if (await row.getAttribute('aria-expanded') !== 'true') return;
    await row.locator('.monaco-tl-twistie').click();
    await this.workbench.until(`"${name}" is closed`, async () => await row.getAttribute('aria-expanded') === 'false');
  }

  async select(name: string): Promise<void> {
    await (await this.find(name)).click();
  }

  /** Chooses an item of a row's context menu. */
  async contextMenu(name: string, item: string): Promise<void> {
    const row = await this.find(name);
    await row.click({ button: 'right' });
    await this.workbench.chooseFromMenu(item);
  }

  /** Presses one of the buttons that a row shows under the pointer. */
  async inlineAction(name: string, title: string): Promise<void> {
    const row = await this.find(name);
    await row.hover();
    await row.locator(`.actions [aria-label^="${title}"]`).first().click();
  }

  /** The buttons that a row shows under the pointer. */
  async inlineActions(name: string): Promise<string[]> {
    const row = await this.find(name);
    await row.hover();
    return row.locator('.actions .action-label').evaluateAll((all: PageElement[]) => all.map((label) => label.getAttribute('aria-label') ?? ''));
  }

  /** Presses a button of the view's title bar; a container with one view shows them in its own. */
  async titleAction(title: string): Promise<void> {
    const header = this.pane.locator('.pane-header');
    const bar = await header.isVisible() ? header : this.workbench.page.locator('.sidebar .composite.title');
    await bar.hover();
    await bar.locator(`.actions-container [aria-label^="${title}"]`).first().click();
  }
}
