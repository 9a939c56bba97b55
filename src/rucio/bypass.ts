// The body of a large answer, taken off its connection before Node's streams and HTTP parser, which give each 16 KiB memory of its own,
// twice: a gigabyte costs 2 s of a processor on that way, and 0.7 here. The head of the answer is read by Node as ever. A connection
// that was used so is for nothing else any more.
import type http from 'node:http';
import type { Duplex } from 'node:stream';

/** Answers from so many bytes on; below, a connection that can be used again is worth more. */
export const LARGE = 16 << 20;
/** Read into one piece of memory, which is used again. */
const SLAB = 1 << 20;
/** What one read may give. */
const READ = 64 << 10;
/** Full pieces that may wait to be taken. */
const MOST_READY = 2;
/** So many bytes are worth a wait of so many ms: whoever takes a piece gives it to threads, and waits for them. */
const WORTH = 512 << 10;
const WAIT = 10;

interface Ready { readonly bytes: Buffer; /** To be used again, when these bytes are the last in it. */ readonly slab?: Buffer }

const all = new WeakMap<object, Bypass>();

/** For one connection; see {@link bypassed}. */
class Bypass {
  #connection: Duplex | undefined;
  #began = false;
  /** What is being filled: so far, and of that taken already. The connection knows it: another one takes its place in `buffer` only. */
  #slab: Buffer = Buffer.allocUnsafeSlow(READ);
  #filled = 0;
  #taken = 0;
  readonly #ready: Ready[] = [];
  readonly #free: Buffer[] = [];
  #out: Ready | undefined;
  #paused = false;
  #wake: (() => void) | undefined;
  #wanted = 1;
  #timer: NodeJS.Timeout | undefined;

  /** As `net.connect` has it; a connection that is made over another one (a tunnel) knows nothing of it, and has no bypass. */
  readonly onread = {
    buffer: (): Uint8Array => {
      if (this.#slab.length - this.#filled < READ) {
        this.#ready.push({ bytes: this.#slab.subarray(this.#taken, this.#filled), slab: this.#slab });
        this.#slab = this.#free.pop() ?? Buffer.from(new SharedArrayBuffer(SLAB));
        this.#filled = this.#taken = 0;
      }
      return this.#slab.subarray(this.#filled);
    },
    callback: (bytes: number): boolean => {
      if (!this.#began) {
        this.#connection?.push(Buffer.from(this.#slab.subarray(0, bytes)));
        return true;
      }
      this.#filled += bytes;
      if (this.#enough()) this.wake();
      else this.#timer ??= setTimeout(() => this.wake(), WAIT);
      this.#paused = this.#ready.length >= MOST_READY;
      return !this.#paused;
    },
  };

  of(connection: Duplex): void {
    this.#connection = connection;
    all.set(connection, this);
  }

  /** From the next byte on; at once, so that none is lost. */
  begin(): void {
    this.#began = true;
  }

  /** What has come since the last call, at least a byte of the `left` ones; good until the next call. Undefined when `over` says so before there is any. */
  async take(left: number, over: () => boolean): Promise<Buffer | undefined> {
    this.#wanted = Math.min(WORTH, left);
    if (!this.#enough() && !over()) await this.#woken();
    for (;;) {
      if (this.#out?.slab?.length === SLAB) this.#free.push(this.#out.slab);
      this.#out = this.#ready.shift() ?? { bytes: this.#slab.subarray(this.#taken, this.#filled) };
      if (this.#out.slab === undefined) this.#taken = this.#filled;
      if (this.#ready.length === 0 && this.#paused) {
        this.#paused = false;
        this.#connection!.resume();
      }
      if (this.#out.bytes.length > 0) return this.#out.bytes;
      if (this.#out.slab !== undefined) continue;
      if (over()) return undefined;
      await this.#woken();
    }
  }

  /** {@link take} looks again, behind what else can be read now. */
  wake(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#wake) setImmediate(this.#wake);
    this.#wake = undefined;
  }

  #enough(): boolean {
    return this.#ready.length > 0 || this.#filled - this.#taken >= this.#wanted;
  }

  /** When there is enough, or some for a while, or the end. */
  #woken(): Promise<void> {
    if (this.#filled > this.#taken) this.#timer ??= setTimeout(() => this.wake(), WAIT);
    return new Promise((resolve) => { this.#wake = resolve; });
  }
}

/** Makes a connection by `connect` whose large answers can be taken off it. */
export function bypassable<O extends object>(options: O, connect: (options: O) => Duplex | null | undefined): Duplex | null | undefined {
  const bypass = new Bypass();
  const connection = connect({ ...options, onread: bypass.onread });
  if (connection) bypass.of(connection);
  return connection;
}

/**
 * To be called while `response` is told of, not later. Undefined: its body comes as ever. Else the body: it ends with its last byte, or throws
 * ECONNRESET; a piece is good until the next is asked for. Whoever stops before the end destroys the request.
 */
export function bypassed(request: http.ClientRequest, response: http.IncomingMessage): (() => AsyncGenerator<Buffer, void, undefined>) | undefined {
  const bypass = request.socket && all.get(request.socket);
  const bytes = Number(response.headers['content-length'] ?? NaN);
  if (!bypass || !(bytes >= LARGE) || response.headers['transfer-encoding'] !== undefined || (response.statusCode !== 200 && response.statusCode !== 206)) return undefined;
  bypass.begin();
  let failure: Error | undefined;
  let closed = false;
  response.on('error', (error) => { failure ??= error; });
  const close = (): void => {
    closed = true;
    bypass.wake();
  };
  response.once('close', close);
  request.once('close', close);
  return async function* () {
    let left = bytes;
    // What came together with the head.
    for (let some = response.read() as Buffer | null; some; some = response.read() as Buffer | null) {
      left -= some.length;
      yield some;
    }
    while (left > 0) {
      const piece = await bypass.take(left, () => closed);
      if (!piece) throw failure ?? Object.assign(new Error('closed'), { code: 'ECONNRESET' });
      yield piece.subarray(0, left);
      left -= piece.length;
    }
  };
}
