// Sending of one file to storages that fail as real ones seldom do.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type { FileRow } from '../../../../src/lake/transfers/journal.ts';
import { sendFile } from '../../../../src/lake/transfers/send.ts';
import { RucioError } from '../../../../src/rucio/errors.ts';
import type { Storage, Stored } from '../../../../src/storage/storage.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'send-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

test('a file that is written to after its last byte went to a storage without MOVE: what lies there is taken away, and its name is free', async () => {
  const file = path.join(folder, 'late');
  const bytes = (64 << 20) + 7; // the sums of such come later
  fs.writeFileSync(file, '');
  fs.truncateSync(file, 64 << 20);
  fs.appendFileSync(file, 'the end');
  let there: Stored | null = null;
  const storage: Storage = {
    atOnce: async () => true,
    stat: async () => there,
    put: async (_url, body) => {
      let left = bytes;
      for await (const piece of body()) if ((left -= piece.length) === 0) fs.truncateSync(file, 0);
      there = { bytes, md5: 'of what was sent' };
      return { md5: 'of what was sent' };
    },
    get: () => assert.fail(),
    move: () => assert.fail(),
    remove: async () => {
      there = null;
      return true;
    },
  };
  const row: FileRow = { n: 1, scope: 's', name: 'late', path: file, bytes, mtime: Math.round(fs.statSync(file).mtimeMs), state: 'running', step: 'look', url: null, temp: null, adler32: null, md5: null, note: null, error: null };
  const sent = sendFile({ storage, step: async () => undefined, moved: () => undefined, checksumMs: 0, signal: new AbortController().signal }, row, new URL('https://store.test/b/late'));
  await assert.rejects(sent, (error) => error instanceof RucioError && error.exceptionClass === 'FileChanged' && /taken away from there again/.test(error.facts ?? ''));
  assert.equal(there, null);
});

test('a storage that lets nobody write, nor remove: nothing is said to stay there, and no name is kept for it', async () => {
  const file = path.join(folder, 'denied');
  fs.writeFileSync(file, 'some bytes');
  const denied = async (): Promise<never> => { throw new RucioError('accessDenied', 'The storage does not let you do this.', { subject: 'store.test', exceptionClass: 'StorageDenied' }); };
  const storage: Storage = { stat: async () => null, put: denied, get: () => assert.fail(), move: () => assert.fail(), remove: denied };
  let row: FileRow = { n: 1, scope: 's', name: 'denied', path: file, bytes: 10, mtime: Math.round(fs.statSync(file).mtimeMs), state: 'running', step: 'look', url: null, temp: null, adler32: null, md5: null, note: null, error: null };
  const step = async (change: Partial<FileRow>): Promise<void> => { row = { ...row, ...change }; };
  const send = (): Promise<unknown> => sendFile({ storage, step, moved: () => undefined, checksumMs: 0, signal: new AbortController().signal }, row, new URL('https://store.test/b/denied'));
  for (let n = 0; n < 2; n++) {
    await assert.rejects(send(), (error) => error instanceof RucioError && error.kind === 'accessDenied' && error.facts === undefined);
    assert.deepEqual([row.temp, row.note], [null, null]);
  }
});
