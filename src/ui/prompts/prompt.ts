// One question of several as a box of the editor: with Back and its number, and a check that runs while a person types
// (the server may be asked) and that Enter waits for.
import * as vscode from 'vscode';
import { type At, BACK } from './inTurn.ts';

/** `problem` keeps the box open; `note` says what the text means. Neither: it is good. */
export interface Said {
  readonly problem?: string;
  readonly note?: string;
}

interface Step {
  readonly title: string;
  /** "2 of 9"; left out for a question that stands alone. */
  readonly at?: At;
  /** False for the first: there is nothing to go back to. */
  readonly back?: boolean;
}

export interface TextStep extends Step {
  readonly prompt: string;
  readonly placeholder?: string;
  readonly value?: string;
  readonly check: (value: string, signal: AbortSignal) => Said | Promise<Said>;
}

/** ms that nothing is typed before the check runs. */
const QUIET = 250;

/** undefined = dismissed. The check's failures are its own to put into words. */
export async function askText(wanted: TextStep): Promise<string | typeof BACK | undefined> {
  const box = vscode.window.createInputBox();
  dress(box, wanted);
  box.prompt = wanted.prompt;
  box.placeholder = wanted.placeholder;
  box.value = wanted.value ?? '';
  let abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  /** Of the text that stands there now; a later text makes it undefined. */
  const check = async (): Promise<Said | undefined> => {
    clearTimeout(timer);
    abort.abort();
    const mine = abort = new AbortController();
    box.busy = true;
    const said = await wanted.check(box.value, mine.signal);
    if (mine.signal.aborted) return undefined;
    box.busy = false;
    // The editor shows either the message or the question: a note stands beside the question, only a problem in its place.
    box.validationMessage = said.problem;
    box.prompt = said.note === undefined ? wanted.prompt : `${wanted.prompt.replace(/[^.?]$/, '$&.')} ${said.note}`;
    return said;
  };
  try {
    return await new Promise((resolve, reject) => {
      const soon = (): void => {
        abort.abort();
        clearTimeout(timer);
        box.validationMessage = undefined;
        box.prompt = wanted.prompt;
        timer = setTimeout(() => { check().catch(reject); }, QUIET);
      };
      box.onDidTriggerButton(() => resolve(BACK));
      box.onDidHide(() => resolve(undefined));
      box.onDidChangeValue(soon);
      box.onDidAccept(() => {
        const { value } = box;
        check().then((said) => { if (said && said.problem === undefined) resolve(value); }, reject);
      });
      box.show();
      if (box.value !== '') check().catch(reject);
    });
  } finally {
    clearTimeout(timer);
    abort.abort();
    box.dispose();
  }
}

export interface PickStep<T extends vscode.QuickPickItem> extends Step {
  readonly placeholder: string;
  readonly items: readonly T[];
  readonly active?: T | undefined;
  /** An item, or several, for what was typed and is none of the items. */
  readonly typed?: (text: string) => T | readonly T[];
  /** Enter on such an item changes nothing: what stands beside it says why. */
  readonly unfit?: (item: T) => boolean;
}

/** undefined = dismissed. */
export async function askPick<T extends vscode.QuickPickItem>(wanted: PickStep<T>): Promise<T | typeof BACK | undefined> {
  const pick = vscode.window.createQuickPick<T>();
  dress(pick, wanted);
  pick.placeholder = wanted.placeholder;
  pick.matchOnDescription = true;
  pick.items = wanted.items;
  if (wanted.active) pick.activeItems = [wanted.active];
  try {
    return await new Promise((resolve) => {
      pick.onDidTriggerButton(() => resolve(BACK));
      pick.onDidHide(() => resolve(undefined));
      pick.onDidChangeValue((text) => {
        if (!wanted.typed) return;
        const own = text.trim() === '' || wanted.items.some(({ label }) => label.toLowerCase() === text.trim().toLowerCase()) ? [] : [wanted.typed(text.trim())].flat() as T[];
        pick.items = [...wanted.items, ...own];
      });
      pick.onDidAccept(() => {
        // For a moment after a change of the items, the active one is still of those before.
        const chosen = pick.activeItems.find((item) => pick.items.includes(item));
        if (chosen && !wanted.unfit?.(chosen)) resolve(chosen);
      });
      pick.show();
    });
  } finally {
    pick.dispose();
  }
}

function dress(input: vscode.InputBox | vscode.QuickPick<vscode.QuickPickItem>, { title, at, back }: Step): void {
  input.title = title;
  input.step = at?.step;
  input.totalSteps = at?.of;
  input.ignoreFocusOut = true;
  input.buttons = back ? [vscode.QuickInputButtons.Back] : [];
}
