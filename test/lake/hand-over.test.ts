// Two versions of the extension on one machine, in the middle of an upload: the newer one's service takes over from the older one's, and
// back again when nobody is left who needs the newer; nothing is lost or sent into nowhere, and who is too old is told what to do.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as esbuild from 'esbuild';
import { ServiceFailure } from '../../src/client/client.ts';
import * as protocol from '../../src/protocol.ts';
import type { TransferInfo } from '../../src/protocol.ts';
import { root } from '../support/install.ts';
import { instanceOf } from '../support/instance.ts';
import { addScope, rest, rows, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { type TestClient, testService } from '../support/service.ts';

const info = await sharedLake();
await addScope(info, 'alice', 'uploads');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hand-over-'));
const service = testService({ linger: 60 });
after(async () => {
  await service.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

const program = (version: string): string => path.join(folder, `service-${version}.cjs`);

before(async () => {
  for (const version of ['1.9.0', '1.10.0']) {
    await build('src/service/main.ts', program(version), { RUCIO_DATALAKE_VERSION: JSON.stringify(version) });
  }
  await build('src/service/whole.ts', path.join(folder, 'later-service.cjs'));
});

async function build(entry: string, outfile: string, define: Record<string, string> = {}): Promise<void> {
  await esbuild.build({ absWorkingDir: root, entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'cjs', target: 'node22', logLevel: 'error', define });
}

const secrets = new Map<string, string>();
function window(version: string): TestClient {
  const client = service.client({ instances: [instanceOf(info)], version, program: program(version), label: `window of ${version}` });
  for (const [key, value] of secrets) client.secrets.set(key, value);
  return client;
}

const prefix = `h${Date.now().toString(36)}.`;
const FILES = 40;
const paths = Array.from({ length: FILES }, (_, n) => {
  const file = path.join(folder, `f${n}`);
  fs.writeFileSync(file, randomBytes(n % 4 === 0 ? 6_000_000 : 300_000));
  return file;
});

const one = async (client: TestClient, id: string): Promise<TransferInfo> => (await client.request(protocol.listTransfers, {})).find((transfer) => transfer.id === id) ?? assert.fail('the transfer is gone');

async function until(client: TestClient, id: string, fits: (transfer: TransferInfo) => boolean): Promise<TransferInfo> {
  for (let n = 0; n < 3000; n++) {
    const now = await one(client, id);
    if (fits(now)) return now;
    assert.ok(now.state === 'running', JSON.stringify(now));
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  return assert.fail('it does not come so far');
}

test('a newer version takes over in the middle of an upload, and an older one when the newer is gone', async () => {
  const old = window('1.9.0');
  const { cert: certificate, key } = info.accounts.alice.x509!;
  await old.request(protocol.signIn, { instance: 'lake', credentials: { method: 'x509', certificate, key } });
  for (const [name, value] of old.secrets) secrets.set(name, value);
  const { id } = await old.request(protocol.upload, { instance: 'lake', wish: { paths, rse: 'XRD1_SCRATCHDISK', scope: 'uploads', prefix, names: 'flat', lifetime: 3600, dataset: { scope: 'uploads', name: `${prefix}ds` } } });
  await until(old, id, ({ bytes }) => bytes.done > 0);
  const first = (await old.request(protocol.status, {})).pid;

  const fresh = window('1.10.0');
  const welcome = await fresh.welcome();
  assert.equal(welcome.version, '1.10.0');
  assert.notEqual(welcome.pid, first);
  assert.throws(() => process.kill(first, 0), 'the older service has ended');
  const taken = await one(fresh, id);
  assert.ok(taken.state === 'running' || taken.state === 'done' || taken.state === 'waiting', JSON.stringify(taken));

  // The older window is told, whatever it asks, and starts nothing of its own.
  await assert.rejects(old.request(protocol.status, {}), (error) => error instanceof ServiceFailure && /newer version of this extension \(1\.10\.0; here 1\.9\.0\)/.test(error.failure.what) && error.failure.actions.includes('reload'));
  assert.equal(service.pid(), welcome.pid);

  await until(fresh, id, ({ bytes, files }) => bytes.done > 0 || files.done > 0);
  fresh.dispose();

  // Nobody of the newer version is left: it makes room, with what it has under way.
  let back: protocol.Welcome | undefined;
  for (let n = 0; !back && n < 100; n++) {
    back = await old.welcome().catch((error: unknown) => {
      assert.ok(error instanceof ServiceFailure && error.failure.actions.includes('reload'), String(error)); // until it has heard that the other left
      return undefined;
    });
  }
  assert.equal(back?.version, '1.9.0');
  assert.notEqual(back.pid, welcome.pid);
  const { files } = await until(old, id, ({ state }) => state === 'done');
  assert.deepEqual(files, { total: FILES, done: FILES, failed: 0, skipped: 0, cancelled: 0, running: 0 });

  const content = rows<{ name: string; bytes: number }>(await rest(info, await token(info, 'alice'), 'GET', `/dids/uploads/${prefix}ds/files`));
  assert.deepEqual(content.map(({ name, bytes }) => `${name} ${bytes}`).sort(), paths.map((file) => `${prefix}${path.basename(file)} ${fs.statSync(file).size}`).sort());
  const { folder: disk } = info.rses['XRD1_SCRATCHDISK'];
  const there = fs.readdirSync(disk, { recursive: true, encoding: 'utf8' }).filter((file) => path.basename(file).startsWith(prefix));
  assert.deepEqual(there.map((file) => path.basename(file)).sort(), paths.map((file) => `${prefix}${path.basename(file)}`).sort(), 'each file once, and no torso');
  for (const file of there) assert.ok(fs.readFileSync(path.join(disk, file)).equals(fs.readFileSync(path.join(folder, path.basename(file).slice(prefix.length)))));
});

test('who does not know the key can end nobody', async () => {
  const stranger = service.client({ version: '9.0.0', program: program('1.10.0') });
  fs.renameSync(path.join(service.place.state, 'key'), path.join(service.place.state, 'kept'));
  const running = service.pid();
  try {
    await assert.rejects(stranger.welcome(), ServiceFailure);
    assert.equal(service.pid(), running);
  } finally {
    fs.renameSync(path.join(service.place.state, 'kept'), path.join(service.place.state, 'key'));
  }
});
