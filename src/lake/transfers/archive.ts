// One file out of a zip archive at a storage, without the rest of it: the archive's directory and the file's own bytes are read by ranges.
import { Readable } from 'node:stream';
import yauzl from 'yauzl';
import { RucioError } from '../../rucio/errors.ts';
import type { Storage } from '../../storage/storage.ts';
import { rangeOf } from './range.ts';

/** Bytes asked for at once: a directory has an entry each 100 bytes or so, and is read in small bits. */
const BLOCK = 256 * 1024;
const BLOCKS = 4;

/** @throws RucioError notFound when there is no such file in it, cutStream when it is no archive, or damaged. */
export async function memberOf(storage: Pick<Storage, 'stat' | 'get'>, url: URL, member: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const there = await storage.stat(url, {}, signal);
  if (!there) throw new RucioError('notFound', `The storage ${url.host} has no archive at ${decodeURIComponent(url.pathname)}.`, { subject: url.host, exceptionClass: 'StorageNotFound' });
  const reader = new StorageReader(storage, url, there.bytes, signal);
  const damaged = (cause: unknown): RucioError => reader.failure ?? new RucioError('cutStream', `The archive at ${url.host}${decodeURIComponent(url.pathname)} can't be read: ${cause instanceof Error ? cause.message : String(cause)}.`, { subject: url.host, exceptionClass: 'FarEndDiffers', cause });
  try {
    const zip = await yauzl.fromRandomAccessReaderPromise(reader, there.bytes, { autoClose: false, lazyEntries: true });
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== member) continue;
      const stream = await zip.openReadStreamPromise(entry);
      return (async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
        try {
          for await (const chunk of stream) yield chunk as Buffer;
        } catch (error) {
          throw damaged(error);
        }
      })();
    }
  } catch (error) {
    throw RucioError.is(error) ? error : damaged(error);
  }
  throw new RucioError('notFound', `The archive at ${url.host}${decodeURIComponent(url.pathname)} has no ${member} in it.`, { subject: url.host, exceptionClass: 'StorageNotFound' });
}

class StorageReader extends yauzl.RandomAccessReader {
  readonly #storage: Pick<Storage, 'get'>;
  readonly #url: URL;
  readonly #bytes: number;
  readonly #signal: AbortSignal | undefined;
  readonly #blocks = new Map<number, Promise<Buffer>>();
  /** The storage's own failure, which the library would not hand on as it is. */
  failure: RucioError | undefined;

  constructor(storage: Pick<Storage, 'get'>, url: URL, bytes: number, signal: AbortSignal | undefined) {
    super();
    this.#storage = storage;
    this.#url = url;
    this.#bytes = bytes;
    this.#signal = signal;
  }

  /** A large part is one answer of the storage; small ones come from blocks. */
  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(end - start > BLOCK ? this.#range(start, end) : this.#few(start, end));
  }

  async *#few(start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
    for (let at = start; at < end;) {
      const n = Math.floor(at / BLOCK);
      const block = await this.#block(n);
      const piece = block.subarray(at - n * BLOCK, Math.min(end - n * BLOCK, block.length));
      if (piece.length === 0) return;
      at += piece.length;
      yield piece;
    }
  }

  #block(n: number): Promise<Buffer> {
    let block = this.#blocks.get(n);
    if (!block) {
      block = this.#whole(n * BLOCK, Math.min(this.#bytes, (n + 1) * BLOCK));
      this.#blocks.set(n, block);
      for (const old of this.#blocks.keys()) if (this.#blocks.size > BLOCKS) this.#blocks.delete(old);
    }
    return block;
  }

  async #whole(start: number, end: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.#range(start, end)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async *#range(start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
    try {
      yield* rangeOf(this.#storage, this.#url, start, end, this.#signal);
    } catch (error) {
      if (RucioError.is(error)) this.failure = error;
      throw error;
    }
  }
}
