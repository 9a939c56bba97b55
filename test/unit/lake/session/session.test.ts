import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { inspect } from 'node:util';
import type { SessionOptions } from '../../../../src/lake/session/options.ts';
import { Session } from '../../../../src/lake/session/session.ts';
import type { Credentials, Instance } from '../../../../src/lake/types.ts';
import { Clock } from '../../../../src/rucio/clock.ts';
import { RucioError } from '../../../../src/rucio/errors.ts';

const INSTANCE: Instance = { name: 'lake', displayName: 'The Lake', baseUrl: 'https://r', authUrl: 'https://r', mode: 'replica', pathBeginsAt: 0, ruleLifetimeDays: 7, origin: 'test' };
const wrong = (): RucioError => new RucioError('wrongCredentials', 'Cannot authenticate to account None with given credentials');
const needed = (error: unknown): boolean => RucioError.is(error, 'signInNeeded');

/** A server that gives tokens t1, t2, … for the password "right", and knows which it takes. */
class FakeServer {
  now = 1_000_000;
  passwords: string[] = [];
  asked: string[] = [];
  questions: (readonly string[])[] = [];
  good = new Map<string, string>();
  answers: (Credentials | null)[] = [];
  stored: string | null = null;
  stores: (string | null)[] = [];
  lifeMs = 3_600_000;
  down = false;
  accounts: string[] | undefined;
  #next = 1;

  session(more: Partial<SessionOptions> = {}): Session {
    return new Session({
      instance: INSTANCE, transport: { close: () => undefined, raw: async () => ({}), clock: new Clock(() => this.now) } as never,
      secrets: {
        get: async () => this.stored,
        store: async (value) => {
          this.stored = value;
          this.stores.push(value);
        },
      },
      ask: async (reason) => {
        this.asked.push(reason);
        await new Promise((resolve) => setImmediate(resolve));
        return this.answers.shift() ?? null;
      },
      people: {
        chooseAccount: async (accounts) => {
          this.questions.push(accounts);
          return accounts[0] ?? null;
        },
      },
      calls: {
        userpass: async (_transport, { password, account }) => {
          if (this.down) throw new RucioError('unreachable', 'no way there');
          this.passwords.push(password);
          if (password !== 'right') throw wrong();
          if (this.accounts && account === undefined) return { accounts: this.accounts };
          const token = `t${this.#next++}`;
          this.good.set(token, account ?? 'alice');
          return { token, account: account ?? 'alice', expiresAt: this.now + this.lifeMs };
        },
        check: async (_transport, token) => {
          if (this.down) throw new RucioError('unreachable', 'no way there');
          const account = this.good.get(token);
          if (account === undefined) throw wrong();
          return { account };
        },
      },
      ...more,
    });
  }
}

const RIGHT: Credentials = { method: 'userpass', username: 'alice', password: 'right' };
const WRONG: Credentials = { method: 'userpass', username: 'alice', password: 'bad' };

const folders: string[] = [];
function folder(): string {
  folders.push(fs.mkdtempSync(path.join(os.tmpdir(), 'session-test-')));
  return folders.at(-1)!;
}
after(() => folders.forEach((one) => fs.rmSync(one, { recursive: true })));

describe('a session', () => {
  it('asks once for all calls that wait', async () => {
    const server = new FakeServer();
    server.answers = [RIGHT];
    const session = server.session();
    const seen: string[] = [];
    session.onChange((info) => seen.push(info.state));
    const tokens = await Promise.all(Array.from({ length: 20 }, () => session.current()));
    assert.deepEqual(new Set(tokens), new Set(['t1']));
    assert.deepEqual(server.asked, ['Sign in to The Lake.']);
    assert.deepEqual(seen, ['signedIn']);
    assert.deepEqual(session.info, { instance: 'lake', state: 'signedIn', account: 'alice', method: 'userpass', expiresAt: server.now + server.lifeMs });
    assert.deepEqual(JSON.parse(server.stored!), { method: 'userpass', username: 'alice', password: 'right', account: 'alice' });
  });

  it('renews a refused token once for all who were refused', async () => {
    const server = new FakeServer();
    const session = server.session();
    await session.signIn(RIGHT);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => session.renew('t1')));
    assert.deepEqual(new Set(tokens), new Set(['t2']));
    assert.equal(server.passwords.length, 2);
    assert.equal(await session.renew('t1'), 't2', 'a late one gets the token that is there');
    assert.deepEqual(server.asked, []);
  });

  it('renews before the end', async () => {
    const server = new FakeServer();
    const session = server.session();
    await session.signIn(RIGHT);
    server.now += server.lifeMs - 61_000;
    assert.equal(await session.current(), 't1');
    server.now += 2000;
    assert.equal(await session.current(), 't2');
  });

  it('says a dismissed question to all who wait, and asks no more until somebody signs in', async () => {
    const server = new FakeServer();
    const session = server.session();
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => session.current()));
    assert.ok(results.every((result) => result.status === 'rejected' && needed(result.reason)));
    await assert.rejects(session.current(), needed);
    assert.equal(server.asked.length, 1);
    await session.signIn(RIGHT);
    assert.equal(await session.current(), 't1');
  });

  it('asks again, with the server\'s words, after a wrong password; three times', async () => {
    const server = new FakeServer();
    server.answers = [WRONG, WRONG, WRONG, RIGHT];
    const session = server.session();
    await assert.rejects(session.current(), needed);
    assert.equal(server.asked.length, 3);
    assert.match(server.asked[1]!, /Cannot authenticate/);
    const second = new FakeServer();
    second.answers = [WRONG, RIGHT];
    assert.equal(await second.session().current(), 't1');
  });

  it('does not send a refused password again and again', async () => {
    const server = new FakeServer();
    server.stored = JSON.stringify({ method: 'userpass', username: 'alice', password: 'old' });
    const session = server.session();
    for (let i = 0; i < 5; i++) await assert.rejects(session.current(), needed);
    assert.deepEqual(server.passwords, ['old']);
    assert.match(server.asked[0]!, /does not accept the remembered password of alice/);
    for (let i = 0; i < 5; i++) {
      server.now += 3_600_000;
      await assert.rejects(session.current(), needed);
      await assert.rejects(session.quiet.current(), needed);
      await assert.rejects(session.signInQuietly({ again: true }), needed);
    }
    assert.deepEqual(server.passwords, ['old'], 'however long it takes: more could lock the account');
    assert.equal(server.asked.length, 1);
    // Stores of two windows may hold two of them.
    server.stored = JSON.stringify(WRONG);
    await assert.rejects(session.current(), needed);
    server.stored = JSON.stringify({ method: 'userpass', username: 'alice', password: 'old' });
    await assert.rejects(session.current(), needed);
    assert.deepEqual(server.passwords, ['old', 'bad']);
    server.stored = JSON.stringify(RIGHT);
    assert.equal(await session.current(), 't1', 'the store holds another one');
  });

  it('sends a password that worked once more only when it is refused at a renewal', async () => {
    const server = new FakeServer();
    let good = 'right';
    const session = server.session({ calls: { userpass: async (_transport, { password }) => {
      server.passwords.push(password);
      if (password !== good) throw wrong();
      return { token: `t${server.passwords.length}`, account: 'alice' };
    }, check: undefined as never } });
    await session.signIn(RIGHT);
    good = 'changed elsewhere';
    await assert.rejects(session.quiet.renew('t1'), needed);
    for (let i = 0; i < 3; i++) await assert.rejects(session.current(), needed);
    assert.deepEqual(server.passwords, ['right', 'right']);
    good = 'right';
    await session.signIn(RIGHT);
    assert.equal(await session.renew('t3'), 't4', 'a person says that it is right again');
  });

  it('asks nobody for what no person wants: no password, no account', async () => {
    const server = new FakeServer();
    const session = server.session();
    await assert.rejects(session.quiet.current(), needed);
    server.stored = JSON.stringify(RIGHT);
    server.accounts = ['alice', 'bob'];
    await assert.rejects(session.quiet.current(), (error) => needed(error) && /several accounts/.test((error as Error).message));
    await assert.rejects(session.quiet.renew('t0'), needed);
    assert.deepEqual([server.asked, server.questions], [[], []]);
    server.answers = [RIGHT];
    const asking = session.current();
    await assert.rejects(session.quiet.current(), needed); // and does not wait for the question
    assert.equal(await asking, 't1');
    assert.deepEqual(server.questions, [['alice', 'bob']]);
    assert.equal(await session.quiet.current(), 't1');
  });

  it('signs in once for all calls, whether they may ask or not', async () => {
    const server = new FakeServer();
    server.stored = JSON.stringify(RIGHT);
    const session = server.session();
    const calls = (): Promise<string>[] => Array.from({ length: 10 }, (_, i) => (i % 2 ? session.current() : session.quiet.current()));
    assert.deepEqual(new Set(await Promise.all(calls())), new Set(['t1']));
    const renewed = Array.from({ length: 10 }, (_, i) => (i % 2 ? session.renew('t1') : session.quiet.renew('t1')));
    assert.deepEqual(new Set(await Promise.all(renewed)), new Set(['t2']));
    assert.equal(server.passwords.length, 2);
    server.stored = JSON.stringify(WRONG);
    const other = server.session();
    await Promise.allSettled([other.current(), other.quiet.current(), other.signInQuietly()]);
    assert.equal(server.passwords.length, 3);
  });

  it('says that it is over when a refused token could not be replaced', async () => {
    for (const how of ['quiet', 'dismissed', 'answered'] as const) {
      const server = new FakeServer();
      const session = server.session();
      const seen: string[] = [];
      session.onChange((info) => seen.push(info.state));
      server.good.set('mine', 'alice');
      await session.signIn({ method: 'token', token: 'mine' });
      if (how === 'answered') server.answers = [RIGHT];
      await (how === 'quiet' ? session.quiet : session).renew('mine').catch(() => undefined);
      assert.deepEqual(seen, ['signedIn', how === 'answered' ? 'signedIn' : 'signedOut'], how);
    }
  });

  it('stays signed out in all windows until a person wants in again', async () => {
    const server = new FakeServer();
    server.good.set('pod', 'alice');
    const session = server.session({ instance: { ...INSTANCE, tokenEnv: 'T' }, environment: () => 'pod' });
    await session.signInQuietly();
    await session.signOut();
    await assert.rejects(session.signInQuietly(), needed); // another window looks what lies ready
    await assert.rejects(session.current(), needed);
    assert.equal(session.info.state, 'signedOut');
    assert.equal((await session.signInQuietly({ again: true })).method, 'environment');
    assert.equal(await session.current(), 'pod');
  });

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

  it('asks nobody when the server can\'t be reached', async () => {
    const server = new FakeServer();
    server.stored = JSON.stringify(RIGHT);
    server.down = true;
    const session = server.session();
    await assert.rejects(session.current(), (error) => RucioError.is(error, 'unreachable'));
    server.down = false;
    assert.equal(await session.current(), 't1');
    assert.deepEqual(server.asked, []);
  });

  it('does not ask again for what the server did not get to see', async () => {
    const server = new FakeServer();
    server.answers = [RIGHT];
    server.down = true;
    const session = server.session();
    await assert.rejects(session.current(), (error) => RucioError.is(error, 'unreachable'));
    server.down = false;
    assert.equal(await session.current(), 't1');
    assert.equal(server.asked.length, 1);
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
    const jwt = `x.${Buffer.from('{"exp":10}').toString('base64url')}.y`;
    for (const [text, reason] of [['secret-refused', /refused by the server/], ['', /is empty/], ['two\nsecret', /not a token/], [jwt, /has expired/], [undefined, /can't be read \(ENOENT\)/]] as const) {
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

  it('lets the person choose among several accounts', async () => {
    const server = new FakeServer();
    server.accounts = ['alice', 'bob'];
    const session = server.session();
    assert.equal((await session.signIn(RIGHT)).account, 'alice');
    assert.deepEqual(server.questions, [['alice', 'bob']]);
    assert.equal(JSON.parse(server.stored!).account, 'alice', 'not asked at the next renewal');
    await assert.rejects(server.session({ people: { chooseAccount: async () => null } }).signIn(RIGHT), needed);
  });

  it('forgets all when signed out, also what is under way', async () => {
    const server = new FakeServer();
    const session = server.session();
    await session.signIn(RIGHT);
    assert.equal((await session.signOut()).state, 'signedOut');
    assert.equal(server.stored, null);
    await assert.rejects(session.current(), needed);
    assert.deepEqual(server.asked, [], 'who signed out is not asked');
    await session.signIn(RIGHT);
    const renewing = session.renew('t2');
    await session.signOut();
    await assert.rejects(renewing, needed);
    assert.equal(session.info.state, 'signedOut');
  });

  it('signs in quietly by what lies ready, and never asks for that', async () => {
    const server = new FakeServer();
    await assert.rejects(server.session().signInQuietly(), needed);
    server.stored = JSON.stringify(RIGHT);
    assert.equal((await server.session().signInQuietly()).account, 'alice');
    for (const nonsense of ['x', '{}', 'null', '{"method":"userpass","username":1}']) {
      server.stored = nonsense;
      await assert.rejects(server.session().signInQuietly(), needed);
    }
    assert.deepEqual(server.asked, []);
  });

  it('forgets the remembered password when a token takes its place: an ended token of one account must not end up as another', async () => {
    const server = new FakeServer();
    const session = server.session();
    await session.signIn({ method: 'userpass', username: 'alice', password: 'right' });
    server.good.set('of-bob', 'bob');
    await session.signIn({ method: 'token', token: 'of-bob' });
    assert.equal(server.stored, null);
    await assert.rejects(session.renew('of-bob'), needed);
    assert.equal(server.asked.length, 1);
    assert.equal(server.passwords.length, 1);
  });

  it('keeps nothing of what was typed when somebody signed in another way while the server was asked', async () => {
    const server = new FakeServer();
    server.answers = [RIGHT];
    server.good.set('mine', 'carol');
    let other: Promise<unknown> | undefined;
    const session = server.session({ calls: {
      userpass: async () => {
        other = session.signIn({ method: 'token', token: 'mine' });
        await other;
        return { token: 'typed', account: 'alice' };
      },
      check: async (_transport, token) => ({ account: server.good.get(token)! }),
    } });
    assert.equal(await session.current(), 'mine');
    await other;
    assert.equal(session.info.account, 'carol');
    assert.equal(server.stored, null, 'a token that ends must not end up as another account');
  });

  it('keeps a wrong sign-in from taking the good one away', async () => {
    const server = new FakeServer();
    const session = server.session();
    await session.signIn(RIGHT);
    await assert.rejects(session.signIn(WRONG), (error) => RucioError.is(error, 'wrongCredentials'));
    assert.equal(await session.current(), 't1');
    await assert.rejects(session.signIn({ method: 'token', token: 'a\nb' }), (error) => RucioError.is(error, 'wrongCredentials') && !error.message.includes('a\nb'));
    server.good.set('mine', 'carol');
    assert.deepEqual(await session.signIn({ method: 'token', token: ' mine\n' }), { instance: 'lake', state: 'signedIn', account: 'carol', method: 'token' });
    assert.deepEqual(server.stores.map((stored) => stored !== null), [true, false], 'tokens are not kept in the store, and take the place of a password');
  });

  it('lets a waiting call leave without ending the others', async () => {
    const server = new FakeServer();
    server.answers = [RIGHT];
    const session = server.session();
    const abort = new AbortController();
    const leaving = session.current(abort.signal);
    const staying = session.current();
    abort.abort();
    await assert.rejects(leaving, (error) => RucioError.is(error, 'cancelled'));
    assert.equal(await staying, 't1');
    await assert.rejects(session.current(abort.signal), (error) => RucioError.is(error, 'cancelled'));
  });

  it('shows no secret', async () => {
    const server = new FakeServer();
    server.good.set('token-secret', 'alice');
    const session = server.session();
    await session.signIn({ method: 'token', token: 'token-secret' });
    const show = (): string => [inspect(session, { depth: 9, showHidden: true }), String(session), JSON.stringify(session), inspect(session.info)].join();
    assert.doesNotMatch(show(), /secret/);
    await session.signIn({ method: 'userpass', username: 'alice', password: 'right' });
    assert.doesNotMatch(show(), /secret|right|t1/);
    session.close();
    await assert.rejects(session.current(), needed);
    assert.equal(server.stored?.includes('right'), true, 'closing is not signing out');
  });
});
