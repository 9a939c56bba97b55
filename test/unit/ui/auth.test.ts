// Signing in without an editor: who is asked when, and the words around it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Accounts } from '../../../src/ui/auth/accounts.ts';
import { remembered } from '../../../src/ui/auth/credentials.ts';
import { Questions } from '../../../src/ui/auth/questions.ts';
import { anotherWay, goStraight } from '../../../src/ui/auth/straight.ts';
import { accountLabel, pageWords, readyToken, signedInText, signedOutText } from '../../../src/ui/auth/words.ts';
import { ServiceFailure } from '../../../src/client/client.ts';
import { statusDocument } from '../../../src/ui/terminal/statusDocument.ts';
import { SessionStore } from '../../../src/ui/sessions.ts';
import type { ServiceStatus, SessionInfo } from '../../../src/protocol.ts';

/** A question that the test answers. */
function question() {
  const answers: ((answer: string | null) => void)[] = [];
  return { ask: () => new Promise<string | null>((resolve) => { answers.push(resolve); }), answers };
}
const settled = () => new Promise((resolve) => { setImmediate(resolve); });

describe('straight to the page', () => {
  const fails = (kind: 'cancelled' | 'unreachable') => async (): Promise<never> => { throw new ServiceFailure({ kind, what: 'It was so.', next: '', actions: [] }); };
  it('signed in, dismissed, or another way: wanted, or needed', async () => {
    assert.deepEqual(await goStraight('lake', async () => undefined), { how: 'signedIn' });
    assert.deepEqual(await goStraight('lake', fails('cancelled')), { how: 'dismissed' });
    assert.deepEqual(await goStraight('lake', fails('unreachable')), { how: 'another', why: 'It was so.' });
    assert.deepEqual(await goStraight('lake', async () => {
      anotherWay('lake')?.();
      await fails('cancelled')();
    }), { how: 'another' });
  });
  it('another way is on offer beside that page only', async () => {
    assert.equal(anotherWay('lake'), undefined);
    await goStraight('lake', async () => assert.equal(anotherWay('other'), undefined));
    assert.equal(anotherWay('lake'), undefined);
  });
});

describe('questions', () => {
  it('for one instance share one dialog', async () => {
    const { ask, answers } = question();
    const questions = new Questions<string>();
    const [one, two] = [questions.ask('lake', ask), questions.ask('lake', ask)];
    await settled();
    assert.equal(answers.length, 1);
    answers[0]?.('alice');
    assert.deepEqual(await Promise.all([one, two]), ['alice', 'alice']);
    void questions.ask('lake', ask);
    await settled();
    assert.equal(answers.length, 2);
  });

  it('for two instances come one after the other', async () => {
    const { ask, answers } = question();
    const questions = new Questions<string>();
    const [one, two] = [questions.ask('lake', ask), questions.ask('other', ask)];
    await settled();
    assert.deepEqual([answers.length, questions.current], [1, 'lake']);
    answers[0]?.(null);
    assert.equal(await one, null);
    await settled();
    assert.deepEqual([answers.length, questions.current], [2, 'other']);
    answers[1]?.('bob');
    assert.equal(await two, 'bob');
    assert.equal(questions.current, undefined);
  });

  it('that fail do not hold up those behind them', async () => {
    const questions = new Questions<string>();
    await assert.rejects(questions.ask('lake', () => Promise.reject(new Error('no screen'))), /no screen/);
    assert.equal(await questions.ask('lake', async () => 'alice'), 'alice');
  });
});

describe('the words', () => {
  it('tell where a ready token would come from', () => {
    assert.equal(readyToken({ tokenFile: '/tmp/rucio_oauth.token', tokenEnv: 'RUCIO_ACCESS_TOKEN' }), 'the file /tmp/rucio_oauth.token');
    assert.equal(readyToken({ tokenEnv: 'RUCIO_ACCESS_TOKEN' }), 'the environment variable RUCIO_ACCESS_TOKEN');
    assert.equal(readyToken({}), undefined);
  });

  it('tell who is signed in, and what signing out forgets', () => {
    assert.equal(signedInText('Test Lake', { instance: 'lake', state: 'signedIn', account: 'alice', method: 'userpass' }), 'Signed in to Test Lake as alice with user and password');
    const out = signedOutText('Test Lake', { instance: 'lake', state: 'signedIn', account: 'alice', method: 'userpass' }, undefined);
    assert.match(out, /^Signed out of Test Lake \(alice\)\. Password and token are forgotten, in all windows/);
    assert.match(out, /Rules that you made go on\.$/);
    assert.match(signedOutText('Test Lake', { instance: 'lake', state: 'signedIn', method: 'file' }, 'the file /tmp/t'), /The token is forgotten here\. What lies in the file \/tmp\/t stays there: it signs you in again when you choose Sign In, or when the lake service starts anew\./);
    assert.match(signedOutText('Test Lake', { instance: 'lake', state: 'signedIn', method: 'hub' }, undefined), /The token is forgotten here\. The hub, its token files and your sign-in there stay: it signs you in again when/);
    assert.doesNotMatch(out, /again/);
  });
});

describe('the words before a page is opened', () => {
  it('show the code and the place where it goes', () => {
    const words = pageWords({ displayName: 'Test Lake', host: 'iam.example.org', userCode: 'ABCD-EFGH' });
    assert.deepEqual([words.message, words.open], ['Your code is ABCD-EFGH', 'Copy & Open']);
    assert.match(words.detail, /A page of iam\.example\.org will open\. Enter the code there to sign in to Test Lake/);
    assert.equal(pageWords({ displayName: 'Test Lake', host: 'rucio.example.org' }).open, 'Open');
  });
});

describe('what is remembered of an answer', () => {
  it('holds no secret', () => {
    assert.deepEqual(remembered({ method: 'userpass', username: 'alice', password: 'pw', account: 'a' }), { method: 'userpass', username: 'alice', account: 'a' });
    assert.deepEqual(remembered({ method: 'token', token: 't' }), { method: 'token' });
    assert.deepEqual(remembered({ method: 'x509', certificate: '/c', key: '/k', passphrase: 'pp' }), { method: 'x509', certificate: '/c', key: '/k' });
    assert.deepEqual(remembered({ method: 'proxy' }), { method: 'proxy' });
  });
});

describe('the service’s status as a document', () => {
  it('is JSON with times that can be read', () => {
    const status = { version: '1', startedAt: 0, sessions: [{ instance: 'lake', state: 'signedIn', expiresAt: 8.64e15 + 1 }], clients: [{ since: 1000 }] } as unknown as ServiceStatus;
    const document = JSON.parse(statusDocument(status, 'connected')) as Record<string, unknown>;
    assert.deepEqual(document, { connection: 'connected', version: '1', startedAt: '1970-01-01T00:00:00.000Z', sessions: [{ instance: 'lake', state: 'signedIn', expiresAt: 8.64e15 + 1 }], clients: [{ since: '1970-01-01T00:00:01.000Z' }] });
  });
});

describe('accounts', () => {
  const NOON = new Date(2026, 5, 1, 12).getTime();
  const alice = (more: Partial<SessionInfo> = {}): SessionInfo => ({ instance: 'lake', state: 'signedIn', account: 'alice', method: 'userpass', expiresAt: NOON + 5_400_000, ...more });
  function fixture() {
    const sessions = new SessionStore();
    const signedOut: string[] = [];
    const accounts = new Accounts({
      onDidChange: sessions.onDidChange, displayNameOf: (name) => (name === 'gone' ? name : 'Test Lake'), zone: false, now: () => NOON,
      signIn: async (instance = 'lake') => alice({ instance, account: 'bob' }), signOut: async (instance) => void signedOut.push(instance),
    });
    const told: string[] = [];
    accounts.onDidChangeSessions(({ added, removed, changed }) => told.push([...(removed ?? []).map(({ account }) => `- ${account.label}`), ...(added ?? []).map(({ account }) => `+ ${account.label}`), ...(changed ?? []).map(() => 'changed')].join(' ')));
    const labels = async (): Promise<string[]> => (await accounts.getSessions(undefined)).map(({ account }) => account.label);
    return { sessions, accounts, told, labels, signedOut };
  }

  it('say who is signed in where and until when, and hand out no token', async () => {
    const { sessions, accounts, labels } = fixture();
    assert.deepEqual(await labels(), []);
    sessions.hear(alice());
    assert.deepEqual(await labels(), ['alice @ Test Lake, until 13:30']);
    const [session] = await accounts.getSessions(['lake']);
    assert.deepEqual([session?.accessToken, session?.scopes], ['lake/alice', ['lake']]);
    assert.deepEqual(await accounts.getSessions(['other']), []);
    assert.equal((await accounts.getSessions([], { account: session!.account })).length, 1);
  });

  it('change when the sign-in does: nothing is there twice, and nothing is told without need', async () => {
    const { sessions, told, labels } = fixture();
    sessions.hear(alice());
    sessions.hear(alice({ expiresAt: NOON + 5_410_000 })); // renewed within the same minute
    sessions.hear(alice({ expiresAt: NOON + 9_000_000 }));
    sessions.hear(alice({ account: 'bob', expiresAt: NOON + 9_000_000 }));
    assert.deepEqual(await labels(), ['bob @ Test Lake, until 14:30']);
    sessions.hear({ instance: 'lake', state: 'signedOut' });
    sessions.hear({ instance: 'lake', state: 'signedOut' });
    assert.deepEqual(told, ['+ alice @ Test Lake, until 13:30', '- alice @ Test Lake, until 13:30 + alice @ Test Lake, until 14:30', '- alice @ Test Lake, until 14:30 + bob @ Test Lake, until 14:30', '- bob @ Test Lake, until 14:30']);
  });

  it('of two instances with one name can be told apart, and only one of them is signed out', async () => {
    const { sessions, accounts, labels, signedOut } = fixture();
    sessions.hear(alice());
    sessions.hear(alice({ instance: 'second' }));
    assert.deepEqual(await labels(), ['alice @ Test Lake, until 13:30', 'alice @ second, until 13:30']);
    const [, second] = await accounts.getSessions([]);
    await accounts.removeSession(second!.id);
    await accounts.removeSession('unknown');
    assert.deepEqual(signedOut, ['second']);
    sessions.keepOnly(['second']);
    assert.deepEqual(await labels(), ['alice @ second, until 13:30']);
  });

  it('come from our Sign In, at the instance that is named', async () => {
    const { accounts, labels } = fixture();
    const session = await accounts.createSession(['gone']);
    assert.deepEqual([session.account.label, session.scopes], ['bob @ gone, until 13:30', ['gone']]);
    assert.deepEqual(await labels(), ['bob @ gone, until 13:30']);
  });

  it('name the day when it is not today, the zone where it may be another, and no time that nobody said', () => {
    const label = (expiresAt: number | undefined, zone = false): string => accountLabel('alice', 'Lake', expiresAt, { now: NOON, zone });
    assert.equal(label(NOON + 86_400_000), 'alice @ Lake, until 2 Jun, 12:00');
    assert.equal(label(NOON + 366 * 86_400_000), 'alice @ Lake, until 2 Jun 2027, 12:00');
    assert.match(label(NOON, true), /^alice @ Lake, until 12:00 \S+$/);
    assert.deepEqual([label(undefined), label(Infinity)], ['alice @ Lake', 'alice @ Lake']);
  });
});
