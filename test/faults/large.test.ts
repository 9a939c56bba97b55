// Row U12 of the fault matrix: a file beyond 2^32 bytes, to the real storage, without a proxy of ours between. 4 GiB and a byte; --full: 5.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { mine, onDisk, scene } from './scene.ts';

const s = await scene();
after(() => s.close());

const GIB = process.env['DATALAKE_FULL'] ? 5 : 4;
test(`U12 ${GIB} GiB and one byte: length, checksum and progress are right, and memory stays as it is`, { timeout: 560_000 }, async () => {
  const bytes = GIB * 2 ** 30 + 1;
  const file = s.file('u12.bin', 0);
  fs.truncateSync(file, bytes); // sparse: it takes no room here
  const name = `${s.prefix}u12.bin`;
  try {
    await s.upload([s.file('u12.before.bin', 3_000_000)]); // what is taken once
    const before = process.memoryUsage().rss;
    let most = 0;
    let shown = 0;
    const began = performance.now();
    const going = await s.engine.upload({ ...s.with, storage: s.lake.storage }, s.wish([file]));
    let now = going;
    while (now.state === 'running') {
      await sleep(50);
      now = s.engine.list(mine).find(({ id }) => id === going.id)!;
      assert.ok(now.bytes.done <= now.bytes.total && now.bytes.total === bytes);
      assert.ok(now.bytes.done >= shown, `${now.bytes.done} after ${shown}`);
      shown = now.bytes.done;
      most = Math.max(most, process.memoryUsage().rss);
    }
    assert.deepEqual([now.state, now.files.done], ['done', 1], JSON.stringify([now.error, s.files(now)]));
    console.log(`U12: ${((performance.now() - began) / 1000).toFixed(0)} s, ${((most - before) / 1e6).toFixed(0)} MB more memory at most`);
    // adler32 of n zeros: a stays 1, b is n modulo 65521.
    const adler32 = ((bytes % 65_521) * 65_536 + 1).toString(16).padStart(8, '0');
    assert.equal(s.files(now)[0]!.note, undefined, 'verified');
    const [at] = onDisk(s.info, (one) => path.basename(one) === name);
    assert.equal(fs.statSync(at!).size, bytes);
    assert.equal(await s.registered(name), `${bytes} ${adler32} AVAILABLE`);
    assert.ok(most - before < 64 << 20, `${((most - before) / 1e6).toFixed(0)} MB more`);
  } finally {
    for (const at of onDisk(s.info, (one) => path.basename(one).startsWith(name))) fs.rmSync(at);
  }
});
