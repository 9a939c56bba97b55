// Bytes that come from a storage, into a file of this machine: gathered to pieces of a megabyte, each summed and written side by side.
import type fs from 'node:fs/promises';
import { RucioError } from '../../rucio/errors.ts';
import { type Kind, Summing, type Sums } from './checksums.ts';
import { piecesOf, Ring } from './pieces.ts';

/** Bytes after which the disk is told to begin: at the end there is little left to wait for. */
const TO_DISK = 64 << 20;

/** Chunks from so many bytes on are not gathered, when threads can see them. */
const IN_PLACE = 128 << 10;

export class Arriving<K extends Kind = Kind> {
  readonly #handle: fs.FileHandle;
  readonly #summing: Summing<K>;
  readonly #ring: Ring;
  #piece: Awaited<ReturnType<Ring['next']>> | undefined;
  #filled = 0;
  #at = 0;
  /** Pieces are written in their order: what was cut is the file's beginning, without holes. */
  #written: Promise<void> = Promise.resolve();
  #unsynced = 0;
  #syncing: Promise<void> | undefined;

  /** `bytes`: as many as the whole file is to have. `kinds`: the sums that are wanted of it. */
  constructor(handle: fs.FileHandle, bytes: number, kinds?: readonly K[]) {
    this.#handle = handle;
    this.#summing = new Summing(bytes, kinds);
    this.#ring = new Ring(bytes);
  }

  /** So many are there, summed or about to be. */
  get bytes(): number {
    return this.#at + this.#filled;
  }

  /** The file's first bytes are there already, from before: they are read once more for the sums. Before all others. */
  async keep(bytes: number, signal?: AbortSignal): Promise<void> {
    for await (const piece of piecesOf(this.#handle, 0, bytes, this.#summing)) {
      if (signal?.aborted) throw new RucioError('cancelled', 'Cancelled.');
      this.#at += piece.length;
    }
  }

  /** @throws what could not be written: of this chunk, or of one before. */
  async add(chunk: Uint8Array): Promise<void> {
    if (chunk.length >= IN_PLACE && chunk.buffer instanceof SharedArrayBuffer) return this.#take(chunk);
    for (let taken = 0; taken < chunk.length;) {
      this.#piece ??= await this.#ring.next();
      const { bytes } = this.#piece;
      const some = Math.min(bytes.length - this.#filled, chunk.length - taken);
      bytes.set(taken === 0 && some === chunk.length ? chunk : chunk.subarray(taken, taken + some), this.#filled);
      this.#filled += some;
      taken += some;
      if (this.#filled === bytes.length) this.#pass();
    }
  }

  /** What was gathered is in the file. @throws what could not be written. */
  async flush(): Promise<void> {
    this.#pass();
    await this.#written;
    await this.#syncing;
  }

  /** Of the whole file; after {@link flush}. */
  sums(): Promise<Pick<Sums, K>> {
    return this.#summing.sums();
  }

  leave(): Promise<void> {
    return this.#summing.leave();
  }

  /** Where it lies, until it is written and summed: more comes meanwhile. */
  async #take(chunk: Uint8Array): Promise<void> {
    this.#pass(); // what was gathered before it: of what comes with an answer's head there is always a little
    await this.#store(chunk);
  }

  #pass(): void {
    if (!this.#piece || this.#filled === 0) return;
    this.#piece.usedUntil(this.#store(this.#piece.bytes.subarray(0, this.#filled)));
    this.#filled = 0;
    this.#piece = undefined;
  }

  /** Behind what is there; resolves when it is written and summed. */
  #store(bytes: Uint8Array): Promise<unknown> {
    const at = this.#at;
    this.#at += bytes.length;
    this.#written = this.#written.then(() => writeAll(this.#handle, bytes, at)).then(() => this.#toDisk(bytes.length));
    return Promise.all([this.#written, this.#summing.add(bytes)]);
  }

  /** Beside what is written next. */
  #toDisk(bytes: number): void {
    this.#unsynced += bytes;
    if (this.#unsynced < TO_DISK || this.#syncing) return;
    this.#unsynced = 0;
    const syncing = this.#handle.datasync().then(() => { this.#syncing = undefined; });
    syncing.catch(() => undefined); // heard by flush: what the disk did not take stays so
    this.#syncing = syncing;
  }
}

/** A disk may take less than it is given at once. */
async function writeAll(handle: fs.FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let written = 0; written < bytes.length;) written += (await handle.write(bytes, written, bytes.length - written, at + written)).bytesWritten;
}
