// What a person reads when something goes wrong: each failure of the list in the issue, on the real server or behind a proxy
// that misbehaves, through the real service: what happened, to what, and what to do next.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { ServiceFailure } from '../../src/client/client.ts';
import * as protocol from '../../src/protocol.ts';
import type { DID, DIDRow, Failure } from '../../src/protocol.ts';
import { adler32 } from '../support/adler32.ts';
import { faultyProxy, type FaultyProxy, makeCertificates } from '../support/faults.ts';
import { instanceOf, type InstanceSetting, signIn } from '../support/instance.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { type TestClient, type TestService, testService } from '../support/service.ts';

let lake: LakeInfo;
let service: TestService;
let proxy: FaultyProxy;

before(async () => {
  lake = await sharedLake();
  service = testService();
  proxy = await faultyProxy(lake.rucio.http);
});
after(async () => {
  await service?.stop();
  await proxy?.close();
});

/** A window with an instance of its own, signed in unless `account` is null. */
async function open(change: Partial<InstanceSetting> = {}, account: 'alice' | 'bob' | null = 'alice'): Promise<TestClient> {
  const client = service.client({ instances: [instanceOf(lake, change)] });
  if (account) await signIn(client, lake, account);
  return client;
}

/** An instance behind the misbehaving proxy; each gets a name in its URL of its own, so nobody shares a connection. */
const behindProxy = (): Partial<InstanceSetting> => {
  proxy.clear();
  return { rucio_base_url: proxy.url };
};

async function failure(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof ServiceFailure, String(error));
    const { what, next } = error.failure;
    assert.ok(what.length > 10 && what.length < 1000, what);
    assert.ok(next.length > 5, `no next step: ${what}`);
    for (const account of Object.values(lake.accounts)) assert.ok(!`${what}${next}`.includes(account.userpass.password), 'a password in an error');
    return error.failure;
  }
  throw new assert.AssertionError({ message: 'it did not fail' });
}

const scopes = (client: TestClient): Promise<readonly string[]> => client.request(protocol.listScopes, { instance: 'lake', mine: false });
function rowsOf(client: TestClient, scope: string, limit = 200): Promise<readonly DIDRow[]> {
  const found: DIDRow[] = [];
  return client.stream(protocol.listDids, protocol.didRows, (rows) => ({ instance: 'lake', scope, name: '*', type: 'all' as const, limit, rows }), (rows: readonly DIDRow[]) => { found.push(...rows); }).then(() => found);
}
function did(text: string): DID {
  const colon = text.indexOf(':');
  return { scope: text.slice(0, colon), name: text.slice(colon + 1) };
}

test('wrong password', async () => {
  const client = await open({}, null);
  const { kind, what, actions } = await failure(client.request(protocol.signIn, { instance: 'lake', credentials: { method: 'userpass', username: 'alice', password: 'wrong' } }));
  assert.equal(kind, 'wrongCredentials');
  assert.match(what, /refused/);
  assert.ok(actions.includes('signIn'));
});

test('not signed in: a person is asked once, and not again after saying no', async () => {
  const client = await open({ display_name: 'Unsigned' }, null);
  const { kind, actions } = await failure(scopes(client));
  assert.equal(kind, 'signInNeeded');
  assert.ok(actions.includes('signIn'));
  await failure(scopes(client));
  assert.equal(client.questions.length, 1, 'a dismissed question is not asked again');
});

test('unknown host, and a host where nothing listens', async () => {
  const unknown = await failure((await open({ rucio_base_url: 'https://no-such-host.invalid' }, null)).request(protocol.ping, { instance: 'lake' }));
  assert.equal(unknown.kind, 'unreachable');
  assert.match(unknown.what, /no-such-host\.invalid/);
  const closed = await failure((await open({ rucio_base_url: 'http://lake.test:9' }, null)).request(protocol.ping, { instance: 'lake' }));
  assert.equal(closed.kind, 'unreachable');
  assert.match(closed.what, /lake\.test:9/);
});

test('a certificate of an authority that is not trusted, and a CA file that is none', async () => {
  const folder = path.join(service.folder, 'certificates');
  fs.mkdirSync(folder);
  const certificates = makeCertificates(folder);
  const other = await failure((await open({ rucio_ca_cert: certificates.ca }, null)).request(protocol.ping, { instance: 'lake' }));
  assert.equal(other.kind, 'certificate');
  assert.match(other.next, /rucio_ca_cert/);
  const broken = path.join(folder, 'broken.pem');
  fs.writeFileSync(broken, 'not a certificate');
  const none = await failure((await open({ rucio_ca_cert: broken }, null)).request(protocol.ping, { instance: 'lake' }));
  assert.equal(none.kind, 'configuration');
  assert.ok(none.what.includes(broken), none.what);
});

test('a log-in page where Rucio should be', async () => {
  const client = await open(behindProxy());
  proxy.add({ html: 'Hotel Wi-Fi' });
  const { kind, what, next } = await failure(scopes(client));
  assert.equal(kind, 'notRucio');
  assert.match(what, /Hotel Wi-Fi/);
  assert.match(next, /log-in page|proxy/);
});

test('a stream that is cut is a failure, and what came is not taken for the whole', async () => {
  const client = await open(behindProxy());
  proxy.add({ path: /search/, cutAfterRows: 3 });
  const { kind, actions } = await failure(rowsOf(client, 'test'));
  assert.equal(kind, 'cutStream');
  assert.ok(actions.includes('retry'));
  proxy.clear();
  assert.ok((await rowsOf(client, 'test')).length > 3, 'Retry works');
});

test('503 for a moment is waited out; for good it is said', async () => {
  const client = await open(behindProxy());
  proxy.add({ path: /scopes/, times: 1, answer: { status: 503, retryAfter: 0 } });
  assert.ok((await scopes(client)).length > 0);
  proxy.add({ path: /scopes/, answer: { status: 503, body: 'Currently there are too many requests' } });
  const { kind, next } = await failure(scopes(client));
  assert.equal(kind, 'busy');
  assert.match(next, /again/);
});

test('quota exceeded: says so, with the way out, and nothing was made', async () => {
  const client = await open();
  const huge = did(lake.seed.dids['over-quota']);
  const preview = await client.request(protocol.previewMakeAvailable, { instance: 'lake', did: huge });
  assert.ok(preview.quotaRemaining !== null && preview.bytes !== null && preview.bytes > preview.quotaRemaining, JSON.stringify(preview));
  const { kind, what, exceptionClass } = await failure(client.request(protocol.makeAvailable, { instance: 'lake', did: huge }));
  assert.equal(kind, 'quota');
  assert.equal(exceptionClass, 'InsufficientAccountLimit');
  assert.match(what, /quota/i);
  assert.equal(await client.request(protocol.ruleOf, { instance: 'lake', did: huge }), null);
});

test('no permission', async () => {
  // The words of a real refusal (rucio-lake answers them to a rule for another account), which this policy has no other occasion for.
  const client = await open({ ...behindProxy() });
  proxy.add({ method: 'POST', path: /^\/rules\/?$/, answer: { status: 401, body: { ExceptionClass: 'AccessDenied', ExceptionMessage: 'Account alice can not add replication rule. ' } } });
  const { kind, what, next } = await failure(client.request(protocol.makeAvailable, { instance: 'lake', did: did(lake.seed.dids['two-sites']) }));
  assert.equal(kind, 'accessDenied');
  assert.match(what, /may not|can not/);
  assert.match(next, /permission|account/);
  assert.equal((await client.request(protocol.signIn, { instance: 'lake' })).state, 'signedIn', 'AccessDenied is no sign-out');
});

test('a quota of nothing is refused by the real server', async () => {
  const { kind } = await failure((await open({ destination_rse: 'XRD2_TAPE' }, 'bob')).request(protocol.makeAvailable, { instance: 'lake', did: did(lake.seed.dids['two-sites']) }));
  assert.equal(kind, 'quota');
});

test('unknown RSE: the setting is named', async () => {
  const client = await open({ destination_rse: 'NO-SUCH-RSE' });
  const { what, next, actions } = await failure(client.request(protocol.makeAvailable, { instance: 'lake', did: did(lake.seed.dids['two-sites']) }));
  assert.match(what + next, /NO-SUCH-RSE|destination_rse/);
  assert.ok(actions.includes('openSettings'));
});

test('an empty scope, an unknown scope, an unknown DID', async () => {
  const client = await open();
  assert.deepEqual(await rowsOf(client, 'empty'), []);
  assert.deepEqual(await rowsOf(client, 'no.such.scope'), []);
  const { kind, what } = await failure(client.request(protocol.getDid, { instance: 'lake', did: { scope: 'test', name: 'no.such.name' } }));
  assert.equal(kind, 'notFound');
  assert.match(what, /test:no\.such\.name/);
});

test('names with : % # + ? a space, a leading / and letters of the world: found, listed, available, read by their path', async () => {
  const client = await open();
  const here = lake.seed.odd.filter(({ path: at }) => at !== undefined);
  assert.ok(here.length >= 8);
  const listed = new Set((await rowsOf(client, 'test', 5000)).map(({ name }) => name));
  for (const odd of here) {
    const one = did(odd.did);
    assert.ok(listed.has(one.name), `${odd.what}: not in the listing`);
    const details = await client.request(protocol.getDid, { instance: 'lake', did: one });
    assert.deepEqual({ ...one, bytes: odd.bytes }, { scope: details.scope, name: details.name, bytes: details.bytes }, odd.what);
    const found: DIDRow[] = [];
    await client.stream(protocol.searchDids, protocol.didRows, (rows) => ({ instance: 'lake', text: odd.did, type: 'all' as const, limit: 200, rows }), (rows: readonly DIDRow[]) => { found.push(...rows); });
    assert.ok(found.some(({ name }) => name === one.name), `${odd.what}: not found by search`);
    const state = await client.request(protocol.availability, { instance: 'lake', did: one });
    assert.equal(state.state, 'available', `${odd.what}: ${state.looked}`);
    const local = await client.request(protocol.localPath, { instance: 'lake', did: one });
    assert.ok(local.path, `${odd.what}: ${local.problem}`);
    assert.equal(adler32(fs.readFileSync(local.path)), odd.adler32, odd.what);
  }
});

test('a person is asked once when the token dies under several calls at once, and nothing is lost', async () => {
  const change = behindProxy();
  let asked = 0;
  const client = service.client({
    instances: [instanceOf(lake, change)],
    credentials: async () => {
      asked++;
      await new Promise((resolve) => { setTimeout(resolve, 200); });
      return { method: 'userpass', ...lake.accounts.alice.userpass };
    },
  });
  const login = await fetch(`${lake.rucio.http}/auth/userpass`, { headers: { 'X-Rucio-Username': 'alice', 'X-Rucio-Password': lake.accounts.alice.userpass.password, 'X-Rucio-Account': 'alice' } });
  const token = login.headers.get('x-rucio-auth-token') ?? '';
  await client.request(protocol.signIn, { instance: 'lake', credentials: { method: 'token', token } });
  proxy.killToken(token);
  const answers = await Promise.all([scopes(client), rowsOf(client, 'test'), scopes(client), rowsOf(client, 'eulake')]);
  assert.ok(answers.every((answer) => answer.length > 0));
  assert.equal(asked, 1);
});
