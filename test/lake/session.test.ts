// Signing in to a real Rucio, and staying so.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { explain } from '../../src/lake/advice.ts';
import { openSession } from '../../src/lake/lake.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import { token } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake, temporaryFolder } from '../support/lake/shared.ts';
import { openLake } from './open-lake.ts';

let info: LakeInfo;
before(async () => {
  info = await sharedLake();
});

test('with user name and password: asked once, remembered for the next start', async () => {
  const { lake, asked, stored } = openLake(info);
  const scopes = await Promise.all(Array.from({ length: 5 }, () => lake.listScopes(true)));
  assert.ok(scopes.every((list) => list.includes('user.alice')));
  assert.equal(asked.length, 1);
  const { info: session } = lake.session;
  assert.deepEqual([session.account, session.method], ['alice', 'userpass']);
  assert.ok(session.expiresAt! > Date.now() + 600_000);
  lake.close();

  const next = openLake(info, null);
  next.stored.value = stored.value;
  assert.equal((await next.lake.session.signInQuietly()).account, 'alice');
  assert.deepEqual(next.asked, []);
  next.lake.close();
});

test('a wrong password is refused in words, and is not sent again', async () => {
  const { lake, calls } = openLake(info, null);
  await assert.rejects(lake.session.signIn({ method: 'userpass', username: 'alice', password: 'wrong-pw' }), (error) => {
    const { kind, what, next, actions } = explain(error, { instance: 'lake' });
    assert.deepEqual([kind, actions], ['wrongCredentials', ['signIn']]);
    assert.match(what, /sign-in was refused at lake.*authenticate/);
    assert.match(next, /Check user name, password/);
    assert.doesNotMatch(what + next, /wrong-pw/);
    return true;
  });
  await assert.rejects(lake.session.signIn({ method: 'userpass', username: 'nobody', password: 'x', account: 'alice' }), (error) => RucioError.is(error, 'wrongCredentials'));
  const before = calls.length;
  await assert.rejects(lake.listScopes(false), (error) => RucioError.is(error, 'signInNeeded'));
  assert.equal(calls.length, before, 'nothing went out');
  assert.doesNotMatch(calls.join(), /wrong-pw/);
  lake.close();
});

test('an identity of several accounts: the person chooses', async () => {
  const { username, password, accounts } = info.shared;
  const questions: (readonly string[])[] = [];
  const { lake } = openLake(info, null, { people: { chooseAccount: async (some) => {
    questions.push(some);
    return some[1]!;
  } } });
  assert.equal((await lake.session.signIn({ method: 'userpass', username, password })).account, accounts[1]);
  assert.deepEqual(questions, [accounts]);
  assert.ok((await lake.listScopes(true)).includes(`user.${accounts[1]}`));
  lake.close();
});

test('with a token from a file: rewritten, spoiled, expired', async () => {
  const file = path.join(temporaryFolder(), 'rucio_oauth.token');
  fs.writeFileSync(file, `${await token(info, 'alice')}\n`);
  const { lake, asked } = openLake(info, null, { settings: { oidc_auth: 'file', oidc_file_name: file } });
  assert.ok((await lake.listScopes(true)).includes('user.alice'));
  assert.deepEqual([lake.session.info.method, lake.session.info.account], ['file', 'alice']);

  // The hub writes the file again with another token; the server refuses the old one (here: it is not the one we hold).
  const fresh = await token(info, 'bob');
  fs.writeFileSync(file, fresh);
  assert.equal(await lake.session.renew(await lake.session.current()), fresh);
  assert.ok((await lake.listScopes(true)).includes('user.bob'));

  fs.writeFileSync(file, 'alice-nonsense-unknown-0123456789abcdef');
  await assert.rejects(lake.session.renew(fresh), (error) => RucioError.is(error, 'signInNeeded') && error.message.includes(file) && !error.message.includes('0123456789abcdef'));
  assert.equal(asked.length, 1);
  lake.close();
  fs.rmSync(path.dirname(file), { recursive: true });
});

test('with a token from the pod\'s environment', async () => {
  const { lake, asked } = openLake(info, null, { settings: { oidc_auth: 'env', oidc_env_name: 'RUCIO_ACCESS_TOKEN' }, env: { RUCIO_ACCESS_TOKEN: await token(info, 'alice') } });
  assert.equal((await lake.session.signInQuietly()).method, 'environment');
  assert.ok((await lake.listScopes(false)).includes('test'));
  assert.deepEqual(asked, []);
  lake.close();
});

test('with the token of a window that came later', async () => {
  const { lake, asked } = openLake(info, null, { settings: { oidc_auth: 'env', oidc_env_name: 'RUCIO_ACCESS_TOKEN' } });
  await assert.rejects(lake.session.signInQuietly(), (error) => RucioError.is(error, 'signInNeeded'));
  const signedIn = new Promise<string | undefined>((resolve) => lake.session.onChange(({ account }) => resolve(account)));
  lake.useEnvironment({ RUCIO_ACCESS_TOKEN: await token(info, 'alice') });
  assert.equal(await signedIn, 'alice');
  assert.deepEqual(asked, []);
  lake.close();
});

test('once for two settings that differ in the mount only', async () => {
  const { lake: { instance }, lake: own } = openLake(info, null);
  own.close();
  const session = openSession({
    instance, network: {}, version: 'test', env: {}, secrets: { get: async () => null, store: async () => undefined },
    ask: async () => ({ method: 'userpass', ...info.accounts.alice.userpass, account: 'alice' }), people: {},
  });
  const { lake } = openLake(info, null, { session });
  const { lake: next, calls } = openLake(info, null, { session, settings: { rse_mount_path: '/other' } });
  assert.ok((await lake.listScopes(true)).includes('user.alice'));
  lake.close();
  assert.equal(session.info.state, 'signedIn');
  assert.ok((await next.listScopes(true)).includes('user.alice'));
  assert.equal(calls.filter((line) => line.includes('/auth/')).length, 0);
  next.close();
  session.close();
});

test('a token that the server forgot is renewed without a word, once for all calls', async () => {
  const { lake, asked, calls } = openLake(info);
  await lake.listScopes(false);
  // Held is a token that the server no longer knows: as after a restart of its database, or an administrator's hand.
  const renewed = await Promise.all(Array.from({ length: 8 }, async () => lake.session.renew('not the one we hold')));
  assert.equal(new Set(renewed).size, 1);
  const before = calls.length;
  const current = await lake.session.current();
  const again = await Promise.all(Array.from({ length: 8 }, () => lake.session.renew(current)));
  assert.equal(new Set(again).size, 1);
  assert.notEqual(again[0], current);
  assert.equal(calls.slice(before).filter((line) => line.includes('/auth/userpass')).length, 1);
  assert.equal(asked.length, 1);
  lake.close();
});

test('unknown host, wrong authority: what happened and what to do, and nobody is asked for a password again', async () => {
  const { lake, asked } = openLake(info, 'alice', { settings: { rucio_base_url: 'https://no-such-host.invalid' } });
  await assert.rejects(lake.listScopes(false), (error) => {
    const { kind, actions } = explain(error);
    assert.equal(kind, 'unreachable');
    assert.ok(actions.includes('retry'));
    return true;
  });
  assert.equal(asked.length, 1);
  lake.close();
  const bad = openLake(info, 'alice', { settings: { rucio_ca_cert: info.accounts.alice.x509!.cert } });
  await assert.rejects(bad.lake.ping(), (error) => {
    const { kind, next } = explain(error);
    assert.equal(kind, 'certificate');
    assert.match(next, /rucio_ca_cert/);
    return true;
  });
  bad.lake.close();
});
