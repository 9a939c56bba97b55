// What the benchmarks of transfers have in common: alice with a certificate at a window's client of a lake service, files of her own, and
// curl as her.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as protocol from '../../src/protocol.ts';
import type { TransferInfo } from '../../src/protocol.ts';
import { rest, token } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { instanceOf } from '../support/instance.ts';
import { type TestClient, testService, type TestService } from '../support/service.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { seconds } from './benchmark.ts';
import { atEnd, built } from './surroundings.ts';

export const GB = 1_000_000_000;
export const RSE = 'XRD1_SCRATCHDISK';

/** Quota, bytes: rules of a whole run, which end an hour later. */
const ROOM = 1000 * GB;

let names = 0;
/** Before the names of one round's files. */
export const prefixOf = (): string => `bench${process.pid}.${++names}.`;

export interface Scene { readonly where: LakeInfo; readonly service: TestService; readonly client: TestClient }

let made: Promise<Scene> | undefined;

/** alice with a certificate. */
export function scene(): Promise<Scene> {
  return made ??= (async () => {
    await built();
    const where = await sharedLake();
    const service = testService();
    atEnd(() => service.stop());
    return { where, service, client: await signedIn(service, where) };
  })();
}

/** alice at a window's client, with room for what benchmarks move. */
export async function signedIn(service: TestService, where: LakeInfo): Promise<TestClient> {
  const { status, text } = await rest(where, await token(where, 'root'), 'POST', `/accountlimits/local/alice/${RSE}`, { bytes: ROOM });
  if (status !== 201) throw new Error(`The quota was not set: ${status} ${text}`);
  const client = service.client({ instances: [instanceOf(where)] });
  const { cert: certificate, key } = where.accounts.alice.x509!;
  await client.request(protocol.signIn, { instance: 'lake', credentials: { method: 'x509', certificate, key } });
  return client;
}

let place: string | undefined;

/** A folder of this run's, gone at its end. */
export function folder(): string {
  if (place === undefined) {
    const at = place = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-transfers-'));
    atEnd(async () => fs.rmSync(at, { recursive: true, force: true }));
  }
  return place;
}

/** A gigabyte, in the page cache; made when it is not there. */
export function largeFile(): string {
  const file = path.join(folder(), 'large.bin');
  if (fs.statSync(file, { throwIfNoEntry: false })?.size === GB) return file;
  const piece = randomBytes(10_000_000);
  const out = fs.openSync(file, 'w');
  for (let n = 0; n < GB / piece.length; n++) {
    piece.writeUInt32LE(n);
    fs.writeSync(out, piece);
  }
  fs.closeSync(out);
  return file;
}

/** So many files of so many bytes, no two alike. */
export function manyFiles(count: number, bytes: number): string[] {
  const at = path.join(folder(), `many-${count}-${bytes}`);
  if (!fs.existsSync(at)) {
    fs.mkdirSync(at);
    const content = randomBytes(bytes);
    for (let n = 0; n < count; n++) {
      content.writeUInt32LE(n);
      fs.writeFileSync(path.join(at, `s${n}.bin`), content);
    }
  }
  return fs.readdirSync(at).map((name) => path.join(at, name));
}

/** Under names of its own, several in a dataset. Gives the prefix. */
export async function upload({ client }: Pick<Scene, 'client'>, paths: readonly string[]): Promise<string> {
  const prefix = prefixOf();
  const wish = { paths, rse: RSE, scope: 'user.alice', prefix, names: 'flat' as const, lifetime: 3600, ...(paths.length > 1 && { dataset: { scope: 'user.alice', name: `${prefix}ds` } }) };
  await ended(client, await client.request(protocol.upload, { instance: 'lake', wish }));
  return prefix;
}

/** Seconds of an {@link upload}. What it made on the disk is taken away again, which does not count: it does not for others. */
export async function uploadSeconds(s: Pick<Scene, 'client' | 'where'>, paths: readonly string[]): Promise<number> {
  let prefix = '';
  const took = await seconds(async () => { prefix = await upload(s, paths); });
  clean(s.where, prefix);
  return took;
}

export async function download({ client }: Pick<Scene, 'client'>, name: string, to: string): Promise<void> {
  await ended(client, await client.request(protocol.download, { instance: 'lake', wish: { dids: [{ scope: 'user.alice', name }], folder: to } }));
}

export async function ended(client: TestClient, { id }: TransferInfo): Promise<void> {
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

/** Off the storage's disk: a benchmark must not fill it. What vanishes meanwhile (a temporary name) is as good as taken away. */
export function clean(where: LakeInfo, prefix = 'bench'): void {
  const root = where.rses[RSE].folder;
  for (const name of fs.readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (path.basename(name).startsWith(prefix) && fs.statSync(path.join(root, name), { throwIfNoEntry: false })?.isFile()) fs.rmSync(path.join(root, name), { force: true });
  }
}

/** Where a name of a dataset or a file can be reached at the storage, as https. */
export async function addressOf(where: LakeInfo, name: string, scheme = 'davs'): Promise<string> {
  const reply = JSON.parse((await curlText(where, [`${where.rucio.https}/rses/${RSE}/lfns2pfns?lfn=user.alice:${name}&scheme=${scheme}&operation=read`]))) as Record<string, string>;
  return Object.values(reply)[0]!.replace(/^davs/, 'https');
}

const secretsOf = (where: LakeInfo): string[] => {
  const { cert, key } = where.accounts.alice.x509!;
  return ['--silent', '--show-error', '--fail', '--cacert', where.ca.file, '--cert', cert, '--key', key];
};
export const curl = (where: LakeInfo, args: readonly string[]): Promise<void> => toItsEnd('curl', [...secretsOf(where), ...args]);

/** A call to Rucio as alice. */
async function curlText(where: LakeInfo, args: readonly string[]): Promise<string> {
  const { username, password } = where.accounts.alice.userpass;
  const reply = await fetch(`${where.rucio.http}/auth/userpass`, { headers: { 'X-Rucio-Account': 'alice', 'X-Rucio-Username': username, 'X-Rucio-Password': password } });
  const header = path.join(folder(), 'header');
  fs.writeFileSync(header, `header = "X-Rucio-Auth-Token: ${reply.headers.get('X-Rucio-Auth-Token') ?? ''}"\n`, { mode: 0o600 });
  try {
    return execFileSync('curl', ['--silent', '--show-error', '--fail', '--globoff', '--cacert', where.ca.file, '--config', header, ...args], { encoding: 'utf8' });
  } finally {
    fs.rmSync(header);
  }
}

export function toItsEnd(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (d: Buffer) => { complaint += d.toString(); });
    child.on('error', reject);
    child.on('close', (code) => code === 0 ? resolve() : reject(new Error(`${program} failed (${code}): ${complaint.trim().slice(-500)}`)));
  });
}
