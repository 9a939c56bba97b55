// *Rules* and *Storage* without a server: filters, words, groups, polling.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ServiceClient } from '../../../src/client/client.ts';
import type { Rule, RuleState } from '../../../src/protocol.ts';
import { serverFilter } from '../../../src/lake/rules/list.ts';
import { filterText, STATES, toFilter } from '../../../src/ui/rulesView/filter.ts';
import { type GroupRow, RulesModel } from '../../../src/ui/rulesView/model.ts';
import { Polling } from '../../../src/ui/rulesView/polling.ts';
import { expiryText, percentText, ruleDescription } from '../../../src/ui/rulesView/words.ts';
import { SessionStore } from '../../../src/ui/sessions.ts';
import { endedWords, sinceText } from '../../../src/ui/watch/words.ts';
import { usageWords } from '../../../src/ui/storageView/words.ts';
import { ruleLike } from './ruleLike.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const title = (state: RuleState): string => state;

test('whatever the memory holds, a filter comes of it, and the same again of that', () => {
  fc.assert(fc.property(fc.anything(), (kept) => {
    const filter = toFilter(kept);
    assert.deepEqual(toFilter(JSON.parse(JSON.stringify(filter))), filter);
    assert.equal(filterText(filter, title) === '', Object.keys(filter).length === 0);
  }));
  fc.assert(fc.property(fc.record({ state: fc.constantFrom(...STATES), account: fc.string(), rse: fc.string(), newerDays: fc.integer() }, { requiredKeys: [] }), (kept) => {
    const filter = toFilter(kept);
    assert.equal(filter.state, kept.state);
    if (filter.newerDays !== undefined) assert.ok(filter.newerDays > 0);
  }));
});

test('ages are times as Rucio reads them, and mine is the account that is signed in', () => {
  assert.deepEqual(serverFilter({ newerDays: 7, state: 'STUCK' }, 'alice', NOW), { account: 'alice', state: 'STUCK', created_after: 'Tue, 17 Nov 2026 12:00:00 UTC' });
  assert.deepEqual(serverFilter({ account: '*', olderDays: 1 }, 'alice', NOW), { created_before: 'Mon, 23 Nov 2026 12:00:00 UTC' });
  fc.assert(fc.property(fc.integer({ min: 1, max: 20_000 }), (olderDays) => {
    const { created_before: before } = serverFilter({ olderDays }, 'alice', NOW);
    assert.match(before!, /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d UTC$/);
    assert.equal(NOW - Date.parse(before!), olderDays * 86_400_000);
  }));
});

test('when a rule ends, in words', () => {
  assert.equal(expiryText(null, NOW), 'no end');
  assert.equal(expiryText('Wed, 25 Nov 2026 13:00:00 UTC', NOW), 'ends in 1 day');
  assert.equal(expiryText('Tue, 24 Nov 2026 15:30:00 UTC', NOW), 'ends in 3 hours');
  assert.equal(expiryText('Tue, 24 Nov 2026 12:00:30 UTC', NOW), 'ends within a minute');
  assert.equal(expiryText('Tue, 24 Nov 2026 11:59:00 UTC', NOW), 'over');
  assert.equal(expiryText('someday', NOW), 'ends someday');
});

test('a row says where, how far, until when, and whose where it is not mine', () => {
  assert.equal(ruleDescription(ruleLike(), 'alice', NOW), '75 % · EULAKE-1 · no end');
  assert.equal(ruleDescription(ruleLike(), 'bob', NOW), '75 % · EULAKE-1 · no end · of alice');
  assert.equal(percentText(ruleLike({ locks_ok_cnt: 999, locks_replicating_cnt: 1 })), '99 %');
  assert.equal(percentText(ruleLike({ state: 'OK', locks_replicating_cnt: 0 })), undefined);
});

test('storage in words: limits, none, unlimited, over', () => {
  const at = { kind: 'local' as const, rse: 'A', files: 2 };
  assert.deepEqual(usageWords({ ...at, used: 3e9, limit: 10e9 }), { text: '30 % of 10.0 GB, 7.0 GB free ▰▰▰▱▱▱▱▱▱▱', spoken: '3.0 GB used of 10.0 GB, 30 percent, 7.0 GB free, 2 files', over: false });
  assert.equal(usageWords({ ...at, used: 11e9, limit: 10e9 }).over, true);
  assert.match(usageWords({ ...at, used: 11e9, limit: 10e9 }).text, /^110 % of 10\.0 GB, 1\.0 GB over quota ▰{10}$/);
  assert.equal(usageWords({ ...at, used: 0, limit: null }).text, '0 B used · unlimited');
  assert.equal(usageWords({ ...at, used: 0 }).text, '0 B used · no quota');
  fc.assert(fc.property(fc.nat(), fc.integer({ min: 1 }), (used, limit) => {
    const { text, over } = usageWords({ ...at, used, limit });
    assert.equal([...text].filter((c) => '▰▱'.includes(c)).length, 10);
    assert.equal(over, used > limit);
  }));
});

/** A lake with these rules; `asked`: of which states. */
function fake(rules: Rule[]): { readonly model: RulesModel; readonly sessions: SessionStore; readonly asked: string[] } {
  const asked: string[] = [];
  const sessions = new SessionStore();
  const signedIn = { instance: 'lake', state: 'signedIn', account: 'alice' } as const;
  const client = {
    welcome: async () => ({ instances: [{ name: 'lake', displayName: 'Lake' }], problems: [], sessions: [signedIn] }),
    request: async ({ method }: { method: string }) => method === 'watch/list' ? [] : signedIn,
    stream: async (_type: unknown, _partial: unknown, params: (token: number) => { state: RuleState; limit: number }, onItems: (rules: Rule[]) => void) => {
      const { state, limit } = params(1);
      asked.push(state);
      const fit = rules.filter((rule) => rule.state === state);
      onItems(fit.slice(0, limit));
      return { more: fit.length > limit };
    },
  } as unknown as ServiceClient;
  return { model: new RulesModel(client, sessions), sessions, asked };
}

async function groups(model: RulesModel): Promise<readonly (readonly [RuleState, number, boolean])[]> {
  await model.root.get();
  const { branch } = model.instances()[0]!;
  await branch.get();
  await branch.listing.settled;
  return (branch.listing.rows as readonly GroupRow[]).map(({ state, branch: { listing } }) => [state, listing.size, listing.more]);
}

const some = (n: number, state: RuleState): Rule[] => Array.from({ length: n }, (_, i) => ruleLike({ id: `${state}-${i}`, state }));

test('groups by state, the stuck ones first; 10 000 rules are a page', async () => {
  const { model } = fake([...some(10_000, 'OK'), ...some(3, 'STUCK'), ...some(1, 'REPLICATING')]);
  assert.deepEqual(await groups(model), [['STUCK', 3, false], ['REPLICATING', 1, false], ['OK', 200, true]]);
  assert.deepEqual(model.stuck(), { count: 3, more: false });
  const ok = model.instances()[0]!.branch.listing.rows[2]!.branch!;
  assert.equal(ok.now().length, 201, 'and Load More');
  await ok.loadMore();
  assert.equal(ok.listing.size, 400);
});

test('a poll reads what moves; the others only when something came or went', async () => {
  const rules = [...some(1, 'OK'), ...some(1, 'REPLICATING')];
  const { model, asked } = fake(rules);
  await groups(model);
  asked.length = 0;
  assert.equal(await model.poll(), false);
  assert.ok(!asked.includes('OK') && asked.includes('REPLICATING'), asked.join());
  rules[1] = { ...rules[1]!, state: 'OK' };
  assert.equal(await model.poll(), true);
  assert.ok(asked.includes('OK'));
  assert.deepEqual(await groups(model), [['OK', 2, false]]);
});

test('a filter by state asks for that state only; signed out, nothing is shown', async () => {
  const { model, sessions, asked } = fake([...some(2, 'OK'), ...some(1, 'STUCK')]);
  await groups(model);
  asked.length = 0;
  model.setFilter({ state: 'STUCK' });
  assert.deepEqual(await groups(model), [['STUCK', 1, false]]);
  assert.deepEqual(asked, ['STUCK']);
  sessions.set({ instance: 'lake', state: 'signedOut' });
  await model.instances()[0]!.branch.get();
  assert.equal(model.instances()[0]!.branch.listing.failure?.kind, 'signInNeeded');
  assert.deepEqual(model.stuck(), { count: 0, more: false });
});

test('polling: nothing while nobody looks, backing off while nothing changes', async () => {
  const timers: { at: number; run: () => void }[] = [];
  const clock = {
    setTimeout: (run: () => void, at: number) => { const timer = { at, run }; timers.push(timer); return timer; },
    clearTimeout: (timer: unknown) => { const i = timers.indexOf(timer as never); if (i >= 0) timers.splice(i, 1); },
  };
  let changes = false;
  let looks = 0;
  const polling = new Polling({ look: async () => { looks++; return changes; }, soon: 10, slowest: 20, clock });
  const fire = async (): Promise<number> => { const timer = timers.shift()!; timer.run(); await new Promise(setImmediate); return timer.at; };
  assert.equal(timers.length, 0);
  polling.set(true);
  assert.deepEqual([await fire(), await fire(), await fire()], [10, 15, 20]);
  changes = true;
  await fire();
  assert.equal(timers[0]?.at, 10);
  polling.set(false);
  assert.equal(timers.length, 0);
  assert.equal(looks, 4);
});

test('the end of a watched rule, in words', () => {
  const did = { scope: 'test', name: 'ds' };
  assert.deepEqual(endedWords({ did, state: 'OK' }), { look: 'information', text: 'The rule for test:ds is OK: all of its files are there.' });
  assert.match(endedWords({ did, state: 'STUCK', error: 'no source' }).text, /is stuck\. Rucio says: “no source”\./);
  assert.match(endedWords({ did, state: 'GONE' }).text, /denied, deleted, or it ran out/);
  assert.match(endedWords({ did, state: 'NEW_ONE' }).text, /NEW_ONE/);
  assert.deepEqual(endedWords({ did, state: 'available', type: 'DATASET' }), { look: 'information', text: 'test:ds is available here.' });
  assert.match(endedWords({ did, state: 'stuck', error: 'no source', type: 'DATASET' }).text, /does not come here for now: its rule is stuck\. Rucio says: “no source”\. Show Rule/);
  assert.equal(sinceText(NOW - 3_600_000, NOW), 'since 11:00 UTC');
  assert.equal(sinceText(NOW - 86_400_000, NOW), 'since 2026-11-23');
});
