// The last step of an upload or a download: a list that fills when the plan is there, with Back, and all names in an editor.
import * as vscode from 'vscode';
import { toFailure } from '../failures.ts';
import { withoutIcons } from '../plain.ts';
import { BACK } from '../prompts/inTurn.ts';

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
    pick.items = [{ label: `$(error) ${withoutIcons(failure.what)}`, detail: failure.next }];
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
