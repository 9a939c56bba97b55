// Runs files of node:test, each in a process of its own, and counts their tests by the runner's events.
import fs from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';
import { root } from '../../test/support/install.ts';
import { results } from '../../test/support/host/browser.ts';
import { guard } from '../../test/support/host/processes.ts';
import type { Tally } from './tally.ts';

export interface NodeTests {
  /** A glob, relative to the project folder. */
  pattern: string;
  /** Files at the same time; without it one after the other. */
  atOnce?: boolean;
  /** Only tests whose name has this in it. */
  grep: string | undefined;
  signal: AbortSignal;
}

/** What is used of the runner's events. */
interface TestEvent {
  name: string;
  nesting: number;
  file?: string;
  skip?: string | boolean;
  todo?: string | boolean;
  details: { duration_ms: number; type?: string; error?: Error & { failureType?: string; cause?: unknown } };
}

const KEPT_BYTES = 4000;
/** A file that takes longer hangs; what only full runs do takes its time. */
const fileMs = (): number => (process.env['DATALAKE_FULL'] ? 3_600_000 : 480_000);

/** A file without a test, a skipped test and one that is still to do are failures: they would look like success. Once stopped, nothing is begun. */
export async function nodeTests(tally: Tally, { pattern, atOnce, grep, signal }: NodeTests): Promise<void> {
  if (signal.aborted) return;
  const files = fs.globSync(pattern, { cwd: root }).sort().map((file) => path.resolve(root, file));
  const before = tally.count;
  const said = new Map<string, string>(); // file → the last it printed
  const names: string[] = [];
  fs.mkdirSync(results, { recursive: true });
  const log = fs.createWriteStream(path.join(results, `${tally.suite}.log`), { flags: 'a' });

  // What tests leave running, and a file that does not stop when its time is up, ends here.
  const guarded = guard([]);
  const variables = Object.keys(guarded.env);
  Object.assign(process.env, guarded.env);
  const late = () => void guarded.end();
  signal.addEventListener('abort', late);
  try {
    const stream = run({ files, concurrency: atOnce ?? false, signal, timeout: fileMs(), ...grep ? { testNamePatterns: new RegExp(escaped(grep), 'i') } : {} });
    for await (const { type, data } of stream as AsyncIterable<{ type: string; data: unknown }>) {
      if (type === 'test:stdout' || type === 'test:stderr') {
        const { file = '', message } = data as { file?: string; message: string };
        log.write(message);
        said.set(file, `${said.get(file) ?? ''}${message}`.slice(-KEPT_BYTES));
      } else if (type === 'test:start') {
        const { nesting, name } = data as TestEvent;
        names.splice(nesting, names.length, name);
      } else if (type === 'test:pass' || type === 'test:fail') {
        const event = data as TestEvent;
        count(type === 'test:pass', event, [...names.slice(0, event.nesting), event.name].join(' › '));
      }
    }
  } finally {
    signal.removeEventListener('abort', late);
    for (const variable of variables) delete process.env[variable];
    await guarded.end();
    log.end();
  }
  if (tally.count === before) tally.fail(pattern, 'No test ran.');

  function count(passed: boolean, { name, file = '', skip, todo, details: { duration_ms: ms, type, error } }: TestEvent, title: string): void {
    const isFile = name === file; // the runner counts a file as a test when it has none, or did not get to its end
    const printed = said.get(file)?.trim();
    const shown = isFile ? path.relative(root, file) : title;
    if (skip !== undefined && skip !== false) return tally.fail(shown, `It was skipped${typeof skip === 'string' && skip ? `: ${skip}` : ''}.`);
    if (todo !== undefined && todo !== false) return tally.fail(shown, 'It is still to be written.');
    if (passed && isFile) return grep ? undefined : tally.fail(shown, 'There is no test in it.');
    if (passed) return type === 'suite' ? undefined : tally.pass(shown, ms);
    if (error?.failureType === 'subtestsFailed') return undefined; // they have been counted
    tally.fail(shown, words(error) + (printed && (isFile || error?.failureType === 'hookFailed') ? `\n--- the last it printed ---\n${printed}` : ''));
  }
}

/**
 * Journeys in a browser, file by file. The editor's own start, focus and palette are not ours and lose a key now and then
 * on a busy machine: a file that failed gets one second try from its beginning, which is said, and which counts.
 */
export async function journeys(tally: Tally, options: NodeTests): Promise<void> {
  const files = fs.globSync(options.pattern, { cwd: root }).sort();
  if (options.grep || files.length === 0) return nodeTests(tally, options);
  for (const pattern of files) {
    if (options.signal.aborted) return;
    const mark = { passed: tally.passed, failures: tally.failures.length };
    await nodeTests(tally, { ...options, pattern });
    if (tally.failures.length === mark.failures || options.signal.aborted) continue;
    for (const { title, message } of tally.takeBack(mark)) console.log(`  second try, as this failed: ${title}\n${message.replaceAll(/^/gm, '      ')}`);
    await nodeTests(tally, { ...options, pattern });
  }
}

/** The error as thrown, without the runner's and Node's own lines. */
function words(error: (Error & { cause?: unknown }) | undefined): string {
  const cause = error?.cause ?? error;
  const text = cause instanceof Error ? cause.stack ?? cause.message : typeof cause === 'string' ? cause : JSON.stringify(cause);
  return text.split('\n').filter((line) => !/^\s+at .*(node:internal|\(node:)/.test(line)).join('\n');
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
