// The lake service on a real lake: shared by windows, killed, left alone, and asked by a stranger.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import { ServiceFailure } from '../../src/client/client.ts';
import * as protocol from '../../src/protocol.ts';
import type { DIDRow, SessionInfo } from '../../src/protocol.ts';
import { node24, root } from '../support/install.ts';
import { upLake } from '../support/lake/lake.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { instanceOf, signIn } from '../support/instance.ts';
import { type TestClient, type TestService, testService } from '../support/service.ts';

const SCALE = 10_000;
let lake: LakeInfo;
let service: TestService;

before(async () => {
  lake = await sharedLake();
  await upLake({ dir: lake.dir, scale: SCALE });
});
after(() => service?.stop());

/** All rows of the scope that --scale made; `onFirst` is called once, when the first ones are there. */
async function listScale(client: TestClient, onFirst: () => void = () => undefined): Promise<Set<string>> {
  const names = new Set<string>();
  let first = true;
  await client.stream(protocol.listDids, protocol.didRows, (rows) => ({ instance: 'lake', scope: 'scale', name: '*', type: 'all' as const, limit: SCALE * 2, rows }), (rows: readonly DIDRow[]) => {
    if (first) onFirst();
    first = false;
    for (const row of rows) names.add(row.name);
  }, { onRestart: () => names.clear() });
  return names;
}

test('two windows share one service and one sign-in', async () => {
  service = testService();
  // What a service that was killed had given to xrdcp.
  const left = path.join(service.place.state, 'xrootd');
  fs.mkdirSync(path.join(left, 'authorities-1'), { recursive: true, mode: 0o700 });
  fs.chmodSync(service.place.state, 0o700);
  fs.writeFileSync(path.join(left, 'x509-1'), 'a key');
  const one = service.client({ instances: [instanceOf(lake)], label: 'one' });
  const two = service.client({ instances: [instanceOf(lake)], label: 'two' });
  const [a, b] = await Promise.all([one.welcome(), two.welcome()]);
  assert.equal(a.pid, b.pid);
  assert.equal(a.pid, service.pid());
  assert.ok(!fs.existsSync(left));
  const heard: SessionInfo[] = [];
  two.on(protocol.sessionChanged, (session) => heard.push(session));
  await signIn(one, lake, 'alice');
  assert.ok((await two.request(protocol.listScopes, { instance: 'lake', mine: true })).includes('user.alice'));
  assert.equal(heard.at(-1)?.account, 'alice');
  assert.deepEqual([...one.questions, ...two.questions], []);
  const status = await one.request(protocol.status, {});
  assert.deepEqual(status.clients.map(({ label }) => label).sort(), ['one', 'two']);
  assert.equal(status.instances.length, 1);
  assert.equal(status.sessions[0]?.account, 'alice');
});

test('killed while a listing streams: connected again, the list is whole, nobody was asked', async () => {
  const client = service.client({ instances: [instanceOf(lake)] });
  await signIn(client, lake, 'alice');
  const killed = service.pid();
  assert.ok(killed);
  client.states.length = 0;
  const names = await listScale(client, () => process.kill(killed, 'SIGKILL'));
  assert.ok(names.size >= SCALE, `${names.size} rows`);
  assert.notEqual(service.pid(), killed);
  assert.deepEqual(client.questions, []);
  assert.ok(client.states.includes('reconnecting'));
  assert.ok(!client.states.includes('failed'));
});

test('datalake status shows it, in words and as JSON, without a secret', async () => {
  const env = { PATH: process.env['PATH'], HOME: service.folder, XDG_STATE_HOME: path.join(service.folder, 'state'), XDG_RUNTIME_DIR: path.join(service.folder, 'run') };
  // The state folder is kept by host: the command line finds this test's service under the machine's name.
  fs.symlinkSync(path.join(service.folder, 'state', 'rucio-datalake', 'test'), path.join(service.folder, 'state', 'rucio-datalake', os.hostname()));
  const cli = path.join(root, 'dist', 'cli.cjs');
  await assert.rejects(promisify(execFile)(node24, [cli, 'status'], { env }), /it is a link/, 'a link in place of the state folder is refused');
  fs.unlinkSync(path.join(service.folder, 'state', 'rucio-datalake', os.hostname()));
  const words = (await promisify(execFile)(node24, [cli, 'status'], { env })).stdout;
  assert.match(words, /^lake service \S+, process \d+/);
  const { stdout } = await promisify(execFile)(node24, [cli, 'status', '--json'], { env });
  const status = JSON.parse(stdout) as protocol.ServiceStatus;
  assert.equal(status.mode, 'detached');
  process.kill(status.pid, 'SIGTERM');
  const own = service.client({ instances: [instanceOf(lake)] });
  await signIn(own, lake, 'alice');
  const text = JSON.stringify(await own.request(protocol.status, {}));
  assert.ok(!text.includes(lake.accounts.alice.userpass.password), 'the password is not in the status');
  const wrong = await promisify(execFile)(node24, [cli, 'nonsense'], { env }).catch((error: { code: number; stderr: string }) => error);
  assert.equal((wrong as { code: number }).code, 2);
});

test('a stranger without the key gets nothing but a closed door', async () => {
  const { socket } = JSON.parse(fs.readFileSync(path.join(service.place.state, 'address'), 'utf8')) as { socket: string };
  const answer = await new Promise<string>((resolve) => {
    const peer = net.connect(socket);
    let text = '';
    peer.on('data', (d) => { text += d.toString(); });
    peer.on('close', () => resolve(text));
    const say = (id: number, method: string, params: object): void => {
      const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
      peer.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
    };
    say(1, 'greet', { nonce: '00' });
    say(2, 'hello', { proof: 'x'.repeat(64), instances: [], env: {}, network: {} });
  });
  assert.match(answer, /does not know this client/);
  assert.ok(!answer.includes('instances'));
});

if (process.getuid?.() === 0) test('another user of the system gets nothing from socket or folder', () => {
  const { socket } = JSON.parse(fs.readFileSync(path.join(service.place.state, 'address'), 'utf8')) as { socket: string };
  fs.chmodSync(service.folder, 0o755); // the folders below must hold by themselves
  const script = `
    const fs = require('fs'), net = require('net');
    for (const f of ['key', 'address', 'service.log', '.']) try { fs.readdirSync; f === '.' ? fs.readdirSync(${JSON.stringify(service.place.state)}) : fs.readFileSync(${JSON.stringify(service.place.state)} + '/' + f); console.log('read ' + f); } catch (e) { console.log(e.code); }
    net.connect(${JSON.stringify(socket)}).on('connect', () => { console.log('connected'); process.exit(); }).on('error', (e) => console.log(e.code));`;
  const copy = path.join('/tmp', `node-${process.pid}`);
  fs.copyFileSync(node24, copy);
  fs.chmodSync(copy, 0o755);
  try {
    const { stdout, stderr } = spawnSync(copy, ['-e', script], { uid: 65534, gid: 65534, encoding: 'utf8', cwd: '/', env: {} });
    assert.deepEqual(stdout.trim().split('\n'), ['EACCES', 'EACCES', 'EACCES', 'EACCES', 'EACCES'], stderr);
  } finally {
    fs.unlinkSync(copy);
  }
});

test('an instance that is not configured is an error in words', async () => {
  const client = service.client();
  await assert.rejects(client.request(protocol.listScopes, { instance: 'nowhere', mine: false }), (error) => error instanceof ServiceFailure && error.failure.kind === 'configuration' && /nowhere/.test(error.failure.what));
});

test('it ends by itself when nobody needs it any more', async () => {
  const short = testService({ linger: 0.3 });
  try {
    const client = short.client();
    const { pid } = await client.welcome();
    client.dispose();
    for (let i = 0; i < 100 && short.pid() !== undefined; i++) await new Promise((resolve) => { setTimeout(resolve, 50); });
    assert.equal(short.pid(), undefined);
    await new Promise((resolve) => { setTimeout(resolve, 100); });
    assert.throws(() => process.kill(pid, 0), /ESRCH/);
    assert.ok(!fs.readdirSync(short.place.state).includes('address'));
  } finally {
    await short.stop();
  }
});

test('it runs from a copy of its own, whole, compiled for the next start; copies that nobody runs any more go', async () => {
  const own = testService();
  try {
    const [old, fresh] = ['service-0123456789ab', 'service-ba9876543210'].map((name) => path.join(own.place.state, name)) as [string, string];
    for (const folder of [old, fresh]) fs.mkdirSync(folder, { recursive: true });
    fs.utimesSync(old, 1, 1);
    await own.client().welcome();
    const copies = (): string[] => fs.readdirSync(own.place.state).filter((name) => name.startsWith('service-'));
    const mine = copies().find((name) => ![old, fresh].includes(path.join(own.place.state, name))) ?? assert.fail('no copy');
    const delivered = fs.readdirSync(path.join(root, 'dist')).filter((name) => /^(service|later-.*)\.cjs$/.test(name));
    assert.ok(delivered.length > 1);
    const files = (): string[] => fs.readdirSync(path.join(own.place.state, mine)).sort();
    const compiled = (): string[] => fs.globSync('compiled/*.compiled', { cwd: own.place.state });
    for (let i = 0; i < 400 && !(compiled().length > 0 && !copies().includes(path.basename(old))); i++) await new Promise((resolve) => { setTimeout(resolve, 50); });
    assert.deepEqual(files(), delivered.sort());
    assert.equal(compiled().length, 1);
    assert.deepEqual(copies().sort(), [mine, path.basename(fresh)].sort());
  } finally {
    await own.stop();
  }
});

test('twenty windows that start together end with one service', async () => {
  const many = testService({ linger: 1 });
  try {
    const welcomes = await Promise.all(Array.from({ length: 20 }, () => many.client().welcome()));
    assert.equal(new Set(welcomes.map(({ pid }) => pid)).size, 1);
  } finally {
    await many.stop();
  }
});

test('in a window: the same answers, without a process', async () => {
  const inWindow = testService({ inWindow: true });
  try {
    const client = inWindow.client({ instances: [instanceOf(lake)] });
    await signIn(client, lake, 'alice');
    const status = await client.request(protocol.status, {});
    assert.equal(status.mode, 'inWindow');
    assert.equal(inWindow.pid(), undefined);
    assert.ok((await client.request(protocol.listScopes, { instance: 'lake', mine: false })).length > 3);
  } finally {
    await inWindow.stop();
  }
});
