// Where bytes come from: a part of an archive, another replica when one is bad, the first bytes of a file that is not kept; and what a
// download would do, before it does.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { readRemote } from '../../src/lake/transfers/remoteFile.ts';
import type { TransferInfo } from '../../src/lake/transfers/types.ts';
import { adler32 } from '../support/adler32.ts';
import { rest, token } from '../support/lake/client.ts';
import { copyTo, spoil } from '../support/lake/replicas.ts';
import { mine, RSE, scene, SCOPE } from '../faults/scene.ts';

const s = await scene();
after(() => s.close());
const asAlice = await token(s.info, 'alice');
const errors = (transfer: TransferInfo): string => s.engine.files(mine, transfer.id, { states: ['failed'], limit: 10 }).map(({ error }) => error?.what).join();
const target = (): string => fs.mkdtempSync(path.join(s.folder, 'to-'));

/** Reads it as the editor does. */
async function read(name: string, limit: number | null): Promise<{ readonly data: Buffer; readonly total: number; readonly verified: boolean; readonly rse: string }> {
  let data = Buffer.alloc(0);
  const got = await readRemote(s.with, { scope: SCOPE, name }, limit, (at, bytes) => { data = Buffer.concat([data.subarray(0, at), bytes]); });
  return { ...got, data };
}

test('a file inside of an archive is fetched without the rest of it, and read in part', async () => {
  const folder = path.join(s.folder, 'zip');
  fs.mkdirSync(folder);
  const members = { [`${s.prefix}small.txt`]: Buffer.from('hello from within\n'.repeat(100)), [`${s.prefix}large.bin`]: randomBytes(700_000) };
  for (const [name, data] of Object.entries(members)) fs.writeFileSync(path.join(folder, name), data);
  const zip = path.join(s.folder, 'local', 'parts.zip');
  fs.mkdirSync(path.dirname(zip), { recursive: true });
  execFileSync('python3', ['-c', 'import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],"w",zipfile.ZIP_DEFLATED)\nfor i in range(3000): z.writestr("filler/%05d" % i, "x")\nfor f in sys.argv[2:]: z.write(f, f.rsplit("/",1)[1])\nz.close()', zip, ...Object.keys(members).map((name) => path.join(folder, name))]);
  const up = await s.upload([zip]);
  assert.equal(up.files.done, 1, errors(up));
  const dids = [...Object.entries(members).map(([name, data]) => ({ scope: SCOPE, name, bytes: data.length, adler32: adler32(data) })), { scope: SCOPE, name: `${s.prefix}missing.txt`, bytes: 5, adler32: '00000001' }];
  const attached = await rest(s.info, asAlice, 'POST', `/dids/${SCOPE}/${s.prefix}parts.zip/dids`, { dids });
  assert.equal(attached.status, 201, attached.text);
  const before = s.storage.seen.length;
  const to = target();
  const down = await s.ended(await s.engine.download(s.with, { dids: dids.map(({ scope, name }) => ({ scope, name })), folder: to, flat: true }));
  assert.deepEqual([down.files.done, down.files.failed], [2, 1], errors(down));
  for (const [name, data] of Object.entries(members)) assert.ok(fs.readFileSync(path.join(to, name)).equals(data), name);
  assert.match(errors(down), /has no .*missing\.txt in it/);
  const asked = s.storage.seen.slice(before).filter(({ method }) => method === 'GET');
  assert.ok(asked.length < 20 && asked.every(({ headers }) => headers.range !== undefined), `${asked.length} requests, ${asked.map(({ headers }) => headers.range).join()}`);
  assert.equal((await read(`${s.prefix}small.txt`, 5)).data.toString(), 'hello');
  const whole = await read(`${s.prefix}large.bin`, null);
  assert.ok(whole.verified && whole.data.equals(members[`${s.prefix}large.bin`]!));
});

test('a file is read without keeping it: all of it and compared, or its beginning by one range; what can’t be read is an error', async () => {
  const data = randomBytes(3_000_000);
  await s.upload([s.file('remote.bin', data)]);
  const all = await read(`${s.prefix}remote.bin`, null);
  assert.deepEqual([all.total, all.verified, all.rse], [data.length, true, RSE]);
  assert.ok(all.data.equals(data));
  const before = s.storage.seen.length;
  const head = await read(`${s.prefix}remote.bin`, 1000);
  assert.deepEqual([head.total, head.verified], [data.length, false]);
  assert.ok(head.data.equals(data.subarray(0, 1000)));
  assert.deepEqual(s.storage.seen.slice(before).map(({ method, headers }) => [method, headers.range]), [['GET', 'bytes=0-999']]);
  await assert.rejects(read(`${s.prefix}nothing`, null), /does not exist|not found/i);
  await assert.rejects(readRemote(s.with, { scope: 'test', name: 'ds.raw.run001' }, null, () => undefined), /is a dataset: only files can be opened/);
  s.storage.add({ method: 'GET', flipAnswered: 1234 });
  await assert.rejects(read(`${s.prefix}remote.bin`, null), /is damaged/);
  s.storage.clear();
});

test('one bad replica of two: the other is taken, and that is said', async () => {
  const data = randomBytes(200_000);
  const file = s.file('twice.bin', data);
  await s.upload([file]);
  const name = `${s.prefix}twice.bin`;
  await copyTo(s.info, 'XRD2_DATADISK', [{ scope: SCOPE, name }]);
  // Which of the two is nearer is the server's to say: both are tried with the other one damaged.
  for (const [bad, good] of [[RSE, 'XRD2_DATADISK'], ['XRD2_DATADISK', RSE]] as const) {
    const mend = spoil(s.info, bad, name);
    const to = target();
    const down = await s.ended(await s.engine.download(s.with, { dids: [{ scope: SCOPE, name }], folder: to, flat: true }));
    assert.equal(down.files.done, 1, errors(down));
    assert.ok(fs.readFileSync(path.join(to, name)).equals(data));
    const { note } = s.files(down)[0]!;
    if (note !== undefined) assert.match(note, new RegExp(`^from ${good}, as ${bad} failed \\(What .* is damaged`));
    mend();
  }
});

test('before a download: what is there already, what another name has, what is on tape, and no room', async () => {
  const [one, two] = [s.file('p/one.bin', 100), s.file('p/two.bin', 200)];
  const dataset = { scope: SCOPE, name: `${s.prefix}plan` };
  await s.upload([one, two], { dataset });
  const to = target();
  const asked = { dids: [dataset], folder: to };
  const first = await s.engine.planDownload(s.with, asked);
  assert.deepEqual([first.total, first.bytes, first.here, first.tape, first.problems, first.warnings], [2, 300, { right: 0, other: 0 }, 0, [], []]);
  await s.ended(await s.engine.download(s.with, { ...asked, only: [{ scope: SCOPE, name: `${s.prefix}one.bin` }] }));
  fs.writeFileSync(path.join(to, dataset.name, `${s.prefix}two.bin`), 'mine');
  const second = await s.engine.planDownload(s.with, asked);
  assert.deepEqual(second.here, { right: 1, other: 1 });
  assert.match(second.warnings.join(' '), /One file lies there already.*something else already/);
  const nowhere = await s.engine.planDownload(s.with, { ...asked, folder: '/proc/nowhere' });
  assert.match(nowhere.problems.join(), /may not write into \/proc|is no folder|is free|left/);
  const [scope, name] = s.info.seed.dids.tape.split(':') as [string, string];
  const tape = await s.engine.planDownload(s.with, { dids: [{ scope, name }], folder: to });
  assert.ok(tape.tape > 0);
  const without = await s.ended(await s.engine.download(s.with, { dids: [{ scope, name }], folder: to, tape: 'skip' }));
  assert.ok(without.files.skipped > 0, errors(without));
  assert.equal(s.files(without)[0]!.note, 'left out: it is on tape only');
});
