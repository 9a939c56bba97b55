// *Create Rule…*: the whole of a replication rule, for one or several DIDs: three questions, then everything on one page
// before it is asked for.
import * as vscode from 'vscode';
import * as protocol from '../../../protocol.ts';
import type { CreatedRule } from '../../../protocol.ts';
import type { DidRef, UiContext } from '../../context.ts';
import { commands } from '../../contributions.ts';
import { count, didText } from '../../explorer/words.ts';
import { unlinked, withoutIcons } from '../../plain.ts';
import { type Made, tell, wait } from '../makeAvailable.ts';
import type { Ending } from '../endings.ts';
import { askInTurn, BACK, type Question } from '../../prompts/inTurn.ts';
import { type Answers, firstAnswers, type Option, wishOf } from './answers.ts';
import { lastStep } from './lastStep.ts';
import { OPTIONS, QUESTIONS } from './questions.ts';

/** Answers of the last time, by instance. */
const LAST = 'rucio.lastRule.';

/** Resolves when the rules are done, in trouble or no longer watched. */
export async function createRule(ui: UiContext, argument: unknown, selected: unknown): Promise<void> {
  const dids = await ui.dids.pickAll(argument, selected, 'Create Rule');
  for (const instance of new Set(dids.map((did) => did.instance))) await createAt(ui, instance, dids.filter((did) => did.instance === instance));
}

async function createAt(ui: UiContext, instance: string, dids: readonly DidRef[]): Promise<void> {
  // The service may have to ask who this is: its box would close ours.
  if (ui.sessions.get(instance)?.state !== 'signedIn') await ui.client.request(protocol.listScopes, { instance, mine: true });
  let answers: Answers | undefined = firstAnswers(ui.instances.get(instance), ui.extension.globalState.get(LAST + instance), Date.now());
  let start: Option | undefined;
  for (;;) {
    answers = await askAll(ui, instance, dids, answers, start);
    if (!answers) return;
    await ui.extension.globalState.update(LAST + instance, answers);
    const again = await create(ui, instance, dids, answers);
    if (!again) return;
    start = 'where';
  }
}

/** With `start` it begins at the last step, the cursor on that answer. undefined = dismissed. */
async function askAll(ui: UiContext, instance: string, dids: readonly DidRef[], first: Answers, start: Option | undefined): Promise<Answers | undefined> {
  const [one] = dids;
  const title = withoutIcons(dids.length === 1 && one ? `Create Rule: ${didText(one)}` : `Create Rule: ${count(dids.length, 'DID')}`);
  const bare = dids.map(({ scope, name }) => ({ scope, name }));
  let changed = start;
  const questions = QUESTIONS.map((ask): Question<Answers> => (answers, at, back) => ask({ ui, instance, title, at, back }, answers));
  return await askInTurn(questions, async (answers, at) => {
    const chosen = await lastStep({ ui, instance, dids: bare, title, at, changed }, answers);
    if (chosen === undefined || chosen === BACK) return chosen;
    if (chosen === 'go') return { answers, done: true };
    changed = chosen.change;
    const answered = await OPTIONS[changed]({ ui, instance, title, at, back: true }, answers);
    return answered && { answers: answered === BACK ? answers : answered, done: false };
  }, first, start === undefined ? 0 : questions.length);
}

/** True when the person wants to change the answers and try again. */
async function create(ui: UiContext, instance: string, dids: readonly DidRef[], answers: Answers): Promise<boolean> {
  const wish = wishOf(answers, Date.now());
  const results = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: dids.length === 1 ? 'Creating the rule' : `Creating ${count(dids.length, 'rule')}` },
    () => ui.client.request(protocol.createRules, { instance, dids: dids.map(({ scope, name }) => ({ scope, name })), wish }));
  const made: Made[] = [];
  const refused: { readonly did: DidRef; readonly result: CreatedRule }[] = [];
  for (const [i, result] of results.entries()) {
    const did = dids[i];
    if (!did) continue;
    if (!result.progress) {
      refused.push({ did, result });
      continue;
    }
    made.push({ did, preview: undefined, progress: result.progress });
    ui.ruleChanges.fire({ instance, id: result.progress.rule.id });
    void ui.dids.recheck(did);
  }
  const [only] = refused;
  if (only && dids.length === 1) return await tellRefused(instance, only.result);
  const endings: Ending[] = refused.map(({ did, result }) => ({ did, look: 'error', text: `${didText(did)}: ${result.failure?.what ?? 'no rule was made.'} ${result.failure?.next ?? ''}`.trim(), ...(result.existing && { ruleId: result.existing.id }) }));
  // Rules need not bring anything here: what is told is how each is, and here only where it is to be read here.
  if (made.length > 0) endings.push(...await wait(ui, instance, made, { title: made.length === 1 && made[0] ? `Rule for ${didText(made[0].did)} at ${answers.rse_expression}` : `${count(made.length, 'rule')} at ${answers.rse_expression}`, look: answers.rse_expression === ui.instances.get(instance)?.destinationRse }));
  tell(instance, endings);
  return false;
}

async function tellRefused(instance: string, { failure, existing }: CreatedRule): Promise<boolean> {
  const text = [failure?.what, failure?.next].filter(Boolean).join(' ');
  const rule = existing ? ['Show Rule'] : failure?.actions.includes('signIn') ? ['Sign In…'] : [];
  const chosen = await vscode.window.showWarningMessage(unlinked(text), 'Change Answers', ...rule);
  if (chosen === 'Show Rule' && existing) await vscode.commands.executeCommand(commands.showRule, { instance, ruleId: existing.id });
  if (chosen === 'Sign In…') await vscode.commands.executeCommand(commands.signIn, { instance });
  return chosen === 'Change Answers';
}
