// The command line as people type it: the bundled program, the real service, the real lake; in a pod's environment.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { node24, root } from '../support/install.ts';
import { addScope, rest, rows, secure, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { podIn } from '../support/pod.ts';
import { testService } from '../support/service.ts';

const info = await sharedLake();
await addScope(info, 'alice', 'uploads');
const service = testService();
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'cli-'));
after(async () => {
  await service.stop();
  fs.rmSync(home, { recursive: true, force: true });
});
// The command line finds the service by the machine's name.
fs.mkdirSync(path.join(service.folder, 'state', 'rucio-datalake'), { recursive: true, mode: 0o700 });
const pod = podIn(home, info);
fs.writeFileSync(path.join(home, 'fresh'), '');
pod.renew((await secure(info, `${info.idp.token}?sub=alice&aud=rucio&scope=${encodeURIComponent('openid profile storage.read:/ storage.modify:/')}`)).text.trim());

interface Said { readonly code: number | null; readonly out: string; readonly err: string }
function datalake(args: readonly string[], { env = pod.env, interruptAfter }: { env?: Record<string, string>; interruptAfter?: number } = {}): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(node24, [path.join(root, 'dist', 'cli.cjs'), ...args], { cwd: home, env: { ...env, PATH: process.env['PATH'] ?? '', XDG_STATE_HOME: path.join(service.folder, 'state'), XDG_RUNTIME_DIR: path.join(service.folder, 'run') }, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (d: Buffer) => { out += d.toString(); });
    child.stderr.on('data', (d: Buffer) => { err += d.toString(); });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
    if (interruptAfter !== undefined) setTimeout(() => child.kill('SIGINT'), interruptAfter);
  });
}
const prefix = `c${Date.now().toString(36)}_`;
const RSE = 'XRD1_SCRATCHDISK';

test('whoami, ls, find: in a pod, with nothing set', async () => {
  const who = await datalake(['whoami']);
  assert.deepEqual([who.code, who.err], [0, ''], JSON.stringify(who));
  assert.match(who.out, /^alice @ escape, until \d{4}-/);
  assert.match((await datalake(['ls'])).out, /^user\.alice$/m);
  const found = JSON.parse((await datalake(['find', 'test:ds.s*', '--json'])).out) as { rows: { name: string }[]; more: boolean };
  assert.ok(found.rows.some(({ name }) => name === 'ds.stuck'));
  assert.match((await datalake(['ls', info.seed.dids.available])).out, /^file +[\d.]+ .?B +\S+:/m);
});

test('put, dry and in earnest; get; transfers', async () => {
  fs.mkdirSync(path.join(home, 'run'));
  for (let n = 0; n < 5; n++) fs.writeFileSync(path.join(home, 'run', `f${n}.bin`), randomBytes(1000 * n));
  const dry = await datalake(['put', '--rse', RSE, '-s', 'uploads', '-p', prefix, '--dry-run', 'run']);
  assert.equal(dry.code, 0, dry.err);
  assert.match(dry.out, new RegExp(`uploads:${prefix}f0\\.bin`));
  const put = await datalake(['put', '--rse', RSE, '-s', 'uploads', '-p', prefix, '-d', `${prefix}ds`, '-t', '1', 'run']);
  assert.equal(put.code, 0, JSON.stringify(put));
  assert.match(put.out, /5 files, 10\.0 kB: uploaded, verified and in the catalogue\.\n$/);
  const get = await datalake(['get', '-o', 'back', `uploads:${prefix}ds`]);
  assert.equal(get.code, 0, JSON.stringify(get));
  for (let n = 0; n < 5; n++) assert.ok(fs.readFileSync(path.join(home, 'back', `${prefix}ds`, `${prefix}f${n}.bin`)).equals(fs.readFileSync(path.join(home, 'run', `f${n}.bin`))));
  const list = await datalake(['transfers']);
  assert.equal(list.out.trim().split('\n').length, 2, list.out);
  const id = list.out.split(' ')[0]!;
  assert.match((await datalake(['transfers', id])).out, /^done /m);
  assert.match((await datalake(['transfers', 'clear', id])).out, /off the list/);
});

test('put with a container, metadata, and names that are taken: each as its option says', async () => {
  for (const name of ['one/a.bin', 'two/b.bin']) {
    fs.mkdirSync(path.join(home, 'tree', path.dirname(name)), { recursive: true });
    fs.writeFileSync(path.join(home, 'tree', name), `${prefix} ${name}`);
  }
  const to = ['put', '--rse', RSE, '-s', 'uploads', '-p', `${prefix}o_`];
  const made = await datalake([...to, '-c', `${prefix}cont`, '-m', 'campaign=autumn', '-m', 'run=7', '-t', '1', 'tree']);
  assert.equal(made.code, 0, JSON.stringify(made));
  const as = await token(info, 'alice');
  const inside = async (name: string): Promise<{ name: string; type: string }[]> => rows(await rest(info, as, 'GET', `/dids/uploads/${name}/dids`));
  const datasets = await inside(`${prefix}cont`);
  assert.deepEqual(datasets.map(({ type }) => type), ['DATASET', 'DATASET']);
  assert.deepEqual((await Promise.all(datasets.map(({ name }) => inside(name)))).flat().map(({ name }) => name).sort(), [`${prefix}o_a.bin`, `${prefix}o_b.bin`]);
  const meta = JSON.parse((await rest(info, as, 'GET', `/dids/uploads/${prefix}cont/meta?plugin=ALL`)).text) as Readonly<Record<string, unknown>>;
  assert.deepEqual([meta['campaign'], String(meta['run'])], ['autumn', '7']);

  // Another content under a name that is taken, and one that is there already.
  fs.writeFileSync(path.join(home, 'tree', 'one', 'a.bin'), 'another content');
  const open = await datalake([...to, '-t', '1', 'tree']);
  assert.equal(open.code, 1);
  assert.match(open.err, /means another file in the lake already/);
  assert.match(open.err, /--taken skip leaves it out, --taken number gives it another name/);
  const without = await datalake([...to, '-t', '1', '--taken', 'skip', '--same', 'skip', '--dry-run', 'tree']);
  assert.match(without.err, /left out: .*a\.bin: uploads:\S+ is another file in the lake/);
  assert.match(without.err, /left out: .*b\.bin: in the lake already, byte for byte/);
  assert.equal(without.code, 1, 'nothing is left');
  const numbered = await datalake([...to, '-t', '1', '--taken', 'number', 'tree']);
  assert.equal(numbered.code, 0, JSON.stringify(numbered));
  const [row] = rows<{ bytes: number }>(await rest(info, as, 'POST', '/replicas/list', { dids: [{ scope: 'uploads', name: `${prefix}o_a_2.bin` }] }));
  assert.equal(row?.bytes, 'another content'.length);
  for (const odd of [['--taken', 'over'], ['-c', 'x', '-d', 'y'], ['-m', 'nonsense']]) assert.equal((await datalake([...to, ...odd, 'tree'])).code, 2, odd.join(' '));
});

test('what is wrong is said, with what to do, and by the exit code', async () => {
  const noRse = await datalake(['put', 'run']);
  assert.equal(noRse.code, 2);
  assert.match(noRse.err, new RegExp(`Say to which storage, with --rse: .*${RSE} \\(`));
  const tape = await datalake(['put', '--rse', 'XRD2_TAPE', '-s', 'uploads', 'run']);
  assert.equal(tape.code, 1);
  assert.match(tape.err, /tape/);
  assert.equal((await datalake(['get', 'nonsense'])).code, 2);
  const none = await datalake(['get', 'test:no.such']);
  assert.deepEqual([none.code, /There is no/.test(none.err)], [1, true], none.err);
  assert.equal((await datalake(['transfers', 'hurry', 'x'])).code, 2);
  assert.equal((await datalake(['put', '--rse'])).code, 2);
  const nowhere = await datalake(['whoami'], { env: { HOME: path.join(home, 'empty') } });
  assert.deepEqual([nowhere.code, /No Rucio instance is known here|escape/.test(nowhere.err + nowhere.out)], [nowhere.code, true]);
  assert.equal((await datalake(['--help'])).code, 0);
  assert.equal((await datalake([])).code, 2);
});

test('make-available waits until it is there; rule says how it is', async () => {
  const made = await datalake(['make-available', info.seed.dids.available, '--json']);
  assert.equal(made.code, 0, made.err);
  const [{ rule }] = JSON.parse(made.out) as [{ rule: { id: string; state: string } }];
  assert.equal(rule.state, 'OK');
  assert.match((await datalake(['rule', rule.id])).out, new RegExp(`^${rule.id}  OK`));
});

test('Ctrl-C leaves it going', async () => {
  fs.writeFileSync(path.join(home, 'large.bin'), randomBytes(60_000_000));
  const left = await datalake(['put', '--rse', RSE, '-s', 'uploads', '-p', prefix, 'large.bin'], { interruptAfter: 500 });
  // On a quick machine it may be through before.
  assert.ok(left.code === 130 || left.code === 0, JSON.stringify(left));
  if (left.code === 130) assert.match(left.err, /It goes on without this terminal|^$/);
  for (let n = 0; ; n++) {
    const list = JSON.parse((await datalake(['transfers', '--json'])).out) as { title: string; state: string; files: { total: number } }[];
    const mine = list.filter(({ title }) => title === `1 file to ${RSE}`);
    if (mine.every(({ state }) => state === 'done')) break;
    assert.ok(n < 100, JSON.stringify(list));
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
});
