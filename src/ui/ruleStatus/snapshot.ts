// From what is known of a rule to what its page shows.
import type { Failure, RuleProgress, RuleSize } from '../../protocol.ts';
import { actionTitles } from '../failures.ts';
import { didText } from '../explorer/words.ts';
import { isGone, lockCounts, progressWords } from '../rules/words.ts';
import { ruleFields } from './fields.ts';
import { historyView, type Point } from './history.ts';
import { sizeView } from './size.ts';
import type { ActionView, FilesView, PageAction, PageState, RuleView, Snapshot, StuckView, Trouble } from './messages.ts';

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
  readonly files?: FilesView;
  readonly stuck?: readonly StuckView[];
  readonly history?: readonly Point[];
  readonly size?: RuleSize;
}

export function snapshotOf({ instance, instanceName, ruleId, heading, progress, failure, live, busy, asOf, files, stuck, history, size }: Known): Snapshot {
  const page: PageState = { instance, ruleId, heading: progress ? didText(progress.rule) : heading, ...(files && { files: files.query }) };
  const seen = progress && history && historyView(history, progress.rule);
  // Heard while it was followed, or when it was asked for.
  const gone = failure?.kind === 'notFound' || (failure === undefined && progress !== undefined && isGone(progress));
  return {
    page, instanceName, live, busy,
    ...(progress ? { rule: ruleView(progress, size, gone) } : {}),
    ...(gone ? { trouble: goneFrom(instanceName) } : failure ? { trouble: troubleOf(failure) } : {}),
    ...(asOf === undefined ? {} : { asOf }), ...(files && { files }), ...(stuck && stuck.length > 0 && { stuck }), ...(seen && { history: seen }),
  };
}

/** `gone`: what stands there is what was known last; nothing can be done with it any more. */
function ruleView(progress: RuleProgress, bytes: RuleSize | undefined, gone: boolean): RuleView {
  const { rule, webuiUrl, notes } = progress;
  const { tone, title, meaning, next } = progressWords(progress);
  const counts = lockCounts(rule);
  const size = counts && bytes && sizeView(bytes, counts.done === counts.total);
  return {
    tone, state: title, meaning, next, notes: gone ? [] : notes, groups: ruleFields(rule), canOpenWebUI: webuiUrl !== undefined && !gone,
    ...(gone ? { actions: [], moreActions: [{ action: 'copyJson', label: LABELS.copyJson }] } : actionsOf(progress)),
    ...(counts ? { progress: { done: counts.done, total: counts.total, text: counts.text } } : {}),
    ...(size && { size }),
    ...(rule.error ? { error: rule.error } : {}),
  };
}

const LABELS = {
  watch: 'Watch', boost: 'Boost', lifetime: 'Change Lifetime…', priority: 'Change Priority…', comment: 'Change Comment…', activity: 'Change Activity…', approve: 'Approve', deny: 'Deny…', suspend: 'Suspend', resume: 'Resume', repair: 'Repair',
  move: 'Move…', reduce: 'Reduce Copies…', delete: 'Delete…', copyLink: 'Copy Link', copyCommand: 'Copy CLI Command', copyJson: 'Copy JSON',
} as const;

/** What one looks for in this state stands first; the server decides who may do what. */
function actionsOf({ rule, moving }: RuleProgress): { readonly actions: readonly ActionView[]; readonly moreActions: readonly ActionView[] } {
  const first: (keyof typeof LABELS)[] = rule.state === 'STUCK' ? ['repair', 'watch', 'move'] : rule.state === 'WAITING_APPROVAL' ? ['approve', 'deny', 'watch'] : rule.state === 'SUSPENDED' ? ['resume'] : moving ? ['watch', 'boost'] : ['lifetime'];
  const fits: Partial<Record<keyof typeof LABELS, boolean>> = {
    approve: rule.state === 'WAITING_APPROVAL', deny: rule.state === 'WAITING_APPROVAL', resume: rule.state === 'SUSPENDED', suspend: rule.state !== 'SUSPENDED' && rule.state !== 'OK', repair: rule.state === 'STUCK',
    watch: moving, boost: moving, reduce: rule.copies > 1,
  };
  const view = (action: keyof typeof LABELS): ActionView => ({ action, label: LABELS[action] });
  return { actions: first.map(view), moreActions: (Object.keys(LABELS) as (keyof typeof LABELS)[]).filter((action) => !first.includes(action) && fits[action] !== false).map(view) };
}

const TITLES: Partial<Record<Failure['kind'], string>> = {
  signInNeeded: 'Not signed in',
  wrongCredentials: 'Not signed in',
  service: 'The lake service can’t be reached',
  unreachable: 'Rucio can’t be reached',
};

const pressed = (action: PageAction & keyof typeof actionTitles): Trouble['actions'][number] => ({ action, label: actionTitles[action] });

function troubleOf({ kind, what, next, actions: offered }: Failure): Trouble {
  const actions = offered.filter((action) => action !== 'showRule' && action !== 'openLink'); // it is this page; the address is in the words
  if (!actions.includes('retry')) actions.push('retry');
  return { title: TITLES[kind] ?? 'The rule can’t be read', text: [what, next].filter(Boolean).join(' '), actions: actions.map(pressed) };
}

function goneFrom(instanceName: string): Trouble {
  return { title: 'This rule is gone', text: `${instanceName} does not know it any more: it was deleted or denied, or its lifetime ended.`, actions: [pressed('retry')] };
}
