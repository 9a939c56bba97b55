// What scripts may use of esbuild.mjs.
/** Builds dist/ anew; resolves with the bytes of each file (its path below dist/). */
export function build(): Promise<Record<string, number>>;
/** Builds the tests that run inside the extension host; resolves with the suite’s module and the test files; `pattern`: which, by default test/host/*.test.ts. */
export function buildHostTests(pattern?: string): Promise<{ suite: string; files: string[] }>;
