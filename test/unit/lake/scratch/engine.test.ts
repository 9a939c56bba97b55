// Uploads from scratch where the journal can't be written: they rest, and do not spin.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ScratchUploads } from '../../../../src/lake/scratch/engine.ts';
import { SCRATCH_JOURNAL, ScratchJournal } from '../../../../src/lake/scratch/journal.ts';
import type { ScratchLake } from '../../../../src/lake/scratch/plan.ts';

test('a journal that can\'t be written is tried seldom, and keeps no service alive', async () => {
  const state = fs.mkdtempSync(path.join(os.tmpdir(), 'scratch-'));
  const before = new ScratchJournal(state);
  before.add([{ upload: 'u', session: 's', instance: 'lake', account: 'root', rse: 'SCRATCH', path: '/nowhere/f', pfn: 'davs://h/f', scope: 'test', name: 'f', bytes: 1, mtime: 1, destination: 'X', lifetime: null, delay: 0, made: 1 }]);
  before.close();
  const said: string[] = [];
  let asked = 0;
  const uploads = new ScratchUploads({ state, onChange: () => undefined, log: (line) => said.push(line) });
  // As a disk that takes no more: whoever wants to write waits in vain.
  const other = new DatabaseSync(path.join(state, SCRATCH_JOURNAL));
  other.exec('BEGIN IMMEDIATE');
  // Only what a turn asks for before its first step.
  const lake: Pick<ScratchLake, 'session' | 'instance' | 'account'> = { session: 's', instance: 'lake', account: () => { asked++; return Promise.resolve('somebody else'); } };
  uploads.serve(lake as ScratchLake);
  await pause(300);
  assert.equal(asked, 1, 'one turn, then a rest');
  assert.match(said.join('\n'), /^uploads from scratch rest: [^\n]*$/);
  assert.equal(uploads.working, false);
  other.close();
  await uploads.close();
  fs.rmSync(state, { recursive: true });
});
