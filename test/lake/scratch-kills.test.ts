// The lake service is killed (SIGKILL) between each two steps of an upload from scratch, before the server did what it was asked, and after, when the
// answer is lost. The next service goes on: nothing is registered or ruled twice, and nothing is deleted before it is safe.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceFailure } from '../../src/client/client.ts';
import * as protocol from '../../src/protocol.ts';
import type { ScratchFile } from '../../src/protocol.ts';
import { adler32 } from '../support/adler32.ts';
import { type FaultRule, faultyProxy } from '../support/faults.ts';
import { instanceOf } from '../support/instance.ts';
import { addScope, secure } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { known, SCRATCH_RSE, scratchOf } from '../support/scratch.ts';
import { testService } from '../support/service.ts';

const info = await sharedLake();
await addScope(info, 'alice', 'killed');
const unique = `k${Date.now().toString(36)}`;
const scratch = scratchOf(info, `killed-${unique}`);
const service = testService({ linger: 60 });
const rucio = await faultyProxy(info.rucio.http, { host: 'lake.test' });
after(async () => {
  await service.stop();
  await rucio.close();
  scratch.close();
});
const tokenFile = path.join(service.folder, 'token');
fs.writeFileSync(tokenFile, (await secure(info, `${info.idp.token}?sub=alice&aud=rucio&scope=${encodeURIComponent('openid profile storage.read:/ storage.modify:/')}`)).text.trim(), { mode: 0o600 });
const client = service.client({ instances: [{ ...instanceOf(info), rucio_base_url: rucio.url, oidc_auth: 'file', oidc_file_name: tokenFile, ...scratch.settings }] });

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let n = 0; ; n++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ServiceFailure) || error.failure.kind !== 'service' || n > 50) throw error;
      await sleep(50);
    }
  }
}
const files = (): Promise<readonly ScratchFile[]> => patiently(() => client.request(protocol.scratchFiles, { instance: 'lake' }));
async function until(what: string, fits: () => Promise<boolean>, seconds = 120): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !await fits(); await sleep(200)) assert.ok(Date.now() < end, `${what} has not come about: ${JSON.stringify(await files())}`);
}

let kills = 0;
/** At the nth such call from now on. */
function killAt(rule: Pick<FaultRule, 'method' | 'path'>, nth: number, done: boolean): void {
  let seen = 0;
  rucio.add({
    ...rule, times: 1, ...(done ? { loseAnswer: true } : { drop: true }),
    when: () => {
      if (++seen < nth) return false;
      process.kill(service.pid() ?? assert.fail('no service runs'), 'SIGKILL');
      kills++;
      return true;
    },
  });
}

test('killed between each two steps', { timeout: 400_000 }, async () => {
  const POINTS = [
    ['summed | registered: the look', { method: 'POST', path: '/replicas/list' }, 1], ['summed | registered', { method: 'POST', path: '/replicas' }, 1],
    ['registered | held', { method: 'POST', path: '/rules/' }, 1], ['held | ruled', { method: 'POST', path: '/rules/' }, 2],
  ] as const;
  const contents = new Map<string, Buffer>();
  const upload = async (name: string): Promise<void> => {
    contents.set(name, randomBytes(3000));
    const file = scratch.file(name, contents.get(name)!);
    await patiently(() => client.request(protocol.scratchUpload, { instance: 'lake', wish: { paths: [file], scope: 'killed', lifetime: 86_400 } }));
    await until(`${name} is on its way`, async () => (await files()).some(({ did, step, rule }) => did.name === name && rule !== undefined && step !== 'look'));
  };
  for (const [where, rule, nth] of POINTS) {
    for (const done of [false, true]) {
      const before = kills;
      killAt(rule, nth, done);
      await upload(`${unique}.${where.replace(/\W/g, '')}.${done}`);
      assert.equal(kills, before + 1, where);
    }
  }
  // ruled | released: at the look where it is safe, and at the end of the rule that holds it.
  for (const [rule, done] of [[{ method: 'GET', path: /^\/rules\/[0-9a-f]{32}\/locks$/ }, false], [{ method: 'PUT', path: /^\/rules\// }, false], [{ method: 'PUT', path: /^\/rules\// }, true]] as const) {
    const before = kills;
    killAt(rule, 1, done);
    await upload(`${unique}.released.${before}`);
    await until('it was killed when it was let go', async () => kills === before + 1 && (await files()).length > 0);
  }
  await until('all are let go', async () => (await files()).every(({ step }) => step === 'released'));
  for (const [name, content] of contents) {
    const { rules, states, bytes, adler32: sum } = await known(info, 'alice', 'killed', name);
    assert.deepEqual([bytes, sum, states['EULAKE-1']], [content.length, adler32(content), 'AVAILABLE'], name);
    assert.equal(rules.filter(({ rse_expression: expression }) => expression === 'EULAKE-1').length, 1, name);
    assert.equal(rules.filter(({ rse_expression: expression, expires_at: end }) => expression === SCRATCH_RSE && end === null).length, 0, name);
  }
  await until('Rucio has deleted them all in scratch', async () => [...contents.keys()].every((name) => !fs.existsSync(path.join(scratch.folder, name))));
  const failed = (await files()).filter((file) => file.failed);
  assert.deepEqual(failed, []);
  console.log(`kills ${kills}, files ${contents.size}, lost 0, twice 0`);
});
