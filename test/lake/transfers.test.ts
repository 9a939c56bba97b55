// Uploads and downloads on real storages and a real catalogue, with the engine that the service has.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type { Lake } from '../../src/lake/lake.ts';
import { Transfers } from '../../src/lake/transfers/engine.ts';
import type { TransferLake } from '../../src/lake/transfers/lake.ts';
import type { TransferInfo, UploadWish } from '../../src/lake/transfers/types.ts';
import { adler32 } from '../support/adler32.ts';
import { addScope, rest, rows, secure, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { openLake } from './open-lake.ts';

const info = await sharedLake();
await addScope(info, 'alice', 'uploads');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'transfers-'));
const unique = `t${Date.now().toString(36)}`;
const RSE = 'XRD1_SCRATCHDISK';

const { lake } = openLake(info, null);
const { cert, key } = info.accounts.alice.x509!;
await lake.session.signIn({ method: 'x509', certificate: cert, key });
const engine = transfers();
after(async () => {
  await engine.close();
  lake.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

function transfers(state?: string): Transfers {
  return new Transfers({ state, onChange: () => undefined, retry: { attempts: 3, first: 50, last: 200 }, checksumMs: 500 });
}
const withAll = (of: Lake): TransferLake => ({ instance: 'lake', session: 'one', client: of.quietClient, storage: of.storage, account: (signal) => of.session.account(signal), knownToStorages: (signal) => of.knownToStorages(signal) });
const mine = new Set(['one']);
const wish = (paths: readonly string[], more: Partial<UploadWish> = {}): UploadWish => ({ paths, rse: RSE, scope: 'uploads', prefix: `${unique}.`, names: 'flat', lifetime: 3600, ...more });

function file(name: string, bytes: number | Buffer): string {
  const at = path.join(folder, name);
  fs.mkdirSync(path.dirname(at), { recursive: true });
  fs.writeFileSync(at, typeof bytes === 'number' ? randomBytes(bytes) : bytes);
  return at;
}

async function ended(of: Transfers, { id }: TransferInfo): Promise<TransferInfo> {
  for (let n = 0; n < 600; n++) {
    const now = of.list(mine).find((one) => one.id === id)!;
    if (now.state !== 'running') return now;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  throw new Error(`the transfer has not ended: ${JSON.stringify(of.list(mine))} ${JSON.stringify(of.files(mine, id, { limit: 10 }))}`);
}

const problems = (of: Transfers, { id }: TransferInfo) => of.files(mine, id, { states: ['failed'], limit: 5 }).map(({ error }) => error?.what);

/** What catalogue and storage have of it, by other ways than ours. */
async function found(name: string): Promise<{ readonly adler32: string; readonly bytes: number; readonly state: string; readonly file: Buffer; readonly rules: number }> {
  const asAlice = await token(info, 'alice');
  const replicas = await rest(info, asAlice, 'POST', '/replicas/list', { dids: [{ scope: 'uploads', name }], all_states: true });
  const [row] = rows<{ adler32: string; bytes: number; states: Record<string, string>; rses: Record<string, string[]> }>(replicas);
  assert.ok(row, `${name} is not in the catalogue`);
  const pfn = row.rses[RSE]?.[0] ?? assert.fail('no PFN');
  const at = path.join(info.rses[RSE].folder, decodeURIComponent(new URL(pfn.replace(/^davs/, 'https')).pathname.replace(/^\/rucio\//, '')));
  const rules = await rest(info, asAlice, 'GET', `/dids/uploads/${encodeURIComponent(name)}/rules`);
  return { adler32: row.adler32, bytes: row.bytes, state: row.states[RSE]!, file: fs.readFileSync(at), rules: rows(rules).length };
}
const leftovers = (): string[] => fs.readdirSync(info.rses[RSE].folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes(unique) && name.endsWith('.part'));

test('files with a rule each: at the storage, verified, in the catalogue, once', async () => {
  const small = file('small.bin', 12_345);
  const empty = file('empty.bin', 0);
  const info1 = await ended(engine, await engine.upload(withAll(lake), wish([small, empty])));
  assert.deepEqual([info1.state, info1.files.done, info1.files.failed], ['done', 2, 0], JSON.stringify(problems(engine, info1)));
  for (const at of [small, empty]) {
    const there = await found(`${unique}.${path.basename(at)}`);
    assert.deepEqual([there.bytes, there.adler32, there.state, there.rules], [fs.statSync(at).size, adler32(fs.readFileSync(at)), 'AVAILABLE', 1]);
    assert.ok(there.file.equals(fs.readFileSync(at)));
  }
  assert.deepEqual(leftovers(), []);
});

test('a folder into a dataset that is made; the same again sends nothing; another file of the same name is refused, and nothing touched', async () => {
  for (let n = 0; n < 30; n++) file(`run/part${n}/f.bin`, 1000 + n);
  const dataset = { scope: 'uploads', name: `${unique}.ds` };
  const asked = wish([path.join(folder, 'run')], { names: 'folders', dataset });
  const plan = await engine.planUpload(withAll(lake), asked);
  assert.deepEqual([plan.warnings, plan.stranger], [[], false]);
  assert.deepEqual([plan.total, plan.problems], [30, []]);
  assert.equal(plan.files[0]!.did.name, `${unique}.run_part0_f.bin`);
  const first = await ended(engine, await engine.upload(withAll(lake), asked));
  assert.deepEqual([first.state, first.files.done], ['done', 30], JSON.stringify(problems(engine, first)));
  const content = rows<{ name: string }>(await rest(info, await token(info, 'alice'), 'GET', `/dids/uploads/${dataset.name}/dids`));
  assert.equal(content.length, 30);
  const rules = rows<{ rse_expression: string }>(await rest(info, await token(info, 'alice'), 'GET', `/dids/uploads/${dataset.name}/rules`));
  assert.deepEqual(rules.map((rule) => rule.rse_expression), [RSE]);

  const again = await ended(engine, await engine.upload(withAll(lake), asked));
  assert.deepEqual([again.state, again.files.done], ['done', 30]);
  assert.ok(engine.files(mine, again.id, { limit: 100 }).every(({ note }) => note === 'was there already'));

  file('run/part0/f.bin', 1000);
  const before = (await found(`${unique}.run_part0_f.bin`)).file;
  await assert.rejects(engine.upload(withAll(lake), asked), /part0_f\.bin means another file in the lake already/);
  assert.ok((await found(`${unique}.run_part0_f.bin`)).file.equals(before));
});

test('fetched: whole, by the catalogue’s checksum; here already; another file in its place is not touched', async () => {
  const data = randomBytes(300_000);
  const up = await ended(engine, await engine.upload(withAll(lake), wish([file('fetch.bin', data)])));
  assert.equal(up.state, 'done', JSON.stringify(up));
  const target = path.join(folder, 'down');
  const asked = { dids: [{ scope: 'uploads', name: `${unique}.fetch.bin` }], folder: target };
  const down = await ended(engine, await engine.download(withAll(lake), asked));
  assert.deepEqual([down.state, down.files.done], ['done', 1], JSON.stringify(problems(engine, down)));
  const at = path.join(target, 'uploads', `${unique}.fetch.bin`);
  assert.ok(fs.readFileSync(at).equals(data));
  const again = await ended(engine, await engine.download(withAll(lake), asked));
  assert.deepEqual([again.state, again.files.skipped], ['done', 1]);
  fs.writeFileSync(at, 'mine');
  const refused = await ended(engine, await engine.download(withAll(lake), asked));
  assert.equal(refused.files.failed, 1);
  assert.equal(fs.readFileSync(at, 'utf8'), 'mine');
  // What is cut in the middle has a name of its own meanwhile (faults: D2, D3); a file of the person's that is called so stays.
  fs.writeFileSync(`${at}.part`, 'mine too');
  fs.rmSync(at);
  assert.equal((await ended(engine, await engine.download(withAll(lake), asked))).files.done, 1);
  assert.equal(createHash('md5').update(fs.readFileSync(at)).digest('hex'), createHash('md5').update(data).digest('hex'));
  assert.deepEqual(fs.readdirSync(path.dirname(at)).filter((name) => name.endsWith('.part')).map((name) => fs.readFileSync(path.join(path.dirname(at), name), 'utf8')), ['mine too']);
});

test('with a token of the provider', async () => {
  const { lake: other } = openLake(info, null);
  const jwt = (await secure(info, `${info.idp.token}?sub=alice&scope=${encodeURIComponent('openid profile storage.read:/ storage.modify:/')}&aud=rucio`)).text.trim();
  await other.session.signIn({ method: 'token', token: jwt });
  const up = await ended(engine, await engine.upload({ ...withAll(other), session: 'one' }, wish([file('jwt.bin', 5000)])));
  assert.deepEqual([up.state, up.files.done], ['done', 1], JSON.stringify([up, problems(engine, up)]));
  other.close();
});

test('who is not let in at the storage, or not to write there, is told so before anything is registered', async () => {
  const { lake: by } = openLake(info, 'alice'); // by password: no storage knows her
  assert.match((await engine.planUpload(withAll(by), wish([file('nobody.bin', 10)]))).warnings.join(' '), /storages do not know .*certificate or an OpenID token/);
  const stopped = await ended(engine, await engine.upload(withAll(by), wish([file('nobody.bin', 10)])));
  assert.equal(stopped.state, 'stopped');
  assert.match(stopped.error!.what, /storage/);
  await engine.act(mine, stopped.id, 'cancel');
  const [scope = '', name = ''] = info.seed.dids['two-sites'].split(':');
  const down = await ended(engine, await engine.download(withAll(by), { dids: [{ scope, name }], folder: path.join(folder, 'nobody') }));
  assert.equal(down.state, 'stopped');
  assert.match(down.error!.what, /^The storage [^.]+\.test:\d+ does not let you do this \([^)]+\)\. That was [\w-]+\. All others were tried, too: [\w-]+ .*failed \(/);
  assert.match(down.error!.next, /an OpenID token that allows it/);
  await engine.act(mine, down.id, 'cancel');
  const plan = await engine.planUpload(withAll(lake), wish([file('tape.bin', 10)], { rse: 'XRD2_TAPE' }));
  assert.match(plan.problems.join(' '), /tape/);
  by.close();
});
