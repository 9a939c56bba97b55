// A page of the rules that somebody asks for: read until it is full, then the answer is closed; 10 000 rules cost what is seen of them.
import type { RucioClient } from '../../rucio/client.ts';
import type { Rule, RuleFilter, RuleState } from '../../rucio/types.ts';

/** What is asked for; all of it must fit. Days count back from now. */
export interface RuleQuery {
  readonly state?: RuleState;
  /** undefined = the one that is signed in; `*` = everybody's. */
  readonly account?: string;
  readonly scope?: string;
  /** The rule's RSE expression, as it stands there. */
  readonly rse?: string;
  /** Made within so many days. */
  readonly newerDays?: number;
  /** Made longer than so many days ago. */
  readonly olderDays?: number;
}

const DAY_MS = 86_400_000;

/** Batches of at most `limit` rules in all, in the server's order (none); the answer says whether there are more. */
export async function listRules(client: Pick<RucioClient, 'listRules'>, account: string, query: RuleQuery & { readonly limit: number }, onRules: (rules: readonly Rule[]) => void, signal?: AbortSignal): Promise<{ readonly more: boolean }> {
  let given = 0;
  for await (const rules of client.listRules(serverFilter(query, account), signal)) {
    const some = rules.slice(0, query.limit - given);
    given += some.length;
    if (some.length > 0) onRules(some);
    if (some.length < rules.length) return { more: true };
  }
  return { more: false };
}

export function serverFilter({ state, account, scope, rse, newerDays, olderDays }: RuleQuery, mine: string, now = Date.now()): RuleFilter {
  const whose = account ?? mine;
  return {
    ...(whose !== '*' && { account: whose }),
    ...(state && { state }),
    ...(scope !== undefined && { scope }),
    ...(rse !== undefined && { rse_expression: rse }),
    ...(newerDays !== undefined && { created_after: rucioTime(now - newerDays * DAY_MS) }),
    ...(olderDays !== undefined && { created_before: rucioTime(now - olderDays * DAY_MS) }),
  };
}

/** "Sun, 01 Feb 2026 12:00:00 UTC" (rucio 41: common/utils.py str_to_date). */
const rucioTime = (at: number): string => new Date(at).toUTCString().replace('GMT', 'UTC');
