// The lake service in a thread of its window: what moves comes to rest when the window closes, which is no death of the service; a crash is one.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { ServiceFailure } from '../../src/client/client.ts';
import { sessionKey } from '../../src/lake/instances.ts';
import { Journal, type TransferRow } from '../../src/lake/transfers/journal.ts';
import * as protocol from '../../src/protocol.ts';
import { type TestService, testService } from '../support/service.ts';

const ID = 'begun-before';
const TOKEN = 'e30.e30.c2ln';

/** What the server was asked. */
let asked = 0;

/** A server that takes connections and never answers: a transfer goes, and waits for its account. */
async function withSilence(work: (instances: readonly object[]) => Promise<void>): Promise<void> {
  const peers = new Set<net.Socket>();
  const server = net.createServer((peer) => {
    peers.add(peer);
    peer.on('error', () => peer.destroy());
    peer.on('data', () => { asked++; });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  try {
    await work([{ name: 'lake', display_name: 'Lake', rucio_base_url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`, oidc_auth: 'env', oidc_env_name: 'LAKE_TOKEN' }]);
  } finally {
    for (const peer of peers) peer.destroy();
    server.close();
  }
}

/** A window in which the transfer of before goes, after so many deaths, and waits for the server; with its thread. */
async function openWindow(service: TestService, instances: readonly object[], deaths = 0): Promise<{ client: ReturnType<TestService['client']>; thread: Worker }> {
  const started = new Promise<Worker>((resolve) => { process.once('worker', resolve); });
  const before = asked;
  const client = service.client({ instances, env: { LAKE_TOKEN: TOKEN } });
  await client.welcome();
  // A thread that is ended in the middle of a step may write half of it down.
  for (const end = Date.now() + 20_000; !(asked > before && row(service).going && row(service).deaths === deaths); await sleep(20)) assert.ok(Date.now() < end, `it does not go on within 20 s: ${JSON.stringify(row(service))}`);
  return { client, thread: await started };
}

function row({ place }: TestService): { going: boolean; deaths: number; state: TransferRow['state'] } {
  const journal = new DatabaseSync(path.join(place.state, 'transfers.db'), { readOnly: true, timeout: 5000 });
  try {
    const { going, deaths, state } = journal.prepare('SELECT going, deaths, state FROM transfer WHERE id = ?').get(ID)!;
    return { going: going === 1, deaths: Number(deaths), state: state as TransferRow['state'] };
  } finally {
    journal.close();
  }
}

/** As a service before this one left it. */
async function begunBefore(service: TestService, instances: readonly object[]): Promise<void> {
  const first = service.client({ instances, env: { LAKE_TOKEN: TOKEN } });
  const [instance] = (await first.welcome()).instances;
  assert.ok(instance, 'the settings are good');
  await first.dispose();
  const journal = new Journal(service.place.state);
  journal.add({ id: ID, session: sessionKey(instance, {}), instance: 'lake', account: 'alice', kind: 'download', wish: { dids: [], folder: '/nowhere' } as never, state: 'running', made: 0 }, [{ scope: 's', name: 'f', path: '/nowhere/f', bytes: 1 }]);
  journal.close();
}

/** Windows of a service in which a transfer was begun before. */
function withBegun(work: (service: TestService, instances: readonly object[]) => Promise<void>): Promise<void> {
  return withSilence(async (instances) => {
    const service = testService({ inWindow: true });
    try {
      await begunBefore(service, instances);
      await work(service, instances);
    } finally {
      await service.stop();
    }
  });
}

test('a window that closes, or restarts the service, is no death of it, however often', { timeout: 120_000 }, () => withBegun(async (service, instances) => {
  for (const how of ['closed', 'restarted', 'closed', 'restarted'] as const) {
    const { client, thread } = await openWindow(service, instances);
    const ended = once(thread, 'exit');
    // The service ends under its own answer, at times.
    if (how === 'restarted') await client.request(protocol.shutdown, {}).catch((error: unknown) => assert.ok(error instanceof ServiceFailure, String(error)));
    else await client.dispose();
    await ended;
    assert.deepEqual(row(service), { going: false, deaths: 0, state: 'running' }, how);
  }
}));

test('a thread that crashes is a death: a transfer that was under way at three of them is set aside', { timeout: 120_000 }, () => withBegun(async (service, instances) => {
  for (let crash = 0; crash < 3; crash++) {
    const { client, thread } = await openWindow(service, instances, crash);
    await thread.terminate();
    assert.deepEqual(row(service), { going: true, deaths: crash, state: 'running' });
    await client.dispose();
  }
  const client = service.client({ instances, env: { LAKE_TOKEN: TOKEN } });
  await client.welcome();
  for (const end = Date.now() + 20_000; row(service).state !== 'stopped'; await sleep(20)) assert.ok(Date.now() < end, `not set aside within 20 s: ${JSON.stringify(row(service))}`);
  assert.equal(row(service).deaths, 3);
}));

test('two windows: one moves, the other says so and browses; it moves when the first is gone', { timeout: 120_000 }, () => withBegun(async (service, instances) => {
  const { client: first } = await openWindow(service, instances);
  const second = service.client({ instances, env: { LAKE_TOKEN: TOKEN } });
  assert.equal((await second.welcome()).instances.length, 1);
  await assert.rejects(second.request(protocol.listTransfers, {}), (error) => error instanceof ServiceFailure && /Another window moves your files/.test(error.failure.what));
  assert.deepEqual(row(service), { going: true, deaths: 0, state: 'running' }, 'nobody else touched it');
  await first.dispose();
  await second.dispose();
  const { client: third } = await openWindow(service, instances);
  assert.deepEqual((await third.request(protocol.listTransfers, {})).map(({ id }) => id), [ID]);
  await third.dispose();
}));
