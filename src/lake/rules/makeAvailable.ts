// Making data available: what it would cost, the rule that does it (a new one, or the one that does it already), and how
// far it is.
import { setTimeout as pause } from 'node:timers/promises';
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { DID, Rule } from '../../rucio/types.ts';
import { countContainer, countDatasets, type Counts, type CountingClient } from '../availability/counts.ts';
import { coveringRules, type CoveringClient } from '../availability/covering.ts';
import { keyOf, type Memory } from '../availability/memory.ts';
import { type CreatingClient, withFacts } from './create.ts';
import { quotaAt, quotaLeft } from './quota.ts';
import { day, days, DAY, notesOfGranted, SLACK } from './granted.ts';
import { percentOf } from '../availability/percent.ts';
import type { Instance, MakeAvailablePreview, RuleProgress, TypedDID } from '../types.ts';

export type RulesClient = CoveringClient & CountingClient & CreatingClient;

export interface RulesContext {
  readonly client: RulesClient;
  readonly instance: Instance;
  readonly memory: Memory;
}

/** Counted live; `account` is whose quota counts. Fails with notFound, or configuration without destination_rse. */
export async function previewMakeAvailable(context: RulesContext, did: DID, account: string, signal?: AbortSignal): Promise<MakeAvailablePreview> {
  const { client, instance, memory } = context;
  const rse = destinationOf(instance);
  const details = await client.getDid(did, { dynamicDepth: 'FILE' }, signal);
  const typed: TypedDID = { scope: details.scope, name: details.name, type: details.type };
  memory.forget(did);
  const [filesHere, quota, covering] = await Promise.all([
    filesAt(context, typed, rse, signal),
    quotaAt(client, account, [rse], signal).then(([room]) => room ? quotaLeft(room) : null),
    coveringRules(context, typed, rse, signal),
  ]);
  const existingRule = covering.rules.find((rule) => doesIt(rule, account));
  return {
    ...typed, rse, lifetimeDays: instance.ruleLifetimeDays,
    files: details.type === 'FILE' ? 1 : details.length, bytes: details.bytes, filesHere,
    quotaRemaining: quota === Infinity ? null : quota, quotaUnlimited: quota === Infinity,
    ...(existingRule && { existingRule }),
  };
}

/** Answers as soon as the rule is there. `notes` say where what was granted is not what was asked. */
export async function makeAvailable(context: RulesContext, did: DID, account: string, signal?: AbortSignal): Promise<RuleProgress> {
  const { client, instance, memory } = context;
  const rse = destinationOf(instance);
  memory.forget(did);
  const asked = { copies: 1, rse_expression: rse, lifetime: instance.ruleLifetimeDays === null ? null : Math.round(instance.ruleLifetimeDays * DAY) };
  const before = (await coveringRules(context, did, rse, signal)).rules.find((rule) => doesIt(rule, account));
  if (before) return progressOf(before, instance, notesOfExisting(before, did, account, asked.lifetime, memory.now()));
  let id: string | undefined;
  try {
    [id] = await client.addRule({ dids: [{ scope: did.scope, name: did.name }], account: null, grouping: 'DATASET', ...asked }, signal);
  } catch (error) {
    if (!RucioError.is(error, 'duplicateRule')) throw await withFacts(client, error, did, asked, account, signal);
    // Somebody (another window, the web) made it in the same moment.
    const twin = (await client.listDidRules(did, signal)).find((rule) => rule.account === account && rule.rse_expression === rse && rule.copies === asked.copies);
    if (!twin) throw error;
    return progressOf(twin, instance, notesOfExisting(twin, did, account, asked.lifetime, memory.now()));
  }
  if (id === undefined) throw new RucioError('notRucio', 'The server made a rule and did not say which.', { subject: keyOf(did) });
  memory.forget(did);
  const rule = await client.getRule(id, signal);
  return progressOf(rule, instance, notesOfGranted(rule, asked, memory.now()));
}

/** The rule that makes, or would make, the DID available here; null = none. */
export async function ruleOf(context: RulesContext, did: DID, signal?: AbortSignal): Promise<Rule | null> {
  context.memory.forget(did);
  return (await coveringRules(context, did, destinationOf(context.instance), signal)).rules[0] ?? null;
}

export function progressOf(rule: Rule, instance: Pick<Instance, 'webuiUrl'>, notes: readonly string[] = []): RuleProgress {
  return {
    rule, percent: percentOf(rule), notes,
    // A stuck one is tried again by Rucio, one that waits may get its word: both may still move.
    moving: rule.state !== 'OK' && rule.state !== 'SUSPENDED',
    ...(instance.webuiUrl !== undefined && { webuiUrl: webuiRuleUrl(instance.webuiUrl, rule.id) }),
  };
}

/**
 * Address of a rule's page. The first web UI (Flask, at …/ui) has `rule?rule_id=<id>`; today's has `/rule/<id>` since
 * February 2026 and had `/rule/page/<id>` before, without a redirect (rucio/webui: src/app/(rucio)/rule).
 */
export function webuiRuleUrl(webuiUrl: string, id: string): string {
  const base = webuiUrl.replace(/\/+$/, '');
  const rule = encodeURIComponent(id);
  return URL.parse(base)?.pathname.endsWith('/ui') ? `${base}/rule?rule_id=${rule}` : `${base}/rule/${rule}`;
}

export interface FollowTimes {
  /** ms between two looks: the first, growing to `slowest`; a stuck or waiting rule is looked at every `slowest` only. */
  readonly first?: number;
  readonly slowest?: number;
}

export interface Follow {
  (id: string, onProgress: (progress: RuleProgress) => void, signal?: AbortSignal): Promise<RuleProgress>;
  /** Looks at the rule at once, if it is followed: something was done with it. */
  poke(id: string): void;
}

/** Failures in a row after which following gives up. */
const MOST_FAILURES = 5;

/**
 * Follows rules until they don't move any more: one loop for each rule, shared by all who follow it, ended when the last
 * one leaves. A rule that vanishes (it ran out, or was deleted) is told as its last state with a note, not moving.
 */
export function followed(client: Pick<RucioClient, 'getRule'>, instance: Pick<Instance, 'webuiUrl'>, { first = 1000, slowest = 10_000 }: FollowTimes = {}): Follow {
  interface Loop { readonly tells: Set<(progress: RuleProgress) => void>; readonly abort: AbortController; readonly end: Promise<RuleProgress>; last: RuleProgress | undefined; wake: AbortController }
  const loops = new Map<string, Loop>();

  async function run(id: string, loop: Pick<Loop, 'tells' | 'last' | 'wake'>, signal: AbortSignal): Promise<RuleProgress> {
    let wait = first;
    let failures = 0;
    let text = '';
    for (;;) {
      let progress: RuleProgress | undefined;
      try {
        progress = progressOf(await client.getRule(id, signal), instance);
        failures = 0;
      } catch (error) {
        if (RucioError.is(error, 'notFound') && loop.last) progress = { ...loop.last, moving: false, notes: ['The rule is gone: it ran out or was deleted.'] };
        // A moment without network must not end it; the server's refusals do.
        else if (signal.aborted || ++failures >= MOST_FAILURES || !RucioError.is(error, 'unreachable', 'timeout', 'busy', 'cutStream', 'serverError')) throw error;
      }
      if (progress) {
        const now = JSON.stringify(progress);
        wait = now === text ? Math.min(wait * 1.5, slowest) : first;
        if (progress.rule.state === 'STUCK' || progress.rule.state === 'WAITING_APPROVAL') wait = slowest;
        loop.last = progress;
        if (now !== text) for (const tell of loop.tells) tell(progress);
        text = now;
        if (!progress.moving) return progress;
      }
      loop.wake = new AbortController();
      await pause(wait, undefined, { signal: AbortSignal.any([signal, loop.wake.signal]) }).catch((error: unknown) => {
        if (signal.aborted) throw error;
        wait = first;
      });
    }
  }

  const follow = async (id: string, onProgress: (progress: RuleProgress) => void, signal?: AbortSignal): Promise<RuleProgress> => {
    let loop = loops.get(id);
    if (!loop) {
      const abort = new AbortController();
      const begun: { tells: Loop['tells']; last: RuleProgress | undefined; wake: AbortController } = { tells: new Set(), last: undefined, wake: new AbortController() };
      const end = run(id, begun, abort.signal).finally(() => {
        if (loops.get(id)?.abort === abort) loops.delete(id);
      });
      end.catch(() => undefined); // each follower hears it below
      loop = Object.assign(begun, { abort, end });
      loops.set(id, loop);
    }
    const { tells, abort, end, last } = loop;
    // A set of its own functions: two followers may hand over the same one.
    const tell = (progress: RuleProgress): void => onProgress(progress);
    tells.add(tell);
    if (last) onProgress(last);
    const cancelled = new RucioError('cancelled', 'Cancelled.');
    let leave: (() => void) | undefined;
    try {
      if (signal?.aborted) throw cancelled;
      return await Promise.race([end, new Promise<never>((_, reject) => {
        leave = () => reject(cancelled);
        signal?.addEventListener('abort', leave, { once: true });
      })]);
    } finally {
      if (leave) signal?.removeEventListener('abort', leave);
      tells.delete(tell);
      if (tells.size === 0) {
        abort.abort();
        if (loops.get(id)?.abort === abort) loops.delete(id);
      }
    }
  };
  return Object.assign(follow, { poke: (id: string) => loops.get(id)?.wake.abort() });
}

function destinationOf(instance: Instance): string {
  if (instance.destinationRse === undefined) throw new RucioError('configuration', `The instance "${instance.name}" has no destination_rse, so nothing can be made available here.`, { subject: instance.name });
  return instance.destinationRse;
}

/** Whether a rule makes a new one needless: anyone's that works or is being retried, but only one's own that waits or rests. */
function doesIt(rule: Rule, account: string): boolean {
  return rule.state === 'WAITING_APPROVAL' || rule.state === 'SUSPENDED' ? rule.account === account : true;
}

/** Files of the DID that are at the RSE by the catalogue; null = not known. */
async function filesAt(context: RulesContext, did: TypedDID, rse: string, signal: AbortSignal | undefined): Promise<number | null> {
  const how = { polling: false, budget: { left: Infinity } };
  if (did.type === 'FILE') {
    for await (const rows of context.client.listReplicas([did], { rseExpression: rse, allStates: true }, signal)) for (const row of rows) if (row.states[rse] === 'AVAILABLE') return 1;
    return 0;
  }
  const counts: Counts | { readonly error: RucioError } | undefined = did.type === 'DATASET'
    ? (await countDatasets(context, [did], rse, how, signal)).get(keyOf(did)) : await countContainer(context, did, rse, how, signal);
  if (!counts) return null;
  if ('error' in counts) throw counts.error;
  return counts.available;
}

function notesOfExisting(rule: Rule, did: DID, account: string, lifetime: number | null, now: number): string[] {
  const where = keyOf(rule) === keyOf(did) ? '' : ` on ${keyOf(rule)}`;
  const notes = [`${rule.account === account ? 'Your rule' : `A rule of ${rule.account}`}${where} does this already: no new one was made.`];
  const ends = rule.expires_at === null ? null : Date.parse(rule.expires_at);
  if (ends !== null && (lifetime === null || ends < now + (lifetime - SLACK) * 1000)) notes.push(`It ends on ${day(ends)}${lifetime === null ? '' : `, sooner than the ${days(lifetime)} of a new one`}.`);
  return notes;
}
