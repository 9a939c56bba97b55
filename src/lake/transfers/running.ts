// The transfers that move now, each from its start until the journal has all of it; and what is taken away when one is given up.
import { RucioError } from '../../rucio/errors.ts';
import { explain } from '../advice.ts';
import { attempts, type AttemptsOptions } from './attempts.ts';
import { downloadRun } from './download.ts';
import type { TransferRow } from './journal.ts';
import type { TransferLake } from './lake.ts';
import { Probation } from './probation.ts';
import type { Run, RunContext } from './run.ts';
import type { DownloadWish, UploadWish } from './types.ts';
import { uploadRun } from './upload.ts';

export interface RunningOptions extends AttemptsOptions {
  /** For how long a storage may lack the checksum of a new file; ms. */
  readonly checksumMs: number;
  /** As in probation.ts; ms. */
  readonly aloneMs: number | undefined;
}

/** ms for which a cancelled transfer's leavings are taken away before it is said what stays. */
const LEAVE = 1500;

interface Going {
  readonly controller: AbortController;
  readonly run: Run;
  readonly ended: Promise<void>;
}

export class Running {
  readonly #options: RunningOptions;
  readonly #lakes = new Map<string, TransferLake>();
  readonly #going = new Map<string, Going>();
  readonly #probation: Probation;
  #closed = false;

  constructor(options: RunningOptions) {
    this.#options = options;
    this.#probation = new Probation(options.journal, (id) => this.start(id), options.aloneMs);
  }

  /** Those that move now. */
  get ids(): readonly string[] {
    return [...this.#going.keys()];
  }

  /** Something moves, or will as soon as another has shown that it does no harm. */
  get working(): boolean {
    return this.#going.size > 0 || this.#probation.waiting;
  }

  /** The instance is open (again, or with other settings): what waits for it goes on. */
  serve(lake: TransferLake): void {
    this.open(lake);
    for (const transfer of this.#options.journal.transfers()) {
      const { id, session, state, error } = transfer;
      if (session === lake.session && !this.#going.has(id) && (state === 'running' || (state === 'waiting' && (error === null || error.kind !== 'badInput')))) this.#probation.admit(transfer);
    }
  }

  /** What is started from now on moves by this one. */
  open(lake: TransferLake): void {
    this.#lakes.set(lake.session, lake);
  }

  /** Unless it moves already, or its instance is not open. */
  start(id: string): void {
    const { journal, telling, checksumMs } = this.#options;
    const transfer = journal.transfer(id);
    const lake = transfer && this.#lakes.get(transfer.session);
    if (!transfer || !lake || this.#going.has(id) || this.#closed) return;
    const controller = new AbortController();
    let stopped: unknown;
    const stop = (error: unknown): void => {
      stopped ??= error;
      controller.abort();
    };
    const tries = attempts(this.#options, transfer, controller.signal, stop);
    const run = this.#runOf(transfer, lake, checksumMs, {
      ...tries,
      arrived: (row, fresh) => {
        tries.arrived(row, fresh);
        if (fresh) this.#probation.moved(id);
      },
      ended: (row, state) => {
        tries.ended(row, state);
        this.#probation.moved(id);
      },
    });
    journal.set(id, { going: true, ...((transfer.state !== 'running' || transfer.error) && { state: 'running', error: null }) });
    const ended = (async () => {
      try {
        const account = await lake.account(controller.signal);
        if (account !== transfer.account) throw new RucioError('signInNeeded', `This transfer was begun as ${transfer.account}, and ${account} is signed in now.`, { subject: lake.instance });
        await run.go();
      } catch (error) {
        stop(error);
      }
      this.#going.delete(id);
      if (!this.#closed) journal.set(id, { going: false });
      this.#probation.left(id);
      this.#settle(id, stopped, controller.signal.aborted);
    })();
    this.#going.set(id, { controller, run, ended });
    telling.now(id);
  }

  /** When its last files are left; at once where it does not move. */
  async ended(id: string): Promise<void> {
    await this.#going.get(id)?.ended;
  }

  /** It stops where it is. */
  async halt(id: string): Promise<void> {
    this.#probation.left(id);
    this.#going.get(id)?.controller.abort();
    await this.ended(id);
  }

  /** Written down as cancelled, stopped, and its leavings taken away. */
  async cancel(id: string): Promise<void> {
    const { journal, telling } = this.#options;
    journal.set(id, { state: 'cancelled', ended: Date.now() });
    const run = this.#going.get(id)?.run ?? this.#undoer(id);
    await this.halt(id);
    await this.#leave(id, run);
    journal.turn(id, ['queued'], 'cancelled');
    telling.forget(id);
  }

  /** What was kept for another try is taken away. */
  leave(id: string): Promise<void> {
    return this.#leave(id, this.#undoer(id));
  }

  /** Everything stops where it is; the journal has it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#probation.close();
    // First of all: what does not come to its end in time (a storage that hangs) is no reason to suspect a transfer.
    this.#options.journal.rest();
    await Promise.all(this.ids.map((id) => this.halt(id)));
  }

  #runOf({ id, kind, wish, account }: TransferRow, { client, storage, caches }: TransferLake, checksumMs: number, context: RunContext): Run {
    const { journal } = this.#options;
    return kind === 'upload'
      ? uploadRun(id, wish as UploadWish, { ...context, client, storage, journal, account, checksumMs })
      : downloadRun(id, wish as DownloadWish, { ...context, client, storage, journal, caches });
  }

  /** It ended: by itself, by a person (the journal says how already), or by what stopped it. */
  #settle(id: string, stopped: unknown, aborted: boolean): void {
    const { journal, telling, log } = this.#options;
    const transfer = journal.transfer(id);
    if (!transfer || this.#closed) return;
    if (stopped !== undefined && !RucioError.is(stopped, 'cancelled')) {
      const error = explain(stopped, { instance: transfer.instance });
      log?.(`transfer ${id} stopped: ${error.what}`);
      if (transfer.state === 'running') journal.set(id, { state: error.kind === 'signInNeeded' ? 'waiting' : 'stopped', error, told: false });
    } else if (!aborted && transfer.state === 'running') journal.set(id, { state: 'done', ended: Date.now() });
    telling.now(id);
  }

  /** Whatever has begun and is not whole in the catalogue is taken away, as far as the storage does it soon; what stays is written down. */
  async #leave(id: string, run: Run | undefined): Promise<void> {
    const { journal } = this.#options;
    const until = performance.now() + LEAVE;
    const begun = journal.begun(id);
    const next = async (): Promise<void> => {
      for (let row = begun.pop(); row; row = begun.pop()) {
        try {
          const stays = await run?.undo(row, Math.max(1, Math.ceil(until - performance.now())));
          await journal.step(id, row.n, { temp: null, ...(stays !== undefined && { note: stays }) });
        } catch (error) {
          await journal.step(id, row.n, { error: explain(error, { did: row }) });
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, next));
  }

  /** Of a transfer that does not run: what takes away its leavings, where its instance is open. */
  #undoer(id: string): Run | undefined {
    const transfer = this.#options.journal.transfer(id);
    const lake = transfer && this.#lakes.get(transfer.session);
    return transfer && lake && this.#runOf(transfer, lake, 0, attempts(this.#options, transfer, new AbortController().signal, () => undefined));
  }
}
