// Tokens of the pod (variable, file, hub) and the password of a rucio.cfg: taken without asking anybody, as they are now.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import type { SessionOptions } from '../../../../src/lake/session/options.ts';
import { RucioError } from '../../../../src/rucio/errors.ts';
import { FakeServer, INSTANCE, needed, wrong } from './fakeServer.ts';

const folders: string[] = [];
function folder(): string {
  folders.push(fs.mkdtempSync(path.join(os.tmpdir(), 'session-test-')));
  return folders.at(-1)!;
}
after(() => folders.forEach((one) => fs.rmSync(one, { recursive: true })));

describe('what lies ready for a session', () => {
  it('takes a later token of the variable: at once when signed out, else when the old one is refused', async () => {
    const server = new FakeServer();
    const session = server.session({ instance: { ...INSTANCE, tokenEnv: 'T' } });
    const seen: (string | undefined)[] = [];
    session.onChange((info) => seen.push(info.account));
    const use = (env: Record<string, string>): Promise<void> => {
      session.useEnvironment(env);
      return new Promise((resolve) => setTimeout(resolve, 5));
    };
    server.good.set('one', 'alice').set('two', 'bob').set('three', 'carol');
    await assert.rejects(session.current(), needed);
    await use({ T: 'stale' });
    assert.equal(session.info.state, 'signedOut');
    await use({ T: 'one' });
    assert.deepEqual(seen, ['alice']);
    await use({ T: 'two' });
    await use({}); // a client without one takes nothing away
    assert.equal(await session.current(), 'one');
    assert.equal(await session.renew('one'), 'two');
    await session.signOut();
    await use({ T: 'three' });
    assert.equal(session.info.state, 'signedOut', 'a new window does not undo a sign-out');
    assert.equal(server.asked.length, 1);
  });

  it('is not left with a failure that nobody hears when a call leaves early', async () => {
    const server = new FakeServer();
    const file = path.join(folder(), 'token');
    fs.writeFileSync(file, 'pod1');
    server.good.set('pod1', 'alice');
    const session = server.session({ instance: { ...INSTANCE, tokenFile: file } });
    await session.current();
    fs.writeFileSync(file, 'pod2');
    fs.utimesSync(file, 1, 1);
    server.now += 3000;
    server.down = true;
    const unheard: unknown[] = [];
    const hear = (error: unknown): void => void unheard.push(error);
    process.on('unhandledRejection', hear);
    const abort = new AbortController();
    const leaving = session.current(abort.signal); // it looks at the file first
    abort.abort();
    await assert.rejects(leaving, (error) => RucioError.is(error, 'cancelled'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.off('unhandledRejection', hear);
    assert.deepEqual(unheard, []);
  });

  it('takes the pod\'s token from variable or file, and a rewritten file\'s new one', async () => {
    const server = new FakeServer();
    const file = path.join(folder(), 'rucio_oauth.token');
    fs.writeFileSync(file, 'pod1\n');
    server.good.set('pod1', 'alice').set('pod2', 'alice').set('env1', 'bob');
    const session = server.session({ instance: { ...INSTANCE, tokenFile: file } });
    assert.equal(await session.current(), 'pod1');
    assert.equal(session.info.method, 'file');
    fs.writeFileSync(file, 'pod2\n');
    fs.utimesSync(file, 1, 1);
    server.now += 3000;
    assert.equal(await session.current(), 'pod2', 'the file is newer');
    fs.writeFileSync(file, 'pod3\n');
    server.good.set('pod3', 'alice').delete('pod2');
    assert.equal(await session.renew('pod2'), 'pod3', 'the token was refused');
    assert.equal(await server.session({ instance: { ...INSTANCE, tokenEnv: 'TOKEN' }, environment: (name) => ({ TOKEN: 'env1' })[name] }).account(), 'bob');
    assert.deepEqual(server.asked, []);
  });

  it('takes a rewritten file at once, without a call, before the old one ends and after it has', async () => {
    const server = new FakeServer();
    const file = path.join(folder(), 'rucio_oauth.token');
    const replace = (token: string): void => {
      server.good.set(token, 'alice');
      fs.writeFileSync(`${file}.new`, token);
      fs.renameSync(`${file}.new`, file);
    };
    replace('pod1');
    const session = server.session({ instance: { ...INSTANCE, tokenFile: file } });
    await session.current();
    const heard = (): Promise<unknown> => new Promise((resolve) => { session.onChange(resolve); });
    let next = heard();
    replace('pod2');
    await next;
    assert.equal(await session.current(), 'pod2');
    server.good.clear();
    fs.writeFileSync(file, '');
    await assert.rejects(session.renew('pod2'), needed);
    assert.equal(server.asked.length, 1);
    next = heard();
    replace('pod3');
    await next;
    assert.equal(session.info.state, 'signedIn', 'nobody had to do anything');
    await session.signOut();
    replace('pod4');
    await new Promise((resolve) => { setTimeout(resolve, 150); });
    assert.equal(session.info.state, 'signedOut', 'who signed out stays so');
    session.close();
  });

  it('asks the hub when the files have gone stale, and no person when only the hub can help', async () => {
    const server = new FakeServer();
    const jwt = (seconds: number): string => `e30.${Buffer.from(JSON.stringify({ exp: server.now / 1000 + seconds })).toString('base64url')}.s`;
    const [old, fresh] = [jwt(3600), jwt(7200)];
    server.good.set(old, 'alice').set(fresh, 'alice');
    let answer: { token: string } | { text: string; final: true; link: string } = { token: fresh };
    let calls = 0;
    const hub = { token: async () => (calls++, answer) } as unknown as NonNullable<SessionOptions['hub']>;
    const session = server.session({ instance: { ...INSTANCE, tokenEnv: 'T' }, environment: () => old, hub });
    assert.equal(await session.current(), old);
    assert.equal(calls, 0);
    server.now += 3590_000;
    assert.equal(await session.current(), fresh, 'before the end');
    assert.equal(session.info.method, 'hub');
    answer = { text: 'Your sign-in at the hub has ended.', final: true, link: 'https://hub/login' };
    server.now += 3590_000;
    assert.equal(await session.current(), fresh, 'good until it ends');
    const before = calls;
    await session.current();
    assert.equal(calls, before, 'not asked again for each call');
    server.now += 60_000;
    await assert.rejects(session.current(), (error) => RucioError.is(error, 'signInNeeded') && error.message === 'Your sign-in at the hub has ended.' && error.link === 'https://hub/login');
    assert.deepEqual(server.asked, []);
    const userpass = server.session({ instance: { ...INSTANCE, authType: 'userpass', tokenEnv: 'T' }, environment: () => old, hub });
    const asked = calls;
    await assert.rejects(userpass.current(), needed);
    assert.equal(calls, asked, 'the hub\'s tokens are for instances that sign in by tokens');
  });

  it('uses the password of rucio.cfg quietly, as it is now, and not again and again when it is refused', async () => {
    const server = new FakeServer();
    const passwordFile = path.join(folder(), 'rucio.cfg');
    fs.writeFileSync(passwordFile, '[client]\nusername = ddmlab\npassword = right\n');
    const session = server.session({ instance: { ...INSTANCE, passwordFile, account: 'root' } });
    assert.deepEqual([await session.account(), session.info.method, server.stored], ['root', 'config', null]);
    fs.writeFileSync(passwordFile, '[client]\nusername = ddmlab\npassword = planted\n');
    for (let i = 0; i < 3; i++) {
      await assert.rejects(session.renew('t1'), needed);
      server.now += 3_600_000;
    }
    assert.deepEqual(server.passwords, ['right', 'planted'], 'it could lock the account');
    assert.match(server.asked[0]!, /does not accept the password in .*rucio\.cfg/);
    assert.doesNotMatch(server.asked.join(), /planted/);
    fs.writeFileSync(passwordFile, '[client]\nusername = ddmlab\npassword = right\n');
    assert.equal(await session.current(), 't2', 'it was corrected');
    await assert.rejects(server.session({ instance: { ...INSTANCE, passwordFile, authType: 'x509' } }).current(), needed);
    assert.equal(server.passwords.length, 3);
  });

  it('says why the pod\'s token is none, without the token', async () => {
    const file = path.join(folder(), 'token');
    const of = (claims: object): string => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
    const jwt = of({ exp: 10 });
    for (const [text, reason] of [['secret-refused', /refused by the server: it may have expired, or be meant for another server\.$/], [of({ exp: 1e10, aud: 'eos', iss: 'https://iam' }), /^The token in \S+ was refused by the server\. It is for the audience “eos”, from https:\/\/iam: perhaps it is meant for another server\.$/], ['', /is empty/], ['two\nsecret', /not a token/], [jwt, /has expired/], [undefined, /can't be read \(ENOENT\)/]] as const) {
      if (text === undefined) fs.rmSync(file);
      else fs.writeFileSync(file, text);
      const server = new FakeServer();
      await assert.rejects(server.session({ instance: { ...INSTANCE, tokenFile: file } }).current(), needed);
      assert.match(server.asked[0]!, reason);
      assert.doesNotMatch(server.asked[0]!, /secret|\.y/);
    }
  });

  it('tries a refused pod token once only', async () => {
    const server = new FakeServer();
    let checks = 0;
    const session = server.session({ instance: { ...INSTANCE, tokenEnv: 'T' }, environment: () => 'bad', calls: { userpass: undefined as never, check: async () => (checks++, Promise.reject(wrong())) } });
    for (let i = 0; i < 4; i++) await assert.rejects(session.current(), needed);
    assert.equal(checks, 1);
  });
});
