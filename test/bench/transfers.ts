// Uploads and downloads through a window's client and the lake service, against curl alone on the same storage: curl sends or
// fetches, ours also verifies, registers and makes a rule.
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sumsOf } from '../../src/lake/transfers/send.ts';
import * as protocol from '../../src/protocol.ts';
import type { TransferInfo } from '../../src/protocol.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { instanceOf } from '../support/instance.ts';
import { type TestClient, testService } from '../support/service.ts';
import { type Benchmark, inTurns, seconds } from './benchmark.ts';
import { atEnd, built, lake } from './surroundings.ts';

const GB = 1_000_000_000;
const RSE = 'XRD1_SCRATCHDISK';
const SMALL = 1000;

let names = 0;
const prefixOf = (): string => `bench${process.pid}.${++names}.`;

export const putLarge: Benchmark = {
  name: 'put-large', what: '1 GB uploaded, verified at the far end, registered, with a rule', against: 'curl -T alone', aim: 1, unit: 's',
  run: async () => {
    const { where, client, folder, file } = await scene();
    return inTurns(3, () => seconds(() => upload(client, where, [file])), async () => {
      const url = `${where.rses[RSE].davs.replace(/^davs/, 'https')}bench/${prefixOf()}curl`;
      const took = await seconds(() => curl(where, ['-T', file, url]));
      clean(where, folder);
      return took;
    });
  },
};

export const getLarge: Benchmark = {
  name: 'get-large', what: '1 GB fetched to a file, verified', against: 'curl', aim: 1.25, unit: 's',
  run: async () => {
    const { where, client, folder, file } = await scene();
    const prefix = await upload(client, where, [file], true);
    const name = `${prefix}${path.basename(file)}`;
    const reply = JSON.parse((await curlText(where, [`${where.rucio.https}/rses/${RSE}/lfns2pfns?lfn=user.alice:${name}&scheme=davs&operation=read`]))) as Record<string, string>;
    const url = Object.values(reply)[0]!.replace(/^davs/, 'https');
    return inTurns(3, async () => {
      const to = fs.mkdtempSync(path.join(folder, 'get-'));
      const took = await seconds(() => download(client, name, to));
      fs.rmSync(to, { recursive: true });
      return took;
    }, async () => {
      const to = path.join(folder, 'curl.bin');
      const took = await seconds(() => curl(where, ['-o', to, url]));
      fs.rmSync(to);
      return took;
    });
  },
};

export const putSmall: Benchmark = {
  name: 'put-small', what: `${SMALL} files of 10 kB into a dataset, verified, registered`, against: 'curl -T of all of them, on one connection, alone', aim: 6, unit: 's',
  run: async () => {
    const { where, client, folder } = await scene();
    const small = smallFiles(folder);
    return inTurns(2, () => seconds(() => upload(client, where, small)), async () => {
      const base = `${where.rses[RSE].davs.replace(/^davs/, 'https')}bench/${prefixOf()}`;
      const config = path.join(folder, 'curl.txt');
      const { cert, key } = where.accounts.alice.x509!;
      // `next` forgets all options: each file says them again, on the same connection.
      const each = `cacert = "${where.ca.file}"\ncert = "${cert}"\nkey = "${key}"\nsilent\nshow-error\nfail`;
      fs.writeFileSync(config, small.map((file) => `upload-file = "${file}"\nurl = "${base}${path.basename(file)}"\n${each}`).join('\nnext\n'));
      const took = await seconds(() => toItsEnd('curl', ['--config', config]));
      clean(where, folder);
      return took;
    });
  },
};

export const checksum: Benchmark = {
  name: 'checksum', what: 'adler32 and md5 over 1 GB in the page cache', against: 'md5sum', aim: 1.11, unit: 's',
  run: async () => {
    const { file } = await scene();
    return inTurns(3, () => seconds(async () => {
      await sumsOf({ path: file, bytes: GB, mtime: Math.round(fs.statSync(file).mtimeMs) });
    }), () => seconds(() => toItsEnd('md5sum', [file])));
  },
};

let made: Promise<{ where: LakeInfo; client: TestClient; folder: string; file: string }> | undefined;

/** alice with a certificate, and a file of a gigabyte in the page cache. */
function scene(): NonNullable<typeof made> {
  return made ??= (async () => {
    await built();
    const where = await lake();
    const service = testService();
    atEnd(() => service.stop());
    const client = service.client({ instances: [instanceOf(where)] });
    const { cert: certificate, key } = where.accounts.alice.x509!;
    await client.request(protocol.signIn, { instance: 'lake', credentials: { method: 'x509', certificate, key } });
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-transfers-'));
    atEnd(async () => fs.rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'large.bin');
    const piece = randomBytes(10_000_000);
    const out = fs.openSync(file, 'w');
    for (let n = 0; n < GB / piece.length; n++) {
      piece.writeUInt32LE(n);
      fs.writeSync(out, piece);
    }
    fs.closeSync(out);
    return { where, client, folder, file };
  })();
}

function smallFiles(folder: string): string[] {
  const at = path.join(folder, 'small');
  if (!fs.existsSync(at)) {
    fs.mkdirSync(at);
    for (let n = 0; n < SMALL; n++) fs.writeFileSync(path.join(at, `s${n}.bin`), randomBytes(10_000));
  }
  return fs.readdirSync(at).map((name) => path.join(at, name));
}

/** Under names of its own; what it made on the disk is taken away again, unless it is to stay. Gives the prefix. */
async function upload(client: TestClient, where: LakeInfo, paths: readonly string[], stays = false): Promise<string> {
  const prefix = prefixOf();
  const wish = { paths, rse: RSE, scope: 'user.alice', prefix, names: 'flat' as const, lifetime: 3600, ...(paths.length > 1 && { dataset: { scope: 'user.alice', name: `${prefix}ds` } }) };
  await ended(client, await client.request(protocol.upload, { instance: 'lake', wish }));
  if (!stays) clean(where, '', prefix);
  return prefix;
}

async function download(client: TestClient, name: string, folder: string): Promise<void> {
  await ended(client, await client.request(protocol.download, { instance: 'lake', wish: { dids: [{ scope: 'user.alice', name }], folder } }));
}

async function ended(client: TestClient, { id }: TransferInfo): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const check = (now: TransferInfo | null | undefined): void => {
      if (!now || now.state === 'running') return;
      heard.dispose();
      if (now.state === 'done' && now.files.failed === 0) resolve();
      else reject(new Error(`The transfer ended as ${now.state}, ${now.files.failed} failed: ${now.error?.what ?? ''}`));
    };
    const heard = client.on(protocol.transferChanged, ({ id: other, transfer }) => { if (other === id) check(transfer); });
    client.request(protocol.listTransfers, {}).then((all) => check(all.find((one) => one.id === id)), reject);
  });
}

/** Off the storage's disk: a benchmark must not fill it. */
function clean(where: LakeInfo, _folder: string, prefix = 'bench'): void {
  const root = where.rses[RSE].folder;
  for (const name of fs.readdirSync(root, { recursive: true, encoding: 'utf8' })) if (path.basename(name).startsWith(prefix) && fs.statSync(path.join(root, name)).isFile()) fs.rmSync(path.join(root, name));
}

const secretsOf = (where: LakeInfo): string[] => {
  const { cert, key } = where.accounts.alice.x509!;
  return ['--silent', '--show-error', '--fail', '--cacert', where.ca.file, '--cert', cert, '--key', key];
};
const curl = (where: LakeInfo, args: readonly string[]): Promise<void> => toItsEnd('curl', [...secretsOf(where), ...args]);

/** A call to Rucio as alice. */
async function curlText(where: LakeInfo, args: readonly string[]): Promise<string> {
  const { username, password } = where.accounts.alice.userpass;
  const reply = await fetch(`${where.rucio.http}/auth/userpass`, { headers: { 'X-Rucio-Account': 'alice', 'X-Rucio-Username': username, 'X-Rucio-Password': password } });
  const header = path.join(os.tmpdir(), `bench-${createHash('sha256').update(String(process.pid)).digest('hex').slice(0, 8)}`);
  fs.writeFileSync(header, `header = "X-Rucio-Auth-Token: ${reply.headers.get('X-Rucio-Auth-Token') ?? ''}"\n`, { mode: 0o600 });
  try {
    return execFileSync('curl', ['--silent', '--show-error', '--fail', '--globoff', '--cacert', where.ca.file, '--config', header, ...args], { encoding: 'utf8' });
  } finally {
    fs.rmSync(header);
  }
}

function toItsEnd(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (d: Buffer) => { complaint += d.toString(); });
    child.on('error', reject);
    child.on('close', (code) => code === 0 ? resolve() : reject(new Error(`${program} failed (${code}): ${complaint.trim().slice(-500)}`)));
  });
}
