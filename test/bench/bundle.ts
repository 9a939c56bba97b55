// The size of the extension's bundle: what the extension host reads and compiles at every activation.
import type { Benchmark } from './benchmark.ts';
import { built } from './surroundings.ts';

const FILE = 'extension.cjs';

export const bundle: Benchmark = {
  name: 'bundle', what: `dist/${FILE}`, against: null, aim: 500, unit: 'kB',
  run: async () => {
    const bytes = (await built())[FILE];
    if (bytes === undefined) throw new Error(`The build made no ${FILE}.`);
    return { ours: [bytes / 1000], theirs: null };
  },
};
