// What programs other than ours are given: the real Rucio client signs in as we are, the pod's token files hold tokens that
// the real provider gave in exchange, and nothing stays behind a sign-out.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { afterEach, before } from 'node:test';
import { promisify } from 'node:util';
import * as protocol from '../../src/protocol.ts';
import type { Credentials, ProgramChoice, ProgramEnvironment } from '../../src/protocol.ts';
import { instanceOf } from '../support/instance.ts';
import { rucioClient } from '../support/lake/install.ts';
import { secure } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { type ClientOptions, type TestClient, type TestService, testService } from '../support/service.ts';

let info: LakeInfo;
let service: TestService;
before(async () => {
  info = await sharedLake();
});
afterEach(() => service?.stop());

const ours = (): Record<string, unknown> => ({ ...instanceOf(info), oidc_issuer: info.idp.issuer, oidc_client_id: info.idp.clients.public });

/** A window whose person types the code of a device flow at the provider, as `login`. */
function open(options: ClientOptions = {}, login = 'alice'): TestClient {
  return service.client({
    instances: [ours()],
    openUrl: async ({ userCode }, signal) => {
      const reply = await secure(info, `${info.idp.approve}?user_code=${userCode}&login=${login}`);
      assert.equal(reply.status, 200, reply.text);
      await new Promise<void>((resolve) => { signal.addEventListener('abort', () => resolve()); });
      return true;
    },
    ...options,
  });
}

const signIn = (client: TestClient, credentials: Credentials): Promise<unknown> => client.request(protocol.signIn, { instance: 'lake', credentials });

async function given(client: TestClient, instance = ''): Promise<ProgramEnvironment> {
  const environment = await client.request(protocol.programEnvironment, { instance });
  assert.ok(environment);
  return environment;
}

/** Rucio's own client in a home of its own that holds nothing else; nobody is there to answer it. */
async function rucio({ variables }: ProgramEnvironment, ...args: string[]): Promise<string> {
  const home = path.join(service.folder, 'home');
  fs.mkdirSync(home, { recursive: true });
  const { stdout } = await promisify(execFile)(rucioClient, args, { env: { PATH: '/usr/bin:/bin', HOME: home, ...variables }, timeout: 30_000 });
  return stdout;
}

test('the real rucio client works as the account that is signed in: password, certificate, OpenID', async () => {
  const ways: readonly (readonly [Credentials, string])[] = [
    [{ method: 'userpass', ...info.accounts.bob.userpass, account: 'bob' }, 'userpass'],
    [{ method: 'x509', certificate: info.accounts.alice.x509!.cert, key: info.accounts.alice.x509!.key, account: 'alice' }, 'x509'],
    [{ method: 'device' }, 'oidc'],
  ];
  for (const [credentials, type] of ways) {
    service = testService();
    const client = open();
    await signIn(client, credentials);
    const environment = await given(client);
    const account = credentials.method === 'userpass' ? 'bob' : 'alice';
    assert.deepEqual([environment.account, environment.variables['RUCIO_ACCOUNT'], environment.variables['RUCIO_AUTH_TYPE'], environment.problems], [account, account, type, []]);
    const [whoami, rses, dids] = await Promise.all([rucio(environment, 'whoami'), rucio(environment, 'rse', 'list'), rucio(environment, 'did', 'list', '--filter', 'type=all', `${info.seed.dids.demo.split(':')[0]}:*`)]);
    assert.match(whoami, new RegExp(`account\\s*[:|]\\s*${account}`), whoami);
    assert.match(rses, /EULAKE-1/);
    assert.ok(dids.includes(info.seed.dids.demo), dids);
    await service.stop();
  }
});

const SETTINGS: ProgramChoice['settings'] = { tokenFiles: 'auto', rucioTokenFile: '', rucioAudience: 'rucio', eosTokenFile: '', eosAudience: 'eos', eosIntrospection: '' };

interface Files { readonly rucio: string; readonly eos: string; readonly programs: ProgramChoice }

/** Places for the pod's token files, in the test's own folder. */
function files(change: Partial<ProgramChoice['settings']> = {}): Files {
  const [rucioFile, eos] = ['rucio_oauth.token', 'eos_oauth.token'].map((name) => path.join(service.folder, name)) as [string, string];
  return { rucio: rucioFile, eos, programs: { instance: '', settings: { ...SETTINGS, rucioTokenFile: rucioFile, eosTokenFile: eos, ...change } } };
}

const IN_A_POD = { OAUTH2_TOKEN: 'FILE:/tmp/eos_oauth.token' };
const claims = (token: string): Record<string, unknown> => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
const read = (file: string): string | undefined => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined);
const mode = (file: string): string => (fs.statSync(file).mode & 0o777).toString(8);

async function until<T>(look: () => T | undefined | false, seconds = 10): Promise<T> {
  for (const end = Date.now() + seconds * 1000; ;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) assert.fail(`not within ${seconds} s: ${look}`);
    await sleep(20);
  }
}

test('a sign-in at the provider fills the token files of the pod, one for each audience; sign-out empties everything', async () => {
  service = testService();
  const { rucio: rucioFile, eos, programs } = files();
  const client = open({ programs, env: IN_A_POD });
  await client.welcome();
  assert.equal(read(rucioFile), undefined, 'nothing before somebody signs in');
  await signIn(client, { method: 'device' });
  const token = await until(() => read(rucioFile));
  const eosText = await until(() => read(eos));
  assert.deepEqual([mode(rucioFile), mode(eos)], ['600', '600']);
  assert.deepEqual([claims(token)['aud'], claims(token)['sub']], ['rucio', 'alice']);
  const [, jwt, endpoint] = /^oauth2:([^:]+):(.+)$/.exec(eosText) ?? [];
  assert.equal(claims(jwt ?? '')['aud'], 'eos');
  assert.equal(endpoint, `${new URL(info.idp.issuer).host}/token/introspection`);
  // Rucio takes the one, and the other is for EOS alone.
  const answer = (of: string): Promise<number> => secure(info, `${info.rucio.https}/accounts/whoami`, { headers: { 'X-Rucio-Auth-Token': of } }).then(({ status }) => status);
  assert.notEqual(await answer(jwt ?? ''), 200);
  assert.ok([200, 303].includes(await answer(token)), String(await answer(token)));

  // A terminal adds the client's own files, and OAUTH2_TOKEN says where EOS's lies.
  const { variables } = await given(client);
  assert.equal(variables['OAUTH2_TOKEN'], `FILE:${eos}`);
  const config = variables['RUCIO_CONFIG'] ?? '';
  assert.deepEqual([mode(config), mode(path.dirname(config)), mode(path.join(path.dirname(config), 'token'))], ['600', '700', '600']);
  const values = Object.values(variables).join('\n');
  for (const secret of [token, jwt ?? '', read(path.join(path.dirname(config), 'token')) ?? '']) {
    assert.ok(secret.length > 20 && !values.includes(secret), 'no variable holds a token');
    assert.ok(!fs.readFileSync(config, 'utf8').includes(secret), 'rucio.cfg holds no token');
  }
  await client.request(protocol.signOut, { instance: 'lake' });
  await until(() => [rucioFile, eos, config, path.dirname(config)].every((file) => !fs.existsSync(file)));
  assert.deepEqual((await given(client)).variables, {});
});

test('renewed before their end, and whole for whoever reads meanwhile', async () => {
  service = testService();
  const { rucio: rucioFile, eos, programs } = files();
  const client = open({ programs, env: IN_A_POD, instances: [{ ...ours(), oidc_client_id: info.idp.clients.brief }] });
  await signIn(client, { method: 'device' });
  const config = (await given(client)).variables['RUCIO_CONFIG'] ?? '';
  const own = path.join(path.dirname(config), 'token');
  const seen: Record<string, Set<string>> = { [rucioFile]: new Set(), [eos]: new Set(), [own]: new Set() };
  await until(() => read(rucioFile) && read(eos));
  const end = Date.now() + 20_000;
  while (Date.now() < end) {
    for (const [file, texts] of Object.entries(seen)) {
      const text = fs.readFileSync(file, 'utf8');
      const token = text.replace(/^oauth2:/, '').split(':')[0] ?? '';
      assert.equal(token.split('.').length, 3, `half a file: ${text.length} bytes`);
      assert.ok(Number(claims(token)['exp']) * 1000 > Date.now(), `${path.basename(file)} holds a token that has ended`);
      texts.add(text);
    }
    await sleep(5);
  }
  for (const [file, texts] of Object.entries(seen)) assert.ok(texts.size >= 2 && texts.size <= 5, `${file}: ${texts.size} tokens in 20 s, of 12 s each`);
  assert.match(await rucio(await given(client), 'whoami'), /alice/);
  assert.deepEqual(fs.readdirSync(service.folder).filter((name) => name.startsWith('.')), [], 'nothing half-written stays');
});

test('what others keep is left alone: a hub\'s files, a link, the named place of the pod\'s token', async () => {
  service = testService();
  const { rucio: rucioFile, eos, programs } = files();
  const hubs = (await secure(info, `${info.idp.token}?sub=alice&aud=rucio`)).text;
  fs.writeFileSync(rucioFile, hubs, { mode: 0o600 });
  const elsewhere = path.join(service.folder, 'elsewhere');
  fs.writeFileSync(elsewhere, 'precious');
  fs.symlinkSync(elsewhere, eos);
  const client = open({ programs, env: IN_A_POD });
  const heard: string[] = [];
  client.on(protocol.programProblem, ({ problem }) => heard.push(problem));
  await signIn(client, { method: 'device' });
  const { problems } = await given(client);
  for (const file of [rucioFile, eos]) assert.ok(problems.some((text) => text.startsWith(`${file} is kept by something else`)), problems.join('\n'));
  assert.equal(heard.length, 0, 'that is no problem');
  const untouched = (): void => assert.deepEqual([read(rucioFile), read(elsewhere), fs.lstatSync(eos).isSymbolicLink()], [hubs, 'precious', true]);
  untouched();
  await client.request(protocol.signOut, { instance: 'lake' });
  await given(client);
  untouched();
  // On request it is written all the same; but never through a link.
  const asked = open({ programs: { ...programs, settings: { ...programs.settings, tokenFiles: 'on' } } });
  asked.on(protocol.programProblem, ({ problem }) => heard.push(problem));
  await signIn(asked, { method: 'device' });
  await until(() => read(rucioFile) !== hubs && heard.length > 0);
  assert.match(heard.join('\n'), /^\S+eos_oauth\.token is a link, and a token is not written through a link\. Remove it\.$/);
  assert.equal(read(elsewhere), 'precious');
});

test('a provider that gives nothing in exchange: Rucio\'s file gets the token that fits, EOS\'s is said to be missing, once', async () => {
  service = testService();
  const { rucio: rucioFile, eos, programs } = files();
  const client = open({ programs, env: IN_A_POD, instances: [{ ...ours(), oidc_client_id: info.idp.clients.plain }] });
  const heard: string[] = [];
  client.on(protocol.programProblem, ({ problem }) => heard.push(problem));
  await signIn(client, { method: 'device' });
  const token = await until(() => read(rucioFile));
  assert.equal(claims(token)['client_id'], info.idp.clients.plain);
  await until(() => heard.length > 0);
  assert.match(heard[0] ?? '', /^There is no token for EOS \(audience “eos”\)\. lake\.test:\d+ gives the client “vscode-plain” no token .* in exchange \(.+\)\. Ask your provider/);
  assert.equal(read(eos), undefined);
  await given(client);
  await given(client);
  assert.equal(heard.length, 1);
});

test('off, or signed in by something that is not ours: no file', async () => {
  service = testService();
  const { rucio: rucioFile, eos, programs } = files();
  const client = open({ programs, env: IN_A_POD });
  await signIn(client, { method: 'userpass', ...info.accounts.alice.userpass });
  await given(client);
  assert.deepEqual([read(rucioFile), read(eos)], [undefined, undefined]);
  const off = open({ programs: { ...programs, settings: { ...programs.settings, tokenFiles: 'off' } } });
  await signIn(off, { method: 'device' });
  await given(off);
  assert.deepEqual([read(rucioFile), read(eos)], [undefined, undefined]);
});
