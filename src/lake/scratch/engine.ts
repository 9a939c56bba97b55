// Files in scratch on their way to safety, of all windows and terminals: written down, taken step by step, followed until Rucio may delete them,
// and taken up again after a kill.
import { randomUUID } from 'node:crypto';
import { RucioError, type ErrorKind } from '../../rucio/errors.ts';
import { explain } from '../advice.ts';
import { mapLimited } from '../limited.ts';
import { ScratchJournal, type ScratchChange, type ScratchRow } from './journal.ts';
import { planScratch, type ScratchLake } from './plan.ts';
import { letGo, ruleState } from './release.ts';
import { nextStep, type StepContext } from './steps.ts';
import type { ScratchAction, ScratchFile, ScratchUpload, ScratchWish } from './types.ts';

export interface ScratchUploadsOptions {
  /** The folder of the journal; without it in memory. */
  readonly state?: string | undefined;
  readonly onChange: (session: string) => void;
  /** ms. A failure that may pass is tried again from the first to the last, doubled; a rule is looked at after a quarter of the time that it took so far. */
  readonly retry?: { readonly attempts: number; readonly first: number; readonly last: number };
  readonly follow?: { readonly first: number; readonly last: number };
  readonly log?: (line: string) => void;
}

/** So many are worked at, at one time. */
const SIDE_BY_SIDE = 4;
/** Rows that are taken up at once. */
const TURN = 200;
const MAY_PASS: readonly ErrorKind[] = ['unreachable', 'timeout', 'busy', 'cutStream', 'serverError', 'mount'];
const OVER: readonly ScratchRow['step'][] = ['released', 'kept'];

export class ScratchUploads {
  readonly #options: Required<Pick<ScratchUploadsOptions, 'retry' | 'follow'>> & ScratchUploadsOptions;
  readonly #journal: ScratchJournal;
  readonly #lakes = new Map<string, ScratchLake>();
  readonly #turns = new Map<string, Promise<void>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Sessions for which nothing can be done just now (nobody is signed in, or the journal can't be written): tried again seldom, and keeping nothing alive. */
  readonly #resting = new Set<string>();
  readonly #closing = new AbortController();

  constructor(options: ScratchUploadsOptions) {
    this.#options = { retry: { attempts: 6, first: 1000, last: 60_000 }, follow: { first: 1000, last: 300_000 }, ...options };
    this.#journal = new ScratchJournal(options.state);
  }

  /** The instance is open, again or signed in anew: what waits for it goes on. */
  serve(lake: ScratchLake): void {
    this.#lakes.set(lake.session, lake);
    this.#resting.delete(lake.session);
    this.#wake(lake.session);
  }

  /** Whether something is on its way by itself: the service stays for it. A rule that waits for a person keeps nothing alive. */
  get working(): boolean {
    return [...this.#lakes.keys()].some((session) => this.uses(session));
  }

  uses(session: string): boolean {
    return this.#turns.has(session) || (this.#timers.has(session) && !this.#resting.has(session) && this.#journal.moving(session) > 0);
  }

  get work(): readonly string[] {
    return [...this.#lakes.values()].flatMap(({ session, instance }) => {
      const files = this.#journal.moving(session);
      return files === 0 ? [] : [`${files} ${files === 1 ? 'file' : 'files'} in scratch on the way to safety (${instance})`];
    });
  }

  /** Written down when it resolves. @throws RucioError badInput for what is not in scratch, or can't be uploaded by such a name. */
  async upload(lake: ScratchLake, wish: ScratchWish, signal?: AbortSignal): Promise<ScratchUpload> {
    const upload = randomUUID().slice(0, 13);
    const { files, skipped, notes, scratch, destination } = await planScratch(lake, wish, signal);
    const account = await lake.account(signal);
    const there = this.#journal.add(files.map((file) => ({
      ...file, upload, session: lake.session, instance: lake.instance, account, rse: scratch.rse, destination, lifetime: wish.lifetime, delay: wish.delayDeletion ? 2 * 86_400 : 0, made: Date.now(),
    })));
    for (const row of there) this.#again(row);
    this.#lakes.set(lake.session, lake);
    this.#wake(lake.session);
    const own = this.#journal.list(lake.session, { upload, limit: files.length });
    const already = there.map(({ path: file, scope, name, destination: to }) => `${file} was on its way already, as ${scope}:${name} to ${to}: that goes on.`);
    return { upload, files: [...own, ...there.map(({ id }) => this.#journal.get(id)!)].map((row) => this.#file(row)), skipped, notes: [...notes, ...already] };
  }

  /** The newest first; of one call in their order. */
  files(session: string, { upload, ids, limit = 1000 }: { readonly upload?: string | undefined; readonly ids?: readonly number[] | undefined; readonly limit?: number } = {}): readonly ScratchFile[] {
    if (ids) return ids.flatMap((id) => this.#journal.get(id) ?? []).filter((row) => row.session === session).map((row) => this.#file(row));
    return this.#journal.list(session, { ...(upload !== undefined && { upload }), limit }).map((row) => this.#file(row));
  }

  fileOf(session: string, pfn: string): ScratchFile | undefined {
    const row = this.#journal.of(session, pfn);
    return row && this.#file(row);
  }

  /** Paths with which something is still to be done, whoever asked for it. */
  busy(): ReadonlySet<string> {
    return this.#journal.busy();
  }

  /** @throws RucioError badInput for what does not fit. null = off the list. */
  async act(session: string, id: number, action: ScratchAction, signal?: AbortSignal): Promise<ScratchFile | null> {
    const row = this.#journal.get(id);
    if (!row || row.session !== session) throw new RucioError('notFound', 'That is not on the list any more.');
    const lake = this.#lakes.get(session);
    const unfit = (why: string): RucioError => new RucioError('badInput', `${row.path}: ${why}.`);
    if (action === 'retry') {
      if (OVER.includes(row.step)) throw unfit('nothing is to be done with it any more');
      this.#again(row);
    } else if (action === 'forget') {
      if (!row.failed && !OVER.includes(row.step)) throw unfit('it is on its way; keep it in scratch instead, or wait');
      this.#journal.remove(id);
      this.#options.onChange(session);
      return null;
    } else if (row.step === 'kept') return this.#file(row);
    else if (row.step === 'released') {
      if (!lake || row.hold === null) throw unfit('it can\'t be kept any more');
      await lake.client.updateRule(row.hold, { lifetime: null }, signal).catch((error: unknown) => { throw RucioError.is(error, 'notFound') ? unfit('it can\'t be kept any more: Rucio is deleting it') : error; });
      this.#journal.set(id, { step: 'kept', deleted_from: null });
    } else if (row.hold === null) throw unfit(row.step === 'ruled' ? 'it is kept already, by a rule of your own' : 'no rule holds it yet: try again in a moment');
    else this.#journal.set(id, { step: 'kept', error: null, failed: false });
    this.#wake(session);
    this.#options.onChange(session);
    return this.#file(this.#journal.get(id)!);
  }

  /** Everything stops where it is; the journal has it. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all(this.#turns.values());
    this.#journal.close();
  }

  #again({ id }: ScratchRow): void {
    this.#journal.set(id, { failed: false, error: null, tries: 0, next: 0 });
  }

  #wake(session: string): void {
    clearTimeout(this.#timers.get(session));
    this.#timers.delete(session);
    if (this.#closing.signal.aborted || this.#turns.has(session)) return;
    const next = this.#journal.next(session);
    if (next === undefined) return;
    const wait = next - Date.now();
    if (wait > 0) {
      this.#timers.set(session, setTimeout(() => this.#wake(session), Math.min(wait, 0x7fffffff)));
      return;
    }
    const turn = this.#turn(this.#lakes.get(session)!).catch((error: unknown) => {
      this.#options.log?.(`uploads from scratch rest: ${error instanceof Error ? error.message : String(error)}`);
      return false; // what can't be written down is not tried again at once, and again
    }).then((again) => {
      this.#turns.delete(session);
      if (!again && !this.#closing.signal.aborted) {
        this.#resting.add(session);
        this.#timers.set(session, setTimeout(() => this.#wake(session), this.#options.retry.last));
      } else this.#wake(session);
      if (!this.#closing.signal.aborted) this.#options.onChange(session);
    });
    this.#turns.set(session, turn);
  }

  /** What is due now. False: nobody is signed in, or can be just now. @throws when the journal can't be written. */
  async #turn(lake: ScratchLake): Promise<boolean> {
    const { signal } = this.#closing;
    let account: string;
    try {
      account = await lake.account(signal);
    } catch (error) {
      if (signal.aborted) return false;
      for (const { id } of this.#journal.due(lake.session, Date.now(), TURN)) this.#journal.set(id, { error: explain(error, { instance: lake.instance }) });
      return false;
    }
    this.#resting.delete(lake.session);
    await mapLimited(this.#journal.due(lake.session, Date.now(), TURN), SIDE_BY_SIDE, async (row) => {
      for (let now: ScratchRow | undefined = row; now && !signal.aborted && !now.failed && !OVER.includes(now.step);) {
        if (now.account !== account) {
          this.#journal.set(now.id, { failed: true, error: explain(new RucioError('signInNeeded', `This was begun as ${now.account}, and ${account} is signed in now.`, { subject: lake.instance }), { did: now, instance: lake.instance }) });
          return;
        }
        const more = await this.#advance({ client: lake.client, storage: lake.storage, signal }, now);
        if (!more) return;
        this.#options.onChange(lake.session);
        now = this.#journal.get(now.id);
      }
    });
    return true;
  }

  /** One step; what came of it is written. True: the next may follow at once. */
  async #advance(context: StepContext, row: ScratchRow): Promise<boolean> {
    const { retry, follow } = this.#options;
    try {
      if (row.step !== 'ruled') {
        this.#journal.set(row.id, { error: null, tries: 0, next: 0, ...await nextStep(context, row) });
        return true;
      }
      const state = await ruleState(context, row);
      // The longer it takes, the more seldom; and what waits for a person, or for Rucio to try again, seldom.
      const wait = state === 'OK' ? 0 : state === 'REPLICATING' || state === 'INJECT' ? Math.min(follow.last, Math.max(follow.first, (Date.now() - row.made) / 4)) : follow.last;
      this.#journal.set(row.id, { rule_state: state, error: null, tries: 0, next: Math.round(Date.now() + wait) });
      if (state === 'OK') this.#journal.set(row.id, await letGo(context, row));
      return false;
    } catch (error) {
      if (context.signal.aborted || RucioError.is(error, 'cancelled')) return false;
      const explained = explain(error, { did: row, instance: row.instance });
      // A mount may show a file before its storage does.
      const passes = RucioError.is(error) && (MAY_PASS.includes(error.kind) || error.kind === 'signInNeeded' || (error.exceptionClass === 'StorageDiffers' && row.tries < retry.attempts - 1));
      const wait = Math.min(retry.last, retry.first * 2 ** row.tries);
      const change: ScratchChange = { error: explained, failed: !passes, tries: row.tries + 1, next: Date.now() + wait };
      this.#options.log?.(`${row.path} in scratch: ${explained.what}`);
      this.#journal.set(row.id, change);
      return false;
    } finally {
      if (!this.#closing.signal.aborted) this.#options.onChange(row.session);
    }
  }

  #file(row: ScratchRow): ScratchFile {
    const { id, upload, path, scope, name, bytes, step, destination, rule, rule_state: state, notes, error, failed, deleted_from: from } = row;
    const url = rule === null ? undefined : this.#lakes.get(row.session)?.ruleUrl(rule);
    return {
      id, upload, path, did: { scope, name }, bytes, step, destination, notes, failed,
      ...(rule !== null && { rule }), ...(state !== null && { ruleState: state }), ...(url !== undefined && { webuiUrl: url }), ...(error && { error }), ...(from !== null && { deletedFrom: from }),
    };
  }
}
