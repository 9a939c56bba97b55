// The client's calls for rules, locks, requests, usage and limits, against a real Rucio, with what it refuses.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { signInUserpass } from '../../src/rucio/auth/userpass.ts';
import { rucioClient, type RucioClient } from '../../src/rucio/client.ts';
import { Transport } from '../../src/rucio/transport.ts';
import type { DID } from '../../src/rucio/types.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { all, failing, tokensFrom } from '../unit/rucio/helpers.ts';

const lake = await sharedLake();
const transport = new Transport({ baseUrl: lake.rucio.https, caFile: lake.ca.file, version: '0.0.0-test', network: {} });
after(() => transport.close());
const as = async (account: 'alice' | 'root'): Promise<RucioClient> => {
  const signed = await signInUserpass(transport, lake.accounts[account].userpass);
  assert.ok('token' in signed);
  return rucioClient(transport, tokensFrom(signed.token));
};
const [alice, root] = await Promise.all([as('alice'), as('root')]);
const { rules } = lake.seed;
const NONE = '0123456789abcdef0123456789abcdef';
const stuck = rules.stuck.id;

test('rules by state, account and scope; of nobody: none', async () => {
  const found = await all(alice.listRules({ state: 'STUCK', account: 'alice' }));
  assert.ok(found.some(({ id }) => id === stuck));
  assert.ok(found.every(({ state, account }) => state === 'STUCK' && account === 'alice'));
  const { scope } = found[0]!;
  assert.ok((await all(alice.listRules({ scope }))).every((rule) => rule.scope === scope));
  assert.deepEqual(await all(alice.listRules({ account: 'nobody' })), []);
});

// No history: the server takes `/rules/<id>/history` for a DID's (41.5.1: its routes shadow each other).
test('analysis of a stuck rule names its files; an unknown one has none', async () => {
  const { rule_error, transfers } = await alice.examineRule(stuck);
  assert.equal(rule_error, (await alice.getRule(stuck)).error);
  assert.ok(transfers && transfers.length > 0 && transfers.every(({ scope, name, rse }) => scope && name && rse));
  await failing(alice.examineRule(NONE), 'notFound');
});

test('locks of a dataset, and of many; of an unknown DID none', async () => {
  const rule = await alice.getRule(rules.ok.id);
  const locks = await alice.listDatasetLocks(rule);
  const mine = locks.find(({ rule_id }) => rule_id === rule.id);
  assert.ok(mine && mine.state === 'OK' && mine.account === rule.account);
  const bulk = await alice.listDatasetLocksBulk([rule, { scope: rule.scope, name: 'no.such.dataset' }]);
  assert.deepEqual(bulk.map(({ rule_id }) => rule_id).sort(), locks.map(({ rule_id }) => rule_id).sort());
  assert.deepEqual(await alice.listDatasetLocks({ scope: rule.scope, name: 'no.such.dataset' }), []);
});

test('the request of a file: what an administrator sees', async () => {
  const rows = await all(root.listReplicaLocks(rules.replicating.id));
  const lock = rows.find(({ state }) => state === 'REPLICATING')!;
  const request = await root.getRequest(lock, lock.rse);
  assert.ok(request === null || typeof request.state === 'string');
});

test('approving is for administrators; a rule that is denied is gone', async () => {
  const did: DID = await alice.getRule(rules.ok.id);
  const waiting = rules.waiting.id;
  await failing(alice.approveRule(waiting), 'accessDenied');
  await failing(alice.denyRule(waiting, 'no'), 'accessDenied');
  const [id] = await alice.addRule({ dids: [did], copies: 1, rse_expression: 'XRD2_DATADISK', lifetime: 3600, ask_approval: true, comment: 'to be denied' });
  await root.denyRule(id!, 'not needed');
  await failing(root.getRule(id!), 'notFound');
});

test('reduce and move refuse what cannot be', async () => {
  assert.match((await failing(alice.reduceRule(rules.ok.id, 1), 'refused')).exceptionClass ?? '', /RuleReplaceFailed/);
  await failing(alice.moveRule(NONE, 'EULAKE-1'), 'notFound');
});

test('usage and limits of an RSE and of an account', async () => {
  assert.ok((await alice.listRseUsage('EULAKE-1')).every(({ source }) => typeof source === 'string'));
  assert.equal(typeof await alice.getRseLimits('EULAKE-1'), 'object');
  assert.equal((await alice.accountLocalLimits('alice'))['EULAKE-1'], 2 * 1024 ** 3);
  assert.equal((await alice.accountGlobalLimits('alice'))['tier=1']?.limit, 5 * 1024 ** 3);
  await failing(alice.accountLocalLimits('nobody'), 'notFound');
});
