// Which rule decides whether a DID comes to this instance's RSE: on the DID or on what holds it, of any owner, by any
// expression that covers the RSE.
import { RucioError } from '../rucio/errors.ts';
import type { RucioClient } from '../rucio/client.ts';
import type { DID, DIDType, Rule, RuleState } from '../rucio/types.ts';
import { mapLimited } from './limited.ts';
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

export interface Covering {
  /** The deciding one first. */
  readonly rules: readonly Rule[];
  /** Keys of the DIDs whose rules were looked at. */
  readonly over: ReadonlySet<string>;
}

/** All rules on the DID and up to two levels of parents that cover `rse`. */
export async function coveringRules(context: CoveringContext, did: DID, rse: string, signal?: AbortSignal): Promise<Covering> {
  const budget: Budget = { left: Infinity };
  const { client, memory } = context;
  const rulesOf = (of: DID): Promise<Rule[]> => memory.remember('rules', keyOf(of), RULES_AGE, budget, () => client.listDidRules(of, signal), signal);
  const found = new Map<string, Rule>();
  const seen = new Set([keyOf(did)]);
  let level: DID[] = [did];
  for (let depth = 0; ; depth++) {
    for (const rules of await mapLimited(level, 4, rulesOf)) for (const rule of rules) found.set(rule.id, rule);
    if (depth === LEVELS) break;
    const parents = await mapLimited(level, 4, (of) => memory.remember('parents', keyOf(of), PARENTS_AGE, budget, () => client.listParents(of, signal), signal));
    level = parents.flat().filter((parent) => !seen.has(keyOf(parent))).slice(0, MOST_PARENTS);
    for (const parent of level) seen.add(keyOf(parent));
    if (level.length === 0) break;
  }
  const comes = await mapLimited([...found.values()], 4, (rule) => comesHere(context, rule, rse, signal));
  const rules = [...found.values()].filter((_, at) => comes[at]).sort((a, b) => RANK[a.state] - RANK[b.state] || a.id.localeCompare(b.id));
  return { rules, over: seen };
}

/**
 * The rule that decides, or null. With `polling` what was found before is kept while the catalogue says the same of the
 * DID (`signature`): then the rule alone is asked, once for all DIDs that wait for it.
 */
export async function decidingRule(context: CoveringContext, did: DID & { readonly type: DIDType }, rse: string, signature: string, options: { readonly polling: boolean; readonly budget: Budget }, signal?: AbortSignal): Promise<Rule | null> {
  const { client, memory } = context;
  const key = keyOf(did);
  const known = memory.verdicts.get(key);
  if (options.polling && known && known.signature === signature) {
    const young = memory.now() - known.at < VERDICT_AGE;
    if (young || options.budget.left <= 0) {
      if (known.ruleId === null) return null;
      const id = known.ruleId;
      try {
        return await memory.remember('rule', id, RULES_AGE, { left: Infinity }, () => client.getRule(id, signal), signal);
      } catch (error) {
        if (!RucioError.is(error, 'notFound')) throw error; // deleted meanwhile: look for another
      }
    } else options.budget.left--;
  }
  const { rules, over } = await coveringRules(context, did, rse, signal);
  const rule = rules[0] ?? null;
  memory.verdicts.set(key, { signature, ruleId: rule?.id ?? null, over, at: memory.now() });
  return rule;
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
