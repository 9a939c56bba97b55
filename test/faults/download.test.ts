// The rows D of the fault matrix: what can go wrong when files are fetched. Nothing wrong has a final name, nothing of another's is touched.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, test } from 'node:test';
import type { TransferInfo } from '../../src/lake/transfers/types.ts';
import { localName } from '../../src/lake/transfers/names.ts';
import { filesToFetch } from '../../src/lake/transfers/planDownload.ts';
import { addScope } from '../support/lake/client.ts';
import { mine, scene, SCOPE, type Scene } from './scene.ts';

const s: Scene = await scene();
after(() => s.close());
afterEach(() => {
  s.storage.clear();
  s.rucio.clear();
});
const MB = 1_000_000;
let count = 0;

/** A file in the lake, and where it goes when it is fetched. */
async function lying(content: Buffer): Promise<{ readonly name: string; readonly at: string; fetch(): Promise<TransferInfo>; readonly folder: string }> {
  const own = `d${++count}.bin`;
  assert.equal((await s.upload([s.file(own, content)])).files.done, 1);
  const folder = path.join(s.folder, 'down', own);
  const name = `${s.prefix}${own}`;
  return { name, folder, at: path.join(folder, SCOPE, name), fetch: async () => s.ended(await s.engine.download(s.with, { dids: [{ scope: SCOPE, name }], folder })) };
}
const errorOf = (transfer: TransferInfo): string => s.files(transfer).map(({ error }) => error && `${error.what} ${error.next}`).join(' ');
const gets = (name: string) => s.storage.seen.filter(({ method, path: at }) => method === 'GET' && at.includes(name));

test('D1 the disk is full: said before a byte is fetched where it can be known', async () => {
  const file = await lying(Buffer.from('x'));
  const place = filesToFetch(s.with.client, { dids: [{ scope: SCOPE, name: file.name }], folder: 'relative' });
  await assert.rejects(place, /full path/);
  const denied = await s.ended(await s.engine.download(s.with, { dids: [{ scope: SCOPE, name: file.name }], folder: '/proc/nowhere' }));
  assert.ok(denied.state === 'stopped' || denied.files.failed === 1, JSON.stringify(denied));
});

test('D1 the disk fills up in the middle: said, no final name, the rest is kept or gone; with room it goes on', async () => {
  const data = randomBytes(6 * MB);
  const file = await lying(data);
  const disk = path.join(s.folder, 'small-disk');
  fs.mkdirSync(disk);
  // A small disk of its own; where that may not be had, a limit on the size of files, which cuts writes in the same way.
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'tmpfs', disk]).status === 0;
  const limit = (bytes: string): void => void execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]);
  const ignore = (): void => undefined;
  let full = false;
  try {
    if (!mounted) process.on('SIGXFSZ', ignore);
    s.storage.add({ method: 'GET', path: new RegExp(file.name), when: () => {
      if (full) return false;
      full = true;
      // After it was looked whether there is room.
      if (mounted) fs.writeFileSync(path.join(disk, 'other'), Buffer.alloc(101 * MB));
      else limit('3000000');
      return false;
    } });
    const folder = path.join(disk, 'down');
    const at = path.join(folder, SCOPE, file.name);
    const going = await s.ended(await s.engine.download(s.with, { dids: [{ scope: SCOPE, name: file.name }], folder }));
    assert.equal(going.files.done, 0);
    assert.match(`${going.error?.what} ${errorOf(going)}`, mounted ? /can't be written: the disk is full/ : /can't be written/);
    assert.ok(!fs.existsSync(at));
    if (mounted) fs.rmSync(path.join(disk, 'other'));
    else limit('unlimited');
    const again = await s.ended((await s.engine.act(mine, going.id, going.state === 'stopped' ? 'resume' : 'retry'))!);
    assert.equal(again.files.done, 1, errorOf(again));
    assert.ok(fs.readFileSync(at).equals(data));
    assert.deepEqual(fs.readdirSync(path.dirname(at)), [file.name]);
  } finally {
    if (mounted) spawnSync('umount', ['-l', disk]);
    else {
      limit('unlimited');
      process.off('SIGXFSZ', ignore);
    }
  }
});

test('D7 names that differ by case only, and two files that would lie at one place: both are kept, and it is said', async () => {
  const other = `${SCOPE}.other`;
  await addScope(s.info, 'alice', other);
  const [large, small, same] = [randomBytes(100), randomBytes(200), randomBytes(300)];
  assert.equal((await s.upload([s.file('Case.bin', large), s.file('case.bin', small)])).files.done, 2);
  assert.equal((await s.upload([s.file('other/case.bin', same)], { scope: other })).files.done, 1);
  const folder = path.join(s.folder, 'by case');
  const ended = await s.ended(await s.engine.download(s.with, { dids: [{ scope: SCOPE, name: `${s.prefix}Case.bin` }, { scope: SCOPE, name: `${s.prefix}case.bin` }, { scope: other, name: `${s.prefix}case.bin` }], folder, flat: true }));
  assert.equal(ended.files.done, 3, errorOf(ended));
  assert.deepEqual(fs.readdirSync(folder).sort(), [`${s.prefix}Case.bin`, `${s.prefix}case.bin`, `${s.prefix}case~2.bin`].sort());
  assert.deepEqual([`${s.prefix}Case.bin`, `${s.prefix}case.bin`, `${s.prefix}case~2.bin`].map((name) => fs.readFileSync(path.join(folder, name))), [large, small, same]);
  assert.match(s.files(ended)[2]!.note ?? '', /another file has its name/);
});

for (const at of [1, 400_000, MB - 1]) {
  test(`D2 cut after ${at} of ${MB} bytes: continued from there, whole by its checksum`, async () => {
    const data = randomBytes(MB);
    const file = await lying(data);
    s.storage.add({ method: 'GET', cutAfterBytes: at, times: 1 });
    const ended = await file.fetch();
    assert.equal(ended.files.done, 1, errorOf(ended));
    assert.ok(fs.readFileSync(file.at).equals(data));
    assert.deepEqual(fs.readdirSync(path.dirname(file.at)), [file.name]);
    const second = gets(file.name).at(-1)!;
    if (at > 1) assert.match(second.headers.range ?? '', /^bytes=\d+-999999$/); // the first byte may be lost with the connection
  });
}

test('D2 D4 a large file, whose bytes go past the HTTP parser: cut twice and continued, damaged once, whole in the end', async () => {
  const data = randomBytes(60 * MB);
  const cut = await lying(data);
  s.storage.add({ method: 'GET', cutAfterBytes: 20 * MB, times: 2 });
  const ended = await cut.fetch();
  assert.equal(ended.files.done, 1, errorOf(ended));
  assert.ok(fs.readFileSync(cut.at).equals(data));
  const asked = gets(cut.name).map(({ headers }) => Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0));
  assert.ok(asked.length === 3 && asked[0] === 0 && asked[1]! > 15 * MB && asked[2]! > 30 * MB, asked.join(' '));
  const damaged = await lying(data);
  s.storage.add({ method: 'GET', flipAnswered: 50 * MB, times: 1 });
  assert.equal((await damaged.fetch()).files.done, 1);
  assert.ok(fs.readFileSync(damaged.at).equals(data));
  assert.equal(gets(damaged.name).length, 2);
});

test('D2 the storage begins anew, answers with another piece, or says 416: begun anew', async () => {
  const data = randomBytes(MB);
  for (const fault of [{ status: 200, headers: { 'Content-Range': '' } }, { headers: { 'Content-Range': `bytes 7-999999/${MB}` } }, { answer: { status: 416 } }]) {
    const file = await lying(data);
    s.storage.add({ method: 'GET', times: 1, when: ({ headers }) => headers.range !== undefined, ...fault });
    s.storage.add({ method: 'GET', times: 1, cutAfterBytes: 300_000 });
    const ended = await file.fetch();
    // 200 with a piece of the file: too few bytes, and the next try has the rest or all of it.
    assert.equal(ended.files.done, 1, errorOf(ended));
    assert.ok(fs.readFileSync(file.at).equals(data), JSON.stringify(fault));
    s.storage.clear();
  }
});

test('D3 another content between the two halves: never spliced', async () => {
  const data = randomBytes(MB);
  const file = await lying(data);
  s.storage.add({ method: 'GET', times: 1, cutAfterBytes: 500_000, flipAnswered: 1000 });
  const ended = await file.fetch();
  assert.ok(gets(file.name).some(({ headers }) => headers.range !== undefined), 'it was gone on with');
  assert.equal(ended.files.done, 1, errorOf(ended));
  assert.ok(fs.readFileSync(file.at).equals(data));
});

test('D4 damaged on the way: removed, and said; with one good try it is right', async () => {
  const data = randomBytes(MB);
  const once = await lying(data);
  s.storage.add({ method: 'GET', flipAnswered: 1234, times: 1 });
  assert.equal((await once.fetch()).files.done, 1);
  assert.ok(fs.readFileSync(once.at).equals(data));
  const always = await lying(data);
  s.storage.add({ method: 'GET', flipAnswered: 1234 });
  const ended = await always.fetch();
  assert.match(errorOf(ended), /is damaged: adler32 [0-9a-f]{8}, and the catalogue says [0-9a-f]{8}/);
  assert.deepEqual(fs.readdirSync(path.dirname(always.at)), []);
});

test('D5 200, fewer bytes, and the connection closed: not done', async () => {
  const file = await lying(randomBytes(MB));
  s.storage.add({ method: 'GET', cutAfterBytes: 1000 });
  const ended = await file.fetch();
  assert.equal(ended.files.failed, 1);
  assert.ok(!fs.existsSync(file.at));
  s.storage.clear();
  assert.equal((await s.ended((await s.engine.act(mine, ended.id, 'retry'))!)).files.done, 1);
});

test('D6 names that would leave the folder do not', () => {
  for (const name of ['../../x', '/etc/x', 'a/../../b', 'a\0b', '..', '.', '/', 'C:\\x', '\\\\server\\share\\x', 'con', 'x'.repeat(400), 'ü'.repeat(200)]) {
    for (const platform of ['posix', 'win32'] as const) {
      const { parts } = localName(name, platform);
      const p = platform === 'win32' ? path.win32 : path.posix;
      const root = platform === 'win32' ? 'C:\\data' : '/data';
      const relative = p.relative(root, p.join(root, ...parts));
      assert.ok(relative !== '' && !relative.startsWith('..') && !p.isAbsolute(relative), `${name} → ${relative}`);
      assert.ok(parts.every((part) => Buffer.byteLength(part) <= 250 && !part.includes('\0')));
    }
  }
});

test('D6 a link in the folder is not written through', async () => {
  const file = await lying(randomBytes(1000));
  const other = path.join(s.folder, 'precious');
  fs.writeFileSync(other, 'precious');
  fs.mkdirSync(path.dirname(file.at), { recursive: true });
  fs.symlinkSync(other, file.at);
  assert.match(errorOf(await file.fetch()), /lies a link or device: it was not touched/);
  fs.rmSync(file.at);
  // A link among the folders leads nowhere either.
  const elsewhere = fs.mkdtempSync(path.join(s.folder, 'elsewhere-'));
  fs.rmdirSync(path.dirname(file.at));
  fs.symlinkSync(elsewhere, path.dirname(file.at));
  assert.match(errorOf(await file.fetch()), /is a link that leads out of .*: nothing was written there/);
  assert.deepEqual(fs.readdirSync(elsewhere), []);
  assert.equal(fs.readFileSync(other, 'utf8'), 'precious');
});

test('D6 a file of the person’s that is called as ours would be while it is fetched is not touched', async () => {
  const data = randomBytes(1000);
  const file = await lying(data);
  fs.mkdirSync(path.dirname(file.at), { recursive: true });
  fs.writeFileSync(`${file.at}.part`, 'mine');
  assert.equal((await file.fetch()).files.done, 1);
  assert.ok(fs.readFileSync(file.at).equals(data));
  assert.equal(fs.readFileSync(`${file.at}.part`, 'utf8'), 'mine');
});

test('D8 a file is there: the same is kept, another is not touched', async () => {
  const data = randomBytes(5000);
  const file = await lying(data);
  assert.equal((await file.fetch()).files.done, 1);
  assert.equal((await file.fetch()).files.skipped, 1);
  fs.writeFileSync(file.at, 'mine');
  assert.match(errorOf(await file.fetch()), /Another file lies at .*: it was not touched/);
  assert.equal(fs.readFileSync(file.at, 'utf8'), 'mine');
});

test('D9 cancelled in the middle, twice; thousands that wait, at once; nothing is left', async () => {
  const file = await lying(randomBytes(8 * MB));
  s.storage.add({ method: 'GET', cutAfterBytes: 100_000, stall: true });
  const going = await s.engine.download(s.with, { dids: [{ scope: SCOPE, name: file.name }], folder: file.folder });
  while (gets(file.name).length === 0) await new Promise((resolve) => { setTimeout(resolve, 10); });
  const began = Date.now();
  const cancelled = await s.engine.act(mine, going.id, 'cancel');
  assert.equal(cancelled!.state, 'cancelled');
  assert.ok(Date.now() - began < 5000);
  await assert.rejects(s.engine.act(mine, going.id, 'cancel'), /is cancelled: it can't be cancelled/);
  assert.deepEqual(fs.readdirSync(path.dirname(file.at)), []);
});

test('D10 no storage has it, or none that can be read: said, and no hang', async () => {
  const { dids } = s.info.seed;
  const of = (text: string): { scope: string; name: string } => ({ scope: text.slice(0, text.indexOf(':')), name: text.slice(text.indexOf(':') + 1) });
  const tape = await s.ended(await s.engine.download(s.with, { dids: [of(dids.tape)], folder: path.join(s.folder, 'tape') }));
  assert.match(errorOf(tape), /on tape only|No storage that can be read/);
  const none = await s.ended(await s.engine.download(s.with, { dids: [of(dids['no-replicas'])], folder: path.join(s.folder, 'none') }));
  assert.ok(none.files.failed > 0);
  assert.match(errorOf(none), /No storage that can be read by davs, https or root has/);
});
