// A person at the editor's own boxes: waits for the box with a title or question, types into it or chooses in it, and presses Enter. The boxes are real;
// only which item is chosen, and what is typed, is said through the editor's interface, as tests in the host have no keyboard.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';

type Box = vscode.InputBox | vscode.QuickPick<vscode.QuickPickItem>;

export class Person {
  readonly #made: Box[] = [];
  readonly #gone = new Set<Box>();
  readonly #restore: () => void;

  /** Boxes that modules of the test's own bundle open from now on are seen. */
  constructor() {
    const { createInputBox, createQuickPick } = vscode.window;
    const seen = <T extends Box>(box: T): T => {
      this.#made.push(box);
      box.onDidHide(() => this.#gone.add(box));
      return box;
    };
    Object.assign(vscode.window, { createInputBox: () => seen(createInputBox()), createQuickPick: <T extends vscode.QuickPickItem>() => seen(createQuickPick<T>() as never) });
    this.#restore = () => Object.assign(vscode.window, { createInputBox, createQuickPick });
  }

  leave(): void {
    this.#restore();
  }

  /** The box whose question this is, once it is there. */
  async #box(question: RegExp): Promise<Box> {
    for (let n = 0; n < 300; n++) {
      const box = this.#made.findLast((one) => !this.#gone.has(one));
      if (box && question.test(questionOf(box)) && !box.busy) return box;
      await sleep(100);
    }
    return assert.fail(`no box asks ${String(question)}: ${JSON.stringify(this.#made.filter((one) => !this.#gone.has(one)).map((one) => [questionOf(one), 'items' in one ? one.items.map(({ label }) => label) : one.value]))}`);
  }

  async #enter(box: Box): Promise<void> {
    for (let n = 0; n < 5 && !this.#gone.has(box); n++) {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      // A second Enter too soon would be the next box's.
      for (let waited = 0; waited < 40 && !this.#gone.has(box); waited++) await sleep(100);
    }
    assert.ok(this.#gone.has(box), `Enter did nothing: ${JSON.stringify('validationMessage' in box ? box.validationMessage : box.activeItems.map(({ label }) => label))}`);
  }

  /** Into a box for a text. */
  async types(question: RegExp, text: string): Promise<void> {
    const box = await this.#box(question);
    box.value = text;
    await sleep(100);
    await this.#enter(box);
  }

  /** The first row that fits, as "label · description"; `typed` first. */
  async chooses(question: RegExp, label: RegExp, typed?: string): Promise<void> {
    const box = await this.#box(question) as vscode.QuickPick<vscode.QuickPickItem>;
    if (typed !== undefined) box.value = typed;
    await this.#until(box, label);
    box.activeItems = [box.items.find((item) => label.test(textOf(item)))!];
    await sleep(100);
    await this.#enter(box);
  }

  /** The same, where Enter must change nothing: the box stays, and can be gone on with. */
  async cantChoose(question: RegExp, label: RegExp, typed: string): Promise<void> {
    const box = await this.#box(question) as vscode.QuickPick<vscode.QuickPickItem>;
    box.value = typed;
    await this.#until(box, label);
    box.activeItems = [box.items.find((item) => label.test(textOf(item)))!];
    await sleep(100);
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    await sleep(1000);
    assert.ok(!this.#gone.has(box), 'Enter took it');
  }

  /** The rows of it that are to be marked, then Enter. */
  async marks(question: RegExp, labels: RegExp): Promise<void> {
    const box = await this.#box(question) as vscode.QuickPick<vscode.QuickPickItem>;
    await this.#until(box, labels);
    box.selectedItems = box.items.filter((item) => labels.test(textOf(item)));
    await sleep(100);
    await this.#enter(box);
  }

  /** What its rows say. */
  async reads(question: RegExp): Promise<readonly string[]> {
    const box = await this.#box(question) as vscode.QuickPick<vscode.QuickPickItem>;
    return box.items.map(textOf);
  }

  async escapes(): Promise<void> {
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
  }

  async #until(box: vscode.QuickPick<vscode.QuickPickItem>, label: RegExp): Promise<void> {
    for (let n = 0; n < 100 && !box.items.some((item) => label.test(textOf(item))); n++) await sleep(100);
    assert.ok(box.items.some((item) => label.test(textOf(item))), `${String(label)} is not among ${JSON.stringify(box.items.map(textOf))}`);
  }
}

function textOf({ label, description }: vscode.QuickPickItem): string {
  return [label, description].filter(Boolean).join(' · ');
}

function questionOf(box: Box): string {
  return ('items' in box ? box.placeholder : box.prompt) ?? '';
}

/** Presses Enter until the command has ended: what is on the screen are questions, a preview, then a progress. */
export async function withEnter(command: Thenable<unknown>): Promise<void> {
  let going = true;
  const ended = Promise.resolve(command).finally(() => { going = false; });
  for (let tries = 0; going && tries < 250; tries++) {
    await sleep(120);
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
  }
  await ended;
}
