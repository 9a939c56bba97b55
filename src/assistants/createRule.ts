// The one tool that writes: says exactly what a rule would do before anybody confirms it, and makes it.
import * as protocol from '../protocol.ts';
import type { DID, RulePreview, RuleWish } from '../protocol.ts';
import type { Field, Input } from './schema.ts';
import { ToolError } from './schema.ts';
import type { ToolContext } from './context.ts';

const MOST_DIDS = 20;

export const RULE_FIELDS: Readonly<Record<string, Field>> = {
  dids: { type: 'array', description: 'DIDs, each written scope:name.', minItems: 1, maxItems: MOST_DIDS, items: { type: 'string', maxLength: 600 } },
  rse_expression: { type: 'string', description: 'Where to: the name of a storage (RSE), or an RSE expression.', maxLength: 500 },
  lifetime_days: { type: 'number', description: 'For how many days; 0 = no end.', minimum: 0, maximum: 36_500 },
  copies: { type: 'integer', description: 'Number of copies; 1 when left out.', minimum: 1, maximum: 10 },
  comment: { type: 'string', description: 'Why, for those who see the rule later.', maxLength: 255 },
};

type ReadDid = (value: unknown) => DID;

function wishOf(input: Input): RuleWish {
  const days = Number(input['lifetime_days']);
  return {
    rse_expression: String(input['rse_expression']), copies: Number(input['copies'] ?? 1), grouping: 'DATASET',
    lifetime: days === 0 ? null : Math.max(1, Math.round(days * 86_400)), ...(typeof input['comment'] === 'string' && { comment: input['comment'] }),
  };
}

const didsOf = (input: Input, read: ReadDid): readonly DID[] => [...new Map((input['dids'] as readonly string[]).map(read).map((did) => [`${did.scope}:${did.name}`, did])).values()];

/** Sentences and lines, for a person. @throws ToolError where the server would refuse it */
export async function ruleEffect({ client, instance, signal }: ToolContext, input: Input, read: ReadDid): Promise<string> {
  const [name, wish, dids] = [await instance(typeof input['instance'] === 'string' ? input['instance'] : undefined), wishOf(input), didsOf(input, read)];
  const preview = await client.request(protocol.previewRule, { instance: name, dids, wish }, signal);
  const problems = preview.dids.filter(({ problem }) => problem).map((did) => `${did.scope}:${did.name}: ${did.problem?.what}`);
  if (problems.length > 0) throw new ToolError(`Nothing was done. ${problems.join(' ')}`);
  const twice = preview.dids.filter(({ duplicate }) => duplicate);
  if (twice.length > 0) throw new ToolError(`Nothing was done. Such a rule is there already: ${twice.map((did) => `${did.duplicate?.id} on ${did.scope}:${did.name}`).join(', ')}.`);
  if (preview.overQuota) throw new ToolError(`Nothing was done. Too little quota: ${preview.rses.filter(({ missing }) => missing).map(({ missing, limit }) => `${bytesText(missing ?? 0)} too much for ${limit}`).join('; ')}.`);
  return effectText(name, preview, wish);
}

const MOST_RSES = 5;

export function effectText(instance: string, preview: RulePreview, wish: RuleWish): string {
  const { rses, dids } = preview;
  const where = rses.slice(0, MOST_RSES).map(({ rse, quotaLeft, quotaUnlimited }) => `${rse} (${quotaUnlimited ? 'your quota there is unlimited' : quotaLeft === null ? 'your quota there is not known' : `${bytesText(quotaLeft)} of your quota left`})`);
  return [
    `Make ${dids.length} replication ${dids.length === 1 ? 'rule' : 'rules'} in “${instance}”: ${wish.copies} ${wish.copies === 1 ? 'copy' : 'copies'}, ${lifetimeText(wish.lifetime)}, at “${wish.rse_expression}”, which now means ${where.join(', ')}${rses.length > MOST_RSES ? ` and ${rses.length - MOST_RSES} more` : ''}${wish.comment === undefined ? '' : `, with the comment “${wish.comment}”`}:`,
    ...dids.map(({ scope, name, type, files, bytes }) => `- ${scope}:${name} (${(type ?? 'DID').toLowerCase()}${files === null ? '' : `, ${files} ${files === 1 ? 'file' : 'files'}`}${bytes === null ? ', size not known' : `, ${bytesText(bytes)}`})`),
  ].join('\n');
}

function lifetimeText(seconds: number | null): string {
  if (seconds === null) return 'with no end';
  const days = Math.round(seconds / 864) / 100;
  return days === 0 ? `for ${seconds} seconds` : `for ${days} ${days === 1 ? 'day' : 'days'}`;
}

/** Only to be called for what a person has confirmed. */
export async function doCreate({ client, instance, signal }: ToolContext, input: Input, read: ReadDid): Promise<unknown> {
  const made = await client.request(protocol.createRules, { instance: await instance(typeof input['instance'] === 'string' ? input['instance'] : undefined), dids: didsOf(input, read), wish: wishOf(input) }, signal);
  return {
    rules: made.map(({ did, progress, failure, existing }) => ({
      did: `${did.scope}:${did.name}`,
      ...(progress && { ruleId: progress.rule.id, state: progress.rule.state, expires_at: progress.rule.expires_at, granted: progress.notes }),
      ...(failure && { failed: `${failure.what} ${failure.next}` }),
      ...(existing && { existingRuleId: existing.id }),
    })),
  };
}

/** Powers of 1000, as Rucio's own tools count. */
function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  const unit = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${unit === 0 ? bytes : (bytes / 1000 ** unit).toFixed(1)} ${units[unit]}`;
}
