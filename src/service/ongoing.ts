// What goes on by itself, whoever is there: watches, transfers, uploads from scratch. What was begun before, by this service or one before it,
// goes on with the lakes that are open now.
import { withoutSecrets } from '../lake/advice.ts';
import { type Lakes, scratchLake, transferLake } from './lakes.ts';
import type { Log, News } from './news.ts';
import { refusal } from './refusal.ts';
import { Scratching } from './scratching.ts';
import { Transferring } from './transferring.ts';
import { Watching } from './watching.ts';

/** ms after which what was begun before goes on. */
const FIRST_ANSWER = 300;

export interface OngoingOptions {
  readonly state: string | undefined;
  /** Another service works on the journals: here is none. Two would move the same files. */
  readonly elsewhere?: boolean;
  readonly lakes: Pick<Lakes, 'all'>;
  readonly news: Pick<News, 'transfer' | 'scratch' | 'watchEnded'>;
  /** Nothing moves any more. */
  readonly onRest: () => void;
  readonly log: Log;
}

export class Ongoing {
  readonly watching: Watching;
  readonly #lakes: OngoingOptions['lakes'];
  readonly #log: Log;
  readonly #elsewhere: boolean;
  readonly #transferring: Transferring;
  readonly #scratching: Scratching;
  #due: NodeJS.Timeout | undefined;

  constructor({ state, elsewhere = false, lakes, news, onRest, log: write }: OngoingOptions) {
    const log = (message: string): void => write('info', message);
    this.#lakes = lakes;
    this.#log = write;
    this.#elsewhere = elsewhere;
    this.watching = new Watching({ state, tell: (session, watch) => news.watchEnded(session, watch), log });
    this.#transferring = new Transferring({ state, tell: (session, id, transfer) => news.transfer(session, id, transfer), onRest, log });
    this.#scratching = new Scratching({ state, tell: (session) => news.scratch(session), onRest, log });
  }

  /** With all that was begun before, also when that is asked for at once. */
  get transferring(): Transferring {
    this.#settledHere();
    return this.#transferring;
  }

  /** As {@link transferring}. */
  get scratching(): Scratching {
    this.#settledHere();
    return this.#scratching;
  }

  get working(): boolean {
    return this.#transferring.working || this.#scratching.working;
  }

  /** In words, for `datalake status`. */
  get work(): readonly string[] {
    this.settle();
    return [...this.#transferring.work, ...this.#scratching.work];
  }

  /** Whether something moves, or will by itself, with this sign-in. */
  uses(session: string): boolean {
    return this.#transferring.uses(session) || this.#scratching.uses(session);
  }

  /** Of transfers, bytes a second; 0 = no limit. */
  throttle(bytesPerSecond: number): void {
    this.#transferring.throttle(bytesPerSecond);
  }

  /** Lakes were opened, or somebody signed in. Once what was asked first is answered: opening the journals takes as long as that answer, and somebody waits for it. */
  settleSoon(): void {
    this.#due ??= setTimeout(() => this.settle(), FIRST_ANSWER);
  }

  /** At once, where it is due. */
  settle(): void {
    if (!this.#due) return;
    clearTimeout(this.#due);
    this.#due = undefined;
    const lakes = this.#lakes.all;
    this.#attempt('watches', () => this.watching.settle(lakes));
    this.#attempt('transfers', () => this.#transferring.settle(lakes.map(transferLake)));
    this.#attempt('uploads from scratch', () => this.#scratching.settle(lakes.map(scratchLake)));
  }

  /** No other file begins; those under way have so many ms to come to their end. */
  rest(ms: number): Promise<void> {
    return this.#transferring.rest(ms);
  }

  /** Resolves when all that is under way is at rest in the journals. */
  async close(): Promise<void> {
    clearTimeout(this.#due);
    this.watching.close();
    await Promise.all([this.#transferring.close(), this.#scratching.close()]);
  }

  /** @throws a refusal where another service has the journals. */
  #settledHere(): void {
    if (this.#elsewhere) throw refusal('Another window moves your files: its lake service is the one that keeps the journals on this machine.', 'Use that window for transfers and scratch, or close it and reload this one. Without “rucio.service.inWindow” all windows share one service.', { actions: ['reload', 'openSettings', 'showLog'] });
    this.settle();
  }

  /** A journal that can't be read keeps none of the others from going on; whoever asks for what is in it is told why. */
  #attempt(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#log('warn', `${what} can't be read: ${withoutSecrets(error instanceof Error ? error.message : String(error))}`);
    }
  }
}
