// A rule as Rucio 41 sends it, for tests of what is made from it.
import type { Rule } from '../../../src/protocol.ts';

export function ruleLike(change: Partial<Rule> = {}): Rule {
  return {
    id: '489890dff89f459c94473d694dbd70bc', scope: 'test', name: 'ds.x', account: 'alice', did_type: 'DATASET', state: 'REPLICATING', error: null,
    rse_expression: 'EULAKE-1', copies: 1, expires_at: null, weight: null, locked: false, locks_ok_cnt: 6, locks_replicating_cnt: 2, locks_stuck_cnt: 0,
    source_replica_expression: null, activity: 'User Subscriptions', grouping: 'DATASET', notification: 'NO', stuck_at: null, purge_replicas: false,
    ignore_availability: false, ignore_account_limit: false, priority: 3, comments: null, child_rule_id: null, eol_at: null, split_container: false, meta: null,
    subscription_id: null, created_at: 'Sun, 22 Nov 2026 15:58:43 UTC', updated_at: 'Sun, 22 Nov 2026 15:59:53 UTC', ...change,
  };
}
