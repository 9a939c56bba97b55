// One file's bytes to a storage, in steps that can be taken again after a kill at any instant: a look at the final name, the bytes to a
// temporary one that nobody else has, the far end's size and checksum against those of the bytes sent, a second look, MOVE.
// A torso is never under a final name, and a good file never overwritten (XRootD 5.5 overwrites whatever is asked).
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { RucioError } from '../../rucio/errors.ts';
import type { Storage, Stored, Taken } from '../../storage/storage.ts';
import { besides } from '../../storage/url.ts';
import type { Sums } from './checksums.ts';
import type { FileChange, FileRow } from './journal.ts';
import { LocalSource } from './source.ts';

export interface SendContext {
  readonly storage: Storage;
  /** Written down when it resolves. */
  readonly step: (change: FileChange) => Promise<void>;
  /** So many bytes of it went out; goes back when it begins anew. */
  readonly moved: (bytes: number) => void;
  /** Resolves when so many bytes may go. */
  readonly pass?: (bytes: number) => Promise<void>;
  /** For how long a storage may lack the checksum of a new file; ms. */
  readonly checksumMs: number;
  readonly signal: AbortSignal;
  /** An answer that was lost is looked for at most so long, whatever the signal says; ms. */
  readonly afterMs?: number;
}

/** What is known once the file is under its final name. */
export interface Sent extends Sums { readonly url: URL; readonly note?: string }

const SUM = { checksum: true } as const;
/** What a storage may give, the usual one first. */
const KINDS = ['adler32', 'md5'] as const;
/** Note of a file that is not of our sending. */
export const SAME_THERE = 'the same file was there already';
/** What the engine tries again. */
const MAY_PASS = ['unreachable', 'timeout', 'busy', 'cutStream', 'serverError'] as const;
/** What a temporary name adds to the final one. */
const TEMP = /\.[0-9a-f]{12}\.part$/;
/** Bytes of a file that needs no look at its final name before it is sent. XRootD closes the connection with each “no such file”. */
const QUICK = 64 << 10;
/** ms after which a PUT that we ended is over at the storage, too. */
const LATE = 500;
const DIFFERS = 'FarEndDiffers';
/** The storage has other bytes than the file, or was given such. */
const WRONG: readonly string[] = [DIFFERS, 'FileChanged'];
const NOT_VERIFIED = 'not verified: the storage gives no checksum';

/** From whatever step the row is at. @throws RucioError; the row says how far it came, and no temporary name is left that we could remove. */
export async function sendFile(context: SendContext, row: FileRow, url: URL): Promise<Sent> {
  try {
    return await send(context, row, url);
  } catch (error) {
    throw error instanceof LeaveTemp ? error.failure : error;
  }
}

async function send(context: SendContext, row: FileRow, url: URL): Promise<Sent> {
  const { storage, step, signal } = context;
  // By whichever of the storage's protocols it was begun, it is the same file beside the same name.
  const temp = row.temp === null ? null : besides(url, TEMP.exec(row.temp)?.[0] ?? '').href;
  if (temp !== null && row.step === 'sent' && row.adler32 !== null && row.md5 !== null) {
    // Killed between the last byte and MOVE, or just after.
    const sums = { adler32: row.adler32, md5: row.md5 };
    const whole = await storage.stat(new URL(temp), SUM, signal);
    if (isThere(whole, row.bytes, sums)) return orRemoved(context, new URL(temp), () => finish(context, row, url, new URL(temp), sums, row.note ?? undefined));
    if (!whole && isThere(await storage.stat(url, SUM, signal), row.bytes, sums)) return moved(context, url, sums, row.note ?? undefined);
  }
  if (temp !== null) {
    // A torso of ours. Where it may not be removed it stays, and another name is used.
    await removed(context, new URL(temp)).catch((error: unknown) => {
      if (!RucioError.is(error, 'accessDenied', 'refused')) throw error;
      return step({ note: `what was sent first stays at ${temp}` });
    });
  }
  const atOnce = await storage.atOnce?.(url, signal) ?? false;
  // What is sent as quickly as asked about is looked for once, before MOVE.
  if ((atOnce || row.bytes > QUICK || row.temp !== null) && await storage.stat(url, {}, signal)) {
    const there = await storage.stat(url, SUM, signal);
    if (there) return sameOrRefuse(context, row, url, there);
  }

  if (atOnce) return sendAtOnce(context, row, url);
  const name = besides(url, `.${randomBytes(6).toString('hex')}.part`);
  await step({ step: 'send', temp: name.href, url: url.href });
  const source = sourceOf(context, row);
  return orRemoved(context, name, async () => {
    try {
      await storage.put(name, source.read, row.bytes, signal);
    } catch (error) {
      if (RucioError.is(error, 'accessDenied')) {
        // It took nothing. Where it does not even let us look for that, there is nothing to speak of.
        await removed(context, name).catch(() => false);
        await step({ temp: null });
        throw new LeaveTemp(error);
      }
      // The answer was lost, and all bytes had gone: what is there decides.
      if (!source.sums || !RucioError.is(error, 'unreachable', 'timeout', 'cutStream', 'busy') || !isThere(await storage.stat(name, SUM, signal), row.bytes, await source.sums)) throw error;
    }
    if (!source.sums) throw new RucioError('serverError', `The storage ${url.host} answered before it had the whole file.`, { subject: url.host });
    const { note, ...sums } = await verified(context, name, row, source.sums);
    await step({ step: 'sent', adler32: sums.adler32, md5: sums.md5, ...(note !== undefined && { note }) });
    return finish(context, row, url, name, sums, note);
  });
}

/** Its bytes; while the storage looks at what came, their sums are made. */
function sourceOf({ moved, pass, signal }: SendContext, { path, bytes, mtime }: FileRow): LocalSource {
  return new LocalSource({ path, bytes, mtime: mtime ?? NaN }, moved, { pass, behind: true, signal });
}

/** Where a PUT is all or nothing, and a file can't be moved: it gets its own name, under which nothing was. */
async function sendAtOnce(context: SendContext, row: FileRow, url: URL): Promise<Sent> {
  const { storage } = context;
  await context.step({ step: 'send', temp: null, url: url.href });
  const source = sourceOf(context, row);
  let taken: Taken | void = undefined;
  try {
    taken = await storage.put(url, source.read, row.bytes, context.signal);
  } catch (error) {
    // The answer was lost, and all bytes had gone: what is there decides.
    if (!source.sums || !RucioError.is(error, ...MAY_PASS) || !await storage.stat(url, SUM, context.signal)) throw error;
  }
  if (!source.sums) throw new RucioError('serverError', `The storage ${url.host} answered before it had the whole file.`, { subject: url.host });
  let sent: Sums & { readonly note?: string };
  try {
    sent = await verified(context, url, row, source.sums);
  } catch (error) {
    throw await withdrawn(context, url, taken, error);
  }
  return moved(context, url, sent, sent.note);
}

/**
 * Under the final name lies not what was sent. When the answer to our PUT named just that (its md5), it is ours, damaged on its way: it goes, as
 * its name would be taken for ever. Else (no answer came, or it names none) it may be another's by now, and stays.
 */
async function withdrawn(context: SendContext, url: URL, taken: Taken | void, failure: unknown): Promise<unknown> {
  if (!(failure instanceof RucioError) || !WRONG.includes(failure.exceptionClass ?? '') || !taken || taken.md5 === undefined) return failure;
  const there = await context.storage.stat(url, SUM, AbortSignal.timeout(afterMs(context))).catch(() => null); // what is not known stays, too
  if (there?.md5 !== taken.md5) return failure;
  await removed(context, url, failure);
  return failure.with({ facts: 'It was taken away from there again.' });
}

/** A whole file must not be lost sight of: only what is certainly a torso or unwanted is removed, by a signal of its own. */
async function orRemoved(context: SendContext, name: URL, work: () => Promise<Sent>): Promise<Sent> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LeaveTemp) && !await removed(context, name, error) && !RucioError.is(error, 'accessDenied', 'quota', 'refused') && !context.signal.aborted) {
      // What was cut on our side may reach the storage after our DELETE did.
      await pause(LATE);
      await removed(context, name, error);
    }
    throw error;
  }
}

/** The far end's word on what it has; it is asked while we are at our own sums. Gives a note where it has no checksum. */
async function verified({ storage, signal, checksumMs }: SendContext, name: URL, row: FileRow, promised: Promise<Sums>): Promise<Sums & { readonly note?: string }> {
  const until = performance.now() + checksumMs;
  for (let wait = 250; ; wait = Math.min(wait * 2, 2000)) {
    const stored = await storage.stat(name, { ...SUM, bytes: row.bytes }, signal);
    const sums = await promised;
    const bad = (what: string): RucioError => new RucioError('cutStream', `The storage ${name.host} has not what was sent of ${row.path}: ${what}.`, { subject: name.host, exceptionClass: DIFFERS });
    if (!stored) throw bad('it has nothing');
    if (stored.bytes !== row.bytes) throw bad(`it has ${stored.bytes} bytes, and ${row.bytes} were sent`);
    const kind = KINDS.find((one) => stored[one] !== undefined);
    if (kind !== undefined) {
      if (stored[kind] !== sums[kind]) throw bad(`its ${kind} is ${stored[kind]}, and that of the bytes sent ${sums[kind]}`);
      return sums;
    }
    if (performance.now() + wait > until) return { ...sums, note: NOT_VERIFIED };
    await pause(wait, undefined, { signal }).catch(() => { throw new RucioError('cancelled', 'Cancelled.'); });
  }
}

/** What is under the temporary name, or is not, stays as it is. */
class LeaveTemp extends Error {
  readonly failure: unknown;
  constructor(failure: unknown) {
    super('left');
    this.failure = failure;
  }
}

async function finish(context: SendContext, row: FileRow, url: URL, name: URL, sums: Sums, note: string | undefined): Promise<Sent> {
  const { storage, signal } = context;
  // Somebody else may have put a file there meanwhile.
  const there = await storage.stat(url, {}, signal) && await storage.stat(url, SUM, signal);
  if (there) {
    if (!isSame(there, row.bytes, sums)) throw occupied(url, there, row);
    await removed(context, name);
    return moved(context, url, sums, SAME_THERE);
  }
  try {
    await storage.move(name, url, signal);
  } catch (error) {
    // Done or not done? Both names are looked at, also when the person cancelled meanwhile; nothing is sent again blindly.
    const after = AbortSignal.timeout(afterMs(context));
    let final: Stored | null;
    try {
      final = await storage.stat(url, SUM, after);
    } catch {
      throw new LeaveTemp(error); // the next try finds out
    }
    if (!isThere(final, row.bytes, sums)) {
      if (final) throw occupied(url, final, row);
      // Whole and verified at the storage: what may pass costs another MOVE, not another sending.
      throw RucioError.is(error, ...MAY_PASS) ? new LeaveTemp(error) : error;
    }
  }
  return moved(context, url, sums, note);
}

async function moved({ step }: SendContext, url: URL, sums: Sums, note: string | undefined): Promise<Sent> {
  await step({ step: 'moved', temp: null, url: url.href, adler32: sums.adler32, md5: sums.md5, ...(note !== undefined && { note }) });
  return { url, ...sums, ...(note !== undefined && { note }) };
}

/** Under the final name lies a file: ours from before, byte for byte, or another one. Tells by reading ours. */
async function sameOrRefuse(context: SendContext, row: FileRow, url: URL, there: Stored): Promise<Sent> {
  if (there.bytes !== row.bytes) throw occupied(url, there, row);
  const sums = await sumsOf(row, context.signal);
  if (!isSame(there, row.bytes, sums)) throw occupied(url, there, row);
  context.moved(row.bytes);
  return moved(context, url, sums, SAME_THERE);
}

/** @throws as {@link LocalSource}; RucioError cancelled. */
export async function sumsOf(row: Pick<FileRow, 'path' | 'bytes' | 'mtime'>, signal?: AbortSignal): Promise<Sums> {
  const source = new LocalSource({ path: row.path, bytes: row.bytes, mtime: row.mtime ?? NaN }, () => undefined);
  for await (const _ of source.read()) if (signal?.aborted) throw new RucioError('cancelled', 'Cancelled.');
  return source.sums!;
}

/** Somebody who cancels waits for it. */
function afterMs({ afterMs, signal }: Pick<SendContext, 'afterMs'> & { readonly signal?: AbortSignal }): number {
  return afterMs ?? (signal?.aborted ? 1500 : 15_000);
}

/** As far as the storage says: no checksum of it contradicts. */
function isThere(stored: Stored | null, bytes: number, sums: Sums): boolean {
  return stored !== null && stored.bytes === bytes && KINDS.every((kind) => stored[kind] === undefined || stored[kind] === sums[kind]);
}

/** As large is not the same: without a checksum it is another file. */
function isSame(stored: Stored, bytes: number, sums: Sums): boolean {
  return KINDS.some((kind) => stored[kind] !== undefined) && isThere(stored, bytes, sums);
}

function occupied(url: URL, there: Stored, row: FileRow): RucioError {
  return new RucioError('refused', `Another file lies at ${url.host}${decodeURIComponent(url.pathname)} (${there.bytes} bytes${there.adler32 === undefined ? '' : `, adler32 ${there.adler32}`}) than ${row.path} (${row.bytes} bytes). It was not touched.`, { subject: `${row.scope}:${row.name}`, exceptionClass: 'Occupied' });
}

/** Takes a temporary name away; false when it was not there. What can't be removed is named in the failure that was the reason for it. */
export async function removed(context: Pick<SendContext, 'storage' | 'afterMs'> & { readonly signal?: AbortSignal }, name: URL, reason?: unknown): Promise<boolean> {
  try {
    return await context.storage.remove(name, AbortSignal.timeout(afterMs(context)));
  } catch (error) {
    if (!(error instanceof RucioError)) throw error;
    const left = `What was sent of it stays at ${name.host}${decodeURIComponent(name.pathname)}: it could not be removed (${error.message})`;
    if (reason instanceof RucioError && reason.kind !== 'cancelled') throw reason.with({ facts: [reason.facts, left].filter(Boolean).join(' ') });
    if (reason === undefined) throw error.with({ facts: left });
    return false;
  }
}
