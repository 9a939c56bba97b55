// Files of this machine that are to be uploaded: which they are, and their bytes as they were when they were taken up.
import fs from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RucioError } from '../../rucio/errors.ts';
import { isLocal } from '../disks.ts';
import { OtherBytes, Summing, SummingBehind, type Sums } from './checksums.ts';
import { piecesOf } from './pieces.ts';

export interface LocalFile {
  /** Full path. */
  readonly path: string;
  /** Its own name, after those of the folders below the one that was given: ["run1", "a.root"]. */
  readonly parts: readonly string[];
  readonly bytes: number;
  /** ms since 1970. */
  readonly mtime: number;
}

export interface Skipped { readonly path: string; readonly why: string }

/** Most files of one upload: more are several. */
export const MOST_FILES = 200_000;

/** What lies at the paths, folders opened, in the order of names, each as `of` makes it: there may be many. `linksOut`: of those skipped, the links that lead out. Nothing outside a folder is reached by a link unless `links` is follow. */
export async function localFiles<T>(paths: readonly string[], links: 'skip' | 'follow', of: (file: LocalFile) => T, signal?: AbortSignal): Promise<{ readonly files: readonly T[]; readonly skipped: readonly Skipped[]; readonly linksOut: number }> {
  const files: T[] = [];
  let linksOut = 0;
  const skipped: Skipped[] = [];
  const seen = new Set<string>();

  async function look(file: string, parts: readonly string[], root: string | undefined): Promise<void> {
    if (signal?.aborted) throw new RucioError('cancelled', 'Cancelled.');
    const skip = (why: string): void => void skipped.push({ path: file, why });
    try {
      let at = await fs.lstat(file);
      if (at.isSymbolicLink()) {
        const real = await fs.realpath(file);
        // What was named itself is meant, also when it is a link.
        if (root !== undefined && links === 'skip' && !inside(root, real)) {
          linksOut++;
          return skip(`a link that leads out of the folder, to ${real}`);
        }
        at = await fs.stat(file);
      }
      if (at.isDirectory()) {
        const real = await fs.realpath(file);
        if (seen.has(real)) return skip('a link to a folder that is in it already');
        seen.add(real);
        const names = (await fs.readdir(file)).sort();
        for (const name of names) await look(path.join(file, name), [...parts, name], root ?? real);
      } else if (at.isFile()) {
        if (files.length === MOST_FILES) throw new RucioError('badInput', `There are more than ${MOST_FILES} files: upload them in several steps.`);
        await fs.access(file, fs.constants.R_OK);
        files.push(of({ path: file, parts, bytes: at.size, mtime: Math.round(at.mtimeMs) }));
      } else skip(at.isFIFO() ? 'a pipe' : at.isSocket() ? 'a socket' : 'a device');
    } catch (error) {
      if (error instanceof RucioError) throw error;
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      skip(code === 'ENOENT' ? (root === undefined ? 'not there' : 'a link to nothing') : code === 'EACCES' ? 'you may not read it' : code === 'ELOOP' ? 'a link in a circle' : `can't be read (${code})`);
    }
  }
  for (const file of paths) await look(path.resolve(file), [path.basename(path.resolve(file))], undefined);
  return { files, skipped, linksOut };
}

function inside(root: string, real: string): boolean {
  const relative = path.relative(root, real);
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
}

/** Size and time of a file that nothing has written to for `ms`; undefined: it is gone, or written to still. */
export async function atRest(file: string, ms: number, signal?: AbortSignal): Promise<{ readonly bytes: number; readonly mtime: number } | undefined> {
  const look = () => fs.stat(file).then((at) => (at.isFile() ? { bytes: at.size, mtime: Math.round(at.mtimeMs) } : undefined), () => undefined);
  const before = await look();
  await pause(ms, undefined, { signal }).catch(() => undefined);
  const after = await look();
  return before && after && before.bytes === after.bytes && before.mtime === after.mtime ? after : undefined;
}

/** Of files that are sent from here on, the sums may come after the bytes: a second or so of a gigabyte's md5. */
const LARGE = 64 << 20;

/**
 * The bytes of a file, each time from the first one, with their sums. @throws RucioError badInput "changed while…" when there are fewer or more
 * bytes than `bytes`, or when it was written to meanwhile: before the last of them is given, so that nobody takes them for the whole.
 */
export class LocalSource {
  readonly #file: Pick<LocalFile, 'path' | 'bytes' | 'mtime'>;
  readonly #moved: (bytes: number) => void;
  readonly #pass: ((bytes: number) => Promise<void>) | undefined;
  readonly #behind: boolean;
  readonly #signal: AbortSignal | undefined;
  #sums: Promise<Sums> | undefined;

  /** `pass` resolves when so many bytes may go. `behind`: whoever takes the bytes has something to do until their sums are there, or until `signal` ends. */
  constructor(file: Pick<LocalFile, 'path' | 'bytes' | 'mtime'>, moved: (bytes: number) => void, { pass, behind = false, signal }: { readonly pass?: ((bytes: number) => Promise<void>) | undefined; readonly behind?: boolean; readonly signal?: AbortSignal } = {}) {
    this.#file = file;
    this.#moved = moved;
    this.#pass = pass;
    this.#behind = behind;
    this.#signal = signal;
  }

  /** Of what was read last, to its end. */
  get sums(): Promise<Sums> | undefined {
    return this.#sums;
  }

  /** From the first byte, each time it is called. A piece is good until the next is asked for. */
  readonly read = async function* (this: LocalSource): AsyncGenerator<Uint8Array, void, undefined> {
    const { path: file, bytes } = this.#file;
    this.#sums = undefined;
    this.#moved(0);
    const handle = await fs.open(file, 'r').catch((cause: Error) => { throw changed(file, `it can't be opened any more (${'code' in cause ? String(cause.code) : cause.message})`, cause); });
    // Read again at once, a file of this machine comes out of its memory; one of a network would come through it twice.
    const behind = this.#behind && bytes >= LARGE && isLocal(process.platform, (await fs.statfs(file).catch(() => undefined))?.type);
    const summing = behind ? new SummingBehind(handle.fd) : new Summing(bytes);
    const end = async (): Promise<void> => {
      await summing.leave();
      await handle.close();
    };
    let sums: Promise<Sums> | undefined;
    try {
      await this.#check(handle);
      let at = 0;
      for await (const piece of piecesOf(handle, 0, bytes, summing)) {
        await this.#pass?.(piece.length);
        at += piece.length;
        if (at === bytes) await this.#check(handle);
        yield piece;
        this.#moved(at);
      }
      if (at < bytes) throw changed(file, `it has ${at} bytes, and had ${bytes}`);
      sums = this.#summed(summing).finally(end);
      sums.catch(() => undefined); // heard by whoever wants them
      if (!behind) await sums;
      this.#sums = sums;
    } finally {
      if (!sums) await end();
    }
  }.bind(this);

  /** Those of what was given. */
  async #summed(summing: Summing): Promise<Sums> {
    const leave = (): void => void summing.leave();
    this.#signal?.addEventListener('abort', leave, { once: true });
    if (this.#signal?.aborted) leave();
    try {
      return await summing.sums();
    } catch (error) {
      if (this.#signal?.aborted) throw new RucioError('cancelled', 'Cancelled.');
      throw error instanceof OtherBytes ? changed(this.#file.path, 'it was written to', error) : error;
    } finally {
      this.#signal?.removeEventListener('abort', leave);
    }
  }

  async #check(handle: fs.FileHandle): Promise<void> {
    const { path: file, bytes, mtime } = this.#file;
    const now = await handle.stat();
    if (now.size !== bytes) throw changed(file, `it has ${now.size} bytes, and had ${bytes}`);
    if (Math.round(now.mtimeMs) !== mtime) throw changed(file, 'it was written to');
    const there = await fs.stat(file).catch(() => undefined);
    if (there?.ino !== now.ino) throw changed(file, there ? 'another file was put in its place' : 'it was deleted');
  }
}

function changed(file: string, how: string, cause?: unknown): RucioError {
  return new RucioError('badInput', `The file ${file} changed while it was being uploaded: ${how}. It was not entered in the catalogue.`, { subject: file, exceptionClass: 'FileChanged', ...(cause !== undefined && { cause }) });
}
