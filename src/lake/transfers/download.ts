// One download under way: for each file the nearest replica, its bytes into a `.part` of ours beside the place where it goes, the
// catalogue's checksum over the whole of it, and only then its name. A cut is continued where the storage can, never spliced.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { FileReplicas } from '../../rucio/types.ts';
import type { Storage } from '../../storage/storage.ts';
import { unsigned } from '../../storage/signed.ts';
import { SCHEMES } from '../../storage/url.ts';
import { Arriving } from './arriving.ts';
import { type Kind, Summing, type Sums } from './checksums.ts';
import type { FileRow, Journal } from './journal.ts';
import { mayHelp } from './places.ts';
import { piecesOf } from './pieces.ts';
import { Under, type Run, type RunContext } from './run.ts';
import { bytesOf, noSource, onTapeOnly, type Source, type SourceOptions, sourcesOf } from './sources.ts';
import type { DownloadWish } from './types.ts';

const WINDOW = 200;
/** Of the file system that stay free, bytes. */
const SPARE = 64 << 20;

export interface DownloadContext extends RunContext {
  readonly client: Pick<RucioClient, 'listReplicas'>;
  readonly storage: Storage;
  readonly journal: Journal;
  /** As in {@link SourceOptions}. */
  readonly caches?: readonly string[] | undefined;
}

export function downloadRun(id: string, wish: Pick<DownloadWish, 'tape'>, context: DownloadContext): Run {
  const { client, storage, journal, signal } = context;
  const sourcesWanted: SourceOptions = { tapes: wish.tape === 'fetch', ...(context.caches && { caches: context.caches }) };

  async function one(n: number, replicas: FileReplicas | undefined): Promise<void> {
    const written = journal.file(id, n)!;
    // Some lists of the server's have no checksum.
    const row = written.adler32 !== null ? written : { ...written, adler32: replicas?.adler32?.toLowerCase().padStart(8, '0') ?? null, md5: replicas?.md5?.toLowerCase() ?? null };
    const about = `${row.scope}:${row.name}`;
    const root = path.resolve((journal.transfer(id)!.wish as DownloadWish).folder);
    await inside(root, row.path);
    const sums = await sumsThere(row.path, kindsOf(row), signal);
    if (sums) {
      if (isRight(row, sums)) return end(row, 'skipped', row.adler32 === null && row.md5 === null ? 'a file of this size was here already; the catalogue has no checksum of it' : 'was here already');
      throw new RucioError('badInput', `Another file lies at ${row.path}: it was not touched, and ${about} not fetched.`, { subject: about, exceptionClass: 'FileExists' });
    }
    const sources = sourcesOf(replicas, row.name, sourcesWanted);
    if (sources.length === 0 && wish.tape === 'skip' && onTapeOnly(replicas)) return end(row, 'skipped', 'left out: it is on tape only');
    if (sources.length === 0) throw new RucioError('notFound', noSource(about, replicas), { subject: about, exceptionClass: 'NoSource' });
    await fs.mkdir(path.dirname(row.path), { recursive: true }).catch((error: unknown) => { throw diskFailure(path.dirname(row.path), error); });
    // A name that nobody else's file has, the same at each try.
    const part = row.temp ?? `${row.path}.${randomBytes(3).toString('hex')}.part`;
    const problems: string[] = [];
    let first: unknown;
    let tried: string | undefined;
    let before: { readonly rse: string; readonly error: RucioError } | undefined;
    for (const source of sources) {
      // The same bytes by another way of the same storage: where that may help.
      if (before?.rse === source.rse && source.via === undefined && !mayHelp(before.error)) continue;
      const from = source.via !== undefined ? `${source.rse} by ${source.via}` : before?.rse === source.rse ? `${source.rse} by ${source.url.protocol}//` : source.rse;
      try {
        await journal.step(id, row.n, { step: 'fetch', temp: part, url: unsigned(source.url).href });
        await fetchOne(row, part, source);
        const notes = [...(problems.length === 0 ? [] : [`from ${from}, as ${problems.join('; ')}`]), ...(row.adler32 === null && row.md5 === null ? ['not verified: the catalogue has no checksum'] : [])];
        await end(row, 'done', notes.length === 0 ? undefined : notes.join('; '));
        return;
      } catch (error) {
        // Another storage would not help.
        if (!RucioError.is(error) || ['cancelled', 'signInNeeded', 'quota'].includes(error.kind) || ['LocalDisk', 'FileExists'].includes(error.exceptionClass ?? '')) throw error;
        context.trouble(error, source.url);
        first ??= error;
        tried ??= from;
        problems.push(`${from} failed (${error.message.replace(/\.$/, '')})`);
        before = source.via === undefined ? { rse: source.rse, error } : undefined;
      }
    }
    if (problems.length > 1 && RucioError.is(first)) throw first.with({ facts: `That was ${tried}. All others were tried, too: ${problems.slice(1).join('; ')}.` });
    throw first;
  }

  async function end(row: FileRow, state: 'done' | 'skipped', note: string | undefined): Promise<void> {
    await journal.step(id, row.n, { state, step: 'done', temp: null, ...(note !== undefined && { note: [row.note, note].filter(Boolean).join('; ') }) });
    context.ended(row, state);
  }

  async function fetchOne(row: FileRow, part: string, source: Source): Promise<void> {
    const { url } = source;
    // Killed between the last byte and its name.
    const whole = (row.adler32 !== null || row.md5 !== null) && row.bytes > 0 && (await fs.stat(part).catch(() => undefined))?.size === row.bytes ? await sumsThere(part, kindsOf(row), signal) : undefined;
    if (whole && isRight(row, whole)) return named(row, part);
    // What came before a cut is read again for its checksum: the whole file's counts.
    let handle = await open(part, 'r+');
    let arriving: Arriving | undefined;
    let sums: Partial<Sums>;
    try {
      let from = (await handle.stat()).size;
      // Without a checksum a splice of two contents would not be seen.
      if (from >= row.bytes || (row.adler32 === null && row.md5 === null)) from = 0;
      const piece = await bytesOf(storage, source, from, row.bytes, signal);
      if (piece.total !== null && piece.total !== row.bytes) {
        for await (const _ of piece.body) break; // its connection is for nothing else
        throw new RucioError('cutStream', `${url.host} has ${piece.total} bytes where the catalogue says ${row.bytes}.`, { subject: url.host, exceptionClass: 'FarEndDiffers' });
      }
      if (piece.from === 0) {
        await handle.close();
        handle = await open(part, 'w');
      }
      arriving = new Arriving(handle, row.bytes, kindsOf(row));
      if (piece.from > 0) await arriving.keep(piece.from, signal);
      context.moved(row, arriving.bytes);
      try {
        for await (const chunk of piece.body) {
          if (arriving.bytes + chunk.length > row.bytes) throw new RucioError('cutStream', `${url.host} sends more bytes than the ${row.bytes} of the catalogue.`, { subject: url.host, exceptionClass: 'FarEndDiffers' });
          await arriving.add(chunk).catch((error: unknown) => { throw diskFailure(part, error); });
          context.moved(row, arriving.bytes);
          await context.pass(chunk.length, url);
        }
      } finally {
        // Also what came before a cut: the next try goes on behind it.
        await arriving.flush().catch((error: unknown) => { throw diskFailure(part, error); });
      }
      if (arriving.bytes !== row.bytes) throw new RucioError('cutStream', `${url.host} sent ${arriving.bytes} of ${row.bytes} bytes.`, { subject: url.host });
      await handle.sync().catch((error: unknown) => { throw diskFailure(part, error); });
      sums = await arriving.sums();
      const { size } = await handle.stat();
      if (size !== row.bytes) throw new RucioError('cutStream', `${part} has ${size} bytes, and ${row.bytes} were written to it: something else wrote to it.`, { subject: part, exceptionClass: 'FarEndDiffers' });
    } catch (error) {
      if (RucioError.is(error) && error.exceptionClass === 'FarEndDiffers') await fs.rm(part, { force: true });
      throw error;
    } finally {
      await arriving?.leave();
      await handle.close();
    }
    if (!isRight(row, { ...sums, bytes: row.bytes })) {
      await fs.rm(part, { force: true });
      throw new RucioError('cutStream', `What ${url.host} sent of ${row.scope}:${row.name} is damaged: ${row.adler32 !== null ? 'adler32' : 'md5'} ${sums.adler32 ?? sums.md5}, and the catalogue says ${row.adler32 ?? row.md5}.`, { subject: url.host, exceptionClass: 'FarEndDiffers' });
    }
    await named(row, part);
  }

  async function named(row: FileRow, part: string): Promise<void> {
    // Somebody may have put a file there meanwhile: link fails then, rename would not.
    try {
      await fs.link(part, row.path);
      await fs.rm(part);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
        const there = await sumsThere(row.path, kindsOf(row), signal);
        await fs.rm(part, { force: true });
        if (there && isRight(row, there)) return; // another download of the same
        throw new RucioError('badInput', `Another file was put at ${row.path} meanwhile: it was not touched.`, { subject: row.path, exceptionClass: 'FileExists' });
      }
      await fs.rename(part, row.path).catch((cause: unknown) => { throw diskFailure(row.path, cause); }); // a file system without links
    }
  }

  return {
    async go() {
      const under = new Under();
      try {
        await all(under);
      } finally {
        await under.settled();
      }
    },
    async undo(row) {
      if (row.temp !== null) await fs.rm(row.temp, { force: true }).catch((error: unknown) => { throw diskFailure(row.temp!, error); });
      return undefined;
    },
  };

  async function all(under: Under): Promise<void> {
    for (let after = -1; !signal.aborted;) {
      const rows = journal.files(id, { states: ['queued'], after, limit: WINDOW });
      if (rows.length === 0) break;
      after = rows.at(-1)!.n;
      const known = new Map<string, FileReplicas>();
      await context.retried(rows, async () => {
        for await (const some of client.listReplicas(rows, { schemes: SCHEMES }, signal)) for (const row of some) known.set(`${row.scope}:${row.name}`, row);
      });
      for (const row of rows) {
        const replicas = known.get(`${row.scope}:${row.name}`);
        const room = await context.room(row.bytes, sourcesOf(replicas, row.name, sourcesWanted)[0]?.url);
        if (signal.aborted) {
          room.leave();
          break;
        }
        await enoughDisk(row).catch((error: unknown) => {
          room.leave();
          throw error;
        });
        under.add(context.retried([row], () => one(row.n, replicas), room).finally(() => room.leave()));
      }
    }
  }
}

/** A link among the folders must not lead what is fetched to somewhere else. @throws RucioError badInput */
async function inside(root: string, file: string): Promise<void> {
  const base = await fs.realpath(root).catch(() => undefined);
  if (base === undefined) return; // it is made, and so is all below it
  for (let folder = path.dirname(file); folder.length > root.length; folder = path.dirname(folder)) {
    const real = await fs.realpath(folder).catch(() => undefined);
    if (real === undefined) continue;
    const relative = path.relative(base, real);
    if (relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) throw new RucioError('badInput', `The folder ${folder} is a link that leads out of ${root}, to ${real}: nothing was written there.`, { subject: folder, exceptionClass: 'FileExists' });
    return;
  }
}

async function sumsThere(file: string, kinds: readonly Kind[], signal: AbortSignal): Promise<{ readonly bytes: number } & Partial<Sums> | undefined> {
  let handle: fs.FileHandle | undefined;
  let summing: Summing | undefined;
  try {
    const at = await fs.lstat(file);
    if (!at.isFile()) throw new RucioError('badInput', `At ${file} lies a ${at.isDirectory() ? 'folder' : 'link or device'}: it was not touched.`, { subject: file, exceptionClass: 'FileExists' });
    handle = await fs.open(file, 'r');
    summing = new Summing(at.size, kinds);
    let bytes = 0;
    for await (const piece of piecesOf(handle, 0, at.size, summing)) {
      if (signal.aborted) throw new RucioError('cancelled', 'Cancelled.');
      bytes += piece.length;
    }
    return { bytes, ...await summing.sums() };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw RucioError.is(error) ? error : diskFailure(file, error);
  } finally {
    await summing?.leave();
    await handle?.close();
  }
}

/** What is compared with the catalogue: adler32 where it has one, as that costs a sixth. */
function kindsOf({ adler32, md5 }: FileRow): readonly Kind[] {
  return adler32 !== null ? ['adler32'] : md5 !== null ? ['md5'] : [];
}

function isRight(row: FileRow, { bytes, adler32, md5 }: { readonly bytes: number } & Partial<Sums>): boolean {
  return bytes === row.bytes && (row.adler32 !== null ? row.adler32 === adler32 : row.md5 === null || row.md5 === md5);
}

/** `r+`: what is there stays; made where nothing is. */
async function open(file: string, flags: 'r+' | 'w'): Promise<fs.FileHandle> {
  // No link of somebody else's is written through.
  const at = await fs.lstat(file).catch(() => undefined);
  if (at && !at.isFile()) throw new RucioError('badInput', `At ${file} lies no file of ours: it was not touched.`, { subject: file, exceptionClass: 'LocalDisk' });
  return fs.open(file, flags === 'r+' && !at ? 'w+' : flags, 0o644).catch((error: unknown) => { throw diskFailure(file, error); });
}

function diskFailure(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const all: Readonly<Record<string, string>> = { ENOSPC: 'the disk is full', EDQUOT: 'your quota on this disk is used up', EROFS: 'the disk can only be read', EFBIG: 'files may not become so large there' };
  const why: Readonly<Record<string, string>> = { ...all, EACCES: 'you may not write there', ENAMETOOLONG: 'its name is too long for this disk', ENOTDIR: 'a file lies where a folder should be', EEXIST: 'a file lies where a folder should be', EISDIR: 'a folder lies there' };
  // What other files would meet too stops them.
  return new RucioError(String(error.code) in all ? 'configuration' : 'badInput', `${file} can't be written: ${why[String(error.code)] ?? String(error.code)}.`, { subject: file, exceptionClass: 'LocalDisk', cause: error });
}

async function enoughDisk(row: FileRow): Promise<void> {
  let folder = path.dirname(row.path);
  for (;;) {
    const disk = await fs.statfs(folder).catch(() => undefined);
    if (disk) {
      const free = disk.bavail * disk.bsize;
      if (free < row.bytes + SPARE) throw new RucioError('configuration', `The disk of ${folder} has ${free} bytes left, and ${row.path} needs ${row.bytes}.`, { subject: folder, exceptionClass: 'LocalDisk' });
      return;
    }
    if (folder === path.dirname(folder)) return;
    folder = path.dirname(folder);
  }
}
