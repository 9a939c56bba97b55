// A rule's fields as rows for people: Rucio's WebUI table, in groups, with what the values mean.
import type { Rule } from '../../protocol.ts';
import { typeWord } from '../explorer/words.ts';
import type { Field, FieldGroup, Value } from './messages.ts';

export function ruleFields(rule: Rule): FieldGroup[] {
  return [
    group('Data', [
      row('scope', 'Scope', text(rule.scope)),
      row('name', 'Name', text(rule.name)),
      row('did_type', 'Type', text(typeWord(rule.did_type))),
    ]),
    group('Where to', [
      row('rse_expression', 'RSE expression', text(rule.rse_expression)),
      row('copies', 'Copies', text(rule.copies)),
      row('grouping', 'Grouping', text(rule.grouping), GROUPING[rule.grouping]),
      optional('source_replica_expression', 'Copied only from', rule.source_replica_expression),
    ]),
    group('State', [
      row('state', 'State', text(rule.state)),
      row('locks_ok_cnt', 'Files done', text(number(rule.locks_ok_cnt))),
      row('locks_replicating_cnt', 'Files to go', text(number(rule.locks_replicating_cnt))),
      row('locks_stuck_cnt', 'Files stuck', text(number(rule.locks_stuck_cnt))),
      ...(rule.stuck_at === null ? [] : [row('stuck_at', 'Stuck since', time(rule.stuck_at))]),
      optional('child_rule_id', 'Moved to rule', rule.child_rule_id),
    ]),
    group('When', [
      row('created_at', 'Created', time(rule.created_at)),
      row('updated_at', 'Last changed', time(rule.updated_at)),
      row('expires_at', 'Ends', rule.expires_at === null ? text('never') : time(rule.expires_at)),
    ]),
    group('For whom', [
      row('account', 'Account', text(rule.account)),
      row('activity', 'Activity', text(rule.activity)),
      row('priority', 'Priority', text(rule.priority), 'higher goes first; 3 is usual'),
      row('notification', 'Notification', text(rule.notification), NOTIFICATION[rule.notification]),
      optional('comments', 'Comment', rule.comments),
    ]),
    group('How', [
      row('locked', 'Locked', yesNo(rule.locked), rule.locked ? 'can’t be deleted until it is unlocked' : undefined),
      row('purge_replicas', 'Purge replicas', yesNo(rule.purge_replicas), rule.purge_replicas ? 'copies are deleted when the rule ends' : 'copies stay until their space is needed'),
      row('ignore_account_limit', 'Ignore quota', yesNo(rule.ignore_account_limit)),
      row('ignore_availability', 'Ignore availability', yesNo(rule.ignore_availability), rule.ignore_availability ? 'also when the RSE is blocked for writing' : undefined),
      row('split_container', 'Split container', yesNo(rule.split_container), rule.split_container ? 'each dataset has a rule of its own' : undefined),
      row('id', 'Rule ID', text(rule.id)),
    ]),
  ];
}

const GROUPING: Readonly<Record<string, string>> = {
  DATASET: 'files of a dataset stay together at one RSE',
  ALL: 'all files go to the same RSE',
  NONE: 'each file goes where there is room',
};

const NOTIFICATION: Readonly<Record<string, string>> = {
  NO: 'no mail',
  YES: 'mail when it is done',
  CLOSE: 'mail when it is done and the dataset is closed',
  PROGRESS: 'mail as it goes on',
};

const group = (title: string, fields: readonly (Field | undefined)[]): FieldGroup => ({ title, fields: fields.filter((field) => field !== undefined) });
const row = (field: keyof Rule, label: string, value: Value, note?: string): Field => ({ field, label, value, ...(note === undefined ? {} : { note }) });
const optional = (field: keyof Rule, label: string, value: string | null): Field | undefined => (value === null || value === '' ? undefined : row(field, label, text(value)));

/** A server of another version may leave a field out: that is said, not shown as "undefined". */
const text = (value: string | number | null | undefined): Value => ({ kind: 'text', text: value === null || value === undefined || value === '' ? 'not known' : String(value) });
const yesNo = (value: boolean): Value => text(value ? 'yes' : 'no');
const number = (n: number): string => (n ?? 0).toLocaleString('en-US');

/** Rucio's dates are RFC 1123 texts; one that can't be read is shown as it came. */
function time(rfc1123: string): Value {
  const at = Date.parse(rfc1123);
  return Number.isNaN(at) ? text(rfc1123) : { kind: 'time', at };
}
