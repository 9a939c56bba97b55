// Signing in with certificates and grid proxies at a real Rucio's https front, under a name that is not localhost.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { build } from '../../esbuild.mjs';
import { ServiceFailure } from '../../src/client/client.ts';
import { podEnvironment } from '../../src/client/environment.ts';
import * as protocol from '../../src/protocol.ts';
import { testService } from '../support/service.ts';
import { explain } from '../../src/lake/advice.ts';
import type { Credentials } from '../../src/lake/types.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import { rest, token } from '../support/lake/client.ts';
import { makeCertificate, makeProxy } from '../support/lake/certificates.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake, temporaryFolder } from '../support/lake/shared.ts';
import { openLake } from './open-lake.ts';

let info: LakeInfo;
let dir: string;
let alice: { readonly cert: string; readonly key: string; readonly dn: string };
before(async () => {
  info = await sharedLake();
  dir = temporaryFolder();
  alice = info.accounts.alice.x509!;
  assert.match(info.rucio.https, /^https:\/\/lake\.test:/);
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));

const x509 = (certificate: string, key?: string, passphrase?: string): Credentials => ({ method: 'x509', certificate, ...(key !== undefined && { key }), ...(passphrase !== undefined && { passphrase }) });

test('certificate and key in two files; the authorities from a folder as the grid has them', async () => {
  const { lake, stored, asked } = openLake(info, null, { settings: { rucio_ca_cert: info.ca.dir } });
  const session = await lake.session.signIn(x509(alice.cert, alice.key));
  assert.deepEqual([session.account, session.method], ['alice', 'x509']);
  assert.ok(session.expiresAt! > Date.now() + 600_000);
  assert.ok((await lake.listScopes(true)).includes('user.alice'));
  const first = await lake.session.current();
  assert.notEqual(await lake.session.renew(first), first, 'renewed quietly');
  assert.deepEqual(JSON.parse(stored.value!), { method: 'x509', certificate: alice.cert, key: alice.key, account: 'alice' }, 'paths only');
  lake.close();

  const next = openLake(info, null);
  next.stored.value = stored.value;
  assert.equal((await next.lake.session.signInQuietly()).account, 'alice');
  assert.deepEqual([...asked, ...next.asked], []);
  next.lake.close();
});

test('one file, the key encrypted: the passphrase is asked for, and asked again when it is wrong; then never more', async () => {
  const { cert, key } = await makeCertificate(dir, 'both', { subject: alice.dn, passphrase: 'a passphrase', lake: info });
  const both = path.join(dir, 'both-in-one.pem');
  fs.writeFileSync(both, fs.readFileSync(cert, 'utf8') + fs.readFileSync(key, 'utf8'), { mode: 0o600 });
  const problems: (string | undefined)[] = [];
  const { lake, stored, calls } = openLake(info, null, { people: { passphrase: async (file, problem) => {
    assert.equal(file, both);
    problems.push(problem);
    return problems.length === 1 ? 'wrong one' : 'a passphrase';
  } } });
  assert.equal((await lake.session.signIn(x509(both))).account, 'alice');
  assert.deepEqual(problems, [undefined, `That is not the passphrase of the key ${both}.`]);
  await lake.session.renew(await lake.session.current());
  lake.close();

  const next = openLake(info, null);
  next.stored.value = stored.value;
  await next.lake.session.signInQuietly();
  next.lake.close();
  assert.equal(problems.length, 2);
  assert.ok(!stored.value!.includes('PRIVATE KEY'));
  assert.ok(!calls.join().includes('passphrase'));

  const dismissed = openLake(info, null, { people: { passphrase: async () => null } });
  await assert.rejects(dismissed.lake.session.signIn(x509(both)), (error) => RucioError.is(error, 'cancelled'));
  dismissed.lake.close();
});

test('a grid proxy; a new one in its place is used without a word', async () => {
  const file = await makeProxy(dir, alice);
  const { lake, asked, stored } = openLake(info, null, { env: { X509_USER_PROXY: file } });
  assert.ok((await lake.session.methods()).includes('proxy'));
  const session = await lake.session.signIn({ method: 'proxy' });
  assert.deepEqual([session.account, session.method], ['alice', 'proxy']);
  assert.ok((await lake.listScopes(false)).includes('test'));
  assert.deepEqual(JSON.parse(stored.value!), { method: 'proxy', account: 'alice' });

  await makeProxy(dir, alice);
  await lake.session.renew(await lake.session.current());
  await lake.session.signIn({ method: 'proxy' });
  await makeProxy(dir, alice, -1);
  await assert.rejects(lake.session.renew(await lake.session.current()), (error) => RucioError.is(error, 'signInNeeded'));
  assert.match(asked.at(-1)!, new RegExp(`^The grid proxy ${file} of .*CN=Alice Liddell/CN=\\d+ ended on .* UTC\\. Make a new one, for example with voms-proxy-init\\.$`));
  fs.rmSync(file);
  await assert.rejects(lake.session.signIn({ method: 'proxy' }), (error) => RucioError.is(error, 'badInput') && error.message.startsWith(`There is no grid proxy at ${file}. Make a new one`));
  assert.ok(!(await lake.session.methods()).includes('proxy'));
  lake.close();
});

test('auth_type = x509_proxy of a rucio.cfg: signed in without a click where a proxy lies, and told what is missing where none does', async () => {
  const home = path.join(dir, 'home');
  const cfg = path.join(home, 'etc', 'rucio.cfg');
  fs.mkdirSync(path.dirname(cfg), { recursive: true });
  const write = (line: string): void => fs.writeFileSync(cfg, `[client]\nrucio_host = ${info.rucio.https}\nauth_host = ${info.rucio.https}\nca_cert = ${info.ca.file}\nauth_type = x509_proxy\n${line}`);
  await build();
  const proxy = path.join(home, 'x509up');
  const nowhere = path.join(home, 'nowhere');
  fs.rmSync(proxy, { force: true });
  for (const [line, variable] of [['', proxy], ['client_x509_proxy = $RUCIO_HOME/x509up\n', nowhere]] as const) {
    write(line);
    const service = testService();
    try {
      const client = service.client({ env: podEnvironment({ HOME: home, RUCIO_HOME: home, X509_USER_PROXY: variable }, []) });
      const [instance] = (await client.welcome()).instances;
      const scopes = (): Promise<readonly string[]> => client.request(protocol.listScopes, { instance: instance!.name, mine: true });
      await assert.rejects(scopes(), (error) => error instanceof ServiceFailure && error.failure.kind === 'signInNeeded');
      assert.deepEqual(client.questions, [`There is no grid proxy at ${proxy}. Make a new one, for example with voms-proxy-init.`]);
      // Made meanwhile: taken by the next thing that is asked, without another question.
      fs.copyFileSync(await makeProxy(dir, alice), proxy);
      fs.chmodSync(proxy, 0o600);
      assert.ok((await scopes()).includes('user.alice'));
      const [configured] = (await client.request(protocol.configuration, {})).instances;
      assert.deepEqual([configured?.session.method, configured?.session.account, client.questions.length, [...client.secrets]], ['proxy', 'alice', 1, []]);
      assert.ok(configured?.ready.some(({ place, state }) => place.startsWith('grid proxy') && place.includes(proxy) && /used quietly/.test(state)), JSON.stringify(configured?.ready));
    } finally {
      await service.stop();
      fs.rmSync(proxy, { force: true });
    }
    // There from the beginning.
    const second = testService();
    try {
      fs.copyFileSync(await makeProxy(dir, alice), proxy);
      fs.chmodSync(proxy, 0o600);
      const client = second.client({ env: podEnvironment({ HOME: home, RUCIO_HOME: home, X509_USER_PROXY: variable }, []) });
      const [instance] = (await client.welcome()).instances;
      assert.ok((await client.request(protocol.listScopes, { instance: instance!.name, mine: true })).includes('user.alice'));
      assert.deepEqual([client.questions, [...client.secrets]], [[], []]);
    } finally {
      await second.stop();
      fs.rmSync(proxy, { force: true });
    }
  }
});

test('a certificate of two accounts: the person chooses, once', async () => {
  const subject = `/DC=org/DC=lake/CN=Two Accounts ${Date.now()}`;
  const { cert, key } = await makeCertificate(dir, 'two', { subject, lake: info });
  const root = await token(info, 'root');
  for (const account of ['alice', 'bob']) {
    const reply = await rest(info, root, 'POST', `/accounts/${account}/identities`, { identity: subject, authtype: 'X509', email: 'two@example.org', default: false });
    assert.equal(reply.status, 201, reply.text);
  }
  const questions: (readonly string[])[] = [];
  const { lake } = openLake(info, null, { people: { chooseAccount: async (accounts) => {
    questions.push([...accounts].sort());
    return 'bob';
  } } });
  assert.equal((await lake.session.signIn(x509(cert, key))).account, 'bob');
  await lake.session.renew(await lake.session.current());
  assert.equal(lake.session.info.account, 'bob');
  assert.deepEqual(questions, [['alice', 'bob']]);
  lake.close();
});

test('a remembered certificate that was refused is shown again only when its file is another; nobody is asked which account', async () => {
  const cert = path.join(dir, 'renewed.pem');
  const key = path.join(dir, 'renewed.key');
  const put = (from: { readonly cert: string; readonly key: string }): void => {
    for (const [to, file] of [[cert, from.cert], [key, from.key]] as const) {
      fs.rmSync(to, { force: true });
      fs.writeFileSync(to, fs.readFileSync(file), { mode: 0o600 });
    }
  };
  const needed = (error: unknown): boolean => RucioError.is(error, 'signInNeeded');
  put(await makeCertificate(dir, 'unknown', { subject: '/DC=org/DC=lake/CN=Nobody Known', lake: info }));
  const { lake, calls, stored } = openLake(info, null, { people: { chooseAccount: async () => assert.fail('nobody is to be asked') } });
  const shown = (): number => calls.filter((line) => line.includes('/auth/x509')).length;
  stored.value = JSON.stringify({ method: 'x509', certificate: cert, key });
  for (let i = 0; i < 3; i++) await assert.rejects(lake.session.signInQuietly(), needed);
  await assert.rejects(lake.session.quiet.current(), needed);
  assert.equal(shown(), 1);
  fs.rmSync(key);
  await assert.rejects(lake.session.signInQuietly(), (error) => needed(error) && /There is no key/.test((error as Error).message));
  put(alice);
  assert.equal((await lake.session.signInQuietly()).account, 'alice');
  assert.equal(shown(), 2);
  lake.close();

  const subject = `/DC=org/DC=lake/CN=Quietly Two ${Date.now()}`;
  put(await makeCertificate(dir, 'quietly', { subject, lake: info }));
  const root = await token(info, 'root');
  for (const account of ['alice', 'bob']) await rest(info, root, 'POST', `/accounts/${account}/identities`, { identity: subject, authtype: 'X509', email: 'two@example.org', default: false });
  const next = openLake(info, null, { people: { chooseAccount: async () => assert.fail('nobody is to be asked') } });
  next.stored.value = JSON.stringify({ method: 'x509', certificate: cert, key });
  await assert.rejects(next.lake.session.quiet.current(), (error) => needed(error) && /several accounts/.test((error as Error).message));
  next.lake.close();
});

test('a grid proxy that a later window names', async () => {
  const { lake, stored } = openLake(info, null, { env: { X509_USER_PROXY: path.join(dir, 'nowhere') } });
  stored.value = JSON.stringify({ method: 'proxy' });
  await assert.rejects(lake.session.signInQuietly(), (error) => RucioError.is(error, 'signInNeeded') && error.message.includes('There is no grid proxy at'));
  lake.useEnvironment({});
  lake.useEnvironment({ X509_USER_PROXY: await makeProxy(dir, alice) });
  assert.ok((await lake.session.methods()).includes('proxy'));
  assert.deepEqual(await lake.session.signInQuietly().then(({ account, method }) => [account, method]), ['alice', 'proxy']);
  lake.close();
});

test('what can be wrong, each in its sentence', async () => {
  const stranger = await makeCertificate(dir, 'stranger', { subject: '/DC=org/DC=lake/CN=Nobody Known', lake: info });
  const self = await makeCertificate(dir, 'self', { subject: alice.dn });
  const expired = await makeCertificate(dir, 'expired', { subject: alice.dn, days: -1, lake: info });
  const locked = await makeCertificate(dir, 'locked', { subject: alice.dn, passphrase: 'right one', lake: info });
  const open = path.join(dir, 'open.key');
  fs.copyFileSync(alice.key, open);
  fs.chmodSync(open, 0o644);
  const text = path.join(dir, 'text.pem');
  fs.writeFileSync(text, 'hello');
  const { lake } = openLake(info, null);
  const cases: readonly (readonly [Credentials, RegExp])[] = [
    [x509(stranger.cert, stranger.key), /CN=Nobody Known/],
    [x509(self.cert, self.key), /does not accept your certificate: it does not know the authority that signed it\..*CN=Alice Liddell/],
    [x509(expired.cert, expired.key), /^The certificate \S+expired\.pem of \/DC=org\/DC=lake\/CN=Alice Liddell ended on \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/],
    [x509(locked.cert, locked.key, 'wrong one'), /^That is not the passphrase of the key \S+locked\.key\.$/],
    [x509(locked.cert, locked.key), /locked\.key is encrypted: its passphrase is needed/],
    [x509('/nowhere/usercert.pem'), /^There is no certificate at \/nowhere\/usercert\.pem\.$/],
    [x509(alice.cert, '/nowhere/userkey.pem'), /^There is no key at \/nowhere\/userkey\.pem\.$/],
    [x509(alice.cert), /has no key in it: name the file of the key/],
    [x509(alice.cert, stranger.key), /The key in \S+stranger\.key does not belong to the certificate in \S+alice\.pem/],
    [x509(alice.cert, open), /others can read it \(mode 644\).*chmod 600 \S+open\.key/],
    [x509(text, alice.key), /text\.pem is not in PEM form/],
  ];
  for (const [credentials, sentence] of cases) {
    await assert.rejects(lake.session.signIn(credentials), (error) => {
      const { kind, what } = explain(error, { instance: 'lake' });
      assert.ok(kind === 'badInput' || kind === 'wrongCredentials', `${kind}: ${what}`);
      assert.match((error as Error).message, sentence);
      assert.doesNotMatch(what, /wrong one|right one/);
      return true;
    });
  }
  lake.close();

  const plain = openLake(info, null, { settings: { rucio_base_url: info.rucio.http } });
  assert.ok(!(await plain.lake.session.methods()).includes('x509'));
  await assert.rejects(plain.lake.session.signIn(x509(alice.cert, alice.key)), (error) => RucioError.is(error, 'configuration') && /by https only/.test(error.message));
  plain.lake.close();
});
