// What is to be moved and how far it came, in SQLite: written before the first byte, one row for each file, no secret in it.
// Steps of files that move at the same time are written together: one wait for the disk for all of them, and nothing else goes on during it.
// So as long as the disk took last time, others have their turn.
import type { DatabaseSync } from 'node:sqlite';
import type { DID } from '../../rucio/types.ts';
import { openDatabase, Statements, together, writeFailure } from '../database.ts';
import type { Explained } from '../types.ts';
import type { DownloadWish, FileState, TransferState, UploadWish } from './types.ts';

/** Each step brings the database from the version of its place to the next. A step is never changed once it was shipped. */
const STEPS: readonly string[] = [
  `CREATE TABLE transfer (id TEXT PRIMARY KEY, session TEXT NOT NULL, instance TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, wish TEXT NOT NULL,
     state TEXT NOT NULL, position REAL NOT NULL, made INTEGER NOT NULL, ended INTEGER, told INTEGER NOT NULL DEFAULT 0, error TEXT) STRICT;
   CREATE TABLE file (transfer TEXT NOT NULL REFERENCES transfer (id) ON DELETE CASCADE, n INTEGER NOT NULL, path TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL,
     bytes INTEGER NOT NULL, mtime INTEGER, state TEXT NOT NULL, step TEXT NOT NULL, url TEXT, temp TEXT, adler32 TEXT, md5 TEXT, note TEXT, error TEXT,
     PRIMARY KEY (transfer, n)) STRICT, WITHOUT ROWID;
   CREATE INDEX file_state ON file (transfer, state, step, n)`,
  `ALTER TABLE transfer ADD COLUMN going INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE transfer ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0`,
];

export interface TransferRow {
  readonly id: string;
  /** Whose sign-in (lake/instances.ts, sessionKey). */
  readonly session: string;
  readonly instance: string;
  readonly account: string;
  readonly kind: 'upload' | 'download';
  readonly wish: UploadWish | DownloadWish;
  readonly state: TransferState;
  readonly made: number;
  readonly ended: number | null;
  readonly told: boolean;
  readonly error: Explained | null;
  /** How often in a row the service died while it went. */
  readonly deaths: number;
}

/**
 * How far a file came. Upload: `look`, `send` (its temporary name is in `temp`), `sent` (whole and verified there), `moved` (has its
 * final name), `registered`, `done`. Download: `look`, `fetch`, `done`.
 */
export type Step = 'look' | 'send' | 'sent' | 'moved' | 'registered' | 'fetch' | 'done';

export interface FileRow extends DID {
  readonly n: number;
  /** Of this machine. */
  readonly path: string;
  readonly bytes: number;
  /** ms since 1970, of the local file when it was taken up. */
  readonly mtime: number | null;
  readonly state: FileState;
  readonly step: Step;
  /** Where it goes to, or came from. */
  readonly url: string | null;
  readonly temp: string | null;
  readonly adler32: string | null;
  readonly md5: string | null;
  readonly note: string | null;
  readonly error: Explained | null;
}

export type FileChange = Partial<Omit<FileRow, 'n' | 'scope' | 'name'>>;
export type Counts = Readonly<Record<FileState, { readonly files: number; readonly bytes: number }>>;

/** ms for which a step waits for company at most. */
const LONGEST_REST = 50;

const COLUMNS = ['path', 'bytes', 'mtime', 'state', 'step', 'url', 'temp', 'adler32', 'md5', 'note', 'error'] as const;

export class Journal {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  /** Of the last writing: when it was over, and how long it took; ms. */
  #last = { at: 0, took: 0 };
  #due: NodeJS.Timeout | undefined;
  #waiting: { readonly write: () => void; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];

  /** Without a folder: in memory. @throws RucioError configuration when a newer version of ours has written there. */
  constructor(state: string | undefined) {
    this.#database = openDatabase(state, 'transfers.db', STEPS, 'The transfers');
    this.#statements = new Statements(this.#database);
  }

  /** All files or none; on the disk when it returns. */
  add(transfer: Omit<TransferRow, 'ended' | 'told' | 'error' | 'deaths'>, files: Iterable<DID & { readonly path: string; readonly bytes: number; readonly mtime?: number; readonly adler32?: string; readonly md5?: string; readonly note?: string }>): void {
    together(this.#database, () => {
      const { id, session, instance, account, kind, wish, state, made } = transfer;
      this.#statements.run('INSERT INTO transfer (id, session, instance, account, kind, wish, state, position, made) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', id, session, instance, account, kind, JSON.stringify(wish), state, made, made);
      let n = 0;
      for (const { path: file, scope, name, bytes, mtime, adler32, md5, note } of files) {
        this.#statements.run('INSERT INTO file (transfer, n, path, scope, name, bytes, mtime, state, step, adler32, md5, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', id, n++, file, scope, name, bytes, mtime ?? null, 'queued', 'look', adler32 ?? null, md5 ?? null, note ?? null);
      }
    });
  }

  /** Those that go first, first. */
  transfers(): readonly TransferRow[] {
    return this.#statements.of('SELECT * FROM transfer ORDER BY position, made, id').all().map(transferOf);
  }

  transfer(id: string): TransferRow | undefined {
    const row = this.#statements.of('SELECT * FROM transfer WHERE id = ?').get(id);
    return row && transferOf(row);
  }

  /** `going`: the service works on it; still so when the journal is opened again, it died meanwhile: {@link died}. */
  set(id: string, { state, error, ended, told, going, deaths }: { readonly state?: TransferState; readonly error?: Explained | null; readonly ended?: number | null; readonly told?: boolean; readonly going?: boolean; readonly deaths?: number }): void {
    if (state !== undefined) this.#statements.run('UPDATE transfer SET state = ? WHERE id = ?', state, id);
    if (error !== undefined) this.#statements.run('UPDATE transfer SET error = ? WHERE id = ?', error === null ? null : JSON.stringify(error), id);
    if (ended !== undefined) this.#statements.run('UPDATE transfer SET ended = ? WHERE id = ?', ended, id);
    if (told !== undefined) this.#statements.run('UPDATE transfer SET told = ? WHERE id = ?', told ? 1 : 0, id);
    if (going !== undefined) this.#statements.run('UPDATE transfer SET going = ? WHERE id = ?', going ? 1 : 0, id);
    if (deaths !== undefined) this.#statements.run('UPDATE transfer SET deaths = ? WHERE id = ?', deaths, id);
  }

  /** Those that went when the service ended have one death more. */
  died(): void {
    this.#statements.run('UPDATE transfer SET deaths = deaths + 1, going = 0 WHERE going = 1');
  }

  /** The service ends as it should. */
  rest(): void {
    this.#statements.run('UPDATE transfer SET going = 0 WHERE going = 1');
  }

  /** It goes before all others. */
  first(id: string): void {
    this.#statements.run('UPDATE transfer SET position = (SELECT min(position) FROM transfer) - 1 WHERE id = ?', id);
  }

  remove(id: string): void {
    this.#statements.run('DELETE FROM transfer WHERE id = ?', id);
  }

  /** By their number; `after` < 0 = from the first. */
  files(id: string, { states, after = -1, limit }: { readonly states?: readonly FileState[]; readonly after?: number; readonly limit: number }): readonly FileRow[] {
    const some = states === undefined ? '' : `AND state IN (${states.map(() => '?').join(', ')})`;
    return this.#statements.of(`SELECT * FROM file WHERE transfer = ? AND n > ? ${some} ORDER BY n LIMIT ?`).all(id, after, ...states ?? [], limit).map(fileOf);
  }

  /** Not at their end, and something of them may lie about. */
  begun(id: string): FileRow[] {
    return this.#statements.of("SELECT * FROM file WHERE transfer = ? AND state IN ('queued', 'failed') AND (step != 'look' OR temp IS NOT NULL) ORDER BY n").all(id).map(fileOf);
  }

  file(id: string, n: number): FileRow | undefined {
    const row = this.#statements.of('SELECT * FROM file WHERE transfer = ? AND n = ?').get(id, n);
    return row && fileOf(row);
  }

  counts(id: string): Counts {
    const counts = { queued: NONE, running: NONE, done: NONE, failed: NONE, skipped: NONE, cancelled: NONE };
    for (const row of this.#statements.of('SELECT state, count(*) AS files, sum(bytes) AS bytes FROM file WHERE transfer = ? GROUP BY state').all(id)) {
      counts[String(row['state']) as FileState] = { files: Number(row['files']), bytes: Number(row['bytes']) };
    }
    return counts;
  }

  /** Written at the next turn with all that others write; resolves when it is on the disk. */
  step(id: string, n: number, change: FileChange): Promise<void> {
    const columns = COLUMNS.filter((column) => change[column] !== undefined);
    const values = columns.map((column) => (column === 'error' ? change.error && JSON.stringify(change.error) : change[column]) ?? null) as (string | number | null)[];
    return this.later(() => this.#statements.run(`UPDATE file SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE transfer = ? AND n = ?`, ...values, id, n));
  }

  later(write: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) this.#soon();
      this.#waiting.push({ write, resolve, reject });
    });
  }

  /** Of all files in these states. */
  turn(id: string, from: readonly FileState[], to: FileState): void {
    this.#statements.run(`UPDATE file SET state = ?, error = CASE WHEN ? = 'queued' THEN NULL ELSE error END WHERE transfer = ? AND state IN (${from.map(() => '?').join(', ')})`, to, to, id, ...from);
  }

  close(): void {
    this.#flush();
    this.#database.close();
  }

  #soon(): void {
    const { at, took } = this.#last;
    const rest = Math.min(took, LONGEST_REST) - (performance.now() - at);
    if (rest < 1) setImmediate(() => this.#flush());
    else this.#due = setTimeout(() => this.#flush(), rest);
  }

  #flush(): void {
    clearTimeout(this.#due);
    const writes = this.#waiting;
    this.#waiting = [];
    if (writes.length === 0) return;
    const began = performance.now();
    try {
      together(this.#database, () => writes.forEach(({ write }) => write()));
    } catch (error) {
      for (const { reject } of writes) reject(writeFailure(error));
      return;
    } finally {
      const at = performance.now();
      this.#last = { at, took: at - began };
    }
    for (const { resolve } of writes) resolve();
  }
}

const NONE = { files: 0, bytes: 0 };

type Row = Record<string, unknown>;

function transferOf(row: Row): TransferRow {
  return {
    id: String(row['id']), session: String(row['session']), instance: String(row['instance']), account: String(row['account']), kind: row['kind'] as TransferRow['kind'],
    wish: JSON.parse(String(row['wish'])) as TransferRow['wish'], state: row['state'] as TransferState, made: Number(row['made']),
    ended: row['ended'] as number | null, told: row['told'] === 1, error: errorOf(row), deaths: Number(row['deaths']),
  };
}

function fileOf(row: Row): FileRow {
  return { ...row, error: errorOf(row) } as unknown as FileRow;
}

function errorOf(row: Row): Explained | null {
  return typeof row['error'] === 'string' ? JSON.parse(row['error']) as Explained : null;
}
