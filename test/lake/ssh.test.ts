// Sign-in with an SSH key at a real Rucio: OpenSSH's own format and PEM, encrypted and not, wrong keys in words.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { build } from '../../esbuild.mjs';
import { podEnvironment } from '../../src/client/environment.ts';
import * as protocol from '../../src/protocol.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import { apt } from '../support/install.ts';
import { rest, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { testService } from '../support/service.ts';
import { openLake } from './open-lake.ts';

const info = await sharedLake();
await apt({ 'openssh-client': fs.existsSync('/usr/bin/ssh-keygen') }, 'the tests of signing in with an SSH key');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ssh-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));
const asRoot = await token(info, 'root');

/** A key of alice's, registered where `known`. */
async function keyOf(name: string, { type = 'rsa', passphrase = '', pem = false, known = true } = {}): Promise<string> {
  const file = path.join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', type, ...(type === 'rsa' ? ['-b', '2048'] : []), '-N', passphrase, '-C', 'alice@test', '-f', file, ...(pem ? ['-m', 'PEM'] : [])]);
  if (known) {
    const reply = await rest(info, asRoot, 'POST', '/accounts/alice/identities', { identity: fs.readFileSync(`${file}.pub`, 'utf8').trim(), authtype: 'SSH', email: 'alice@example.org' });
    assert.equal(reply.status, 201, reply.text);
  }
  return file;
}

for (const [what, options] of [['in OpenSSH’s format', {}], ['in PEM', { pem: true }], ['encrypted, in OpenSSH’s format', { passphrase: 'the right one' }], ['encrypted, in PEM', { passphrase: 'the right one', pem: true }]] as const) {
  test(`a key ${what}`, async () => {
    const key = await keyOf(what.replace(/\W/g, ''), options);
    const asked: (string | undefined)[] = [];
    const { lake, stored } = openLake(info, null, { people: { passphrase: async (_file, problem) => { asked.push(problem); return asked.length === 1 ? 'a wrong one' : 'the right one'; } } });
    const session = await lake.session.signIn({ method: 'ssh', key, account: 'alice' });
    assert.deepEqual([session.account, session.method], ['alice', 'ssh']);
    assert.deepEqual(asked.map((problem) => problem !== undefined), 'passphrase' in options ? [false, true] : []);
    assert.match(asked[1] ?? 'That is not the passphrase', /That is not the passphrase/);
    assert.equal(await lake.client.whoami(), 'alice');
    assert.ok(!stored.value?.includes('PRIVATE KEY'));
    // By what is remembered, without a question.
    const again = openLake(info, null);
    again.stored.value = stored.value;
    assert.equal((await again.lake.session.signInQuietly()).account, 'alice');
    assert.equal(again.lake.session.clientSignIn?.type, 'ssh');
    again.lake.close();
    lake.close();
  });
}

test('what a rucio.cfg names is used quietly, as rucio itself does: a key, or a certificate; one that can’t be used is said', async () => {
  const home = path.join(folder, 'home');
  const cfg = path.join(home, 'rucio', 'etc', 'rucio.cfg');
  fs.mkdirSync(path.dirname(cfg), { recursive: true });
  const { cert, key: certKey } = info.accounts.alice.x509!;
  const ways: readonly (readonly [string, string, string])[] = [
    ['ssh', 'ssh', `ssh_private_key = ${await keyOf('of-cfg')}`],
    ['x509', 'x509', `client_cert = ${cert}\nclient_key = ${certKey}`],
  ];
  await build();
  for (const [type, method, lines] of ways) {
    fs.writeFileSync(cfg, `[client]\nrucio_host = ${info.rucio.https}\nauth_host = ${info.rucio.https}\nca_cert = ${info.ca.file}\nauth_type = ${type}\naccount = alice\n${lines}\n`);
    const service = testService();
    try {
      const client = service.client({ env: podEnvironment({ HOME: home, RUCIO_HOME: path.join(home, 'rucio') }, []) });
      const [instance] = (await client.welcome()).instances;
      assert.ok((await client.request(protocol.listScopes, { instance: instance!.name, mine: true })).includes('user.alice'), type);
      const [configured] = (await client.request(protocol.configuration, {})).instances;
      assert.deepEqual([configured?.session.method, configured?.session.account, client.questions, [...client.secrets]], [method, 'alice', [], []]);
      assert.ok(configured?.ready.some(({ place, state }) => /named by rucio\.cfg/.test(place) && /used quietly/.test(state)));
    } finally {
      await service.stop();
    }
  }
  // Encrypted: nobody is there to tell the passphrase, and it is asked for like any sign-in.
  const plain = openLake(info, null).lake;
  plain.close();
  const encrypted = openLake(info, null, { instance: { ...plain.instance, authType: 'ssh', account: 'alice', sshKey: await keyOf('locked', { passphrase: 'nobody knows' }) } });
  await assert.rejects(encrypted.lake.session.quiet.current(), (error) => RucioError.is(error, 'signInNeeded') && /passphrase/.test(error.message));
  encrypted.lake.close();
});

test('what is wrong with a key is said', async () => {
  const { lake } = openLake(info, null);
  const refused = async (credentials: { key: string; account?: string }, kind: 'badInput' | 'wrongCredentials', words: RegExp): Promise<void> => {
    await assert.rejects((async () => lake.session.signIn({ method: 'ssh', ...credentials }))(), (error) => RucioError.is(error, kind) && words.test(error.message));
  };
  await refused({ key: await keyOf('stranger', { known: false }), account: 'alice' }, 'wrongCredentials', /does not accept the key .*stranger for the account alice/);
  await refused({ key: await keyOf('elliptic', { type: 'ed25519', known: false }), account: 'alice' }, 'badInput', /of the kind ed25519; Rucio takes RSA keys only\. Make one with/);
  await refused({ key: path.join(folder, 'nowhere'), account: 'alice' }, 'badInput', /There is no key/);
  await refused({ key: path.join(folder, 'stranger.pub'), account: 'alice' }, 'badInput', /holds no private key: give the key itself, not its public part/);
  await refused({ key: path.join(folder, 'stranger') }, 'badInput', /for which Rucio account/);
  fs.chmodSync(path.join(folder, 'stranger'), 0o644);
  await refused({ key: path.join(folder, 'stranger'), account: 'alice' }, 'badInput', /others/);
  lake.close();
});
