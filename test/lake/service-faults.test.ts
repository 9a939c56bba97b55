// The lake service under bad luck: an impostor at its address, a window that dies or hangs, settings that change, a worker
// that crashes. Nobody else may suffer from it, and nothing may wait for ever.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { before } from 'node:test';
import { ServiceFailure } from '../../src/client/client.ts';
import { isOurs } from '../../src/client/place.ts';
import * as protocol from '../../src/protocol.ts';
import type { AvailabilityInfo } from '../../src/protocol.ts';
import { faultyProxy } from '../support/faults.ts';
import { node24 } from '../support/install.ts';
import { instanceOf, signIn } from '../support/instance.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { type TestService, testService } from '../support/service.ts';

let lake: LakeInfo;
before(async () => { lake = await sharedLake(); });

async function until(what: string, done: () => boolean | Promise<boolean>, patience = 10_000): Promise<void> {
  const end = Date.now() + patience;
  while (!await done()) {
    assert.ok(Date.now() < end, `not within ${patience / 1000} s: ${what}`);
    await sleep(25);
  }
}

/** Runs with a service of its own. */
async function withService(work: (service: TestService) => Promise<void>, options?: Parameters<typeof testService>[0]): Promise<void> {
  const service = testService(options);
  try {
    await work(service);
  } finally {
    await service.stop();
  }
}

/** Everything that a listener at the service's address gets to hear. */
async function impostor(socket: string): Promise<{ heard: () => string; close: () => void }> {
  let heard = '';
  fs.rmSync(socket, { force: true });
  const server = net.createServer((peer) => {
    peer.on('error', () => peer.destroy());
    peer.on('data', (data) => {
      heard += data.toString();
      const id = /"id":(\d+)/.exec(data.toString())?.[1] ?? '0';
      const body = JSON.stringify({ jsonrpc: '2.0', id: Number(id), result: { nonce: 'aa', proof: 'bb', version: '', pid: 1, instances: [], problems: [], sessions: [] } });
      peer.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
    });
  });
  await new Promise<void>((resolve) => { server.listen(socket, resolve); });
  return { heard: () => heard, close: () => server.close() };
}

test('an impostor at the address of a dead service learns nothing: neither key nor token', () => withService(async (service) => {
  const first = service.client();
  const { pid } = await first.welcome();
  const { socket } = JSON.parse(fs.readFileSync(path.join(service.place.state, 'address'), 'utf8')) as { socket: string };
  process.kill(pid, 'SIGKILL');
  await until('it is dead', () => { try { process.kill(pid, 0); return false; } catch { return true; } });
  const listener = await impostor(socket);
  try {
    const client = service.client({ env: { RUCIO_ACCESS_TOKEN: 'planted-secret' } });
    await assert.rejects(client.welcome(), (error) => error instanceof ServiceFailure && /not ours/.test(error.failure.what));
    assert.match(listener.heard(), /greet/);
    assert.doesNotMatch(listener.heard(), /planted-secret|hello/);
    assert.ok(!listener.heard().includes(fs.readFileSync(path.join(service.place.state, 'key'), 'utf8')));
  } finally {
    listener.close();
  }
}));

if (process.getuid?.() === 0) test("an address in another user's folder is not even visited", () => withService(async (service) => {
  const { pid } = await service.client().welcome();
  process.kill(pid, 'SIGKILL');
  const folder = path.join(service.folder, 'theirs');
  fs.mkdirSync(folder, { mode: 0o777 });
  const listener = await impostor(path.join(folder, 's'));
  fs.chownSync(folder, 12345, 12345);
  try {
    assert.equal(isOurs(folder), false);
    fs.writeFileSync(path.join(service.place.state, 'address'), JSON.stringify({ socket: path.join(folder, 's'), pid: 1, version: '' }));
    assert.notEqual((await service.client().welcome()).pid, 1, 'a service of our own was started');
    assert.equal(listener.heard(), '');
  } finally {
    listener.close();
  }
}));

test('a window that comes while another service is about to end waits for its end, and starts its own', () => withService(async (service) => {
  fs.mkdirSync(service.place.state, { recursive: true, mode: 0o700 });
  // As one that ends: its address is gone, and the folder is still its own.
  const owner = new DatabaseSync(path.join(service.place.state, 'owner.db'));
  owner.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  const welcome = service.client().welcome();
  const early = await Promise.race([welcome.then(() => 'answered'), new Promise((resolve) => { setTimeout(() => resolve('waits'), 1500); })]);
  owner.close();
  assert.equal(early, 'waits');
  await welcome;
  assert.ok(service.pid());
}));

test('a service that does not answer is said, and a request can be given up meanwhile', () => withService(async (service) => {
  const { pid } = await service.client().welcome();
  process.kill(pid, 'SIGSTOP');
  try {
    const second = service.client();
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 300);
    const started = Date.now();
    await assert.rejects(second.request(protocol.status, {}, abort.signal), (error) => error instanceof ServiceFailure && error.failure.kind === 'cancelled');
    assert.ok(Date.now() - started < 2000);
    await assert.rejects(second.welcome(), (error) => error instanceof ServiceFailure && /does not answer/.test(error.failure.what));
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}));

test('a window that hangs and dies while it follows a rule takes nobody with it', () => withService(async (service) => {
  const other = service.client({ instances: [instanceOf(lake)] });
  await signIn(other, lake, 'alice');
  const { pid } = await other.welcome();
  // A window of its own process, so that it can be frozen: it asks for large answers and reads none of them.
  const window = spawn(node24, ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, '..', 'support', 'frozen-window.ts'), JSON.stringify({ place: service.place, instance: instanceOf(lake), rule: lake.seed.rules.stuck.id })], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await new Promise((resolve) => { window.stdout.once('data', resolve); });
    window.kill('SIGSTOP');
    await sleep(1500);
    window.kill('SIGKILL');
    await sleep(500);
    assert.equal((await other.request(protocol.status, {})).pid, pid, 'the same service still answers');
    await until('the dead window is forgotten', async () => (await other.request(protocol.status, {})).clients.length === 1);
  } finally {
    window.kill('SIGKILL');
  }
}));

test('a secret store that never answers holds nobody up', () => withService(async (service) => {
  const hanging = service.client({ instances: [instanceOf(lake)], label: 'hanging', secretsHang: true });
  await hanging.welcome();
  const client = service.client({ instances: [instanceOf(lake)], credentials: async () => ({ method: 'userpass', ...lake.accounts.alice.userpass }) });
  await client.welcome();
  const started = Date.now();
  assert.ok((await client.request(protocol.listScopes, { instance: 'lake', mine: false })).length > 0);
  assert.ok(Date.now() - started < 8000);
}));

test('changed settings: what is shown is still painted, what is followed is still followed, and nobody signs in again', () => withService(async (service) => {
  const settings = { instances: [instanceOf(lake)] };
  const client = service.client(settings);
  await signIn(client, lake, 'alice');
  const heard: AvailabilityInfo[] = [];
  client.on(protocol.availabilityChanged, ({ items }) => heard.push(...items));
  const [scope = '', name = ''] = lake.seed.dids.available.split(':');
  await client.notify(protocol.observe, { instance: 'lake', dids: [{ scope, name, type: 'DATASET' }] });
  await until('it is painted', () => heard.length > 0);
  const abort = new AbortController();
  let progress = 0;
  const followed = client.stream(protocol.followRule, protocol.ruleProgress, (token) => ({ instance: 'lake', id: lake.seed.rules.stuck.id, progress: token }), () => { progress++; }, { signal: abort.signal }).catch((error: unknown) => error);
  await until('it is followed', () => progress > 0);
  heard.length = progress = 0;
  settings.instances = [instanceOf(lake, { replication_rule_lifetime_days: 3 })];
  const welcome = await client.reconfigure();
  assert.equal(welcome?.instances[0]?.ruleLifetimeDays, 3);
  assert.equal(welcome?.sessions[0]?.state, 'signedIn');
  await until('it is painted again', () => heard.length > 0);
  await until('it is followed again', () => progress > 0);
  abort.abort();
  const ended = await followed;
  assert.ok(ended instanceof ServiceFailure && ended.failure.kind === 'cancelled', String(ended));
  assert.deepEqual(client.questions, []);
}));

test('two windows that show the same share one poll', () => withService(async (service) => {
  const proxy = await faultyProxy(lake.rucio.http);
  try {
    const instances = [instanceOf(lake, { rucio_base_url: proxy.url })];
    const [one, two] = [service.client({ instances }), service.client({ instances })];
    await signIn(one, lake, 'alice');
    const [scope = '', name = ''] = lake.seed.dids.available.split(':');
    const heard = new Map<string, number>();
    for (const [label, client] of [['one', one], ['two', two]] as const) {
      client.on(protocol.availabilityChanged, ({ items }) => heard.set(label, (heard.get(label) ?? 0) + items.length));
      await client.notify(protocol.observe, { instance: 'lake', dids: [{ scope, name, type: 'DATASET' }] });
      await until(`${label} is told`, () => (heard.get(label) ?? 0) > 0);
    }
    assert.equal(proxy.count({ path: /datasets_bulk/ }), 1);
  } finally {
    await proxy.close();
  }
}));

test('a service that others use is ended only by one who knows; they go on with the next', () => withService(async (service) => {
  const [one, two] = [service.client(), service.client()];
  const { pid } = await one.welcome();
  await two.welcome();
  await assert.rejects(one.request(protocol.shutdown, {}), (error) => error instanceof ServiceFailure && /in use by/.test(error.failure.what));
  assert.equal((await two.request(protocol.status, {})).pid, pid);
  await one.request(protocol.shutdown, { used: true }).catch((error: unknown) => assert.ok(error instanceof ServiceFailure && error.failure.kind === 'service', String(error)));
  let now = pid;
  await until('another one answers', async () => (now = (await two.request(protocol.status, {})).pid) !== pid);
  assert.equal((await one.welcome()).pid, now);
}));

test('in a window: Restart Service ends the worker, a crashed worker is a lost connection, and the next request starts another', () => withService(async (service) => {
  const client = service.client();
  await client.welcome();
  await client.request(protocol.shutdown, {}).catch((error: unknown) => assert.ok(error instanceof ServiceFailure));
  await until('the old one is gone', () => client.state === 'idle');
  assert.equal((await client.request(protocol.status, {})).mode, 'inWindow');
}, { inWindow: true }));
