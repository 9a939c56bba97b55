// What lies in a folder, looked at without ever following a link: each folder is opened by itself, below the one that it was found in, so that
// nothing put in its place meanwhile leads elsewhere (openat(2), by way of /proc/self/fd).
import { constants, type BigIntStats } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { RucioError } from '../../rucio/errors.ts';

export interface Found {
  /** Below the root; a folder stands after what is in it. */
  readonly parts: readonly string[];
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly bytes: number;
  /** ms since 1970: the latest of when it was written, made, moved or put there. An unpacked file is as new as its unpacking. */
  readonly changed: number;
  readonly identity: string;
  readonly links: number;
  /** Of a folder: how many things are in it. */
  readonly holds?: number;
  /** Why it was not looked into, or can't be named. */
  readonly trouble?: string;
}

const ROOT_ONLY = process.platform === 'linux';
const FOLDER = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** @throws RucioError mount when the root can't be opened, badInput when there is more than `most`. */
export async function walk(root: string, { most, mounts }: { readonly most: number; readonly mounts: ReadonlySet<string> }, signal?: AbortSignal): Promise<readonly Found[]> {
  const found: Found[] = [];
  let device: bigint | undefined;

  async function into(folder: OpenFolder, parts: readonly string[]): Promise<number> {
    const names = await fs.readdir(folder.path, { encoding: 'buffer' });
    for (const raw of names.sort(Buffer.compare)) {
      if (signal?.aborted) throw new RucioError('cancelled', 'Cancelled.');
      const name = raw.toString('utf8');
      const own = [...parts, name];
      if (found.length >= most) throw new RucioError('badInput', `There is too much in ${root}: more than ${most} files and folders. Name a folder in it.`, { exceptionClass: 'NothingSwept' });
      if (!Buffer.from(name, 'utf8').equals(raw)) {
        found.push({ parts: own, kind: 'other', bytes: 0, changed: Date.now(), identity: '', links: 1, trouble: 'its name is no text (not UTF-8)' });
        continue;
      }
      const at = await fs.lstat(path.join(folder.path, name), { bigint: true }).catch(() => undefined);
      if (!at) continue; // gone meanwhile
      const about = { parts: own, kind: kindOf(at), bytes: Number(at.size), changed: changedOf(at), identity: identityOf(at), links: Number(at.nlink) };
      if (about.kind !== 'folder') {
        found.push(about);
        continue;
      }
      if (at.dev !== device || mounts.has(path.join(root, ...own))) {
        found.push({ ...about, trouble: 'another file system is mounted there' });
        continue;
      }
      let inner: OpenFolder | undefined;
      try {
        inner = await openFolder(path.join(folder.path, name));
        const holds = await into(inner, own);
        found.push({ ...about, holds });
      } catch (error) {
        if (error instanceof RucioError) throw error;
        found.push({ ...about, trouble: `it can't be opened (${(error as NodeJS.ErrnoException).code})` });
      } finally {
        await inner?.close();
      }
    }
    return names.length;
  }
  const top = await openFolder(root).catch((error: NodeJS.ErrnoException) => { throw new RucioError('mount', `${root} can't be opened (${error.code}).`, { subject: root, exceptionClass: 'NothingSwept' }); });
  try {
    device = (await fs.stat(top.path, { bigint: true })).dev;
    await into(top, []);
  } finally {
    await top.close();
  }
  return found;
}

export interface OpenFolder {
  /** What is in it is reached below here, wherever it is moved to. */
  readonly path: string;
  close(): Promise<void>;
}

/** Not by its last link. Elsewhere than on Linux its path stands for it. */
export async function openFolder(folder: string): Promise<OpenFolder> {
  const handle = await fs.open(folder, FOLDER);
  return ROOT_ONLY ? { path: `/proc/self/fd/${handle.fd}`, close: () => handle.close() } : { path: folder, close: () => handle.close() };
}

/** The folder of these parts below the root, opened step by step. */
export async function openBelow(root: string, parts: readonly string[]): Promise<OpenFolder> {
  let folder = await openFolder(root);
  for (const part of parts) {
    const outer = folder;
    try {
      folder = await openFolder(path.join(outer.path, part));
    } finally {
      await outer.close();
    }
  }
  return folder;
}

export const identityOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;
export const changedOf = ({ mtimeMs, ctimeMs, birthtimeMs }: BigIntStats): number => Number([mtimeMs, ctimeMs, birthtimeMs].reduce((a, b) => (a > b ? a : b)));
export const kindOf = (at: BigIntStats): Found['kind'] => (at.isFile() ? 'file' : at.isDirectory() ? 'folder' : at.isSymbolicLink() ? 'link' : 'other');

/** Mount points of this machine; empty where the system does not tell (then the device tells most of them). */
export async function mountPoints(): Promise<ReadonlySet<string>> {
  const text = await fs.readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return new Set(text.split('\n').flatMap((line) => line.split(' ')[4] ?? []).map((point) => point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))));
}

/** Files that programs of this machine have open, and folders that they work in, as far as we may see; by {@link Found.identity}. */
export async function inUse(): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  const note = async (link: string): Promise<void> => {
    const at = await fs.stat(link, { bigint: true }).catch(() => undefined);
    if (at) used.add(identityOf(at));
  };
  for (const pid of (await fs.readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    const open = await fs.readdir(`/proc/${pid}/fd`).catch(() => []);
    await Promise.all([note(`/proc/${pid}/cwd`), ...open.map((fd) => note(`/proc/${pid}/fd/${fd}`))]);
  }
  return used;
}
