// Row U13 of the fault matrix: very many small files. 500; --full: 5 000.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { rest, rows, token } from '../support/lake/client.ts';
import { mine, scene, SCOPE } from './scene.ts';

const s = await scene();
after(() => s.close());

const MANY = process.env['DATALAKE_FULL'] ? 5000 : 500;
test(`U13 ${MANY} small files: shown at once, in calls of a thousand, no stall`, { timeout: 280_000 }, async () => {
  const folder = path.join(s.folder, 'many');
  fs.mkdirSync(folder);
  for (let n = 0; n < MANY; n++) fs.writeFileSync(path.join(folder, `m${n}.bin`), `${n} `.repeat(150).slice(0, 1000));
  const dataset = { scope: SCOPE, name: `${s.prefix}many` };
  const calls = (method: string, at: RegExp): number => s.rucio.seen.filter((call) => call.method === method && at.test(call.path)).length;
  const before = { replicas: calls('POST', /^\/replicas$/), attach: calls('POST', /\/dids$/), list: calls('POST', /^\/replicas\/list$/) };
  const delay = monitorEventLoopDelay({ resolution: 10 });
  const began = performance.now();
  const transfer = await s.engine.upload(s.with, s.wish([folder], { dataset }));
  const shown = performance.now() - began;
  delay.enable();
  let ended = transfer;
  while (ended.state === 'running') {
    await sleep(100);
    ended = s.engine.list(mine).find(({ id }) => id === transfer.id)!;
  }
  delay.disable();
  const seconds = (performance.now() - began) / 1000;
  assert.deepEqual([ended.state, ended.files.done, ended.files.failed], ['done', MANY, 0], JSON.stringify([ended.error, s.engine.files(mine, ended.id, { states: ['failed'], limit: 3 })]));
  const thousands = Math.ceil(MANY / 1000);
  const made = { replicas: calls('POST', /^\/replicas$/) - before.replicas, attach: calls('POST', /\/dids$/) - before.attach, list: calls('POST', /^\/replicas\/list$/) - before.list };
  console.log(`U13: ${MANY} files in ${seconds.toFixed(1)} s (${(MANY / seconds).toFixed(0)} a second), on the list after ${shown.toFixed(0)} ms, longest stall ${(delay.max / 1e6).toFixed(0)} ms, calls ${JSON.stringify(made)}`);
  // One for each thousand, and one for each five seconds that it took.
  const most = thousands + Math.ceil(seconds / 5) + 1;
  assert.ok(made.replicas <= most && made.attach <= most && made.list <= most + thousands, JSON.stringify(made));
  const asAlice = await token(s.info, 'alice');
  assert.equal(rows(await rest(s.info, asAlice, 'GET', `/dids/${SCOPE}/${dataset.name}/dids`)).length, MANY);
  assert.deepEqual(s.torsos(), []);
});
