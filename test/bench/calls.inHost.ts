// Runs inside the extension host: the half of the benchmark `calls` that is measured (the other half is calls.ts).
import fs from 'node:fs';
import fetch from 'node-fetch';
import { extensions } from 'vscode';
import type { ForTests } from '../../src/extension.ts';
import { ping } from '../../src/protocol.ts';
import { inTurns, seconds } from './benchmark.ts';

export interface CallsSettings {
  readonly instance: string;
  readonly url: string;
  /** In each round. */
  readonly calls: number;
  readonly rounds: number;
  /** The file for the {@link Samples}, in ms for one call. */
  readonly result: string;
}

/**
 * The extension's bundle has a copy of vscode-jsonrpc of its own, which does not know the request types of ours; a
 * request's name (as a String object, so that it can carry `method`) means the same to both.
 */
const pingByName = Object.assign(Object(ping.method) as object, { method: ping.method }) as unknown as typeof ping;

export async function run(): Promise<void> {
  const { instance, url, calls, rounds, result } = JSON.parse(process.env['BENCH_CALLS'] ?? '') as CallsSettings;
  const extension = extensions.getExtension<ForTests>('rucio.rucio-datalake');
  if (!extension) throw new Error('The extension is not in this host.');
  const { client } = await extension.activate();
  const each = (call: () => Promise<unknown>) => async () => 1000 / calls * await seconds(async () => { for (let i = 0; i < calls; i++) await call(); });
  const samples = await inTurns(rounds, each(() => client.request(pingByName, { instance })), each(async () => {
    const reply = await fetch(url);
    const { version } = await reply.json() as { version?: string };
    if (version === undefined) throw new Error(`${url} gave no version (${reply.status}).`);
  }));
  fs.writeFileSync(result, JSON.stringify(samples));
}
