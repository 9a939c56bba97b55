// Small calls of Rucio's REST API from a window, one after another, inside the real extension host: through the
// extension's own client (window → lake service → Rucio), and with node-fetch in the host itself, as an extension
// without a service would do it. VS Code patches http there, and no connection is ever used twice.
import * as esbuild from 'esbuild';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runInHost } from '../support/host/run-in-host.ts';
import { instanceOf } from '../support/instance.ts';
import { root } from '../support/install.ts';
import type { Benchmark, Samples } from './benchmark.ts';
import type { CallsSettings } from './calls.inHost.ts';
import { built, lake } from './surroundings.ts';

const against = 'node-fetch 3.3.2 in the host';

/** http, where node-fetch has no TLS handshake to make: the harder comparison for us. */
export const calls: Benchmark = {
  name: 'calls', what: 'one GET /ping of 200 in a row, from the extension host, http', against, aim: 0.4, unit: 'ms', run: () => measure('http', 5),
};

export const callsHttps: Benchmark = {
  name: 'calls-https', what: 'the same over https, as data lakes have it', against, aim: 0.4, unit: 'ms', run: () => measure('https', 3),
};

async function measure(protocol: 'http' | 'https', rounds: number): Promise<Samples> {
  await built();
  const info = await lake();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-calls-'));
  try {
    const result = path.join(folder, 'result.json');
    const { name, rucio_base_url, rucio_ca_cert } = instanceOf(info, { rucio_base_url: info.rucio[protocol] });
    const settings: CallsSettings = { instance: name, url: `${rucio_base_url}/ping`, calls: 200, rounds, result };
    const { code, output } = await runInHost({
      version: 'current', extension: root, tests: await bundled(folder), folder, limitMs: 180_000,
      env: {
        BENCH_CALLS: JSON.stringify(settings), RUCIO_NAME: name, RUCIO_BASE_URL: rucio_base_url, RUCIO_CA_CERT: rucio_ca_cert ?? '',
        // The lake's authority for node-fetch: an agent's own is ignored in the extension host.
        NODE_EXTRA_CA_CERTS: info.ca.file,
      },
    });
    if (code !== 0) throw new Error(`The run in the extension host failed (${code}):\n${output}`);
    return JSON.parse(fs.readFileSync(result, 'utf8')) as Samples;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** What runs in the host, as one file: the host knows no TypeScript, and node-fetch is bundled as extensions do it. */
async function bundled(folder: string): Promise<string> {
  const outfile = path.join(folder, 'calls.cjs');
  await esbuild.build({ entryPoints: [path.join(import.meta.dirname, 'calls.inHost.ts')], outfile, bundle: true, platform: 'node', format: 'cjs', target: 'node22', external: ['vscode'], logLevel: 'warning' });
  return outfile;
}
