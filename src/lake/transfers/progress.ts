// How far a transfer is, from what is written and what moves now; rate and time left from the last seconds.
import type { Counts } from './journal.ts';
import type { FileRow } from './journal.ts';
import type { FileState } from './types.ts';

/** ms over which the rate is taken. */
const SPAN = 5000;

export class Progress {
  readonly #counts: Record<FileState, { files: number; bytes: number }>;
  /** Bytes of the files that move now. */
  readonly #moving = new Map<number, number>();
  /** Of files that are there and wait to be entered into the catalogue: they count, or the bar would go back. */
  readonly #arrived = new Map<number, number>();
  /** All bytes that ever moved in this life, at times. */
  #seen: { readonly at: number; readonly bytes: number }[] = [];
  #all = 0;

  constructor(counts: Counts) {
    this.#counts = structuredClone(counts) as Record<FileState, { files: number; bytes: number }>;
  }

  begun(row: FileRow): void {
    if (!this.#arrived.has(row.n)) this.#moving.set(row.n, 0);
  }

  arrived({ n, bytes }: FileRow): void {
    this.#moving.delete(n);
    this.#arrived.set(n, bytes);
  }

  /** `now` and that of {@link rate}: ms of a clock that never jumps. */
  moved({ n }: FileRow, bytes: number, now = performance.now()): void {
    this.#all += Math.max(0, bytes - (this.#moving.get(n) ?? 0));
    this.#moving.set(n, bytes);
    const last = this.#seen.at(-1);
    if (!last || now - last.at >= 200) this.#seen = [...this.#seen.filter(({ at }) => now - at <= SPAN), { at: now, bytes: this.#all }];
  }

  stopped({ n }: FileRow): void {
    this.#moving.delete(n);
  }

  ended(row: FileRow, state: FileState): void {
    this.stopped(row);
    this.#arrived.delete(row.n);
    this.turn('queued', state, { files: 1, bytes: row.bytes });
  }

  resized(row: Pick<FileRow, 'bytes'>, bytes: number): void {
    this.#counts.queued = { ...this.#counts.queued, bytes: this.#counts.queued.bytes + bytes - row.bytes };
  }

  turn(from: FileState, to: FileState, of: { readonly files: number; readonly bytes: number } = this.#counts[from]): void {
    const { files, bytes } = of;
    this.#counts[from] = { files: this.#counts[from].files - files, bytes: this.#counts[from].bytes - bytes };
    this.#counts[to] = { files: this.#counts[to].files + files, bytes: this.#counts[to].bytes + bytes };
  }

  movedOf(n: number): number | undefined {
    return this.#moving.get(n);
  }

  get files(): { total: number; done: number; failed: number; skipped: number; cancelled: number; running: number } {
    const { queued, running, done, failed, skipped, cancelled } = this.#counts;
    return { total: queued.files + running.files + done.files + failed.files + skipped.files + cancelled.files, done: done.files, failed: failed.files, skipped: skipped.files, cancelled: cancelled.files, running: this.#moving.size };
  }

  get bytes(): { total: number; done: number } {
    let moving = 0;
    for (const bytes of this.#moving.values()) moving += bytes;
    for (const bytes of this.#arrived.values()) moving += bytes;
    const total = Object.values(this.#counts).reduce((sum, { bytes }) => sum + bytes, 0);
    return { total, done: Math.min(total, this.#counts.done.bytes + this.#counts.skipped.bytes + moving) };
  }

  /** Bytes a second and seconds left; nothing while nothing moved. */
  rate(now = performance.now()): { readonly rate?: number; readonly secondsLeft?: number } {
    const recent = this.#seen.filter(({ at }) => now - at <= SPAN);
    const first = recent[0];
    const last = recent.at(-1);
    if (!first || !last || last.at === first.at) return {};
    const rate = (last.bytes - first.bytes) / ((now - first.at) / 1000);
    const { total, done } = this.bytes;
    return rate > 0 ? { rate, secondsLeft: (total - done) / rate } : {};
  }
}
