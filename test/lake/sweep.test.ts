// The daily sweep on a scratch space full of traps: it takes exactly what is old, nobody's, and here; by the catalogue of the real Rucio.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openScratch } from '../../src/lake/scratch/place.ts';
import { sweep, type SweepContext } from '../../src/lake/scratch/sweep.ts';
import type { SweepReport } from '../../src/lake/scratch/types.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import { adler32 } from '../support/adler32.ts';
import { node24, root } from '../support/install.ts';
import { addRule, addScope, rest, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { SCRATCH_RSE, scratchOf } from '../support/scratch.ts';
import { openLake } from './open-lake.ts';

const info = await sharedLake();
await addScope(info, 'alice', 'sweeping');
const unique = `w${Date.now().toString(36)}`;
const scratch = scratchOf(info, `sweep-${unique}`);
const beside = fs.mkdtempSync(path.join(scratch.mount, '.beside-'));
const outside = fs.mkdtempSync(path.join(os.tmpdir(), 'outside-'));
const { lake } = openLake(info, null);
const { cert, key } = info.accounts.alice.x509!;
await lake.session.signIn({ method: 'x509', certificate: cert, key });
const opened = await openScratch(lake.client, { rse: SCRATCH_RSE, mountPath: scratch.mount, folder: scratch.folder });
const DAY = 86_400_000;
const cleanup: (() => void)[] = [];
after(() => {
  cleanup.forEach((end) => end());
  lake.close();
  scratch.close();
  for (const folder of [outside, beside]) fs.rmSync(folder, { recursive: true, force: true });
});

/** All that is made here is three days old by these clocks. */
const later = (): number => Date.now() + 3 * DAY;
const context = (more: Partial<SweepContext> = {}): SweepContext => ({
  client: lake.client, storage: lake.storage, scratch: opened, folder: scratch.folder, as: 'alice', also: [], busy: () => new Set(), now: later, storageNow: async () => later(), mounts: async () => new Set(), ...more,
});

/** Other tests let files go at this storage: while Rucio deletes them the catalogue counts more than its rules name. */
async function swept(remove: boolean, more: Partial<SweepContext> = {}): Promise<SweepReport> {
  for (let n = 0; ; n++) {
    try {
      return await sweep(context(more), { remove });
    } catch (error) {
      if (!RucioError.is(error) || !/than its rules name/.test(error.message) || n > 60) throw error;
      await sleep(500);
    }
  }
}

/** Registered where it lies, held by a rule as `datalake upload` does. */
async function register(name: string, file: string, rse = SCRATCH_RSE): Promise<void> {
  const as = await token(info, 'root');
  const content = fs.existsSync(file) ? fs.readFileSync(file) : Buffer.from('x');
  const place = opened.pfnOf(file);
  const reply = await rest(info, as, 'POST', '/replicas', { rse, files: [{ scope: 'sweeping', name, bytes: content.length, adler32: adler32(content), state: 'A', ...(rse === SCRATCH_RSE && 'pfn' in place && { pfn: place.pfn }) }] });
  assert.equal(reply.status, 201, reply.text);
  await addRule(info, await token(info, 'alice'), `sweeping:${name}`, rse);
}

/** By find(1), which follows no link. */
const listing = (): string[] => execFileSync('find', [scratch.folder, '-mindepth', '1', '-printf', '%P\\0'], { encoding: 'latin1' }).split('\0').filter(Boolean).sort();

test('24 kinds of trap: exactly the right ones go', { timeout: 240_000 }, async () => {
  const gone: string[] = [];
  const stay: string[] = [];
  const file = (name: string, fate: string[], content: string | Buffer = randomBytes(10)): string => {
    fate.push(name);
    return scratch.file(name, content);
  };
  const folder = (name: string, fate: string[]): string => {
    fate.push(name);
    fs.mkdirSync(path.join(scratch.folder, name), { recursive: true });
    return path.join(scratch.folder, name);
  };
  const young = (at: string): void => fs.utimesSync(at, new Date(later()), new Date(later() - DAY));

  file('old.bin', gone);
  young(file('young.bin', stay)); // 1
  fs.writeFileSync(path.join(outside, 'precious.bin'), 'precious');
  fs.symlinkSync(path.join(outside, 'precious.bin'), path.join(scratch.folder, 'link-to-file')); // 2
  fs.symlinkSync(outside, path.join(scratch.folder, 'link-to-folder')); // 3
  fs.symlinkSync('nowhere', path.join(scratch.folder, 'link-to-nothing')); // 4
  fs.symlinkSync('.', path.join(scratch.folder, 'link-in-a-circle')); // 5
  stay.push('link-to-file', 'link-to-folder', 'link-to-nothing', 'link-in-a-circle');
  await register(`${unique}.kept`, file('catalogued.bin', stay)); // 6
  await register(`${unique}.odd`, file('catalogued+~%.bin', stay)); // 7: a path is written into a PFN as it is
  for (const name of ['ha#sh.bin', 'wh?at.bin', 'semi;colon', '%2e%2e%2fup', 'a%20b']) file(name, stay); // 8: in a PFN they mean another file
  await register(`${unique}.elsewhere`, file('elsewhere.bin', gone), 'EULAKE-1'); // 9: in the catalogue, and there only elsewhere: this one is nobody's
  const open = spawn('tail', ['-f', file('open.bin', stay)], { stdio: 'ignore' }); // 10
  cleanup.push(() => open.kill());
  await once(open, 'spawn');
  const busy = file('in-flight.bin', stay); // 11
  await register(`${unique}.linked`, file('linked-catalogued.bin', stay)); // 12
  fs.linkSync(path.join(scratch.folder, 'linked-catalogued.bin'), path.join(scratch.folder, 'hard-link.bin'));
  stay.push('hard-link.bin');
  file('pair-1.bin', gone); // 13: all names of a hard link are old and nobody's
  fs.linkSync(path.join(scratch.folder, 'pair-1.bin'), path.join(scratch.folder, 'pair-2.bin'));
  gone.push('pair-2.bin');
  fs.linkSync(file('leads-out.bin', stay), path.join(beside, 'same.bin')); // 14: another name beside the folder
  const mounted = folder('mounted', stay); // 15
  file('mounted/inside.bin', stay);
  for (const name of ['..evil', '...', '-rf', 'new\nline', ' ', '*', '100%']) file(name, name.includes('\n') ? stay : gone); // 16
  const bytes = Buffer.concat([Buffer.from(`${scratch.folder}/no-text-`), Buffer.from([0xff, 0xfe])]); // 17
  fs.writeFileSync(bytes, 'x');
  stay.push(Buffer.concat([Buffer.from('no-text-'), Buffer.from([0xff, 0xfe])]).toString('latin1'));
  folder('newer-parent', stay); // 18: the folder is new, what is in it old
  file('newer-parent/old.bin', gone);
  young(path.join(scratch.folder, 'newer-parent'));
  folder('empty', gone); // 19
  folder('deep/er/empty', gone); // 20: empty once what is in it is
  gone.push('deep', 'deep/er');
  file('deep/er/old.bin', gone);
  folder('half', stay); // 21
  file('half/old.bin', gone);
  young(file('half/young.bin', stay));
  execFileSync('mkfifo', [path.join(scratch.folder, 'pipe')]); // 22
  const socket = net.createServer().listen(path.join(scratch.folder, 's'));
  await once(socket, 'listening');
  cleanup.push(() => socket.close());
  stay.push('pipe', 's');
  const worked = folder('worked-in', stay); // 23
  const program = spawn('sleep', ['600'], { cwd: worked, stdio: 'ignore' });
  cleanup.push(() => program.kill());
  await once(program, 'spawn');
  fs.utimesSync(file('unpacked-with-an-old-date.bin', gone), new Date(0), new Date(0)); // old by its date, and by when it was put here: goes …
  const options = { busy: () => new Set([busy]), mounts: async () => new Set([mounted]) };

  const before = listing();
  const today = await sweep(context({ ...options, now: Date.now, storageNow: async () => Date.now() }), { remove: false });
  assert.equal(today.deleted.files, 0, '… though not today: a file is as new as its coming here'); // 24
  const dry = await swept(false, options);
  assert.deepEqual(listing(), before, 'a dry run changes nothing');
  const named = (what: string): string[] => dry.swept.filter((one) => one.what === what).map((one) => path.relative(scratch.folder, one.path)).sort();
  assert.deepEqual(named('would be deleted'), gone.toSorted());
  const why = (name: string): string | undefined => dry.swept.find((one) => one.path === path.join(scratch.folder, name))?.why;
  assert.match(why('catalogued.bin')!, new RegExp(`in the catalogue as sweeping:${unique}\\.kept: Rucio deletes it`));
  assert.match(why('open.bin')!, /a program has it open/);
  assert.match(why('in-flight.bin')!, /on its way/);
  assert.match(why('hard-link.bin')!, /another name/);
  assert.match(why('leads-out.bin')!, /another name/);
  assert.match(why('link-to-folder')!, /a link/);
  assert.match(why('mounted')!, /another file system/);
  assert.match(why('worked-in')!, /a program works in it/);
  assert.match(why('ha#sh.bin')!, /no name in a catalogue/);
  assert.match(why('new\nline')!, /no name in a catalogue/);

  const done = await swept(true, options);
  assert.deepEqual(done.swept.filter(({ what }) => what === 'deleted').map((one) => path.relative(scratch.folder, one.path)).sort(), gone.toSorted());
  assert.deepEqual(listing(), stay.toSorted());
  assert.equal(fs.readFileSync(path.join(outside, 'precious.bin'), 'utf8'), 'precious');
  assert.deepEqual(done.deleted, dry.deleted);
});

test('clocks that disagree: the earlier one holds', async () => {
  scratch.file('skew.bin', 'x');
  for (const clocks of [{ now: later, storageNow: async () => Date.now() }, { now: Date.now, storageNow: async () => later() }]) {
    assert.equal((await sweep(context(clocks), { remove: true })).deleted.files, 0);
  }
  // The storage's clock is read off a file that is made there, and does not stay.
  const { storageNow: _, ...own } = context();
  assert.equal((await sweep(own, { remove: true })).deleted.files, 0);
  assert.deepEqual(listing().filter((name) => name.includes('clock')), []);
  assert.ok(fs.existsSync(path.join(scratch.folder, 'skew.bin')));
});

test('where the catalogue or the storage can’t be asked, or do not agree, nothing is deleted', async () => {
  const file = scratch.file('certain/old.bin', 'x');
  const away = async (): Promise<never> => { throw new RucioError('unreachable', 'The server is away.'); };
  const only = (client: Partial<SweepContext['client']>): Partial<SweepContext> => ({ client: { listRules: (...args) => lake.client.listRules(...args), listRseDatasetLocks: (...args) => lake.client.listRseDatasetLocks(...args), listReplicas: (...args) => lake.client.listReplicas(...args), listRseUsage: (...args) => lake.client.listRseUsage(...args), ...client } });
  const folder = path.dirname(file);
  const all = only({ listRseUsage: async () => [{ source: 'rucio', files: 0 }] }); // whatever else is deleted at this storage just now
  for (const [more, said] of [
    [only({ listRseUsage: away }), /away/],
    [only({ listRseDatasetLocks: away }), /away/],
    [only({ async *listRules() { yield* []; await away(); } }), /away/],
    // Some of the catalogue's files at this storage have no rule that names them.
    [only({ listRseUsage: async () => [{ source: 'rucio', files: 1_000_000 }] }), /than its rules name, and old\.bin may be one of them/],
    [only({ listRseUsage: async () => [] }), /does not say how many files/],
    [{ ...all, storage: { stat: async () => null } }, /has nothing where old\.bin lies here/],
    [{ ...all, storage: { stat: async () => ({ bytes: 7 }) } }, /7 bytes where old\.bin lies here \(1 bytes\): scratch_path_begins_at/],
    [{ ...all, storage: { stat: away } }, /away/],
  ] as const) {
    await assert.rejects(sweep(context({ folder, ...more }), { remove: true }), said);
    assert.ok(fs.existsSync(file), String(said));
  }
  const nobody = openLake(info, null).lake;
  cleanup.push(() => nobody.close());
  await assert.rejects(sweep(context({ folder, client: nobody.quietClient }), { remove: true }), { kind: 'signInNeeded' });
  assert.ok(fs.existsSync(file));
});

test('a folder that may not be opened stays, and all around it is looked at', async () => {
  const closed = fs.mkdtempSync(path.join(os.tmpdir(), 'closed-'));
  cleanup.push(() => fs.rmSync(closed, { recursive: true, force: true }));
  fs.chmodSync(closed, 0o755);
  fs.mkdirSync(path.join(closed, 'mine'));
  fs.writeFileSync(path.join(closed, 'mine', 'x'), 'x');
  fs.chmodSync(path.join(closed, 'mine'), 0);
  fs.writeFileSync(path.join(closed, 'y'), 'y');
  const script = `import { walk } from ${JSON.stringify(path.join(root, 'src', 'lake', 'scratch', 'walk.ts'))}; console.log(JSON.stringify(await walk(process.argv[1], { most: 100, mounts: new Set() })));`;
  // For root no folder is closed.
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const found = JSON.parse(execFileSync(node24, ['--input-type=module', '--no-warnings', '-e', script, closed], { ...user, encoding: 'utf8' })) as { parts: string[]; trouble?: string }[];
  fs.chmodSync(path.join(closed, 'mine'), 0o755);
  assert.deepEqual(found.map(({ parts, trouble }) => [parts.join('/'), trouble]), [['mine', "it can't be opened (EACCES)"], ['y', undefined]]);
});
