import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { localPathOf, MOST_SEEN } from '../../../../src/lake/mounts/paths.ts';
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
    assert.deepEqual([files!.map((file) => file.path), problem], [['/eos/eulake/s/f4999'], '4999 of its files are not at EULAKE-1.']);
  });
});
