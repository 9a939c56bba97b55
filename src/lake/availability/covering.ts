// Which rule decides whether a DID comes to this instance's RSE: on the DID or on what holds it, of any owner, by any
// expression that covers the RSE.
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { DatasetLock, DID, DIDType, Rule, RuleState } from '../../rucio/types.ts';
import type { Kin } from './kin.ts';
import { mapLimited } from '../limited.ts';
import { keyOf, type Budget, type Memory } from './memory.ts';

export type CoveringClient = Pick<RucioClient, 'listDidRules' | 'listParents' | 'listRses' | 'getRule' | 'listReplicaLocks'>;

export interface CoveringContext {
  readonly client: CoveringClient;
  readonly memory: Memory;
}

/** What an expression means changes when sites come and go: rarely. ms. */
const EXPRESSION_AGE = 600_000;
const PARENTS_AGE = 600_000;
/** Rules that several DIDs of one look share are asked for once. ms. */
const RULES_AGE = 1500;
/** A known rule is asked by its id this long before the DID's rules are looked up as a whole again. ms. */
const VERDICT_AGE = 60_000;
/** A file may be in many datasets: so many parents are looked at on each of so many levels. */
const MOST_PARENTS = 5;
const LEVELS = 2;
/** Locks are one row per file: beyond so many they are not read to find out where a rule puts its files. */
const MOST_LOCKS = 1000;

/**
 * Best first: the rule that will soonest have the data here decides. OK (files attached since are Rucio's next work),
 * then those that run by themselves, then the one that needs somebody's word, then what failed, then what was stopped.
 */
const RANK: Readonly<Record<RuleState, number>> = { OK: 0, REPLICATING: 1, INJECT: 2, WAITING_APPROVAL: 3, STUCK: 4, SUSPENDED: 5 };

export interface DecidingOptions {
  readonly polling: boolean;
  readonly budget: Budget;
  /** Ids of the rules that are asked about again; of the others the last answer holds. Absent: all are. */
  readonly fresh?: ReadonlySet<string>;
  /** The locks on the (dataset's) DID at the RSE: whoever's rule, on it or on what holds it, has made them. */
  readonly locks?: readonly DatasetLock[];
  /** What it has in common with others that are looked at for the first time, too. */
  readonly kin?: Kin;
}

export interface Covering {
  /** The deciding one first. */
  readonly rules: readonly Rule[];
  /** Keys of the DIDs whose rules were looked at. */
  readonly over: ReadonlySet<string>;
}

/** All rules on the DID and up to two levels of parents that cover `rse`. */
export async function coveringRules(context: CoveringContext, did: DID, rse: string, signal?: AbortSignal): Promise<Covering> {
  return gather(context, did, rse, {}, signal);
}

interface Known { readonly rules?: readonly Rule[] | undefined; readonly parents?: readonly DID[] | undefined; readonly kin?: Kin }

/** `own`: what is known already of the DID itself. */
async function gather(context: CoveringContext, did: DID, rse: string, own: Known, signal: AbortSignal | undefined): Promise<Covering> {
  const budget: Budget = { left: Infinity };
  const { client, memory } = context;
  const ask = (of: DID): Promise<readonly Rule[]> => memory.remember('rules', keyOf(of), RULES_AGE, budget, () => client.listDidRules(of, signal), signal);
  const rulesOf = async (of: DID): Promise<readonly Rule[]> => (of === did ? own.rules ?? ask(of) : own.kin?.once(of, () => ask(of)) ?? ask(of));
  const parentsOf = async (of: DID): Promise<readonly DID[]> => (of === did ? own.parents : undefined) ?? memory.remember('parents', keyOf(of), PARENTS_AGE, budget, () => client.listParents(of, signal), signal);
  const found = new Map<string, Rule>();
  const seen = new Set([keyOf(did)]);
  let level: DID[] = [did];
  for (let depth = 0; ; depth++) {
    for (const rules of await mapLimited(level, 4, rulesOf)) for (const rule of rules) found.set(rule.id, rule);
    if (depth === LEVELS) break;
    const parents = await mapLimited(level, 4, parentsOf);
    level = parents.flat().filter((parent) => !seen.has(keyOf(parent))).slice(0, MOST_PARENTS);
    for (const parent of level) seen.add(keyOf(parent));
    if (level.length === 0) break;
  }
  const comes = await mapLimited([...found.values()], 4, (rule) => comesHere(context, rule, rse, signal));
  for (const rule of found.values()) memory.note('rule', rule.id, rule);
  const rules = [...found.values()].filter((_, at) => comes[at]).sort((a, b) => RANK[a.state] - RANK[b.state] || a.id.localeCompare(b.id));
  return { rules, over: seen };
}

/**
 * The rule that decides, or null. With `polling` what was found before is kept while the catalogue says the same of the
 * DID (`signature`): then the rule alone is asked, once for all DIDs that wait for it.
 */
export async function decidingRule(context: CoveringContext, did: DID & { readonly type: DIDType }, rse: string, signature: string, options: DecidingOptions, signal?: AbortSignal): Promise<Rule | null> {
  const { memory } = context;
  const key = keyOf(did);
  const known = memory.verdicts.get(key);
  const locking = await ruleOfLocks(context, options, signal);
  if (locking) {
    memory.verdicts.set(key, { signature, ruleId: locking.id, over: new Set([key, keyOf(locking)]), at: memory.now() });
    return locking;
  }
  if (options.polling && known && known.signature === signature) {
    const young = memory.now() - known.at < VERDICT_AGE;
    if (young || options.budget.left <= 0) {
      if (known.ruleId === null) return null;
      const id = known.ruleId;
      try {
        return await ruleById(context, id, options, signal);
      } catch (error) {
        if (!RucioError.is(error, 'notFound')) throw error; // deleted meanwhile: look for another
      }
    } else options.budget.left--;
  }
  const { rules, over } = await (options.kin ? withKin(context, did, rse, options.kin, signal) : coveringRules(context, did, rse, signal));
  const rule = rules[0] ?? null;
  memory.verdicts.set(key, { signature, ruleId: rule?.id ?? null, over, at: memory.now() });
  return rule;
}

/** The rules of what holds it first, which it shares with others: where one of them is done or at work, none of its own is better. */
async function withKin(context: CoveringContext, did: DID, rse: string, kin: Kin, signal: AbortSignal | undefined): Promise<Covering> {
  const parents = kin.parentsOf(did);
  if (parents) {
    const above = await gather(context, did, rse, { rules: [], parents, kin }, signal);
    if (above.rules[0]?.state === 'OK' || above.rules[0]?.state === 'REPLICATING') return above;
  }
  return gather(context, did, rse, { rules: await kin.rulesOn(did), parents, kin }, signal);
}

/**
 * The best of the rules that lock the dataset at the RSE, if it is done or at work: none is better. Undefined: only a look at
 * all rules can tell (one that has made no locks yet, as it waits or is taken up, may be better than a stuck one).
 */
async function ruleOfLocks(context: CoveringContext, options: DecidingOptions, signal?: AbortSignal): Promise<Rule | undefined> {
  const { locks = [] } = options;
  const states = new Map(locks.filter((lock) => lock.state !== 'STUCK').map((lock) => [lock.rule_id, lock.state]));
  const rules = await mapLimited([...states], 4, async ([id, state]) => {
    try {
      const rule = await ruleById(context, id, options, signal);
      // The lock has moved since we heard of its rule.
      if (state !== 'REPLICATING' || rule.state !== 'STUCK') return rule;
      return await ruleById(context, id, { fresh: new Set([id]) }, signal);
    } catch (error) {
      if (RucioError.is(error, 'notFound')) return undefined; // deleted meanwhile
      throw error;
    }
  });
  return rules.filter((rule) => rule !== undefined && (rule.state === 'OK' || rule.state === 'REPLICATING')).sort((a, b) => RANK[a!.state] - RANK[b!.state] || a!.id.localeCompare(b!.id))[0];
}

function ruleById({ client, memory }: CoveringContext, id: string, { fresh }: Pick<DecidingOptions, 'fresh'>, signal?: AbortSignal): Promise<Rule> {
  const age = fresh === undefined || fresh.has(id) ? RULES_AGE : Infinity;
  return memory.remember('rule', id, age, { left: Infinity }, () => client.getRule(id, signal), signal);
}

/** Whether the rule puts (or may yet put) its files at `rse`. */
async function comesHere(context: CoveringContext, rule: Rule, rse: string, signal?: AbortSignal): Promise<boolean> {
  const rses = rule.rse_expression === rse ? [rse] : await expressionRses(context, rule.rse_expression, signal);
  if (!rses.includes(rse)) return false;
  if (rule.copies >= rses.length) return true;
  // Fewer copies than places: Rucio has chosen some of them. Before it has made locks it may still be this one.
  const locks = rule.locks_ok_cnt + rule.locks_replicating_cnt + rule.locks_stuck_cnt;
  if (locks === 0) return rule.state !== 'OK';
  if (locks > MOST_LOCKS) return rule.state !== 'OK';
  return context.memory.remember('locks', `${rule.id} ${rule.state}`, VERDICT_AGE, { left: Infinity }, async () => {
    for await (const rows of context.client.listReplicaLocks(rule.id, signal)) if (rows.some((lock) => lock.rse === rse)) return true;
    return false;
  }, signal);
}

/** Names of the RSEs that an expression means now; [] for one that means nothing (any more). Asked every 10 minutes. */
export function expressionRses(context: { readonly client: Pick<RucioClient, 'listRses'>; readonly memory: Memory }, expression: string, signal?: AbortSignal): Promise<string[]> {
  return context.memory.remember('expression', expression, EXPRESSION_AGE, { left: Infinity }, async () => {
    try {
      return await context.client.listRses(expression, signal);
    } catch (error) {
      // "RSE Expression resulted in an empty set": the rule's RSEs are gone, so it brings nothing here.
      if (RucioError.is(error, 'notFound', 'refused')) return [];
      throw error;
    }
  }, signal);
}
