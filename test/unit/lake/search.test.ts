import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { listContent, listDids, parseDidText, searchDids, type RowStream, type SearchClient } from '../../../src/lake/search.ts';
import type { DIDRow } from '../../../src/lake/types.ts';
import { RucioError } from '../../../src/rucio/errors.ts';
import type { DIDContentRow, DIDDetails, DIDSearchRow, DIDType } from '../../../src/rucio/types.ts';

const text = (typed: string): string => {
  const parsed = parseDidText(typed);
  return 'reason' in parsed ? `! ${parsed.reason}` : `${parsed.scope}|${parsed.name ?? ''}|${parsed.pattern}${parsed.guessed ? '|guessed' : ''}`;
};

describe('what a person types', () => {
  for (const [typed, means] of [
    ['test:ds.raw', 'test|ds.raw|ds.raw'],
    ['test:ds.*', 'test||ds.*'],
    ['test:', 'test||*'],
    ['test:*', 'test||*'],
    ['  test:ds.raw \n', 'test|ds.raw|ds.raw'],
    ['"test:ds.raw"', 'test|ds.raw|ds.raw'],
    ['\'test:a b\'', 'test|a b|a b'],
    ['test:a:b', 'test|a:b|a:b'],
    ['test:/lake/mc/x', 'test|/lake/mc/x|/lake/mc/x'],
    ['test:100%', 'test|100%|100%'],
    ['test:12345', 'test|12345|12345'],
    ['rucio://test:ds', 'test|ds|ds'],
    ['rucio did list test:ds', 'test|ds|ds'],
    ['$ rucio did list --filter type=all test:ds*', 'test||ds*'],
    ['rucio list-dids "test:ds"', 'test|ds|ds'],
    ['mc.abc.def', 'mc|mc.abc.def|mc.abc.def|guessed'],
    ['user.alice.data', 'user.alice|user.alice.data|user.alice.data|guessed'],
    ['group.muon.x*', 'group.muon||group.muon.x*|guessed'],
    ['data26.set/', 'data26|data26.set|data26.set|guessed'],
  ] as const) it(JSON.stringify(typed), () => assert.equal(text(typed), means));

  it('says why not', () => {
    for (const typed of ['', '  ', '""', ':name', 'te*:x', '*', '/a/b', 'rucio did list', 'two words']) assert.match(text(typed), /^! .+\.$/, typed);
  });

  it('takes every scope and name', () => {
    const scope = fc.stringMatching(/^[a-zA-Z_.0-9-]{1,25}$/);
    // What begins or ends with blanks or is wholly quoted is not told apart from what was pasted so.
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((n) => n.trim() === n && !/^(["'`]).*\1$/s.test(n) && !n.includes('*'));
    fc.assert(fc.property(scope, name, (s, n) => {
      fc.pre(s !== 'rucio' || !n.startsWith('//'));
      assert.deepEqual(parseDidText(`${s}:${n}`), { scope: s, name: n, pattern: n, guessed: false });
    }), { numRuns: 1000 });
    fc.assert(fc.property(fc.string(), (any) => {
      const parsed = parseDidText(any);
      if (!('reason' in parsed)) assert.ok(parsed.scope !== '' && parsed.pattern !== '' && !parsed.scope.includes(':'));
    }), { numRuns: 2000 });
  });
});

async function all(stream: RowStream): Promise<{ names: string[]; more: boolean }> {
  const names: string[] = [];
  for (;;) {
    const step = await stream.next();
    if (step.done) return { names, more: step.value.more };
    names.push(...step.value.map((row: DIDRow) => row.name));
  }
}

interface Fake { client: SearchClient; closed: number; asked: unknown[] }

function fake(rows: readonly { name: string; type?: DIDType }[], batch = 3): Fake {
  const state: Fake = { closed: 0, asked: [], client: undefined as never };
  async function* inBatches<T>(items: readonly T[]): AsyncGenerator<T[], void, undefined> {
    try {
      for (let i = 0; i < items.length; i += batch) yield items.slice(i, i + batch);
    } finally {
      state.closed++;
    }
  }
  state.client = {
    searchDids: (scope, query) => {
      state.asked.push(query);
      const prefix = query.name.replace('*', '');
      return inBatches<DIDSearchRow>(rows.filter((row) => row.name.startsWith(prefix) && (query.type === 'all' || (row.type ?? 'FILE') === query.type.toUpperCase())).slice(0, query.limit).map((row) => ({ scope, name: row.name, did_type: row.type ?? 'FILE', bytes: 1, length: 1 })));
    },
    listContent: () => inBatches<DIDContentRow>(rows.map((row) => ({ scope: 's', name: row.name, type: row.type ?? 'FILE', bytes: 1, adler32: null, md5: null }))),
    getDid: async (did) => {
      const row = rows.find((one) => one.name === did.name);
      if (!row) throw new RucioError('notFound', 'no such DID');
      return { ...did, type: row.type ?? 'FILE', account: 'root', bytes: 1, length: 1 } satisfies DIDDetails;
    },
  };
  return state;
}

const names = (n: number): { name: string }[] => Array.from({ length: n }, (_, i) => ({ name: `f${i}` }));

describe('pages', () => {
  it('of a scope ask for one row more than they show', async () => {
    const { client, asked } = fake(names(10));
    const page = await all(listDids(client, 's', { name: '', type: 'all', limit: 4 }));
    assert.deepEqual(page, { names: ['f0', 'f1', 'f2', 'f3'], more: true });
    assert.deepEqual(asked, [{ name: '*', type: 'all', limit: 5 }]);
    assert.equal((await all(listDids(client, 's', { name: '*', type: 'all', limit: 10 }))).more, false);
  });

  it('of a collection close the answer when they are full, and give no row twice', async () => {
    const double = [...names(4), ...names(4), ...names(300)];
    const state = fake(double);
    const page = await all(listContent(state.client, { scope: 's', name: 'c' }, { type: 'all', limit: 6 }));
    assert.deepEqual(page, { names: ['f0', 'f1', 'f2', 'f3', 'f4', 'f5'], more: true });
    assert.equal(state.closed, 1);
    assert.deepEqual(await all(listContent(fake([]).client, { scope: 's', name: 'c' }, { type: 'all', limit: 6 })), { names: [], more: false });
  });

  it('filter the children of a collection by type', async () => {
    const rows = [{ name: 'a', type: 'DATASET' as const }, { name: 'b', type: 'CONTAINER' as const }, { name: 'c', type: 'FILE' as const }];
    for (const [type, right] of [['all', 'abc'], ['collection', 'ab'], ['dataset', 'a'], ['container', 'b'], ['file', 'c']] as const) {
      assert.equal((await all(listContent(fake(rows).client, { scope: 's', name: 'c' }, { type, limit: 9 }))).names.join(''), right);
    }
  });

  it('close when they are left early', async () => {
    const state = fake(names(100));
    const stream = listContent(state.client, { scope: 's', name: 'c' }, { type: 'all', limit: 50 });
    await stream.next();
    await stream.return({ more: false });
    assert.equal(state.closed, 1);
  });
});

describe('search', () => {
  it('gives the exact DID first, then those that begin so, each once', async () => {
    const rows = [{ name: 'ab' }, { name: 'abc' }, { name: 'a' }, { name: 'b' }];
    assert.deepEqual(await all(searchDids(fake(rows).client, 's:a', { type: 'all', limit: 10 })), { names: ['a', 'ab', 'abc'], more: false });
    assert.deepEqual(await all(searchDids(fake(rows).client, 's:a', { type: 'all', limit: 2 })), { names: ['a', 'ab'], more: true });
    assert.deepEqual(await all(searchDids(fake(rows).client, 's:a', { type: 'all', limit: 3 })), { names: ['a', 'ab', 'abc'], more: false });
    assert.deepEqual(await all(searchDids(fake(rows).client, 's:a', { type: 'dataset', limit: 3 })), { names: [], more: false });
  });

  it('asks once for a pattern', async () => {
    const state = fake(names(3));
    assert.deepEqual(await all(searchDids(state.client, 's:f*', { type: 'file', limit: 3 })), { names: ['f0', 'f1', 'f2'], more: false });
    assert.equal(state.asked.length, 1);
  });

  it('fails with badInput for what means nothing, and hands on what the server refuses', async () => {
    await assert.rejects(all(searchDids(fake([]).client, ':', { type: 'all', limit: 3 })), (error) => RucioError.is(error, 'badInput'));
    const { client } = fake([]);
    await assert.rejects(all(searchDids({ ...client, getDid: () => Promise.reject(new RucioError('busy', 'x')) }, 's:a', { type: 'all', limit: 3 })), (error) => RucioError.is(error, 'busy'));
  });
});
