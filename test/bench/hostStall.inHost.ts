// Runs inside the extension host: the half of the benchmark `host-stall` that is measured (the other half is hostStall.ts).
import fs from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { commands, extensions } from 'vscode';
import type { ForTests } from '../../src/extension.ts';
import * as protocol from '../../src/protocol.ts';

export interface StallSettings {
  readonly instance: string;
  readonly cert: string;
  readonly key: string;
  /** One for each transfer. */
  readonly files: readonly string[];
  readonly rse: string;
  readonly scope: string;
  readonly rounds: number;
  /** The file for the {@link Samples}. */
  readonly result: string;
}

/** ms between two looks at the clock: what is shorter is not seen, and a stall is told longer by at most this. */
const RESOLUTION = 5;

/** The extension's bundle has a copy of vscode-jsonrpc of its own; a request's name means the same to both (see calls.inHost.ts). */
const byName = <T extends { readonly method: string }>(type: T): T => Object.assign(Object(type.method) as object, { method: type.method }) as unknown as T;

export async function run(): Promise<void> {
  const { instance, cert, key, files, rse, scope, rounds, result } = JSON.parse(process.env['BENCH_STALL'] ?? '') as StallSettings;
  const extension = extensions.getExtension<ForTests>('rucio.rucio-datalake');
  if (!extension) throw new Error('The extension is not in this host.');
  const { client } = await extension.activate();
  await client.request(byName(protocol.signIn), { instance, credentials: { method: 'x509', certificate: cert, key } });
  await commands.executeCommand('rucio.transfers.focus');
  const ours: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    await sleep(2000); // what the editor does at its start is not ours
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
    delay.enable();
    const ids = new Set<string>();
    for (const [n, file] of files.entries()) ids.add((await client.request(byName(protocol.upload), { instance, wish: { paths: [file], rse, scope, prefix: `stall${process.pid}.${round}.${n}.`, names: 'flat', lifetime: 3600 } })).id);
    for (;;) {
      const all = (await client.request(byName(protocol.listTransfers), {})).filter(({ id }) => ids.has(id));
      if (all.every(({ state }) => state !== 'running')) {
        const bad = all.find(({ state, files: { failed } }) => state !== 'done' || failed > 0);
        if (bad) throw new Error(`A transfer ended as ${bad.state}: ${bad.error?.what ?? ''}`);
        break;
      }
      await sleep(50);
    }
    delay.disable();
    if (round > 0) ours.push(delay.max / 1e6); // the first warms up compilers and views
  }
  fs.writeFileSync(result, JSON.stringify({ ours, theirs: null }));
}
