// The lake service is killed at random instants of an upload of a mixed folder, again and again, and the next one goes on from the journal.
// Afterwards catalogue, storage and journal agree: every file is there once, whole, with one rule. 25 kills; --full: 100. The seed is printed.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceFailure } from '../../src/client/client.ts';
import * as protocol from '../../src/protocol.ts';
import type { TransferInfo } from '../../src/protocol.ts';
import { adler32 } from '../support/adler32.ts';
import { instanceOf } from '../support/instance.ts';
import { addScope, rest, rows, secure, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { testService } from '../support/service.ts';
import { onDisk, RSE, SCOPE } from './scene.ts';

const info = await sharedLake();
await addScope(info, 'alice', SCOPE);
const KILLS = process.env['DATALAKE_FULL'] ? 100 : 25;
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
console.log(`seed ${seed} (SEED=${seed} does the same)`);

/** mulberry32. */
let state = seed;
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

const service = testService({ linger: 30 });
after(async () => {
  await service.stop();
  // Seen once in several runs: something of a connection that was killed kept this process, and all its tests had ended.
  setTimeout(() => process.exit(), 10_000).unref();
});
const jwt = (await secure(info, `${info.idp.token}?sub=alice&aud=rucio&scope=${encodeURIComponent('openid profile storage.read:/ storage.modify:/')}`)).text.trim();
const tokenFile = path.join(service.folder, 'token');
fs.writeFileSync(tokenFile, jwt, { mode: 0o600 });
const instances = [{ ...instanceOf(info), oidc_auth: 'file', oidc_file_name: tokenFile }];
const prefix = `k${Date.now().toString(36)}.`;

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let n = 0; ; n++) {
    try {
      return await ask();
    } catch (error) {
      // Killed under the request: the next one asks again.
      if (!(error instanceof ServiceFailure) || error.failure.kind !== 'service' || n > 20) throw error;
      await sleep(20);
    }
  }
}

test(`killed at ${KILLS} random instants: nothing lost, nothing wrong, nothing twice`, { timeout: 280_000 }, async () => {
  const client = service.client({ instances });
  let kills = 0;
  let files = 0;
  for (let round = 0; kills < KILLS; round++) {
    const folder = path.join(service.folder, `round${round}`);
    fs.mkdirSync(folder);
    const sizes = Array.from({ length: 24 }, (_, n) => (n === 0 ? 0 : Math.floor(10 ** (random() * 6.6))));
    sizes.forEach((bytes, n) => fs.writeFileSync(path.join(folder, `r${round}.${n}.bin`), randomBytes(bytes)));
    const dataset = round % 2 === 0 ? { scope: SCOPE, name: `${prefix}ds${round}` } : undefined;
    const { id } = await patiently(() => client.request(protocol.upload, { instance: 'lake', wish: { paths: [folder], rse: RSE, scope: SCOPE, prefix, names: 'flat', lifetime: 3600, ...(dataset && { dataset }) } }));
    let now: TransferInfo | undefined;
    for (;;) {
      if (kills < KILLS) {
        await sleep(random() * 400);
        const pid = service.pid();
        if (pid !== undefined) {
          process.kill(pid, 'SIGKILL');
          kills++;
        }
      } else await sleep(100);
      now = (await patiently(() => client.request(protocol.listTransfers, {}))).find((one) => one.id === id);
      assert.ok(now, 'the journal has lost it');
      if (now.state === 'done') break;
      if (now.state === 'stopped' || now.state === 'waiting') assert.fail(JSON.stringify(now));
    }
    const failed = await client.request(protocol.transferFiles, { id, states: ['failed'], limit: 10 });
    assert.deepEqual(failed.map(({ path: file, error }) => [file, error?.what]), [], 'what failed is said, and nothing had to');
    assert.equal(now.files.done, sizes.length);
    files += sizes.length;

    const asAlice = await token(info, 'alice');
    const names = sizes.map((_, n) => `${prefix}r${round}.${n}.bin`);
    const known = new Map(rows<{ name: string; bytes: number; adler32: string; states: Record<string, string> }>(await rest(info, asAlice, 'POST', '/replicas/list', { dids: names.map((name) => ({ scope: SCOPE, name })), all_states: true })).map((row) => [row.name, row]));
    const disk = new Map(onDisk(info, (file) => path.basename(file).startsWith(`${prefix}r${round}.`)).map((file) => [path.basename(file), file]));
    for (const name of names) {
      const local = fs.readFileSync(path.join(folder, name.slice(prefix.length)));
      assert.deepEqual([known.get(name)?.bytes, known.get(name)?.adler32, known.get(name)?.states[RSE]], [local.length, adler32(local), 'AVAILABLE'], name);
      assert.ok(fs.readFileSync(disk.get(name)!).equals(local), `${name} at the storage`);
      if (!dataset) assert.equal(rows(await rest(info, asAlice, 'GET', `/dids/${SCOPE}/${name}/rules`)).length, 1, `rules of ${name}`);
    }
    assert.deepEqual([...disk.keys()].filter((name) => !names.includes(name)), [], 'torsos');
    if (dataset) {
      assert.equal(rows(await rest(info, asAlice, 'GET', `/dids/${SCOPE}/${dataset.name}/dids`)).length, names.length);
      assert.equal(rows(await rest(info, asAlice, 'GET', `/dids/${SCOPE}/${dataset.name}/rules`)).length, 1);
    }
  }
  console.log(`kills ${kills}, files ${files}, lost 0, wrong 0, twice 0`);
});
