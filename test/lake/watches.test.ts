// A watched rule's end is told once: to every window that is there, or to the next one that comes, after the service was killed too.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from '../../esbuild.mjs';
import * as protocol from '../../src/protocol.ts';
import type { Watch } from '../../src/protocol.ts';
import { instanceOf, signIn } from '../support/instance.ts';
import { removeRule, rest, standin, token, waitForRule } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { type TestClient, type TestService, testService } from '../support/service.ts';

const INSTANCE = 'lake';
let info: LakeInfo;
let alice: string;
before(async () => {
  info = await sharedLake();
  alice = await token(info, 'alice');
  await build();
});

async function window(service: TestService): Promise<{ client: TestClient; heard: Watch[] }> {
  const client = service.client({ instances: [instanceOf(info)] });
  const heard: Watch[] = [];
  client.on(protocol.watchEnded, ({ instance, watch }) => {
    assert.equal(instance, INSTANCE);
    heard.push(watch);
  });
  await signIn(client, info, 'alice');
  return { client, heard };
}

/** A rule that is held back until `release`. */
async function heldRule(file: { scope: string; name: string }): Promise<{ id: string; did: { scope: string; name: string }; release: () => Promise<unknown> }> {
  const did = { scope: 'user.alice', name: `test.watch.${Date.now()}` };
  assert.equal((await rest(info, alice, 'POST', `/dids/${did.scope}/${did.name}`, { type: 'DATASET', dids: [file] })).status, 201);
  await standin.hold(info, `/${file.name}`);
  const made = await rest(info, alice, 'POST', '/rules/', { dids: [did], account: 'alice', copies: 1, rse_expression: 'EULAKE-1', lifetime: 3600 });
  assert.equal(made.status, 201, made.text);
  return { id: (JSON.parse(made.text) as string[])[0]!, did, release: () => standin.release(info, `/${file.name}`) };
}

async function spare(at: number): Promise<{ scope: string; name: string }> {
  const rows = (await rest(info, alice, 'GET', `/dids/${info.seed.dids.spare.replace(':', '/')}/dids`)).text.trim().split('\n').map((line) => JSON.parse(line) as { scope: string; name: string });
  const { scope, name } = rows.toSorted((a, b) => a.name.localeCompare(b.name)).at(at)!;
  return { scope, name };
}

async function until(what: () => boolean, words: string): Promise<void> {
  for (let n = 0; !what(); n++) {
    assert.ok(n < 300, words);
    await sleep(100);
  }
}

test('two windows hear the end of a rule, each once; a third that comes later does not', async () => {
  const service = testService();
  const { id, did, release } = await heldRule(await spare(-1));
  try {
    const [one, two] = [await window(service), await window(service)];
    const watch = await one.client.request(protocol.watchRule, { instance: INSTANCE, id });
    assert.deepEqual([watch.did, watch.state, watch.ended], [did, 'REPLICATING', undefined]);
    await two.client.request(protocol.watchRule, { instance: INSTANCE, id });
    assert.deepEqual(await two.client.request(protocol.listWatches, { instance: INSTANCE }), [watch]);
    await release();
    await until(() => one.heard.length > 0 && two.heard.length > 0, 'both hear it');
    const three = await window(service);
    await sleep(1500);
    for (const { heard } of [one, two]) assert.deepEqual(heard.map(({ id: of, state }) => [of, state]), [[id, 'OK']]);
    assert.deepEqual(three.heard, []);
    assert.deepEqual(await three.client.request(protocol.listWatches, { instance: INSTANCE }), []);
    // What has ended need not be watched.
    assert.equal(typeof (await three.client.request(protocol.watchRule, { instance: INSTANCE, id: info.seed.rules.ok.id })).ended, 'number');
    assert.deepEqual(await three.client.request(protocol.listWatches, { instance: INSTANCE }), []);
    await assert.rejects(three.client.request(protocol.watchRule, { instance: INSTANCE, id: '0'.repeat(32) }), /No rule|no rule|gone|not/i);
  } finally {
    await release();
    await service.stop();
    await removeRule(info, alice, id);
  }
});

test('a DID without a rule: told once it is available here; stuck ones are told as such', async () => {
  const service = testService();
  const file = await spare(0);
  const did = { scope: 'user.alice', name: `test.watch.did.${Date.now()}` };
  assert.equal((await rest(info, alice, 'POST', `/dids/${did.scope}/${did.name}`, { type: 'DATASET', dids: [file] })).status, 201);
  let id: string | undefined;
  try {
    const { client, heard } = await window(service);
    const watch = await client.request(protocol.watchDid, { instance: INSTANCE, did });
    assert.deepEqual([watch.did, watch.type, watch.state, watch.ended], [did, 'DATASET', 'notAvailable', undefined]);
    await client.request(protocol.watchDid, { instance: INSTANCE, did });
    assert.equal((await client.request(protocol.listWatches, { instance: INSTANCE })).length, 1);
    id = (await client.request(protocol.makeAvailable, { instance: INSTANCE, did })).rule.id;
    await until(() => heard.length > 0, 'it is told');
    assert.deepEqual(heard.map(({ did: of, state, type }) => [of, state, type]), [[did, 'available', 'DATASET']]);
    assert.deepEqual(await client.request(protocol.listWatches, { instance: INSTANCE }), []);
    assert.equal(typeof (await client.request(protocol.watchDid, { instance: INSTANCE, did })).ended, 'number');
    await assert.rejects(client.request(protocol.watchDid, { instance: INSTANCE, did: { scope: 'user.alice', name: 'no.such' } }), /user\.alice:no\.such/);
  } finally {
    await service.stop();
    if (id !== undefined) await removeRule(info, alice, id);
  }
});

test('what ended while nobody was there is told at the next start, once; what is watched no more is not', async () => {
  const service = testService();
  const { id, release } = await heldRule(await spare(-2));
  try {
    const { client } = await window(service);
    await client.request(protocol.watchRule, { instance: INSTANCE, id });
    await client.request(protocol.watchRule, { instance: INSTANCE, id: info.seed.rules.replicating.id });
    await client.request(protocol.unwatchRule, { instance: INSTANCE, id: info.seed.rules.replicating.id });
    client.dispose();
    process.kill(service.pid()!, 'SIGKILL');
    await release();
    await waitForRule(info, alice, id, 'OK');
    const next = await window(service);
    await until(() => next.heard.length > 0, 'it is told');
    assert.deepEqual(next.heard.map(({ id: of, state }) => [of, state]), [[id, 'OK']]);
    const later = await window(service);
    await sleep(1500);
    assert.deepEqual([later.heard.length, next.heard.length], [0, 1]);
  } finally {
    await release();
    await service.stop();
    await removeRule(info, alice, id);
  }
});
