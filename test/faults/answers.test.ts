// The rows C4 to C7 of the fault matrix: answers of the catalogue that are cut, spoiled, somebody else's, or a refused token, in front of the
// real Rucio; and what they do to transfers: nothing short is ever taken for the whole.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, test } from 'node:test';
import { RucioError } from '../../src/rucio/errors.ts';
import { faultyProxy } from '../support/faults.ts';
import { openLake } from '../lake/open-lake.ts';
import { scene, SCOPE } from './scene.ts';

const s = await scene();
after(() => s.close());
afterEach(() => {
  s.storage.clear();
  s.rucio.clear();
});
const dataset = { scope: SCOPE, name: `${s.prefix}answers` };
const COUNT = 12;
assert.equal((await s.upload(Array.from({ length: COUNT }, (_, n) => s.file(`answers/${n}.bin`, 100 + n)), { dataset })).files.done, COUNT);
const FILES = /^\/dids\/faults\/.*answers\/files$/;

async function listed(): Promise<{ readonly rows: number; readonly error: unknown }> {
  let rows = 0;
  try {
    for await (const some of s.lake.quietClient.listFiles(dataset)) rows += some.length;
    return { rows, error: undefined };
  } catch (error) {
    return { rows, error };
  }
}
const target = (name: string): string => path.join(s.folder, 'answers-down', name);

for (const [what, fault, least] of [['in the middle of a row', { cutAfterRows: 5, half: true }, 5], ['exactly at the end of a row', { cutAfterRows: 5 }, 5]] as const) {
  test(`C4 a list is cut ${what}: what came is kept and not called whole; a download does not begin with a part`, async () => {
    s.rucio.add({ path: FILES, ...fault });
    const { rows, error } = await listed();
    assert.ok(RucioError.is(error, 'cutStream'), String(error));
    assert.ok(rows <= least, String(rows));
    await assert.rejects(s.engine.download(s.with, { dids: [dataset], folder: target(String(rows)) }), (problem) => RucioError.is(problem, 'cutStream'));
    assert.ok(!fs.existsSync(target(String(rows))));
    s.rucio.clear();
    assert.equal((await listed()).rows, COUNT, 'again: whole');
  });
}

test('C5 odd rows: infinite numbers, blank lines, a mark at the beginning, a row of 20 MB; one that is no JSON is named by its number', async () => {
  const answer = (body: string): void => void s.rucio.add({ path: FILES, answer: { status: 200, headers: { 'Content-Type': 'application/x-json-stream' }, body } });
  const row = (n: number, more = ''): string => `{"scope": "faults", "name": "n${n}", "bytes": ${n}, "adler32": "00000001"${more}}\n`;
  answer(`\uFEFF${row(1)}\n\n${row(2, ', "x": Infinity, "y": NaN')}${row(3, `, "long": "${'x'.repeat(20_000_000)}"`)}${row(4, ', "large": 9007199254740993')}`);
  assert.deepEqual(await listed(), { rows: 4, error: undefined });
  s.rucio.clear();
  answer(`${row(1)}${row(2)}{"scope": "faults", "na\n${row(4)}`);
  const { error } = await listed();
  assert.ok(RucioError.is(error, 'cutStream'), String(error));
  assert.match((error as Error).message, /line 3 of the answer is not whole/);
});

test('C6 a log-in page in place of Rucio, or on the way to it: said as such, and no token goes there', async () => {
  const elsewhere = await faultyProxy((_, response) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html><title>Sign in</title></html>'), { host: '127.0.0.1' });
  try {
    s.rucio.add({ path: FILES, html: 'Hotel Wi-Fi' });
    const page = await listed();
    assert.ok(RucioError.is(page.error, 'notRucio'), String(page.error));
    assert.match((page.error as Error).message, /web page titled “Hotel Wi-Fi”, not as a Rucio server does: a log-in page on the way/);
    s.rucio.clear();
    s.rucio.add({ path: FILES, redirect: `${elsewhere.url}/login` });
    const sent = await listed();
    assert.ok(RucioError.is(sent.error), String(sent.error));
    assert.ok(elsewhere.seen.every(({ headers }) => headers['x-rucio-auth-token'] === undefined && headers.authorization === undefined));
    s.rucio.clear();
    // In the middle of an upload: it stops with these words, and goes on when the page is gone.
    s.rucio.add({ method: 'POST', path: /^\/replicas$/, html: 'Hotel Wi-Fi' });
    const ended = await s.upload([s.file('c6.bin', 100)]);
    assert.match([ended.error?.what, ...s.files(ended).map(({ error }) => error?.what)].join(' '), /Hotel Wi-Fi/);
    assert.equal(ended.files.done, 0);
    s.rucio.clear();
    const again = await s.ended((await s.engine.act(new Set(['one']), ended.id, ended.state === 'stopped' ? 'resume' : 'retry'))!);
    assert.equal(again.files.done, 1, JSON.stringify(s.files(again)));
    await s.whole(path.join(s.folder, 'local', 'c6.bin'));
  } finally {
    await elsewhere.close();
  }
});

test('C7 the token is refused in the middle: one renewal for all that wait, one more try each; refused again, one question', async () => {
  const proxy = await faultyProxy(s.info.rucio.http);
  let questions = 0;
  let dismiss = false;
  const { lake } = openLake(s.info, 'alice', {
    settings: { rucio_base_url: proxy.url },
    ask: async () => {
      questions++;
      return dismiss ? null : { method: 'userpass', ...s.info.accounts.alice.userpass, account: 'alice' };
    },
  });
  try {
    await lake.client.ping();
    const first = await lake.client.listAccountScopes('alice');
    const token = proxy.seen.map(({ headers }) => headers['x-rucio-auth-token']).find((one) => typeof one === 'string') as string;
    const signIns = (): number => proxy.seen.filter(({ path: at }) => at.startsWith('/auth/userpass')).length;
    const before = signIns();
    proxy.killToken(token);
    const all = await Promise.all(Array.from({ length: 6 }, () => lake.client.listAccountScopes('alice')));
    assert.ok(all.every((scopes) => scopes.length === first.length));
    assert.equal(signIns() - before, 1, 'renewed once');
    proxy.add({ path: /^\/auth\/userpass/, answer: { status: 401, headers: { ExceptionClass: 'CannotAuthenticate', ExceptionMessage: 'no' }, body: { ExceptionClass: 'CannotAuthenticate', ExceptionMessage: 'no' } } });
    questions = 0;
    dismiss = true;
    for (const { headers } of proxy.seen.slice()) if (typeof headers['x-rucio-auth-token'] === 'string') proxy.killToken(headers['x-rucio-auth-token']);
    const refused = await Promise.allSettled(Array.from({ length: 6 }, () => lake.client.listAccountScopes('alice')));
    assert.ok(refused.every(({ status }) => status === 'rejected'));
    assert.equal(questions, 1, 'one question for all of them');
  } finally {
    lake.close();
    await proxy.close();
  }
});
