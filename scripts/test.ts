// npm test [-- SUITE…] [--full] [--grep TEXT]: sets up what the suites need, runs them, and ends with
// "N passed, N failed" alone on the last line. A suite that could not run, or had no test, has failed.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build, buildHostTests } from '../esbuild.mjs';
import { InstallError } from '../test/support/install.ts';
import { results } from '../test/support/host/browser.ts';
import { installKernels } from '../test/support/kernels/kernels.ts';
import { installHub } from '../test/support/hub/hub.ts';
import { installChromium, installHost } from '../test/support/host/install.ts';
import { instanceOf } from '../test/support/instance.ts';
import type { LakeInfo } from '../test/support/lake/info.ts';
import { installLake } from '../test/support/lake/install.ts';
import { downLake, upLake } from '../test/support/lake/lake.ts';
import { temporaryFolder } from '../test/support/lake/shared.ts';
import { installJupyter } from '../test/support/jupyter-standin/jupyter.ts';
import { installRival } from '../test/support/rivals.ts';
import { installTinyproxy } from '../test/support/tinyproxy.ts';
import { lint } from './lint.ts';
import { packageVsix } from './package.ts';
import { stopped } from './stopped.ts';
import { hostTests } from './test/host-tests.ts';
import { inAPod } from './test/in-a-pod.ts';
import { withNotebooks } from './test/with-notebooks.ts';
import { journeys, nodeTests } from './test/node-tests.ts';
import { Tally } from './test/tally.ts';

interface Context {
  grep: string | undefined;
  /** The suite's time is up, or somebody stops the run. */
  signal: AbortSignal;
  limitMs: number;
  /** The shared lake; only where it is needed. */
  lake(): LakeInfo;
}

type Need = 'lake' | 'hub' | 'kernels' | 'jupyter' | 'rival' | 'build' | 'vsix' | 'current' | 'oldest' | 'chromium' | 'proxy';
interface Suite {
  minutes: number;
  /** Of a full run, where it takes longer. */
  fullMinutes?: number;
  needs: readonly Need[];
  run(context: Context): Promise<void>;
}

const tally = new Tally();

/** Every suite is one entry: its limit, what it needs, how it runs. They run in this order. */
const SUITES: Readonly<Record<string, Suite>> = {
  unit: {
    minutes: 10, needs: [],
    async run(context) {
      for (const { name, problems } of await lint()) problems.length === 0 ? tally.pass(`lint: ${name}`, 0) : tally.fail(`lint: ${name}`, `${problems.length} found\n${problems.join('\n')}`);
      await nodeTests(tally, { pattern: 'test/unit/**/*.test.ts', atOnce: true, ...context });
    },
  },
  lake: { minutes: 25, needs: ['lake', 'build'], run: (context) => nodeTests(tally, { pattern: 'test/lake/**/*.test.ts', ...context }) },
  faults: { minutes: 25, fullMinutes: 120, needs: ['lake', 'build'], run: (context) => nodeTests(tally, { pattern: 'test/faults/**/*.test.ts', ...context }) },
  hub: { minutes: 5, needs: ['lake', 'hub', 'build'], run: (context) => nodeTests(tally, { pattern: 'test/hub/**/*.test.ts', ...context }) },
  kernels: { minutes: 15, needs: ['kernels', 'rival'], run: (context) => nodeTests(tally, { pattern: 'test/kernels/**/*.test.ts', ...context }) },
  host: {
    minutes: 25, needs: ['lake', 'build', 'jupyter', 'current', 'oldest', 'chromium', 'proxy'],
    async run(context) {
      if (!context.grep) await nodeTests(tally, { pattern: 'test/host/*.selftest.ts', ...context });
      const [built, inPod, notebooks] = [await buildHostTests(), await buildHostTests('test/host/pod/*.test.ts'), await buildHostTests('test/host/notebooks/*.test.ts')];
      for (const version of ['current', 'oldest'] as const) {
        if (context.signal.aborted) return;
        await hostTests(tally, { version, built, ...context, surroundings: { machineSettings: { 'rucio.instances': [instanceOf(context.lake())] } } });
        if (context.signal.aborted) return;
        await inAPod(context.lake(), (env) => hostTests(tally, { version, built: inPod, ...context, surroundings: { label: 'in a pod', machineSettings: {}, env } }));
        if (context.signal.aborted) return;
        await withNotebooks((beside, env) => hostTests(tally, { version, built: notebooks, ...context, surroundings: { label: 'with notebooks', machineSettings: { 'rucio.instances': [instanceOf(context.lake())] }, beside, env } }));
      }
    },
  },
  browser: { minutes: 30, needs: ['lake', 'vsix', 'jupyter', 'rival', 'current', 'chromium'], run: (context) => journeys(tally, { pattern: 'test/browser/**/*.test.ts', ...context }) },
};

const INSTALLS: Readonly<Record<Need, (() => Promise<unknown>) | undefined>> = {
  lake: installLake, hub: installHub, kernels: installKernels, jupyter: installJupyter, rival: () => installRival('rucio-jupyterlab'), current: () => installHost('current'), oldest: () => installHost('oldest'), chromium: installChromium, proxy: installTinyproxy, build: undefined, vsix: undefined,
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { full: { type: 'boolean', default: false }, grep: { type: 'string' } } });
  const unknown = positionals.filter((name) => !(name in SUITES));
  if (unknown.length > 0) throw new InstallError(`There is no suite ${unknown.join(', ')}: the suites are ${Object.keys(SUITES).join(' ')}.`);
  const chosen = Object.entries(SUITES).filter(([name]) => positionals.length === 0 || positionals.includes(name));
  const needed = new Set(chosen.flatMap(([, { needs }]) => needs));
  if (values.full) process.env.DATALAKE_FULL = '1';
  fs.rmSync(results, { recursive: true, force: true });
  fs.mkdirSync(results, { recursive: true });

  const stop = stopped();
  const minutes: [string, number][] = [];
  const lakeFolder = temporaryFolder();
  let lake: LakeInfo | undefined;
  try {
    await timed('set-up', () => setUp());
    for (const [name, suite] of chosen) {
      tally.suite = name;
      if (stop.aborted) tally.fail('the suite', 'It did not run: stopped.');
      else await timed(name, () => runSuite(suite));
    }
  } finally {
    if (lake) await downLake(lakeFolder);
    if (tally.failures.length > 0 && lake) fs.cpSync(lake.logs, path.join(results, 'lake-logs'), { recursive: true });
    fs.rmSync(lakeFolder, { recursive: true, force: true });
  }
  console.log(`\nminutes: ${minutes.map(([name, n]) => `${name} ${n.toFixed(1)}`).join(' · ')}`);

  async function timed(name: string, work: () => Promise<void>): Promise<void> {
    const began = Date.now();
    const [passed, failed] = [tally.passed, tally.failures.length];
    console.log(`\n▶ ${name}`);
    await work();
    minutes.push([name, (Date.now() - began) / 60_000]);
    console.log(`  ${name}: ${tally.passed - passed} passed, ${tally.failures.length - failed} failed in ${((Date.now() - began) / 60_000).toFixed(1)} min`);
  }

  /** What a suite lacks, it fails with; the others run. */
  async function setUp(): Promise<void> {
    for (const need of needed) await attempt(need, async () => { await INSTALLS[need]?.(); });
    if (needed.has('vsix')) await attempt('vsix', async () => { process.env.DATALAKE_VSIX = await packageVsix(); });
    else if (needed.has('build')) await attempt('build', build);
    if (needed.has('lake') && !missing.has('lake')) await attempt('lake', async () => {
      lake = await upLake({ dir: lakeFolder, fresh: true, boundTo: process.pid, temporary: true });
      process.env.LAKE_INFO = path.join(results, 'lake.json');
      fs.writeFileSync(process.env.LAKE_INFO, JSON.stringify(lake, null, 2));
    });
  }

  async function attempt(need: Need, work: () => Promise<unknown>): Promise<void> {
    if (stop.aborted) return;
    try {
      await work();
    } catch (error) {
      missing.set(need, describe(error));
      console.log(`  ✖ ${need}: ${describe(error)}`);
    }
  }

  async function runSuite({ minutes: usual, fullMinutes = usual, needs, run }: Suite): Promise<void> {
    const limit = values.full ? fullMinutes : usual;
    const lacking = needs.flatMap((need) => missing.get(need === 'build' && needed.has('vsix') ? 'vsix' : need) ?? []);
    if (lacking.length > 0) return tally.fail('the suite', `It could not run:\n${lacking.join('\n')}`);
    const limitMs = limit * 60_000;
    const time = AbortSignal.timeout(limitMs);
    const before = tally.count;
    try {
      await run({ grep: values.grep, limitMs, signal: AbortSignal.any([time, stop]), lake: () => lake ?? unreachable() });
    } catch (error) {
      tally.fail('the suite', describe(error));
    }
    if (time.aborted) tally.fail('the suite', `It did not end within ${limit} minutes.`);
    if (stop.aborted) tally.fail('the suite', (stop.reason as Error).message);
    if (tally.count === before) tally.fail('the suite', 'No test ran.');
  }
}

/** Why something that suites need is not there. */
const missing = new Map<Need, string>();

function describe(error: unknown): string {
  return error instanceof InstallError || !(error instanceof Error) ? String((error as Error).message ?? error) : error.stack ?? error.message;
}

function unreachable(): never {
  throw new Error('This suite does not name the lake among its needs.');
}

// Whatever breaks: the counts must be said, and the lake ended.
process.on('uncaughtException', (error) => tally.fail('npm test', describe(error)));
try {
  await main();
} catch (error) {
  tally.fail('npm test', describe(error));
}
tally.summary();
// Open handles (a browser's, a watcher's) must not keep the run alive.
process.exit(tally.failures.length > 0 ? 1 : 0);
