// A path in scratch and its PFN: the way back of mounts.ts, and out of reach of names.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { pfnToPath } from '../../../../src/lake/mounts/mounts.ts';
import { placeOf } from '../../../../src/lake/scratch/catalogued.ts';
import { addressOf, openScratch, within } from '../../../../src/lake/scratch/place.ts';
import type { RSEDetails } from '../../../../src/rucio/types.ts';

const mount = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'scratch-unit-')));
after(() => fs.rmSync(mount, { recursive: true, force: true }));
fs.mkdirSync(path.join(mount, 'alice'));
const wan = { read: 1, write: 1, delete: 1, third_party_copy_read: 1, third_party_copy_write: 1 };
const rse = (more: Partial<RSEDetails> = {}, prefix = '/eos/lake/scratch/'): { getRse: () => Promise<RSEDetails> } => ({
  getRse: async () => ({ rse: 'S', deterministic: false, protocols: [{ scheme: 'root', hostname: 'h', port: 1094, prefix: `/${prefix}`, impl: '', domains: { wan: { ...wan, write: 2 }, lan: wan }, extended_attributes: null }, { scheme: 'davs', hostname: 'h', port: 443, prefix, impl: '', domains: { wan, lan: wan }, extended_attributes: null }], ...more }),
});
const place = { rse: 'S', mountPath: mount, folder: path.join(mount, 'alice') };

test('the mount is the storage’s prefix, or above it where path_begins_at says so', async () => {
  const scratch = await openScratch(rse(), place);
  assert.deepEqual(scratch.pfnOf(path.join(mount, 'alice', 'a b+%.root')), { pfn: 'davs://h:443/eos/lake/scratch/alice/a b+%.root' });
  const above = await openScratch(rse(), { ...place, pathBeginsAt: 2 });
  assert.deepEqual(above.pfnOf(path.join(mount, 'scratch', 'x')), { pfn: 'davs://h:443/eos/lake/scratch/x' });
  assert.match(JSON.stringify(above.pfnOf(path.join(mount, 'alice', 'x'))), /beside the storage's own folder/);
  await assert.rejects(openScratch(rse(), { ...place, pathBeginsAt: 4 }), /has 3 parts only/);
});

test('what can’t be a scratch space is said', async () => {
  await assert.rejects(openScratch(rse({ deterministic: true }), place), /deterministic.*datalake put/);
  await assert.rejects(openScratch(rse({ protocols: [] }), place), /not reached by davs or https/);
  await assert.rejects(openScratch(rse(), { ...place, folder: path.join(mount, 'nobody') }), /can't be opened \(ENOENT\)/);
  fs.symlinkSync(os.tmpdir(), path.join(mount, 'leads-out'));
  await assert.rejects(openScratch(rse(), { ...place, folder: path.join(mount, 'leads-out') }), /which is not below/);
});

test('whatever a file is called: its PFN leads back to it, or it has none', async () => {
  const scratch = await openScratch(rse(), place);
  fc.assert(fc.property(fc.array(fc.oneof(fc.string({ minLength: 1, unit: 'binary' }), fc.constantFrom('..', '.', '%2e%2e', 'a?b=c', '#x', 'x;y', ' ', '%', '\n')), { minLength: 1, maxLength: 4 }), (names) => {
    const parts = names.map((name) => name.replaceAll('/', '').replaceAll('\0', '')).filter((name) => name !== '');
    const file = path.join(mount, ...parts);
    const found = scratch.pfnOf(file);
    if ('reason' in found) return;
    assert.ok(within(mount, file) && file !== mount);
    assert.ok(!/[#?;\n]/.test(found.pfn.slice('davs://h:443'.length)));
    const back = pfnToPath(found.pfn, { rseMountPath: mount, pathBeginsAt: 3 }, { name: path.basename(file), platform: 'posix' });
    assert.ok('path' in back && [back.path, ...back.alsoTry].includes(file), JSON.stringify([found.pfn, back]));
    assert.equal(decodeURIComponent(addressOf(found.pfn).pathname), `/eos/lake/scratch/${path.relative(mount, file)}`);
  }));
});

test('one place by any protocol', () => {
  assert.equal(placeOf('root://H:1094//eos/lake//x y'), placeOf('davs://h:443/eos/lake/x y'));
  assert.notEqual(placeOf('davs://h:443/eos/X'), placeOf('davs://h:443/eos/x'));
});
