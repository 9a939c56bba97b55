// One step of a dialog as an input box, with Back and at most one other way, and with a check that may take a while and
// keeps the box open when something is wrong.
import * as vscode from 'vscode';

export const BACK = Symbol('back');
export const OTHER = Symbol('other');

export interface CheckedBox {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
  readonly prompt: string;
  readonly reason?: string;
  readonly placeholder?: string;
  readonly value?: string;
  readonly password?: boolean;
  /** A button beside Back; pressing it ends the step with {@link OTHER}. */
  readonly other?: vscode.QuickInputButton;
  /** What is wrong with the text as it stands. */
  readonly problem?: (value: string) => string | undefined;
  /** Tried on Enter; the words of what is wrong are shown in the box and it asks again, five times at most. */
  readonly check?: (value: string) => Promise<string | undefined>;
}

/** A server locks accounts out sooner or later; a person who is wrong five times needs something else than a sixth try. */
const TRIES = 5;

/** undefined = dismissed. A box that is closed while its check runs ends with the answer of the check. */
export async function askInBox(wanted: CheckedBox): Promise<string | typeof BACK | typeof OTHER | undefined> {
  const box = vscode.window.createInputBox();
  box.title = wanted.title;
  box.step = wanted.step;
  box.totalSteps = wanted.totalSteps;
  box.prompt = wanted.reason ? `${wanted.reason} ${wanted.prompt}:` : wanted.prompt;
  box.placeholder = wanted.placeholder;
  box.value = wanted.value ?? '';
  box.password = wanted.password ?? false;
  box.ignoreFocusOut = true;
  box.buttons = [vscode.QuickInputButtons.Back, ...(wanted.other ? [wanted.other] : [])];
  let checking = false;
  let hidden = false;
  let tries = 0;
  try {
    return await new Promise((resolve, reject) => {
      box.onDidTriggerButton((button) => { if (!checking) resolve(button === wanted.other ? OTHER : BACK); });
      box.onDidHide(() => {
        hidden = true;
        if (!checking) resolve(undefined);
      });
      box.onDidChangeValue(() => { box.validationMessage = undefined; });
      box.onDidAccept(() => {
        if (checking) return;
        const { value } = box;
        const problem = wanted.problem?.(value);
        if (problem) {
          box.validationMessage = problem;
          return;
        }
        if (!wanted.check) return resolve(value);
        checking = true;
        box.enabled = false;
        box.busy = true;
        wanted.check(value).then((wrong) => {
          checking = false;
          if (!wrong) return resolve(value);
          if (hidden || ++tries >= TRIES) return reject(new WrongTooOften(wrong));
          box.busy = false;
          box.enabled = true;
          if (wanted.password) box.value = '';
          box.validationMessage = wrong;
        }, reject);
      });
      box.show();
    });
  } finally {
    box.dispose();
  }
}

/** What all boxes of a sign-in say at their top. */
export function step({ displayName, reason }: { readonly displayName: string; readonly reason?: string }, number: number, total: number): Pick<CheckedBox, 'title' | 'step' | 'totalSteps' | 'reason'> {
  return { title: `Sign In to ${displayName}`, step: number, totalSteps: total, ...(reason ? { reason } : {}) };
}

/** `make`: what is to be checked, from what was typed. */
export function checked<T>(check: ((made: T) => Promise<string | undefined>) | undefined, make: (value: string) => T): Pick<CheckedBox, 'check'> {
  return check ? { check: (value) => check(make(value)) } : {};
}

/** The last answer of the check, when the box could not stay open for it. */
export class WrongTooOften extends Error {
  override readonly name = 'WrongTooOften';
}
