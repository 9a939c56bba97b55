// Attached DIDs on the real server: what can be read, as code and manifests, through the service.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as protocol from '../../src/protocol.ts';
import { instanceOf, signIn } from '../support/instance.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { testService, type TestClient, type TestService } from '../support/service.ts';

let lake: LakeInfo;
let service: TestService;
let client: TestClient;

before(async () => {
  lake = await sharedLake();
  service = testService();
  client = service.client({ instances: [instanceOf(lake)] });
  await signIn(client, lake, 'alice');
});
after(() => service?.stop());

const attached = async (did: string, more: Partial<protocol.Attachment> = {}): Promise<protocol.AttachedSummary> => {
  const { attached: all } = await client.request(protocol.attachmentCode, { instance: 'lake', language: 'python', attachments: [{ variableName: 'data_test', did, type: 'collection', ...more }] });
  assert.equal(all.length, 1);
  return all[0]!;
};
/** The rows of the manifest that the code reads, and its end. */
const manifest = (code: protocol.AttachmentCode): { readonly file: string; readonly rows: string[][]; readonly end: string[] } => {
  const file = /'([^']+\.tsv)'/.exec(code.inject[1] ?? '')?.[1];
  assert.ok(file, code.inject[1]);
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  assert.equal(lines.pop(), '');
  const rows = lines.map((line) => line.split('\t'));
  return { file, rows: rows.slice(0, -1), end: rows.at(-1)! };
};

test('until something is attached nothing is: no folder, and names are proposed without a server', async () => {
  const folder = path.join(service.place.state, 'attachments');
  await client.request(protocol.listScopes, { instance: 'lake', mine: true });
  const unknown = service.client({ instances: [] });
  assert.deepEqual((await unknown.request(protocol.attachmentNames, { language: 'r', dids: ['test:a b'], taken: [] })).proposed, ['a_b']);
  assert.ok(!fs.existsSync(folder));
  await attached(lake.seed.dids.available);
  assert.equal(fs.readdirSync(folder).length, 1);
  assert.deepEqual((await client.request(protocol.status, {})).work, [], 'and nothing goes on after it');
});

test('what is here: paths that can be read, PFNs, sizes, checksums; a manifest for this user alone', async () => {
  const did = lake.seed.dids.available;
  const code = await client.request(protocol.attachmentCode, { instance: 'lake', language: 'Python', attachments: [{ variableName: 'calib', did, type: 'collection' }] });
  const { path: first, pfn, size, version, ...facts } = code.attached[0]!;
  assert.deepEqual(facts, { variableName: 'calib', did, type: 'collection', state: 'here', reason: '', here: 5, missing: 0 });
  assert.ok(first?.startsWith(`${lake.rses['EULAKE-1'].mount}/`), first);
  assert.ok(pfn?.startsWith(lake.rses['EULAKE-1'].davs), pfn);
  assert.match(version, /^[0-9a-f]{16}$/);
  const { file, rows, end } = manifest(code);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.equal(fs.statSync(path.dirname(file)).mode & 0o777, 0o700);
  assert.ok(file.startsWith(service.place.state), file);
  assert.deepEqual(end.slice(0, 5), ['rucio-attachment 1', did, 'collection', 'here', '0']);
  assert.equal(rows.length, 5);
  for (const [name, at, , bytes, adler32] of rows) {
    assert.match(name!, /^eulake:calib/);
    assert.equal(String(fs.statSync(at!).size), bytes);
    assert.match(adler32!, /^[0-9a-f]{8}$/);
  }
  assert.equal(size, rows.reduce((sum, row) => sum + Number(row[3]), 0));
  assert.equal(code.language, 'python');
  assert.equal((await attached(did)).version, version, 'the same data is the same version');
});

test('a file is a file, whatever the notebook says of it', async () => {
  const file = await attached('eulake:calib.001.txt');
  assert.deepEqual([file.type, file.state, file.here, file.missing], ['file', 'here', 1, 0]);
  assert.ok(fs.existsSync(file.path!));
});

test('what is not here says what is missing', async () => {
  const { seed: { dids } } = lake;
  const partly = await attached(dids.partly);
  assert.deepEqual([partly.state, partly.here, partly.missing], ['partly', 3, 3]);
  assert.equal(partly.reason, '3 of its 6 files are not at EULAKE-1 yet.');
  const elsewhere = await attached(dids.elsewhere);
  assert.deepEqual([elsewhere.state, elsewhere.here, elsewhere.missing, elsewhere.path], ['notHere', 0, 6, undefined]);
  const one = await attached('test:aod.2026.part01.root', { type: 'file' });
  assert.deepEqual([one.state, one.reason, one.missing], ['notHere', 'test:aod.2026.part01.root is not at EULAKE-1 yet.', 1]);
  assert.equal((await attached(dids['empty-dataset'])).reason, `${dids['empty-dataset']} holds no files.`);
  assert.match((await attached('test:no.such.thing')).reason, /^There is no test:no\.such\.thing in this Rucio\.$/);
  assert.match((await attached('rubbish')).reason, /written scope:name/);
  assert.match((await attached(dids.available, { instance: 'another' })).reason, /no instance “another”/);
});

test('from afar: the nearest replica\'s address, root:// first, through the XCache of the site; a tape is none', async () => {
  const { seed: { dids }, rses } = lake;
  const far = await attached(dids.elsewhere, { remote: true });
  assert.deepEqual([far.state, far.here, far.missing, far.remote], ['here', 6, 0, true]);
  assert.ok(far.path!.startsWith(rses.XRD2_DATADISK.root), far.path);
  assert.equal(far.path, far.pfn);
  assert.ok((await attached(dids.elsewhere, { remote: true, protocol: 'davs' })).path!.startsWith(rses.XRD2_DATADISK.davs));
  const none = await attached(dids.elsewhere, { remote: true, protocol: 'https' });
  assert.deepEqual([none.state, none.here, none.reason], ['notHere', 0, '6 of its 6 files are not at a storage that can be read by https.']);
  assert.match((await attached(dids.tape, { remote: true })).reason, /2 of its 2 files are not at a storage that can be read from here\. data26:archive\.00[12]\.root is on tape only \(XRD2_TAPE\)/);
  const cached = service.client({ instances: [instanceOf(lake, { name: 'cached', xcache_prefix: 'root://xcache.test:1094' })] });
  await signIn(cached, lake, 'alice', 'cached');
  const { attached: [one] } = await cached.request(protocol.attachmentCode, { instance: 'cached', language: 'python', attachments: [{ variableName: 'x', did: dids.elsewhere, type: 'collection', remote: true }] });
  assert.equal(one!.path, `root://xcache.test:1094//${one!.pfn}`);
  assert.ok(one!.pfn!.startsWith(rses.XRD2_DATADISK.root));
});

test('names that would be a program are refused before anything is asked', async () => {
  for (const variableName of ['x; import os', 'a b', 'x\n', 'class', '_rucio_x', '']) {
    await assert.rejects(client.request(protocol.attachmentCode, { instance: 'lake', language: 'python', attachments: [{ variableName, did: 'test:ds', type: 'file' }] }), /can’t be the name|means something else|are ours|Give the variable/);
  }
  const { proposed, reserved, identifier } = await client.request(protocol.attachmentNames, { language: 'python', dids: ['test:data.1.root', 'other:data.1.root'], taken: [] });
  assert.deepEqual(proposed, ['data_1', 'data_1_2']);
  assert.ok(reserved.includes('lambda'));
  assert.match('data_1', new RegExp(identifier));
});

test('hostile names: in manifests and cells as they are', async () => {
  const code = await client.request(protocol.attachmentCode, { instance: 'lake', language: 'python', attachments: [{ variableName: 'odd', did: lake.seed.dids['odd-here'], type: 'collection' }] });
  const { rows } = manifest(code);
  const decoded = rows.map(([name, at]) => [decodeURIComponent(name!), decodeURIComponent(at!)]);
  const expected = lake.seed.odd.filter(({ path: at }) => at !== undefined);
  assert.ok(expected.length > 3);
  for (const { did, path: at } of expected) assert.ok(decoded.some(([name, place]) => name === did && place === path.join(lake.rses['EULAKE-1'].mount!, at!)), did);
});

test('quietly: nobody is asked to sign in', async () => {
  const stranger = service.client({ instances: [instanceOf(lake, { name: 'stranger' })] });
  await assert.rejects(stranger.request(protocol.attachmentCode, { instance: 'stranger', language: 'r', quiet: true, attachments: [{ variableName: 'x', did: lake.seed.dids.available, type: 'collection' }] }), /[Ss]ign/);
  assert.deepEqual(stranger.questions, []);
});
