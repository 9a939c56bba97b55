// Files in scratch that are on their way to safety, in SQLite: a row is there before anything is done, each step is written when it is done, and
// what is to be deleted is remembered whatever is killed. No secret in it.
import type { DatabaseSync } from 'node:sqlite';
import type { DID } from '../../rucio/types.ts';
import { openDatabase, Statements, together } from '../database.ts';
import type { Explained } from '../types.ts';
import type { ScratchStep } from './types.ts';

export const SCRATCH_JOURNAL = 'scratch.db';

/** Each step brings the database from the version of its place to the next. A step is never changed once it was shipped. */
const STEPS: readonly string[] = [
  `CREATE TABLE scratch (id INTEGER PRIMARY KEY AUTOINCREMENT, upload TEXT NOT NULL, session TEXT NOT NULL, instance TEXT NOT NULL, account TEXT NOT NULL, rse TEXT NOT NULL,
     path TEXT NOT NULL, pfn TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL, mtime INTEGER NOT NULL,
     destination TEXT NOT NULL, lifetime INTEGER, delay INTEGER NOT NULL, made INTEGER NOT NULL,
     step TEXT NOT NULL, adler32 TEXT, md5 TEXT, hold TEXT, rule TEXT, rule_state TEXT, notes TEXT NOT NULL, error TEXT, failed INTEGER NOT NULL, tries INTEGER NOT NULL, next INTEGER NOT NULL, deleted_from INTEGER) STRICT;
   CREATE UNIQUE INDEX scratch_file ON scratch (session, pfn);
   CREATE INDEX scratch_due ON scratch (session, failed, next)`,
];

export interface ScratchRow extends DID {
  readonly id: number;
  readonly upload: string;
  /** Whose sign-in (lake/instances.ts, sessionKey). */
  readonly session: string;
  readonly instance: string;
  readonly account: string;
  readonly rse: string;
  readonly path: string;
  readonly pfn: string;
  readonly bytes: number;
  /** ms since 1970, as it was when it was taken up. */
  readonly mtime: number;
  readonly destination: string;
  /** Seconds; null = no end. */
  readonly lifetime: number | null;
  /** Seconds for which the copy stays after all is safe. */
  readonly delay: number;
  readonly made: number;
  readonly step: ScratchStep;
  readonly adler32: string | null;
  readonly md5: string | null;
  /** The rule that holds it in scratch; null: none yet, or a person's own does. */
  readonly hold: string | null;
  readonly rule: string | null;
  readonly rule_state: string | null;
  readonly notes: readonly string[];
  readonly error: Explained | null;
  readonly failed: boolean;
  /** Since the last step. */
  readonly tries: number;
  /** When it is looked at again. */
  readonly next: number;
  readonly deleted_from: number | null;
}

export type ScratchChange = Partial<Omit<ScratchRow, 'id' | 'upload' | 'session' | 'scope' | 'name' | 'pfn'>>;
export type NewScratchRow = Pick<ScratchRow, 'upload' | 'session' | 'instance' | 'account' | 'rse' | 'path' | 'pfn' | 'scope' | 'name' | 'bytes' | 'mtime' | 'destination' | 'lifetime' | 'delay' | 'made'>;

/** Steps after which nothing is to be done any more. */
const OVER = `('released', 'kept')`;

export class ScratchJournal {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;

  /** Without a folder: in memory. @throws RucioError configuration when a newer version of ours has written there. */
  constructor(state: string | undefined) {
    this.#database = openDatabase(state, SCRATCH_JOURNAL, STEPS, 'The uploads from scratch');
    this.#statements = new Statements(this.#database);
  }

  /** All or none; one that is there already (the same file in scratch) is replaced when nothing is to be done with it any more. Gives those that were not added. */
  add(rows: readonly NewScratchRow[]): readonly ScratchRow[] {
    const there: ScratchRow[] = [];
    together(this.#database, () => {
      for (const row of rows) {
        const old = this.of(row.session, row.pfn);
        if (old && old.step !== 'released' && old.step !== 'kept') {
          there.push(old);
          continue;
        }
        if (old) this.#statements.run('DELETE FROM scratch WHERE id = ?', old.id);
        const { upload, session, instance, account, rse, path, pfn, scope, name, bytes, mtime, destination, lifetime, delay, made } = row;
        this.#statements.run(`INSERT INTO scratch (upload, session, instance, account, rse, path, pfn, scope, name, bytes, mtime, destination, lifetime, delay, made, step, notes, failed, tries, next)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'look', '[]', 0, 0, 0)`, upload, session, instance, account, rse, path, pfn, scope, name, bytes, mtime, destination, lifetime, delay, made);
      }
    });
    return there;
  }

  of(session: string, pfn: string): ScratchRow | undefined {
    const row = this.#statements.of('SELECT * FROM scratch WHERE session = ? AND pfn = ?').get(session, pfn);
    return row && rowOf(row);
  }

  get(id: number): ScratchRow | undefined {
    const row = this.#statements.of('SELECT * FROM scratch WHERE id = ?').get(id);
    return row && rowOf(row);
  }

  /** The newest first; of one call, or of all. */
  list(session: string, { upload, limit }: { readonly upload?: string; readonly limit: number }): readonly ScratchRow[] {
    return (upload === undefined
      ? this.#statements.of('SELECT * FROM scratch WHERE session = ? ORDER BY id DESC LIMIT ?').all(session, limit)
      : this.#statements.of('SELECT * FROM scratch WHERE session = ? AND upload = ? ORDER BY id LIMIT ?').all(session, upload, limit)).map(rowOf);
  }

  /** Of whoever: paths with which something is still to be done. */
  busy(): ReadonlySet<string> {
    return new Set(this.#statements.of(`SELECT path FROM scratch WHERE step NOT IN ${OVER}`).all().map((row) => String(row['path'])));
  }

  /** What is to be looked at by now, the earliest first. */
  due(session: string, now: number, limit: number): readonly ScratchRow[] {
    return this.#statements.of(`SELECT * FROM scratch WHERE session = ? AND failed = 0 AND step NOT IN ${OVER} AND next <= ? ORDER BY next, id LIMIT ?`).all(session, now, limit).map(rowOf);
  }

  /** When the next one is to be looked at; undefined: none is. */
  next(session: string): number | undefined {
    const row = this.#statements.of(`SELECT min(next) AS next FROM scratch WHERE session = ? AND failed = 0 AND step NOT IN ${OVER}`).get(session);
    return typeof row?.['next'] === 'number' ? row['next'] : undefined;
  }

  /** How many are on their way by themselves: not failed, and not with a rule that waits for somebody. */
  moving(session: string): number {
    return Number(this.#statements.of(`SELECT count(*) AS n FROM scratch WHERE session = ? AND failed = 0 AND step NOT IN ${OVER} AND (rule_state IS NULL OR rule_state IN ('OK', 'REPLICATING', 'INJECT'))`).get(session)?.['n']);
  }

  /** On the disk when it returns. */
  set(id: number, change: ScratchChange): void {
    const columns = Object.entries(change).filter(([, value]) => value !== undefined);
    const values = columns.map(([column, value]) => (column === 'notes' || (column === 'error' && value !== null) ? JSON.stringify(value) : typeof value === 'boolean' ? Number(value) : value as string | number | null));
    together(this.#database, () => this.#statements.run(`UPDATE scratch SET ${columns.map(([column]) => `${column} = ?`).join(', ')} WHERE id = ?`, ...values, id));
  }

  remove(id: number): void {
    together(this.#database, () => this.#statements.run('DELETE FROM scratch WHERE id = ?', id));
  }

  close(): void {
    this.#database.close();
  }
}

function rowOf(row: Record<string, unknown>): ScratchRow {
  return { ...row, notes: JSON.parse(String(row['notes'])) as string[], error: typeof row['error'] === 'string' ? JSON.parse(row['error']) as Explained : null, failed: row['failed'] === 1 } as unknown as ScratchRow;
}
