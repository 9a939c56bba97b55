// How long the extension host stands still at most while four transfers run in the lake service and the window shows them.
import * as esbuild from 'esbuild';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runInHost } from '../support/host/run-in-host.ts';
import { instanceOf } from '../support/instance.ts';
import { root } from '../support/install.ts';
import { sharedLake } from '../support/lake/shared.ts';
import type { Benchmark, Samples } from './benchmark.ts';
import type { StallSettings } from './hostStall.inHost.ts';
import { built } from './surroundings.ts';

export const hostStall: Benchmark = {
  name: 'host-stall', what: 'longest stall of the event loop in the extension host while 4 transfers run', against: null, aim: 50, unit: 'ms',
  run: async () => {
    await built();
    const where = await sharedLake();
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-stall-'));
    try {
      const { name, rucio_base_url, rucio_ca_cert } = instanceOf(where);
      const { cert, key } = where.accounts.alice.x509!;
      const files = [0, 1, 2, 3].map((n) => {
        const file = path.join(folder, `${n}.bin`);
        fs.writeFileSync(file, randomBytes(60_000_000));
        return file;
      });
      const result = path.join(folder, 'result.json');
      const settings: StallSettings = { instance: name, cert, key, files, rse: 'XRD1_SCRATCHDISK', scope: 'user.alice', rounds: 3, result };
      const outfile = path.join(folder, 'stall.cjs');
      await esbuild.build({ entryPoints: [path.join(import.meta.dirname, 'hostStall.inHost.ts')], outfile, bundle: true, platform: 'node', format: 'cjs', target: 'node22', external: ['vscode'], logLevel: 'warning' });
      const { code, output } = await runInHost({ version: 'current', extension: root, tests: outfile, folder, limitMs: 240_000, env: { BENCH_STALL: JSON.stringify(settings), RUCIO_NAME: name, RUCIO_BASE_URL: rucio_base_url, RUCIO_CA_CERT: rucio_ca_cert ?? '' } });
      if (code !== 0) throw new Error(`The run in the extension host failed (${code}):\n${output}`);
      return JSON.parse(fs.readFileSync(result, 'utf8')) as Samples;
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  },
};
