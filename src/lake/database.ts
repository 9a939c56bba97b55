// What must survive a kill is in SQLite, in the state folder: opened here, and brought to the shape that this version knows.
import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { RucioError } from '../rucio/errors.ts';
import { isLocal } from './disks.ts';

/** Bytes of a write-ahead log that stay when it was taken over. */
const LOG_BYTES = 4 << 20;

function typeOf(folder: string): number | undefined {
  try {
    return fs.statfsSync(folder).type;
  } catch {
    return undefined; // whether it can be written to is found out at once
  }
}

/**
 * `steps`: each brings the database from the version of its place to the next; one that was shipped is never changed. Without a folder: in memory.
 * @throws RucioError configuration when a newer version of ours has written there; `what` is what was written, for a person.
 */
export function openDatabase(state: string | undefined, file: string, steps: readonly string[], what: string): DatabaseSync {
  const database = new DatabaseSync(state === undefined ? ':memory:' : path.join(state, file));
  // A write-ahead log waits for the disk once in a commit, a rollback journal three times; but it lies in memory that all who open it share, and
  // so is for a disk of this machine (sqlite.org/wal.html).
  const mode = isLocal(process.platform, state === undefined ? undefined : typeOf(state)) ? 'WAL' : 'TRUNCATE';
  database.exec(`PRAGMA busy_timeout = 2000; PRAGMA journal_mode = ${mode}; PRAGMA journal_size_limit = ${LOG_BYTES}; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON`);
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > steps.length) {
    database.close();
    throw new RucioError('configuration', `${what} were written down by a newer version of this extension.`, { exceptionClass: 'NewerVersion' });
  }
  for (let at = version; at < steps.length; at++) database.exec(`BEGIN IMMEDIATE; ${steps[at]}; PRAGMA user_version = ${at + 1}; COMMIT`);
  return database;
}

/** A full disk under a journal stops work; it must not go on unwritten. */
export function writeFailure(error: unknown): unknown {
  return error instanceof Error && !(error instanceof RucioError) && 'errcode' in error ? new RucioError('configuration', `What is transferred can't be written down: ${error.message}. Is the disk of your home full?`, { exceptionClass: 'NotWrittenDown', cause: error }) : error;
}

/** All of it or nothing; on the disk when it returns. */
export function together(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw writeFailure(error);
  }
}

/** Statements of one database, each prepared when it is first used. */
export class Statements {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  of(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (!statement) this.#prepared.set(sql, statement = this.#database.prepare(sql));
    return statement;
  }

  run(sql: string, ...values: (string | number | null)[]): void {
    this.of(sql).run(...values);
  }
}
