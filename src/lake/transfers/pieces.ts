// Bytes of a file on their way, in a few pieces of a megabyte that are used again and again: the next is read while one is sent, and
// each is summed (checksums.ts) in the memory where it lies. Constant memory, however large the file.
import type fs from 'node:fs/promises';
import { SMALL, type Summing } from './checksums.ts';

/** Bytes moved at once: larger than the usual 64 KiB, a third of the time. */
const PIECE = 1 << 20;
/** One is sent, one is read, two are summed. */
const PIECES = 4;

/** Room for a file of so many bytes: pieces that are taken in turns, each when its last use is over. */
export class Ring {
  readonly #pieces: { readonly bytes: Buffer; free: Promise<unknown> }[] = [];
  readonly #size: number;
  #at = -1;

  constructor(expected: number) {
    this.#size = Math.max(1, Math.min(PIECE, expected));
  }

  /** Throws what the piece's last use failed of. */
  async next(): Promise<{ readonly bytes: Buffer; usedUntil(over: Promise<unknown>): void }> {
    this.#at = (this.#at + 1) % PIECES;
    const piece = this.#pieces[this.#at] ??= { bytes: this.#size <= SMALL ? Buffer.allocUnsafeSlow(this.#size) : Buffer.from(new SharedArrayBuffer(this.#size)), free: Promise.resolve() };
    await piece.free;
    return {
      bytes: piece.bytes,
      usedUntil: (over) => {
        piece.free = over;
        over.catch(() => undefined); // heard at the piece's next turn, or at the end
      },
    };
  }
}

/**
 * From byte `from` until `to` (exclusive), or until the file's end when that comes first. A piece is good until the next but one is
 * asked for. Summed in full when the last one was taken and its sums are awaited.
 */
export async function* piecesOf(handle: fs.FileHandle, from: number, to: number, summing: Pick<Summing, 'add'>): AsyncGenerator<Buffer, void, undefined> {
  const ring = new Ring(to - from);
  let at = from;
  const read = async (): Promise<Buffer | undefined> => {
    if (at >= to) return undefined;
    const { bytes, usedUntil } = await ring.next();
    const { bytesRead } = await handle.read(bytes, 0, Math.min(bytes.length, to - at), at);
    if (bytesRead === 0) return undefined;
    at += bytesRead;
    const piece = bytes.subarray(0, bytesRead);
    usedUntil(summing.add(piece));
    return piece;
  };
  let next = read();
  try {
    for (let piece = await next; piece; piece = await next) {
      next = read();
      next.catch(() => undefined); // heard when it is asked for
      yield piece;
    }
  } finally {
    await next.catch(() => undefined); // the handle may be closed by then
  }
}
