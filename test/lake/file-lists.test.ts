// Lists of paths and addresses for batch systems, on the real server, through the service.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { FEW } from '../../src/lake/addresses/addresses.ts';
import * as protocol from '../../src/protocol.ts';
import { instanceOf, signIn } from '../support/instance.ts';
import { upLake } from '../support/lake/lake.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { testService, type TestClient, type TestService } from '../support/service.ts';
import { did } from './open-lake.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'file-lists-'));
let lake: LakeInfo;
let service: TestService;
let client: TestClient;

before(async () => {
  lake = await sharedLake();
  service = testService();
  client = service.client({ instances: [instanceOf(lake, { xcache_prefix: 'root://xcache.test:1094' })] });
  await signIn(client, lake, 'alice');
});
after(async () => {
  await service?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

const list = (dids: readonly string[], wish: Omit<protocol.FileListWish, 'dids'>): Promise<protocol.FileList> => client.request(protocol.listFiles, { instance: 'lake', dids: dids.map(did), progress: 0, ...wish });

test('text: the nearest replica through the XCache, or by another protocol, or at one storage as it is there, or paths here', async () => {
  const { seed: { dids }, rses } = lake;
  const near = await list([dids.elsewhere], { at: 'nearest', format: 'txt' });
  assert.deepEqual([near.files, near.missing, near.problems], [6, 0, []]);
  const lines = near.text.split('\n');
  assert.equal(lines.pop(), '');
  assert.equal(lines.length, 6);
  assert.ok(lines.every((line) => line.startsWith(`root://xcache.test:1094//${rses.XRD2_DATADISK.root}`)), near.text);
  assert.ok((await list([dids.elsewhere], { at: 'nearest', protocol: 'davs', format: 'txt' })).text.startsWith(rses.XRD2_DATADISK.davs));
  const at = await list([dids['two-sites']], { at: { rse: 'XRD1_SCRATCHDISK' }, format: 'txt' });
  assert.deepEqual([at.files, at.text.split('\n').filter((line) => line.startsWith(rses.XRD1_SCRATCHDISK.root)).length], [8, 8]);
  const here = await list([dids.partly], { at: 'here', format: 'txt' });
  assert.deepEqual([here.files, here.missing], [3, 3]);
  for (const line of here.text.trim().split('\n')) assert.ok(fs.existsSync(line), line);
});

test('a file that is in several of the DIDs is listed once', async () => {
  const { dids } = lake.seed;
  const all = await list([dids.elsewhere, dids['deep-container'], 'test:aod.2026.part01.root'], { at: 'nearest', format: 'json' });
  const rows = JSON.parse(all.text) as { did: string; bytes: number }[];
  assert.equal(new Set(rows.map((row) => row.did)).size, rows.length);
  assert.equal(rows.length, 8 + 10 + 6 + 6);
  assert.equal(all.bytes, rows.reduce((sum, { bytes }) => sum + bytes, 0));
});

test('what is nowhere, on tape or empty is said and not listed', async () => {
  const { dids } = lake.seed;
  const nothing = await list([dids.tape, dids.nowhere, dids['empty-dataset']], { at: 'nearest', format: 'json' });
  assert.deepEqual([nothing.files, nothing.missing], [0, 4]);
  assert.deepEqual(JSON.parse(nothing.text), []);
  assert.match(nothing.problems.join(' '), /on tape only \(XRD2_TAPE\).*holds no files/);
  await assert.rejects(list(['test:no.such.thing'], { at: 'nearest', format: 'txt' }), /no\.such\.thing/);
  await assert.rejects(list([dids.elsewhere], { at: { rse: 'NO-SUCH-RSE' }, format: 'txt' }), /knows no storage \(RSE\) “NO-SUCH-RSE”/);
});

test('many: into a file that appears when it is whole, with numbers meanwhile; too many for an answer are refused', async () => {
  const files = 11 * FEW;
  await upLake({ dir: lake.dir, scale: files });
  const file = path.join(folder, 'many.meta4');
  fs.writeFileSync(file, 'before');
  const counts: number[] = [];
  const done = await client.stream(protocol.listFiles, protocol.filesListed, (progress) => ({ instance: 'lake', dids: [did(`scale:ds.${files}`)], at: 'nearest' as const, format: 'metalink' as const, file, progress }), (count) => {
    counts.push(count);
    assert.equal(fs.readFileSync(file, 'utf8'), 'before');
  });
  assert.deepEqual([done.files, done.missing, done.text], [files, 0, '']);
  const text = fs.readFileSync(file, 'utf8');
  assert.equal(text.split('<file ').length - 1, files);
  assert.ok(text.endsWith('</metalink>\n'));
  assert.ok(counts.length > 0);
  assert.deepEqual(fs.readdirSync(folder), ['many.meta4'], 'nothing is left beside it');
  await assert.rejects(list([`scale:ds.${files}`], { at: 'nearest', format: 'txt' }), /more than 10000 files/);
});

test('cancelled, or where nothing can be written, it leaves nothing', async () => {
  const abort = new AbortController();
  const file = path.join(folder, 'cancelled.txt');
  const begun = async (): Promise<void> => { while (!fs.readdirSync(folder).some((name) => name.startsWith('cancelled'))) await new Promise(setImmediate); };
  const going = client.request(protocol.listFiles, { instance: 'lake', dids: [did(`scale:ds.${11 * FEW}`)], at: 'nearest', format: 'txt', file, progress: 0 }, abort.signal);
  await Promise.all([begun().then(() => abort.abort()), assert.rejects(going, 'it is cut in the middle: its file was begun')]);
  for (let n = 0; fs.readdirSync(folder).some((name) => name.startsWith('cancelled')); n++) {
    assert.ok(n < 100, 'it is still there');
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  await assert.rejects(list([lake.seed.dids.elsewhere], { at: 'nearest', format: 'txt', file: path.join(folder, 'no', 'folder', 'x.txt') }), /can't be written \(ENOENT\)/);
  await assert.rejects(list([lake.seed.dids.elsewhere], { at: 'nearest', format: 'txt', file: 'relative.txt' }), /no full path/);
});
