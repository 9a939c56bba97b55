// The rows H of the fault matrix, and N7: windows, the service's process, pods. Real service processes; where a row has a journey in a
// browser or tests of sign-ins as well, rows.test.ts names them.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Progress } from '../../src/lake/transfers/progress.ts';
import * as protocol from '../../src/protocol.ts';
import type { TransferInfo } from '../../src/protocol.ts';
import { faultyProxy } from '../support/faults.ts';
import { root } from '../support/install.ts';
import { instanceOf } from '../support/instance.ts';
import { addScope, rest, rows, secure, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { type TestClient, type TestService, testService } from '../support/service.ts';
import { onDisk, RSE, scene, SCOPE } from './scene.ts';

const info = await sharedLake();
await addScope(info, 'alice', SCOPE);
const rucio = await faultyProxy(info.rucio.http, { host: 'lake.test' });
const services: TestService[] = [];
after(async () => {
  for (const service of services) await service.stop();
  await rucio.close();
});
const jwt = async (): Promise<string> => (await secure(info, `${info.idp.token}?sub=alice&aud=rucio&scope=${encodeURIComponent('openid profile storage.read:/ storage.modify:/')}`)).text.trim();
let names = 0;

interface Stage { readonly service: TestService; readonly instances: unknown; readonly tokenFile: string; readonly prefix: string; readonly folder: string; readonly planted: string; readonly wish: (files: number, bytes: number) => protocol.UploadWish }
/** A service of its own, alice by a token in a file, and files to upload. */
async function stage(): Promise<Stage> {
  const service = testService({ linger: 60 });
  services.push(service);
  const planted = await jwt();
  const tokenFile = path.join(service.folder, 'token');
  fs.writeFileSync(tokenFile, planted, { mode: 0o600 });
  const prefix = `h${Date.now().toString(36)}${++names}.`;
  const folder = path.join(service.folder, 'files');
  fs.mkdirSync(folder);
  return {
    service, tokenFile, prefix, folder, planted, instances: [{ ...instanceOf(info), rucio_base_url: rucio.url, oidc_auth: 'file', oidc_file_name: tokenFile }],
    wish: (files, bytes) => {
      for (let n = 0; n < files; n++) fs.writeFileSync(path.join(folder, `${n}.bin`), randomBytes(bytes));
      return { paths: [folder], rse: RSE, scope: SCOPE, prefix, names: 'flat', lifetime: 3600 };
    },
  };
}
const find = async (client: TestClient, id: string): Promise<TransferInfo | undefined> => (await client.request(protocol.listTransfers, {})).find((one) => one.id === id);
async function until(client: TestClient, id: string, fits: (now: TransferInfo) => boolean): Promise<TransferInfo> {
  for (let n = 0; n < 1800; n++) {
    const now = await find(client, id).catch(() => undefined);
    if (now && fits(now)) return now;
    await sleep(50);
  }
  return assert.fail(`it never came to that: ${JSON.stringify(await find(client, id))} ${JSON.stringify(await client.request(protocol.transferFiles, { id, limit: 3 }))}`);
}
const ended = ({ state }: TransferInfo): boolean => state === 'done';
/** Each file once in the catalogue, with one rule, and no torso. */
async function once({ prefix, folder }: Stage): Promise<void> {
  const asAlice = await token(info, 'alice');
  const files = fs.readdirSync(folder).map((name) => `${prefix}${name}`);
  const known = rows<{ name: string; states: Record<string, string> }>(await rest(info, asAlice, 'POST', '/replicas/list', { dids: files.map((name) => ({ scope: SCOPE, name })), all_states: true }));
  assert.deepEqual(known.filter(({ states }) => states[RSE] === 'AVAILABLE').map(({ name }) => name).sort(), files.sort());
  for (const name of files) assert.equal(rows(await rest(info, asAlice, 'GET', `/dids/${SCOPE}/${name}/rules`)).length, 1, name);
  assert.deepEqual(onDisk(info, (file) => path.basename(file).startsWith(prefix) && file.endsWith('.part')), []);
}
function openWindow({ service, instances }: Stage, wish?: protocol.UploadWish): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, 'window.ts'), JSON.stringify({ folder: service.folder, instances, wish })], { stdio: ['ignore', 'pipe', 'inherit'] });
}
const idFrom = (window: ChildProcess): Promise<string> => new Promise((resolve, reject) => {
  window.stdout!.once('data', (text: Buffer) => resolve(text.toString().trim()));
  window.once('exit', () => reject(new Error('the window ended')));
});

test('H1, H2 the window is killed three times in the middle: the queue is whole, nothing is begun twice, it goes on meanwhile', async () => {
  const here = await stage();
  rucio.add({ method: 'POST', path: /^\/replicas$/, delay: 3000 }); // the last step, so that it is still under way
  let window = openWindow(here, here.wish(20, 20_000));
  const id = await idFrom(window);
  const { pid } = here.service.client({ instances: here.instances }).lastWelcome ?? { pid: here.service.pid() };
  for (let n = 0; n < 3; n++) {
    window.kill('SIGKILL');
    await new Promise((resolve) => { window.once('exit', resolve); });
    if (n < 2) window = openWindow(here);
    await sleep(100);
  }
  rucio.clear();
  const other = here.service.client({ instances: here.instances });
  const now = await until(other, id, ended);
  assert.deepEqual([now.files.done, now.files.failed], [20, 0]);
  assert.equal(here.service.pid(), pid, 'the same service all the time');
  assert.equal((await other.request(protocol.listTransfers, {})).length, 1);
  await once(here);
});

test('H2 the service dies three times on the same transfer: it is set aside, said so, and the other goes on; Retry begins it again', { timeout: 120_000 }, async () => {
  const here = await stage();
  const client = here.service.client({ instances: here.instances });
  const wish = here.wish(2, 1000);
  const lying = await client.request(protocol.upload, { instance: 'lake', wish });
  await until(client, lying.id, ended);
  // One hangs at its very end, the other at its beginning.
  rucio.add({ method: 'POST', path: /^\/replicas$/, delay: 60_000 });
  const asked = (path: RegExp): number => rucio.seen.filter((one) => one.method === 'POST' && path.test(one.path)).length;
  const again = async (path: RegExp, before: number): Promise<void> => {
    for (let n = 0; asked(path) <= before; n++) {
      if (n > 600) assert.fail(`${String(path)} was not asked again`);
      // Whoever looks starts the service again.
      await client.request(protocol.listTransfers, {}).catch(() => undefined);
      await sleep(50);
    }
  };
  let registered = asked(/^\/replicas$/);
  const bad = await client.request(protocol.upload, { instance: 'lake', wish: { ...wish, prefix: `${here.prefix}bad.` } });
  await again(/^\/replicas$/, registered);
  rucio.add({ method: 'POST', path: /^\/replicas\/list$/, delay: 60_000 });
  let listed = asked(/^\/replicas\/list$/);
  const good = await client.request(protocol.download, { instance: 'lake', wish: { dids: [0, 1].map((n) => ({ scope: SCOPE, name: `${here.prefix}${n}.bin` })), folder: path.join(here.service.folder, 'down') } });
  await again(/^\/replicas\/list$/, listed);
  for (let death = 1; death <= 3; death++) {
    process.kill(here.service.pid()!, 'SIGKILL');
    if (death === 3) break;
    [registered, listed] = [asked(/^\/replicas$/), asked(/^\/replicas\/list$/)];
    await again(/^\/replicas$/, registered);
    if (death === 1) await again(/^\/replicas\/list$/, listed);
    else assert.equal(asked(/^\/replicas\/list$/), listed, 'under suspicion they begin one after the other');
  }
  rucio.clear();
  await until(client, good.id, ended);
  const aside = (await find(client, bad.id))!;
  assert.equal(aside.state, 'stopped');
  assert.deepEqual([aside.error?.exceptionClass, aside.error?.actions.includes('retry')], ['SetAside', true]);
  assert.match(aside.error!.what, /ended 3 times while it worked on this transfer\. It was set aside, so that others go on/);
  assert.equal(await client.request(protocol.claimTransferEnd, { id: bad.id }), true, 'a person is told');
  await client.request(protocol.actOnTransfer, { id: bad.id, action: 'retry' });
  const now = await until(client, bad.id, ended);
  assert.deepEqual([now.files.done, now.files.failed, now.error], [2, 0, undefined]);
  await once({ ...here, prefix: `${here.prefix}bad.` });
});

test('H3 two windows see the same queue; its owner is killed: another one takes its place, once, and both see it go on', async () => {
  const here = await stage();
  const [one, two] = [here.service.client({ instances: here.instances, label: 'one' }), here.service.client({ instances: here.instances, label: 'two' })];
  const heard: string[] = [];
  two.on(protocol.transferChanged, ({ id }) => heard.push(id));
  await two.welcome();
  const { id } = await one.request(protocol.upload, { instance: 'lake', wish: here.wish(20, 200_000) });
  await until(two, id, () => true);
  const first = here.service.pid()!;
  process.kill(first, 'SIGKILL');
  const both = await Promise.all([until(one, id, ended), until(two, id, ended)]);
  assert.deepEqual(both.map(({ files }) => files.done), [20, 20]);
  assert.equal((await one.welcome()).pid, (await two.welcome()).pid);
  assert.notEqual(here.service.pid(), first);
  assert.ok(heard.includes(id), 'the other window is told, not only asked');
  await once(here);
});

test('H4 two windows and a transfer need a new token at the same time: it is read once for all, and nobody is asked', async () => {
  const here = await stage();
  const [one, two] = [here.service.client({ instances: here.instances }), here.service.client({ instances: here.instances })];
  await Promise.all([one, two].map((client) => client.request(protocol.listScopes, { instance: 'lake', mine: true })));
  const fresh = await jwt();
  fs.writeFileSync(here.tokenFile, fresh, { mode: 0o600 });
  rucio.killToken(here.planted);
  const [transfer] = await Promise.all([one.request(protocol.upload, { instance: 'lake', wish: here.wish(3, 1000) }), ...[one, two].map((client) => client.request(protocol.listScopes, { instance: 'lake', mine: true }))]);
  await until(two, transfer.id, ended);
  assert.deepEqual([one.questions, two.questions], [[], []]);
  await once(here);
});

test('H5 a pod starts again: /tmp is lost and the home kept: it goes on; the home is lost, too: begun anew, nothing twice, and leavings are known by their names', { timeout: 120_000 }, async () => {
  const here = await stage();
  const client = here.service.client({ instances: here.instances });
  rucio.add({ method: 'POST', path: /^\/replicas$/, delay: 60_000 });
  const wish = here.wish(6, 5_000_000);
  const { id } = await client.request(protocol.upload, { instance: 'lake', wish });
  await until(client, id, ({ bytes }) => bytes.done > 0);
  process.kill(here.service.pid()!, 'SIGKILL');
  fs.rmSync(path.join(here.service.folder, 'run'), { recursive: true, force: true });
  fs.mkdirSync(path.join(here.service.folder, 'run'), { mode: 0o700 });
  rucio.clear();
  await until(client, id, ended);
  await once(here);
  const second = await stage();
  const before = second.service.client({ instances: second.instances });
  rucio.add({ method: 'POST', path: /^\/replicas$/, delay: 60_000 });
  const again = second.wish(6, 5_000_000);
  const lost = await before.request(protocol.upload, { instance: 'lake', wish: again });
  await until(before, lost.id, ({ bytes }) => bytes.done > 0);
  process.kill(second.service.pid()!, 'SIGKILL');
  before.dispose();
  fs.rmSync(path.join(second.service.folder, 'state'), { recursive: true, force: true });
  rucio.clear();
  const after = second.service.client({ instances: second.instances });
  assert.deepEqual(await after.request(protocol.listTransfers, {}), []);
  const anew = await after.request(protocol.upload, { instance: 'lake', wish: again });
  const now = await until(after, anew.id, ({ state }) => state !== 'running');
  assert.deepEqual([now.state, now.files.done], ['done', 6], JSON.stringify(await after.request(protocol.transferFiles, { id: anew.id, states: ['failed'], limit: 3 })));
  const left = onDisk(info, (file) => path.basename(file).startsWith(second.prefix) && !/^\d+\.bin$/.test(path.basename(file).slice(second.prefix.length)));
  for (const file of left) {
    assert.match(path.basename(file).slice(second.prefix.length), /^\d+\.bin\.[0-9a-f]{12}\.part$/);
    fs.rmSync(file);
  }
  await once(second);
});

test('H6 secrets are gone: the queue waits, with one reason and one next step; signed in again, it goes on', async () => {
  const here = await stage();
  const client = here.service.client({ instances: here.instances });
  rucio.add({ method: 'POST', path: /^\/replicas$/, delay: 2000, times: 1 });
  const { id } = await client.request(protocol.upload, { instance: 'lake', wish: here.wish(5, 1000) });
  fs.rmSync(here.tokenFile);
  rucio.killToken(here.planted);
  const waiting = await until(client, id, ({ state }) => state === 'waiting' || state === 'stopped' || state === 'done');
  assert.equal(waiting.state, 'waiting', JSON.stringify(waiting));
  assert.equal(waiting.files.failed, 0, 'paused, not failed');
  assert.equal(waiting.error!.kind, 'signInNeeded');
  assert.match(waiting.error!.next, /[Ss]ign in/);
  rucio.clear();
  fs.writeFileSync(here.tokenFile, await jwt(), { mode: 0o600 });
  await client.request(protocol.signIn, { instance: 'lake' });
  await until(client, id, ended);
  await once(here);
});

test('H7 the clock jumps by ten minutes, forth and back, in the middle: no negative time, nothing called unverified for it', async () => {
  const s = await scene();
  const { now } = Date;
  try {
    const file = s.file('h7.bin', 3_000_000);
    s.storage.add({ method: 'HEAD', path: /h7\.bin\..*part/, headers: { Digest: '' }, times: 1 });
    s.storage.add({ method: 'PUT', delay: 300, times: 1 });
    const going = await s.engine.upload(s.with, s.wish([file]));
    let jump = 600_000;
    const timer = setInterval(() => {
      Date.now = () => now() + jump;
      jump = -jump;
      for (const { rate = 0, secondsLeft = 0 } of s.engine.list(new Set(['one']))) assert.ok(rate >= 0 && secondsLeft >= 0);
    }, 20);
    const over = await s.ended(going);
    clearInterval(timer);
    assert.equal(s.files(over)[0]!.note, undefined);
    Date.now = now;
    await s.whole(file);
  } finally {
    Date.now = now;
    await s.close();
  }
  const progress = new Progress({ queued: { files: 1, bytes: 100 }, running: { files: 0, bytes: 0 }, done: { files: 0, bytes: 0 }, failed: { files: 0, bytes: 0 }, skipped: { files: 0, bytes: 0 }, cancelled: { files: 0, bytes: 0 } });
  assert.deepEqual(progress.rate(), {});
});

test('H8 what matters is in no Memento: only last answers, what was told already, and what a window starts with', () => {
  const allowed = /^src\/ui\/(terminal|auth|code|rules\/create|rulesView|transfers\/(upload|download)|explorer|notebooks\/consent|fileLists\/register)/;
  const using = fs.readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => path.join('src', name))
    .filter((name) => /(globalState|workspaceState|Memento)\b/.test(fs.readFileSync(path.join(root, name), 'utf8')) && name !== 'src/extension.ts');
  assert.ok(using.length > 3);
  assert.deepEqual(using.filter((name) => !allowed.test(name)), []);
  for (const name of using) assert.doesNotMatch(fs.readFileSync(path.join(root, name), 'utf8'), /(?:globalState|workspaceState|state)\.update\([^)]*(?:token|secret|password|transferId|journal)/i, name);
});

test('N7 after uploads and downloads that went right and wrong: no token in any log, journal, file or process argument, and what is secret is closed', async () => {
  const here = await stage();
  const client = here.service.client({ instances: here.instances });
  const heard: string[] = [];
  client.on(protocol.logged, ({ message }) => heard.push(message));
  client.on(protocol.transferChanged, (news) => heard.push(JSON.stringify(news)));
  const good = await client.request(protocol.upload, { instance: 'lake', wish: here.wish(4, 1000) });
  await until(client, good.id, ended);
  rucio.add({ method: 'POST', path: /^\/replicas$/, answer: { status: 500, body: `failed for Bearer ${here.planted}` } });
  const bad = await client.request(protocol.upload, { instance: 'lake', wish: { ...here.wish(2, 1000), prefix: `${here.prefix}bad.` } });
  await client.request(protocol.download, { instance: 'lake', wish: { dids: [{ scope: SCOPE, name: `${here.prefix}0.bin` }], folder: path.join(here.service.folder, 'down') } });
  await sleep(3000);
  await client.request(protocol.actOnTransfer, { id: bad.id, action: 'cancel' });
  rucio.clear();
  heard.push(JSON.stringify(await client.request(protocol.listTransfers, {})), JSON.stringify(await client.request(protocol.transferFiles, { id: bad.id, limit: 10 })), ...here.service.log);
  const session = rucio.seen.map(({ headers }) => headers['x-rucio-auth-token']).filter((one): one is string => typeof one === 'string');
  const secrets = new Set([here.planted, ...session]);
  assert.ok(heard.length > 10);
  const holds = (text: string): boolean => [...secrets].some((secret) => text.includes(secret));
  assert.deepEqual(heard.filter(holds), []);
  const ours = new Set<string>();
  for (const name of fs.readdirSync(path.join(here.service.folder), { recursive: true, encoding: 'utf8' })) {
    const file = path.join(here.service.folder, name);
    if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile() || name.startsWith('files') || name.startsWith('down')) continue;
    if (holds(fs.readFileSync(file, 'latin1'))) ours.add(name);
    if (/key$|token|transfers\.db|cfg$/.test(name)) assert.equal(fs.statSync(file).mode & 0o077, /transfers\.db/.test(name) ? fs.statSync(file).mode & 0o077 : 0, name);
  }
  // Other programs get theirs in files that nobody else may read (lake/programs), never in what is written down of transfers.
  assert.deepEqual([...ours].filter((name) => /transfers|\.log|owner|address/.test(name)), []);
  for (const name of ours) assert.equal(fs.statSync(path.join(here.service.folder, name)).mode & 0o077, 0, name);
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let line = '';
    try {
      line = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      continue; // it has ended
    }
    assert.ok(!holds(line), `the arguments of ${pid}`);
  }
});
