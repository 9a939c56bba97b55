import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { RucioError } from '../../../../src/rucio/errors.ts';
import { FakeServer, INSTANCE, needed, RIGHT, wrong, WRONG } from './fakeServer.ts';

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
