// adler32 and md5 of bytes as they pass by, at the speed of the memory: those of large files in threads beside the one that serves (md5, where
// nobody shall wait for it, from a second reading), the rest on the spot. md5 is OpenSSL's; adler32 (RFC 1950) is adler32.wat, 32 bytes a turn
// (plain code: a sixth of that).
import { createHash } from 'node:crypto';
import type fs from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker, type MessagePort } from 'node:worker_threads';

export interface Sums { readonly adler32: string; readonly md5: string }
export type Kind = keyof Sums;

/** Files up to so many bytes are summed on the spot: half a millisecond, less than a thread's answer takes under load. */
export const SMALL = 256 << 10;
/** The same without md5: a thread takes longer to begin than the sum does. */
const SMALL_ADLER32 = 16 << 20;
/** Each sums some 500 MB a second. */
const MOST_THREADS = Math.min(4, availableParallelism());
/** Bytes by which the sums of what is read again may be behind: far less than the memory in which the system keeps what was just read. */
const MOST_BEHIND = 512 << 20;
/** Bytes of it that a thread is asked for at once: 4 ms, for which all others on that thread wait. */
const STEP = 2 << 20;
/** ms for which a thread without work stays. */
const IDLE = 30_000;

/** adler32.wat, assembled; a unit test does it again. */
export const ADLER32 = Buffer.from('AGFzbQEAAAABDAJgAn9/AX9gAXsBfwMDAgABBQMBAAIHFAIGbWVtb3J5AgAHYWRsZXIzMgAACr4DAqEDAgR/BXsgAEH//wNxIQIgAEEQdiEDAkADQCABIARrQWBxIQUgBUUNASAFQaArSwRAQaArIQULIAMgAiAFbGohAyAEIAVqIQX9DAAAAAAAAAAAAAAAAAAAAAAhBv0MAAAAAAAAAAAAAAAAAAAAACEH/QwAAAAAAAAAAAAAAAAAAAAAIQgDQCAE/QAEACEJIAT9AAQQIQogBiAH/a4BIQYgByAJ/X0gCv19/Y4B/X/9rgEhByAIIAn9iQH9DCAAHwAeAB0AHAAbABoAGQD9ugEgCf2KAf0MGAAXABYAFQAUABMAEgARAP26Af2uASAK/YkB/QwQAA8ADgANAAwACwAKAAkA/boBIAr9igH9DAgABwAGAAUABAADAAIAAQD9ugH9rgH9rgH9rgEhCCAEQSBqIQQgBCAFSQ0ACyAIIAZBBf2rAf2uASEIIAIgBxABakHx/wNwIQIgAyAIEAFqQfH/A3AhAwwACwsCQANAIAQgAU8NASACIAQtAABqIQIgAyACaiEDIARBAWohBAwACwsgAkHx/wNwIANB8f8DcEEQdHILGQAgAP0bACAA/RsBaiAA/RsCIAD9GwNqags=', 'base64');

interface Summer {
  add(bytes: Uint8Array): void;
  /** What `fill` puts at the beginning of its room, and says how much it is; gives that. */
  take(fill: (room: Uint8Array) => number): number;
  /** Once, at the end; of what was asked for. Small hex digits. */
  sums(): Partial<Sums>;
}
type Begin = (kinds: readonly Kind[]) => Summer;

interface Adler32 {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Of the first `bytes` of the memory, begun from `sum`. */
  adler32(sum: number, bytes: number): number;
}

/** What WebAssembly is here: @types/node lacks it. */
interface Assembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
}

/** Its text also runs in threads, where nothing else of this file is known: it uses its arguments only. */
function summers(hash: typeof createHash, program: Uint8Array): Begin {
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: Assembly }).WebAssembly;
  const { memory, adler32 } = new Instance(new Module(program)).exports as Adler32;
  const room = new Uint8Array(memory.buffer);
  return (kinds) => {
    const md5 = kinds.includes('md5') ? hash('md5') : undefined;
    const adler = kinds.includes('adler32');
    let sum = 1;
    return {
      add(bytes) {
        md5?.update(bytes);
        if (!adler) return;
        const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
        // Not by `set`: it takes shared memory word by word.
        for (let at = 0; at < all.length;) {
          const some = all.copy(room, 0, at, at + room.length);
          sum = adler32(sum, some);
          at += some;
        }
      },
      take(fill) {
        const some = fill(room);
        md5?.update(room.subarray(0, some));
        if (adler) sum = adler32(sum, some);
        return some;
      },
      sums: () => ({ ...(adler && { adler32: (sum >>> 0).toString(16).padStart(8, '0') }), ...(md5 && { md5: md5.digest('hex') }) }),
    };
  };
}

/** Bytes of an open file, for a thread to read. */
interface Span { readonly fd: number; readonly at: number; readonly bytes: number }

/** `bytes` absent: the file is at its end. */
interface Order { readonly file: number; readonly kinds: readonly Kind[]; readonly bytes?: Uint8Array | Span }

type Answer = Partial<Sums> | null | Error;

/** A thread's work; see {@link summers}. Each order is answered. */
function thread(port: MessagePort, begin: Begin, readSync: typeof fs.readSync): void {
  const files = new Map<number, Summer>();
  const read = (summer: Summer, { fd, at, bytes }: Span): void => {
    for (let got = 0, some = -1; got < bytes && some !== 0; got += some) some = summer.take((room) => readSync(fd, room, 0, Math.min(room.length, bytes - got), at + got));
  };
  port.on('message', ({ file, kinds, bytes }: Order) => {
    let answer: Answer = null;
    try {
      let summer = files.get(file);
      if (!summer) files.set(file, summer = begin(kinds));
      if (bytes && 'fd' in bytes) read(summer, bytes);
      else if (bytes) summer.add(bytes);
      else {
        files.delete(file);
        answer = summer.sums();
      }
    } catch (error) {
      answer = error as Error;
    }
    port.postMessage(answer);
  });
}

class Thread {
  static readonly #all = new Set<Thread>();
  readonly #worker: Worker;
  readonly #waiting: { readonly resolve: (answer: Partial<Sums> | null) => void; readonly reject: (error: unknown) => void }[] = [];
  #files = 0;
  #timer: NodeJS.Timeout | undefined;

  /** The one with the least to do; for one file. */
  static take(): Thread {
    const [least] = [...Thread.#all].sort((a, b) => a.#files - b.#files);
    const one = least && (least.#files === 0 || Thread.#all.size >= MOST_THREADS) ? least : new Thread();
    if (one.#files++ === 0) {
      clearTimeout(one.#timer);
      one.#worker.ref();
    }
    return one;
  }

  private constructor() {
    const source = `const program = require('node:worker_threads').workerData;
      (${thread.toString()})(require('node:worker_threads').parentPort, (${summers.toString()})(require('node:crypto').createHash, program), require('node:fs').readSync);`;
    this.#worker = new Worker(source, { eval: true, workerData: ADLER32, execArgv: [], env: {} });
    this.#worker.on('message', (answer: Answer) => {
      const { resolve, reject } = this.#waiting.shift()!;
      if (answer instanceof Error) reject(answer);
      else resolve(answer);
    });
    const ended = (error: unknown): void => {
      Thread.#all.delete(this);
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    };
    this.#worker.on('error', ended).on('exit', () => ended(new Error('The thread that makes checksums ended.')));
    Thread.#all.add(this);
  }

  ask(order: Order): Promise<Partial<Sums> | null> {
    return new Promise((resolve, reject) => {
      if (!Thread.#all.has(this)) return reject(new Error('The thread that makes checksums ended.'));
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(order);
    });
  }

  /** The file is at its end, or is left. */
  letGo(): void {
    if (--this.#files > 0) return;
    this.#worker.unref();
    this.#timer = setTimeout(() => {
      Thread.#all.delete(this);
      void this.#worker.terminate();
    }, IDLE).unref();
  }
}

let here: Begin | undefined;
let numbers = 0;

/** The sums of one file: both, or what is asked for (md5 costs six times as much as adler32). Ends with {@link sums} or {@link leave}. */
export class Summing<K extends Kind = Kind> {
  readonly #file = ++numbers;
  readonly #kinds: readonly K[];
  #summer: Summer | undefined;
  #thread: Thread | undefined;
  /** So many were added. */
  bytes = 0;

  /** `expected`: about how many bytes there will be. */
  constructor(expected: number, kinds: readonly K[] = ['adler32', 'md5'] as Kind[] as K[]) {
    this.#kinds = kinds;
    if (expected <= (kinds.includes('md5' as K) ? SMALL : SMALL_ADLER32) || kinds.length === 0) this.#summer = (here ??= summers(createHash, ADLER32))(kinds);
    else this.#thread = Thread.take();
  }

  /** Pieces are summed in their order; none is copied when it lies in shared memory. It must stay as it is until the promise resolves. */
  async add(piece: Uint8Array): Promise<void> {
    this.bytes += piece.length;
    if (this.#thread) await this.ask(piece);
    else this.#summer!.add(piece);
  }

  protected ask(bytes?: Uint8Array | Span): Promise<Partial<Sums> | null> {
    return this.#thread ? this.#thread.ask({ file: this.#file, kinds: this.#kinds, ...(bytes && { bytes }) }) : Promise.reject(new Error('The sums were left.'));
  }

  /** Once, at the end. */
  async sums(): Promise<Pick<Sums, K>> {
    if (this.#summer) return this.#summer.sums() as Pick<Sums, K>;
    try {
      return await this.ask() as Pick<Sums, K>;
    } finally {
      this.#thread?.letGo();
      this.#thread = undefined;
    }
  }

  /** No sums are wanted any more; nothing when they were given. Resolves when nothing is read any more. */
  async leave(): Promise<void> {
    if (!this.#thread) return;
    const last = this.ask();
    const thread = this.#thread;
    this.#thread = undefined;
    await last.catch(() => undefined); // the thread ended: it reads nothing either
    thread.letGo();
  }
}

/** What was read again is not what was there the first time. */
export class OtherBytes extends Error {}

/**
 * The same of a file that is open and read again for it, a little later: so that whoever sends it need not wait for md5. That it is the same
 * is seen by adler32, made of what is sent, too. A step at a time: its thread has others to serve.
 */
export class SummingBehind extends Summing {
  readonly #fd: number;
  readonly #sent = new Summing(Infinity, ['adler32']);
  #summed = 0;
  #step: Promise<unknown> = Promise.resolve();
  #following: Promise<void> | undefined;
  #left = false;

  constructor(fd: number) {
    super(Infinity);
    this.#fd = fd;
  }

  override async add(piece: Uint8Array): Promise<void> {
    this.bytes += piece.length;
    if (this.#summed < this.bytes) this.#following ??= this.#follow();
    this.#following?.catch(() => undefined); // heard at the end, if not here
    await this.#sent.add(piece);
    while (this.bytes - this.#summed > MOST_BEHIND && !this.#left) await this.#step;
  }

  /** @throws OtherBytes; what the file could not be read for. */
  override async sums(): Promise<Sums> {
    try {
      const sent = await this.#sent.sums();
      await this.#following;
      if (this.#left) throw new Error('The sums were left.');
      const sums = await super.sums();
      if (sums.adler32 !== sent.adler32) throw new OtherBytes(`adler32 ${sums.adler32}, and ${sent.adler32} of what was sent`);
      return sums;
    } finally {
      await this.leave();
    }
  }

  override async leave(): Promise<void> {
    this.#left = true;
    await Promise.all([this.#sent.leave(), super.leave(), this.#following?.catch(() => undefined)]);
  }

  async #follow(): Promise<void> {
    while (this.#summed < this.bytes && !this.#left) {
      const bytes = Math.min(STEP, this.bytes - this.#summed);
      await (this.#step = this.ask({ fd: this.#fd, at: this.#summed, bytes }));
      this.#summed += bytes;
    }
    this.#following = undefined;
  }
}
