// The last step of an upload or a download: a list that fills when the plan is there, with Back, and all names in an editor.
import * as vscode from 'vscode';
import { toFailure } from '../failures.ts';
import { withoutIcons } from '../plain.ts';
import { BACK } from '../prompts/inTurn.ts';
import { linesOf } from './words.ts';

/** Names in the list, and in the editor. */
const ROWS = 1000;
const WHOLE = 200_000;

export interface PlanPick<P, S> {
  readonly title: string;
  readonly at: { readonly step: number; readonly of: number };
  readonly looking: string;
  readonly unknown: string;
  readonly ask: (shown: number, signal: AbortSignal) => Promise<P>;
  /** What has to be asked before anything is shown. */
  readonly first: (plan: P) => S | undefined;
  readonly items: (plan: P) => readonly (vscode.QuickPickItem & { readonly said?: S })[];
  readonly placeholder: (plan: P) => string;
  readonly whole: (plan: P) => Promise<void>;
}

/** Letters of one line of a row; what is longer is cut by the editor, and the end is where it says what to do. */
const LINE = 76;

/** What is wrong, whole: rows of two lines, the first with the icon. */
export function saidRows(icon: 'circle-slash' | 'warning' | 'error', text: string): vscode.QuickPickItem[] {
  const lines = linesOf(text, LINE).map(withoutIcons);
  return lines.flatMap((line, i) => (i % 2 === 1 ? [] : [{ label: `$(${i === 0 ? icon : 'blank'}) ${line}`, ...(lines[i + 1] !== undefined && { detail: lines[i + 1] }) }]));
}

/** undefined = dismissed. */
export async function planPick<P, S>({ title, at, looking, unknown, ask, first, items, placeholder, whole }: PlanPick<P, S>): Promise<S | typeof BACK | undefined> {
  const pick = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly said?: S }>();
  const abort = new AbortController();
  const all: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('list-flat'), tooltip: 'Show All Names in an Editor' };
  pick.title = title;
  pick.step = at.step;
  pick.totalSteps = at.of;
  pick.ignoreFocusOut = true;
  pick.matchOnDescription = true;
  pick.buttons = [vscode.QuickInputButtons.Back, all];
  pick.placeholder = looking;
  pick.busy = true;
  const failed = (error: unknown): void => {
    if (abort.signal.aborted) return;
    const failure = toFailure(error);
    pick.items = saidRows('error', [failure.what, failure.next].filter(Boolean).join(' '));
    pick.placeholder = unknown;
  };
  try {
    return await new Promise((resolve) => {
      pick.onDidTriggerButton((button) => {
        if (button === all) ask(WHOLE, abort.signal).then(whole).catch(failed);
        else resolve(BACK);
      });
      pick.onDidHide(() => resolve(undefined));
      pick.onDidAccept(() => {
        const chosen = pick.activeItems.find((item) => pick.items.includes(item));
        if (chosen?.said) resolve(chosen.said);
      });
      pick.show();
      ask(ROWS, abort.signal).then((plan) => {
        const asked = first(plan);
        if (asked) return resolve(asked);
        pick.items = items(plan);
        pick.placeholder = placeholder(plan);
      }).catch(failed).finally(() => { pick.busy = false; });
    });
  } finally {
    abort.abort();
    pick.dispose();
  }
}
