// Where a lake lives, and what it keeps over a restart.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../install.ts';
import { LakeError } from './error.ts';
import type { Ports } from './ports.ts';

/** Set by shared.ts: where the JSON of a lake is that runs already. */
export const INFO_VARIABLE = 'LAKE_INFO';

/** XRootD's admin socket is below the folder, and a socket's path has 107 bytes at most. */
const LONGEST = 75;

/** The lake's folder: the one asked for, else <project>/.lake; where that cannot be, one under the temporary folder (says so). */
export function lakeFolder(asked: string | undefined): string {
  const wanted = path.resolve(asked ?? path.join(root, '.lake'));
  const why = whyNot(wanted);
  if (why === undefined) return wanted;
  const name = `rucio-lake-${createHash('sha256').update(wanted).digest('hex').slice(0, 10)}`;
  const other = [os.tmpdir(), '/var/tmp'].map((dir) => path.join(dir, name)).find((dir) => whyNot(dir) === undefined);
  if (other === undefined) throw new LakeError(`The lake cannot be in ${wanted}: ${why}. Choose another folder with --dir.`);
  process.stderr.write(`the lake is in ${other}, not in ${wanted}: ${why}\n`);
  return other;
}

/** Why a lake cannot be in this folder. */
function whyNot(dir: string): string | undefined {
  const odd = /[^\w./+@:-]/.exec(dir)?.[0];
  if (odd !== undefined) return `there is "${odd}" in its path, which the configuration of its parts cannot hold`;
  if (dir.length > LONGEST) return `its path is longer than ${LONGEST} characters, too long for XRootD's sockets`;
  if (process.getuid?.() !== 0) return undefined;
  // PostgreSQL and XRootD refuse to run as root: they run as nobody
  for (let up = path.dirname(dir); ; up = path.dirname(up)) {
    if (fs.existsSync(up) && (fs.statSync(up).mode & 0o001) === 0) return `the user nobody (who runs PostgreSQL and XRootD) may not enter ${up}`;
    if (up === path.dirname(up)) return undefined;
  }
}

/** Makes the folder if needed; refuses one that holds something else, as `--fresh` empties it. */
export function claimFolder(dir: string): void {
  const mine = path.join(dir, 'this-is-a-rucio-lake');
  if (fs.existsSync(dir) && !fs.existsSync(mine) && fs.readdirSync(dir).length > 0) throw new LakeError(`${dir} holds something that is not a lake: choose another folder with --dir.`);
  try {
    fs.mkdirSync(dir, { recursive: true });
    fs.chmodSync(dir, 0o755);
    fs.writeFileSync(mine, '');
  } catch (error) {
    throw new LakeError(`The lake's folder ${dir} cannot be written: ${(error as Error).message}.`);
  }
}

/** Removes everything that a start made, and keeps the lock that its caller holds. */
export function emptyFolder(dir: string): void {
  for (const name of ['adm', 'etc', 'log', 'run', 'mnt', 'pki', 'pg', 'storage', 'seeded.json', 'ports.json', 'info.json']) fs.rmSync(path.join(dir, name), { recursive: true, force: true });
}

export function readJson<T>(file: string): T | undefined {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return JSON.parse(text) as T;
}

export function writeJson(file: string, value: object): void {
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(value, undefined, 1)}\n`);
  fs.renameSync(`${file}.new`, file);
}

export const files = (dir: string): { lock: string; ports: string; info: string; seeded: string } => ({
  lock: path.join(dir, 'lock'), ports: path.join(dir, 'ports.json'), info: path.join(dir, 'info.json'), seeded: path.join(dir, 'seeded.json'),
});
export const readPorts = (dir: string): Partial<Ports> => readJson<Ports>(files(dir).ports) ?? {};
