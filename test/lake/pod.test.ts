// In a pod: its environment and files as the images of a data lake write them, not one setting, and nobody is asked
// anything; not when the token is replaced either. The JWTs are the real provider's, the server is a real Rucio.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { podEnvironment } from '../../src/client/environment.ts';
import { ServiceFailure } from '../../src/client/client.ts';
import * as protocol from '../../src/protocol.ts';
import type { DIDRow, SessionInfo } from '../../src/protocol.ts';
import { clientOf } from '../../src/rucio/auth/token.ts';
import { configurationDocument } from '../../src/ui/configuration/document.ts';
import { faultyProxy } from '../support/faults.ts';
import { instanceOf } from '../support/instance.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { upLake } from '../support/lake/lake.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { podIn, podToken, type Pod } from '../support/pod.ts';
import { type TestClient, type TestService, testService } from '../support/service.ts';

const SCALE = 10_000;
let lake: LakeInfo;
let service: TestService;
let site: http.Server;
let base: string;
/** What the site's server (remote configuration, hub) answers. */
const answers = new Map<string, () => [number, unknown] | Promise<[number, unknown]>>();

before(async () => {
  lake = await sharedLake();
  await upLake({ dir: lake.dir, scale: SCALE });
  service = testService();
  site = http.createServer((request, response) => {
    const answer = async (): Promise<[number, unknown]> => answers.get(request.url ?? '')?.() ?? [404, {}];
    void answer().then(([status, body]) => response.writeHead(status).end(JSON.stringify(body)));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => site.once('listening', resolve));
  base = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});
after(async () => {
  site?.close();
  await service?.stop();
});

const jwt = (seconds: number, sub: 'alice' | 'bob' = 'alice'): Promise<string> => podToken(lake, seconds, sub);

const pod = (name: string): Pod => podIn(path.join(service.folder, name), lake);

const windowOf = (env: Record<string, string>, more: { hubTokenUrl?: string } = {}): TestClient => service.client({ env: podEnvironment(env, []), ...more });

async function list(client: TestClient, instance: string, onFirst: () => void = () => undefined): Promise<Set<string>> {
  const names = new Set<string>();
  await client.stream(protocol.listDids, protocol.didRows, (rows) => ({ instance, scope: 'scale', name: '*', type: 'all' as const, limit: SCALE * 2, rows }), (rows: readonly DIDRow[]) => {
    if (names.size === 0) onFirst();
    for (const row of rows) names.add(row.name);
  }, { onRestart: () => names.clear() });
  return names;
}

const sessionOf = async (client: TestClient, instance: string): Promise<SessionInfo | undefined> => (await client.request(protocol.configuration, {})).instances.find(({ name }) => name === instance)?.session;

test('with no setting at all: browse, and the token replaced while a listing streams', async () => {
  const { env, tokenFile, renew } = pod('zero');
  const [first, second] = [await jwt(600), await jwt(7200)];
  renew(first);
  // Frozen at the pod's start: it has long expired.
  env['RUCIO_ACCESS_TOKEN'] = await jwt(1);
  await sleep(1100);
  const client = windowOf(env);
  const { instances, problems } = await client.welcome();
  assert.deepEqual(problems, []);
  assert.deepEqual(instances.map(({ name, origin, tokenFile: file }) => [name, origin, file]), [['escape', 'environment (RUCIO_*)', tokenFile]]);
  assert.ok((await client.request(protocol.listScopes, { instance: 'escape', mine: true })).includes('user.alice'));
  const before = await sessionOf(client, 'escape');
  assert.deepEqual([before?.account, before?.method], ['alice', 'file']);

  const heard: SessionInfo[] = [];
  client.on(protocol.sessionChanged, (session) => heard.push(session));
  const names = await list(client, 'escape', () => renew(second));
  assert.ok(names.size >= SCALE, `${names.size} rows`);
  for (let i = 0; i < 50 && heard.length === 0; i++) await sleep(50);
  assert.ok((heard.at(-1)?.expiresAt ?? 0) > (before?.expiresAt ?? 0) + 3_600_000, 'the new token is in use without a call');
  assert.equal((await list(client, 'escape')).size, names.size);
  assert.deepEqual([client.questions, client.states.filter((state) => state !== 'connected' && state !== 'connecting')], [[], []]);
});

test('the old token dies: the new one is there in time, nothing is asked', async () => {
  const { env, renew } = pod('short');
  renew(await jwt(4));
  const client = windowOf(env);
  await client.request(protocol.listScopes, { instance: 'escape', mine: true });
  const names = await list(client, 'escape', () => void jwt(7200).then(renew));
  await sleep(4000);
  assert.equal((await list(client, 'escape')).size, names.size);
  assert.deepEqual(client.questions, []);
});

test('a service that starts again says at once who is signed in, and asks for what is wanted without asking whom the token is for; a token that is taken back is refused then', async () => {
  const proxy = await faultyProxy(lake.rucio.http, { host: 'lake.test' });
  const own = testService();
  try {
    const { env, renew } = podIn(path.join(own.folder, 'again'), { ...lake, rucio: { ...lake.rucio, https: proxy.url } });
    renew(await jwt(600));
    const start = async (): Promise<{ readonly greeted: string | undefined; readonly scopes: readonly string[]; readonly asked: readonly string[] }> => {
      const before = proxy.seen.length;
      const client = own.client({ env: podEnvironment(env, []) });
      try {
        const greeted = (await client.welcome()).sessions[0]?.account;
        const scopes = await client.request(protocol.listScopes, { instance: 'escape', mine: true });
        return { greeted, scopes, asked: proxy.seen.slice(before).map((one) => one.path) };
      } finally {
        await own.end(client);
      }
    };
    const first = await start();
    assert.ok(first.scopes.includes('user.alice'));
    assert.deepEqual([first.greeted, first.asked], [undefined, ['/accounts/whoami', '/scopes/alice/scopes']]);
    const again = await start();
    assert.deepEqual(again, { greeted: 'alice', scopes: first.scopes, asked: ['/scopes/alice/scopes'] });
    proxy.add({ path: /^\/(scopes|accounts)\//, answer: { status: 401, headers: { ExceptionClass: 'CannotAuthenticate' }, body: { ExceptionClass: 'CannotAuthenticate', ExceptionMessage: 'Cannot authenticate with given credentials' } } });
    await assert.rejects(start(), (error) => error instanceof ServiceFailure && error.failure.kind === 'signInNeeded' && /was refused by the server/.test(error.failure.what));
    proxy.clear();
    assert.deepEqual((await start()).asked, ['/accounts/whoami', '/scopes/alice/scopes']);
  } finally {
    await own.stop();
    await proxy.close();
  }
});

test('three instances and one broken $url: two work and one says why', async () => {
  const { env, write, renew, tokenFile } = pod('three');
  renew(await jwt(600));
  const { name: _, ...whole } = instanceOf(lake);
  answers.set('/good.json', () => [200, { ...whole, oidc_auth: 'file', oidc_file_name: tokenFile }]);
  answers.set('/broken.json', () => [503, {}]);
  write('.jupyter/jupyter_server_config.json', JSON.stringify({ RucioConfig: {
    instances: [
      { name: 'local', ...whole, oidc_auth: 'env', oidc_env_name: 'MY_LAKE_TOKEN' },
      { name: 'remote', display_name: 'From far', $url: `${base}/good.json`, path_begins_at: 1 },
      { name: 'broken', display_name: 'Broken', $url: `${base}/broken.json` },
    ], default_instance: 'remote', default_auth_type: 'oidc',
  } }));
  for (const key of Object.keys(env)) if (key.startsWith('RUCIO_')) delete env[key];
  const client = windowOf({ ...env, MY_LAKE_TOKEN: await jwt(600, 'bob') });
  const { instances, problems } = await client.welcome();
  assert.deepEqual(instances.map(({ name }) => name), ['remote', 'local']);
  assert.ok((await client.request(protocol.listScopes, { instance: 'local', mine: true })).includes('user.bob'));
  assert.ok((await client.request(protocol.listScopes, { instance: 'remote', mine: true })).includes('user.alice'));
  assert.equal(problems.length, 1);
  assert.match(problems[0]!.source, /RucioConfig\.instances\[2\]$/);
  assert.match(problems[0]!.problem, /"broken" is left out: \$url http:\S+\/broken\.json can't be read: .*status 503/);
  assert.deepEqual(client.questions, []);
});

test('bearer token discovery: the file is used; a stranger\'s token in BEARER_TOKEN stands in nobody\'s way', async () => {
  const { home, write } = pod('wlcg');
  const env = { HOME: home, RUCIO_BASE_URL: lake.rucio.https, RUCIO_CA_CERT: lake.ca.file, BEARER_TOKEN: `eyJhbGciOiJub25lIn0.${Buffer.from('{"iss":"https://elsewhere.example.org","aud":"x"}').toString('base64url')}.x` };
  const client = service.client({ env: podEnvironment(env, []), credentials: async () => ({ method: 'userpass', ...lake.accounts.bob.userpass }) });
  assert.ok((await client.request(protocol.listScopes, { instance: 'default', mine: true })).includes('user.bob'));
  assert.deepEqual(client.questions, ['The token in the variable BEARER_TOKEN was refused by the server. It is for the audience “x”, from https://elsewhere.example.org: perhaps it has expired, or is meant for another server.']);
  await client.request(protocol.signOut, { instance: 'default' });
  const other = windowOf({ ...env, RUCIO_NAME: 'wlcg', BEARER_TOKEN_FILE: write('bt', await jwt(600)) });
  assert.ok((await other.request(protocol.listScopes, { instance: 'wlcg', mine: true })).includes('user.alice'));
  assert.deepEqual(other.questions, []);
});

test('rucio.cfg alone, with a password in it: signed in quietly, as rucio itself is', async () => {
  const { home, write } = pod('cfg');
  const { username, password } = lake.accounts.alice.userpass;
  write('rucio/etc/rucio.cfg', `[client]\nrucio_host = ${lake.rucio.https}\nauth_host = ${lake.rucio.https}\nca_cert = ${lake.ca.file}\nauth_type = userpass\nusername = ${username}\npassword = ${password}\naccount = alice\n`);
  const client = windowOf({ HOME: home, RUCIO_HOME: path.join(home, 'rucio') });
  const [instance] = (await client.welcome()).instances;
  assert.ok((await client.request(protocol.listScopes, { instance: instance!.name, mine: true })).includes('user.alice'));
  assert.equal((await sessionOf(client, instance!.name))?.method, 'config');
  const text = JSON.stringify([await client.welcome(), await client.request(protocol.configuration, {}), await client.request(protocol.status, {})]);
  assert.ok(!text.includes(password));
  assert.deepEqual([client.questions, [...client.secrets]], [[], []], 'it is kept nowhere else');
});

test('a rucio.cfg for the same server that would use a grid proxy: the environment’s default way holds, so the pod’s token is used', async () => {
  const { home, env, write } = pod('default');
  // As the images for X.509 have it; no proxy lies there.
  write('rucio/etc/rucio.cfg', `[client]\nrucio_host = ${lake.rucio.https}\nauth_host = ${lake.rucio.https}\nca_cert = ${lake.ca.file}\nauth_type = x509_proxy\nclient_x509_proxy = ${home}/no-proxy\n`);
  for (const key of Object.keys(env)) if (key.startsWith('RUCIO_OIDC_')) delete env[key];
  const client = windowOf({ ...env, RUCIO_HOME: path.join(home, 'rucio'), BEARER_TOKEN_FILE: write('bt', await jwt(600)) });
  assert.ok((await client.request(protocol.listScopes, { instance: 'escape', mine: true })).includes('user.alice'));
  const text = configurationDocument(await client.request(protocol.configuration, {}));
  assert.match(text, /auth_type = oidc {4}\[environment \(RUCIO_\*\), RUCIO_DEFAULT_AUTH_TYPE\]/);
  assert.match(text, /ignored: auth_type = x509_proxy {4}\[\S+rucio\.cfg\]: environment \(RUCIO_\*\) is stronger/);
  assert.deepEqual(client.questions, []);
});

test('no authority named for the server: the machine’s folder of them is believed', async () => {
  const { env, renew } = pod('authorities');
  renew(await jwt(600));
  delete env['RUCIO_CA_CERT'];
  await assert.rejects(windowOf(env).request(protocol.listScopes, { instance: 'escape', mine: true }), (error) => error instanceof ServiceFailure && /certificate/.test(error.failure.what));
  const client = windowOf({ ...env, RUCIO_NAME: 'grid', X509_CERT_DIR: lake.ca.dir });
  assert.ok((await client.request(protocol.listScopes, { instance: 'grid', mine: true })).includes('user.alice'));
  const text = configurationDocument(await client.request(protocol.configuration, {}));
  assert.match(text, /rucio_ca_cert = \S+ {4}\[environment, X509_CERT_DIR\]/);
  assert.match(text, new RegExp(`certificates: ${lake.ca.dir}, beside `));
});

/** The hub's own place, which no test can move: what lies there meanwhile is put back. */
async function withHubFile(work: (write: (token: string) => void) => Promise<void>): Promise<void> {
  const file = '/tmp/rucio_oauth.token';
  const aside = `${file}.aside-${process.pid}`;
  const was = fs.existsSync(file);
  if (was) fs.renameSync(file, aside);
  try {
    await work((token) => {
      fs.writeFileSync(`${file}.new-${process.pid}`, token, { mode: 0o600 });
      fs.renameSync(`${file}.new-${process.pid}`, file);
    });
  } finally {
    fs.rmSync(file, { force: true });
    if (was) fs.renameSync(aside, file);
  }
}

test('a variable that has died, and the file that the hub writes though nothing names it: it is used, renewed, and never taken where it is our own', () => withHubFile(async (renew) => {
  const { env } = pod('hubFile');
  delete env['RUCIO_OIDC_FILE_NAME'];
  Object.assign(env, { RUCIO_OIDC_AUTH: 'env', RUCIO_ACCESS_TOKEN: await jwt(1) });
  const first = await jwt(600);
  await sleep(1100);
  renew(first);
  const client = windowOf(env);
  assert.ok((await client.request(protocol.listScopes, { instance: 'escape', mine: true })).includes('user.alice'));
  const before = await sessionOf(client, 'escape');
  assert.deepEqual([before?.account, before?.method], ['alice', 'file']);
  assert.match(configurationDocument(await client.request(protocol.configuration, {})), /\/tmp\/rucio_oauth\.token \(as the hub writes it\): set, ends 2/);
  const heard: SessionInfo[] = [];
  client.on(protocol.sessionChanged, (session) => heard.push(session));
  renew(await jwt(7200));
  for (let i = 0; i < 100 && heard.length === 0; i++) await sleep(50);
  assert.ok((heard.at(-1)?.expiresAt ?? 0) > (before?.expiresAt ?? 0) + 3_600_000, 'the new one is in use without a call');
  assert.deepEqual(client.questions, []);
  // From a sign-in here, for other programs: the client that it was given to is this instance's own.
  const own = windowOf({ ...env, RUCIO_NAME: 'own', RUCIO_OIDC_ISSUER: lake.idp.issuer, RUCIO_OIDC_CLIENT_ID: clientOf(first) ?? assert.fail('the provider names no client') });
  await assert.rejects(own.request(protocol.listScopes, { instance: 'own', mine: true }), (error) => error instanceof ServiceFailure && error.failure.kind === 'signInNeeded' && /RUCIO_ACCESS_TOKEN has expired/.test(error.failure.what));
  assert.match(configurationDocument(await own.request(protocol.configuration, {})), /not used: The token in \/tmp\/rucio_oauth\.token is from a sign-in here/);
}));

test('the hub is asked when the file has gone stale; 403 is said with the link, and passes without a restart', async () => {
  const { env, renew } = pod('hub');
  renew(await jwt(1));
  await sleep(1100);
  const secret = 'planted-hub-token';
  Object.assign(env, { JUPYTERHUB_API_URL: `${base}/hub/api`, JUPYTERHUB_API_TOKEN: secret, JUPYTERHUB_HOST: 'https://hub.example.org', JUPYTERHUB_BASE_URL: '/' });
  answers.set('/services/pod-tokens/', () => [403, { secret }]);
  const client = windowOf(env, { hubTokenUrl: `${base}/services/pod-tokens/` });
  await assert.rejects(client.request(protocol.listScopes, { instance: 'escape', mine: true }), (error) => {
    assert.ok(error instanceof ServiceFailure);
    const { kind, what, next, link, actions } = error.failure;
    assert.deepEqual([kind, what, link, actions], ['signInNeeded', 'Your sign-in at the hub has ended.', 'https://hub.example.org/hub/login', ['openLink', 'retry', 'signIn']]);
    assert.ok(!`${what}${next}`.includes(secret));
    return true;
  });
  answers.set('/services/pod-tokens/', async () => [200, { name: 'alice', tokens: { rucio: { access_token: await jwt(600) } } }]);
  await sleep(5100);
  assert.ok((await client.request(protocol.listScopes, { instance: 'escape', mine: true })).includes('user.alice'));
  assert.equal((await sessionOf(client, 'escape'))?.method, 'hub');
  assert.deepEqual(client.questions, []);
});

test('Show Configuration: each value with its source, what was ignored and why, and no secret', async () => {
  const { env, write, renew } = pod('shown');
  const token = await jwt(600);
  const password = 'planted-password';
  renew(token);
  write('.jupyter/jupyter_server_config.json', JSON.stringify({ RucioConfig: { instances: [{ name: 'escape', rucio_base_url: `${lake.rucio.https}/`, path_begins_at: 4, password, token }] } }));
  write('rucio/etc/rucio.cfg', `[client]\nrucio_host = https://other.example.org\nauth_host = https://u:${password}@other.example.org\nusername = x\npassword = ${password}\n`);
  Object.assign(env, { RUCIO_HOME: path.join(env['HOME']!, 'rucio'), RUCIO_ACCESS_TOKEN: token, BEARER_TOKEN: token, JUPYTERHUB_API_URL: `${base}/hub/api`, JUPYTERHUB_API_TOKEN: 'planted-hub-token' });
  const client = windowOf(env);
  const text = configurationDocument(await client.request(protocol.configuration, {}));
  for (const pattern of [
    /1\. setting rucio\.instances: empty\n {2}2\. ~\/\.jupyter\/jupyter_server_config\.json: read\n {2}3\. environment \(RUCIO_\*\): read\n {2}4\. \S+rucio\.cfg: read/,
    /destination_rse = EULAKE-1 {4}\[environment \(RUCIO_\*\), RUCIO_DESTINATION_RSE\]/,
    /ignored: RUCIO_PATH_BEGINS_AT = 1 .*instances\[0\] is stronger/,
    /tmp\/rucio_oauth\.token: set, ends 2/, /variable RUCIO_ACCESS_TOKEN: set, ends/, /variable BEARER_TOKEN \(bearer token discovery\): set/, /hub http\S+\/hub\/api\/pod-tokens: asked when/,
    /instances\[0\]: Not known here: password, token\./, /environment \(RUCIO_\*\): For the JupyterLab extension, and of no effect here: RUCIO_WILDCARD_ENABLED, RUCIO_SITE_NAME, RUCIO_VOMS_ENABLED, RUCIO_VOMS_VOMSES_PATH, RUCIO_VOMS_CERTDIR_PATH, RUCIO_VOMS_VOMSDIR_PATH\./,
    /auth_host must not hold a user name or password/, /"other\.example\.org" is left out until auth_host/,
  ]) assert.match(text, pattern);
  for (const secret of [token, password, 'planted-hub-token']) assert.ok(!text.includes(secret));
  const named = podEnvironment(env, []);
  assert.ok(!('AWS_SECRET_ACCESS_KEY' in named) && !('EOS_ACCESS_TOKEN' in named) && !('PATH' in named));
});
