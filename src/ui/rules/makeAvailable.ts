// *Make Available…*: preview, rule, progress, and one notification at the end.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import type { MakeAvailablePreview, RuleProgress } from '../../protocol.ts';
import { commands } from '../contributions.ts';
import type { DidRef, UiContext } from '../context.ts';
import { isCancelled, toFailure } from '../failures.ts';
import { count, didText } from '../explorer/words.ts';
import { unlinked, withoutIcons } from '../plain.ts';
import { followRules } from './follow.ts';
import { type Ending, endingOf, summaryOf } from './endings.ts';
import { confirmMakeAvailable } from './previewPick.ts';

export interface Made { readonly did: DidRef; readonly preview: MakeAvailablePreview | undefined; readonly progress: RuleProgress }

/** Resolves when the last rule is done, in trouble or no longer watched; its own notification may still be on the screen. */
export async function makeAvailable(ui: UiContext, argument: unknown, selected: unknown): Promise<void> {
  const dids = await ui.dids.pickAll(argument, selected, 'Make Available');
  // Several instances: one after another, each with its own preview, as RSE and lifetime are each one's own.
  for (const instance of new Set(dids.map((did) => did.instance))) await makeAvailableAt(ui, instance, dids.filter((did) => did.instance === instance));
}

async function makeAvailableAt(ui: UiContext, instance: string, dids: readonly DidRef[]): Promise<void> {
  // Where nothing is mounted, the data comes as files of one's own.
  if (ui.instances.get(instance)?.mode === 'download') return void await vscode.commands.executeCommand(commands.download, dids[0], dids);
  const confirmed = await confirmMakeAvailable(ui, ui.instances.get(instance), dids);
  if (!confirmed) return;
  const made: Made[] = [];
  const endings: Ending[] = [];
  for (const [i, did] of dids.entries()) {
    try {
      const progress = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: withoutIcons(`Making the rule for ${didText(did)}`) },
        () => ui.client.request(protocol.makeAvailable, { instance, did: { scope: did.scope, name: did.name } }));
      made.push({ did, preview: confirmed.previews[i], progress });
      ui.ruleChanges.fire({ instance, id: progress.rule.id });
      void ui.dids.recheck(did);
    } catch (error) {
      const failure = toFailure(error);
      if (dids.length === 1) return await ui.showFailure(failure, { instance, retry: () => makeAvailableAt(ui, instance, dids) });
      endings.push({ did, look: 'error', text: `${didText(did)}: ${failure.what}` });
      // The others would meet the same: a person has to do something first.
      if (failure.kind === 'signInNeeded' || failure.kind === 'service' || isCancelled(failure)) {
        await ui.showFailure(failure, { instance, retry: () => makeAvailableAt(ui, instance, dids.slice(i)) });
        break;
      }
    }
  }
  if (made.length > 0) endings.push(...await wait(ui, instance, made, { title: made.length === 1 && made[0] ? `Making ${didText(made[0].did)} available at ${made[0].progress.rule.rse_expression}` : `Making ${count(made.length, 'DID')} available`, look: true }));
  tell(instance, endings);
}

/** `look`: what Rucio says is done is looked at here, as the path is what the person is after. */
export async function wait(ui: UiContext, instance: string, made: readonly Made[], { title, look: here }: { readonly title: string; readonly look: boolean }): Promise<Ending[]> {
  try {
    const followed = await followRules(ui, { title, instance, rules: made.map(({ did, progress }) => ({ label: didText(did), progress })) });
    return await Promise.all(made.map(async ({ did, preview, progress: asMade }, i) => {
      const { progress, left } = followed[i] ?? { progress: asMade, left: true };
      const seen = here && progress.rule.state === 'OK' ? await look(ui, did) : undefined;
      void ui.dids.recheck(did);
      return endingOf({ did, progress, notes: [...new Set([...asMade.notes, ...progress.notes])], left, ...(preview ? { preview } : {}), ...(seen ? { here: seen } : {}), elsewhere: !here });
    }));
  } catch (error) {
    // The rules are made, only the view of them is lost: that must not read like a failure of theirs.
    const { what } = toFailure(error);
    return made.map(({ did, progress }) => ({ did, ruleId: progress.rule.id, look: 'warning', text: `The rule for ${didText(did)} is made and goes on, but it can't be watched: ${what}` }));
  }
}

async function look(ui: UiContext, did: DidRef): Promise<protocol.AvailabilityInfo | undefined> {
  try {
    return await ui.client.request(protocol.availability, { instance: did.instance, did: { scope: did.scope, name: did.name } });
  } catch (error) {
    ui.log.warn(`${didText(did)}: its rule is OK, and looking at it here failed: ${toFailure(error).what}`);
    return undefined;
  }
}

/** One notification, whatever the number. Not awaited by anyone: it may stay on the screen for hours. */
export function tell(instance: string, endings: readonly Ending[]): void {
  const [only] = endings;
  if (!only) return;
  const ending = endings.length === 1 ? only : summaryOf(endings);
  const { look, text, did, ruleId } = ending;
  const choices: [string, () => unknown][] = [];
  const run = (title: string, command: string, argument: unknown) => choices.push([title, () => vscode.commands.executeCommand(command, argument)]);
  if (look === 'available' && did) {
    run('Copy Path', commands.copyPath, did);
    run('Open', commands.openFile, did);
    run('Reveal in File Explorer', commands.revealFile, did);
  } else if (ruleId !== undefined) {
    run('Show Rule', commands.showRule, { instance, ruleId });
  }
  const titles = choices.map(([title]) => title);
  const show = look === 'error' ? vscode.window.showErrorMessage : look === 'warning' ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  void show(unlinked(text), ...titles).then((chosen) => choices.find(([title]) => title === chosen)?.[1]());
}
