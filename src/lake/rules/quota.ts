// How much an account may still put at each of some RSEs, and what is missing there for a rule.
// Facts from rucio 41: core/rse_selector.py.
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import { mapLimited } from '../limited.ts';

export type QuotaClient = Pick<RucioClient, 'accountUsage' | 'accountGlobalUsage' | 'listRses' | 'getRseLimits' | 'listRseUsage'>;

/** Bytes; Infinity = no limit; null = the server would not say. */
export interface Room {
  readonly rse: string;
  /** The account's own limit there; none set = nothing may be put there. Must be more than the size of what is added. */
  readonly local: number | null;
  /** The least of the limits on expressions that cover the RSE. */
  readonly global: { readonly expression: string; readonly left: number } | null;
  /** Of the RSE itself, for everybody (its limit MaxSpaceAvailable). */
  readonly storage: number | null;
}

/** RSEs that are asked for limits of their own: one or two calls each. */
const MOST_RSES = 12;

/** In the order of `rses`. */
export async function roomAt(client: QuotaClient, account: string, rses: readonly string[], signal?: AbortSignal): Promise<Room[]> {
  const [rooms, storage] = await Promise.all([
    quotaAt(client, account, rses, signal),
    mapLimited(rses.slice(0, MOST_RSES), 4, (rse) => storageRoom(client, rse, signal)),
  ]);
  return rooms.map((room, at) => ({ ...room, storage: storage[at] ?? null }));
}

/** By the account's limits alone: two calls, and one for each global limit. */
export async function quotaAt(client: Pick<QuotaClient, 'accountUsage' | 'accountGlobalUsage' | 'listRses'>, account: string, rses: readonly string[], signal?: AbortSignal): Promise<Room[]> {
  const quota = await quotaOf(client, account, signal);
  const covering = await mapLimited(quota?.global ?? [], 4, async (row) => ({ row, rses: rses.length === 1 && row.rse_expression === rses[0] ? rses : await coveredBy(client, row.rse_expression, signal) }));
  return rses.map((rse) => {
    let global: Room['global'] = null;
    for (const { row, rses: covered } of covering) if (covered.includes(rse) && (!global || row.bytes_remaining < global.left)) global = { expression: row.rse_expression, left: Math.max(0, row.bytes_remaining) };
    return { rse, local: quota ? Math.max(0, quota.local.find((row) => row.rse === rse)?.bytes_remaining ?? 0) : null, global, storage: null };
  });
}

/** What the account may still put there by its own limits; null = not known. */
export function quotaLeft({ local, global }: Room): number | null {
  return local === null ? null : Math.min(local, global?.left ?? Infinity);
}

/** Bytes by which `bytes` is too much there, and whose limit that is; undefined = it fits, or nobody knows. What is `here` already needs no room at the storage, and quota all the same. */
export function missingAt({ rse, local, global, storage }: Room, bytes: number, here = 0): { readonly rse: string; readonly missing: number; readonly limit: string } | undefined {
  const all = [
    // The local limit must be more than the size, the others at least as much.
    { over: local === null ? -1 : local > bytes ? -1 : bytes - local + 1, limit: `your quota at ${rse}` },
    { over: global === null ? -1 : bytes - global.left, limit: `your quota at all of ${global?.expression}` },
    { over: storage === null ? -1 : bytes - here - storage, limit: `the room that ${rse} has for everybody` },
  ].filter(({ over }) => over > 0).sort((a, b) => b.over - a.over);
  const [worst] = all;
  return worst && { rse, missing: worst.over, limit: worst.limit };
}

/** "Missing at EULAKE-1: 1.1 GB (of 3.2 GB) in your quota at EULAKE-1."; '' where everything fits. One sentence for each RSE, at most six. */
export function missingText(rooms: readonly Room[], bytes: number): string {
  const missing = rooms.map((room) => missingAt(room, bytes)).filter((one) => one !== undefined);
  const told = missing.slice(0, 6).map((one) => `At ${one.rse} ${bytesText(one.missing)} of ${bytesText(bytes)} is missing in ${one.limit}.`);
  if (missing.length > told.length) told.push(`And so at ${missing.length - told.length} more.`);
  return told.join(' ');
}

/** "3.2 GB"; powers of 1000, as Rucio's own tools count. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

async function quotaOf(client: Pick<QuotaClient, 'accountUsage' | 'accountGlobalUsage'>, account: string, signal: AbortSignal | undefined) {
  try {
    const [local, global] = await Promise.all([client.accountUsage(account, signal), client.accountGlobalUsage(account, signal)]);
    return { local, global };
  } catch (error) {
    // Some sites let nobody look: the rule itself will tell.
    if (RucioError.is(error, 'accessDenied', 'refused', 'notFound')) return null;
    throw error;
  }
}

async function coveredBy(client: Pick<QuotaClient, 'listRses'>, expression: string, signal: AbortSignal | undefined): Promise<readonly string[]> {
  try {
    return await client.listRses(expression, signal);
  } catch (error) {
    if (RucioError.is(error, 'refused', 'notFound')) return []; // a limit on RSEs that are no more
    throw error;
  }
}

/** Bytes below the RSE's own limit; null = it has none, or nobody may look. */
async function storageRoom(client: QuotaClient, rse: string, signal: AbortSignal | undefined): Promise<number | null> {
  try {
    const most = (await client.getRseLimits(rse, signal))['MaxSpaceAvailable'];
    if (typeof most !== 'number' || most < 0) return null;
    const used = (await client.listRseUsage(rse, signal)).find(({ source }) => source === 'rucio')?.used;
    return typeof used === 'number' ? Math.max(0, most - used) : null;
  } catch (error) {
    if (RucioError.is(error, 'accessDenied', 'refused', 'notFound')) return null;
    throw error;
  }
}
