// What scripts may use of esbuild.mjs.
/** Builds dist/ anew; resolves with the bytes of each file (its path below dist/). */
export function build(): Promise<Record<string, number>>;
/** Builds the tests that run inside the extension host; resolves with the suite's module and the test files. */
export function buildHostTests(): Promise<{ suite: string; files: string[] }>;
