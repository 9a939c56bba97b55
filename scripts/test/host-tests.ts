// Runs the tests of test/host inside the extension host of one VS Code version, and counts them by the report that the
// suite in there writes line by line.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../../test/support/install.ts';
import { results } from '../../test/support/host/browser.ts';
import type { HostVersion } from '../../test/support/host/install.ts';
import { guard } from '../../test/support/host/processes.ts';
import { runInHost } from '../../test/support/host/run-in-host.ts';
import type { HostEvent } from '../../test/support/host/suite.ts';
import type { Tally } from './tally.ts';

export interface HostTests {
  version: HostVersion;
  built: { suite: string; files: readonly string[] };
  /** What the window finds; `beside`: VSIX files of other extensions. */
  surroundings: { readonly label?: string; readonly machineSettings: Readonly<Record<string, unknown>>; readonly env?: Readonly<Record<string, string>>; readonly beside?: readonly string[] };
  grep: string | undefined;
  signal: AbortSignal;
  limitMs: number;
}

export async function hostTests(tally: Tally, { version, built, surroundings, grep, signal, limitMs }: HostTests): Promise<void> {
  if (built.files.length === 0) return tally.fail(`VS Code ${version}`, 'There is no test.');
  fs.mkdirSync(results, { recursive: true });
  const { label = '', machineSettings, env, beside = [] } = surroundings;
  const where = `${version}${label && ` ${label}`}`;
  const report = path.join(results, `host-${where.replace(' ', '-')}.ndjson`);
  fs.writeFileSync(report, '');
  const follow = new Follower(report);
  const before = tally.count;
  const failed = tally.failures.length;
  let host: string | undefined;
  const see = () => {
    for (const line of follow.lines()) {
      const event = JSON.parse(line) as HostEvent;
      if (event.kind === 'end') host = `VS Code ${event.host.vscode} on Node ${event.host.node}`;
      else if (event.kind === 'pass') tally.pass(`[${where}] ${event.title}`, event.ms);
      else tally.fail(`[${where}] ${event.title}`, event.kind === 'fail' ? event.error : 'It was skipped.');
    }
  };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'host-workspace-'));
  // What is left there after a test is of this run: the test of secrets searches it.
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'dlt-')); // short: it may hold sockets
  // The launcher inherits the mark and takes SIGTERM as "stop"; what it starts has marks and guards of its own.
  const guarded = guard([folder, temporary]);
  const stop = () => void guarded.end();
  signal.addEventListener('abort', stop);
  Object.assign(process.env, guarded.env);
  const poll = setInterval(see, 200);
  try {
    const { code, output } = await runInHost({
      version, extension: root, beside, tests: built.suite, folder, limitMs, machineSettings,
      env: { TMPDIR: temporary, ...env, DATALAKE_HOST_REPORT: report, DATALAKE_HOST_FILES: JSON.stringify(built.files), DATALAKE_HOST_GREP: grep ?? '' },
    });
    see();
    if (tally.count === before && !grep) tally.fail(`[${where}] the run`, `No test ran.\n${output}`);
    else if ((code !== 0 || !host) && tally.failures.length === failed && !grep) tally.fail(`[${where}] the run`, `It ended with ${code}.\n${output}`);
    else if (code !== 0 && code !== 1) tally.fail(`[${where}] the run`, `It was cut (${code}).\n${output}`);
    if (host) console.log(`  (${host})`);
  } finally {
    clearInterval(poll);
    signal.removeEventListener('abort', stop);
    for (const variable of Object.keys(guarded.env)) delete process.env[variable];
    await guarded.end();
  }
}

/** Gives the lines that have been added to a file since it was last asked. */
class Follower {
  private read = 0;
  private rest = '';
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  lines(): string[] {
    const text = fs.readFileSync(this.file).subarray(this.read);
    this.read += text.length;
    const lines = `${this.rest}${text.toString()}`.split('\n');
    this.rest = lines.pop() ?? '';
    return lines;
  }
}
