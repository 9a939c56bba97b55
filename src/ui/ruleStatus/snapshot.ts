// From what is known of a rule to what its page shows.
import type { Failure, RuleProgress } from '../../protocol.ts';
import { actionTitles } from '../failures.ts';
import { didText } from '../explorer/words.ts';
import { lockCounts, progressWords } from '../rules/words.ts';
import { ruleFields } from './fields.ts';
import type { PageAction, PageState, RuleView, Snapshot, Trouble } from './messages.ts';

export interface Known {
  readonly instance: string;
  readonly instanceName: string;
  readonly ruleId: string;
  /** As the editor kept it, until the rule is known. */
  readonly heading: string;
  readonly progress?: RuleProgress;
  readonly failure?: Failure;
  readonly live: boolean;
  readonly busy: boolean;
  readonly asOf?: number;
}

export function snapshotOf({ instance, instanceName, ruleId, heading, progress, failure, live, busy, asOf }: Known): Snapshot {
  const page: PageState = { instance, ruleId, heading: progress ? didText(progress.rule) : heading };
  return {
    page, instanceName, live, busy,
    ...(progress ? { rule: ruleView(progress) } : {}),
    ...(failure ? { trouble: troubleOf(failure, instanceName) } : {}),
    ...(asOf === undefined ? {} : { asOf }),
  };
}

function ruleView(progress: RuleProgress): RuleView {
  const { rule, webuiUrl, notes } = progress;
  const { tone, title, meaning, next } = progressWords(progress);
  const counts = lockCounts(rule);
  return {
    tone, state: title, meaning, next, notes, groups: ruleFields(rule), canOpenWebUI: webuiUrl !== undefined,
    ...(counts ? { progress: { done: counts.done, total: counts.total, text: counts.text } } : {}),
    ...(rule.error ? { error: rule.error } : {}),
  };
}

const TITLES: Partial<Record<Failure['kind'], string>> = {
  notFound: 'This rule is gone',
  signInNeeded: 'Not signed in',
  wrongCredentials: 'Not signed in',
  service: 'The lake service can’t be reached',
  unreachable: 'Rucio can’t be reached',
};

export function troubleOf(failure: Failure, instanceName: string): Trouble {
  const gone = failure.kind === 'notFound';
  const actions = failure.actions.filter((action) => action !== 'showRule' && action !== 'openLink'); // it is this page; the address is in the words
  if (!actions.includes('retry')) actions.push('retry');
  return {
    title: TITLES[failure.kind] ?? 'The rule can’t be read',
    text: gone
      ? `${instanceName} does not know it any more: it was deleted, or its lifetime ended. ${failure.what}`
      : [failure.what, failure.next].filter(Boolean).join(' '),
    actions: actions.map((action) => ({ action, label: actionTitles[action] })) satisfies readonly { action: PageAction; label: string }[],
  };
}
