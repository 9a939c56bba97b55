// What time it is for a server: this machine's clock, put right by the Date header of the server's answers (RFC 9110,
// 6.6.1). Whether a token has ended is for the server to say, and machines' clocks go wrong.

/** Less is no fault of a clock: answers take a while, and Date has whole seconds. ms. */
const SMALL = 30_000;

export class Clock {
  readonly #local: () => number;
  #ahead = 0;
  #known = false;

  constructor(local: () => number = Date.now) {
    this.#local = local;
  }

  /** ms by which this machine's clock is fast (negative: slow); 0 when it is right, or not known. */
  get fast(): number {
    return 0 - this.#ahead;
  }

  /** Whether a server has said what time it is. */
  get known(): boolean {
    return this.#known;
  }

  /** The server's time, ms since 1970. */
  readonly now = (): number => this.#local() + this.#ahead;

  /** A server's time as this machine's clock shows it. */
  here(time: number): number {
    return time - this.#ahead;
  }

  /** An answer's Date, and when its request began on this machine's clock. What is no date is not taken. */
  heard(date: string | null, began: number): void {
    const said = date === null ? NaN : Date.parse(date);
    if (Number.isNaN(said)) return;
    this.#known = true;
    // Written at some moment between the request and now, of the second that begins then.
    const [least, most] = [said - this.#local(), said + 1000 - began];
    this.#ahead = least > SMALL ? least : most < -SMALL ? most : 0;
  }

  /** "This machine's clock is 10 minutes fast." when that is so: for sentences about what has ended. */
  get problem(): string | undefined {
    const minutes = Math.round(Math.abs(this.#ahead) / 60_000);
    if (minutes === 0) return undefined;
    const span = minutes < 120 ? `${minutes} minute${minutes === 1 ? '' : 's'}` : minutes < 2880 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1440)} days`;
    return `This machine’s clock is ${span} ${this.#ahead < 0 ? 'fast' : 'slow'}.`;
  }
}
