// What must survive a kill: by the log that suits the disk, and whole however the process ends.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openDatabase, together } from '../../../src/lake/database.ts';
import { isLocal } from '../../../src/lake/disks.ts';

const STEPS = ['CREATE TABLE thing (name TEXT NOT NULL) STRICT'];

describe('a database of the service', () => {
  let folder: string;
  beforeEach(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'database-')); });
  afterEach(() => fs.rmSync(folder, { recursive: true }));
  const open = (at = folder): DatabaseSync => openDatabase(at, 'some.db', STEPS, 'Things');
  const add = (database: DatabaseSync, name: string): void => together(database, () => void database.prepare('INSERT INTO thing VALUES (?)').run(name));
  const names = (database: DatabaseSync): unknown[] => database.prepare('SELECT name FROM thing ORDER BY name').all().map(({ name }) => name);

  it('waits for the disk at each commit, in the mode that suits its folder', () => {
    const database = open();
    const { journal_mode: mode } = database.prepare('PRAGMA journal_mode').get()!;
    assert.equal(String(mode).toUpperCase(), isLocal(process.platform, fs.statfsSync(folder).type) ? 'WAL' : 'TRUNCATE');
    assert.equal(database.prepare('PRAGMA synchronous').get()!['synchronous'], 2);
    database.close();
  });

  it('is whole after a process that ended without closing it', () => {
    const database = open();
    for (let n = 0; n < 50; n++) add(database, `name ${n}`);
    // As it lies on the disk in this moment.
    const after = path.join(folder, 'after');
    fs.mkdirSync(after);
    for (const file of fs.readdirSync(folder).filter((name) => name.startsWith('some.db') && !name.endsWith('-shm'))) fs.copyFileSync(path.join(folder, file), path.join(after, file));
    database.close();
    const next = open(after);
    assert.equal(names(next).length, 50);
    next.close();
  });

  it('is read and written by an older version of ours, which knows no write-ahead log, and again by this one', () => {
    const first = open();
    add(first, 'a');
    first.close();
    const older = new DatabaseSync(path.join(folder, 'some.db'));
    older.exec('PRAGMA journal_mode = TRUNCATE');
    add(older, 'b');
    older.close();
    const again = open();
    assert.deepEqual(names(again), ['a', 'b']);
    again.close();
    assert.deepEqual(fs.readdirSync(folder), ['some.db'], 'closed, all is in one file');
  });
});
