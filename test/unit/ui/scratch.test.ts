// What *Scratch* says of each thing that lies there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScratchEntry, ScratchFile } from '../../../src/protocol.ts';
import { scratchWords } from '../../../src/ui/scratch/words.ts';

const day = (ms: number): string => `day ${ms}`;
const entry = (more: Partial<ScratchEntry> = {}): ScratchEntry => ({ path: '/scratch/a/x', name: 'x', kind: 'file', bytes: 2000, changed: 1, ...more });
const did = { scope: 's', name: 'x' };
const upload = (more: Partial<ScratchFile> = {}): ScratchFile => ({ id: 1, upload: 'u', path: '/scratch/a/x', did, bytes: 2000, step: 'ruled', destination: 'R', rule: 'r', ruleState: 'REPLICATING', notes: [], failed: false, ...more });

test('each state in its words, with what can be done', () => {
  const said = (of: ScratchEntry): unknown[] => {
    const { text, icon, can } = scratchWords(of, day);
    return [text, icon, can];
  };
  assert.deepEqual(said(entry({ did: null, sweptFrom: 5 })), ['until day 5 · not in the catalogue · 2.0 kB', 'file', ['keep', 'upload']]);
  assert.deepEqual(said(entry()), ['the catalogue could not be asked · 2.0 kB', 'question', ['upload']]);
  assert.deepEqual(said(entry({ did, elsewhere: [] })), ['nowhere else · 2.0 kB', 'file', ['upload']]);
  assert.deepEqual(said(entry({ did, elsewhere: ['A', 'B'] })), ['safe at A, B · 2.0 kB', 'pass', []]);
  assert.deepEqual(said(entry({ did, elsewhere: [], upload: upload() })), ['on its way to R · rule replicating · 2.0 kB', 'sync', ['keep']]);
  assert.deepEqual(said(entry({ did, elsewhere: [], upload: upload({ ruleState: 'STUCK' }) })), ['on its way to R · rule stuck · 2.0 kB', 'warning', ['keep']]);
  assert.deepEqual(said(entry({ did, elsewhere: ['R'], upload: upload({ step: 'released', deletedFrom: 7 }) })), ['safe at R · Rucio deletes it here from day 7 · 2.0 kB', 'pass', ['keep']]);
  assert.deepEqual(said(entry({ did, elsewhere: ['R'], upload: upload({ step: 'kept' }) })), ['safe at R · kept here · 2.0 kB', 'pass', []]);
  assert.deepEqual(said(entry({ kind: 'folder' })), ['', 'folder', ['upload']]);
  assert.deepEqual(said(entry({ kind: 'other' }))[2], []);
  const failed = scratchWords(entry({ did, elsewhere: ['R'], upload: upload({ failed: true, error: { kind: 'accessDenied', what: 'You may not.', next: 'Ask.', actions: [] } }) }), day);
  assert.deepEqual(failed.can, ['retry', 'forget']);
  assert.deepEqual(scratchWords(entry({ did: null, upload: upload({ step: 'look', failed: true }) }), day).can, ['retry', 'forget'], 'in no catalogue, too');
  assert.deepEqual([failed.text, failed.problem, failed.more], ['stays here: You may not. · 2.0 kB', true, ['In the catalogue as s:x.', 'You may not. Ask.']]);
});
