// What is known before a byte moves, and what the choices of an upload come to, on the real catalogue and the real storage.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { rest, rows, token } from '../support/lake/client.ts';
import { mine, RSE, scene, SCOPE } from '../faults/scene.ts';
import { MOUNTED, openLake } from './open-lake.ts';

const s = await scene();
after(() => s.close());
const asAlice = await token(s.info, 'alice');
const content = async (did: string): Promise<string[]> => rows<{ name: string }>(await rest(s.info, asAlice, 'GET', `/dids/${SCOPE}/${did}/dids`)).map(({ name }) => name).sort();
const rulesOf = async (did: string): Promise<string[]> => rows<{ rse_expression: string }>(await rest(s.info, asAlice, 'GET', `/dids/${SCOPE}/${did}/rules`)).map((rule) => rule.rse_expression);
const errors = (id: string): (string | undefined)[] => s.engine.files(mine, id, { states: ['failed'], limit: 10 }).map(({ error }) => error?.what);

test('a folder as a container of datasets: one for each folder, one rule, its metadata; resumed and repeated it is the same', async () => {
  const unique = `${s.prefix}c`;
  for (const name of ['a/1.bin', 'a/2.bin', 'b/1.bin', 'top.bin']) s.file(`tree/${name}`, 100 + name.length);
  const folder = path.join(s.folder, 'local', 'tree');
  const wish = s.wish([folder], { names: 'folders', container: { scope: SCOPE, name: unique }, metadata: { campaign: 'autumn', colour: 'red' } });
  const plan = await s.engine.planUpload(s.with, wish);
  assert.deepEqual([plan.problems, plan.datasets.map(({ did, files }) => [did.name, files])], [[], [[`${unique}.tree`, 1], [`${unique}.tree_a`, 2], [`${unique}.tree_b`, 1]]]);
  for (const files of [4, 4]) {
    const up = await s.ended(await s.engine.upload(s.with, wish));
    assert.deepEqual([up.state, up.files.done], ['done', files], JSON.stringify(errors(up.id)));
    assert.deepEqual(await content(unique), [`${unique}.tree`, `${unique}.tree_a`, `${unique}.tree_b`]);
    assert.deepEqual(await content(`${unique}.tree_a`), [`${s.prefix}tree_a_1.bin`, `${s.prefix}tree_a_2.bin`]);
    assert.deepEqual([await rulesOf(unique), await rulesOf(`${unique}.tree_a`)], [[RSE], []]);
  }
  const meta = JSON.parse((await rest(s.info, asAlice, 'GET', `/dids/${SCOPE}/${unique}/meta?plugin=ALL`)).text) as Record<string, unknown>;
  assert.deepEqual([meta['campaign'], meta['colour']], ['autumn', 'red']);
});

test('metadata that the server does not take is a failure with its words, and the file stays in the lake', async () => {
  const file = s.file('meta.bin', 500);
  s.rucio.add({ method: 'POST', path: /bulkdidsmeta/, times: 1, answer: { status: 401, headers: { ExceptionClass: 'AccessDenied', ExceptionMessage: 'not yours' }, body: { ExceptionClass: 'AccessDenied', ExceptionMessage: 'not yours' } } });
  const up = await s.upload([file], { metadata: { campaign: 'x' } });
  s.rucio.clear();
  assert.match(errors(up.id)[0] ?? '', /The metadata was not taken: .*not yours/);
  await s.whole(file);
  const again = await s.ended((await s.engine.act(mine, up.id, 'retry'))!);
  assert.deepEqual([again.state, again.files.done], ['done', 1], JSON.stringify(errors(up.id)));
  assert.match((await rest(s.info, asAlice, 'GET', `/dids/${SCOPE}/${s.prefix}meta.bin/meta`)).text, /"campaign": "x"/);
});

test('names that are taken: the same content gets a rule, another one is asked about, left out or numbered', async () => {
  const same = s.file('same.bin', 1000);
  const other = s.file('other.bin', 1000);
  await s.upload([same, other]);
  fs.writeFileSync(other, randomBytes(1000));
  const plan = await s.engine.planUpload(s.with, s.wish([same, other]));
  assert.deepEqual([plan.taken, plan.same, plan.problems.length], [1, 1, 1]);
  assert.match(plan.problems[0]!, /other\.bin means another file in the lake already/);
  const without = await s.engine.planUpload(s.with, s.wish([same, other], { taken: 'skip', same: 'skip' }));
  assert.deepEqual(without.skipped.map(({ why }) => why), ['in the lake already, byte for byte', `${SCOPE}:${s.prefix}other.bin is another file in the lake`]);
  const numbered = s.wish([same, other], { taken: 'number' });
  assert.deepEqual((await s.engine.planUpload(s.with, numbered)).files.map(({ did }) => did.name), [`${s.prefix}same.bin`, `${s.prefix}other_2.bin`]);
  const up = await s.ended(await s.engine.upload(s.with, numbered));
  assert.deepEqual([up.state, up.files.done], ['done', 2], JSON.stringify(errors(up.id)));
  assert.ok((await s.look(`${s.prefix}other_2.bin`)).disk?.equals(fs.readFileSync(other)));
});

test('single names are given; a name twice is said before', async () => {
  const [one, two] = [s.file('r/one.bin', 10), s.file('r/two.bin', 20)];
  const renamed = s.wish([one, two], { rename: { [one]: `${s.prefix}eins` } });
  assert.deepEqual((await s.engine.planUpload(s.with, renamed)).files.map(({ did }) => did.name), [`${s.prefix}eins`, `${s.prefix}two.bin`]);
  const twice = await s.engine.planUpload(s.with, s.wish([one, two], { rename: { [one]: 'x', [two]: 'x' } }));
  assert.match(twice.problems.join(), /would have the same name/);
  const up = await s.ended(await s.engine.upload(s.with, renamed));
  assert.equal(up.files.done, 2, JSON.stringify(errors(up.id)));
  assert.ok((await s.look(`${s.prefix}eins`)).known);
});

test('links out of the folder are counted, and followed only when that was said', async () => {
  s.file('links/in.bin', 10);
  const outside = s.file('outside.bin', 11);
  fs.symlinkSync(outside, path.join(s.folder, 'local', 'links', 'out.bin'));
  const folder = path.join(s.folder, 'local', 'links');
  const plan = await s.engine.planUpload(s.with, s.wish([folder]));
  assert.deepEqual([plan.linksOut, plan.total, plan.skipped.length], [1, 1, 1]);
  const followed = await s.engine.planUpload(s.with, s.wish([folder], { links: 'follow' }));
  assert.deepEqual([followed.linksOut, followed.total], [0, 2]);
});

test('a file that is written to while it is sent is sent again as it is then, and that is said', async () => {
  const file = s.file('grows.bin', 4_000_000);
  const going = await s.engine.upload(s.with, s.wish([file]));
  fs.appendFileSync(file, 'more'); // before or in the middle of it: both are a change
  const up = await s.ended(going);
  assert.deepEqual([up.state, up.files.done], ['done', 1], JSON.stringify(errors(up.id)));
  assert.equal(up.bytes.total, 4_000_004);
  assert.match(s.files(up)[0]!.note ?? '', /changed while it was being sent/);
  await s.whole(file);
});

test('a storage that is down, or does not know us, is said before anything is taken up', async () => {
  const file = s.file('down.bin', 10);
  s.storage.add({ method: 'HEAD', drop: true });
  const down = await s.engine.planUpload(s.with, s.wish([file]));
  s.storage.clear();
  assert.match(down.warnings.join(), /does not answer now/);
  s.storage.add({ method: 'HEAD', answer: { status: 403 } });
  const denied = await s.engine.planUpload(s.with, s.wish([file]));
  s.storage.clear();
  assert.match(denied.problems.join(), /does not let you do this/);
  assert.equal(denied.stranger, true);
});

test('no quota, no scope of one’s own, a password: said before', async () => {
  const file = s.file('bob.bin', 2_000_000);
  const { lake } = openLake(s.info, 'bob');
  try {
    await lake.session.signIn({ method: 'userpass', ...s.info.accounts.bob.userpass, account: 'bob' });
    const asBob = { ...s.with, client: lake.quietClient, storage: lake.storage, account: (signal?: AbortSignal) => lake.session.account(signal), knownToStorages: (signal?: AbortSignal) => lake.knownToStorages(signal) };
    const plan = await s.engine.planUpload(asBob, s.wish([file], { rse: 'XRD2_DATADISK' }));
    assert.equal(plan.stranger, true);
    assert.match(plan.warnings.join(' '), new RegExp(`storages do not know a password .*${SCOPE} is not one of your scopes`));
    assert.match(plan.problems.join(' '), /There is not enough room\. At XRD2_DATADISK .* missing in your quota/);
  } finally {
    lake.close();
  }
});

test('open collections are told from closed ones', async () => {
  const [open, closed] = [`${s.prefix}open`, `${s.prefix}closed`];
  for (const name of [open, closed]) await rest(s.info, asAlice, 'POST', `/dids/${SCOPE}/${name}`, { type: 'DATASET' });
  await rest(s.info, asAlice, 'PUT', `/dids/${SCOPE}/${closed}/status`, { open: false });
  assert.deepEqual((await s.lake.openCollections([open, closed].map((name) => ({ scope: SCOPE, name })))).map(({ name }) => name), [open]);
});

test('a storage that said it is nearly full is named before', async () => {
  const file = s.file('full.bin', 5000);
  const root = await token(s.info, 'root');
  const usage = async (free: number): Promise<void> => {
    const answer = await rest(s.info, root, 'PUT', `/rses/${MOUNTED}/usage`, { source: 'storage', used: 1000, free });
    assert.equal(answer.status, 200, answer.text);
  };
  const before = rows<{ source: string; free: number }>(await rest(s.info, root, 'GET', `/rses/${MOUNTED}/usage`)).find(({ source }) => source === 'storage');
  await usage(100);
  try {
    const plan = await s.engine.planUpload(s.with, s.wish([file], { rse: MOUNTED }));
    assert.match(plan.warnings.join(' '), /EULAKE-1 said last that 100 B are free on it, and 5\.0 kB are to be uploaded/);
    assert.deepEqual(plan.problems, []);
  } finally {
    await usage(before?.free ?? 1e11);
  }
});
