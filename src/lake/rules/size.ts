// How far a rule is in bytes, from the catalogue's book of datasets: a few calls whatever the number of files, never a row for each.
import type { RucioClient } from '../../rucio/client.ts';
import type { DatasetReplica, Rule } from '../../rucio/types.ts';
import { keyOf } from '../availability/memory.ts';

export type SizeClient = Pick<RucioClient, 'getRule' | 'getDid' | 'listDatasetLocksBulk' | 'listDatasetReplicasBulk'>;

/** Bytes, counted once for each copy. `about`: `done` is by the share of files that are done, as the server's book says no better. */
export interface RuleSize {
  readonly done: number;
  readonly total: number;
  readonly about: boolean;
}

/** Datasets whose book is read; a container of more is told by its share of files. */
const MOST_DATASETS = 500;

/** null: nobody knows (no locks yet, or a size that the server does not tell). Fails with notFound. */
export async function ruleSize(client: SizeClient, id: string, signal?: AbortSignal): Promise<RuleSize | null> {
  const rule = await client.getRule(id, signal);
  const files = rule.locks_ok_cnt + rule.locks_replicating_cnt + rule.locks_stuck_cnt;
  if (files === 0) return null;
  const booked = rule.did_type === 'FILE' ? undefined : await bookOf(client, rule, signal);
  // The book is brought up to date by a daemon, and knows of files that other rules brought: it holds where it counts what the rule counts.
  const whole = booked?.files === files;
  if (whole && (booked.here === rule.locks_ok_cnt || rule.locks_ok_cnt === files)) return { done: rule.locks_ok_cnt === files ? booked.bytes : booked.bytesHere, total: booked.bytes, about: false };
  const total = whole ? booked.bytes : await sizeOf(client, rule, signal);
  if (total === null) return null;
  return { done: (total * rule.locks_ok_cnt) / files, total, about: rule.did_type !== 'FILE' && rule.locks_ok_cnt > 0 && rule.locks_ok_cnt < files };
}

interface Book { readonly files: number; readonly bytes: number; readonly here: number; readonly bytesHere: number }

/** Of the datasets at the RSEs where the rule puts them; undefined: it puts files one by one, or the book lacks some. */
async function bookOf(client: SizeClient, { id, scope, name, did_type: type }: Rule, signal: AbortSignal | undefined): Promise<Book | undefined> {
  if (type === 'FILE') return undefined;
  const locks = (await client.listDatasetLocksBulk([{ scope, name, type }], signal)).filter((lock) => lock.rule_id === id);
  const datasets = new Map(locks.map((lock) => [keyOf(lock), { scope: lock.scope, name: lock.name }]));
  if (datasets.size === 0 || datasets.size > MOST_DATASETS) return undefined;
  const rows = new Map<string, DatasetReplica>();
  for (const row of await client.listDatasetReplicasBulk([...datasets.values()], signal)) rows.set(`${keyOf(row)} ${row.rse}`, row);
  const book = { files: 0, bytes: 0, here: 0, bytesHere: 0 };
  for (const lock of locks) {
    const row = rows.get(`${keyOf(lock)} ${lock.rse}`);
    if (!row || row.length === null || row.bytes === null) return undefined;
    book.files += row.length;
    book.bytes += row.bytes;
    book.here += row.available_length ?? 0;
    book.bytesHere += row.available_bytes ?? 0;
  }
  return book;
}

/** Of all copies together. */
async function sizeOf(client: SizeClient, { scope, name, copies, did_type: type }: Rule, signal: AbortSignal | undefined): Promise<number | null> {
  const { bytes } = await client.getDid({ scope, name }, type === 'FILE' ? {} : { dynamicDepth: 'FILE' }, signal);
  return bytes === null ? null : bytes * copies;
}
