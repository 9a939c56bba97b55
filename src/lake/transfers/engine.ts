// All transfers of this user and machine: they begin, wait, go on after a kill, and end here, whichever window or terminal asked for them.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { Storage } from '../../storage/storage.ts';
import { explain } from '../advice.ts';
import { attempts, type AttemptsOptions, type Retry } from './attempts.ts';
import { Budget } from './budget.ts';
import { downloadRun } from './download.ts';
import { Journal, type TransferRow } from './journal.ts';
import { uploadTargets } from './places.ts';
import { planUpload, type PlanContext } from './plan.ts';
import { filesToFetch, planDownload } from './planDownload.ts';
import { Probation, setAside } from './probation.ts';
import type { Run, RunContext } from './run.ts';
import { Telling } from './telling.ts';
import { Throttle } from './throttle.ts';
import type { DownloadPlan, DownloadWish, TransferAction, TransferFile, TransferInfo, UploadPlan, UploadTarget, UploadWish } from './types.ts';
import { uploadRun } from './upload.ts';

/** An instance as transfers need it: open, with a sign-in that asks nobody. */
export interface TransferLake {
  /** Its name. */
  readonly instance: string;
  /** lake/instances.ts, sessionKey. */
  readonly session: string;
  readonly client: RucioClient;
  readonly storage: Storage;
  /** As in sources.ts. */
  readonly caches?: readonly string[] | undefined;
  account(signal?: AbortSignal): Promise<string>;
  /** Whether there is anything to show to a storage: a token that it may know, or a certificate. */
  knownToStorages(signal?: AbortSignal): Promise<boolean>;
}

export interface TransfersOptions {
  /** The folder of the journal; without it in memory, for as long as the service lives. */
  readonly state?: string | undefined;
  /** A transfer changed (null = it is off the list); a few times a second while it moves. */
  readonly onChange: (session: string, id: string, transfer: TransferInfo | null) => void;
  /** In all, for a failure that may pass. */
  readonly retry?: Retry;
  /** For how long a storage may lack the checksum of a new file; ms. */
  readonly checksumMs?: number;
  /** As in probation.ts; ms. */
  readonly aloneMs?: number;
  readonly log?: (line: string) => void;
}

/** ms for which a cancelled transfer's leavings are taken away before it is said what stays. */
const LEAVE = 1500;

interface Going {
  readonly controller: AbortController;
  readonly run: Run;
  readonly ended: Promise<void>;
}

export class Transfers {
  readonly #checksumMs: number;
  readonly #log: ((line: string) => void) | undefined;
  readonly #journal: Journal;
  readonly #lakes = new Map<string, TransferLake>();
  readonly #going = new Map<string, Going>();
  readonly #telling: Telling;
  readonly #attempts: AttemptsOptions;
  readonly #probation: Probation;
  /** What persons want of a transfer, one after the other. */
  readonly #acting = new Map<string, Promise<unknown>>();
  #closed = false;

  constructor(options: TransfersOptions) {
    const { state, onChange, retry = { attempts: 9, first: 1000, last: 30_000 }, checksumMs = 10_000, aloneMs, log } = options;
    this.#checksumMs = checksumMs;
    this.#log = log;
    this.#journal = new Journal(state);
    this.#telling = new Telling(this.#journal, onChange);
    this.#attempts = { journal: this.#journal, telling: this.#telling, budget: new Budget(), throttle: new Throttle(), retry, log };
    this.#probation = new Probation(this.#journal, (id) => this.#start(id), aloneMs);
    this.#journal.died();
    for (const transfer of this.#journal.transfers()) {
      const error = setAside(transfer);
      if (error) this.#journal.set(transfer.id, { state: 'stopped', error: explain(error, { instance: transfer.instance }), told: false });
    }
  }

  /** The instance is open (again, or with other settings): what waits for it goes on. */
  serve(lake: TransferLake): void {
    this.#lakes.set(lake.session, lake);
    for (const transfer of this.#journal.transfers()) {
      const { id, session, state, error } = transfer;
      if (session === lake.session && !this.#going.has(id) && (state === 'running' || (state === 'waiting' && (error === null || error.kind !== 'badInput')))) this.#probation.admit(transfer);
    }
  }

  /** Whether something moves, or will by itself, with this sign-in. */
  uses(session: string): boolean {
    return [...this.#going.keys()].some((id) => this.#journal.transfer(id)?.session === session);
  }

  get working(): boolean {
    return this.#going.size > 0 || this.#probation.waiting;
  }

  /** In words, for `datalake status`. */
  get work(): readonly string[] {
    return [...this.#going.keys()].flatMap((id) => {
      const info = this.#telling.info(id);
      return info ? [`${info.kind} of ${info.title} (${info.files.done} of ${info.files.total} files)`] : [];
    });
  }

  /** Where this account may upload to. */
  async targets(lake: TransferLake, signal?: AbortSignal): Promise<readonly UploadTarget[]> {
    return uploadTargets(lake.client, await lake.account(signal), signal);
  }

  /** @throws RucioError signInNeeded, unreachable, … */
  async planUpload(lake: TransferLake, wish: UploadWish, shown?: number, signal?: AbortSignal): Promise<UploadPlan> {
    return (await planUpload(await planContext(lake, signal), wish, { ...(shown !== undefined && { shown }), signal })).plan;
  }

  /** @throws RucioError notFound, … */
  planDownload(lake: TransferLake, wish: DownloadWish, shown?: number, signal?: AbortSignal): Promise<DownloadPlan> {
    return planDownload(lake.client, wish, { ...(shown !== undefined && { shown }), signal });
  }

  /** Written down when it resolves; bytes move from then on. @throws RucioError badInput with the first of the plan's problems. */
  async upload(lake: TransferLake, wish: UploadWish, signal?: AbortSignal): Promise<TransferInfo> {
    const { storage: _, ...context } = await planContext(lake, signal); // a storage that is down is no reason to take nothing up
    const { account } = context;
    const { plan, files } = await planUpload(context, wish, { signal });
    if (plan.problems[0] !== undefined) throw new RucioError('badInput', plan.problems.join(' '), { subject: wish.rse, exceptionClass: 'PlanRefused' });
    return this.#add(lake, account, 'upload', wish, files);
  }

  /** The same, for files to be fetched. */
  async download(lake: TransferLake, wish: DownloadWish, signal?: AbortSignal): Promise<TransferInfo> {
    const account = await lake.account(signal);
    return this.#add(lake, account, 'download', wish, await filesToFetch(lake.client, wish, signal));
  }

  /** Of these sign-ins, those that go first, first. */
  list(sessions: ReadonlySet<string>): readonly TransferInfo[] {
    return this.#journal.transfers().flatMap(({ id, session }) => (sessions.has(session) ? this.#telling.info(id) ?? [] : []));
  }

  /** A window of its files, by number; those that move now are `running`. */
  files(sessions: ReadonlySet<string>, id: string, { states, after, limit }: { readonly states?: readonly TransferFile['state'][]; readonly after?: number; readonly limit: number }): readonly TransferFile[] {
    this.#mine(sessions, id);
    const asked = states?.flatMap((state) => (state === 'running' ? ['queued' as const] : state));
    const rows = this.#journal.files(id, { ...(asked && { states: asked }), ...(after !== undefined && { after }), limit: Math.min(limit, 1000) });
    return rows.map((row): TransferFile => {
      const moved = this.#telling.movedOf(id, row.n);
      return {
        n: row.n, path: row.path, did: { scope: row.scope, name: row.name }, bytes: row.bytes, state: moved === undefined ? row.state : 'running',
        ...(moved !== undefined && { moved }), ...(row.note !== null && { note: row.note }), ...(row.error && { error: row.error }),
      };
    }).filter(({ state }) => states === undefined || states.includes(state));
  }

  /** What was done is written when it resolves. @throws RucioError badInput for what does not fit the transfer's state. */
  act(sessions: ReadonlySet<string>, id: string, action: TransferAction): Promise<TransferInfo | null> {
    // Resumed while it is still being paused: the one waits for the other, whoever asked.
    const acted = (this.#acting.get(id) ?? Promise.resolve()).then(() => this.#act(sessions, id, action));
    const settled = acted.catch(() => undefined).then(() => { if (this.#acting.get(id) === settled) this.#acting.delete(id); });
    this.#acting.set(id, settled);
    return acted;
  }

  async #act(sessions: ReadonlySet<string>, id: string, action: TransferAction): Promise<TransferInfo | null> {
    const { session, state } = this.#mine(sessions, id);
    const over = state === 'done' || state === 'cancelled';
    const unfit = (): RucioError => new RucioError('badInput', `This transfer is ${state}: it can't be ${action === 'pause' ? 'paused' : action === 'cancel' ? 'cancelled' : action === 'clear' ? 'cleared' : action === 'first' ? 'put first' : 'begun again'}.`);
    switch (action) {
      case 'pause':
        if (over) throw unfit();
        this.#journal.set(id, { state: 'paused' });
        await this.#halt(id);
        break;
      case 'resume':
      case 'retry':
        if (state === 'running') throw unfit();
        await this.#going.get(id)?.ended; // stopped, and its last files are being left
        this.#telling.progress(id).turn('failed', 'queued');
        this.#journal.turn(id, action === 'retry' && state === 'cancelled' ? ['failed', 'cancelled'] : ['failed'], 'queued');
        this.#telling.forget(id);
        this.#journal.set(id, { state: 'running', error: null, ended: null, told: false, deaths: 0 });
        this.#start(id);
        break;
      case 'first':
        if (over) throw unfit();
        this.#journal.first(id);
        this.#attempts.budget.first(id);
        break;
      case 'cancel':
        if (over) throw unfit();
        await this.#cancel(id);
        break;
      case 'clear':
        if (!over) throw unfit();
        await this.#leave(id, this.#undoer(id)); // what was kept for another try
        this.#journal.remove(id);
        this.#telling.gone(session, id);
        return null;
    }
    this.#telling.now(id);
    return this.#telling.info(id) ?? null;
  }

  /** True once after it ended, or needs a person: whoever asks tells them. */
  claim(sessions: ReadonlySet<string>, id: string): boolean {
    const { told, state } = this.#mine(sessions, id);
    if (told || (state !== 'done' && state !== 'stopped' && state !== 'waiting')) return false;
    this.#journal.set(id, { told: true });
    return true;
  }

  /** Bytes a second over all of them, from now on; 0 = no limit. */
  throttle(bytesPerSecond: number): void {
    this.#attempts.throttle.set(bytesPerSecond);
  }

  /** No other file begins; resolves when those under way have ended, at the latest after so many ms. */
  async rest(ms: number): Promise<void> {
    const enough = new AbortController();
    const { budget } = this.#attempts;
    budget.close();
    await Promise.race([budget.empty(), pause(ms, undefined, { signal: enough.signal }).catch(() => undefined)]);
    enough.abort();
  }

  /** Everything stops where it is; the journal has it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#probation.close();
    // First of all: what does not come to its end in time (a storage that hangs) is no reason to suspect a transfer.
    this.#journal.rest();
    await Promise.all([...this.#going.keys()].map((id) => this.#halt(id)));
    this.#telling.close();
    this.#journal.close();
  }

  #add(lake: TransferLake, account: string, kind: 'upload' | 'download', wish: UploadWish | DownloadWish, files: Parameters<Journal['add']>[1]): TransferInfo {
    const id = randomUUID().slice(0, 13);
    this.#lakes.set(lake.session, lake);
    this.#journal.add({ id, session: lake.session, instance: lake.instance, account, kind, wish, state: 'running', made: Date.now() }, files);
    this.#start(id);
    return this.#telling.info(id)!;
  }

  #start(id: string): void {
    const transfer = this.#journal.transfer(id);
    const lake = transfer && this.#lakes.get(transfer.session);
    if (!transfer || !lake || this.#going.has(id) || this.#closed) return;
    const controller = new AbortController();
    let stopped: unknown;
    const stop = (error: unknown): void => {
      stopped ??= error;
      controller.abort();
    };
    const tries = attempts(this.#attempts, transfer, controller.signal, stop);
    const context: RunContext = {
      ...tries,
      arrived: (row, fresh) => {
        tries.arrived(row, fresh);
        if (fresh) this.#probation.moved(id);
      },
      ended: (row, state) => {
        tries.ended(row, state);
        this.#probation.moved(id);
      },
    };
    const { journal, client, storage } = { journal: this.#journal, client: lake.client, storage: lake.storage };
    const run = transfer.kind === 'upload'
      ? uploadRun(id, transfer.wish as UploadWish, { ...context, client, storage, journal, account: transfer.account, checksumMs: this.#checksumMs })
      : downloadRun(id, transfer.wish as DownloadWish, { ...context, client, storage, journal, caches: lake.caches });
    this.#journal.set(id, { going: true, ...((transfer.state !== 'running' || transfer.error) && { state: 'running', error: null }) });
    const ended = (async () => {
      try {
        const account = await lake.account(controller.signal);
        if (account !== transfer.account) throw new RucioError('signInNeeded', `This transfer was begun as ${transfer.account}, and ${account} is signed in now.`, { subject: lake.instance });
        await run.go();
      } catch (error) {
        stop(error);
      }
      this.#going.delete(id);
      if (!this.#closed) this.#journal.set(id, { going: false });
      this.#probation.left(id);
      await this.#settle(id, stopped, controller.signal.aborted);
    })();
    this.#going.set(id, { controller, run, ended });
    this.#telling.now(id);
  }

  /** It ended: by itself, by a person (the journal says how already), or by what stopped it. */
  async #settle(id: string, stopped: unknown, aborted: boolean): Promise<void> {
    const transfer = this.#journal.transfer(id);
    if (!transfer || this.#closed) return;
    if (stopped !== undefined && !RucioError.is(stopped, 'cancelled')) {
      const error = explain(stopped, { instance: transfer.instance });
      this.#log?.(`transfer ${id} stopped: ${error.what}`);
      if (transfer.state === 'running') this.#journal.set(id, { state: error.kind === 'signInNeeded' ? 'waiting' : 'stopped', error, told: false });
    } else if (!aborted && transfer.state === 'running') this.#journal.set(id, { state: 'done', ended: Date.now() });
    this.#telling.now(id);
  }

  async #halt(id: string): Promise<void> {
    this.#probation.left(id);
    const going = this.#going.get(id);
    going?.controller.abort();
    await going?.ended;
  }

  async #cancel(id: string): Promise<void> {
    this.#journal.set(id, { state: 'cancelled', ended: Date.now() });
    const going = this.#going.get(id);
    const run = going?.run ?? this.#undoer(id);
    await this.#halt(id);
    await this.#leave(id, run);
    this.#journal.turn(id, ['queued'], 'cancelled');
    this.#telling.forget(id);
  }

  /** Whatever has begun and is not whole in the catalogue is taken away, as far as the storage does it soon; what stays is written down. */
  async #leave(id: string, run: Run | undefined): Promise<void> {
    const until = performance.now() + LEAVE;
    const begun = this.#journal.begun(id);
    const next = async (): Promise<void> => {
      for (let row = begun.pop(); row; row = begun.pop()) {
        try {
          const stays = await run?.undo(row, Math.max(1, Math.ceil(until - performance.now())));
          await this.#journal.step(id, row.n, { temp: null, ...(stays !== undefined && { note: stays }) });
        } catch (error) {
          await this.#journal.step(id, row.n, { error: explain(error, { did: row }) });
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, next));
  }

  /** Of a transfer that does not run: what takes away its leavings, where its instance is open. */
  #undoer(id: string): Run | undefined {
    const transfer = this.#journal.transfer(id);
    const lake = transfer && this.#lakes.get(transfer.session);
    if (!transfer || !lake) return undefined;
    const context = { ...attempts(this.#attempts, transfer, new AbortController().signal, () => undefined), client: lake.client, storage: lake.storage, journal: this.#journal, account: transfer.account, checksumMs: 0 };
    return transfer.kind === 'upload' ? uploadRun(id, transfer.wish as UploadWish, context) : downloadRun(id, transfer.wish as DownloadWish, context);
  }

  #mine(sessions: ReadonlySet<string>, id: string): TransferRow {
    const transfer = this.#journal.transfer(id);
    if (!transfer || !sessions.has(transfer.session)) throw new RucioError('notFound', `There is no transfer ${id}.`, { subject: id });
    return transfer;
  }
}

async function planContext(lake: TransferLake, signal: AbortSignal | undefined): Promise<PlanContext> {
  return { client: lake.client, storage: lake.storage, account: await lake.account(signal), known: await lake.knownToStorages(signal) };
}
