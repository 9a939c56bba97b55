// Counts what passed and what failed, whoever ran it, and says each as it ends.

export interface Failure {
  suite: string;
  title: string;
  message: string;
}

export class Tally {
  passed = 0;
  readonly failures: Failure[] = [];
  /** The suite that what comes belongs to. */
  suite = '';

  pass(title: string, ms: number): void {
    this.passed++;
    console.log(`  ✔ ${title}${ms >= 100 ? `  (${(ms / 1000).toFixed(1)} s)` : ''}`);
  }

  /** @param message what was wrong; said again, whole, at the end */
  fail(title: string, message: string): void {
    this.failures.push({ suite: this.suite, title, message });
    console.log(`  ✖ ${title}: ${message.split('\n')[0]}`);
  }

  /** How many have passed or failed so far. */
  get count(): number {
    return this.passed + this.failures.length;
  }

  /** Takes back what was counted since `mark` (a {@link count} with its failures): a second try counts in its place. */
  takeBack({ passed, failures }: { readonly passed: number; readonly failures: number }): readonly Failure[] {
    this.passed = passed;
    return this.failures.splice(failures);
  }

  /** Says all failures; the last line is the one that CI reads. */
  summary(): void {
    for (const { suite, title, message } of this.failures) console.log(`\n✖ ${suite}: ${title}\n${message.replaceAll(/^/gm, '    ')}`);
    console.log(`\n${this.passed} passed, ${this.failures.length} failed`);
  }
}
