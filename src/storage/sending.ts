// The body of a request to a storage, piece by piece.
import type http from 'node:http';

/** What we read from failed, not the storage. */
export class SourceFailure extends Error {}

/**
 * Sends the body of so many bytes; tells when a piece is given and when it has gone; stops, and gives false, when the answer is there before the
 * last of them. Whoever makes the body is always asked for its end when all bytes went: a quick storage has answered by then.
 */
export async function send(request: http.ClientRequest, body: AsyncIterable<Uint8Array>, bytes: number, answer: Promise<unknown>, piece: { begun(): void; over(): void }): Promise<boolean> {
  let left = bytes;
  let over = false;
  let failure: unknown;
  const answered = answer.then(() => { over = true; }, (error: unknown) => { over = true; failure = error; });
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      let step;
      try {
        step = await iterator.next();
      } catch (cause) {
        throw new SourceFailure('the source', { cause });
      }
      if (over && left > 0) break;
      if (step.done) {
        request.end();
        return true;
      }
      piece.begun();
      // Until it has gone: whoever made it uses its memory again.
      const gone = new Promise<void>((resolve) => { request.write(step.value, () => resolve()); });
      await Promise.race([gone, answered]);
      piece.over(); // the next one may be long in coming: that is not the storage's silence
      left -= step.value.length;
      if (over && left > 0) break;
    }
  } finally {
    await iterator.return?.();
  }
  if (failure !== undefined) throw failure;
  return false;
}
