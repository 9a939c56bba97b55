import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { followed, makeAvailable, previewMakeAvailable, progressOf, ruleOf, webuiRuleUrl } from '../../../../src/lake/rules/makeAvailable.ts';
import type { RuleProgress } from '../../../../src/lake/types.ts';
import { RucioError } from '../../../../src/rucio/errors.ts';
import type { Rule } from '../../../../src/rucio/types.ts';
import { Catalogue, did, INSTANCE, rule, RSE } from '../fakes.ts';

const D = did('s:d');
const usage = (rse: string, left: number) => ({ rse, bytes: 0, files: 0, bytes_limit: left, bytes_remaining: left });
const twoFiles = (): Catalogue => new Catalogue().dataset('s:d', { 's:f1': 'AVAILABLE', 's:f2': undefined });

describe('before making available', () => {
  it('says what it would bring and what quota is left', async () => {
    const catalogue = twoFiles();
    catalogue.usage = [usage(RSE, 1000), usage('A', 5)];
    assert.deepEqual(await previewMakeAvailable(catalogue.context(), D, 'alice'), { ...D, type: 'DATASET', rse: RSE, lifetimeDays: 7, files: 2, bytes: 20, filesHere: 1, quotaRemaining: 1000, quotaUnlimited: false });
    const file = await previewMakeAvailable(catalogue.context(), did('s:f1'), 'alice');
    assert.deepEqual([file.files, file.bytes, file.filesHere], [1, 10, 1]);
  });

  it('counts the least of the limits that cover the RSE; none set is none left', async () => {
    const catalogue = twoFiles();
    const left = async (): Promise<unknown> => {
      const { quotaRemaining, quotaUnlimited } = await previewMakeAvailable(catalogue.context(), D, 'alice');
      return quotaUnlimited ? 'unlimited' : quotaRemaining;
    };
    assert.equal(await left(), 0);
    catalogue.usage = [usage(RSE, Infinity)];
    assert.equal(await left(), 'unlimited');
    catalogue.expressions.set('tier=0', [RSE, 'A']).set('tier=1', ['B']);
    catalogue.globalUsage = [{ ...usage('', 50), rse_expression: 'tier=0' }, { ...usage('', 5), rse_expression: 'tier=1' }, { ...usage('', 1), rse_expression: 'gone=1' }] as never;
    assert.equal(await left(), 50);
    const { client, ...rest } = catalogue.context();
    const silent = { ...rest, client: { ...client, accountUsage: () => Promise.reject(new RucioError('accessDenied', 'no')) } };
    assert.equal((await previewMakeAvailable(silent, D, 'alice')).quotaRemaining, null);
  });

  it('names the rule that does it already', async () => {
    const catalogue = twoFiles();
    catalogue.rules.push(rule('s:d', { id: 'waits', account: 'bob', state: 'WAITING_APPROVAL' }));
    assert.equal((await previewMakeAvailable(catalogue.context(), D, 'alice')).existingRule, undefined, 'a rule of another\'s that waits does nothing for us');
    assert.equal((await previewMakeAvailable(catalogue.context(), D, 'bob')).existingRule?.id, 'waits');
    assert.equal((await ruleOf(catalogue.context(), D))?.id, 'waits');
    await assert.rejects(previewMakeAvailable(catalogue.context(), did('s:none'), 'alice'), (error) => RucioError.is(error, 'notFound'));
  });
});

describe('making available', () => {
  it('makes a rule to the RSE with its life in seconds', async () => {
    const catalogue = twoFiles();
    const { rule: made, notes, percent, moving, webuiUrl } = await makeAvailable(catalogue.context(), D, 'alice');
    assert.deepEqual(catalogue.added, [{ dids: [D], account: null, grouping: 'DATASET', copies: 1, rse_expression: RSE, lifetime: 604_800 }]);
    assert.deepEqual([notes, percent, moving, webuiUrl], [[], 25, true, `https://ui/rule/${made.id}`]);
    await makeAvailable(new Catalogue().file('s:d').context({ ...INSTANCE, ruleLifetimeDays: null }), D, 'alice').then(({ notes: none }) => assert.deepEqual(none, []));
  });

  it('takes the rule that does it already, anyone\'s, and says when it ends too soon', async () => {
    const catalogue = twoFiles();
    const soon = new Date(catalogue.now + 3_600_000).toUTCString();
    catalogue.rules.push(rule('s:d', { id: 'theirs', account: 'bob', state: 'STUCK', expires_at: soon }));
    const { rule: found, notes } = await makeAvailable(catalogue.context(), D, 'alice');
    assert.equal(found.id, 'theirs');
    assert.deepEqual(catalogue.added, []);
    assert.match(notes.join(' '), /A rule of bob does this already.*It ends on .* UTC, sooner than the 7 days/);
  });

  it('finds the one that was made in the same moment', async () => {
    const catalogue = twoFiles();
    catalogue.addError = new RucioError('duplicateRule', 'duplicate', { exceptionClass: 'DuplicateRule' });
    await assert.rejects(makeAvailable(catalogue.context(), D, 'alice'), (error) => RucioError.is(error, 'duplicateRule'));
    const { client, ...rest } = catalogue.context();
    const racing = { ...rest, client: { ...client, addRule: async () => {
      catalogue.rules.push(rule('s:d', { id: 'twin' }));
      throw catalogue.addError!;
    } } };
    assert.equal((await makeAvailable(racing, D, 'alice')).rule.id, 'twin');
  });

  it('says where what was granted is not what was asked', async () => {
    for (const [granted, note] of [
      [{ expires_at: new Date(Date.now() + 86_400_000).toUTCString() }, /Asked for 7 days; the server lets the rule end on/], [{ expires_at: null }, /gave the rule no end/],
      [{ copies: 2 }, /made a rule for 2/], [{ rse_expression: 'A' }, /made a rule for A/], [{ state: 'WAITING_APPROVAL' as const }, /until somebody approves/], [{ state: 'INJECT' as const }, /in the background/],
    ] as const) {
      const catalogue = twoFiles();
      catalogue.grant = (asked) => ({ ...asked, ...granted });
      assert.match((await makeAvailable(catalogue.context(), D, 'alice')).notes.join(), note);
    }
  });
});

describe('progress', () => {
  it('counts locks; none yet is not 0 %, and all but one is not 100 %', () => {
    const of = (state: Rule['state'], ok: number, replicating: number, stuck: number): [number | null, boolean] => {
      const { percent, moving } = progressOf(rule('s:d', { state, locks_ok_cnt: ok, locks_replicating_cnt: replicating, locks_stuck_cnt: stuck }), {});
      return [percent, moving];
    };
    assert.deepEqual(of('REPLICATING', 999, 1, 0), [99, true]);
    assert.deepEqual(of('OK', 5, 0, 0), [100, false]);
    assert.deepEqual(of('OK', 0, 0, 0), [100, false]);
    assert.deepEqual(of('INJECT', 0, 0, 0), [null, true]);
    assert.deepEqual(of('WAITING_APPROVAL', 0, 0, 0), [null, true]);
    assert.deepEqual(of('STUCK', 1, 0, 1), [50, true]);
    assert.deepEqual(of('SUSPENDED', 1, 1, 0), [50, false]);
  });

  it('has the address of the old and of today\'s web UI', () => {
    assert.equal(webuiRuleUrl('https://rucio.cern.ch/ui/', 'ab'), 'https://rucio.cern.ch/ui/rule?rule_id=ab');
    assert.equal(webuiRuleUrl('https://webui.cern.ch', 'ab'), 'https://webui.cern.ch/rule/ab');
  });
});

describe('following a rule', () => {
  const quick = { first: 5, slowest: 20 };

  it('tells what changes until it is done, by one poll for all who follow', async () => {
    const states = [25, 25, 50, 100];
    let asked = 0;
    const follow = followed({ getRule: async (id) => {
      const percent = states[Math.min(asked++, 3)]!;
      return rule('s:d', { id, state: percent === 100 ? 'OK' : 'REPLICATING', locks_ok_cnt: percent, locks_replicating_cnt: 100 - percent });
    } }, {}, quick);
    const seen: (number | null)[] = [];
    const tell = (progress: RuleProgress): void => void seen.push(progress.percent);
    const [one, two] = await Promise.all([follow('r', tell), follow('r', () => undefined)]);
    assert.deepEqual(seen, [25, 50, 100]);
    assert.deepEqual([one.percent, two.percent, asked], [100, 100, 4]);
  });

  it('ends for one who leaves, and altogether when the last one does', async () => {
    let asked = 0;
    const follow = followed({ getRule: async (id) => (asked++, rule('s:d', { id })) }, {}, quick);
    const abort = new AbortController();
    const last = new AbortController();
    const leaving = follow('r', () => undefined, abort.signal);
    const staying = follow('r', () => undefined, last.signal);
    await pause(10);
    abort.abort();
    await assert.rejects(leaving, (error) => RucioError.is(error, 'cancelled'));
    const before = asked;
    await pause(60);
    assert.ok(asked > before);
    last.abort();
    await assert.rejects(staying, (error) => RucioError.is(error, 'cancelled'));
    await pause(10);
    const end = asked;
    await pause(60);
    assert.equal(asked, end);
    await assert.rejects(follow('r', () => undefined, last.signal), (error) => RucioError.is(error, 'cancelled'));
  });

  it('bears a moment without network, tells a rule that vanished, fails for one that never was', async () => {
    let asked = 0;
    const flaky = followed({ getRule: async (id) => {
      asked++;
      if (asked === 2 || asked === 3) throw new RucioError('unreachable', 'x');
      if (asked > 4) throw new RucioError('notFound', 'gone');
      return rule('s:d', { id });
    } }, {}, quick);
    const end = await flaky('r', () => undefined);
    assert.deepEqual([end.moving, end.notes], [false, ['The rule is gone: it ran out or was deleted.']]);
    for (const kind of ['notFound', 'unreachable', 'signInNeeded'] as const) {
      await assert.rejects(followed({ getRule: () => Promise.reject(new RucioError(kind, 'x')) }, {}, quick)('r', () => undefined), (error) => RucioError.is(error, kind));
    }
  });
});
