// All transfers of this user and machine: they begin, wait, go on after a kill, and end here, whichever window or terminal asked for them.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { RucioError } from '../../rucio/errors.ts';
import { explain } from '../advice.ts';
import type { Retry } from './attempts.ts';
import { Budget } from './budget.ts';
import { Journal, type TransferRow } from './journal.ts';
import type { TransferLake } from './lake.ts';
import { uploadTargets } from './places.ts';
import { planUpload, type PlanContext } from './plan.ts';
import { filesToFetch, planDownload } from './planDownload.ts';
import { setAside } from './probation.ts';
import { Running } from './running.ts';
import { Telling } from './telling.ts';
import { Throttle } from './throttle.ts';
import type { DownloadPlan, DownloadWish, TransferAction, TransferFile, TransferInfo, UploadPlan, UploadTarget, UploadWish } from './types.ts';

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

export class Transfers {
  readonly #journal: Journal;
  readonly #telling: Telling;
  readonly #budget = new Budget();
  readonly #throttle = new Throttle();
  readonly #running: Running;
  /** What persons want of a transfer, one after the other. */
  readonly #acting = new Map<string, Promise<unknown>>();

  constructor(options: TransfersOptions) {
    const { state, onChange, retry = { attempts: 9, first: 1000, last: 30_000 }, checksumMs = 10_000, aloneMs, log } = options;
    this.#journal = new Journal(state);
    this.#telling = new Telling(this.#journal, onChange);
    this.#running = new Running({ journal: this.#journal, telling: this.#telling, budget: this.#budget, throttle: this.#throttle, retry, checksumMs, aloneMs, log });
    this.#journal.died();
    for (const transfer of this.#journal.transfers()) {
      const error = setAside(transfer);
      if (error) this.#journal.set(transfer.id, { state: 'stopped', error: explain(error, { instance: transfer.instance }), told: false });
    }
  }

  /** The instance is open (again, or with other settings): what waits for it goes on. */
  serve(lake: TransferLake): void {
    this.#running.serve(lake);
  }

  /** Whether something moves, or will by itself, with this sign-in. */
  uses(session: string): boolean {
    return this.#running.ids.some((id) => this.#journal.transfer(id)?.session === session);
  }

  get working(): boolean {
    return this.#running.working;
  }

  /** In words, for `datalake status`. */
  get work(): readonly string[] {
    return this.#running.ids.flatMap((id) => {
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
        await this.#running.halt(id);
        break;
      case 'resume':
      case 'retry':
        if (state === 'running') throw unfit();
        await this.#running.ended(id); // stopped, and its last files are being left
        this.#telling.progress(id).turn('failed', 'queued');
        this.#journal.turn(id, action === 'retry' && state === 'cancelled' ? ['failed', 'cancelled'] : ['failed'], 'queued');
        this.#telling.forget(id);
        this.#journal.set(id, { state: 'running', error: null, ended: null, told: false, deaths: 0 });
        this.#running.start(id);
        break;
      case 'first':
        if (over) throw unfit();
        this.#journal.first(id);
        this.#budget.first(id);
        break;
      case 'cancel':
        if (over) throw unfit();
        await this.#running.cancel(id);
        break;
      case 'clear':
        if (!over) throw unfit();
        await this.#running.leave(id);
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
    this.#throttle.set(bytesPerSecond);
  }

  /** No other file begins; resolves when those under way have ended, at the latest after so many ms. */
  async rest(ms: number): Promise<void> {
    const enough = new AbortController();
    this.#budget.close();
    await Promise.race([this.#budget.empty(), pause(ms, undefined, { signal: enough.signal }).catch(() => undefined)]);
    enough.abort();
  }

  /** Everything stops where it is; the journal has it. */
  async close(): Promise<void> {
    await this.#running.close();
    this.#telling.close();
    this.#journal.close();
  }

  #add(lake: TransferLake, account: string, kind: 'upload' | 'download', wish: UploadWish | DownloadWish, files: Parameters<Journal['add']>[1]): TransferInfo {
    const id = randomUUID().slice(0, 13);
    this.#running.open(lake);
    this.#journal.add({ id, session: lake.session, instance: lake.instance, account, kind, wish, state: 'running', made: Date.now() }, files);
    this.#running.start(id);
    return this.#telling.info(id)!;
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
