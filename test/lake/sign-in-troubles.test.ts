// What goes wrong around signing in, at the real server and the real provider: a clock that is off, a provider that is away
// and comes back, a token for somebody else, certificates that have expired, a server that sends us elsewhere.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { explain } from '../../src/lake/advice.ts';
import type { Page } from '../../src/rucio/auth/way.ts';
import type { ErrorKind } from '../../src/rucio/errors.ts';
import { type Certificates, faultyProxy, makeCertificates } from '../support/faults.ts';
import { secure } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { withoutProvider } from '../support/lake/lake.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { visit } from '../support/lake/visit.ts';
import { podToken } from '../support/pod.ts';
import { openLake, type Opened } from './open-lake.ts';

const MINUTE = 60_000;
const realNow = Date.now;
let info: LakeInfo;
let folder: string;
let certificates: Certificates;
before(async () => {
  info = await sharedLake();
  folder = fs.mkdtempSync(path.join(info.dir, 'troubles-'));
  certificates = makeCertificates(folder);
});
afterEach(() => {
  Date.now = realNow;
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** This machine's clock, for everything in this process but OpenSSL. */
function clockIsOff(minutes: number): void {
  Date.now = () => realNow() + minutes * MINUTE;
}

/** An instance whose token is in a file; `write` puts another one there. */
function withFile(token: string): Opened & { readonly write: (token: string) => void } {
  const file = path.join(fs.mkdtempSync(path.join(folder, 'pod-')), 'token');
  const write = (text: string): void => fs.writeFileSync(file, text, { mode: 0o600 });
  write(token);
  return { ...openLake(info, null, { settings: { oidc_auth: 'file', oidc_file_name: file } }), write };
}

/** A person at the provider's page with the code; leaves it open. */
function withCode(settings: Readonly<Record<string, unknown>> = {}): Opened {
  const openPage = async (page: Page, signal: AbortSignal): Promise<void> => {
    const reply = await secure(info, `${info.idp.approve}?user_code=${page.userCode}`);
    assert.equal(reply.status, 200, reply.text);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
    });
  };
  return openLake(info, null, { people: { openPage }, settings: { oidc_issuer: info.idp.issuer, oidc_client_id: info.idp.clients.public, ...settings } });
}

async function says(work: Promise<unknown>, kind: ErrorKind, words: RegExp, next?: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    const said = explain(error);
    assert.equal(said.kind, kind, said.what);
    assert.match(said.what, words);
    if (next) assert.match(said.next, next);
    return true;
  });
}

const literal = (text: string): string => text.replaceAll(/[.?/]/g, '\\$&');

test('a clock that is 10 minutes fast: what is good stays good, and what has ended is said with the reason', async () => {
  const [short, dead] = [await podToken(info, 300), await podToken(info, -30)];
  clockIsOff(10);
  const { lake, calls, asked, write } = withFile(short);
  const session = await lake.session.signInQuietly();
  assert.equal(session.account, 'alice');
  const left = session.expiresAt! - Date.now();
  assert.ok(left > 4 * MINUTE && left <= 5 * MINUTE + 1000, `${left} ms are left on this machine's clock`);
  assert.ok((await lake.listScopes(true)).includes('user.alice'));
  assert.equal(calls.filter((line) => line.startsWith('GET /ping ')).length, 1, 'asked once what time it is');
  assert.deepEqual(asked, []);
  lake.close();

  const late = withFile(dead);
  await says(late.lake.session.signInQuietly(), 'signInNeeded', /has expired\. This machine’s clock is 10 minutes fast\./);
  late.lake.close();
  write(short);

  const person = withCode({ oidc_client_id: info.idp.clients.brief });
  assert.equal((await person.lake.session.signIn({ method: 'device' })).account, 'alice');
  assert.ok((await person.lake.listScopes(true)).includes('user.alice'));
  const token = await person.lake.session.current();
  assert.equal(await person.lake.session.current(), token, 'of 12 s, and not renewed for each call');
  person.lake.close();
});

test('a clock that is 10 minutes slow: what has ended is known to have ended', async () => {
  const dead = await podToken(info, -120);
  clockIsOff(-10);
  const { lake, write } = withFile(dead);
  await says(lake.session.signInQuietly(), 'signInNeeded', /has expired\. This machine’s clock is 10 minutes slow\./);
  write(await podToken(info, 600));
  assert.equal((await lake.session.signInQuietly()).account, 'alice');
  assert.ok(Math.abs(lake.session.info.expiresAt! - Date.now() - 10 * MINUTE) < 5000);
  lake.close();
  const person = withCode();
  assert.equal((await person.lake.session.signIn({ method: 'device' })).account, 'alice');
  person.lake.close();
});

test('a token for another audience', async () => {
  const token = (await secure(info, `${info.idp.token}?sub=alice&ttl=600&aud=somebody-else`)).text.trim();
  const whom = `It is for the audience “somebody-else”, from ${info.idp.issuer}: perhaps it is meant for another server.`;
  const { lake } = withFile(token);
  for (const _ of ['asked', 'not asked again']) await says(lake.session.signInQuietly(), 'signInNeeded', new RegExp(`The token in \\S+ was refused by the server\\. ${literal(whom)}$`));
  await says(lake.session.signIn({ method: 'token', token }), 'wrongCredentials', new RegExp(`The server does not accept this token\\. ${literal(whom)}$`));
  lake.close();
});

test('a provider that is away when a person signs in, and comes back: with a code, and through Rucio', async () => {
  const device = withCode();
  // The address of the page is Rucio's, and leads to the provider: who finds nobody there closes it.
  const found: string[] = [];
  const rucio = openLake(info, null, { people: { openPage: async ({ url }, signal) => {
    found.push(await visit(info, url).then(({ status }) => String(status), String));
    if (found.at(-1) === '200') await new Promise<void>((resolve) => { signal.addEventListener('abort', () => resolve()); });
  } } });
  // A Rucio that has not met the provider yet gives no address at all; this one has.
  const first = openLake(info, null, { people: { openPage: async () => undefined } });
  await says(first.lake.session.signIn({ method: 'oidc' }), 'cancelled', /./);
  first.lake.close();
  const host = literal(new URL(info.idp.issuer).host);
  await withoutProvider(info, async () => {
    await says(device.lake.session.signIn({ method: 'device' }), 'unreachable', new RegExp(`^${host} can't be reached: it refused the connection`));
    await says(rucio.lake.session.signIn({ method: 'oidc' }), 'cancelled', /./);
    assert.match(found.join(), /^[^,]*ECONNREFUSED[^,]*$/, 'the browser says it');
  });
  for (const [{ lake }, method] of [[device, 'device'], [rucio, 'oidc']] as const) {
    const session = await lake.session.signIn({ method });
    assert.deepEqual([session.account, session.method], ['alice', method]);
    assert.ok((await lake.listScopes(true)).includes('user.alice'));
    lake.close();
  }
  assert.deepEqual(found.slice(1), ['200']);
});

test('a provider that is away at the start, and comes back: said in words, and then signed in with nobody asked', async () => {
  const before = withCode();
  await before.lake.session.signIn({ method: 'device' });
  before.lake.close();
  assert.match(before.stored.value!, /refreshToken/);

  const host = literal(new URL(info.idp.issuer).host);
  const next = openLake(info, null, { people: { openPage: async () => assert.fail('no page') }, settings: { oidc_issuer: info.idp.issuer, oidc_client_id: info.idp.clients.public } });
  next.stored.value = before.stored.value;
  const { lake, asked } = next;
  await withoutProvider(info, async () => {
    for (let i = 0; i < 2; i++) await says(lake.session.signInQuietly(), 'unreachable', new RegExp(`^${host} can't be reached: it refused the connection`));
    await says(lake.listScopes(true), 'unreachable', new RegExp(`^${host} can't be reached`));
    assert.equal(lake.session.info.state, 'signedOut');
    assert.equal(next.stored.value, before.stored.value, 'what is remembered stays');
  }, { remembers: true });
  assert.ok((await lake.listScopes(true)).includes('user.alice'));
  assert.deepEqual([lake.session.info.account, lake.session.info.method], ['alice', 'device']);
  assert.deepEqual(asked, []);
  lake.close();
});

test('a certificate that has expired, and an authority that has', async (t) => {
  for (const [tls, caFile] of [[certificates.expired, certificates.caFile], [certificates.byExpiredCa, certificates.byExpiredCa.caFile]] as const) {
    const server = await faultyProxy(info.rucio.http, { tls, host: 'lake.test' });
    t.after(() => server.close());
    const { lake } = openLake(info, null, { settings: { rucio_base_url: server.url, rucio_auth_url: server.url, rucio_ca_cert: caFile } });
    await says(lake.session.signIn({ method: 'userpass', ...info.accounts.alice.userpass }), 'certificate', /has expired \(or this machine's clock is wrong\)/, /renewed by those who run it/);
    assert.equal(server.seen.length, 0, 'no password was sent');
    lake.close();
  }
});

test('a server that sends us elsewhere gets no second word, and elsewhere gets none at all', async (t) => {
  const elsewhere = await faultyProxy((_request, response) => void response.end('{}'), { host: 'lake.test' });
  const server = await faultyProxy(info.rucio.http);
  t.after(() => Promise.all([server.close(), elsewhere.close()]));
  server.add({ redirect: `${elsewhere.url}/auth` });
  const { lake } = openLake(info, null, { settings: { rucio_base_url: server.url, rucio_auth_url: server.url } });
  for (const credentials of [{ method: 'userpass', ...info.accounts.alice.userpass }, { method: 'token', token: await podToken(info, 600) }, { method: 'oidc' }] as const) {
    await says(lake.session.signIn(credentials), 'notRucio', /sends us on to http:\/\/lake\.test:\d+[;:]/);
  }
  assert.equal(elsewhere.seen.length, 0);
  lake.close();
});
