// As SQLite tests itself: operation n of a whole upload fails, for n = 1, 2, 3, … until none is left to fail, in each way in which it can.
// Every time the upload ends whole by itself or by one Retry, with each file once.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Fault } from '../support/faults.ts';
import { mine, scene } from './scene.ts';

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
