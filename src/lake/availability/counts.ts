// How many files of a collection are at an RSE, by dataset-level calls: never a row per file, and for a container never
// more than a bounded number of its datasets.
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { DatasetReplica, DID } from '../../rucio/types.ts';
import { askInBulk } from './bulk.ts';
import { chunks, mapLimited } from '../limited.ts';
import { keyOf, type Budget, type Memory } from './memory.ts';

export type CountingClient = Pick<RucioClient, 'listDatasetReplicas' | 'listDatasetReplicasBulk' | 'listContent' | 'getDid'>;

export interface CountingContext {
  readonly client: CountingClient;
  readonly memory: Memory;
}

/** Files at the RSE and in all. */
export interface Counts {
  readonly available: number;
  /** null = unknown: a container of which not every dataset could be counted. */
  readonly total: number | null;
  /** Datasets that are whole here: those of which files may be looked at. */
  readonly whole: readonly DID[];
  /** Where not everything was counted: a part of a sentence. */
  readonly bound?: string;
}

/** DIDs in one bulk call (rucio 41: bulk arrays hold up to 1000). */
export const BULK = 500;
/** Datasets of a container that are looked at. */
export const MOST_DATASETS = 200;
/** Datasets of a container without a summary at the RSE that are counted one by one. */
const MOST_COUNTED = 20;
const MOST_LEVELS = 6;
/** ms */
const COUNT_AGE = 60_000;
/** The same where neither a summary nor a rule lets expect anything: such a count costs the server more the more files there are. */
const IDLE_COUNT_AGE = 600_000;
const CONTENT_AGE = 60_000;
const AT_ONCE = 4;

type Failed = { readonly error: RucioError };
const failed = (error: unknown): Failed => {
  // Only what concerns this DID alone; a server that can't be reached concerns all of them.
  if (RucioError.is(error, 'notFound', 'accessDenied', 'refused', 'badInput')) return { error };
  throw error;
};

export interface CountOptions {
  /** True: the server's summaries are believed while they are whole; false: files are counted. */
  readonly polling: boolean;
  readonly budget: Budget;
}

/** By key `scope:name`; DIDs that are not there have an error. */
export async function countDatasets(context: CountingContext, datasets: readonly DID[], rse: string, options: CountOptions, signal?: AbortSignal): Promise<Map<string, Counts | Failed>> {
  const rows = await summaries(context, datasets, rse, signal);
  const counts = new Map<string, Counts | Failed>();
  await mapLimited(datasets, AT_ONCE, async (did) => {
    const row = rows.get(keyOf(did));
    try {
      counts.set(keyOf(did), options.polling && row && isWhole(row) ? wholeOf(did, row) : await countOne(context, did, rse, row, options, signal));
    } catch (error) {
      counts.set(keyOf(did), failed(error));
    }
  });
  return counts;
}

/** One container over its datasets. */
export async function countContainer(context: CountingContext, container: DID, rse: string, options: CountOptions, signal?: AbortSignal): Promise<Counts | Failed> {
  try {
    return await overDatasets(context, container, rse, options, signal);
  } catch (error) {
    return failed(error);
  }
}

async function overDatasets(context: CountingContext, container: DID, rse: string, options: CountOptions, signal: AbortSignal | undefined): Promise<Counts> {
  const { client, memory } = context;
  const { datasets, more } = await memory.remember('datasets', keyOf(container), options.polling ? CONTENT_AGE : 0, options.budget, () => datasetsOf(client, container, signal), signal);
  if (datasets.length === 0 && !more) {
    await client.getDid(container, {}, signal); // an unknown DID has no content either
    return { available: 0, total: 0, whole: [] };
  }
  const rows = await summaries(context, datasets, rse, signal);
  const without = datasets.filter((did) => !isWhole(rows.get(keyOf(did))));
  const counted = new Map<string, Counts>();
  await mapLimited(without.slice(0, MOST_COUNTED), AT_ONCE, async (did) => {
    try {
      counted.set(keyOf(did), await countOne(context, did, rse, rows.get(keyOf(did)), options, signal));
    } catch (error) {
      failed(error); // one dataset that vanished meanwhile does not hide the others
    }
  });
  let available = 0;
  let total: number | null = 0;
  const whole: DID[] = [];
  for (const did of datasets) {
    const row = rows.get(keyOf(did));
    const count = counted.get(keyOf(did));
    available += count?.available ?? row?.available_length ?? 0;
    const length = count ? count.total : row?.length ?? null;
    total = total === null || length === null ? null : total + length;
    if (count ? count.whole.length > 0 : isWhole(row)) whole.push(did);
  }
  if (total === null && !more) total = await lengthOf(context, container, options, signal);
  const bounds = [more && `only its first ${MOST_DATASETS} datasets`, without.length > MOST_COUNTED && `counted file by file in ${MOST_COUNTED} of ${without.length} datasets that have no whole summary there`].filter((text) => text !== false);
  return { available, total, whole, ...(bounds.length > 0 && { bound: bounds.join(', ') }) };
}

/** The catalogue's summaries at the RSE. They are made with rules and brought up to date by a daemon: may be missing or behind. */
async function summaries({ client, memory }: CountingContext, datasets: readonly DID[], rse: string, signal: AbortSignal | undefined): Promise<Map<string, DatasetReplica>> {
  const rows = new Map<string, DatasetReplica>();
  for (const part of chunks(datasets, BULK)) {
    const refused = await askInBulk(part, memory.refused, async (some) => {
      for (const row of await client.listDatasetReplicasBulk(some.map(({ scope, name }) => ({ scope, name })), signal)) if (row.rse === rse) rows.set(keyOf(row), row);
    });
    for (const [key, error] of refused) memory.refused.set(key, error); // it has no summary, then: it is counted
  }
  return rows;
}

function isWhole(row: DatasetReplica | undefined): boolean {
  return row !== undefined && row.length !== null && row.length > 0 && row.available_length === row.length;
}

function wholeOf({ scope, name }: DID, row: DatasetReplica): Counts {
  return { available: row.available_length ?? 0, total: row.length, whole: [{ scope, name }] };
}

/** File by file, in the server's database: 0.25 s for 100 000 files, one row of answer for each RSE. */
async function countOne(context: CountingContext, did: DID, rse: string, row: DatasetReplica | undefined, options: CountOptions, signal: AbortSignal | undefined): Promise<Counts> {
  const summary = row ? `${row.available_length}/${row.length}/${row.updated_at}` : 'none';
  const age = row || context.memory.verdicts.get(keyOf(did))?.ruleId ? COUNT_AGE : IDLE_COUNT_AGE;
  const { available, total } = await context.memory.remember('deep', `${keyOf(did)} ${summary}`, options.polling ? age : 0, options.budget, async () => {
    const rows = await context.client.listDatasetReplicas(did, { deep: true }, signal);
    // Files in archives come as a second row of the same RSE (rucio 41: core/replica.py list_dataset_replicas).
    const here = rows.filter((replica) => replica.rse === rse).reduce((sum, replica) => sum + (replica.available_length ?? 0), 0);
    return { available: here, total: rows[0]?.length ?? null };
  }, signal);
  const files = total ?? await lengthOf(context, did, options, signal);
  return { available: Math.min(available, files), total: files, whole: files > 0 && available >= files ? [{ scope: did.scope, name: did.name }] : [] };
}

/** Files in a collection, counted now. */
function lengthOf(context: CountingContext, did: DID, options: CountOptions, signal: AbortSignal | undefined): Promise<number> {
  return context.memory.remember('length', keyOf(did), options.polling ? COUNT_AGE : 0, options.budget, async () => (await context.client.getDid(did, { dynamicDepth: 'FILE' }, signal)).length ?? 0, signal);
}

/** Datasets below a container, level by level, each once. */
export async function datasetsOf(client: Pick<RucioClient, 'listContent'>, container: DID, signal: AbortSignal | undefined): Promise<{ readonly datasets: DID[]; readonly more: boolean }> {
  const datasets = new Map<string, DID>();
  const seen = new Set([keyOf(container)]);
  let level: DID[] = [container];
  for (let depth = 0; depth < MOST_LEVELS && level.length > 0; depth++) {
    const below: DID[] = [];
    for (const parent of level) {
      for await (const rows of client.listContent(parent, signal)) {
        for (const { scope, name, type } of rows) {
          const key = keyOf({ scope, name });
          if (seen.has(key)) continue;
          if (type === 'DATASET' && datasets.size === MOST_DATASETS) return { datasets: [...datasets.values()], more: true };
          seen.add(key);
          if (type === 'DATASET') datasets.set(key, { scope, name });
          // Containers of nothing but containers must not make this endless either.
          else if (type === 'CONTAINER' && below.length < MOST_DATASETS) below.push({ scope, name });
        }
      }
    }
    level = below;
  }
  return { datasets: [...datasets.values()], more: level.length > 0 };
}
