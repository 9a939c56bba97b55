// What *Make Available* is about to do, in words: made from the service's previews before anything is asked of Rucio.
import type { MakeAvailablePreview, Rule } from '../../protocol.ts';
import { bytesText, count, didText } from '../explorer/words.ts';
import { ruleWords } from './words.ts';

export interface PreviewWords {
  /** The default item: "Make available at EULAKE-1 for 7 days". */
  readonly offer: string;
  /** The facts in one line, for the eye and the screen reader: "8 files, 4.1 MB · 2 here already · 1.2 GB of quota left". */
  readonly facts: string;
  /** Why Rucio will very likely refuse: "Not enough quota at EULAKE-1: 1.2 GB missing". */
  readonly obstacle?: string;
  /** A rule that does it already, anyone's: then no new one is made. */
  readonly existingRule?: string;
}

/** `what`: left out for one DID, "3 DIDs" for several. Known before any preview: from the instance's settings. */
export function offerText(rse: string | undefined, lifetimeDays: number | null, dids = 1): string {
  const what = dids > 1 ? `Make ${count(dids, 'DID')} available` : 'Make available';
  return `${what}${rse === undefined ? '' : ` at ${rse}`}${lifetimeDays === null ? ' with no end' : ` for ${count(lifetimeDays, 'day')}`}`;
}

/** Of DIDs of one instance, at least one. */
export function previewWords(previews: readonly [MakeAvailablePreview, ...MakeAvailablePreview[]]): PreviewWords {
  const [first] = previews;
  const files = sum(previews.map((preview) => preview.files));
  const bytes = sum(previews.map((preview) => preview.bytes));
  const here = sum(previews.map((preview) => preview.filesHere));
  const facts = [sizeFact(files, bytes), hereFact(files, here), quotaFact(first)].filter(Boolean).join(' · ');
  const missing = missingQuota(first, sum(previews.map(({ existingRule, bytes: own }) => (existingRule ? 0 : own))));
  const existing = previews.length === 1 ? first.existingRule : undefined;
  return {
    offer: existing ? 'Use the rule that makes it available already' : offerText(first.rse, first.lifetimeDays, previews.length),
    facts: existing ? `${existingText(first, existing)} · ${facts}` : facts,
    ...(missing > 0 ? { obstacle: `Not enough quota at ${first.rse}: ${bytesText(missing)} missing` } : {}),
    ...(existing ? { existingRule: existing.id } : {}),
  };
}

/** null when one of them is: a sum of what is known would look like the whole. */
function sum(numbers: readonly (number | null)[]): number | null {
  let total = 0;
  for (const number of numbers) {
    if (number === null) return null;
    total += number;
  }
  return total;
}

function sizeFact(files: number | null, bytes: number | null): string {
  if (files === null && bytes === null) return 'size not known';
  return [files === null ? 'number of files not known' : count(files, 'file'), bytes === null ? 'size not known' : bytesText(bytes)].join(', ');
}

function hereFact(files: number | null, here: number | null): string {
  if (here === null || files === 0) return '';
  if (here === 0) return 'not here yet';
  if (here === files) return files === 1 ? 'here already' : 'all here already';
  return `${here.toLocaleString('en-US')} here already`;
}

function quotaFact({ quotaUnlimited, quotaRemaining }: MakeAvailablePreview): string {
  if (quotaUnlimited) return 'no limit to your quota';
  if (quotaRemaining === null) return 'quota not known';
  return `${bytesText(Math.max(0, quotaRemaining))} of your quota left`;
}

/** Rucio counts all bytes that a rule locks against the quota, also those that lie there already. */
function missingQuota({ quotaUnlimited, quotaRemaining }: MakeAvailablePreview, bytes: number | null): number {
  if (quotaUnlimited || quotaRemaining === null || bytes === null || bytes === 0) return 0;
  return bytes - quotaRemaining;
}

function existingText({ scope, name }: MakeAvailablePreview, rule: Rule): string {
  const on = rule.scope === scope && rule.name === name ? '' : ` on ${didText(rule)}`;
  return `${ruleWords(rule).title}: rule of ${rule.account}${on} to ${rule.rse_expression}${rule.expires_at === null ? ', with no end' : `, until ${day(rule.expires_at)}`}`;
}

/** "29 Nov 2026", in universal time: the host's own zone is the pod's, not the person's. */
function day(rfc1123: string): string {
  const at = Date.parse(rfc1123);
  return Number.isNaN(at) ? rfc1123 : new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
}
