// A server that gives tokens and takes none of them is not asked for one after the other.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { CoolDown } from '../../../../src/lake/session/coolDown.ts';
import { checkToken } from '../../../../src/rucio/auth/token.ts';
import { signInUserpass } from '../../../../src/rucio/auth/userpass.ts';
import { faultyProxy, refuse } from '../../../support/faults.ts';
import { failing, transportTo } from '../../rucio/helpers.ts';
import { FakeServer, RIGHT } from './fakeServer.ts';

let takes = false;
let given = 0;
const rucio = await faultyProxy((request, response) => {
  if (request.url === '/auth/userpass') return void response.writeHead(200, { 'X-Rucio-Auth-Token': `token-${++given}`, 'X-Rucio-Auth-Account': 'alice', 'X-Rucio-Auth-Token-Expires': new Date(Date.now() + 3_600_000).toUTCString() }).end();
  if (!takes) return refuse(response, 401, 'CannotAuthenticate', 'Cannot authenticate with given credentials');
  response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
});
after(() => rucio.close());

describe('tokens that are refused as they come', () => {
  it('ten quiet calls make two sign-ins, and each minute after that one; a person\'s own sign-in ends the wait', async () => {
    const server = new FakeServer();
    const transport = transportTo(rucio.url);
    const session = server.session({ transport, now: () => server.now, calls: { userpass: signInUserpass, check: checkToken } });
    const call = (): Promise<unknown> => transport.json({ path: '/x', tokens: session.quiet });
    const signIns = (): number => rucio.count({ path: '/auth/userpass' });
    await session.signIn(RIGHT);
    for (let i = 0; i < 10; i++) {
      server.now += 1000;
      await failing(call(), 'signInNeeded');
    }
    assert.equal(signIns(), 2, 'the person\'s and one of ours');
    assert.match((await failing(call(), 'signInNeeded')).message, /refused the token that it had just given/);
    for (let minute = 1; minute <= 5; minute++) {
      for (let i = 0; i < 6; i++) {
        server.now += 10_000;
        await failing(call(), 'signInNeeded');
      }
    }
    assert.ok(signIns() <= 2 + 5, `${signIns()} in six minutes`);
    const before = signIns();
    await failing(call(), 'signInNeeded');
    takes = true;
    await session.signIn(RIGHT);
    await call();
    assert.equal(signIns(), before + 1);
    assert.deepEqual(server.asked, []);
    session.close();
    transport.close();
  });

  it('the password of a rucio.cfg and what the store holds wait, too, and one that is asked for hears why', async () => {
    const server = new FakeServer();
    server.stored = JSON.stringify(RIGHT);
    const session = server.session();
    let token = await session.current();
    token = await session.renew(token);
    assert.equal(server.passwords.length, 2);
    for (let i = 0; i < 3; i++) await failing(session.quiet.renew(token), 'signInNeeded');
    server.answers = [RIGHT];
    assert.equal(await session.current(), 't3');
    assert.match(server.asked[0]!, /^The server refused the token that it had just given, so it is not asked for another one for a while\./);
    assert.equal(await session.renew('t3'), 't4', 'a person signed in');
    assert.equal(server.passwords.length, 4);
  });

  it('tokens of 20 s are renewed for hours: before their end, after it, and where the server\'s clock is ahead', async () => {
    for (const ahead of [-6000, 100, 8000]) {
      const server = new FakeServer();
      server.lifeMs = 20_000;
      const session = server.session();
      await session.signIn(RIGHT);
      for (let i = 0; i < 100; i++) {
        const token = await session.quiet.current();
        server.now += 20_000 - ahead;
        // Calls with it go on until the server says no.
        await session.quiet.renew(token);
      }
      assert.equal(server.asked.length, 0);
    }
  });
});

describe('the cool-down', () => {
  const scene = () => {
    const clock = { now: 0 };
    return { clock, cool: new CoolDown({ now: () => clock.now, coolDownMs: 60_000 }) };
  };

  it('begins when a token that came in place of a refused one is refused, too; ends a while after that was given', () => {
    const { clock, cool } = scene();
    cool.given({ token: 'a' });
    cool.refused('a');
    assert.equal(cool.reason, undefined, 'one may be refused for many reasons');
    clock.now = 5000;
    cool.given({ token: 'b' });
    clock.now = 20_000;
    cool.refused('a');
    assert.equal(cool.reason, undefined, 'late word of the first');
    cool.refused('b');
    assert.notEqual(cool.reason, undefined);
    clock.now = 64_999;
    assert.notEqual(cool.reason, undefined);
    clock.now = 65_000;
    assert.equal(cool.reason, undefined);
    cool.given({ token: 'c' });
    cool.refused('c');
    assert.notEqual(cool.reason, undefined, 'nothing was taken since');
    cool.over();
    assert.equal(cool.reason, undefined);
  });

  it('does not begin when the token lasted, or has lived more than half of its life', () => {
    for (const [expiresAt, after] of [[undefined, 60_000], [3_600_000, 60_000], [20_000, 10_000]] as const) {
      for (const early of [true, false]) {
        const { clock, cool } = scene();
        cool.refused('first');
        cool.given({ token: 'a', ...(expiresAt !== undefined && { expiresAt }) });
        clock.now = after - (early ? 1 : 0);
        cool.refused('a');
        assert.equal(cool.reason !== undefined, early, `${expiresAt} ${after}`);
      }
    }
  });
});
