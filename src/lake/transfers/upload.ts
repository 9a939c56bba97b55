// One upload under way: files are looked up in the catalogue in bulk, their bytes go out side by side, and what has arrived is entered into
// the catalogue in bulk. It can be ended at any instant and begun again from the journal.
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { RSEProtocol } from '../../rucio/types.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Room } from './budget.ts';
import { Catalogue } from './catalogue.ts';
import type { FileChange, FileRow, Journal } from './journal.ts';
import { byAnyWay, urlsAt, writable } from './places.ts';
import { Under, type Run, type RunContext } from './run.ts';
import { removed, SAME_THERE, sendFile, sumsOf } from './send.ts';
import { atRest } from './source.ts';
import type { UploadWish } from './types.ts';

/** So many files are looked up at once, and entered into the catalogue at once: what the server takes in one call. */
const MOST = 1000;
/** ms for which a file that arrived waits for company, while others are on their way: a person wants to see it come along. */
const COMPANY = 5000;

/** So often a file is sent that changes meanwhile; and so long (ms) it has to be left alone before it is sent again. */
const CHANGED = 3;
const REST_MS = 1000;

export interface UploadContext extends RunContext {
  readonly client: RucioClient;
  readonly storage: Storage;
  readonly account: string;
  readonly journal: Journal;
  readonly checksumMs: number;
  readonly restMs?: number;
}

export function uploadRun(id: string, wish: UploadWish, context: UploadContext): Run {
  const { client, storage, journal, signal } = context;
  const catalogue = new Catalogue(client, wish, context.account);
  let arrived: FileRow[] = [];
  let timer: NodeJS.Timeout | undefined;
  let entering: Promise<void> = Promise.resolve();

  const step = (row: FileRow, change: FileChange): Promise<void> => journal.step(id, row.n, change);

  /** What has arrived so far goes into the catalogue, one call after the other; what comes meanwhile waits for company again, unless it is the last. */
  function enter(last = false): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    entering = entering.then(async () => {
      for (let first = true; arrived.length >= MOST || (arrived.length > 0 && (first || last)); first = false) {
        const files = arrived.slice(0, MOST);
        arrived = arrived.slice(MOST);
        await context.retried(files, async () => {
          const now = files.map(({ n }) => journal.file(id, n)!);
          const { done, refused } = await catalogue.enter(now, async (some) => { await Promise.all(some.map((file) => step(file, { step: 'registered' }))); }, signal);
          await Promise.all(done.map(async (file) => {
            await step(file, { state: 'done', step: 'done' });
            context.ended(file, 'done');
          }));
          for (const { file, error } of refused) {
            // Not in the catalogue, and so nobody's: its bytes are taken away again.
            let why: unknown = error;
            if (file.url !== null && file.step === 'moved' && file.note !== SAME_THERE && !['NotEntered', 'MetadataRefused'].includes(error.exceptionClass ?? '')) await removed({ storage }, new URL(file.url), error).catch((left: unknown) => { why = left; });
            await context.failed(file, why);
          }
        });
      }
    });
    return entering;
  }

  function hasArrived(row: FileRow, fresh = false): void {
    arrived.push(row);
    context.arrived(row, fresh);
    if (arrived.length >= MOST) void enter();
    else timer ??= setTimeout(() => void enter(), COMPANY);
  }

  async function one(row: FileRow, urls: readonly URL[], room: Room): Promise<void> {
    await context.retried([row], async () => {
      for (let attempt = 1; ; attempt++) {
        const now = journal.file(id, row.n)!;
        if (now.step === 'moved' || now.step === 'registered') return hasArrived(now);
        try {
          const to = { storage, signal, checksumMs: context.checksumMs, step: (change: FileChange) => step(row, change), moved: (bytes: number) => context.moved(row, bytes) };
          const sent = await byAnyWay(urls, (url) => sendFile({ ...to, pass: (bytes) => context.pass(bytes, url) }, journal.file(id, row.n)!, url));
          return hasArrived({ ...now, step: 'moved', url: sent.url.href, adler32: sent.adler32, md5: sent.md5 }, true);
        } catch (error) {
          // Whoever wrote to it may have finished: what is there now is sent, whole, or it is said.
          const still = attempt < CHANGED && RucioError.is(error) && error.exceptionClass === 'FileChanged' ? await atRest(row.path, context.restMs ?? REST_MS, signal) : undefined;
          if (!still) throw error;
          await step(row, { ...still, step: 'look', temp: null, note: 'changed while it was being sent; sent again as it is now' });
          context.resized(now, still.bytes);
        }
      }
    }, room);
  }

  /** What the catalogue has under these names already. Gives those that are to be sent. */
  async function look(rows: readonly FileRow[]): Promise<readonly FileRow[]> {
    const fresh = rows.filter((row) => row.step === 'look');
    const known = fresh.length === 0 ? new Map<string, never>() : await catalogue.known(fresh, signal);
    const send: FileRow[] = [];
    const elsewhere: FileRow[] = [];
    for (const row of rows) {
      const there = known.get(`${row.scope}:${row.name}`);
      if (!there) {
        send.push(row);
        continue;
      }
      const sums = there.bytes === row.bytes ? await sumsOf(row, signal).catch((error: unknown) => error) : undefined;
      if (RucioError.is(sums, 'cancelled')) throw sums;
      if (sums instanceof Error) {
        await context.failed(row, sums);
        continue;
      }
      const same = sums as { adler32: string; md5: string } | undefined;
      if (!same || (there.adler32 !== null && there.adler32.padStart(8, '0') !== same.adler32)) {
        await context.failed(row, new RucioError('refused', `There is another file called ${row.scope}:${row.name} in the catalogue (${there.bytes} bytes, adler32 ${there.adler32 ?? 'not known'}). Nothing was sent.`, { subject: `${row.scope}:${row.name}`, exceptionClass: 'NameTaken' }));
      } else if (Object.values(there.states).includes('AVAILABLE')) elsewhere.push({ ...row, ...same });
      else send.push(row); // registered, and nowhere whole: it is sent, and the catalogue put right
    }
    if (elsewhere.length > 0) {
      await context.retried(elsewhere, async () => {
        await catalogue.rulesFor(elsewhere, signal);
        await Promise.all(elsewhere.map(async (row) => {
          const here = known.get(`${row.scope}:${row.name}`)?.states[wish.rse] === 'AVAILABLE';
          await step(row, { state: 'done', step: 'done', adler32: row.adler32, md5: row.md5, note: here ? 'was there already' : 'was in the lake already: a rule brings it there' });
          context.ended(row, 'done');
        }));
      });
    }
    return send;
  }

  return {
    async go() {
      const { protocols } = await writable(client, wish.rse, signal);
      const under = new Under();
      try {
        await all(protocols, under);
      } finally {
        await under.settled();
      }
      await enter(true);
    },
    /** Takes away what was sent of files that were not entered. */
    async undo(row, afterMs) {
      const gone = row.temp === null || !await removed({ storage, afterMs }, new URL(row.temp));
      if (row.step === 'registered') return `${row.scope}:${row.name} is at ${wish.rse} and in the catalogue, without a rule of this upload`;
      if (row.url === null || row.note === SAME_THERE) return undefined; // what somebody else put there is not ours to take away
      const final = new URL(row.url);
      const time = AbortSignal.timeout(afterMs);
      // Ended in the middle of MOVE, and it was done: there was nothing under that name just before.
      const ours = row.step === 'moved' || (row.step === 'sent' && gone && row.adler32 !== null && (await storage.stat(final, { checksum: true }, time))?.adler32 === row.adler32);
      if (ours && !(await catalogue.known([row], time)).has(`${row.scope}:${row.name}`)) await removed({ storage, afterMs }, final);
      return undefined;
    },
  };

  async function all(protocols: readonly RSEProtocol[], under: Under): Promise<void> {
    for (let after = -1; !signal.aborted;) {
      const rows = journal.files(id, { states: ['queued'], after, limit: MOST });
      if (rows.length === 0) break;
      after = rows.at(-1)!.n;
      let urls: ((did: FileRow) => readonly URL[]) | undefined;
      let send: readonly FileRow[] = [];
      await context.retried(rows, async () => {
        urls = await urlsAt(client, wish.rse, protocols, rows, signal);
        send = await look(rows);
      });
      for (const row of send) {
        let ways: readonly URL[];
        try {
          ways = urls?.(row) ?? [];
        } catch (error) {
          await context.failed(row, error);
          continue;
        }
        if (ways.length === 0) {
          await context.failed(row, new RucioError('configuration', `The server gives no address for ${row.scope}:${row.name} at ${wish.rse}.`, { subject: wish.rse }));
          continue;
        }
        const room = await context.room(row.bytes, ways[0]);
        if (signal.aborted) {
          room.leave();
          break;
        }
        under.add(one(row, ways, room).finally(() => room.leave()));
      }
    }
  }
}
