// The pages behind *Rules* and the answers behind *Storage*, from a real Rucio.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { explain } from '../../src/lake/advice.ts';
import type { RuleQuery } from '../../src/lake/rules/list.ts';
import type { Rule } from '../../src/rucio/types.ts';
import { addRule, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { openLake } from './open-lake.ts';

const info = await sharedLake();
const { lake } = openLake(info, 'alice');
after(() => lake.close());
const { rules, dids } = info.seed;

async function listed(query: RuleQuery, limit = 200): Promise<{ readonly rules: readonly Rule[]; readonly more: boolean }> {
  const found: Rule[] = [];
  const { more } = await lake.listRules({ ...query, limit }, (some) => found.push(...some));
  return { rules: found, more };
}

test('each state has its own rules, and only mine', async () => {
  // The one that waits for approval is left alone by all tests; a stuck one is repaired by some, and then replicates for a while.
  const waiting = await listed({ state: 'WAITING_APPROVAL' });
  assert.ok(waiting.rules.some(({ id }) => id === rules.waiting.id));
  assert.ok(waiting.rules.every(({ state, account }) => state === 'WAITING_APPROVAL' && account === 'alice'));
  const stuck = await listed({ state: 'STUCK' });
  assert.ok(stuck.rules.every(({ state, account }) => state === 'STUCK' && account === 'alice'));
  const ok = await listed({ state: 'OK' });
  assert.ok(ok.rules.length > 0 && ok.rules.every(({ state }) => state === 'OK'));
});

test('a page is a page: what is behind it is not read', async () => {
  const all = await listed({});
  assert.ok(all.rules.length > 2);
  const page = await listed({}, 2);
  assert.equal(page.rules.length, 2);
  assert.equal(page.more, true);
  assert.equal((await listed({}, all.rules.length)).more, false);
});

test('account, RSE, scope and age narrow it down at the server', async () => {
  assert.ok((await listed({ account: '*' })).rules.length >= (await listed({})).rules.length);
  assert.deepEqual((await listed({ account: 'nobody-of-this-name' })).rules, []);
  const at = await listed({ rse: 'EULAKE-1' });
  assert.ok(at.rules.length > 0 && at.rules.every(({ rse_expression }) => rse_expression === 'EULAKE-1'));
  assert.ok((await listed({ scope: 'test' })).rules.every(({ scope }) => scope === 'test'));
  assert.deepEqual((await listed({ scope: 'no-such-scope' })).rules, []);
  // Other tests make and end rules meanwhile: those that are there before and after must be in it.
  const before_ = await listed({});
  const newer = new Set((await listed({ newerDays: 2 })).rules.map(({ id }) => id));
  const still = new Set((await listed({})).rules.map(({ id }) => id));
  assert.ok(newer.size > 0);
  assert.deepEqual(before_.rules.filter(({ id }) => still.has(id) && !newer.has(id)), []);
  assert.deepEqual((await listed({ olderDays: 1 })).rules, []);
});

test('storage: used and limit of each RSE; what ends soon and what takes the space there', async () => {
  const usage = await lake.storageUsage();
  const here = usage.find(({ kind, rse }) => kind === 'local' && rse === 'EULAKE-1');
  assert.ok(here && here.used >= 0 && (here.limit === null || Number.isFinite(here.limit)), JSON.stringify(usage));
  const id = await addRule(info, await token(info, 'alice'), dids.spare, `XRD2_DATADISK${'|EULAKE-1'.repeat(1 + (Date.now() % 50))}`, { lifetime: 86_400 });
  const details = await lake.storageDetails('XRD2_DATADISK');
  const soon = details.expiring.find(({ rule }) => rule.id === id);
  assert.ok(soon, 'a rule that ends tomorrow');
  assert.equal(soon.sure, false, 'one copy at one of two RSEs');
  assert.ok(details.biggest.length > 0 && details.biggest.length <= 20);
  const sizes = details.biggest.map(({ bytes }) => bytes ?? -1);
  assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a));
  assert.equal(details.more, false);
  await lake.actOnRule(id, { do: 'delete' });
});

test('a server that is away is a failure that says so, not an empty list', async () => {
  const { lake: gone } = openLake(info, 'alice', { settings: { rucio_base_url: 'https://127.0.0.1:9' } });
  try {
    await assert.rejects(gone.listRules({ limit: 5 }, () => undefined), (error) => explain(error).actions.length > 0);
  } finally {
    gone.close();
  }
});
