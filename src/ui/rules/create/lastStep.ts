// The last step of *Create Rule…*: everything that will be asked for, each row to be changed by Enter, and on top the one
// that makes the rule, with what it would mean beneath it.
import * as vscode from 'vscode';
import * as protocol from '../../../protocol.ts';
import type { UiContext } from '../../context.ts';
import { toFailure } from '../../failures.ts';
import type { DID } from '../../../protocol.ts';
import { withoutIcons } from '../../plain.ts';
import { type At, BACK } from '../../prompts/inTurn.ts';
import { type Answers, type Option, wishOf } from './answers.ts';
import { answerRows, lifetimeWords, type PreviewText, previewText } from './words.ts';

interface Item extends vscode.QuickPickItem {
  readonly choose: 'go' | 'wait' | { readonly change: Option };
}

export interface LastStep {
  readonly ui: UiContext;
  readonly instance: string;
  readonly dids: readonly DID[];
  readonly title: string;
  readonly at: At;
  /** The row that was changed last: the cursor is there again. */
  readonly changed?: Option | undefined;
}

/** undefined = dismissed. */
export async function lastStep({ ui, instance, dids, title, at, changed }: LastStep, answers: Answers): Promise<'go' | { readonly change: Option } | typeof BACK | undefined> {
  const pick = vscode.window.createQuickPick<Item>();
  const abort = new AbortController();
  pick.title = title;
  pick.step = at.step;
  pick.totalSteps = at.of;
  pick.buttons = [vscode.QuickInputButtons.Back];
  pick.ignoreFocusOut = true;
  pick.matchOnDescription = true;
  pick.busy = true;
  const rows: Item[] = answerRows(answers).map(({ option, label, value }) => ({ label, description: withoutIcons(value), choose: { change: option } }));
  const show = (first: Item[], placeholder: string, keep: boolean): void => {
    const active = pick.activeItems[0];
    pick.items = [...first, { label: 'To change an answer, choose it', kind: vscode.QuickPickItemKind.Separator, choose: 'wait' }, ...rows];
    pick.placeholder = placeholder;
    const wanted = keep ? pick.items.find((item) => item === active) : rows.find(({ choose }) => typeof choose === 'object' && choose.change === changed);
    if (wanted) pick.activeItems = [wanted];
  };
  show([{ label: offer(dids.length, answers), detail: 'Looking up places, sizes and quota…', choose: 'wait' }], 'Looking up what the rule would mean…', false);
  try {
    return await new Promise((resolve) => {
      pick.onDidTriggerButton(() => resolve(BACK));
      pick.onDidHide(() => resolve(undefined));
      pick.onDidAccept(() => {
        // For a moment after a change of the items, the active one is still of those before: an Enter on that means neither.
        const chosen = pick.activeItems.find((item) => pick.items.includes(item));
        if (chosen && chosen.choose !== 'wait') resolve(chosen.choose);
      });
      pick.show();
      ui.client.request(protocol.previewRule, { instance, dids, wish: wishOf(answers, Date.now()) }, abort.signal).then((preview) => {
        const words = previewText(preview, answers.approval);
        show(firstItems(words, answers, dids.length), words.rules === 0 ? 'No rule would be made' : words.obstacle ? 'Rucio refuses what is over the quota: take less, or change an answer' : 'Enter on the first row creates; on another it changes that answer', true);
      }, (error: unknown) => {
        if (abort.signal.aborted) return;
        const failure = toFailure(error);
        show([{ label: `$(warning) ${withoutIcons(failure.what)}`, detail: failure.next, choose: 'wait' }, { label: 'Ask all the same', detail: 'Rucio decides.', choose: 'go' }], 'What the rule would mean is not known', true);
      }).finally(() => { pick.busy = false; });
    });
  } finally {
    abort.abort();
    pick.dispose();
  }
}

function firstItems({ facts, obstacle, problems, rules }: PreviewText, answers: Answers, dids: number): Item[] {
  const said: Item[] = rules === 0 ? [] : problems.slice(0, 3).map((problem) => ({ label: `$(info) ${withoutIcons(problem)}`, choose: 'wait' }));
  if (rules === 0) return [{ label: '$(circle-slash) No rule would be made', detail: withoutIcons(facts), choose: 'wait' }, { label: 'Ask all the same', detail: 'Rucio decides.', choose: 'go' }];
  if (!obstacle) return [{ label: offer(rules, answers, dids), detail: withoutIcons(facts), choose: 'go' }, ...said];
  return [{ label: `$(circle-slash) ${withoutIcons(obstacle)}`, detail: withoutIcons(facts), choose: 'wait' }, { label: 'Ask all the same', detail: 'Rucio decides.', choose: 'go' }, ...said];
}

/** "Create the rule at EULAKE-1 for 7 days". */
function offer(rules: number, answers: Answers, dids = rules): string {
  const what = dids === 1 ? 'Create the rule' : rules === dids ? `Create ${rules} rules` : `Create ${rules} of ${dids} rules`;
  return withoutIcons(`${what} at ${answers.rse_expression}, ${lifetimeWords(answers.lifetime, Date.now())}`);
}
