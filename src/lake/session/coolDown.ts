// A server that gives tokens and takes none of them must not be asked for one after the other: each is a sign-in of ours, and many in a row
// could lock the account. Between two that are refused at once lies a while; a token that lasted, or came to its end, is no reason to wait.

export interface CoolDownOptions {
  readonly now: () => number;
  /** ms */
  readonly coolDownMs: number;
}

export class CoolDown {
  readonly #options: CoolDownOptions;
  /** The last one that was given: when, and whether in place of one that had been refused. */
  #last: { readonly token: string; readonly at: number; readonly ends: number | undefined; readonly instead: boolean } | undefined;
  #refusal = false;
  #until = -Infinity;

  constructor(options: CoolDownOptions) {
    this.#options = options;
  }

  /** `expiresAt` in ms since 1970. */
  given({ token, expiresAt }: { readonly token: string; readonly expiresAt?: number }): void {
    this.#last = { token, at: this.#options.now(), ends: expiresAt, instead: this.#refusal };
    this.#refusal = false;
  }

  /** Any token that was in use. One may be refused for many reasons; so may the one that came in its place, but not again within so short a time. */
  refused(token: string): void {
    this.#refusal = true;
    const last = this.#last;
    if (last?.token !== token || !last.instead) return;
    const { now, coolDownMs } = this.#options;
    // Clocks differ, so one of a few seconds may have ended for the server before it does here.
    const early = Math.min(coolDownMs, last.ends === undefined ? Infinity : (last.ends - last.at) / 2);
    if (now() - last.at < early) this.#until = last.at + coolDownMs;
  }

  /** Why none may be asked for now; undefined = it may. */
  get reason(): string | undefined {
    return this.#options.now() < this.#until ? 'The server refused the token that it had just given, so it is not asked for another one for a while. Sign in to try at once.' : undefined;
  }

  /** A person signed in: what comes now is another matter. */
  over(): void {
    this.#last = undefined;
    this.#refusal = false;
    this.#until = -Infinity;
  }
}
