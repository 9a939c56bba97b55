// The files of a rule, and what keeps it stuck, from a real Rucio.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { LockTable } from '../../src/lake/rules/locks.ts';
import { rest, rows, token, waitForRule } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { openLake } from './open-lake.ts';

const info = await sharedLake();
const { lake } = openLake(info);
const alice = await token(info, 'alice');
after(() => lake.close());

test('a rule’s files, counted and in windows', async () => {
  const { id, rse } = info.seed.rules.ok;
  const table = new LockTable();
  const heard: number[] = [];
  const summary = await table.fill(lake.client, id, ({ read }) => heard.push(read));
  const { locks_ok_cnt: files } = await lake.client.getRule(id);
  assert.deepEqual([summary.read, summary.whole, summary.counts], [files, true, [{ rse, state: 'OK', files }]]);
  assert.ok(heard.length > 0);
  assert.deepEqual(table.window({ sort: 'did', offset: files - 1, limit: 10 }).rows.length, 1);
  table.close();
});

test('how far a rule is in bytes', async () => {
  const { stuck, ok, waiting } = info.seed.rules;
  const files = rows<{ bytes: number; name: string }>(await rest(info, alice, 'GET', `/dids/${stuck.did.replace(':', '/')}/dids`));
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  await waitForRule(info, alice, stuck.id, 'STUCK');
  assert.deepEqual(await lake.ruleSize(stuck.id), { done: files.find(({ name }) => !name.includes('lost'))!.bytes, total, about: false });
  const whole = await lake.ruleSize(ok.id);
  assert.ok(whole && whole.total > 0 && whole.done === whole.total && !whole.about);
  assert.equal(await lake.ruleSize(waiting.id), null);
  await assert.rejects(lake.ruleSize('0'.repeat(32)), { kind: 'notFound' });
});

test('what keeps a rule stuck: the file, its attempts, the last source, and where it could come from', async () => {
  const { stuck, ok } = info.seed.rules;
  await waitForRule(info, await token(info, 'alice'), stuck, 'STUCK');
  const [file, ...more] = await lake.stuckFiles(stuck.id);
  assert.ok(file && more.length === 0);
  assert.equal(file.rse, stuck.rse);
  assert.ok((file.attempts ?? 0) > 0);
  assert.ok(file.sources.length > 0);
  assert.deepEqual(await lake.stuckFiles(ok.id), [], 'a rule that is not stuck has none');
});
