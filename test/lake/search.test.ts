// Browsing and searching a real Rucio: pages, odd names, scopes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { explain } from '../../src/lake/advice.ts';
import type { Lake } from '../../src/lake/lake.ts';
import type { DIDFilter, DIDRow } from '../../src/lake/types.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { did, openLake } from './open-lake.ts';

let info: LakeInfo;
let lake: Lake;
before(async () => {
  info = await sharedLake();
  ({ lake } = openLake(info));
});
after(() => lake?.close());

interface Page { rows: DIDRow[]; names: string[]; more: boolean }
async function page(ask: (onRows: (rows: readonly DIDRow[]) => void) => Promise<{ readonly more: boolean }>): Promise<Page> {
  const rows: DIDRow[] = [];
  const { more } = await ask((some) => rows.push(...some));
  return { rows, names: rows.map((row) => row.name), more };
}
const search = (text: string, type: DIDFilter = 'all', limit = 200): Promise<Page> => page((onRows) => lake.searchDids(text, { type, limit }, onRows));
const list = (scope: string, name: string, type: DIDFilter = 'all', limit = 200): Promise<Page> => page((onRows) => lake.listDids(scope, { name, type, limit }, onRows));
const content = (of: string, type: DIDFilter = 'all', limit = 200): Promise<Page> => page((onRows) => lake.listContent(did(of), { type, limit }, onRows));

test('scopes: all, and mine', async () => {
  const all = await lake.listScopes(false);
  for (const scope of info.seed.scopes) assert.ok(all.includes(scope), scope);
  assert.deepEqual(all, [...all].sort());
  assert.ok((await lake.listScopes(true)).includes('user.alice'));
  assert.ok(!(await lake.listScopes(true)).includes('test'));
  assert.match((await lake.ping()).version, /^41\./);
});

describe('a scope', () => {
  test('gives a page, says whether there is more, and filters by type', async () => {
    const small = await list('test', '', 'all', 10);
    assert.equal(small.names.length, 10);
    assert.equal(small.more, true);
    const datasets = await list('test', 'ds.*', 'dataset');
    assert.equal(datasets.more, false);
    assert.ok(datasets.rows.every((row) => row.type === 'DATASET'));
    assert.ok(datasets.names.includes(did(info.seed.dids.spare).name));
    assert.ok((await list('test', 'cont.*', 'container')).rows.every((row) => row.type === 'CONTAINER'));
    assert.ok((await list('test', '*', 'file')).rows.every((row) => row.type === 'FILE' && typeof row.bytes === 'number'));
    assert.equal(new Set((await list('test', '*', 'all', 1000)).names).size, (await list('test', '*', 'all', 1000)).names.length);
  });

  test('that is empty or unknown has no rows', async () => {
    assert.deepEqual(await list('empty', '*'), { rows: [], names: [], more: false });
    assert.deepEqual(await list('nosuchscope', '*'), { rows: [], names: [], more: false });
    assert.deepEqual((await search('empty:')).names, []);
  });
});

describe('a collection', () => {
  test('gives its children, a page at a time', async () => {
    const all = await content(info.seed.dids['two-sites']);
    assert.equal(all.names.length, 8);
    assert.equal(all.more, false);
    const some = await content(info.seed.dids['two-sites'], 'all', 3);
    assert.equal(some.names.length, 3);
    assert.equal(some.more, true);
    assert.ok((await content(info.seed.dids.container)).rows.every((row) => row.type === 'DATASET'));
    assert.deepEqual((await content(info.seed.dids.container, 'file')).names, []);
    assert.deepEqual((await content(info.seed.dids['empty-dataset'])).names, []);
  });

  test('knows its parents and its live size', async () => {
    const name = did(info.seed.dids['two-sites']);
    const details = await lake.getDid(name);
    assert.deepEqual([details.type, details.length], ['DATASET', 8]);
    assert.ok(details.bytes! > 0);
    assert.deepEqual((await lake.listParents(name)).map((row) => `${row.scope}:${row.name}`), [info.seed.dids.container]);
    assert.equal((await lake.getDid(did(info.seed.dids.container))).length, 18);
  });
});

describe('search', () => {
  test('finds every odd name by itself, pasted as it is', async () => {
    for (const { did: text, what } of info.seed.odd) {
      const { rows } = await search(text, 'all', 1);
      assert.equal(rows.length, 1, what);
      assert.equal(`${rows[0]!.scope}:${rows[0]!.name}`, text, what);
    }
    for (const row of (await content(info.seed.dids.alphabet)).rows) assert.equal((await search(`${row.scope}:${row.name}`, 'all', 1)).names[0], row.name);
    const dataset = info.seed.dids['odd-dataset'];
    assert.equal((await search(dataset)).names[0], did(dataset).name);
    assert.equal((await content(dataset)).names.length, 3);
  });

  test('takes a name\'s beginning, a pattern, a whole scope', async () => {
    const name = did(info.seed.dids.spare).name;
    assert.equal((await search(info.seed.dids.spare)).names[0], name);
    assert.ok((await search(info.seed.dids.spare.slice(0, -2))).names.includes(name));
    assert.ok((await search(info.seed.dids.spare, 'file')).names.every((found) => found !== name), 'the exact one is filtered too');
    assert.ok((await search('test:*spare*')).names.length >= 5);
    assert.ok((await search('mc26:mc26.truetop*')).names.includes('mc26.truetop.ds'), 'a word that the server changes');
    assert.ok((await search('eulake:')).names.includes('ds.calib'));
    assert.ok((await search('user.alice:my.')).names.includes('my.dataset'));
    assert.deepEqual((await search('test:12345')).names, ['12345'], 'a name that the server takes for a number');
  });

  test('of what is not there finds nothing; of nonsense says why', async () => {
    assert.deepEqual(await search('test:no.such.thing'), { rows: [], names: [], more: false });
    assert.deepEqual((await search('nosuchscope:x')).names, []);
    await assert.rejects(search('te*st:x'), (error) => RucioError.is(error, 'badInput') && /wildcard/.test(explain(error).what));
    await assert.rejects(lake.getDid(did('test:no.such.thing')), (error) => /no test:no.such.thing/.test(explain(error, { did: did('test:no.such.thing') }).what));
  });

  test('ends its connection when it is cancelled', async () => {
    const abort = new AbortController();
    const asking = page((onRows) => lake.searchDids('test:*', { type: 'all', limit: 1000 }, (rows) => {
      onRows(rows);
      abort.abort();
    }, abort.signal));
    await assert.rejects(asking, (error) => RucioError.is(error, 'cancelled'));
  });
});
