// A search as one types: waits for a pause, drops what is under way at the next key, and keeps the last rows on the screen
// until the new ones come. Knows nothing of VS Code.
import * as protocol from '../../protocol.ts';
import type { DIDFilter, DIDRow, Failure } from '../../protocol.ts';
import { type Clock, systemClock } from '../tree/coalesce.ts';
import { didKey } from './ids.ts';
import { Listing } from '../tree/listing.ts';
import { type LakeClient, PAGE } from './model.ts';

export interface Question { readonly instance: string; readonly text: string; readonly type: DIDFilter }

export interface QueryState {
  readonly rows: readonly DIDRow[];
  readonly more: boolean;
  readonly busy: boolean;
  readonly failure: Failure | undefined;
  /** Nothing was asked: the text has no scope yet. */
  readonly idle: boolean;
}

const PAUSE_MS = 200;

export class Query {
  readonly #client: LakeClient;
  readonly #onChange: () => void;
  readonly #clock: Clock;
  #listing: Listing<DIDRow> | undefined;
  #before: readonly DIDRow[] = [];
  #timer: unknown;

  constructor(client: LakeClient, onChange: () => void, clock: Clock = systemClock) {
    this.#client = client;
    this.#onChange = onChange;
    this.#clock = clock;
  }

  get state(): QueryState {
    const listing = this.#listing;
    const busy = this.#timer !== undefined || (listing?.loading ?? false);
    const rows = listing && (listing.size > 0 || !busy) ? listing.rows : this.#before;
    return { rows, busy, more: listing?.more ?? false, failure: listing?.failure, idle: listing === undefined && !busy };
  }

  /** The text as it is now; asks the server after a pause. */
  ask(question: Question): void {
    this.#stop();
    this.#before = this.state.rows;
    this.#listing = undefined;
    if (!question.text.includes(':')) {
      this.#before = [];
    } else {
      this.#timer = this.#clock.setTimeout(() => {
        this.#timer = undefined;
        this.#start(question);
      }, PAUSE_MS);
    }
    this.#onChange();
  }

  retry(): void {
    void this.#listing?.refresh();
  }

  dispose(): void {
    this.#stop();
  }

  #stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#listing?.cancel();
  }

  #start({ instance, text, type }: Question): void {
    const listing = new Listing<DIDRow>({
      page: PAGE,
      keyOf: ({ scope, name }) => didKey({ instance, scope, name }),
      ask: ({ limit, signal, rows, restart }) => this.#client.stream(protocol.searchDids, protocol.didRows,
        (token) => ({ instance, text: text.trim(), type, limit, rows: token }), rows, { signal, onRestart: restart }),
      onChange: () => { if (this.#listing === listing) this.#onChange(); },
    });
    this.#listing = listing;
    void listing.first();
    this.#onChange();
  }
}
