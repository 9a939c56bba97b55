// Addresses of very many files: computed from their names they are those that the server's own rows have, and where they would not be they
// are not used. On the real server; what it would have to do wrong is done to its answers.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { addressesOf, FEW } from '../../src/lake/addresses/addresses.ts';
import { askedAddresses } from '../../src/lake/addresses/asked.ts';
import { algorithmOf } from '../../src/lake/addresses/lfn2pfn.ts';
import type { AddressContext, AddressedFile, AddressStream, AddressWish } from '../../src/lake/addresses/types.ts';
import { MountInspector } from '../../src/lake/mounts/inspector.ts';
import type { Lake } from '../../src/lake/lake.ts';
import { Memory } from '../../src/lake/availability/memory.ts';
import { upLake } from '../support/lake/lake.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { did, openLake } from './open-lake.ts';

const RSE = 'SCALE_DATADISK';
const dataset = { ...did(`scale:ds.${FEW}`), type: 'DATASET' as const };
const mount = fs.mkdtempSync(path.join(os.tmpdir(), 'scale-mount-'));
let info: LakeInfo;
let lake: Lake;
let calls: string[];
const inspector = new MountInspector();

before(async () => {
  info = await sharedLake();
  await upLake({ dir: info.dir, scale: FEW });
  ({ lake, calls } = openLake(info, 'alice', { settings: { destination_rse: RSE, rse_mount_path: mount, path_begins_at: 2 } }));
  for await (const rows of lake.client.listFiles(dataset)) {
    for (const row of rows) {
      const file = path.join(mount, algorithmOf('hash')!(row));
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, '');
      fs.truncateSync(file, row.bytes);
    }
  }
});
after(() => {
  lake?.close();
  inspector.close();
  fs.rmSync(mount, { recursive: true, force: true });
});

/** `wrong`: what the server would have to say wrongly. */
function context(wrong: Partial<AddressContext['client']> = {}): AddressContext {
  return { client: { ...lake.client, ...wrong }, instance: lake.instance, inspector, memory: new Memory() };
}

async function all(stream: AddressStream): Promise<{ readonly files: AddressedFile[]; readonly again: number }> {
  let files: AddressedFile[] = [];
  let again = 0;
  for await (const batch of stream) {
    if (batch === 'again') {
      files = [];
      again++;
    } else files.push(...batch);
  }
  return { files: files.sort((a, b) => (a.did < b.did ? -1 : 1)), again };
}

const WISHES: Readonly<Record<string, AddressWish>> = { here: { at: 'here' }, nearest: { at: 'nearest' }, 'by davs': { at: 'nearest', protocol: 'davs' }, 'at one storage': { at: { rse: RSE }, protocol: 'root' } };

for (const [name, wish] of Object.entries(WISHES)) {
  test(`${name}: computed as the server has them, without a row for each replica`, async () => {
    const asked = await all(askedAddresses(context(), dataset, wish, FEW));
    calls.length = 0;
    const { files, again } = await all(addressesOf(context(), dataset, FEW, wish));
    assert.equal(files.length, FEW);
    assert.equal(again, 0);
    assert.deepEqual(files, asked.files);
    assert.equal(calls.filter((line) => line.includes('/files')).length, 1, calls.join('\n'));
    assert.equal(calls.filter((line) => line.includes('/replicas/list')).length, 2, 'the samples of the beginning and of the rest');
    if (wish.at === 'here') for (const file of files) assert.equal(fs.statSync(file.path).size, file.size);
    else assert.ok(files.every(({ pfn, rse }) => pfn.startsWith(info.rses[RSE][wish.protocol === 'davs' ? 'davs' : 'root']) && rse === RSE));
  });
}

test('an algorithm that only the server knows is asked of the server', async () => {
  let parts = 0;
  const client = {
    getRse: async (rse: string) => ({ ...await lake.client.getRse(rse), lfn2pfn_algorithm: 'of_this_community' }),
    lfns2pfns: (...args: Parameters<typeof lake.client.lfns2pfns>) => (parts++, lake.client.lfns2pfns(...args)),
  };
  const { files, again } = await all(addressesOf(context(client), dataset, FEW, { at: 'here' }));
  assert.ok(parts > 5);
  assert.equal(again, 0);
  assert.deepEqual(files, (await all(askedAddresses(context(), dataset, { at: 'here' }, FEW))).files);
});

test('where PFNs do not follow from names the long way is taken, and the next time at once', async () => {
  const { files: right } = await all(askedAddresses(context(), dataset, { at: 'here' }, FEW));
  const getRse = (change: object) => async (rse: string) => ({ ...await lake.client.getRse(rse), ...change });
  for (const [why, wrong] of Object.entries({ 'not deterministic': { getRse: getRse({ deterministic: false }) }, 'another algorithm': { getRse: getRse({ lfn2pfn_algorithm: 'identity' }) } })) {
    let rses = 0;
    const odd = context({ getRse: (rse: string) => (rses++, wrong.getRse(rse)) });
    for (let n = 0; n < 2; n++) assert.deepEqual((await all(addressesOf(odd, dataset, FEW, { at: 'here' }))).files, right, why);
    assert.equal(rses, 1, why);
  }
});

test('a file whose PFN is another, far from the beginning: all of it comes again, the long way', async () => {
  const { files: right } = await all(askedAddresses(context(), dataset, { at: 'here' }, FEW));
  let asked = 0;
  const client = {
    async *listReplicas(...args: Parameters<typeof lake.client.listReplicas>) {
      asked++;
      for await (const rows of lake.client.listReplicas(...args)) yield asked === 2 ? rows.map((row, n) => (n === 0 ? { ...row, rses: { [RSE]: ['davs://elsewhere//x'] } } : row)) : rows;
    },
  };
  const { files, again } = await all(addressesOf(context(client), dataset, FEW, { at: 'here' }));
  assert.equal(again, 1);
  assert.equal(asked, 3);
  assert.deepEqual(files, right);
});

test('of a dataset that is not whole here no path is made up', async () => {
  const elsewhere = openLake(info, 'alice');
  try {
    const { files } = await all(addressesOf({ client: elsewhere.lake.client, instance: elsewhere.lake.instance, inspector, memory: new Memory() }, dataset, FEW, { at: 'here' }));
    assert.equal(files.length, FEW);
    assert.ok(files.every((file) => file.path === ''));
  } finally {
    elsewhere.lake.close();
  }
});

test('a path that is not there makes it partly available: some are looked at', async () => {
  const gone = path.join(mount, algorithmOf('hash')!({ scope: 'scale', name: `f${FEW}.0000001.root` }));
  const looked: string[] = [];
  const counting = { inspectMount: (at: string) => inspector.inspectMount(at), inspect: (at: string, file: string, bytes: number) => (looked.push(file), inspector.inspect(at, file, bytes)) };
  await all(addressesOf({ ...context(), inspector: counting }, dataset, FEW, { at: 'here' }));
  assert.equal(looked.length, 200);
  fs.renameSync(looked[5]!, `${gone}.away`);
  const { files } = await all(addressesOf(context(), dataset, FEW, { at: 'here' }));
  const away = files.filter((file) => file.path === '');
  fs.renameSync(`${gone}.away`, looked[5]!);
  assert.equal(away.length, 1);
  assert.match(away[0]!.problem ?? '', /there is no file/);
});

test('the algorithms are the server\'s: hash and identity, whatever the name', async () => {
  const names = ['a', 'x/y', 'ü €', '100%', '#1?', 'a:b', "'", 'x'.repeat(250)].flatMap((name) => ['test', 'user.alice', 'group.muon', 'a.b', 'users'].map((scope) => ({ scope, name })));
  for (const [rse, algorithm] of [['EULAKE-1', 'hash'], ['XRD2_DATADISK', 'identity']] as const) {
    assert.equal((await lake.client.getRse(rse)).lfn2pfn_algorithm, algorithm);
    const pfns = await lake.client.lfns2pfns(rse, names, { scheme: 'davs', operation: 'read' });
    for (const name of names) assert.equal(pfns[`${name.scope}:${name.name}`], info.rses[rse].davs + algorithmOf(algorithm)!(name));
  }
});
