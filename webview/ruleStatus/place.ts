// How far down a person is on the page: the editor takes a page away while it is hidden, and makes it anew.

/** ms of rest after which the place is kept. */
const REST = 100;

export class Place {
  /** px; 0: nothing to go back to. */
  #wanted: number;

  /** `keep` hears where the page is, px from its top. */
  constructor(wanted: number, keep: (top: number) => void) {
    this.#wanted = wanted;
    let rest: number | undefined;
    window.addEventListener('scroll', () => {
      if (this.#wanted > 0) return;
      clearTimeout(rest);
      rest = window.setTimeout(() => keep(Math.round(window.scrollY)), REST);
    });
    // Whoever goes somewhere else by himself is not taken back.
    for (const sign of ['wheel', 'keydown', 'pointerdown']) window.addEventListener(sign, () => { this.#wanted = 0; }, { passive: true });
  }

  /** To be called when the page was painted: at first it is not as long as it was. */
  restore(): void {
    if (this.#wanted <= 0) return;
    window.scrollTo(0, this.#wanted);
    if (Math.abs(window.scrollY - this.#wanted) <= 1) this.#wanted = 0;
  }
}
