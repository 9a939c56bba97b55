// Which rules the view shows, and how that is said and kept.
import type { RuleQuery, RuleState } from '../../protocol.ts';

export interface RulesFilter extends Omit<RuleQuery, 'state'> {
  readonly state?: RuleState;
}

/** In the order in which a person has to do something about them. */
export const STATES: readonly RuleState[] = ['STUCK', 'WAITING_APPROVAL', 'REPLICATING', 'INJECT', 'SUSPENDED', 'OK'];

export const AGES: readonly { readonly title: string; readonly newerDays?: number; readonly olderDays?: number }[] = [
  { title: 'made today or yesterday', newerDays: 2 },
  { title: 'made within 7 days', newerDays: 7 },
  { title: 'made within 30 days', newerDays: 30 },
  { title: 'older than 30 days', olderDays: 30 },
  { title: 'older than a year', olderDays: 365 },
];

/** From the workspace's memory: whatever is there. */
export function toFilter(kept: unknown): RulesFilter {
  if (typeof kept !== 'object' || kept === null) return {};
  const { state, account, scope, rse, newerDays, olderDays } = kept as Record<string, unknown>;
  const text = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';
  const days = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 100_000;
  return {
    ...(STATES.includes(state as RuleState) && { state: state as RuleState }),
    ...(text(account) && { account: account.trim() }),
    ...(text(scope) && { scope: scope.trim() }),
    ...(text(rse) && { rse: rse.trim() }),
    ...(days(newerDays) && { newerDays }),
    ...(days(olderDays) && { olderDays }),
  };
}

/** "Stuck · of everybody · at EULAKE-1"; '' = mine, all of them. `title` puts a state into words. */
export function filterText({ state, account, scope, rse, newerDays, olderDays }: RulesFilter, title: (state: RuleState) => string): string {
  const parts = [];
  if (state) parts.push(title(state));
  if (account !== undefined) parts.push(account === '*' ? 'of everybody' : `of ${account}`);
  if (rse !== undefined) parts.push(`at ${rse}`);
  if (scope !== undefined) parts.push(`in ${scope}`);
  if (newerDays !== undefined) parts.push(`made within ${newerDays} days`);
  if (olderDays !== undefined) parts.push(`older than ${olderDays} days`);
  return parts.join(' · ');
}
