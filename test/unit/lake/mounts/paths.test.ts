import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { localPathOf, MOST_SEEN, someAre } from '../../../../src/lake/mounts/paths.ts';
import { Catalogue, did } from '../fakes.ts';

/** The context, and how many rows of replicas were read. */
function counting(catalogue: Catalogue): { context: ReturnType<Catalogue['context']>; read: () => number } {
  const context = catalogue.context();
  let rows = 0;
  const client = { ...context.client, listReplicas: async function* (...asked: Parameters<typeof context.client.listReplicas>) {
    for await (const batch of context.client.listReplicas(...asked)) {
      rows += batch.length;
      yield batch;
    }
  } };
  return { context: { ...context, client }, read: () => rows };
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `s:f${i}`);

describe('the paths of a collection', () => {
  it('that is not here are not looked for without end', async () => {
    const big = new Catalogue().dataset('s:d', Object.fromEntries(names(20_000).map((name) => [name, undefined])));
    const { context, read } = counting(big);
    assert.deepEqual(await localPathOf(context, did('s:d')), { scope: 's', name: 'd', files: [], problem: 'Of the first 5000 files, none is at EULAKE-1.' });
    assert.ok(read() <= MOST_SEEN + 100, `${read()} rows`);
  });

  it('of which few are here say how far they were looked for', async () => {
    const some = new Catalogue().dataset('s:d', Object.fromEntries(names(6000).map((name, i) => [name, i % 1000 === 0 ? 'AVAILABLE' : undefined])));
    const { files, problem } = await localPathOf(some.context(), did('s:d'));
    assert.deepEqual([files!.length, problem], [5, 'Of the first 5000 files, 4995 are not at EULAKE-1; no more were looked at.']);
  });

  it('are all looked for where they are not too many', async () => {
    const all = new Catalogue().dataset('s:d', Object.fromEntries(names(MOST_SEEN).map((name, i) => [name, i === MOST_SEEN - 1 ? 'AVAILABLE' : undefined])));
    const { files, problem } = await localPathOf(all.context(), did('s:d'));
    assert.deepEqual([files!.map((file) => file.path), problem], [['/eos/eulake/s/f4999'], '4999 of its 5000 files are not at EULAKE-1.']);
  });

  it('say of one file that it is one', async () => {
    const one = new Catalogue().dataset('s:d', { 's:f0': undefined });
    assert.equal((await localPathOf(one.context(), did('s:d'))).problem, 'Its only file is not at EULAKE-1.');
    const two = new Catalogue().dataset('s:d', { 's:f0': undefined, 's:f1': 'AVAILABLE' });
    assert.equal((await localPathOf(two.context(), did('s:d'))).problem, '1 of its 2 files is not at EULAKE-1.');
    assert.equal(someAre(2, undefined), '2 of its files are', 'nobody counted them all');
  });
});
