// *Create Rule*: what a rule would mean before it is asked for, and asking for it, one rule for each DID.
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { DID, NewRule, Rule } from '../../rucio/types.ts';
import { explain } from '../advice.ts';
import { datasetsOf } from '../availability/counts.ts';
import { mapLimited } from '../limited.ts';
import { keyOf } from '../availability/memory.ts';
import type { DIDPreview, Explained, RSEPreview, RulePreview, RuleWish, TypedDID } from '../types.ts';
import { notesOfGranted } from './granted.ts';
import { missingAt, missingText, quotaLeft, roomAt, type QuotaClient, type Room } from './quota.ts';

export type CreatingClient = QuotaClient & Pick<RucioClient, 'getDid' | 'listDidRules' | 'listReplicas' | 'listContent' | 'listDatasetReplicas' | 'listDatasetReplicasBulk' | 'addRule' | 'getRule'>;

interface Here { readonly files: number; readonly bytes: number }

/** Counted now; a DID that is not there has a problem of its own. Fails with InvalidRSEExpression. */
export async function previewRule(client: CreatingClient, dids: readonly DID[], wish: RuleWish, account: string, signal?: AbortSignal): Promise<RulePreview> {
  const rses = (await client.listRses(wish.rse_expression, signal)).sort();
  const [rooms, looked] = await Promise.all([
    roomAt(client, account, rses, signal),
    mapLimited(dids, 4, (did) => lookAt(client, did, wish, account, signal)),
  ]);
  const wanted = looked.filter(({ preview }) => !preview.problem && !preview.duplicate);
  const bytes = sum(wanted.map(({ preview }) => preview.bytes));
  const all = rooms.map((room): RSEPreview => {
    const at = (what: keyof Here): number | null => sum(wanted.map(({ here }) => (here ? here.get(room.rse)?.[what] ?? 0 : null)));
    const bytesHere = at('bytes');
    const missing = bytes === null || wish.ask_approval ? undefined : missingAt(room, bytes, bytesHere ?? 0);
    const left = quotaLeft(room);
    return {
      rse: room.rse, quotaLeft: left === Infinity ? null : left, quotaUnlimited: left === Infinity, filesHere: at('files'), bytesHere,
      ...(missing && { missing: missing.missing, limit: missing.limit }),
    };
  });
  return { rses: all, dids: looked.map(({ preview }) => preview), files: sum(wanted.map(({ preview }) => preview.files)), bytes, overQuota: bytes !== null && bytes > 0 && !wish.ask_approval && !roomFor(rooms, bytes, wish, wanted.map(({ preview }) => preview)) };
}

export interface Created {
  readonly did: DID;
  readonly rule?: Rule;
  /** Where what was granted differs from what was asked. */
  readonly notes: readonly string[];
  readonly failure?: Explained;
  /** The rule that is in the way of this one. */
  readonly existing?: Rule;
}

/** One request for each DID, so that one that is refused does not fail the others; after a failure that is not the DID's, the rest is not tried. */
export async function createRules(client: CreatingClient, dids: readonly DID[], wish: RuleWish, account: string, now: () => number = Date.now, signal?: AbortSignal): Promise<Created[]> {
  const done: Created[] = [];
  let stopped: Explained | undefined;
  for (const did of dids) {
    if (stopped) {
      done.push({ did, notes: [], failure: stopped });
      continue;
    }
    try {
      done.push({ did, ...await createOne(client, did, wish, now, signal) });
    } catch (error) {
      const found = await withFacts(client, error, did, wish, account, signal);
      const failure = explain(found, { did });
      if (!RucioError.is(found, 'quota', 'duplicateRule', 'refused', 'notFound', 'accessDenied', 'badInput')) stopped = failure;
      const existing = RucioError.is(found, 'duplicateRule') ? await twinOf(client, did, wish, account, signal).catch(() => undefined) : undefined;
      done.push({ did, notes: [], failure, ...(existing && { existing }) });
    }
  }
  return done;
}

async function createOne(client: CreatingClient, did: DID, wish: RuleWish, now: () => number, signal: AbortSignal | undefined): Promise<{ rule: Rule; notes: readonly string[] }> {
  const [id] = await client.addRule(bodyOf(did, wish), signal);
  if (id === undefined) throw new RucioError('notRucio', 'The server made a rule and did not say which.', { subject: keyOf(did) });
  const asked = now();
  const rule = await client.getRule(id, signal);
  return { rule, notes: notesOfGranted(rule, wish, asked) };
}

/** What was left out is left to the server. */
export function bodyOf({ scope, name }: DID, wish: RuleWish): NewRule {
  const { comment, source_replica_expression: source, activity, ...others } = wish;
  return {
    dids: [{ scope, name }], account: null, ...others,
    ...(activity && { activity }), ...(comment && { comment }), ...(source && { source_replica_expression: source }),
  };
}

/**
 * To a refusal for want of room what is missing where: the server names neither the RSE nor the bytes. For storages to copy from that mean
 * nothing it fails without a word (rucio 41: web/rest/flaskapi/v1/rules.py knows no InvalidSourceReplicaExpression).
 */
export async function withFacts(client: CreatingClient, error: unknown, did: DID, wish: Pick<RuleWish, 'rse_expression' | 'source_replica_expression'>, account: string, signal?: AbortSignal): Promise<unknown> {
  if (RucioError.is(error, 'serverError') && wish.source_replica_expression) return sourceFailure(client, error, wish.source_replica_expression, signal);
  if (!RucioError.is(error, 'quota')) return error;
  try {
    const [rses, details] = await Promise.all([client.listRses(wish.rse_expression, signal), client.getDid(did, { dynamicDepth: 'FILE' }, signal)]);
    if (details.bytes === null) return error;
    return error.with({ facts: missingText(await roomAt(client, account, rses.sort(), signal), details.bytes) });
  } catch {
    return error; // the refusal itself is what has to be told
  }
}

async function sourceFailure(client: Pick<RucioClient, 'listRses'>, error: RucioError, source: string, signal: AbortSignal | undefined): Promise<RucioError> {
  try {
    await client.listRses(source, signal);
    return error;
  } catch (why) {
    if (!RucioError.is(why, 'refused', 'notFound')) return error;
    return new RucioError('refused', why.message, { exceptionClass: 'InvalidSourceReplicaExpression', subject: source, cause: error });
  }
}

async function lookAt(client: CreatingClient, did: DID, wish: RuleWish, account: string, signal: AbortSignal | undefined): Promise<{ preview: DIDPreview; here: ReadonlyMap<string, Here> | null }> {
  try {
    const details = await client.getDid(did, { dynamicDepth: 'FILE' }, signal);
    const { scope, name, type, bytes } = details;
    const [here, duplicate] = await Promise.all([presenceOf(client, { scope, name, type }, bytes, signal), twinOf(client, did, wish, account, signal)]);
    return { preview: { scope, name, type, bytes, files: type === 'FILE' ? 1 : details.length, ...(duplicate && { duplicate }) }, here };
  } catch (error) {
    if (!RucioError.is(error, 'notFound', 'refused', 'accessDenied', 'badInput')) throw error;
    return { preview: { scope: did.scope, name: did.name, type: null, bytes: null, files: null, problem: explain(error, { did }) }, here: null };
  }
}

/** What the server takes for the same rule (rucio 41: db/sqla/models.py, RULES_SC_NA_AC_RS_CO_UQ_IDX). */
async function twinOf(client: Pick<RucioClient, 'listDidRules'>, did: DID, wish: Pick<RuleWish, 'rse_expression' | 'copies'>, account: string, signal: AbortSignal | undefined): Promise<Rule | undefined> {
  return (await client.listDidRules(did, signal)).find((rule) => rule.account === account && rule.rse_expression === wish.rse_expression && rule.copies === wish.copies);
}

/** Files and bytes by RSE, from counts of datasets, never a row per file of a collection; null = a container too large to look into. */
async function presenceOf(client: CreatingClient, did: TypedDID, bytes: number | null, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, Here> | null> {
  const here = new Map<string, Here>();
  const add = (rse: string, files: number, size: number): void => {
    const before = here.get(rse);
    here.set(rse, { files: (before?.files ?? 0) + files, bytes: (before?.bytes ?? 0) + size });
  };
  if (did.type === 'FILE') {
    for await (const rows of client.listReplicas([did], { allStates: true }, signal)) for (const { states } of rows) for (const [rse, state] of Object.entries(states)) if (state === 'AVAILABLE') add(rse, 1, bytes ?? 0);
    return here;
  }
  if (did.type === 'DATASET') {
    for (const row of await client.listDatasetReplicas(did, { deep: true }, signal)) add(row.rse, row.available_length ?? 0, row.available_bytes ?? 0);
    return here;
  }
  const { datasets, more } = await datasetsOf(client, did, signal);
  if (more) return null;
  if (datasets.length > 0) for (const row of await client.listDatasetReplicasBulk(datasets, signal)) add(row.rse, row.available_length ?? 0, row.available_bytes ?? 0);
  return here;
}

/** False only where the server will refuse for sure: what stays together must fit in as many RSEs as copies are asked for. */
function roomFor(rooms: readonly Room[], bytes: number, wish: RuleWish, dids: readonly DIDPreview[]): boolean {
  const together = wish.grouping === 'ALL' || (wish.grouping !== 'NONE' && dids.every(({ type }) => type !== 'CONTAINER'));
  const pieces = together ? dids.map((did) => did.bytes ?? 0) : [0];
  const fits = (piece: number): boolean => rooms.filter((room) => missingAt({ ...room, storage: null }, piece) === undefined).length >= wish.copies;
  if (!pieces.every(fits)) return false;
  // All of it has to fit in what all of them have together.
  const left = rooms.map((room) => quotaLeft(room) ?? Infinity);
  return left.reduce((total, one) => total + one, 0) >= bytes * wish.copies;
}

function sum(numbers: readonly (number | null)[]): number | null {
  let total = 0;
  for (const number of numbers) {
    if (number === null) return null;
    total += number;
  }
  return total;
}
