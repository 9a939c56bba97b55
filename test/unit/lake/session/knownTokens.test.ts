// Whom a token is for is known at the next start without a call, until the server refuses the token or somebody signs out; the token itself is kept nowhere.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { KnownTokens } from '../../../../src/lake/session/knownTokens.ts';
import { FakeServer, INSTANCE, needed } from './fakeServer.ts';

describe('whom tokens are for', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'known-'));
    file = path.join(folder, 'tokens.json');
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));
  /** As the next start has it. */
  const next = (): KnownTokens => new KnownTokens(file);

  it('is known at the next start, of that token at that server alone; the token is in no file', () => {
    next().remember('https://r', 'secret-token', 'alice');
    assert.equal(next().accountOf('https://r', 'secret-token'), 'alice');
    assert.equal(next().accountOf('https://r', 'another'), undefined);
    assert.equal(next().accountOf('https://other', 'secret-token'), undefined);
    assert.deepEqual(fs.readdirSync(folder), ['tokens.json']);
    assert.ok(!fs.readFileSync(file, 'utf8').includes('secret-token'));
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    next().forget('https://r', 'secret-token');
    assert.equal(next().accountOf('https://r', 'secret-token'), undefined);
  });

  it('is known of the last twenty', () => {
    const known = next();
    for (let n = 0; n < 25; n++) known.remember('https://r', `t${n}`, `a${n}`);
    const there = Array.from({ length: 25 }, (_, n) => next().accountOf('https://r', `t${n}`));
    assert.deepEqual(there, [...Array<undefined>(5).fill(undefined), ...Array.from({ length: 20 }, (_, n) => `a${n + 5}`)]);
  });

  it('is asked again when the file is damaged, and where none can be written that is said, and nobody fails', () => {
    for (const rubbish of ['', '{', '{"a":1}', '[["only one"],[1,2],3]']) {
      fs.writeFileSync(file, rubbish);
      assert.equal(next().accountOf('https://r', 'token'), undefined);
    }
    next().remember('https://r', 'token', 'alice');
    assert.equal(next().accountOf('https://r', 'token'), 'alice');
    const said: string[] = [];
    const nowhere = new KnownTokens(path.join(file, 'a file is no folder'), (problem) => said.push(problem));
    nowhere.remember('https://r', 'token', 'bob');
    assert.equal(nowhere.accountOf('https://r', 'token'), 'bob');
    assert.match(said.join(), /asked again at the next start: ENOTDIR/);
  });

  it('saves a session the first question; a token that is refused is asked about again, and so is one after a sign-out', async () => {
    const server = new FakeServer();
    server.good.set('pod', 'alice');
    const start = () => server.session({ instance: { ...INSTANCE, tokenEnv: 'T' }, environment: () => 'pod', known: next() });
    assert.equal(await start().account(), 'alice');
    assert.equal(server.checks, 1);
    const session = start();
    assert.equal(await session.account(), 'alice');
    assert.deepEqual([server.checks, session.info.method], [1, 'environment']);
    await assert.rejects(session.renew('pod'), needed);
    await start().account();
    assert.equal(server.checks, 2);
    next().remember('https://r ', 'the one before', 'alice'); // of the same server and VO
    next().remember('https://other ', 'another', 'alice');
    const leaving = start();
    await leaving.account();
    await leaving.signOut();
    assert.equal(server.checks, 2);
    assert.equal(next().accountOf('https://r ', 'the one before'), undefined);
    assert.equal(next().accountOf('https://other ', 'another'), 'alice');
    await start().account();
    assert.equal(server.checks, 3);
  });

  it('is not kept when somebody signs out while the server is asked', async () => {
    const server = new FakeServer();
    server.good.set('pod', 'alice');
    const session = server.session({ instance: { ...INSTANCE, tokenEnv: 'T' }, environment: () => 'pod', known: next() });
    const asking = session.account().catch(() => undefined);
    await session.signOut();
    await asking;
    await new Promise((resolve) => { setTimeout(resolve, 10); });
    assert.deepEqual([server.checks, fs.readdirSync(folder)], [1, []]);
  });

  it('says who is signed in before anybody is asked, by the token that would be tried first; never after a sign-out', async () => {
    const server = new FakeServer();
    server.good.set('first', 'alice').set('second', 'bob');
    const tokens: Record<string, string> = { T: 'first' };
    const start = (more = {}) => server.session({ instance: { ...INSTANCE, tokenEnv: 'T', ...more }, environment: (name) => tokens[name], known: next() });
    const strange = start();
    await strange.signInAsBefore();
    assert.equal(strange.info.state, 'signedOut');
    await strange.account();
    const session = start();
    const heard: string[] = [];
    session.onChange(({ state }) => heard.push(state));
    await session.signInAsBefore();
    await session.signInAsBefore();
    assert.deepEqual([session.info.account, session.info.method, heard], ['alice', 'environment', ['signedIn']]);
    const file = path.join(folder, 'token');
    fs.writeFileSync(file, 'second'); // it goes first, and is not known
    const other = start({ tokenFile: file });
    await other.signInAsBefore();
    assert.equal(other.info.state, 'signedOut');
    assert.equal(await other.account(), 'bob');
    server.down = true;
    await session.signOut();
    next().remember('https://r ', 'first', 'alice');
    await session.signInAsBefore();
    assert.equal(session.info.state, 'signedOut');
    assert.equal(server.checks, 2);
  });

  it('is another one’s with another token', async () => {
    const server = new FakeServer();
    server.good.set('hers', 'alice').set('his', 'bob');
    let token = 'hers';
    const start = () => server.session({ instance: { ...INSTANCE, tokenEnv: 'T' }, environment: () => token, known: next() });
    await start().account();
    token = 'his';
    assert.equal(await start().account(), 'bob');
  });
});
