// A VS Code window as a person sees it: what to press and what stands there, for journeys in the browser. Everything
// waits until it can be done, and says what it waited for when it cannot.
import type { Frame, Locator, Page } from 'playwright-core';
import { type Profile, type Window, screenshot } from './browser.ts';
import { Tree } from './tree.ts';
import { PATIENCE_MS, type PageElement, appears, disappears, ignoreTimeout, oneLine, wordsOfRows } from './waiting.ts';

/** Opens a window and waits until it can be used. */
export async function openWorkbench(profile: Profile, url: string): Promise<Workbench> {
  const workbench = new Workbench(await profile.open(url));
  await workbench.ready();
  return workbench;
}

export class Workbench {
  readonly window: Window;
  readonly page: Page;

  constructor(window: Window) {
    this.window = window;
    this.page = window.page;
    this.page.setDefaultTimeout(PATIENCE_MS);
  }

  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .activitybar').waitFor({ timeout: 60_000 });
    await this.page.locator('.monaco-workbench .statusbar').waitFor();
  }

  /** Loads the page anew, as F5 in the browser does. */
  async reload(): Promise<void> {
    const { errors } = this.window;
    const before = errors.length;
    await this.page.reload({ waitUntil: 'commit' });
    errors.splice(before); // VS Code's own complaints that it is interrupted
    await this.ready();
  }

  screenshot(name: string): Promise<string> {
    return screenshot(this.page, name);
  }

  // --- commands, quick picks and input boxes ---

  private get quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible');
  }

  /** Runs a command by its full title ("Rucio: Search DIDs…"), as listed in the palette. */
  async runCommand(title: string): Promise<void> {
    const rows = this.quickInput.locator('.quick-input-list .monaco-list-row');
    const row = rows.filter({ has: this.page.getByText(title, { exact: true }) }).first();
    // A palette opened before the extensions are known lists only VS Code's own: open it again until it does.
    await this.until(`the command "${title}" is in the palette`, async () => {
      await this.page.keyboard.press('Escape');
      await this.page.keyboard.press('F1');
      return await this.fills(`>${title}`) && await appears(row, 1500);
    });
    await row.click();
  }

  /** False: the box is gone. A page that is loaded late takes the focus, which closes it. */
  private async fills(text: string): Promise<boolean> {
    return await this.quickInput.locator('input').first().fill(text, { timeout: 5000 }).then(() => true, ignoreTimeout);
  }

  /** Types into the box that is open and takes the row with these words; false: the box, or the row, is gone or does not come. */
  async tryPick(text: string, words: string): Promise<boolean> {
    const row = this.quickInput.locator('.quick-input-list .monaco-list-row').filter({ hasText: words }).first();
    return await this.fills(text) && await row.click({ timeout: 10_000 }).then(() => true, ignoreTimeout);
  }

  /** Types into the quick pick or input box that is open, replacing what is there. */
  async type(text: string): Promise<void> {
    await this.quickInput.locator('input').first().fill(text);
  }

  /** What stands in the quick pick or input box that is open. */
  async typed(): Promise<string> {
    return await this.quickInput.locator('input').first().inputValue();
  }

  /** Types into the input box that is open, and accepts. */
  async enter(text: string): Promise<void> {
    await this.type(text);
    await this.page.keyboard.press('Enter');
  }

  /** Waits for the input box that asks for this, types and accepts. */
  async enterAt(prompt: string, text: string): Promise<void> {
    await this.until(`a box asks for "${prompt}"`, async () => (await this.prompt()).includes(prompt));
    await this.enter(text);
  }

  /** What the open quick pick offers now: each row's words, in one line. */
  async offered(): Promise<string[]> {
    return await this.quickInput.locator('.quick-input-list .monaco-list-row').evaluateAll(wordsOfRows);
  }

  /** Waits for a row with this text in the open quick pick and takes it. */
  async pick(text: string | RegExp): Promise<void> {
    await this.quickInput.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first().click();
  }

  /** What the open quick pick or input box asks: its title, its prompt or what is wrong with the input. */
  async prompt(): Promise<string> {
    const parts = this.quickInput.locator('.quick-input-title, .quick-input-message');
    return oneLine((await parts.allInnerTexts()).join(' '));
  }

  /** Presses one of the buttons in the title of the open quick pick. */
  async pressQuickButton(title: string): Promise<void> {
    await this.quickInput.locator(`.quick-input-titlebar [aria-label^="${title}"], .quick-input-header [aria-label^="${title}"]`).first().click();
  }

  async waitForQuickInput(): Promise<void> {
    await this.quickInput.waitFor();
  }

  // --- views and trees ---

  /** Shows a view container by its title in the activity bar; leaves it open when it is. */
  async openContainer(container: string): Promise<void> {
    const entry = this.page.locator(`.activitybar .action-item:has([aria-label^="${container}"])`).first();
    await entry.waitFor();
    const title = this.page.locator('.sidebar .composite.title');
    // A window that is just loaded may open it by itself in the moment of the click, which then closes it.
    await this.until(`"${container}" is open`, async () => {
      if (!(await entry.getAttribute('class'))?.includes('checked')) await entry.click();
      return await appears(title, 3000);
    });
  }

  /** The tree of a view in the side bar, by the view's title. */
  tree(view: string): Tree {
    return new Tree(this, this.page.locator('.sidebar .pane').filter({ has: this.page.locator('.pane-header .title', { hasText: view }) }).first());
  }

  /** Drags a row onto another in a container that is not shown: over its icon in the activity bar, which opens it. */
  async drag(source: Locator, container: string, target: () => Promise<Locator>): Promise<void> {
    const { mouse } = this.page;
    const over = async (what: Locator): Promise<void> => {
      const box = await what.boundingBox();
      if (!box) throw new Error('what is dragged, or where to, is not on the screen');
      await mouse.move(box.x + Math.min(60, box.width / 2), box.y + box.height / 2, { steps: 5 });
    };
    await over(source);
    await mouse.down();
    const entry = this.page.locator(`.activitybar .action-item:has([aria-label^="${container}"])`).first();
    await this.until(`"${container}" opens under what is dragged`, async () => {
      await over(entry);
      await mouse.move(5, 300);
      await over(entry);
      await this.page.waitForTimeout(1200);
      return (await entry.getAttribute('class'))?.includes('checked') === true;
    });
    const row = await target();
    await over(row);
    await this.page.waitForTimeout(300);
    await over(row);
    await mouse.up();
  }

  /** The items of the context menu that is open. */
  menu(): Locator {
    return this.page.locator('.monaco-menu:visible .action-item:has(.action-label)');
  }

  async chooseFromMenu(item: string): Promise<void> {
    // A submenu lies inside of its entry: the innermost is the one that is meant.
    const entry = this.menu().filter({ has: this.page.getByText(item, { exact: true }) }).last();
    await this.appearing(entry, `"${item}" in the menu`, PATIENCE_MS);
    // A menu does not take clicks in its first moment: they may belong to the press that opened it.
    await this.until(`the menu has taken "${item}"`, async () => {
      await this.page.waitForTimeout(200);
      if (await entry.isVisible()) await entry.click({ timeout: 2000 }).catch(ignoreTimeout);
      return await disappears(this.page.locator('.monaco-menu').first(), 500);
    });
  }

  // --- what the window says ---

  /** The texts of the notifications on the screen. */
  async notifications(): Promise<string[]> {
    return (await this.page.locator('.notification-toast .notification-list-item-message').allInnerTexts()).map(oneLine);
  }

  /** Waits for a notification with these words; gives its whole text. */
  async notification(text: string | RegExp, timeoutMs = PATIENCE_MS): Promise<string> {
    const found = this.toast(text);
    await this.appearing(found, `a notification with ${text}`, timeoutMs);
    return oneLine(await found.locator('.notification-list-item-message').innerText());
  }

  /** Presses a button of the notification with these words. */
  async answerNotification(text: string | RegExp, button: string): Promise<void> {
    await this.toast(text).locator('.monaco-button').filter({ hasText: button }).first().click();
  }

  private toast(text: string | RegExp): Locator {
    return this.page.locator('.notification-toast').filter({ hasText: text }).first();
  }

  /** The words of the modal dialog that is open; presses one of its buttons when told to. */
  async dialog(button?: string): Promise<string> {
    const box = this.page.locator('.monaco-dialog-box');
    await box.waitFor();
    const words = oneLine(await box.innerText());
    if (button) await box.locator('.monaco-button').filter({ hasText: button }).first().click();
    return words;
  }

  async statusBar(): Promise<string[]> {
    return (await this.page.locator('.statusbar-item:visible').allInnerTexts()).map(oneLine).filter(Boolean);
  }

  /** The titles of the open editors' tabs. */
  async tabs(): Promise<string[]> {
    return await this.page.locator('.tabs-container .tab').evaluateAll((all: PageElement[]) => all.map((tab) => (tab.getAttribute('aria-label') ?? '').replace(/(, (preview|pinned))+$/, '')));
  }

  /** The text on the screen of the editor in front, as far as it is drawn. */
  async editorText(): Promise<string> {
    const lines = await this.page.locator('.editor-group-container.active .view-lines .view-line').evaluateAll((all: PageElement[]) =>
      all.map((line) => ({ top: parseFloat(line.style.top), text: line.textContent ?? '' })).sort((a, b) => a.top - b.top).map((l) => l.text));
    return lines.join('\n').replaceAll('\u00a0', ' ');
  }

  async clipboard(): Promise<string> {
    // Only a page in front may read it: another one's call is never answered.
    await this.page.bringToFront();
    const late = new Promise<never>((_, reject) => { setTimeout(() => reject(new Error('the clipboard was not told within 10 s')), 10_000).unref(); });
    return await Promise.race([this.page.evaluate<string>('navigator.clipboard.readText()'), late]);
  }

  /** The frame of the webview that shows this element (a CSS selector or a Playwright one); it lies two frames deep. */
  async webview(selector: string, timeoutMs = PATIENCE_MS): Promise<Frame> {
    let found: Frame | undefined;
    await this.until(`a webview shows ${selector}`, async () => {
      for (const frame of this.page.frames().slice(1)) {
        // A frame that is being replaced answers with an error; the next look finds the new one.
        if (await frame.locator(selector).first().isVisible().catch(() => false)) found = frame;
      }
      return found !== undefined;
    }, timeoutMs);
    return found as Frame;
  }

  /** Changes the colour theme ("Dark Modern", "Light Modern", "Dark High Contrast", …) as a person would. */
  async theme(name: string): Promise<void> {
    await this.runCommand('Preferences: Color Theme');
    await this.type(name);
    await this.pick(name);
    await this.quickInput.waitFor({ state: 'hidden' });
  }

  // --- waiting ---

  /** Looks again and again until `done`; fails with a picture and these words. */
  async until(what: string, done: () => Promise<boolean>, timeoutMs = PATIENCE_MS): Promise<void> {
    for (const end = Date.now() + timeoutMs; !(await done()); await this.page.waitForTimeout(100)) {
      if (Date.now() > end) throw await this.failure(what, timeoutMs);
    }
  }

  private async appearing(locator: Locator, what: string, timeoutMs: number): Promise<void> {
    if (!(await appears(locator, timeoutMs))) throw await this.failure(what, timeoutMs);
  }

  private async failure(what: string, timeoutMs: number): Promise<Error> {
    const picture = await this.screenshot(`failure-${what.replaceAll(/[^\w]+/g, '-').slice(0, 60)}`);
    return new Error(`Not within ${timeoutMs / 1000} s: ${what}.\n  notifications: ${(await this.notifications()).join(' | ') || 'none'}\n  errors: ${this.window.errors.slice(-3).join(' | ') || 'none'}\n  picture: ${picture}`);
  }
}
