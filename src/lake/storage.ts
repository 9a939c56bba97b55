// What an account uses, may use and has left at each RSE, what of its rules ends soon there, and what takes the space. A row for each
// dataset at most, never one for each file.
import type { RucioClient } from '../rucio/client.ts';
import { RucioError } from '../rucio/errors.ts';
import type { DID, Rule } from '../rucio/types.ts';

/** Bytes. `limit`: null = unlimited, undefined = none was set (then nothing may be put there); `rse` is an RSE expression for `global`. */
export interface StorageUsage {
  readonly kind: 'local' | 'global';
  readonly rse: string;
  readonly used: number;
  readonly files: number;
  readonly limit?: number | null;
}

/** One DID that a rule of mine keeps at the RSE. `sure`: false where the expression leaves a choice of RSEs. Bytes; null = not known. */
export interface StorageRule {
  readonly rule: Rule;
  readonly bytes: number | null;
  readonly sure: boolean;
}

export interface StorageDetails {
  /** Rules whose life ends within {@link SOON_DAYS}, the first first. */
  readonly expiring: readonly StorageRule[];
  /** The {@link BIGGEST} largest DIDs. */
  readonly biggest: readonly StorageRule[];
  /** Rules that were read; with `more` there are others, that were not. */
  readonly read: number;
  readonly more: boolean;
}

export const SOON_DAYS = 7;
const BIGGEST = 20;
/** Rules that are read to find these; a service account may have a hundred times as many. */
const MOST_RULES = 10_000;
const MOST_EXPRESSIONS = 100;
const MOST_LOOKED_UP = 50;
const AT_ONCE = 5;

export type StorageClient = Pick<RucioClient, 'accountUsage' | 'accountGlobalUsage' | 'accountLocalLimits' | 'listRules' | 'listRses' | 'getDid'>;

export async function storageUsage(client: StorageClient, account: string, signal?: AbortSignal): Promise<readonly StorageUsage[]> {
  const [usage, global, limits] = await Promise.all([client.accountUsage(account, signal), client.accountGlobalUsage(account, signal), client.accountLocalLimits(account, signal)]);
  const limitOf = (bytes: number | null | undefined): Pick<StorageUsage, 'limit'> => bytes === undefined || bytes === 0 ? {} : { limit: bytes === null || bytes === Infinity || bytes < 0 ? null : bytes };
  const local = new Map<string, StorageUsage>();
  // A limit of an RSE where nothing lies yet may have no row of usage.
  for (const [rse, bytes] of Object.entries(limits)) local.set(rse, { kind: 'local', rse, used: 0, files: 0, ...limitOf(bytes) });
  for (const { rse, bytes, files, bytes_limit: limit } of usage) local.set(rse, { kind: 'local', rse, used: bytes, files, ...limitOf(Object.hasOwn(limits, rse) ? limits[rse] : limit) });
  return [
    ...[...local.values()].sort((a, b) => b.used - a.used || (a.rse < b.rse ? -1 : 1)),
    ...global.map(({ rse_expression: rse, bytes, files, bytes_limit: limit }): StorageUsage => ({ kind: 'global', rse, used: bytes, files, ...limitOf(limit) })),
  ];
}

export async function storageDetails(client: StorageClient, account: string, rse: string, signal?: AbortSignal, now = Date.now()): Promise<StorageDetails> {
  const soon = now + SOON_DAYS * 86_400_000;
  const rses = new Map<string, readonly string[]>();
  const expiring: StorageRule[] = [];
  const byDid = new Map<string, StorageRule>();
  let read = 0;
  let more = false;
  reading: for await (const rules of client.listRules({ account }, signal)) {
    for (const rule of rules) {
      if (++read > MOST_RULES) {
        more = true;
        read--;
        break reading;
      }
      const { rse_expression: expression } = rule;
      let places = rses.get(expression);
      if (!places && (expression === rse || rses.size < MOST_EXPRESSIONS)) {
        places = expression === rse ? [rse] : await placesOf(client, expression, signal);
        rses.set(expression, places);
      }
      if (!places?.includes(rse)) continue;
      const found: StorageRule = { rule, bytes: rule.bytes ?? null, sure: places.length <= rule.copies };
      const ends = rule.expires_at === null ? Infinity : Date.parse(rule.expires_at);
      if (ends <= soon) expiring.push(found);
      const key = `${rule.scope}:${rule.name}`;
      const known = byDid.get(key);
      // The same data under two rules takes its space once.
      if (!known || (found.sure && !known.sure)) byDid.set(key, found);
    }
  }
  const all = await withSizes(client, [...byDid.values()], signal);
  const biggest = all.sort((a, b) => (b.bytes ?? -1) - (a.bytes ?? -1)).slice(0, BIGGEST);
  expiring.sort((a, b) => Date.parse(a.rule.expires_at ?? '') - Date.parse(b.rule.expires_at ?? ''));
  return { expiring: expiring.slice(0, 200), biggest, read, more };
}

/** An expression that means nothing any more (its RSEs were taken away) covers nothing. */
async function placesOf(client: StorageClient, expression: string, signal?: AbortSignal): Promise<readonly string[]> {
  try {
    return await client.listRses(expression, signal);
  } catch (error) {
    if (RucioError.is(error, 'badInput', 'notFound')) return [];
    throw error;
  }
}

/** The book has no size for open collections and containers: the first of those are looked up. */
async function withSizes(client: StorageClient, rows: readonly StorageRule[], signal?: AbortSignal): Promise<StorageRule[]> {
  const unknown = rows.filter(({ bytes }) => bytes === null).slice(0, MOST_LOOKED_UP);
  const sizes = new Map<StorageRule, number | null>();
  for (let i = 0; i < unknown.length; i += AT_ONCE) {
    await Promise.all(unknown.slice(i, i + AT_ONCE).map(async (row) => {
      const did: DID = { scope: row.rule.scope, name: row.rule.name };
      try {
        sizes.set(row, (await client.getDid(did, { dynamicDepth: 'FILE' }, signal)).bytes);
      } catch (error) {
        if (!RucioError.is(error, 'notFound')) throw error;
      }
    }));
  }
  return rows.map((row) => ({ ...row, bytes: row.bytes ?? sizes.get(row) ?? null }));
}
