// As SQLite tests itself: operation n of a whole upload, and of a whole download, fails, for n = 1, 2, 3, … until none is left to fail, in each way
// in which it can. Every time it ends whole by itself or by one Retry, with each file once; catalogue, disk and journal agree.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import type { Fault } from '../support/faults.ts';
import { mine, scene, SCOPE } from './scene.ts';

const s = await scene();
after(() => s.close());

for (const [what, fault] of [['dropped before it is done', { drop: true }], ['done, and its answer lost', { loseAnswer: true }], ['answered with 503', { answer: { status: 503, body: 'busy' } }]] as const satisfies readonly (readonly [string, Fault])[]) {
  test(`each operation in turn is ${what}`, { timeout: 240_000 }, async () => {
    let tried = 0;
    for (let n = 1; ; n++) {
      const files = [0, 1].map((k) => s.file(`${what.replace(/\W/g, '').slice(0, 12)}.${n}.${k}.bin`, 1000 * k));
      let calls = 0;
      let hit = '';
      const bite = (method: string, path: string): boolean => {
        if (++calls !== n) return false;
        hit = `${method} ${path}`;
        return true;
      };
      const rules = [s.storage, s.rucio].map((proxy) => proxy.add({ when: ({ method, path }) => bite(method, path), times: 1, ...fault }));
      let ended;
      try {
        ended = await s.upload(files);
      } catch (error) {
        // Refused before anything was written down: the person asks again.
        assert.ok(hit !== '', String(error));
        ended = await s.upload(files);
      }
      if (ended.state !== 'done' || ended.files.failed > 0) ended = await s.ended((await s.engine.act(mine, ended.id, 'retry'))!);
      rules.forEach((remove) => remove());
      assert.deepEqual([ended.state, ended.files.done], ['done', 2], `${n}: ${hit}: ${JSON.stringify([ended.error, s.files(ended)])}`);
      for (const file of files) await s.whole(file);
      if (hit === '') break;
      tried++;
    }
    console.log(`operations that failed in turn (${what}): ${tried}; lost 0, wrong 0`);
    assert.ok(tried >= 10, `only ${tried} operations`);
  });
}

for (const [what, fault] of [['dropped before it is done', { drop: true }], ['answered, and cut after a few bytes', { cutAfterBytes: 7 }], ['answered with 503', { answer: { status: 503, body: 'busy' } }]] as const satisfies readonly (readonly [string, Fault])[]) {
  test(`each operation of a download in turn is ${what}`, { timeout: 240_000 }, async () => {
    const label = what.replace(/\W/g, '').slice(-9);
    const files = [0, 1, 2].map((k) => s.file(`down.${label}.${k}.bin`, 70_000 * k));
    assert.equal((await s.upload(files)).files.done, 3);
    const wish = { dids: files.map((file) => ({ scope: SCOPE, name: `${s.prefix}${path.basename(file)}` })), flat: true };
    let tried = 0;
    for (let n = 1; ; n++) {
      const folder = path.join(s.folder, `${label}.${n}`);
      let calls = 0;
      let hit = '';
      const bite = (method: string, at: string): boolean => {
        if (++calls !== n) return false;
        hit = `${method} ${at}`;
        return true;
      };
      const rules = [s.storage, s.rucio].map((proxy) => proxy.add({ when: ({ method, path: at }) => bite(method, at), times: 1, ...fault }));
      let ended;
      try {
        ended = await s.ended(await s.engine.download(s.with, { ...wish, folder }));
      } catch (error) {
        // Refused before anything was written down: the person asks again.
        assert.ok(hit !== '', String(error));
        ended = await s.ended(await s.engine.download(s.with, { ...wish, folder }));
      }
      if (ended.state !== 'done' || ended.files.failed > 0) ended = await s.ended((await s.engine.act(mine, ended.id, 'retry'))!);
      rules.forEach((remove) => remove());
      assert.deepEqual([ended.state, ended.files.done, ended.error], ['done', 3, undefined], `${n}: ${hit}: ${JSON.stringify(s.files(ended))}`);
      assert.deepEqual(s.files(ended).map(({ state, path: at }) => [state, path.basename(at)]), files.map((file) => ['done', `${s.prefix}${path.basename(file)}`]));
      assert.deepEqual(fs.readdirSync(folder).sort(), files.map((file) => `${s.prefix}${path.basename(file)}`).sort(), `${n}: ${hit}: nothing else lies there`);
      for (const file of files) assert.ok(fs.readFileSync(path.join(folder, `${s.prefix}${path.basename(file)}`)).equals(fs.readFileSync(file)), `${n}: ${hit}`);
      if (hit === '') break;
      tried++;
    }
    for (const file of files) await s.whole(file);
    console.log(`operations of a download that failed in turn (${what}): ${tried}; lost 0, wrong 0`);
    assert.ok(tried >= 6, `only ${tried} operations`);
  });
}
