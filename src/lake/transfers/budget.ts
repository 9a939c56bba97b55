// How many files move at once, over all transfers and at each storage: by their weights, so that many small ones go together, and few large ones.
// How much a storage gets follows from how it does (pace.ts).
import { MOST, Pace } from './pace.ts';

const MB = 1_000_000;

/** Room for one file. */
export interface Room {
  /** Others may have it. */
  leave(): void;
  /** Before it is tried again: where more is under way than its storage takes by now, it gives its room up and waits for another, before all new ones. */
  again(): Promise<void>;
  /** Its storage says that it has too much to do, or says nothing. */
  trouble(): void;
}

interface Waiting { readonly weight: number; readonly of: string; readonly at: string; readonly again: boolean; readonly go: () => void }
interface Lane { used: number; readonly pace: Pace }

export class Budget {
  readonly #now: () => number;
  #used = 0;
  #closed = false;
  #waiting: Waiting[] = [];
  readonly #lanes = new Map<string, Lane>();
  readonly #untilEmpty: (() => void)[] = [];

  /** Those that were put before the others, the last one first. */
  #front: readonly string[] = [];

  /** `now`: ms of a clock that never jumps. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** What waits for `of` goes before all others from now on. */
  first(of: string): void {
    this.#front = [of, ...this.#front.filter((other) => other !== of)].slice(0, 100);
  }

  /**
   * Resolves when there is room for a file of so many bytes at a storage (its host), or when `signal` ends. First come, first served, but for {@link first};
   * a storage that is full keeps nobody from another.
   */
  async take(bytes: number, { signal, of = '', at = '' }: { readonly signal?: AbortSignal | undefined; readonly of?: string; readonly at?: string } = {}): Promise<Room> {
    const weight = bytes < 4 * MB ? 1 : bytes < 64 * MB ? 2 : 3;
    const lane = this.#lane(at);
    let taken = await this.#wait({ weight, of, at, again: false }, signal);
    const leave = (): void => {
      if (!taken) return;
      taken = false;
      lane.used -= weight;
      this.#used -= weight;
      this.#next();
      if (this.#used === 0) for (const told of this.#untilEmpty.splice(0)) told();
    };
    return {
      leave: () => {
        if (taken) lane.pace.ended();
        leave();
      },
      again: async () => {
        if (!taken || lane.used <= lane.pace.limit || this.#closed) return;
        leave();
        taken = await this.#wait({ weight, of, at, again: true }, signal);
      },
      trouble: () => lane.pace.trouble(),
    };
  }

  /** So many bytes went to or came from there. */
  moved(at: string, bytes: number): void {
    this.#lane(at).pace.moved(bytes);
  }

  /** As {@link Room.trouble}, of another storage on the way. */
  trouble(at: string): void {
    this.#lanes.get(at)?.pace.trouble();
  }

  /** Of a storage now, in weights. */
  limit(at = ''): number {
    return this.#lane(at).pace.limit;
  }

  /** Nobody is let in any more. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when nobody is in. */
  async empty(): Promise<void> {
    if (this.#used > 0) await new Promise<void>((resolve) => { this.#untilEmpty.push(resolve); });
  }

  #lane(at: string): Lane {
    let lane = this.#lanes.get(at);
    if (!lane) this.#lanes.set(at, lane = { used: 0, pace: new Pace(this.#now) });
    return lane;
  }

  /** Whether there is room, or the signal came first. */
  async #wait(of: Omit<Waiting, 'go'>, signal: AbortSignal | undefined): Promise<boolean> {
    let taken = false;
    await new Promise<void>((resolve) => {
      const waiting: Waiting = {
        ...of,
        go: () => {
          taken = true;
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        resolve();
        this.#next(); // who stood behind a large one
      };
      if (signal?.aborted) return resolve();
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      this.#next();
    });
    return taken;
  }

  /** In the order in which they go. */
  #inOrder(): readonly Waiting[] {
    const place = ({ again, of }: Waiting): number => (again ? -1 : (this.#front.indexOf(of) + 1 || Infinity));
    return this.#front.length === 0 && !this.#waiting.some(({ again }) => again) ? this.#waiting : this.#waiting.toSorted((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0));
  }

  #next(): void {
    const full = new Set<string>();
    for (const waiting of this.#closed ? [] : this.#inOrder()) {
      const { at, weight, go } = waiting;
      if (full.has(at)) continue;
      const lane = this.#lane(at);
      // One goes whatever its weight.
      if (lane.used > 0 && lane.used + weight > lane.pace.limit) {
        lane.pace.wanted();
        full.add(at);
        continue;
      }
      if (this.#used > 0 && this.#used + weight > MOST) return;
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      lane.used += weight;
      this.#used += weight;
      go();
    }
  }
}
