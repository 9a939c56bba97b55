// A part of a file at a storage.
import { RucioError } from '../../rucio/errors.ts';
import type { Storage } from '../../storage/storage.ts';

/** Bytes from `start` to `end` (exclusive), copied; a storage without ranges sends what is before them, too. */
export async function* rangeOf(storage: Pick<Storage, 'get'>, url: URL, start: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  if (end <= start) return;
  const { from, body } = await storage.get(url, start, end, signal, true);
  let at = from;
  for await (const chunk of body) {
    const piece = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += chunk.length;
    if (piece.length > 0) yield Buffer.from(piece);
    if (at >= end) return;
  }
  throw new RucioError('cutStream', `${url.host} sent ${Math.max(0, at - start)} of ${end - start} bytes.`, { subject: url.host });
}
