import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { localPathOf, MOST_SEEN, someAre } from '../../../../src/lake/mounts/paths.ts';
import { Catalogue, did } from '../fakes.ts';

/** The context, and how many rows of replicas and of files were read. */
function counting(catalogue: Catalogue): { context: ReturnType<Catalogue['context']>; read: () => number } {
  const context = catalogue.context();
  let rows = 0;
  async function* counted<T>(batches: AsyncIterable<T[]>): AsyncGenerator<T[], void, undefined> {
    for await (const batch of batches) {
      rows += batch.length;
      yield batch;
    }
  }
  const { client } = context;
  return { context: { ...context, client: { ...client, listReplicas: (...asked) => counted(client.listReplicas(...asked)), listFiles: (...asked) => counted(client.listFiles(...asked)) } }, read: () => rows };
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `s:f${i}`);

describe('the paths of a collection', () => {
  it('that is not here are not looked for without end', async () => {
    for (const [state, problem] of [[undefined, 'None of its files is at EULAKE-1.'], ['COPYING', 'Of the first 5000 files, none is at EULAKE-1.']] as const) {
      const big = new Catalogue().dataset('s:d', Object.fromEntries(names(20_000).map((name) => [name, state])));
      const { context, read } = counting(big);
      assert.deepEqual(await localPathOf(context, did('s:d')), { scope: 's', name: 'd', files: [], problem });
      assert.ok(read() <= MOST_SEEN + 100, `${read()} rows`);
    }
  });

  it('of which few are here say how far they were looked for', async () => {
    const some = (state?: 'COPYING') => new Catalogue().dataset('s:d', Object.fromEntries(names(6000).map((name, i) => [name, i % 1000 === 0 ? 'AVAILABLE' : state])));
    const { files, problem } = await localPathOf(some('COPYING').context(), did('s:d'));
    assert.deepEqual([files!.length, problem], [5, 'Of the first 5000 files, 4995 are not at EULAKE-1; no more were looked at.']);
    const apart = await localPathOf(some().context(), did('s:d'));
    assert.deepEqual([apart.files!.length, apart.problem], [6, 'Only 6 of its files are at EULAKE-1.']);
  });

  it('that are all here, in two datasets of a container, are not said to miss one', async () => {
    const twice = new Catalogue().dataset('s:a', { 's:f0': 'AVAILABLE', 's:f1': 'AVAILABLE' }).dataset('s:b', { 's:f1': 'AVAILABLE' }).container('s:c', ['s:a', 's:b']);
    const { files, problem } = await localPathOf(twice.context(), did('s:c'));
    assert.deepEqual([files!.map((file) => file.path), problem], [['/eos/eulake/s/f0', '/eos/eulake/s/f1'], undefined]);
  });

  it('that holds no files say so', async () => {
    assert.equal((await localPathOf(new Catalogue().dataset('s:d').context(), did('s:d'))).problem, 'It holds no files.');
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
