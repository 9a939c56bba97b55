// What it costs to look for the first time at a long list: counted at a proxy in front of the real server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AvailabilityInfo, TypedDID } from '../../src/lake/types.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import { type FaultyProxy, faultyProxy } from '../support/faults.ts';
import { rest, token } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { upLake } from '../support/lake/lake.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { openLake } from './open-lake.ts';

const DATASETS = 100;
const FILES = 4;

let info: LakeInfo;
let proxy: FaultyProxy;
before(async () => {
  info = await upLake({ dir: (await sharedLake()).dir, scale: 1000 });
  proxy = await faultyProxy(info.rucio.http);
});
after(() => proxy?.close());

const file = (n: number): TypedDID => ({ scope: 'scale', name: `f1000.${String(n + 1).padStart(7, '0')}.root`, type: 'FILE' });

test('400 files and 100 datasets, none of them here: in bulk what Rucio has in bulk, else one call for each', async () => {
  const alice = await token(info, 'alice');
  const datasets = Array.from({ length: DATASETS }, (_, n) => ({ name: `first.look.${process.pid}.${n}`, files: Array.from({ length: FILES }, (_, i) => file(n * FILES + i)) }));
  const attached = (files: readonly TypedDID[]) => files.map(({ scope, name }) => ({ scope, name }));
  for (const { name, files } of datasets) {
    const made = await rest(info, alice, 'POST', `/dids/user.alice/${name}`, { type: 'DATASET', dids: attached(files) });
    assert.equal(made.status, 201, made.text);
  }
  const dids = datasets.flatMap(({ name, files }): TypedDID[] => [{ scope: 'user.alice', name, type: 'DATASET' }, ...files]);
  const { lake } = openLake(info, 'alice', { settings: { rucio_base_url: proxy.url } });
  try {
    await lake.availability(file(DATASETS * FILES)); // signs in; in none of these datasets
    const from = proxy.seen.length;
    const known = new Map<string, AvailabilityInfo>();
    await new Promise<void>((resolve) => {
      lake.observe(known, dids, (infos) => {
        for (const one of infos) known.set(`${one.scope}:${one.name}`, one);
        if (known.size === dids.length) resolve();
      });
    });
    lake.observe(known, [], () => undefined);
    for (const one of known.values()) assert.equal(one.state, 'notAvailable', JSON.stringify(one));
    const calls: Record<string, number> = {};
    for (const { method, path } of proxy.seen.slice(from)) {
      const what = `${method} ${path.replace(/^\/(dids|replicas)\/.*\/(\w+)$/, '/$1/…/$2')}`;
      calls[what] = (calls[what] ?? 0) + 1;
    }
    const most: Readonly<Record<string, number>> = {
      'POST /replicas/datasets_bulk': 1,
      // No summary at the storage: counted in the database, for which there is no bulk call.
      'GET /replicas/…/datasets': DATASETS,
      'POST /locks/bulk_locks_for_dids': 1,
      // Rules that are not done, by scope and state: of the datasets' scope, of the files'.
      'GET /rules/': 10,
      // Replicas of all files; then what holds them.
      'POST /replicas/list': 2,
      // What holds a dataset. Rucio finds it for many at once only inside of `dids/bulkmeta` with `inherit`, whose answer does not name it
      // (rucio 41: core/did.py list_parent_dids_bulk, get_metadata_bulk); `replicas/list` with `resolve_parents` speaks of files alone.
      'GET /dids/…/parents': DATASETS + 1,
      // Of each dataset that holds files, whichever of its files asks first; the last is that of all files of the scope.
      'GET /dids/…/rules': DATASETS + 1,
    };
    for (const [what, n] of Object.entries(calls)) assert.ok(n <= (most[what] ?? 0), `${n} times ${what}: ${JSON.stringify(calls)}`);
  } finally {
    lake.close();
    // What holds them is looked up: the next run would find these, too.
    for (const { name, files } of datasets) await rest(info, alice, 'DELETE', `/dids/user.alice/${name}/dids`, { dids: attached(files) });
  }
});

test('a page of the tree needs none of the rows behind it', async () => {
  const { lake } = openLake(info, 'alice', { settings: { rucio_base_url: proxy.url } });
  const page = async (limit: number): Promise<{ readonly rows: number; readonly more: boolean }> => {
    let rows = 0;
    const { more } = await lake.listContent({ scope: 'scale', name: 'ds.1000' }, { type: 'all', limit }, (some) => { rows += some.length; });
    return { rows, more };
  };
  try {
    assert.deepEqual(await page(1000), { rows: 1000, more: false });
    proxy.add({ path: /^\/dids\/scale\/ds\.1000\/dids$/, cutAfterRows: 300 });
    assert.deepEqual(await page(200), { rows: 200, more: true });
    await assert.rejects(page(400), (error) => RucioError.is(error, 'cutStream'));
  } finally {
    proxy.clear();
    lake.close();
  }
});
