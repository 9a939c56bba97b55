// What deleting a rule does, in words (rucio 41: core/rule.py delete_rule; the judge-cleaner and the reaper do the rest).
import type { Rule } from '../../../protocol.ts';
import { bytesText, count, didText } from '../../explorer/words.ts';

const DAY_MS = 86_400_000;

/** `bytes` of the DID, null = not known; `others`: rules on the same DID, undefined = not known. */
export function deletionText(rule: Rule, bytes: number | null, others: readonly Rule[] | undefined): string {
  const locks = rule.locks_ok_cnt + rule.locks_replicating_cnt + rule.locks_stuck_cnt;
  const what = locks === 0 ? 'It holds no files yet.' : `It holds ${count(locks, rule.copies > 1 ? 'copy of a file' : 'file').replace('copy of a files', 'copies of files')}${bytes === null ? '' : ` (${bytesText(bytes * rule.copies)})`} at ${rule.rse_expression}.`;
  const ends = rule.expires_at === null ? Infinity : Date.parse(rule.expires_at);
  const when = ends - Date.now() < DAY_MS / 24 ? 'It ends soon anyway.' : 'It ends in one hour; until then Change Lifetime keeps it.';
  const then = `${rule.purge_replicas ? 'Then its files are removed from there' : 'Then its files may be removed from there, when the space is needed'}, unless another rule holds them. ${didText(rule)} stays in the catalogue.`;
  const rest = others === undefined ? '' : others.length === 0 ? 'No other rule is on this data: if nothing else holds its files, the last copies may go.'
    : `${others.length === 1 ? 'Another rule is' : `${others.length} other rules are`} on this data: ${others.slice(0, 3).map((other) => `${other.account} at ${other.rse_expression}`).join(', ')}${others.length > 3 ? ', …' : ''}.`;
  const locked = rule.locked ? 'It is locked: the server will refuse until somebody unlocks it.' : '';
  return [what, when, then, rest, locked].filter(Boolean).join(' ');
}
