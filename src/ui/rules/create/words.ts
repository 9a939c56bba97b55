// The last step of *Create Rule…* in words: every answer as a row that can be changed, and what the rule would mean.
import type { RSEPreview, RulePreview, RuleWish } from '../../../protocol.ts';
import { bytesText, count, didText } from '../../explorer/words.ts';
import { meansText } from '../expression.ts';
import { lifetimeText, parseLifetime } from '../inputs.ts';
import type { Answers, Option } from './answers.ts';

export const GROUPINGS: readonly { readonly label: string; readonly detail: string; readonly value: RuleWish['grouping'] }[] = [
  { label: 'By dataset', detail: 'Files of a dataset stay together at one storage', value: 'DATASET' },
  { label: 'All together', detail: 'All files go to the same storage', value: 'ALL' },
  { label: 'Each for itself', detail: 'Each file goes where there is room', value: 'NONE' },
];

export const NOTIFICATIONS: readonly { readonly label: string; readonly value: NonNullable<RuleWish['notify']> }[] = [
  { label: 'No mail', value: 'N' },
  { label: 'Mail when it is done', value: 'Y' },
  { label: 'Mail when it is done and the dataset is closed', value: 'C' },
  { label: 'Mail as it goes on', value: 'P' },
];

export interface AnswerRow { readonly option: Option; readonly label: string; readonly value: string }

export function answerRows(answers: Answers): AnswerRow[] {
  const row = (option: Option, label: string, value: string): AnswerRow => ({ option, label, value });
  return [
    row('where', 'Where to', answers.rse_expression),
    row('copies', 'Copies', String(answers.copies)),
    row('lifetime', 'For how long', answers.lifetime),
    row('grouping', 'Grouping', GROUPINGS.find(({ value }) => value === answers.grouping)?.detail ?? answers.grouping),
    row('activity', 'Activity', answers.activity),
    row('comment', 'Comment', answers.comment || 'none'),
    row('source', 'Copy only from', answers.source || 'wherever it is best'),
    row('approval', 'Ask for approval', answers.approval ? 'yes: it waits until somebody approves it' : 'no'),
    row('priority', 'Priority', `${answers.priority} of 5`),
    row('notify', 'Mail', NOTIFICATIONS.find(({ value }) => value === answers.notify)?.label ?? answers.notify),
  ];
}

/** As it is typed, in a sentence: "for 7 days", "until 2026-12-24 (UTC)", "with no end". */
export function lifetimeWords(typed: string, now: number): string {
  const lifetime = parseLifetime(typed, now);
  if ('problem' in lifetime) return `for ${typed}`;
  return lifetime.value === null ? 'with no end' : /^\d{4}-/.test(typed.trim()) ? `until ${typed.trim()} (UTC)` : `for ${lifetimeText(lifetime.value)}`;
}

export interface PreviewText {
  /** "8 files, 4.1 MB · at EULAKE-1 3 files there already, 1.2 GB of your quota left". */
  readonly facts: string;
  /** Why the server will refuse it. */
  readonly obstacle?: string;
  /** One sentence each: DIDs for which no rule will be made. */
  readonly problems: readonly string[];
  /** How many rules will be made. */
  readonly rules: number;
}

const PLACES = 3;

export function previewText(preview: RulePreview, asksApproval = false): PreviewText {
  const { rses, dids, files, bytes, overQuota } = preview;
  const problems = dids.flatMap(({ scope, name, problem, duplicate }) => (problem ? [problem.what] : duplicate ? [`${didText({ scope, name })} has such a rule of yours already.`] : []));
  const size = [files === null ? 'number of files not known' : count(files, 'file'), bytes === null ? 'size not known' : bytesText(bytes)].join(', ');
  const rules = dids.length - problems.length;
  const places = rses.slice(0, PLACES).map((rse) => placeText(rse, files, asksApproval));
  if (rses.length > PLACES) places.push(`and ${rses.length - PLACES} more storages`);
  return {
    facts: rules === 0 ? problems.join(' ') : [size, ...(rses.length > 1 ? [meansText(rses.map(({ rse }) => rse))] : []), ...places].join(' · '),
    problems, rules, ...(overQuota && { obstacle: obstacleText(rses) }),
  };
}

function placeText({ rse, filesHere, quotaLeft, quotaUnlimited }: RSEPreview, files: number | null, asksApproval: boolean): string {
  const there = filesHere === null ? 'not known what is there already' : filesHere === 0 ? 'nothing there yet' : filesHere === files ? 'all there already' : `${filesHere.toLocaleString('en-US')} there already`;
  const quota = asksApproval ? 'your quota does not count' : quotaUnlimited ? 'no limit to your quota' : quotaLeft === null ? 'quota not known' : `${bytesText(quotaLeft)} of your quota left`;
  return `${rse}: ${there}, ${quota}`;
}

function obstacleText(rses: readonly RSEPreview[]): string {
  const missing = rses.filter((rse) => rse.missing !== undefined).slice(0, PLACES).map(({ missing, limit }) => `${bytesText(missing ?? 0)} missing in ${limit}`);
  return missing.length === 0 ? 'Not enough quota' : `Not enough quota: ${missing.join('; ')}`;
}
