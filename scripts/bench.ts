// npm run bench [-- NAME…] [--json FILE]: measures ours against others on this machine, and prints a table; --json writes
// the rows to a file. Slow is no failure: it exits with 1 only when something could not be measured.
import fs from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { activation, activationStart } from '../test/bench/activation.ts';
import { attach100k, attach100kCurl } from '../test/bench/attach.ts';
import { type Benchmark, type Row, rowOf } from '../test/bench/benchmark.ts';
import { bundle } from '../test/bench/bundle.ts';
import { calls, callsHttps } from '../test/bench/calls.ts';
import { cancel } from '../test/bench/cancel.ts';
import { firstPage, streamAll, streamCli } from '../test/bench/listing.ts';
import { firstRows, firstRowsEver, firstRowsNext, firstRowsWindow } from '../test/bench/firstRows.ts';
import { hover, hoverRequests } from '../test/bench/hover.ts';
import { hostStall } from '../test/bench/hostStall.ts';
import { locksPage, locksPageFrames, locksPageMemory } from '../test/bench/locksPage.ts';
import { ndjson } from '../test/bench/ndjson.ts';
import { firstAnswer, firstAnswerCurl, growth, growthPage, growthTree, growthTreeCurl, pollBytes, pollCpu, visible500, visible500First } from '../test/bench/polling.ts';
import { serviceMemory, serviceQueued, serviceStart } from '../test/bench/serviceMemory.ts';
import { endSurroundings } from '../test/bench/surroundings.ts';
import { checksum, getLarge, getLargeRucio, getLargeXrdcp, getSmall, putLarge, putLargeRucio, putSmall, putSmallRucio, verified } from '../test/bench/transfers.ts';
import { InstallError } from '../test/support/install.ts';
import { LakeError } from '../test/support/lake/error.ts';

const BENCHMARKS: readonly Benchmark[] = [firstPage, streamAll, streamCli, ndjson, calls, callsHttps, activation, activationStart, firstRows, firstRowsEver, firstRowsNext, firstRowsWindow, bundle, pollBytes, pollCpu, firstAnswer, firstAnswerCurl, visible500, visible500First, growth, growthTree, growthTreeCurl, growthPage, locksPage, locksPageFrames, locksPageMemory, hover, hoverRequests, attach100k, attach100kCurl, putLarge, putLargeRucio, getLarge, getLargeXrdcp, getLargeRucio, putSmall, putSmallRucio, getSmall, verified, checksum, serviceMemory, serviceQueued, serviceStart, hostStall, cancel];

function chosen(names: readonly string[]): readonly Benchmark[] {
  const unknown = names.filter((name) => !BENCHMARKS.some((b) => b.name === name));
  if (unknown.length > 0) throw new InstallError(`There is no benchmark ${unknown.join(', ')}. There are: ${BENCHMARKS.map((b) => b.name).join(' ')}.`);
  return names.length === 0 ? BENCHMARKS : BENCHMARKS.filter((b) => names.includes(b.name));
}

function cells({ what }: Benchmark, row: Row): string[] {
  const { unit, spread, ratio } = row;
  const number = (value: number | null) => value === null ? '—' : String(Number(value.toPrecision(3)));
  const side = (value: number | null, range: readonly [number, number] | null) => value === null ? '—' : `${number(value)} ${unit}${range && row.runs > 1 ? ` (${range.map(number).join('–')})` : ''}`;
  return [
    row.name, side(row.ours, spread.ours), side(row.theirs, spread.theirs), number(ratio), `≤ ${row.aim}${ratio === null ? ` ${unit}` : ''}`, row.met ? 'yes' : 'NO', String(row.runs),
    `${what}${row.against === null ? '' : ` / ${row.against}`}`,
  ];
}

function table(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}

/** A busy machine measures itself: say so beside the numbers. */
function load(): string {
  const [minute = 0] = os.loadavg();
  return `${os.availableParallelism()} processors, load average ${minute.toFixed(2)}`;
}

async function main(): Promise<void> {
  // Packager and test runner talk on the console: standard output belongs to the table.
  console.log = console.error;
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
  const benchmarks = chosen(positionals);
  const before = load();
  const rows: Row[] = [];
  const lines: string[][] = [['name', 'ours (spread)', 'theirs (spread)', 'ratio', 'aim', 'met', 'runs', 'what / against']];
  const failures: string[] = [];
  for (const benchmark of benchmarks) {
    const started = Date.now();
    process.stderr.write(`measuring ${benchmark.name}: ${benchmark.what}${benchmark.against === null ? '' : `, against ${benchmark.against}`} …\n`);
    try {
      const row = rowOf(benchmark, await benchmark.run());
      rows.push(row);
      lines.push(cells(benchmark, row));
      process.stderr.write(`  ${benchmark.name}: ${((Date.now() - started) / 1000).toFixed(0)} s in all\n`);
    } catch (error) {
      failures.push(`${benchmark.name} could not be measured: ${words(error)}`);
    }
  }
  await endSurroundings();
  if (values.json !== undefined) fs.writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  if (rows.length > 0) process.stdout.write(`${table(lines)}\nbefore: ${before}; after: ${load()}\n`);
  for (const failure of failures) console.error(failure);
  process.exitCode = failures.length > 0 ? 1 : 0;
}

/** What is for a person has no stack; everything else is a mistake of ours. */
function words(error: unknown): string {
  if (error instanceof InstallError || error instanceof LakeError || !(error instanceof Error)) return error instanceof Error ? error.message : String(error);
  return error.stack ?? error.message;
}

// Ctrl-C: the lake and the editors end with this process by themselves, the rest here.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void endSurroundings().finally(() => process.exit(130)));
main().catch(async (error: unknown) => {
  await endSurroundings();
  console.error((error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ? `${(error as Error).message}\nusage: npm run bench [-- NAME…] [--json FILE]` : words(error));
  process.exitCode = 1;
});
