// How far a rule is.
import type { Rule } from '../../rucio/types.ts';

/** 0–100 (whole numbers; 100 only when all are done) by locks; null while the server has made none. */
export function percentOf(rule: Pick<Rule, 'state' | 'locks_ok_cnt' | 'locks_replicating_cnt' | 'locks_stuck_cnt'>): number | null {
  const all = rule.locks_ok_cnt + rule.locks_replicating_cnt + rule.locks_stuck_cnt;
  if (all === 0) return rule.state === 'OK' ? 100 : null;
  return Math.floor((rule.locks_ok_cnt / all) * 100);
}
