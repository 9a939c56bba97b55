// Whether Rucio is asked anything: counted at a proxy in front of it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultyProxy } from './faults.ts';

/** ms that are listened for; what moves is looked at every 2 s at first, a rule that is followed every second. With `--full` a minute, the longest interval. */
export const QUIET = process.env['DATALAKE_FULL'] ? 60_000 : 6000;

/** What was asked of Rucio in this time, after what was under way has ended. */
export async function askedOf(proxy: FaultyProxy, ms: number): Promise<string[]> {
  await sleep(1000);
  const from = proxy.seen.length;
  await sleep(ms);
  return proxy.seen.slice(from).map(({ method, path }) => `${method} ${path}`);
}
