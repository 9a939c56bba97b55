// What a benchmark is, and how two ways of doing the same thing are measured against each other: in turns, so that what
// else the machine does meets both alike.

export interface Benchmark {
  readonly name: string;
  /** What is done, in a few words. */
  readonly what: string;
  /** What it is compared with; null = nothing, the aim is then an absolute one. */
  readonly against: string | null;
  /** At most this: ours divided by theirs, or ours in `unit`. */
  readonly aim: number;
  readonly unit: 's' | 'ms' | 'kB' | 'MB' | 'requests' | 'times';
  readonly run: () => Promise<Samples>;
}

/** One number for each measured round, in the benchmark's unit. */
export interface Samples {
  readonly ours: readonly number[];
  readonly theirs: readonly number[] | null;
}

/** One line of the JSON that `npm run bench -- --json FILE` writes. */
export interface Row {
  readonly name: string;
  /** Medians, in `unit`. */
  readonly ours: number;
  readonly theirs: number | null;
  readonly against: string | null;
  /** ours / theirs */
  readonly ratio: number | null;
  readonly unit: string;
  /** Measured rounds. */
  readonly runs: number;
  /** What the ratio should be at most; without a rival, what `ours` should be at most. */
  readonly aim: number;
  readonly met: boolean;
  /** Smallest and largest. */
  readonly spread: { readonly ours: Range; readonly theirs: Range | null };
}

type Range = readonly [number, number];
type Way = () => Promise<number>;

/**
 * Runs both ways `rounds` times, each round beginning with the other one, after one round that does not count (caches,
 * compilers and connections are then as they are in daily use). Each way gives what it measured.
 */
export async function inTurns(rounds: number, ours: Way, theirs: Way): Promise<Samples> {
  const samples = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    const pair = [async () => samples.ours.push(await ours()), async () => samples.theirs.push(await theirs())];
    if (round % 2 === 1) pair.reverse();
    for (const way of pair) await way();
  }
  return { ours: samples.ours.slice(1), theirs: samples.theirs.slice(1) };
}

/** Wall-clock seconds that `work` takes. */
export async function seconds(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

export function rowOf({ name, against, aim, unit }: Benchmark, { ours, theirs }: Samples): Row {
  const [mine, other] = [median(ours), theirs && median(theirs)];
  const ratio = other === null ? null : mine / other;
  return {
    name, ours: rounded(mine), theirs: other === null ? null : rounded(other), against, ratio: ratio === null ? null : rounded(ratio), unit, runs: ours.length,
    aim, met: (ratio ?? mine) <= aim, spread: { ours: range(ours), theirs: theirs && range(theirs) },
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  if (low === undefined || high === undefined) throw new Error('Nothing was measured.');
  return (low + high) / 2;
}

function range(values: readonly number[]): Range {
  return [rounded(Math.min(...values)), rounded(Math.max(...values))];
}

/** More digits than four say nothing here. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
