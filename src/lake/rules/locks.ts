// The files of one rule as a table that can be filtered and sorted at any size: a row for each lock (a file at an RSE), read once
// into a private temporary database and dropped with it. The one place where a row for each file is kept.
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { RucioClient } from '../../rucio/client.ts';
import { RucioError } from '../../rucio/errors.ts';
import type { DID, ReplicaLock, RuleAnalysis } from '../../rucio/types.ts';

export type LockState = ReplicaLock['state'];
export const LOCK_COLUMNS = ['did', 'rse', 'state'] as const;

/** `text`: any part of the DID or RSE, in any case. Rows `offset` to `offset + limit`, at most {@link MOST_ROWS}. */
export interface LocksQuery {
  readonly text?: string;
  readonly state?: LockState;
  readonly sort: (typeof LOCK_COLUMNS)[number];
  readonly descending?: boolean;
  readonly offset: number;
  readonly limit: number;
}

export interface LocksWindow {
  /** Of those that fit the query. */
  readonly matching: number;
  readonly offset: number;
  readonly rows: readonly (DID & { readonly rse: string; readonly state: LockState })[];
}

export interface LocksSummary {
  readonly read: number;
  /** All there are: nothing was cut. */
  readonly whole: boolean;
  readonly counts: readonly { readonly rse: string; readonly state: LockState; readonly files: number }[];
}

/** Of one window. */
const MOST_ROWS = 200;

export class LockTable {
  readonly #database = new DatabaseSync(''); // SQLite: a private file that nobody else sees, gone when it is closed
  #read = 0;
  #whole = false;

  constructor() {
    // Ours alone and gone afterwards: nothing is waited for.
    this.#database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000; CREATE TABLE lock (scope TEXT NOT NULL, name TEXT NOT NULL, rse TEXT NOT NULL, state TEXT NOT NULL) STRICT');
  }

  /** Reads all of it; `onRead` hears how far it is. @throws RucioError: what was read so far is no whole. */
  async fill(client: Pick<RucioClient, 'listReplicaLocks'>, id: string, onRead: (summary: LocksSummary) => void, signal?: AbortSignal): Promise<LocksSummary> {
    const insert = this.#database.prepare('INSERT INTO lock VALUES (?, ?, ?, ?)');
    let told = 0;
    for await (const rows of client.listReplicaLocks(id, signal)) {
      if (!this.#database.isOpen) throw new RucioError('cancelled', 'Cancelled.');
      this.#database.exec('BEGIN');
      for (const { scope, name, rse, state } of rows) insert.run(scope, name, rse, state);
      this.#database.exec('COMMIT');
      this.#read += rows.length;
      // The first rows at once; counting them all is not for free.
      if (told === 0 || Date.now() - told > 500) {
        told = Date.now();
        onRead(this.summary());
      }
    }
    this.#whole = true;
    return this.summary();
  }

  summary(): LocksSummary {
    const counts = this.#database.prepare('SELECT rse, state, count(*) AS files FROM lock GROUP BY rse, state ORDER BY rse, state').all();
    return { read: this.#read, whole: this.#whole, counts: counts.map((row) => ({ rse: String(row['rse']), state: row['state'] as LockState, files: Number(row['files']) })) };
  }

  window({ text = '', state, sort, descending = false, offset, limit }: LocksQuery): LocksWindow {
    const where: string[] = [];
    const values: string[] = [];
    if (text !== '') {
      where.push(`(scope || ':' || name || ' ' || rse) LIKE ? ESCAPE '\\'`);
      values.push(`%${text.replace(/[\\%_]/g, '\\$&')}%`);
    }
    if (state !== undefined) {
      where.push('state = ?');
      values.push(state);
    }
    const fits = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
    const way = descending ? 'DESC' : 'ASC';
    // Stuck ones first, as it is them that are looked for.
    const order = { did: `scope ${way}, name ${way}, rse`, rse: `rse ${way}, scope, name`, state: `CASE state WHEN 'STUCK' THEN 0 WHEN 'REPLICATING' THEN 1 ELSE 2 END ${way}, scope, name, rse` }[sort];
    if (order === undefined) throw new RucioError('badInput', 'The table has no such column.');
    const matching = Number(this.#database.prepare(`SELECT count(*) AS files FROM lock ${fits}`).get(...values)?.['files']);
    const first = Math.max(0, Math.min(Math.floor(offset), Math.max(0, matching - 1)));
    const rows = this.#database.prepare(`SELECT scope, name, rse, state FROM lock ${fits} ORDER BY ${order} LIMIT ? OFFSET ?`).all(...values, Math.max(1, Math.min(limit, MOST_ROWS)), first) as unknown as Record<string, SQLOutputValue>[];
    return { matching, offset: first, rows: rows.map((row) => ({ scope: String(row['scope']), name: String(row['name']), rse: String(row['rse']), state: row['state'] as LockState })) };
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** Of one stuck file at one RSE, what the server knows. `sources`: RSEs that have it, and whether they can be read now. */
export interface StuckFile extends DID {
  readonly rse: string;
  readonly attempts?: number;
  readonly lastError?: string;
  readonly lastSource?: string;
  readonly lastTime?: string;
  readonly sources: readonly { readonly rse: string; readonly readable: boolean }[];
}

/** More are not explained one by one: the server looks each of them up. */
const MOST_STUCK = 1000;
export const SHOWN_STUCK = 50;

/** The first {@link SHOWN_STUCK} of the files that keep a rule stuck; empty where there are too many, or none. */
export async function stuckFiles(client: Pick<RucioClient, 'examineRule' | 'getRule'>, id: string, signal?: AbortSignal): Promise<readonly StuckFile[]> {
  const { state, locks_stuck_cnt: stuck } = await client.getRule(id, signal);
  if (state !== 'STUCK' || stuck > MOST_STUCK) return [];
  const { transfers = [] }: RuleAnalysis = await client.examineRule(id, signal);
  return transfers.slice(0, SHOWN_STUCK).map(({ scope, name, rse, attempts, last_error: lastError, last_source: lastSource, last_time: lastTime, sources = [] }) => ({
    scope, name, rse, sources: sources.map(([source, readable]) => ({ rse: source, readable })),
    ...(typeof attempts === 'number' && { attempts }), ...(lastError && { lastError }), ...(lastSource && { lastSource }), ...(lastTime && { lastTime: String(lastTime) }),
  }));
}
