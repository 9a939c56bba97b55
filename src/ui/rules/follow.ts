// Waits with the person for a rule: progress in a notification until it is done, in trouble, or no longer watched.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import type { RuleProgress } from '../../protocol.ts';
import { commands } from '../contributions.ts';
import type { UiContext } from '../context.ts';
import { unlinked } from '../plain.ts';
import { progressText, progressWords } from './words.ts';

export interface Followed {
  readonly progress: RuleProgress;
  /** The person pressed Cancel: the rule goes on. */
  readonly left: boolean;
}

export interface FollowOptions {
  readonly title: string;
  readonly instance: string;
  /** Followed to its end before the next; each may be done already. */
  readonly rules: readonly { readonly label: string; readonly progress: RuleProgress }[];
}

/** A notification that stands for hours is in the way: from then on the waiting is silent, and the end is told all the same. */
const SHOWN_MS = 10 * 60_000;

/** The last known progress of each, in their order. @throws ServiceFailure other than cancelled. */
export async function followRules(ui: UiContext, options: FollowOptions): Promise<readonly Followed[]> {
  return new Promise((resolve, reject) => {
    void vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: unlinked(options.title), cancellable: true }, (report, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      const work = followAll(ui, options, report, abort.signal);
      work.then(resolve, reject);
      // What is resolved here is only the notification; a failure of the work is told by `reject`.
      return new Promise<void>((silence) => {
        const timer = setTimeout(silence, SHOWN_MS);
        work.catch(() => undefined).finally(() => { clearTimeout(timer); silence(); });
      });
    });
  });
}

async function followAll(ui: UiContext, { instance, rules }: FollowOptions, report: vscode.Progress<{ message?: string; increment?: number }>, signal: AbortSignal): Promise<readonly Followed[]> {
  const results: Followed[] = [];
  let shown = 0;
  for (const [i, { label, progress }] of rules.entries()) {
    const say = (now: RuleProgress): void => {
      const percent = ((i + (now.percent ?? 0) / 100) / rules.length) * 100;
      const prefix = rules.length > 1 ? `${i + 1} of ${rules.length}: ${unlinked(label)}, ` : '';
      report.report({ message: `${prefix}${progressText(now)} ${ruleLink(instance, now.rule.id)}`, increment: Math.max(0, percent - shown) });
      shown = Math.max(shown, percent);
    };
    results.push(await followOne(ui, instance, progress, say, signal));
  }
  return results;
}

/** A rule that is stuck or waits for somebody still "moves" for Rucio; a person does not sit and wait for that. */
async function followOne(ui: UiContext, instance: string, start: RuleProgress, say: (progress: RuleProgress) => void, signal: AbortSignal): Promise<Followed> {
  let last = start;
  if (signal.aborted) return { progress: last, left: worthWaiting(last) };
  say(last);
  if (!worthWaiting(last)) return { progress: last, left: false };
  const enough = new AbortController();
  const either = AbortSignal.any([signal, enough.signal]);
  try {
    last = await ui.client.stream(protocol.followRule, protocol.ruleProgress, (progress) => ({ instance, id: start.rule.id, progress }), (now) => {
      last = now;
      say(now);
      if (!worthWaiting(now)) enough.abort();
    }, { signal: either });
  } catch (error) {
    if (!either.aborted) throw error; // else it was ended from here, and `last` is what was known then
  }
  return { progress: last, left: signal.aborted && worthWaiting(last) };
}

function worthWaiting(progress: RuleProgress): boolean {
  return progress.moving && progressWords(progress).tone === 'moving';
}

/** Opens the rule page from within a notification; ids are checked, as they come from a server. */
function ruleLink(instance: string, ruleId: string): string {
  return `[Show Rule](command:${commands.showRule}?${encodeURIComponent(JSON.stringify([{ instance, ruleId }]))} "Show the rule's page")`;
}
