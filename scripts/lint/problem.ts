// What a check of `npm run lint` finds.

/** One check: its name, and what is wrong, one line each; empty when all is well. */
export interface Check {
  name: string;
  problems: readonly string[];
}
