// Rules and DIDs that somebody waits for: kept in the state folder, so that the news outlive the service. A watch keeps
// nothing alive; what ended meanwhile is found, and told, when a window comes again.
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../lake/database.ts';
import type { DIDType, Watch } from '../protocol.ts';

/** `session`: whose sign-in (lake/instances.ts, sessionKey): an instance's name may mean different servers in two windows. */
export interface WatchRow extends Watch {
  readonly session: string;
}

/** Each step brings the database from the version of its place to the next. A step is never changed once it was shipped. */
const STEPS: readonly string[] = [
  `CREATE TABLE watch (session TEXT NOT NULL, id TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, since INTEGER NOT NULL, state TEXT NOT NULL, error TEXT, ended INTEGER, PRIMARY KEY (session, id)) STRICT`,
  'ALTER TABLE watch ADD COLUMN type TEXT', // of a DID that is waited for; null: a rule
];

export class WatchStore {
  readonly #database: DatabaseSync;

  /** Without a folder: in memory. @throws RucioError configuration when a newer version of ours has written there. */
  constructor(state: string | undefined) {
    this.#database = openDatabase(state, 'state.db', STEPS, 'The rules and DIDs that are waited for');
  }

  /** Watched already: as it is. */
  add({ session, id, did, since, state, type }: WatchRow): void {
    this.#database.prepare('INSERT INTO watch (session, id, scope, name, since, state, type) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING').run(session, id, did.scope, did.name, since, state, type ?? null);
  }

  end(session: string, id: string, state: string, error: string | undefined, at: number): void {
    this.#database.prepare('UPDATE watch SET state = ?, error = ?, ended = ? WHERE session = ? AND id = ?').run(state, error ?? null, at, session, id);
  }

  remove(session: string, id: string): void {
    this.#database.prepare('DELETE FROM watch WHERE session = ? AND id = ?').run(session, id);
  }

  /** Oldest first. */
  of(session: string): readonly WatchRow[] {
    return this.#database.prepare('SELECT * FROM watch WHERE session = ? ORDER BY since, id').all(session).map((row) => ({
      session, id: String(row['id']), did: { scope: String(row['scope']), name: String(row['name']) }, since: Number(row['since']), state: String(row['state']),
      ...(row['type'] !== null && { type: row['type'] as DIDType }),
      ...(row['error'] !== null && { error: String(row['error']) }), ...(row['ended'] !== null && { ended: Number(row['ended']) }),
    }));
  }

  close(): void {
    this.#database.close();
  }
}
