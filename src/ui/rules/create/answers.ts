// What a person answered in *Create Rule…*, as it is typed, kept for the next time, and sent. Knows nothing of VS Code.
import type { Instance, RuleWish } from '../../../protocol.ts';
import { ACTIVITIES, commentProblem, lifetimeText, parseLifetime, parseWhole } from '../inputs.ts';

export interface Answers {
  readonly rse_expression: string;
  readonly copies: number;
  /** As typed: a date stays that date. */
  readonly lifetime: string;
  readonly grouping: RuleWish['grouping'];
  readonly activity: string;
  readonly comment: string;
  readonly source: string;
  readonly approval: boolean;
  readonly priority: number;
  readonly notify: NonNullable<RuleWish['notify']>;
}

/** The answers that can be changed in the last step. */
export type Option = 'where' | 'copies' | 'lifetime' | 'grouping' | 'activity' | 'comment' | 'source' | 'approval' | 'priority' | 'notify';

const GROUPING: readonly unknown[] = ['DATASET', 'ALL', 'NONE'];
const NOTIFY: readonly unknown[] = ['N', 'Y', 'C', 'P'];

/** `kept`: of the last time, nothing in it is believed; what does not fit (any more) is what the instance says. */
export function firstAnswers(instance: Pick<Instance, 'destinationRse' | 'ruleLifetimeDays'> | undefined, kept: unknown, now: number): Answers {
  const last = (typeof kept === 'object' && kept !== null ? kept : {}) as Partial<Record<keyof Answers, unknown>>;
  const text = (value: unknown, otherwise: string, good = (_: string): boolean => true): string => (typeof value === 'string' && good(value) ? value : otherwise);
  const usual = instance?.ruleLifetimeDays ?? null;
  return {
    rse_expression: text(last.rse_expression, instance?.destinationRse ?? '', (value) => value.trim() !== ''),
    copies: isWhole(last.copies, 100) ? last.copies : 1,
    lifetime: text(last.lifetime, lifetimeText(usual === null ? null : usual * 86_400), (value) => 'value' in parseLifetime(value, now)),
    grouping: GROUPING.includes(last.grouping) ? last.grouping as Answers['grouping'] : 'DATASET',
    activity: text(last.activity, ACTIVITIES[0], (value) => value.trim() !== ''),
    comment: text(last.comment, '', (value) => commentProblem(value) === undefined),
    source: text(last.source, ''),
    approval: last.approval === true,
    priority: isWhole(last.priority, 5) ? last.priority : 3,
    notify: NOTIFY.includes(last.notify) ? last.notify as Answers['notify'] : 'N',
  };
}

function isWhole(value: unknown, most: number): value is number {
  return typeof value === 'number' && 'value' in parseWhole(String(value), '', 1, most);
}

/** A lifetime that has become past since is as short as can be: the server's answer says what came of it. */
export function wishOf(answers: Answers, now: number): RuleWish {
  const lifetime = parseLifetime(answers.lifetime, now);
  return {
    rse_expression: answers.rse_expression, copies: answers.copies, lifetime: 'value' in lifetime ? lifetime.value : 60, grouping: answers.grouping, activity: answers.activity,
    priority: answers.priority, notify: answers.notify, ask_approval: answers.approval,
    ...(answers.comment !== '' && { comment: answers.comment }), ...(answers.source !== '' && { source_replica_expression: answers.source }),
  };
}
