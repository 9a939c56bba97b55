// A storage of Rucio's with `sign_url`: the real server signs (with a key pair in its rse-accounts.cfg), and a stand-in for the object store
// checks each signature and when it ends. Up, down, read in part, and what an account without the right is told.
import assert from 'node:assert/strict';
import { createHmac, createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Lake } from '../../src/lake/lake.ts';
import { RucioSigner } from '../../src/lake/signing.ts';
import { Transfers } from '../../src/lake/transfers/engine.ts';
import type { TransferLake } from '../../src/lake/transfers/lake.ts';
import { Journal } from '../../src/lake/transfers/journal.ts';
import { readRemote } from '../../src/lake/transfers/remoteFile.ts';
import type { TransferInfo, UploadWish } from '../../src/lake/transfers/types.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import { secrets } from '../../src/rucio/secrets.ts';
import { endOf } from '../../src/storage/signed.ts';
import { urlOf } from '../../src/storage/url.ts';
import { adler32 } from '../support/adler32.ts';
import { addScope, rest, rows, secure, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { objectStore, STORE_KEY, type ObjectStore } from '../support/objectStore.ts';
import { openLake } from './open-lake.ts';

const info = await sharedLake();
const unique = `s${Date.now().toString(36)}`;
const RSE = `S3-${unique.toUpperCase()}_SCRATCHDISK`;
const SCOPE = 'uploads';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'signed-'));
const mine = new Set(['one']);
const SWIFT = `SWIFT-${unique.toUpperCase()}_SCRATCHDISK`;
const TEMPURL_KEY = 'key-of-the-swift-store';
const GOOGLE = `GCS-${unique.toUpperCase()}_SCRATCHDISK`;
const google = generateKeyPairSync('rsa', { modulusLength: 2048 });
const EMAIL = 'lake@test.iam.gserviceaccount.com';
const lakes: Lake[] = [];
const engines: Transfers[] = [];
const log: string[] = [];
let store: ObjectStore;
let asRoot: string;

before(async () => {
  await addScope(info, 'alice', SCOPE);
  const pki = path.dirname(info.ca.file);
  store = await objectStore({ key: path.join(pki, 'host.key'), cert: path.join(pki, 'host.pem') });
  asRoot = await token(info, 'root');
  const made = async (method: string, at: string, body: unknown): Promise<void> => {
    const reply = await rest(info, asRoot, method, at, body);
    assert.ok(reply.status < 300, `${method} ${at}: ${reply.status} ${reply.text}`);
  };
  await made('POST', `/rses/${RSE}`, { deterministic: true, rse_type: 'DISK' });
  const all = { read: 1, write: 1, delete: 1 };
  await made('POST', `/rses/${RSE}/protocols/https`, { hostname: new URL(info.rucio.http).hostname, port: store.port, prefix: '/bucket/rucio/', impl: 'rucio.rse.protocols.webdav.Default', domains: { wan: all, lan: all } });
  await made('POST', `/rses/${RSE}/attr/sign_url`, { value: 's3' });
  await made('POST', `/accounts/alice/limits/local/${RSE}`, { bytes: 10 ** 9 });
  for (const [rse, hostname, prefix, value] of [[SWIFT, 'swift.lake.test', '/v1/account/container/', 'swift'], [GOOGLE, 'gcs.lake.test', '/bucket/rucio/', 'gcs']] as const) {
    await made('POST', `/rses/${rse}`, { deterministic: true, rse_type: 'DISK' });
    await made('POST', `/rses/${rse}/protocols/https`, { hostname, port: 443, prefix, impl: 'rucio.rse.protocols.webdav.Default', domains: { wan: all, lan: all } });
    await made('POST', `/rses/${rse}/attr/sign_url`, { value });
  }
  // The server reads its key once: it is that of the first run with this lake.
  const key = path.join(info.dir, 'etc', 'gcs.json');
  if (!fs.existsSync(key)) fs.writeFileSync(key, JSON.stringify({ type: 'service_account', client_email: EMAIL, token_uri: 'https://localhost/none', private_key: google.privateKey.export({ type: 'pkcs8', format: 'pem' }) }), { mode: 0o644 });
  const swift = JSON.parse((await rest(info, asRoot, 'GET', `/rses/${SWIFT}`)).text) as { readonly id: string };
  const { id } = JSON.parse((await rest(info, asRoot, 'GET', `/rses/${RSE}`)).text) as { readonly id: string };
  const file = path.join(info.dir, 'etc', 'rse-accounts.cfg');
  const known = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) as object : {};
  fs.writeFileSync(file, JSON.stringify({ ...known, [id]: STORE_KEY, [swift.id]: { tempurl_key: TEMPURL_KEY } }), { mode: 0o644 });
});

after(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  for (const lake of lakes) lake.close();
  await maySign(false);
  // It is no storage of other tests.
  for (const rse of [RSE, SWIFT, GOOGLE]) await rest(info, asRoot, 'DELETE', `/rses/${rse}/attr/sign_url`);
  await rest(info, asRoot, 'DELETE', `/accounts/alice/limits/local/${RSE}`);
  for (const rse of [RSE, SWIFT, GOOGLE]) await rest(info, asRoot, 'PUT', `/rses/${rse}`, { availability_write: false, availability_read: false });
  store.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function maySign(may: boolean): Promise<void> {
  const reply = await rest(info, asRoot, may ? 'POST' : 'DELETE', '/accounts/alice/attr/sign-url', may ? { key: 'sign-url', value: 'yes' } : undefined);
  assert.ok(reply.status < 300 || reply.status === 404 || reply.status === 409, `${reply.status} ${reply.text}`);
}

/** Signed in by an OpenID token that other storages would take: it must not get there. */
async function opened(): Promise<TransferLake> {
  const { lake, calls } = openLake(info, null);
  const jwt = (await secure(info, `${info.idp.token}?sub=alice&aud=rucio&scope=${encodeURIComponent('openid profile storage.read:/ storage.modify:/')}`)).text.trim();
  await lake.session.signIn({ method: 'token', token: jwt });
  lakes.push(lake);
  calls.push = (...lines: string[]): number => log.push(...lines);
  return { instance: 'lake', session: 'one', client: lake.quietClient, storage: lake.storage, account: (signal) => lake.session.account(signal), knownToStorages: (signal) => lake.knownToStorages(signal) };
}
function transfers(state?: string): Transfers {
  const engine = new Transfers({ state, onChange: () => undefined, retry: { attempts: 2, first: 20, last: 50 }, checksumMs: 500, log: (line) => log.push(line) });
  if (state === undefined) engines.push(engine);
  return engine;
}
function file(name: string, content: Buffer): string {
  const at = path.join(folder, 'local', name);
  fs.mkdirSync(path.dirname(at), { recursive: true });
  fs.writeFileSync(at, content);
  return at;
}
const wish = (paths: readonly string[], more: Partial<UploadWish> = {}): UploadWish => ({ paths, rse: RSE, scope: SCOPE, prefix: `${unique}.`, names: 'flat', lifetime: 3600, ...more });
async function ended(engine: Transfers, { id }: TransferInfo): Promise<TransferInfo> {
  for (let n = 0; n < 1200; n++) {
    const now = engine.list(mine).find((one) => one.id === id)!;
    if (now.state !== 'running') return now;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  return assert.fail(JSON.stringify(engine.list(mine)));
}
const told = (engine: Transfers, transfer: TransferInfo): string => JSON.stringify([transfer, engine.files(mine, transfer.id, { limit: 10 })]);

test('an account without the right is told so before a byte moves, and nothing goes there', async () => {
  await maySign(false);
  const lake = await opened();
  const engine = transfers();
  const at = file('refused.bin', randomBytes(1000));
  const plan = await engine.planUpload(lake, wish([at]));
  assert.match(plan.problems.join(' '), new RegExp(`^${RSE} takes only what Rucio signs, and it signs nothing for your account\\.$`));
  const stopped = await ended(engine, await engine.upload(lake, wish([at])));
  assert.equal(stopped.state, 'stopped');
  assert.match(stopped.error?.next ?? '', /^Ask those who run this Rucio for the account attribute sign-url/);
  assert.deepEqual(store.seen, []);
});

test('up: looked at, sent once under its own name, its md5 compared, registered with a rule; down again whole, in part, and after a cut', async () => {
  await maySign(true);
  const state = path.join(folder, 'state');
  fs.mkdirSync(state, { mode: 0o700 });
  const lake = await opened();
  const engine = transfers(state);
  const contents = new Map([['large.bin', randomBytes(3_000_001)], ['empty.bin', Buffer.alloc(0)], ['part-2.bin', randomBytes(5000)]]);
  const paths = [...contents].map(([name, content]) => file(name, content));
  const plan = await engine.planUpload(lake, wish(paths));
  assert.deepEqual(plan.problems, []);
  assert.ok(!plan.warnings.some((warning) => /signed in with a password/.test(warning)), plan.warnings.join(' '));
  const up = await ended(engine, await engine.upload(lake, wish(paths)));
  assert.deepEqual([up.state, up.files.done], ['done', 3], told(engine, up));
  assert.ok(engine.files(mine, up.id, { limit: 10 }).every(({ note }) => note === undefined), told(engine, up));
  const asAlice = await token(info, 'alice');
  for (const [name, content] of contents) {
    const [row] = rows<{ adler32: string; bytes: number; states: Record<string, string> }>(await rest(info, asAlice, 'POST', '/replicas/list', { dids: [{ scope: SCOPE, name: `${unique}.${name}` }], all_states: true }));
    assert.deepEqual([row?.bytes, row?.adler32, row?.states[RSE]], [content.length, adler32(content), 'AVAILABLE'], name);
    assert.ok([...store.objects].some(([at, object]) => at.startsWith('/bucket/rucio/') && at.endsWith(`/${unique}.${name}`) && object.equals(content)), name);
  }
  assert.equal(store.seen.filter(({ request }) => request.startsWith('PUT')).length, 3);

  // Cut in the middle of its first piece, and gone on with from there.
  let cut = 0;
  const lame = { ...lake, storage: { ...bound(lake), get: async (url: URL, from: number, bytes: number, signal?: AbortSignal) => {
    const piece = await lake.storage.get(url, from, bytes, signal);
    if (bytes < 1_000_000 || cut++ > 0) return piece;
    return { ...piece, body: (async function* () {
      let got = 0;
      for await (const chunk of piece.body) {
        yield chunk;
        if ((got += chunk.length) > 1_000_000) throw new RucioError('cutStream', 'cut by the test');
      }
    })() };
  } } };
  const down = await ended(engine, await engine.download(lame, { dids: [...contents.keys()].map((name) => ({ scope: SCOPE, name: `${unique}.${name}` })), folder: path.join(folder, 'down'), flat: true }));
  assert.equal(down.files.done, 3, told(engine, down));
  for (const [name, content] of contents) assert.ok(fs.readFileSync(path.join(folder, 'down', `${unique}.${name}`)).equals(content), name);
  assert.ok(cut >= 2);

  // Names as no schema of this server's lets them be registered, and others do.
  for (const odd of ['a b', '100%', 'a%20b', 'a+b&c=d', 'Größe-é-名', "a'b(c)!*"]) {
    const url = urlOf(`https://${new URL(info.rucio.http).hostname}:${store.port}/bucket/rucio/odd/${odd}`, odd);
    assert.equal(await lake.storage.stat(url), null, odd);
    await lake.storage.put(url, async function* () { yield Buffer.from(odd); }, Buffer.byteLength(odd));
    assert.equal(store.objects.get(`/bucket/rucio/odd/${odd}`)?.toString(), odd);
    assert.equal((await lake.storage.stat(url))?.bytes, Buffer.byteLength(odd));
    assert.equal(await lake.storage.remove(url), true);
    assert.ok(!store.objects.has(`/bucket/rucio/odd/${odd}`));
  }
  await assert.rejects(lake.storage.stat(urlOf(`https://${new URL(info.rucio.http).hostname}:${store.port}/bucket/rucio/odd/a#b`, 'a#b')), (error) => RucioError.is(error, 'configuration') && error.exceptionClass === 'NotSigned');

  const pieces: Buffer[] = [];
  const read = await readRemote({ client: lake.client, storage: lake.storage }, { scope: SCOPE, name: `${unique}.large.bin` }, 1000, (_at, bytes) => { if (bytes.length > 0) pieces.push(Buffer.from(bytes)); });
  assert.deepEqual([read.bytes, read.total, Buffer.concat(pieces).equals(contents.get('large.bin')!.subarray(0, 1000))], [1000, 3_000_001, true]);

  // Neither token nor certificate went there; no signature is in the journal or in a log.
  assert.ok(store.seen.length > 6 && store.seen.every(({ shown }) => !shown));
  assert.ok(store.seen.some(({ query }) => query.includes('X-Amz-Signature')));
  await engine.close();
  const journal = new Journal(state);
  const written = JSON.stringify([...journal.transfers(), ...journal.files(up.id, { limit: 10 }), ...journal.files(down.id, { limit: 10 })]);
  journal.close();
  assert.ok(written.includes(`:${store.port}/bucket/rucio/`));
  for (const text of [written, log.join('\n'), ...fs.readdirSync(state).map((name) => fs.readFileSync(path.join(state, name), 'latin1'))]) assert.doesNotMatch(text, /X-Amz-|AKIATEST/);
});

test('a signature that is refused or expired, and a server that can not sign, are said without it; another content at the name is not touched', async () => {
  await maySign(true);
  const lake = await opened();
  const engine = transfers();
  const content = randomBytes(2000);
  const one = await ended(engine, await engine.upload(lake, wish([file('said.bin', content)])));
  assert.equal(one.files.done, 1, told(engine, one));
  const name = `${unique}.said.bin`;
  store.answer = (method) => (method === 'GET' ? 403 : undefined);
  try {
    const down = await ended(engine, await engine.download(lake, { dids: [{ scope: SCOPE, name }], folder: path.join(folder, 'denied') }));
    assert.match(told(engine, down), /does not let you do this \(GET, 403: The test says so\)/);
    assert.doesNotMatch(told(engine, down), /X-Amz-|AKIATEST/);
  } finally {
    store.answer = undefined;
  }
  assert.match(secrets.scrub(`see https://x/y?a=b&X-Amz-Signature=0123456789abcdef&X-Amz-Credential=AKIATESTTESTTEST%2F20261128`), /X-Amz-Signature=…&X-Amz-Credential=…$/);
  // Whose name, by the server's own algorithm, another object has.
  const two = file('said2.bin', randomBytes(2000));
  const [pfn] = Object.values(JSON.parse((await rest(info, asRoot, 'GET', `/rses/${RSE}/lfns2pfns?lfn=${encodeURIComponent(`${SCOPE}:${unique}.said2.bin`)}&scheme=https&operation=write`)).text) as Record<string, string>);
  const place = new URL(pfn ?? assert.fail('no PFN')).pathname;
  store.objects.set(place, Buffer.from('of somebody else'));
  const occupied = await ended(engine, await engine.upload(lake, wish([two])));
  assert.match(told(engine, occupied), /Another file lies at /);
  assert.equal(store.objects.get(place)?.toString(), 'of somebody else');
});

test('what was damaged on its way is taken away again and sent anew; what somebody else put there meanwhile is not touched', async () => {
  await maySign(true);
  const lake = await opened();
  const engine = transfers();
  const spoilt = (body: Buffer): Buffer => Buffer.concat([body.subarray(1), Buffer.from('!')]);
  const asked = (name: string): string[] => store.seen.filter(({ request }) => request.endsWith(name)).map(({ request }) => request.split(' ')[0]!).filter((method) => method !== 'GET');
  const lying = (name: string): Buffer | undefined => [...store.objects].find(([at]) => at.endsWith(`/${unique}.${name}`))?.[1];
  const content = randomBytes(4000);
  try {
    let left = 1;
    store.damage = (_at, body) => (left-- > 0 ? spoilt(body) : body);
    const once = await ended(engine, await engine.upload(lake, wish([file('spoilt-once.bin', content)])));
    assert.deepEqual([once.state, once.files.done], ['done', 1], told(engine, once));
    assert.deepEqual([asked('spoilt-once.bin'), lying('spoilt-once.bin')?.equals(content)], [['PUT', 'DELETE', 'PUT'], true]);

    store.damage = (_at, body) => spoilt(body);
    const always = await ended(engine, await engine.upload(lake, wish([file('spoilt.bin', content)])));
    assert.equal(always.files.failed, 1, told(engine, always));
    assert.match(told(engine, always), /has not what was sent of .*: its md5 is [0-9a-f]{32}, and that of the bytes sent [0-9a-f]{32}\. It was taken away from there again\./);
    assert.equal(lying('spoilt.bin'), undefined);

    store.damage = (at, body) => {
      setImmediate(() => store.objects.set(at, Buffer.from('of somebody else')));
      return spoilt(body);
    };
    const theirs = await ended(engine, await engine.upload(lake, wish([file('theirs.bin', content)])));
    assert.equal(theirs.files.failed, 1, told(engine, theirs));
    assert.match(told(engine, theirs), /Another file lies at .* It was not touched/);
    assert.deepEqual([asked('theirs.bin'), lying('theirs.bin')?.toString()], [['PUT'], 'of somebody else']);
  } finally {
    store.damage = undefined;
  }
});

test('for Swift the server signs each operation apart, with an end', async () => {
  await maySign(true);
  const lake = await opened();
  const signer = new RucioSigner(lake.client);
  const url = new URL('https://swift.lake.test/v1/account/container/s/ab/f.bin');
  assert.equal(await signer.signs(url), true);
  assert.equal(await signer.signs(new URL('https://swift.lake.test/v1/account/other/f.bin')), false);
  for (const [operation, method] of [['read', 'GET'], ['write', 'PUT'], ['delete', 'DELETE']] as const) {
    const signed = await signer.sign(url, operation);
    const expires = signed.searchParams.get('temp_url_expires') ?? '';
    assert.equal(signed.searchParams.get('temp_url_sig'), createHmac('sha1', TEMPURL_KEY).update(`${method}\n${expires}\n${url.pathname}`).digest('hex'), operation);
    assert.equal(endOf(signed), Number(expires) * 1000);
    const left = Number(expires) - Date.now() / 1000;
    assert.ok(left > 500 && left < 700, `${left} s`);
  }
});

test('for Google Cloud, too, with the key of its service account', async () => {
  await maySign(true);
  const lake = await opened();
  const url = new URL('https://gcs.lake.test/bucket/rucio/s/ab/f.bin');
  const { private_key: key } = JSON.parse(fs.readFileSync(path.join(info.dir, 'etc', 'gcs.json'), 'utf8')) as { readonly private_key: string };
  for (const [operation, method] of [['read', 'GET'], ['write', 'PUT'], ['delete', 'DELETE']] as const) {
    const signed = await new RucioSigner(lake.client).sign(url, operation);
    const expires = signed.searchParams.get('Expires') ?? '';
    assert.equal(signed.searchParams.get('GoogleAccessId'), EMAIL);
    assert.ok(verify('RSA-SHA256', Buffer.from(`${method}\n\n\n${expires}\n${url.pathname}`), createPublicKey(key), Buffer.from(signed.searchParams.get('Signature') ?? '', 'base64')), operation);
    assert.equal(endOf(signed), Number(expires) * 1000);
  }
});

function bound({ storage }: TransferLake): TransferLake['storage'] {
  return {
    stat: async (...args) => storage.stat(...args), put: async (...args) => storage.put(...args), get: async (...args) => storage.get(...args),
    move: async (...args) => storage.move(...args), remove: async (...args) => storage.remove(...args), atOnce: async (...args) => await storage.atOnce?.(...args) ?? false,
  };
}
