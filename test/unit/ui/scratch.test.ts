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
  assert.deepEqual(said(entry({ did: null, sweptFrom: 5 })), ['2.0 kB · not in the catalogue · swept from day 5', 'file', ['keep', 'upload']]);
  assert.deepEqual(said(entry()), ['2.0 kB · the catalogue could not be asked', 'question', ['upload']]);
  assert.deepEqual(said(entry({ did, elsewhere: [] })), ['2.0 kB · nowhere else', 'file', ['upload']]);
  assert.deepEqual(said(entry({ did, elsewhere: ['A', 'B'] })), ['2.0 kB · safe at A, B', 'pass', []]);
  assert.deepEqual(said(entry({ did, elsewhere: [], upload: upload() })), ['2.0 kB · on its way to R · rule replicating', 'sync', ['keep']]);
  assert.deepEqual(said(entry({ did, elsewhere: [], upload: upload({ ruleState: 'STUCK' }) })), ['2.0 kB · on its way to R · rule stuck', 'warning', ['keep']]);
  assert.deepEqual(said(entry({ did, elsewhere: ['R'], upload: upload({ step: 'released', deletedFrom: 7 }) })), ['2.0 kB · safe at R · Rucio deletes it here from day 7', 'pass', ['keep']]);
  assert.deepEqual(said(entry({ did, elsewhere: ['R'], upload: upload({ step: 'kept' }) })), ['2.0 kB · safe at R · kept here', 'pass', []]);
  assert.deepEqual(said(entry({ kind: 'folder' })), ['', 'folder', ['upload']]);
  assert.deepEqual(said(entry({ kind: 'other' }))[2], []);
  const failed = scratchWords(entry({ did, elsewhere: ['R'], upload: upload({ failed: true, error: { kind: 'accessDenied', what: 'You may not.', next: 'Ask.', actions: [] } }) }), day);
  assert.deepEqual([failed.text, failed.problem, failed.more], ['2.0 kB · stays here: You may not.', true, ['In the catalogue as s:x.', 'You may not. Ask.']]);
});
