// Row U13 of the fault matrix: very many small files. 5 000; --full: 100 000.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { rest, rows, token } from '../support/lake/client.ts';
import { Transfers } from '../../src/lake/transfers/engine.ts';
import { mine, scene, SCOPE } from './scene.ts';

const s = await scene();
const engine = new Transfers({ state: s.folder, onChange: () => undefined, checksumMs: 600 });
after(async () => {
  await engine.close();
  await s.close();
});

/** Bytes that this process had written to disks. */
const written = (): number => Number(/^write_bytes: (\d+)$/m.exec(fs.readFileSync('/proc/self/io', 'utf8'))?.[1]);

const MANY = process.env['DATALAKE_FULL'] ? 100_000 : 5000;
test(`U13 ${MANY} small files: shown at once, in calls of a thousand, no stall`, { timeout: process.env['DATALAKE_FULL'] ? 3_500_000 : 840_000 }, async () => {
  const folder = path.join(s.folder, 'many');
  fs.mkdirSync(folder);
  for (let n = 0; n < MANY; n++) fs.writeFileSync(path.join(folder, `m${n}.bin`), `${n} `.repeat(150).slice(0, 1000));
  const dataset = { scope: SCOPE, name: `${s.prefix}many` };
  const calls = (method: string, at: RegExp): number => s.rucio.seen.filter((call) => call.method === method && at.test(call.path)).length;
  const before = { replicas: calls('POST', /^\/replicas$/), attach: calls('POST', /\/dids$/), list: calls('POST', /^\/replicas\/list$/) };
  const delay = monitorEventLoopDelay({ resolution: 10 });
  const wrote = written();
  const began = performance.now();
  const transfer = await engine.upload(s.with, s.wish([folder], { dataset }));
  const shown = performance.now() - began;
  delay.enable();
  let ended = transfer;
  while (ended.state === 'running') {
    await sleep(100);
    ended = engine.list(mine).find(({ id }) => id === transfer.id)!;
  }
  delay.disable();
  const seconds = (performance.now() - began) / 1000;
  assert.deepEqual([ended.state, ended.files.done, ended.files.failed], ['done', MANY, 0], JSON.stringify([ended.error, engine.files(mine, ended.id, { states: ['failed'], limit: 3 })]));
  const thousands = Math.ceil(MANY / 1000);
  const journal = written() - wrote;
  // In proportion to the files, however many there are: a journal that is written anew at each step would be thousands of times as much.
  assert.ok(journal < MANY * 100_000, `${journal} bytes written`);
  const made = { replicas: calls('POST', /^\/replicas$/) - before.replicas, attach: calls('POST', /\/dids$/) - before.attach, list: calls('POST', /^\/replicas\/list$/) - before.list };
  console.log(`U13: ${MANY} files in ${seconds.toFixed(1)} s (${(MANY / seconds).toFixed(0)} a second), on the list after ${shown.toFixed(0)} ms, longest stall ${(delay.max / 1e6).toFixed(0)} ms (with the test's own server in the same process), ${(journal / MANY / 1000).toFixed(1)} kB written a file, calls ${JSON.stringify(made)}`);
  // One for each thousand, and one for each five seconds that it took.
  const most = thousands + Math.ceil(seconds / 5) + 1;
  assert.ok(made.replicas <= most && made.attach <= most && made.list <= most + thousands, JSON.stringify(made));
  const asAlice = await token(s.info, 'alice');
  assert.equal(rows(await rest(s.info, asAlice, 'GET', `/dids/${SCOPE}/${dataset.name}/dids`)).length, MANY);
  assert.deepEqual(s.torsos(), []);
});
