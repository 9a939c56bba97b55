// Listing a scope with 100 000 DIDs: by a window's client (window → lake service → Rucio), by curl, and by Rucio's own
// command line. All three ask for the same rows over https.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import * as protocol from '../../src/protocol.ts';
import type { DIDRow } from '../../src/protocol.ts';
import { apt } from '../support/install.ts';
import { token } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import type { TestClient } from '../support/service.ts';
import { type Benchmark, inTurns, seconds } from './benchmark.ts';
import { rucioCli } from './rivals.ts';
import { SCALE, lake, windowClient } from './surroundings.ts';

const PAGE = 200;

export const firstPage: Benchmark = {
  name: 'first-page', what: `the first ${PAGE} rows of a scope with 100 000 DIDs, through a window's client`, against: 'curl, whole listing', aim: 0.05, unit: 's',
  run: async () => {
    const [client, curl] = [await windowClient(), await curlListing(await lake())];
    return inTurns(5, () => seconds(() => list(client, PAGE, PAGE)), () => seconds(curl));
  },
};

export const streamAll: Benchmark = {
  name: 'stream-all', what: 'all 100 000 rows through a window\'s client', against: 'curl', aim: 1.1, unit: 's',
  run: async () => {
    const [client, curl] = [await windowClient(), await curlListing(await lake())];
    return inTurns(5, () => seconds(() => list(client, SCALE * 10, SCALE)), () => seconds(curl));
  },
};

export const streamCli: Benchmark = {
  name: 'stream-cli', what: 'all 100 000 rows through a window\'s client', against: 'rucio did list (41)', aim: 0.6, unit: 's',
  run: async () => {
    const [client, cli] = [await windowClient(), await cliListing(await lake())];
    return inTurns(3, () => seconds(() => list(client, SCALE * 10, SCALE)), () => seconds(cli));
  },
};

async function list(client: TestClient, limit: number, atLeast: number): Promise<void> {
  let rows = 0;
  const params = (token: string) => ({ instance: 'lake', scope: 'scale', name: '*', type: 'all' as const, limit, rows: token });
  await client.stream(protocol.listDids, protocol.didRows, params, (batch: readonly DIDRow[]) => { rows += batch.length; });
  if (rows < atLeast) throw new Error(`Our client gave ${rows} rows, not ${atLeast}.`);
}

/** curl that throws the rows away: nobody can be quicker. */
async function curlListing(where: LakeInfo): Promise<() => Promise<void>> {
  await apt({ curl: (process.env['PATH'] ?? '').split(':').some((dir) => fs.existsSync(path.join(dir, 'curl'))) }, 'the benchmarks that compare with curl');
  // The token comes on standard input: arguments can be read by everybody.
  const secret = `header = "X-Rucio-Auth-Token: ${await token(where, 'alice')}"\n`;
  const url = `${where.rucio.https}/dids/scale/dids/search?type=all&long=true&name=*`;
  return () => toItsEnd('curl', ['--silent', '--show-error', '--fail', '--globoff', '--cacert', where.ca.file, '--config', '-', '--output', '/dev/null', url], { input: secret });
}

/** Its standard form, a table with each DID's type; into a file, as a terminal would be slower. */
async function cliListing(where: LakeInfo): Promise<() => Promise<void>> {
  const { program, home, env } = await rucioCli(where);
  return async () => {
    const output = fs.openSync(path.join(home, 'list.txt'), 'w');
    try {
      await toItsEnd(program, ['did', 'list', '--filter', 'type=all', 'scale:*'], { env, output });
      const { size } = fs.fstatSync(output);
      if (size < SCALE * 'scale:'.length) throw new Error(`rucio did list wrote ${size} bytes only.`);
    } finally {
      fs.closeSync(output);
    }
  };
}

function toItsEnd(program: string, args: readonly string[], options: { env?: NodeJS.ProcessEnv; input?: string; output?: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: options.env ?? process.env, stdio: ['pipe', options.output ?? 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr?.on('data', (d: Buffer) => { complaint += d.toString(); });
    child.on('error', reject);
    child.on('close', (code) => code === 0 ? resolve() : reject(new Error(`${path.basename(program)} failed (${code}): ${complaint.trim().slice(-500)}`)));
    child.stdin?.end(options.input ?? '');
  });
}
