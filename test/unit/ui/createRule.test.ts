// What is typed for a rule, what is kept of it, and how the last step and the question before a deletion read.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { RulePreview } from '../../../src/protocol.ts';
import { deletionText } from '../../../src/ui/rules/actions/deletion.ts';
import { ruleRefOf } from '../../../src/ui/rules/actions/ruleRef.ts';
import { firstAnswers, wishOf } from '../../../src/ui/rules/create/answers.ts';
import { answerRows, lifetimeWords, previewText } from '../../../src/ui/rules/create/words.ts';
import { commentProblem, lifetimeText, parseLifetime, parseWhole } from '../../../src/ui/rules/inputs.ts';
import { ruleLike } from './ruleLike.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const DAY = 86_400;

describe('a lifetime as it is typed', () => {
  const value = (text: string): number | null | string => {
    const got = parseLifetime(text, NOW);
    return 'value' in got ? got.value : 'problem';
  };

  it('in days, other units, words, and as a date', () => {
    for (const [text, seconds] of [['7', 7 * DAY], [' 1.5 days ', 1.5 * DAY], ['0,5', DAY / 2], ['12h', 43_200], ['12 hours', 43_200], ['2 weeks', 14 * DAY], ['no end', null], ['Never', null], ['2026-11-25', DAY / 2], ['2026-11-24 13:30', 5400], ['2026-11-24T13:30Z', 5400]] as const) assert.equal(value(text), seconds, text);
  });

  it('what can’t be: a past or impossible date, nothing, a unit nobody knows, thousands of years', () => {
    for (const text of ['', '  ', '0', '-3', 'soon', '3 moons', '2026-11-24', '2026-02-30', '2027-13-01', '2026-12-01 25:00', '99999999', '1e9']) assert.equal(value(text), 'problem', text);
  });

  it('whatever is typed is understood or has a problem; what is offered again means the same', () => {
    fc.assert(fc.property(fc.string(), (text) => {
      const got = parseLifetime(text, NOW);
      if ('value' in got) assert.ok(got.value === null || (Number.isSafeInteger(got.value) && got.value > 0));
      else assert.ok(got.problem.length > 5);
    }));
    fc.assert(fc.property(fc.integer({ min: 1, max: 36_000 }), (n) => { assert.equal(value(lifetimeText(n * DAY)), n * DAY); }));
    fc.assert(fc.property(fc.date({ min: new Date(NOW + 120_000), max: new Date(Date.UTC(2100, 0, 1)), noInvalidDate: true }), (date) => {
      const typed = date.toISOString().slice(0, 16);
      assert.equal(value(typed), Math.round((Date.parse(`${typed}:00Z`) - NOW) / 1000));
    }));
    assert.equal(value(lifetimeText(null)), null);
  });
});

it('whole numbers within bounds, and nothing else', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String)), (text) => {
    const got = parseWhole(text, 'copies', 1, 100);
    if ('value' in got) assert.ok(Number.isInteger(got.value) && got.value >= 1 && got.value <= 100 && String(got.value) === text.trim().replace(/^0+/, ''));
  }));
  assert.deepEqual(parseWhole('3', 'copies', 1, 5), { value: 3 });
});

it('a comment is as long as the server keeps it, in characters as people count', () => {
  assert.equal(commentProblem('é'.repeat(250)), undefined);
  assert.equal(commentProblem('🙂'.repeat(250)), undefined);
  assert.match(commentProblem('a'.repeat(253)) ?? '', /^3 characters too long/);
});

describe('answers', () => {
  const instance = { destinationRse: 'EULAKE-1', ruleLifetimeDays: 7 };

  it('begin as the instance says, and go on as they were the last time', () => {
    const first = firstAnswers(instance, undefined, NOW);
    assert.deepEqual([first.rse_expression, first.copies, first.lifetime, first.grouping, first.priority], ['EULAKE-1', 1, '7 days', 'DATASET', 3]);
    const last = { ...first, rse_expression: 'tier=1', copies: 2, comment: 'why' };
    assert.deepEqual(firstAnswers(instance, JSON.parse(JSON.stringify(last)), NOW), last);
    assert.equal(firstAnswers(instance, { ...last, lifetime: '2026-01-01' }, NOW).lifetime, '7 days');
    assert.equal(firstAnswers({ ruleLifetimeDays: null }, undefined, NOW).lifetime, 'no end');
  });

  it('whatever was kept, what is asked for can be asked for', () => {
    const junk = fc.anything();
    const kept = fc.record({ rse_expression: junk, copies: junk, lifetime: junk, grouping: junk, activity: junk, comment: junk, source: junk, approval: junk, priority: junk, notify: junk }, { requiredKeys: [] });
    fc.assert(fc.property(fc.oneof(junk, kept), (last) => {
      const wish = wishOf(firstAnswers(instance, last, NOW), NOW);
      assert.ok(wish.rse_expression !== '' && wish.copies >= 1 && wish.copies <= 100 && ['DATASET', 'ALL', 'NONE'].includes(wish.grouping));
      assert.ok(wish.lifetime === null || wish.lifetime > 0);
      assert.ok(wish.priority! >= 1 && wish.priority! <= 5 && 'NYCP'.includes(wish.notify!));
    }));
  });

  it('an end reads as it is meant', () => {
    assert.deepEqual(['7', '2 weeks', 'no end', '2026-12-24'].map((typed) => lifetimeWords(typed, NOW)), ['for 7 days', 'for 14 days', 'with no end', 'until 2026-12-24 (UTC)']);
  });

  it('all of them stand in the last step', () => {
    const answers = { ...firstAnswers(instance, undefined, NOW), comment: 'for the paper', source: 'XRD2_DATADISK', approval: true };
    const text = answerRows(answers).map(({ label, value }) => `${label}: ${value}`).join('\n');
    for (const part of ['Where to: EULAKE-1', 'Copies: 1', 'For how long: 7 days', 'Grouping: Files of a dataset stay', 'Activity: User Subscriptions', 'Comment: for the paper', 'Copy only from: XRD2_DATADISK', 'Ask for approval: yes', 'Priority: 3 of 5', 'Mail: No mail']) assert.ok(text.includes(part), part);
  });
});

describe('a preview in words', () => {
  const did = { scope: 'test', name: 'ds', type: 'DATASET', files: 8, bytes: 4_000_000 } as const;
  const at = { rse: 'EULAKE-1', quotaLeft: 2_000_000_000, quotaUnlimited: false, filesHere: 2, bytesHere: 1_000_000 } as const;
  const preview: RulePreview = { rses: [at], dids: [did], files: 8, bytes: 4_000_000, overQuota: false };

  it('size, what is there, quota', () => {
    assert.deepEqual(previewText(preview), { facts: '8 files, 4.0 MB · EULAKE-1: 2 there already, 2.0 GB of your quota left', problems: [], rules: 1 });
    assert.match(previewText(preview, true).facts, /your quota does not count/);
    assert.match(previewText({ ...preview, rses: [at, { ...at, rse: 'B', quotaUnlimited: true, quotaLeft: null, filesHere: 8 }] }).facts, /Means 2 storages now: EULAKE-1, B · .* · B: all there already, no limit/);
  });

  it('how much is missing, and where', () => {
    const over = previewText({ ...preview, overQuota: true, rses: [{ ...at, missing: 1_200_000_000, limit: 'your quota at EULAKE-1' }] });
    assert.equal(over.obstacle, 'Not enough quota: 1.2 GB missing in your quota at EULAKE-1');
  });

  it('those for which none will be made', () => {
    const problem = { kind: 'notFound', what: 'There is no test:x in this Rucio.', next: '', actions: [] } as const;
    const text = previewText({ ...preview, dids: [did, { ...did, name: 'x', type: null, problem }, { ...did, name: 'y', duplicate: ruleLike() }] });
    assert.equal(text.rules, 1);
    assert.deepEqual(text.problems, ['There is no test:x in this Rucio.', 'test:y has such a rule of yours already.']);
    assert.equal(previewText({ ...preview, dids: [{ ...did, duplicate: ruleLike() }] }).rules, 0);
  });
});

it('what a deletion does is said: when, what may go, what else holds it', () => {
  const text = deletionText(ruleLike({ expires_at: null, rse_expression: 'EULAKE-1' }), 4_000_000, []);
  assert.match(text, /^It holds 8 files \(4\.0 MB\) at EULAKE-1\. It ends in one hour; until then Change Lifetime keeps it\. Then its files may be removed/);
  assert.match(text, /No other rule is on this data/);
  assert.match(deletionText(ruleLike({ locked: true }), null, [ruleLike({ account: 'bob', rse_expression: 'B' })]), /Another rule is on this data: bob at B\. It is locked/);
  assert.ok(!/other rule is on this data|Another/.test(deletionText(ruleLike(), null, undefined)));
});

it('a rule is taken by its id, whoever names it; a DID or a node is none', () => {
  const id = '0123456789abcdef0123456789abcdef';
  assert.deepEqual(ruleRefOf({ instance: 'lake', id }), { instance: 'lake', id });
  assert.deepEqual(ruleRefOf({ instance: 'lake', ruleId: id }), { instance: 'lake', id });
  for (const other of [undefined, null, id, { id }, { instance: 'lake', id: '../x' }, { instance: 'lake', id: 'did:x' }, { instance: 'lake', scope: 'a', name: 'b', id }, { instance: 'lake', ref: { instance: 'lake', scope: 'a', name: 'b' }, id }]) assert.equal(ruleRefOf(other), undefined);
});
