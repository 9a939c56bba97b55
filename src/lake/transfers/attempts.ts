// What happens to the files of one transfer when something fails: what may pass is tried again, what does not is the file's own failure,
// and what every other file would meet too stops the transfer.
import { setTimeout as pause } from 'node:timers/promises';
import { RucioError, type ErrorKind } from '../../rucio/errors.ts';
import { explain } from '../advice.ts';
import type { Budget } from './budget.ts';
import type { FileRow, Journal, TransferRow } from './journal.ts';
import type { RunContext } from './run.ts';
import type { Telling } from './telling.ts';
import type { Throttle } from './throttle.ts';

/** Delays in ms, doubled from the first to the last. */
export interface Retry { readonly attempts: number; readonly first: number; readonly last: number }

export interface AttemptsOptions {
  readonly journal: Journal;
  readonly telling: Telling;
  readonly budget: Budget;
  readonly throttle: Throttle;
  readonly retry: Retry;
  readonly log: ((line: string) => void) | undefined;
}

/** What may pass when the same is done again a little later. */
const MAY_PASS: readonly ErrorKind[] = ['unreachable', 'timeout', 'busy', 'cutStream', 'serverError'];
/** What each other file would meet too. */
const STOPS: readonly ErrorKind[] = ['signInNeeded', 'wrongCredentials', 'accessDenied', 'quota', 'certificate', 'configuration', 'notRucio'];

function isTrouble(error: unknown): boolean {
  return RucioError.is(error, 'busy', 'timeout', 'unreachable') && (error.exceptionClass?.startsWith('Storage') ?? false);
}

function laneOf(url: URL): string {
  return url.host;
}

/** `stop` is told what stops the transfer. */
export function attempts({ journal, telling, budget, throttle, retry, log }: AttemptsOptions, transfer: TransferRow, signal: AbortSignal, stop: (error: unknown) => void): RunContext {
  const { id, instance } = transfer;

  async function fail(row: FileRow, error: unknown): Promise<void> {
    await journal.step(id, row.n, { state: 'failed', error: explain(error, { did: row, instance }) });
    telling.progress(id).ended(row, 'failed');
  }

  return {
    signal,
    room: (bytes, url) => budget.take(bytes, { signal, of: id, ...(url && { at: laneOf(url) }) }),
    pass: (bytes, url) => {
      budget.moved(laneOf(url), bytes);
      return throttle.pass(bytes, signal);
    },
    trouble: (error, url) => {
      if (isTrouble(error)) budget.trouble(laneOf(url));
    },
    moved: (row, bytes) => {
      telling.progress(id).moved(row, bytes);
      telling.soon(id);
    },
    resized: (row, bytes) => telling.progress(id).resized(row, bytes),
    arrived: (row) => telling.progress(id).arrived(row),
    ended: (row, state) => {
      telling.progress(id).ended(row, state);
      telling.soon(id);
    },
    failed: async (row, error) => {
      log?.(`transfer ${id}: ${row.scope}:${row.name}: ${explain(error, { did: row, instance }).what}`);
      await fail(row, error);
      telling.soon(id);
    },
    retried: async (rows, work, room) => {
      for (const row of rows) if (rows.length === 1) telling.progress(id).begun(row);
      try {
        for (let attempt = 1; ; attempt++) {
          if (signal.aborted) return;
          try {
            return await work();
          } catch (error) {
            if (signal.aborted || RucioError.is(error, 'cancelled')) return;
            if (!RucioError.is(error) || STOPS.includes(error.kind)) {
              stop(error);
              return;
            }
            if (!MAY_PASS.includes(error.kind) || attempt >= retry.attempts) {
              // Of many that failed together, those that were not told already.
              for (const row of rows) {
                const now = journal.file(id, row.n);
                if (now?.state === 'queued') await fail(now, error);
              }
              return;
            }
            log?.(`transfer ${id}: again in a moment, as ${error.message}`);
            if (isTrouble(error)) room?.trouble();
            await pause(Math.min(retry.last, retry.first * 2 ** (attempt - 1)) * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
            await room?.again();
          }
        }
      } catch (error) {
        stop(error); // the journal itself
      } finally {
        if (rows.length === 1) telling.progress(id).stopped(rows[0]!);
      }
    },
  };
}
