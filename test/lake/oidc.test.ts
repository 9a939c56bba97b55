// Signing in through a real OpenID provider: by Rucio's own /auth/oidc, as where the Rucio server is the only client.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { before, test } from 'node:test';
import { ServiceFailure } from '../../src/client/client.ts';
import * as protocol from '../../src/protocol.ts';
import type { Page } from '../../src/rucio/auth/way.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import { instanceOf } from '../support/instance.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { visit } from '../support/lake/visit.ts';
import { testService } from '../support/service.ts';
import { openLake } from './open-lake.ts';

let info: LakeInfo;
before(async () => {
  info = await sharedLake();
});

/** A person who signs in on the page and leaves it open; `pages` are those that were shown. */
function person(as?: string): { readonly pages: Page[]; readonly openPage: (page: Page, signal: AbortSignal) => Promise<void> } {
  const pages: Page[] = [];
  return {
    pages,
    openPage: async (page, signal) => {
      pages.push(page);
      const reply = await visit(info, page.url, as);
      assert.equal(reply.status, 200, reply.text);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve());
      });
    },
  };
}

/** Rucio gives no new token for one that is younger than five minutes: this one gets older. */
function makeOlder(token: string): void {
  const sql = `UPDATE tokens SET updated_at = updated_at - interval '10 minutes' WHERE token = '${token.replaceAll(/[^\w.-]/g, '')}'`;
  const answer = execFileSync('psql', [info.database, '-c', sql], { encoding: 'utf8' });
  assert.match(answer, /UPDATE 1/);
}

test('through Rucio: a page is opened, the token comes; the next start has it still; the server renews it', async () => {
  const alice = person();
  const { lake, calls, stored, asked } = openLake(info, null, { people: alice });
  const session = await lake.session.signIn({ method: 'oidc' });
  assert.deepEqual([session.account, session.method], ['alice', 'oidc']);
  assert.ok(session.expiresAt! > Date.now() + 600_000, 'the end is read from the token');
  assert.deepEqual(alice.pages.map(({ host, userCode }) => [host, userCode]), [[new URL(info.rucio.https).host, undefined]]);
  assert.ok((await lake.listScopes(true)).includes('user.alice'));
  const token = await lake.session.current();
  lake.close();

  const next = openLake(info, null);
  next.stored.value = stored.value;
  assert.equal((await next.lake.session.signInQuietly()).account, 'alice');
  assert.equal(await next.lake.session.current(), token);
  makeOlder(token);
  const newer = await next.lake.session.renew(token);
  assert.notEqual(newer, token);
  assert.ok((await next.lake.listScopes(true)).includes('user.alice'));
  assert.ok(next.stored.value!.includes(newer), 'the newer one is kept in place of the old');
  next.lake.close();
  assert.deepEqual([...asked, ...next.asked], []);
  const id = new URL(alice.pages[0]!.url).search.slice(1);
  for (const secret of [token, newer, id]) assert.ok(![...calls, ...next.calls].join('\n').includes(secret), 'no secret in the log');
});

test('through Rucio as bob; a token that can\'t be renewed ends in a question, not in silence', async () => {
  const bob = person('bob');
  const { lake, asked } = openLake(info, null, { people: bob });
  assert.equal((await lake.session.signIn({ method: 'oidc', account: 'bob' })).account, 'bob');
  // Younger than five minutes: the server gives the same one again.
  await assert.rejects(lake.session.renew(await lake.session.current()), (error) => RucioError.is(error, 'signInNeeded'));
  assert.deepEqual(asked, ['Your sign-in has ended, and the server gives no newer token.']);
  lake.close();
});

test('a person of several accounts chooses; the page is opened again for that one', async () => {
  const choices: (readonly string[])[] = [];
  for (const [answer, pages] of [['alice', [1, 2]], ['bob', [1, 2]], [null, [1]]] as const) {
    const shared = person('shared');
    const { lake, stored } = openLake(info, null, { people: { ...shared, chooseAccount: async (accounts) => {
      choices.push([...accounts].sort());
      return answer;
    } } });
    const signedIn = lake.session.signIn({ method: 'oidc' });
    if (answer === null) await assert.rejects(signedIn, (error) => RucioError.is(error, 'signInNeeded') && /You have several accounts \((alice, bob|bob, alice)\), and none was chosen\./.test(error.message));
    else {
      assert.equal((await signedIn).account, answer);
      assert.ok((await lake.listScopes(true)).includes(`user.${answer}`));
      assert.equal((JSON.parse(stored.value!) as { account: string }).account, answer);
    }
    assert.ok((pages as readonly number[]).includes(shared.pages.length), `${shared.pages.length} pages`);
    lake.close();
  }
  assert.deepEqual(choices, [['alice', 'bob'], ['alice', 'bob'], ['alice', 'bob']]);
});

test('given up by the person: cancelled at once; an unknown account is said', async () => {
  const { lake } = openLake(info, null, { people: { openPage: async () => undefined } });
  const started = Date.now();
  await assert.rejects(lake.session.signIn({ method: 'oidc' }), (error) => RucioError.is(error, 'cancelled'));
  assert.ok(Date.now() - started < 1500);
  await assert.rejects(lake.session.signIn({ method: 'oidc', account: 'nobody' }), (error) => RucioError.is(error, 'wrongCredentials') && /offers no sign-in in a browser just now.*nobody/.test(error.message) && !error.message.includes('\n'));
  lake.close();
  const alone = openLake(info, null, { people: {} });
  await assert.rejects(alone.lake.session.signIn({ method: 'oidc' }), (error) => RucioError.is(error, 'signInNeeded') && /must be opened in a browser/.test(error.message));
  alone.lake.close();
});

test('by the service: the window that asked is shown the page, and told when it is over', async () => {
  const service = testService();
  try {
    let over: boolean | undefined;
    const window = service.client({
      instances: [instanceOf(info)],
      openUrl: async ({ url, host, displayName }, signal) => {
        assert.deepEqual([host, displayName], [new URL(info.rucio.https).host, 'Test Lake']);
        await visit(info, url);
        await new Promise((resolve) => { signal.addEventListener('abort', resolve); });
        over = signal.aborted;
        return true;
      },
    });
    const other = service.client({ instances: [instanceOf(info)], openUrl: async () => assert.fail('not this window') });
    await other.welcome();
    assert.ok((await window.request(protocol.signInMethods, { instance: 'lake' })).includes('oidc'));
    const session = await window.request(protocol.signIn, { instance: 'lake', credentials: { method: 'oidc' } });
    assert.equal(session.account, 'alice');
    assert.equal(over, true);
    assert.ok((await other.request(protocol.listScopes, { instance: 'lake', mine: true })).includes('user.alice'));
    assert.equal(other.secrets.size, 1, 'every window keeps it');
    const token = (JSON.parse([...other.secrets.values()][0]!) as { token: string }).token;
    assert.ok(!JSON.stringify(await other.request(protocol.status, {})).includes(token));

    const stubborn = service.client({ instances: [instanceOf(info)], openUrl: async () => false });
    await assert.rejects(stubborn.request(protocol.signIn, { instance: 'lake', credentials: { method: 'oidc' } }), (error) => error instanceof ServiceFailure && error.failure.kind === 'cancelled');
  } finally {
    await service.stop();
  }
});
