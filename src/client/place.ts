// Where the lake service lives on this machine: its state folder, its socket, its key. Folders are ours alone or refused.
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ServiceFailure } from './client.ts';

export interface Place {
  /** 0700; holds the key, the address of the running service, its log and the copied program. */
  readonly state: string;
  /** Unix socket or Windows pipe on which a service started by us would listen. */
  readonly socket: string;
}

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly hostname: string;
  readonly tmp: string;
  /** Undefined on Windows. */
  readonly uid: number | undefined;
}

/** `sun_path` holds 108 bytes with its final zero on Linux, 104 on macOS. */
const LONGEST_SOCKET = 103;

/**
 * Pure: names only. A home may be shared by several machines, so the state is kept by host; a socket can't be shared, so it
 * lies in the runtime folder, or in a short one of the user's under the temporary folder where that is missing or too long.
 */
export function choosePlace(where: Surroundings): Place {
  const p = where.platform === 'win32' ? path.win32 : path.posix;
  const base = where.platform === 'win32'
    ? where.env['LOCALAPPDATA'] || p.join(where.home, 'AppData', 'Local')
    : where.env['XDG_STATE_HOME'] || p.join(where.home, '.local', 'state');
  const host = where.hostname.replace(/[^A-Za-z0-9.-]/g, '_') || 'host';
  const state = p.join(base, 'rucio-datalake', host);
  const name = createHash('sha256').update(state).digest('hex').slice(0, 12);
  if (where.platform === 'win32') return { state, socket: `\\\\.\\pipe\\rucio-datalake-${name}` };
  const folders = [where.env['XDG_RUNTIME_DIR'], p.join(where.tmp, `rucio-${where.uid}`), `/tmp/rucio-${where.uid}`];
  for (const folder of folders) {
    if (!folder || !p.isAbsolute(folder)) continue;
    const socket = p.join(folder === where.env['XDG_RUNTIME_DIR'] ? p.join(folder, 'rucio-datalake') : folder, `${name}.sock`);
    if (Buffer.byteLength(socket) <= LONGEST_SOCKET) return { state, socket };
  }
  return { state, socket: `/tmp/rucio-${where.uid}/${name}.sock` };
}

export function thisPlace(): Place {
  const { XDG_RUNTIME_DIR: runtime, ...env } = process.env;
  // Set and not there (a container without a login), or left over from another user: as good as not set.
  return choosePlace({ platform: process.platform, env: runtime !== undefined && isOurs(runtime) ? process.env : env, home: os.homedir(), hostname: os.hostname(), tmp: os.tmpdir(), uid: process.getuid?.() });
}

/**
 * Makes a folder that only this user can enter, or checks that it is one.
 * @throws ServiceFailure when it belongs to someone else or is a link: then somebody may be waiting for us there.
 */
export function privateFolder(folder: string): void {
  const refuse = (why: string) => {
    throw new ServiceFailure({ kind: 'service', what: `The lake service can't use the folder ${folder}: ${why}.`, next: 'Remove it, or set XDG_STATE_HOME / XDG_RUNTIME_DIR to a folder of your own, and reload the window.', actions: ['showLog'] });
  };
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    refuse((error as Error).message);
  }
  const stat = fs.lstatSync(folder);
  if (stat.isSymbolicLink() || !stat.isDirectory()) refuse('it is a link or a file, not a folder');
  if (process.getuid === undefined) return;
  if (stat.uid !== process.getuid()) refuse('it belongs to another user');
  if ((stat.mode & 0o077) !== 0) fs.chmodSync(folder, 0o700);
}

/** A folder of this user's, no link, which nobody else may enter. On Windows folders say nothing of that kind. */
export function isOurs(folder: string): boolean {
  try {
    const stat = fs.lstatSync(folder);
    return stat.isDirectory() && (process.getuid === undefined || (stat.uid === process.getuid() && (stat.mode & 0o077) === 0));
  } catch {
    return false; // not there
  }
}

/** The key that proves to the service that we are the same user; made on the first call. 64 hex digits. */
export function readKey(state: string): string {
  const file = path.join(state, 'key');
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  // Written whole under another name first: two windows that start together must end with one key.
  const fresh = path.join(state, `key.${randomBytes(6).toString('hex')}`);
  fs.writeFileSync(fresh, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  try {
    fs.linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    fs.unlinkSync(fresh);
  }
  return fs.readFileSync(file, 'utf8');
}
