// The words of *Make Available*: what is said before, on the way and at the end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AvailabilityInfo, MakeAvailablePreview, Rule, RuleProgress, RuleState } from '../../../src/protocol.ts';
import { endingOf, summaryOf } from '../../../src/ui/rules/endings.ts';
import { offerText, previewWords } from '../../../src/ui/rules/preview.ts';
import { lockCounts, progressText, progressWords, ruleWords } from '../../../src/ui/rules/words.ts';
import { ruleLike } from './ruleLike.ts';

const did = { instance: 'lake', scope: 'test', name: 'ds.x' };
const preview = (change: Partial<MakeAvailablePreview> = {}): MakeAvailablePreview => ({
  scope: 'test', name: 'ds.x', type: 'DATASET', rse: 'EULAKE-1', lifetimeDays: 7, files: 8, bytes: 4_100_000, filesHere: 0, quotaRemaining: 1.2e9, quotaUnlimited: false, ...change,
});
const progress = (change: Partial<Rule> = {}, more: Partial<RuleProgress> = {}): RuleProgress => {
  const rule = ruleLike(change);
  return { rule, percent: null, moving: rule.state !== 'OK' && rule.state !== 'SUSPENDED', notes: [], ...more };
};
const here = (change: Partial<AvailabilityInfo> = {}): AvailabilityInfo => ({ scope: 'test', name: 'ds.x', type: 'DATASET', state: 'available', looked: 'Looked at 8 files.', ...change });

describe('before', () => {
  it('offers what Enter does, with what it costs', () => {
    const words = previewWords([preview({ filesHere: 2 })]);
    assert.equal(words.offer, 'Make available at EULAKE-1 for 7 days');
    assert.equal(words.facts, '8 files, 4.1 MB · 2 here already · 1.2 GB of your quota left');
    assert.equal(words.obstacle, undefined);
  });

  it('has words for one day, no end, an unknown RSE and several DIDs', () => {
    assert.equal(offerText('EULAKE-1', 1), 'Make available at EULAKE-1 for 1 day');
    assert.equal(offerText('EULAKE-1', null), 'Make available at EULAKE-1 with no end');
    assert.equal(offerText(undefined, 7), 'Make available for 7 days');
    assert.equal(offerText('EULAKE-1', 7, 3), 'Make 3 DIDs available at EULAKE-1 for 7 days');
  });

  it('says what is here, and what is not known', () => {
    assert.match(previewWords([preview({ filesHere: 0 })]).facts, / · not here yet · /);
    assert.match(previewWords([preview({ filesHere: 8 })]).facts, / · all here already · /);
    assert.match(previewWords([preview({ type: 'FILE', files: 1, filesHere: 1 })]).facts, /^1 file, 4.1 MB · here already · /);
    assert.equal(previewWords([preview({ files: null, bytes: null, filesHere: null, quotaRemaining: null })]).facts, 'size not known · quota not known');
    assert.match(previewWords([preview({ quotaRemaining: null, quotaUnlimited: true })]).facts, /no limit to your quota$/);
    assert.equal(previewWords([preview({ files: 0, bytes: 0, filesHere: 0 })]).facts, '0 files, 0 B · 1.2 GB of your quota left');
  });

  it('says how much quota is missing; what lies here already counts as well', () => {
    assert.equal(previewWords([preview({ bytes: 3e9, quotaRemaining: 1e9, filesHere: 8 })]).obstacle, 'Not enough quota at EULAKE-1: 2.0 GB missing');
    assert.equal(previewWords([preview({ bytes: 10, quotaRemaining: 0 })]).obstacle, 'Not enough quota at EULAKE-1: 10 B missing');
    assert.equal(previewWords([preview({ bytes: 1e9, quotaRemaining: 1e9 })]).obstacle, undefined);
    assert.equal(previewWords([preview({ bytes: 0, quotaRemaining: 0 })]).obstacle, undefined);
  });

  it('adds up several, and leaves out of the quota what a rule does already', () => {
    const words = previewWords([preview({ bytes: 6e8 }), preview({ name: 'ds.y', bytes: 7e8 })]);
    assert.equal(words.offer, 'Make 2 DIDs available at EULAKE-1 for 7 days');
    assert.match(words.facts, /^16 files, 1.3 GB/);
    assert.equal(words.obstacle, 'Not enough quota at EULAKE-1: 100 MB missing');
    assert.equal(previewWords([preview({ bytes: 6e8 }), preview({ name: 'ds.y', bytes: 7e8, existingRule: ruleLike() })]).obstacle, undefined);
    assert.match(previewWords([preview(), preview({ bytes: null })]).facts, /^16 files, size not known/);
  });

  it('names the rule that does it already', () => {
    const words = previewWords([preview({ bytes: 9e9, existingRule: ruleLike({ name: 'co.x', account: 'bob', expires_at: 'Sun, 29 Nov 2026 15:58:43 UTC' }) })]);
    assert.equal(words.offer, 'Use the rule that makes it available already');
    assert.match(words.facts, /^Replicating: rule of bob on test:co.x to EULAKE-1, until 29 Nov 2026 · 8 files/);
    assert.equal(words.existingRule, ruleLike().id);
    assert.equal(words.obstacle, undefined);
  });
});

describe('on the way', () => {
  it('counts files, what is to go and what is stuck', () => {
    assert.equal(progressText(progress({ locks_ok_cnt: 6, locks_replicating_cnt: 2 })), '6 of 8 files, 2 to go');
    assert.equal(progressText(progress({ locks_ok_cnt: 1, locks_replicating_cnt: 0, locks_stuck_cnt: 1 })), '1 of 2 files, 1 stuck');
    assert.equal(progressText(progress({ locks_ok_cnt: 12_000, locks_replicating_cnt: 88_000, copies: 2 })), '12,000 of 100,000 copies of files, 88,000 to go');
    assert.equal(lockCounts(ruleLike({ locks_ok_cnt: 0, locks_replicating_cnt: 0 })), undefined);
    assert.equal(progressText(progress({ state: 'INJECT', locks_ok_cnt: 0, locks_replicating_cnt: 0 })), 'injecting');
  });

  it('has words for every state, and for one that it does not know', () => {
    const states: RuleState[] = ['OK', 'REPLICATING', 'STUCK', 'SUSPENDED', 'WAITING_APPROVAL', 'INJECT'];
    const titles = states.map((state) => ruleWords({ state, rse_expression: 'EULAKE-1' }).title);
    assert.deepEqual(titles, ['OK', 'Replicating', 'Stuck', 'Suspended', 'Waiting for approval', 'Injecting']);
    for (const state of states) assert.ok(ruleWords({ state, rse_expression: 'EULAKE-1' }).meaning.length > 0);
    assert.equal(ruleWords({ state: 'NEW' as RuleState, rse_expression: 'EULAKE-1' }).title, 'NEW');
  });

  it('knows a rule that vanished from one that moves', () => {
    assert.equal(progressWords(progress({}, { moving: true })).title, 'Replicating');
    assert.equal(progressWords(progress({}, { moving: false })).title, 'Gone');
    assert.equal(progressWords(progress({ state: 'OK' }, { moving: false })).title, 'OK');
  });
});

describe('at the end', () => {
  it('is one sentence when all is well', () => {
    const ending = endingOf({ did, progress: progress({ state: 'OK' }), notes: [], left: false, preview: preview(), here: here() });
    assert.deepEqual([ending.look, ending.text], ['available', 'test:ds.x is available (8 files, 4.1 MB).']);
  });

  it('says what was granted and differs', () => {
    const ending = endingOf({ did, progress: progress({ state: 'OK' }), notes: ['Asked for 7 days; the server lets the rule end on 2026-11-24.'], left: false, preview: preview(), here: here() });
    assert.match(ending.text, /available \(8 files, 4.1 MB\)\. Asked for 7 days/);
  });

  it('does not call available what is not at its path', () => {
    const ending = endingOf({ did, progress: progress({ state: 'OK' }), notes: [], left: false, preview: preview(), here: here({ state: 'mountNotAnswering' }) });
    assert.equal(ending.look, 'warning');
    assert.match(ending.text, /The rule for test:ds.x is OK, but here it is: Mount not answering\./);
  });

  it('quotes Rucio when it is stuck, and offers the rule', () => {
    const ending = endingOf({ did, progress: progress({ state: 'STUCK', error: 'no such file' }), notes: [], left: false });
    assert.equal(ending.look, 'warning');
    assert.match(ending.text, /^test:ds.x: Stuck\. .*Rucio says: “no such file”\. Rucio tries again/);
    assert.equal(ending.ruleId, ruleLike().id);
  });

  it('says that a rule goes on which is no longer watched', () => {
    const ending = endingOf({ did, progress: progress({ locks_ok_cnt: 6, locks_replicating_cnt: 2 }), notes: [], left: true });
    assert.deepEqual([ending.look, ending.text], ['info', 'test:ds.x is no longer watched (6 of 8 files, 2 to go). Its rule goes on at the data lake.']);
  });

  it('sums several up in one notification, the worst first to see', () => {
    const good = endingOf({ did, progress: progress({ state: 'OK' }), notes: [], left: false, preview: preview(), here: here() });
    const bad = endingOf({ did: { ...did, name: 'ds.y' }, progress: progress({ state: 'WAITING_APPROVAL' }), notes: [], left: false });
    const sum = summaryOf([good, good, bad]);
    assert.equal(sum.look, 'warning');
    assert.match(sum.text, /^2 of 3 DIDs are available\. test:ds.y: Waiting for approval\./);
    assert.equal(summaryOf([good, good]).look, 'info');
    assert.match(summaryOf(Array.from({ length: 6 }, () => bad)).text, /And 3 more\.$/);
  });
});
