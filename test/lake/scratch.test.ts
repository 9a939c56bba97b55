// `datalake upload` from a pod's scratch space: the bundled program, the real service, the real storages; and Rucio deletes what is safe.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as protocol from '../../src/protocol.ts';
import type { ScratchFile, ScratchListing, ScratchUpload } from '../../src/protocol.ts';
import { adler32 } from '../support/adler32.ts';
import { node24, root } from '../support/install.ts';
import { addScope, rest, secure, standin, token, waitForRule } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { podIn } from '../support/pod.ts';
import { known, SCRATCH_RSE, scratchOf } from '../support/scratch.ts';
import { testService } from '../support/service.ts';

const info = await sharedLake();
await addScope(info, 'alice', 'scratchy');
const service = testService({ linger: 30 });
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'scratch-'));
const unique = `s${Date.now().toString(36)}`;
const scratch = scratchOf(info, `alice-${unique}`);
after(async () => {
  await service.stop();
  scratch.close();
  fs.rmSync(home, { recursive: true, force: true });
});
fs.mkdirSync(path.join(service.folder, 'state', 'rucio-datalake'), { recursive: true, mode: 0o700 });
const SCOPES = encodeURIComponent('openid profile storage.read:/ storage.modify:/');
async function podOf(sub: 'alice' | 'bob', folder: string): Promise<Record<string, string>> {
  const own = path.join(home, sub);
  const pod = podIn(own, info);
  pod.renew((await secure(info, `${info.idp.token}?sub=${sub}&aud=rucio&scope=${SCOPES}`)).text.trim());
  // A pod needs the storage's name alone: SCRATCH is there anyway.
  return { ...pod.env, SCRATCH: folder, RUCIO_SCRATCH_RSE: SCRATCH_RSE, RUCIO_WEBUI_URL: 'https://webui.lake.test', RUCIO_NAME: `${sub}-${unique}`, RUCIO_DEFAULT_INSTANCE: `${sub}-${unique}` };
}
const alice = await podOf('alice', scratch.folder);

interface Said { readonly code: number | null; readonly out: string; readonly err: string }
function datalake(args: readonly string[], { env = alice, interruptWhen }: { env?: Record<string, string>; interruptWhen?: (out: string) => boolean } = {}): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(node24, [path.join(root, 'dist', 'cli.cjs'), ...args], { cwd: scratch.folder, env: { ...env, PATH: process.env['PATH'] ?? '', TZ: 'UTC', XDG_STATE_HOME: path.join(service.folder, 'state'), XDG_RUNTIME_DIR: path.join(service.folder, 'run') }, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (d: Buffer) => {
      out += d.toString();
      if (interruptWhen?.(out)) child.kill('SIGINT');
    });
    child.stderr.on('data', (d: Buffer) => { err += d.toString(); });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
const json = async <T>(args: readonly string[], options = {}): Promise<T> => {
  const said = await datalake([...args, '--json'], options);
  assert.equal(said.err, '', args.join(' '));
  return JSON.parse(said.out) as T;
};
const pending = async (name: string): Promise<ScratchFile> => (await json<ScratchFile[]>(['scratch', '--pending'])).find(({ did }) => did.name === name) ?? assert.fail(`${name} is not in the journal`);

async function until(what: string, fits: () => boolean | Promise<boolean>, seconds = 60): Promise<void> {
  for (const end = Date.now() + seconds * 1000; ;) {
    if (await fits()) return;
    assert.ok(Date.now() < end, `${what} has not come about`);
    await sleep(200);
  }
}

test('the slide: registered where it lies, a rule to the storage, a table; safe there, Rucio deletes it here', async () => {
  const content = randomBytes(123_456);
  const file = scratch.file(`${unique}_GB.txt`, content);
  const inode = fs.statSync(file).ino;
  await standin.hold(info, `${unique}_GB`);
  const said = await datalake(['upload', '-s', 'scratchy', '-t', '600', '--rse', 'EULAKE-1', `${unique}_GB.txt`]);
  assert.deepEqual([said.code, said.err], [0, ''], JSON.stringify(said));
  const did = `scratchy:${unique}_GB.txt`;
  const [first, second, third, head, dashes, row, ...rest_] = said.out.trimEnd().split('\n');
  assert.equal(first, 'Uploaded files will be deleted from scratch as soon as they are safe elsewhere. Use the --delay-deletion flag to delete after 2 days.');
  assert.deepEqual([second, third], ['Uploading 1 file to Rucio...', `Successfully added replication rule for ${did}`]);
  assert.match(head!, /^DID +Rule ID +WebUI URL$/);
  assert.match(dashes!, /^-+ {2}-{32} {2}-+$/);
  const [, rule = '', url] = /^\S+ +([0-9a-f]{32}) +(\S+)$/.exec(row!) ?? assert.fail(row);
  assert.equal(url, `https://webui.lake.test/rule/${rule}`);
  assert.ok(row!.startsWith(`${did}  `));
  assert.deepEqual(rest_, []);

  // Where it lies, and held there without end.
  const there = await known(info, 'alice', 'scratchy', `${unique}_GB.txt`);
  assert.deepEqual([there.bytes, there.adler32, there.states[SCRATCH_RSE]], [content.length, adler32(content), 'AVAILABLE']);
  assert.match(there.pfns[SCRATCH_RSE]![0]!, new RegExp(`^davs://[^/]+/scratch/alice-${unique}/${unique}_GB\\.txt$`));
  assert.equal(fs.statSync(file).ino, inode, 'nothing was copied');
  assert.deepEqual(there.rules.map(({ rse_expression: expression, expires_at: end }) => [expression, end === null]).sort(), [['EULAKE-1', false], [SCRATCH_RSE, true]]);
  const moving = await pending(`${unique}_GB.txt`);
  assert.deepEqual([moving.step, moving.failed], ['ruled', false]);
  const listed = (await json<ScratchListing>(['scratch'])).entries.find(({ name }) => name === `${unique}_GB.txt`)!;
  assert.deepEqual([listed.did, listed.elsewhere, listed.sweptFrom, listed.upload?.step], [{ scope: 'scratchy', name: `${unique}_GB.txt` }, [], undefined, 'ruled']);

  await standin.release(info, `${unique}_GB`);
  await waitForRule(info, await token(info, 'alice'), rule, 'OK');
  await until('Rucio deletes the copy in scratch', () => !fs.existsSync(file));
  const after_ = await known(info, 'alice', 'scratchy', `${unique}_GB.txt`);
  assert.equal(after_.states['EULAKE-1'], 'AVAILABLE');
  assert.equal((await pending(`${unique}_GB.txt`)).step, 'released');
});

test('a window hears what becomes of what another uploads, to its end', async () => {
  const [window, other] = [service.client({ env: alice }), service.client({ env: alice })];
  const instance = `alice-${unique}`;
  const name = `${unique}.heard`;
  const steps: (string | undefined)[] = [];
  let reading = Promise.resolve();
  window.on(protocol.scratchChanged, (news) => {
    reading = reading.then(async () => void steps.push((await window.request(protocol.scratchFiles, news)).find(({ did }) => did.name === name)?.step));
  });
  await window.welcome();
  const file = scratch.file(name, randomBytes(1000));
  const { files } = await other.request(protocol.scratchUpload, { instance, wish: { paths: [file], scope: 'scratchy', lifetime: null } });
  assert.equal(files.length, 1);
  await until('it hears that it is safe', () => steps.includes('released'));
  await reading;
  await Promise.all([window.dispose(), other.dispose()]);
});

test('a folder with a prefix, --delay-deletion: the copies stay for two days more, by a rule that ends then; again it is on its way', async () => {
  for (const name of ['a.root', 'b.root']) scratch.file(`run ${unique}/${name}`, randomBytes(2000));
  fs.renameSync(path.join(scratch.folder, `run ${unique}`), path.join(scratch.folder, `run${unique}`));
  await standin.hold(info, `${unique}-run${unique}`); // so that it is on its way when it is asked for again, however fast the machine
  const { files, ...begun } = await json<ScratchUpload>(['upload', '-s', 'scratchy', '-p', `${unique}-`, '--delay-deletion', `run${unique}`]);
  assert.deepEqual([begun.skipped, files.map(({ did }) => did.name).sort()], [[], [`${unique}-run${unique}_a.root`, `${unique}-run${unique}_b.root`]]);
  const again = await datalake(['upload', '-s', 'scratchy', '-p', `${unique}-`, `run${unique}`]);
  assert.equal(again.code, 0, JSON.stringify(again));
  await standin.release(info, `${unique}-run${unique}`);
  for (const { did } of files) {
    await until(`${did.name} is safe`, async () => (await pending(did.name)).step === 'released');
    const file = await pending(did.name);
    assert.ok(Math.abs(file.deletedFrom! - Date.now() - 2 * 86_400_000) < 120_000, new Date(file.deletedFrom!).toISOString());
    const { rules } = await known(info, 'alice', 'scratchy', did.name);
    assert.equal(rules.length, 2, 'one to hold it, one to bring it elsewhere');
    const hold = rules.find(({ rse_expression: expression }) => expression === SCRATCH_RSE)!;
    assert.ok(Math.abs(Date.parse(hold.expires_at!) - Date.now() - 2 * 86_400_000) < 120_000, hold.expires_at ?? 'no end');
    assert.ok(fs.existsSync(file.path));
  }
  // Kept after all: the rule has no end again.
  const kept = await datalake(['scratch', 'keep', files[0]!.path]);
  assert.deepEqual([kept.code, /stays in scratch/.test(kept.out)], [0, true], JSON.stringify(kept));
  assert.equal((await known(info, 'alice', 'scratchy', files[0]!.did.name)).rules.find(({ rse_expression: expression }) => expression === SCRATCH_RSE)!.expires_at, null);
});

test('what is not in scratch is refused with the way that works; so is what can’t be', async () => {
  fs.writeFileSync(path.join(home, 'elsewhere.bin'), 'x');
  fs.symlinkSync(path.join(home, 'elsewhere.bin'), path.join(scratch.folder, 'link.bin'));
  for (const file of [path.join(home, 'elsewhere.bin'), 'link.bin']) {
    const said = await datalake(['upload', '-s', 'scratchy', file]);
    assert.equal(said.code, 1);
    assert.match(said.err, /Only what lies in scratch \(.*elsewhere\.bin.*it is not below[^]*datalake put --rse RSE -s SCOPE/, said.err);
  }
  const own = scratch.file(`${unique}.own`, 'abc');
  assert.match((await datalake(['upload', '-s', 'scratchy', '--rse', SCRATCH_RSE, own])).err, /is scratch itself/);
  assert.match((await datalake(['upload', '-s', 'scratchy', '--rse', 'NO_SUCH', own])).err, /no storage by that name/);
  assert.equal((await datalake(['upload', own])).code, 2);
  assert.equal((await datalake(['upload', '-s', 'scratchy', '-t', 'soon', own])).code, 2);
  assert.match((await datalake(['upload', '-s', 'scratchy', own], { env: { ...alice, RUCIO_SCRATCH_RSE: 'EULAKE-1', RUCIO_NAME: `other-${unique}`, RUCIO_DEFAULT_INSTANCE: `other-${unique}` } })).err, /deterministic[^]*datalake put/);
  // An expression that means scratch, too: the rule is for the others.
  const wide = await datalake(['upload', '-s', 'scratchy', '--rse', `EULAKE-1|${SCRATCH_RSE}`, own]);
  assert.equal(wide.code, 0, wide.err);
  assert.match(wide.err, /means scratch, too/);
  const { rules } = await known(info, 'alice', 'scratchy', `${unique}.own`);
  assert.ok(rules.some(({ rse_expression: expression }) => expression === `(EULAKE-1|${SCRATCH_RSE})\\${SCRATCH_RSE}`), JSON.stringify(rules));
});

test('another file of that name in the catalogue: said, nothing registered; the file stays', async () => {
  const name = `${unique}.taken`;
  const root_ = await token(info, 'root');
  await rest(info, root_, 'POST', '/replicas', { rse: 'XRD2_DATADISK', files: [{ scope: 'scratchy', name, bytes: 5, adler32: '00000001', state: 'A' }] });
  const file = scratch.file(name, 'other');
  const said = await datalake(['upload', '-s', 'scratchy', file]);
  assert.equal(said.code, 1);
  assert.match(said.err, /another file called/);
  assert.ok(fs.existsSync(file));
  assert.equal((await known(info, 'alice', 'scratchy', name)).states[SCRATCH_RSE], undefined);
});

test('a policy that does not let a person end rules: said, and nothing is deleted', async () => {
  const bobs = scratchOf(info, `bob-${unique}`);
  const env = await podOf('bob', bobs.folder);
  const bound = path.join(info.dir, 'etc', 'may-not-change-rules');
  fs.writeFileSync(bound, 'bob\n');
  try {
    const file = bobs.file(`${unique}.bob`, 'bob was here');
    await standin.hold(info, `${unique}.bob`); // the command waits for the rule, not for its end
    const said = await datalake(['upload', '-s', 'user.bob', file], { env });
    assert.equal(said.code, 0, JSON.stringify(said));
    await standin.release(info, `${unique}.bob`);
    await until('it is told', async () => (await json<ScratchFile[]>(['scratch', '--pending'], { env })).some(({ failed }) => failed));
    const shown = await datalake(['scratch', '--pending'], { env });
    assert.match(shown.out, /safe elsewhere, but you may not end the rule that holds .* in scratch\. The server says: Account bob can not update this replication rule\. Nothing was deleted/);
    assert.match(shown.out, /to EULAKE-1: OK/);
    assert.ok(fs.existsSync(file));
    assert.equal((await known(info, 'bob', 'user.bob', `${unique}.bob`)).rules.find(({ rse_expression: expression }) => expression === SCRATCH_RSE)?.expires_at, null);
    // Written to since: what is in it now is nowhere else.
    fs.rmSync(bound);
    fs.writeFileSync(file, 'Bob was here');
    const id = /^ *(\d+) /.exec(shown.out)?.[1] ?? assert.fail(shown.out);
    assert.equal((await datalake(['scratch', 'retry', id], { env })).code, 0);
    await until('that is told', async () => /stays in scratch: it was written to since it was uploaded/.test((await datalake(['scratch', '--pending'], { env })).out));
    assert.ok(fs.existsSync(file));
    // As it was, though later: the same command goes on.
    fs.writeFileSync(file, 'bob was here');
    assert.equal((await datalake(['upload', '-s', 'user.bob', file], { env })).code, 0);
    await until('Rucio deletes it', () => !fs.existsSync(file));
  } finally {
    fs.rmSync(bound, { force: true });
    bobs.close();
  }
});

test('a rule that stays stuck, one that is gone: nothing is deleted', async () => {
  const names = ['stuck', 'gone'].map((what) => `${unique}.${what}`);
  for (const name of names) {
    scratch.file(name, `content of ${name}`);
    await standin.hold(info, name);
  }
  assert.equal((await datalake(['upload', '-s', 'scratchy', ...names])).code, 0);
  const asAlice = await token(info, 'alice');
  const [stuck, gone] = await Promise.all(names.map(pending)) as [ScratchFile, ScratchFile];
  assert.equal((await rest(info, asAlice, 'PUT', `/rules/${stuck.rule}`, { options: { state: 'STUCK' } })).status, 200);
  assert.equal((await rest(info, asAlice, 'PUT', `/rules/${gone.rule}`, { options: { lifetime: 0 } })).status, 200);
  await until('the rule that is gone is told', async () => (await pending(`${unique}.gone`)).failed, 90);
  assert.match((await pending(`${unique}.gone`)).error!.what, /the rule that was to bring it to EULAKE-1 is gone/);
  await until('stuck is told', async () => (await pending(`${unique}.stuck`)).ruleState === 'STUCK', 90);
  for (const name of names) {
    assert.equal((await known(info, 'alice', 'scratchy', name)).rules.find(({ rse_expression: expression }) => expression === SCRATCH_RSE)?.expires_at, null, name);
    assert.ok(fs.existsSync(path.join(scratch.folder, name)), name);
    await standin.release(info, name);
  }
  // Others count the stuck rules of this account.
  assert.equal((await rest(info, asAlice, 'DELETE', `/rules/${stuck.rule}`, {})).status, 200);
});

test('the sweep says as whom it asks, and that nothing is old enough; by default it only says', async () => {
  const file = scratch.file(`${unique}.young`, 'x');
  for (const args of [[], ['--delete'], ['--days', '1', scratch.folder]]) {
    const said = await datalake(['sweep', ...args]);
    assert.deepEqual([said.code, said.err], [0, ''], JSON.stringify(said));
    assert.match(said.out, new RegExp(`^${scratch.folder}, as alice at alice-${unique}, by a token in a file\n`));
    assert.match(said.out, /(Would delete|Deleted) 0 files \(0 B\) and 0 folders; \d+ not older than \d days?/);
    assert.ok(fs.existsSync(file));
  }
  assert.equal((await datalake(['sweep', home])).code, 1, 'not in scratch');
  assert.equal((await datalake(['sweep', '--days', '0'])).code, 2);
  const kept = await datalake(['scratch', 'keep', file]);
  assert.deepEqual([kept.code, kept.out], [0, `${file} stays for 2 days more.\n`]);
});

test('Ctrl-C leaves it going', async () => {
  const names = Array.from({ length: 12 }, (_, n) => `${unique}.many${n}`);
  for (const name of names) scratch.file(name, randomBytes(1000));
  const left = await datalake(['upload', '-s', 'scratchy', ...names], { interruptWhen: (out) => out.includes('Uploading') });
  assert.ok(left.code === 130 || left.code === 0, JSON.stringify(left));
  for (const name of names) await until(`${name} is deleted here`, () => !fs.existsSync(path.join(scratch.folder, name)), 120);
});
