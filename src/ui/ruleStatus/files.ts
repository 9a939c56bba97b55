// The table of a rule's files, from the page's side of the editor: opened when it is asked for, looked at in windows, closed with the page.
import type { ServiceClient } from '../../client/client.ts';
import * as protocol from '../../protocol.ts';
import type { LocksSummary, StuckFile } from '../../protocol.ts';
import { didText } from '../explorer/words.ts';
import { isCancelled, toFailure } from '../failures.ts';
import { Signal } from '../signal.ts';
import type { FilesQuery, FilesView, StuckView } from './messages.ts';

export const FIRST_QUERY: FilesQuery = { text: '', state: '', sort: 'state', descending: false, offset: 0 };
/** Rows of one window; some of them lie before the first that is on the screen. */
const WINDOW = 200;
const BEFORE = 60;

let tables = 0;

export class RuleFiles {
  readonly #client: Pick<ServiceClient, 'request' | 'stream'>;
  readonly #instance: string;
  readonly #ruleId: string;
  readonly #table = `${process.pid}.${++tables}`;
  readonly #changed = new Signal<void>();
  readonly onDidChange = this.#changed.event;
  #view: FilesView | undefined;
  #reading: AbortController | undefined;
  /** Counts what is asked: an answer to an older question is dropped. */
  #asked = 0;

  constructor(client: Pick<ServiceClient, 'request' | 'stream'>, instance: string, ruleId: string) {
    this.#client = client;
    this.#instance = instance;
    this.#ruleId = ruleId;
  }

  /** undefined: closed. */
  get view(): FilesView | undefined {
    return this.#view;
  }

  /** Opens it where it is closed; else looks for these rows. */
  async look(query: FilesQuery, again = false): Promise<void> {
    if (!this.#view || again || this.#view.status === 'failed') return this.#open(query);
    this.#view = { ...this.#view, query };
    await this.#window();
  }

  /** The rule's counts are others than those that were read. */
  outdated(): void {
    if (!this.#view || this.#view.old || this.#view.status !== 'whole') return;
    this.#view = { ...this.#view, old: true };
    this.#changed.fire();
  }

  close(): void {
    this.#reading?.abort();
    this.#asked++;
    if (!this.#view) return;
    this.#view = undefined;
    // It goes with the window in any case.
    this.#client.request(protocol.closeLocks, { table: this.#table }).catch(() => undefined);
  }

  dispose(): void {
    this.close();
    this.#changed.dispose();
  }

  async #open(query: FilesQuery): Promise<void> {
    this.#reading?.abort();
    const reading = this.#reading = new AbortController();
    this.#view = { status: 'reading', read: 0, counts: [], query, old: false };
    this.#changed.fire();
    try {
      const summary = await this.#client.stream(protocol.openLocks, protocol.locksRead, (progress) => ({ instance: this.#instance, id: this.#ruleId, table: this.#table, progress }), (now) => {
        if (reading.signal.aborted) return;
        this.#hear(now, 'reading');
        void this.#window();
      }, { signal: reading.signal });
      if (reading.signal.aborted) return;
      this.#hear(summary, 'whole');
      await this.#window();
    } catch (error) {
      const failure = toFailure(error);
      if (reading.signal.aborted || isCancelled(failure) || !this.#view) return;
      this.#view = { ...this.#view, status: 'failed', failure: [failure.what, failure.next].filter(Boolean).join(' ') };
      this.#changed.fire();
    }
  }

  #hear({ read, counts }: LocksSummary, status: 'reading' | 'whole'): void {
    if (!this.#view) return;
    const rses = new Map<string, { rse: string; ok: number; replicating: number; stuck: number }>();
    for (const { rse, state, files } of counts) {
      const row = rses.get(rse) ?? { rse, ok: 0, replicating: 0, stuck: 0 };
      rses.set(rse, { ...row, [state.toLowerCase()]: files });
    }
    this.#view = { ...this.#view, status, read, counts: [...rses.values()] };
    this.#changed.fire();
  }

  async #window(): Promise<void> {
    const turn = ++this.#asked;
    const query = this.#view?.query;
    if (!query) return;
    const { text, state, sort, descending, offset } = query;
    try {
      const { rows, matching, offset: first } = await this.#client.request(protocol.locksWindow, { table: this.#table, query: { text, sort, descending, offset: Math.max(0, offset - BEFORE), limit: WINDOW, ...(state !== '' && { state }) } });
      if (turn !== this.#asked || !this.#view) return;
      this.#view = { ...this.#view, window: { query, offset: first, matching, rows: rows.map(({ scope, name, rse, state: lock }) => ({ did: didText({ scope, name }), rse, state: lock })) } };
      this.#changed.fire();
    } catch (error) {
      if (turn !== this.#asked || !this.#view) return;
      // The service ended meanwhile, and its table with it: it is read again, once it was whole; a failure of the reading itself is shown there.
      if (toFailure(error).kind === 'service' && this.#view.status === 'whole') return this.#open(query);
      if (this.#view.status === 'reading') return;
      this.#view = { ...this.#view, status: 'failed', failure: toFailure(error).what };
      this.#changed.fire();
    }
  }
}

/** In place of a text, Rucio 41 often gives the state of the last transfer: "RequestState.FAILED". */
function saidOf(lastError: string | undefined): string {
  const state = /^RequestState\.(\w+)$/.exec(lastError ?? '')?.[1];
  if (state !== undefined) return `The last transfer ended as ${state.toLowerCase().replaceAll('_', ' ')}; the server gives no text for it.`;
  return lastError === undefined ? 'The server gives no text for it.' : `Rucio says: ${lastError}`;
}

/** In whole sentences, what the server knows of a stuck file. */
export function stuckView({ scope, name, rse, attempts, lastError, lastSource, lastTime, sources }: StuckFile): StuckView {
  const readable = sources.filter((source) => source.readable).map((source) => source.rse);
  const words = [
    attempts === undefined ? undefined : `Tried ${attempts === 1 ? 'once' : `${attempts} times`}${lastSource === undefined ? '' : `, last from ${lastSource}`}${lastTime === undefined ? '' : ` (${lastTime})`}.`,
    saidOf(lastError),
    sources.length === 0 ? 'No storage has a good copy of it: it can only come if somebody uploads it again.' : readable.length === 0 ? `Only ${sources.map((source) => source.rse).join(', ')} ${sources.length === 1 ? 'has' : 'have'} it, and can’t be read now.` : `It could come from ${readable.join(', ')}.`,
  ];
  return { did: didText({ scope, name }), rse, words: words.filter((text) => text !== undefined) };
}
