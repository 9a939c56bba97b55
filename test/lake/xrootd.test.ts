// root:// by xrdcp and xrdfs, on the real XRootD: as a storage, and as the other way to one whose davs does not answer.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Transfers } from '../../src/lake/transfers/engine.ts';
import type { TransferLake } from '../../src/lake/transfers/lake.ts';
import type { TransferInfo } from '../../src/lake/transfers/types.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { besides, urlOf } from '../../src/storage/url.ts';
import { XrootdStorage, nameXrootd, noXrootd } from '../../src/storage/xrootd.ts';
import { adler32 } from '../support/adler32.ts';
import { addScope, rest, rows, secure, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { openLake } from './open-lake.ts';

const info = await sharedLake();
await addScope(info, 'alice', 'uploads');
const RSE = 'XRD1_SCRATCHDISK';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'xrootd-'));
const unique = `x${Date.now().toString(36)}`;
const jwt = (await secure(info, `${info.idp.token}?sub=alice&aud=rucio&scope=${encodeURIComponent('openid profile storage.read:/ storage.modify:/')}`)).text.trim();
const log: string[] = [];
const storage = new XrootdStorage({ credential: async () => ({ token: jwt }), caFile: info.ca.file, folder: path.join(folder, 'given'), log: (line) => log.push(line) });
after(async () => {
  await storage.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

const at = (name: string): URL => urlOf(`${info.rses[RSE].root}user.alice/${unique}/${name}`, name);
const body = (bytes: Uint8Array) => async function* (): AsyncGenerator<Uint8Array, void, undefined> {
  for (let from = 0; from < bytes.length; from += 300_000) yield bytes.subarray(from, from + 300_000);
};
async function all(url: URL): Promise<Buffer> {
  const { body: chunks, total } = await storage.get(url, 0, 0);
  const got: Uint8Array[] = [];
  for await (const chunk of chunks) got.push(chunk);
  const whole = Buffer.concat(got);
  assert.equal(whole.length, total);
  return whole;
}

test('put, stat, checksum, get, move and remove, under any name', async () => {
  assert.equal(noXrootd(), undefined, 'the lake installs xrootd-client');
  for (const name of ['plain.bin', 'a b', '100%', 'a%20b', 'a#b', 'a+b&c=d', 'Größe-é-名', 'a\'b"c', '-f', 'a@b,c;d[1]']) {
    const bytes = randomBytes(name === 'plain.bin' ? 3_000_001 : 5000);
    const url = at(name);
    const temp = besides(url, '.part');
    assert.equal(await storage.stat(url), null, name);
    await storage.put(temp, body(bytes), bytes.length);
    assert.deepEqual(await storage.stat(temp, { checksum: true }), { bytes: bytes.length, adler32: adler32(bytes) }, name);
    await storage.move(temp, url);
    assert.equal(await storage.stat(temp), null, name);
    assert.ok((await all(url)).equals(bytes), name);
    assert.ok(fs.readFileSync(path.join(info.rses[RSE].folder, 'user.alice', unique, name)).equals(bytes), `${name} has its own name on the disk`);
    assert.equal(await storage.remove(url), true, name);
    assert.equal(await storage.remove(url), false, name);
  }
});

test('programs that a person named are started, and no others', async () => {
  const own = path.join(folder, 'own');
  fs.mkdirSync(own);
  for (const program of ['xrdcp', 'xrdfs']) fs.writeFileSync(path.join(own, program), `#!/bin/sh\necho >> '${own}/started'\nPATH=/usr/local/bin:/usr/bin:/bin exec ${program} "$@"\n`, { mode: 0o755 });
  nameXrootd({ xrdcp: path.join(own, 'xrdcp'), xrdfs: 17, rucio: '/elsewhere/rucio' });
  try {
    const named = new XrootdStorage({ credential: async () => undefined, caFile: info.ca.file });
    await named.stat(at('named')).catch((error: unknown) => assert.ok(RucioError.is(error, 'accessDenied'), String(error)));
    await named.close();
    assert.ok(fs.existsSync(path.join(own, 'started')));
  } finally {
    nameXrootd({});
  }
});

test('what fails is said in kinds, and nothing secret is an argument or in the log', async () => {
  const url = at('kinds');
  await assert.rejects(storage.get(url, 0, 0), (error) => RucioError.is(error, 'notFound'));
  await assert.rejects(storage.move(url, at('other')), (error) => RucioError.is(error, 'notFound'));
  const nobody = new XrootdStorage({ credential: async () => undefined, caFile: info.ca.file });
  await assert.rejects(nobody.stat(url), (error) => RucioError.is(error, 'accessDenied'));
  await nobody.close();
  const without = new XrootdStorage({ credential: async () => ({ token: jwt }), places: [folder] });
  // A PATH that knows nothing of them, as behind a hub: they are found where such programs are put.
  await new XrootdStorage({ credential: async () => undefined, caFile: info.ca.file, env: { PATH: folder } }).stat(url).catch((error: unknown) => assert.ok(RucioError.is(error, 'accessDenied'), String(error)));
  await assert.rejects(without.stat(url), (error) => RucioError.is(error, 'configuration') && error.exceptionClass === 'NoXrootd' && error.message.includes(`xrootd-client), which are not installed here (looked in ${folder})`));
  const nowhere = new XrootdStorage({ credential: async () => ({ token: jwt }), env: { ...process.env, XRD_CONNECTIONWINDOW: '2', XRD_CONNECTIONRETRY: '1' } });
  await assert.rejects(nowhere.stat(new URL('root://127.0.0.1:1//x')), (error) => RucioError.is(error, 'unreachable'));

  const given = (): string[] => fs.readdirSync(path.join(folder, 'given'));
  assert.deepEqual(given().map((name) => name.replace(/-.*/, '')), ['authorities']);
  assert.equal(fs.statSync(path.join(folder, 'given')).mode & 0o777, 0o700);

  let seen: string[] = [];
  const slow = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield randomBytes(1000);
    for (let n = 0; n < 200 && seen.length === 0; n++) {
      await new Promise((resolve) => { setTimeout(resolve, 20); });
      seen = fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).flatMap((pid) => {
        try {
          return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        } catch {
          return []; // it ended meanwhile
        }
      }).filter((line) => line.startsWith('xrdcp') && line.includes(unique));
    }
    yield randomBytes(1000);
  };
  await storage.put(url, slow, 2000);
  await storage.remove(url);
  assert.ok(seen.length > 0, 'it was looked at while it ran');
  assert.ok(![...seen, ...log].some((text) => text.includes(jwt.slice(0, 20))));
});

test('a source that fails is its own failure; given up, nothing goes on', async () => {
  const url = at('given-up');
  await assert.rejects(storage.put(url, async function* () {
    yield randomBytes(1000);
    throw new RucioError('badInput', 'The file changed.');
  }, 2000), (error) => RucioError.is(error, 'badInput'));
  const over = new AbortController();
  await assert.rejects(storage.put(url, async function* () {
    yield randomBytes(1000);
    over.abort();
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    yield randomBytes(1000);
  }, 2000, over.signal), (error) => RucioError.is(error, 'cancelled'));
  await storage.remove(url);
});

test('a storage whose davs does not answer is reached by its root, verified and registered as ever', async () => {
  const { lake } = openLake(info, null);
  await lake.session.signIn({ method: 'token', token: jwt });
  const dead = (url: URL): void => {
    if (url.protocol === 'https:') throw new RucioError('unreachable', `${url.host} does not answer.`, { exceptionClass: 'StorageAway' });
  };
  const asked: string[] = [];
  const lame: Storage = {
    stat: async (url, options, signal) => { dead(url); return lake.storage.stat(url, options, signal); },
    put: async (url, bytes, size, signal) => { dead(url); asked.push(`put ${url.protocol}`); return lake.storage.put(url, bytes, size, signal); },
    get: async (url, from, size, signal, part) => { dead(url); asked.push(`get ${url.protocol}`); return lake.storage.get(url, from, size, signal, part); },
    move: async (from, to, signal) => { dead(from); return lake.storage.move(from, to, signal); },
    remove: async (url, signal) => { dead(url); return lake.storage.remove(url, signal); },
  };
  const by: TransferLake = { instance: 'lake', session: 'one', client: lake.quietClient, storage: lame, account: (signal) => lake.session.account(signal), knownToStorages: (signal) => lake.knownToStorages(signal) };
  const engine = new Transfers({ onChange: () => undefined, retry: { attempts: 2, first: 20, last: 50 }, checksumMs: 500 });
  const mine = new Set(['one']);
  const ended = async ({ id }: TransferInfo): Promise<TransferInfo> => {
    for (let n = 0; n < 1200; n++) {
      const now = engine.list(mine).find((one) => one.id === id)!;
      if (now.state !== 'running') return now;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    return assert.fail(JSON.stringify(engine.list(mine)));
  };
  try {
    const bytes = randomBytes(2_500_000);
    const file = path.join(folder, 'other-way.bin');
    fs.writeFileSync(file, bytes);
    const up = await ended(await engine.upload(by, { paths: [file], rse: RSE, scope: 'uploads', prefix: `${unique}.`, names: 'flat', lifetime: 3600 }));
    assert.equal(up.files.done, 1, JSON.stringify(engine.files(mine, up.id, { limit: 5 })));
    assert.deepEqual(asked, ['put root:']);
    const name = `${unique}.other-way.bin`;
    const [row] = rows<{ adler32: string; bytes: number; states: Record<string, string> }>(await rest(info, await token(info, 'alice'), 'POST', '/replicas/list', { dids: [{ scope: 'uploads', name }], all_states: true }));
    assert.deepEqual([row?.adler32, row?.bytes, row?.states[RSE]], [adler32(bytes), bytes.length, 'AVAILABLE']);
    const to = path.join(folder, 'down');
    const down = await ended(await engine.download(by, { dids: [{ scope: 'uploads', name }], folder: to, flat: true }));
    assert.equal(down.files.done, 1, JSON.stringify(engine.files(mine, down.id, { limit: 5 })));
    assert.ok(fs.readFileSync(path.join(to, name)).equals(bytes));
    assert.match(engine.files(mine, down.id, { limit: 5 })[0]?.note ?? '', /XRD1_SCRATCHDISK failed \(.*does not answer\)/);
    assert.deepEqual(asked, ['put root:', 'get root:']);
  } finally {
    await engine.close();
    lake.close();
  }
});
