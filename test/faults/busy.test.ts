// A storage that bears four requests at once and answers 503 to the fifth: less is asked of it until it does, and all files end whole.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import type { TransferLake } from '../../src/lake/transfers/lake.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import { mine, scene, SCOPE } from './scene.ts';

const s = await scene({ retry: { attempts: 9, first: 50, last: 500 } });
after(() => s.close());

test('four at once and no more: up and down, all whole; the storage complains ever less', { timeout: 240_000 }, async () => {
  let under = 0;
  let most = 0;
  const complaints: number[] = [];
  const refused = (): RucioError => new RucioError('busy', 'The storage is too busy (503).', { status: 503, subject: 'storage', exceptionClass: 'StorageBusy' });
  async function counted<T>(work: () => Promise<T>): Promise<T> {
    if (under >= 4) {
      complaints.push(performance.now());
      throw refused();
    }
    most = Math.max(most, ++under);
    try {
      return await work();
    } finally {
      under--;
    }
  }
  const { storage } = s.with;
  const lame: TransferLake['storage'] = {
    stat: (...args) => counted(() => storage.stat(...args)),
    put: (...args) => counted(() => storage.put(...args)),
    get: async (...args) => {
      if (under >= 4) return counted(() => storage.get(...args));
      most = Math.max(most, ++under);
      // Under way until its last byte.
      try {
        const piece = await storage.get(...args);
        return { ...piece, body: (async function* () {
          try {
            yield* piece.body;
          } finally {
            under--;
          }
        })() };
      } catch (error) {
        under--;
        throw error;
      }
    },
    move: (...args) => counted(() => storage.move(...args)),
    remove: (...args) => counted(() => storage.remove(...args)),
  };
  const by = { ...s.with, storage: lame };
  const contents = Array.from({ length: 60 }, () => randomBytes(20_000));
  const paths = contents.map((content, n) => s.file(`busy.${n}.bin`, content));
  const began = performance.now();
  const up = await s.ended(await s.engine.upload(by, s.wish(paths)));
  const middle = (began + performance.now()) / 2;
  assert.deepEqual([up.state, up.files.done, up.files.failed], ['done', 60, 0], JSON.stringify(s.files(up).filter(({ error }) => error).slice(0, 2)));
  for (const file of paths.slice(0, 5)) await s.whole(file);
  assert.equal(most, 4);
  assert.ok(complaints.length > 0, 'it was too much at first');
  const late = complaints.filter((at) => at > middle).length;
  console.log(`uploads: ${complaints.length} answers with 503, ${late} of them in the second half`);
  assert.ok(late < complaints.length / 2);

  complaints.length = 0;
  const folder = path.join(s.folder, 'down');
  const down = await s.ended(await s.engine.download(by, { dids: paths.map((file) => ({ scope: SCOPE, name: `${s.prefix}${path.basename(file)}` })), folder, flat: true }));
  assert.deepEqual([down.state, down.files.done], ['done', 60], JSON.stringify(s.files(down).filter(({ error }) => error).slice(0, 2)));
  contents.forEach((content, n) => assert.ok(fs.readFileSync(path.join(folder, `${s.prefix}busy.${n}.bin`)).equals(content)));
  assert.ok(s.engine.list(mine).every(({ state }) => state === 'done'));
  console.log(`downloads: ${complaints.length} answers with 503`);
});
