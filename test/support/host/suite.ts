// Runs mocha inside the extension host: the module that a test run is started with. It reports every test as it ends,
// one JSON line each, to a file that the runner outside reads; the editor's own way out carries one number only.
import fs from 'node:fs';
import Mocha from 'mocha';

/** One line of the report. `end` comes last; a report without it is one of a run that was cut. */
export type HostEvent =
  | { kind: 'pass'; title: string; ms: number }
  | { kind: 'fail'; title: string; ms: number; error: string }
  | { kind: 'pending'; title: string }
  | { kind: 'end'; host: { vscode: string; node: string; pid: number } };

export async function run(): Promise<void> {
  const report = process.env.DATALAKE_HOST_REPORT;
  const files = JSON.parse(process.env.DATALAKE_HOST_FILES ?? '[]') as string[];
  if (!report) throw new Error('DATALAKE_HOST_REPORT names no file.');
  const { version } = await import('vscode');
  const say = (event: HostEvent) => fs.appendFileSync(report, `${JSON.stringify(event)}\n`);
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, reporter: Mocha.reporters.Base, // ours is the report
    grep: process.env.DATALAKE_HOST_GREP || undefined });
  for (const file of files) mocha.addFile(file);
  let ran = 0;
  const failures = await new Promise<number>((resolve) => {
    mocha.run(resolve)
      .on('pass', (test) => { ran++; say({ kind: 'pass', title: test.fullTitle(), ms: test.duration ?? 0 }); })
      .on('fail', (test, error: unknown) => { ran++; say({ kind: 'fail', title: test.fullTitle(), ms: test.duration ?? 0, error: words(error) }); })
      .on('pending', (test) => say({ kind: 'pending', title: test.fullTitle() }));
  });
  say({ kind: 'end', host: { vscode: version, node: process.version, pid: process.pid } });
  if (ran === 0) throw new Error('No test ran.');
  if (failures > 0) throw new Error(`${failures} failed`);
}

function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { expected, actual } = error as Error & { expected?: unknown; actual?: unknown };
  const compared = expected === undefined && actual === undefined ? '' : `\n  expected ${JSON.stringify(expected)}\n  actual   ${JSON.stringify(actual)}`;
  return `${error.stack ?? error.message}${compared}`;
}
