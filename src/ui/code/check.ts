// *Check DIDs in This File*: what is wrong with each DID that stands there. Asked for by a person, so it looks as closely
// as it must; knows nothing of editors.
import type { ServiceClient } from '../../client/client.ts';
import { type AvailabilityInfo, availability, didRows, listDids } from '../../protocol.ts';
import type { DidRef, Dids } from '../context.ts';
import { toFailure } from '../failures.ts';
import { type Glances, stateOf } from './glances.ts';
import { nearest } from './near.ts';
import type { FoundDid } from './recognise.ts';
import type { KnownScopes } from './scopes.ts';

export type Finding =
  /** `near`: scopes that may be meant. */
  | { readonly kind: 'noScope'; readonly near: readonly string[] }
  /** `near`: names in the same scope. */
  | { readonly kind: 'missing'; readonly ref: DidRef; readonly near: readonly string[] }
  | { readonly kind: 'state'; readonly ref: DidRef; readonly info: AvailabilityInfo };

export interface Checked {
  /** By `scope:name`: what is not as it should be. */
  readonly findings: ReadonlyMap<string, Finding>;
  readonly checked: number;
  /** What could not be checked, and why: the first reason. */
  readonly failed: number;
  readonly failure?: unknown;
  /** DIDs beyond {@link MOST_CHECKED}. */
  readonly left: number;
}

export const MOST_CHECKED = 200;
const AT_ONCE = 4;
/** Names that are compared with a misspelt one. */
const MOST_NAMES = 500;

export interface CheckParts {
  readonly client: Pick<ServiceClient, 'request' | 'stream'>;
  readonly scopes: KnownScopes;
  readonly glances: Glances;
  readonly dids: Pick<Dids, 'stateOf'>;
}

export async function check(parts: CheckParts, found: readonly FoundDid[], options: { readonly signal: AbortSignal; readonly onProgress?: (done: number, of: number) => void }): Promise<Checked> {
  const { scopes } = parts;
  const findings = new Map<string, Finding>();
  const asked = new Map<string, DidRef>();
  for (const { scope, name } of found) {
    const key = `${scope}:${name}`;
    const instance = scopes.instanceOf(scope);
    if (instance !== undefined) asked.set(key, { instance, scope, name });
    else {
      // Most words with a colon are no DIDs: only a scope that is nearly right is one that was misspelt.
      const near = nearest(scope, scopes.all());
      if (near.length > 0) findings.set(key, { kind: 'noScope', near });
    }
  }
  const work = [...asked].slice(0, MOST_CHECKED);
  const failures: unknown[] = [];
  let [next, done] = [0, 0];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let item = work[next++]; item && !options.signal.aborted; item = work[next++]) {
      const [key, ref] = item;
      try {
        const finding = await checkOne(parts, ref, options.signal);
        if (finding) findings.set(key, finding);
      } catch (error) {
        failures.push(error);
      }
      options.onProgress?.(++done, work.length);
    }
  }));
  return { findings, checked: work.length - failures.length, failed: failures.length, ...(failures.length > 0 && { failure: failures[0] }), left: asked.size - work.length };
}

async function checkOne(parts: CheckParts, ref: DidRef, signal: AbortSignal): Promise<Finding | undefined> {
  const { client, glances, dids } = parts;
  const { instance, scope, name } = ref;
  try {
    glances.forget(ref);
    const glance = await glances.at(ref, signal);
    let info = stateOf(ref, glance, dids);
    const typed = { ...ref, type: glance.details.type };
    if (glance.here?.state !== 'available') info = await client.request(availability, { instance, did: { scope, name } }, signal);
    return info && info.state !== 'available' && info.state !== 'empty' ? { kind: 'state', ref: typed, info } : undefined;
  } catch (error) {
    if (toFailure(error).kind !== 'notFound') throw error;
    return { kind: 'missing', ref, near: nearest(name, await namesLike(client, ref, signal)) };
  }
}

/** A mistake may be anywhere in the name: those that begin like it, and, if none of them is near, those that end like it. */
async function namesLike(client: CheckParts['client'], { instance, scope, name }: DidRef, signal: AbortSignal): Promise<readonly string[]> {
  const half = Math.ceil(name.length / 2);
  for (const pattern of [`${name.slice(0, half)}*`, `*${name.slice(half)}`]) {
    if (pattern === '*' || pattern.slice(0, -1).includes('*') && !pattern.startsWith('*')) continue;
    const names: string[] = [];
    await client.stream(listDids, didRows, (rows) => ({ instance, scope, name: pattern, type: 'all' as const, limit: MOST_NAMES, rows }),
      (some) => names.push(...some.map((row) => row.name)), { signal, onRestart: () => void (names.length = 0) });
    if (nearest(name, names).length > 0) return names;
  }
  return [];
}
