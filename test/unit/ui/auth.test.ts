// Signing in without an editor: who is asked when, and the words around it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { remembered } from '../../../src/ui/auth/credentials.ts';
import { Questions } from '../../../src/ui/auth/questions.ts';
import { pageWords, readyToken, signedInText, signedOutText } from '../../../src/ui/auth/words.ts';
import { statusDocument } from '../../../src/ui/terminal/statusDocument.ts';
import type { ServiceStatus } from '../../../src/protocol.ts';

/** A question that the test answers. */
function question() {
  const answers: ((answer: string | null) => void)[] = [];
  return { ask: () => new Promise<string | null>((resolve) => { answers.push(resolve); }), answers };
}
const settled = () => new Promise((resolve) => { setImmediate(resolve); });

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
    assert.match(signedOutText('Test Lake', { instance: 'lake', state: 'signedIn', method: 'file' }, 'the file /tmp/t'), /The token is forgotten here\. What lies in the file \/tmp\/t stays there/);
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
