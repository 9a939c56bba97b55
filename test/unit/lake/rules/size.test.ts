import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ruleSize, type SizeClient } from '../../../../src/lake/rules/size.ts';
import type { DatasetLock, DatasetReplica, DIDDetails, Rule } from '../../../../src/rucio/types.ts';
import { did, rule, RSE } from '../fakes.ts';

function server(of: Rule, { locks = [], rows = [], bytes = null }: { locks?: readonly Partial<DatasetLock>[]; rows?: readonly Partial<DatasetReplica>[]; bytes?: number | null }) {
  const calls: string[] = [];
  const client: SizeClient = {
    getRule: async () => of,
    getDid: async (_did, { dynamicDepth }: { dynamicDepth?: string } = {}) => { calls.push(`did ${dynamicDepth ?? ''}`.trim()); return { bytes } as DIDDetails; },
    listDatasetLocksBulk: async () => { calls.push('locks'); return locks as DatasetLock[]; },
    listDatasetReplicasBulk: async (dids) => { calls.push(`summaries of ${dids.length}`); return rows as DatasetReplica[]; },
  };
  return { client, calls };
}
const counts = (ok: number, moving: number, stuck = 0): Partial<Rule> => ({ locks_ok_cnt: ok, locks_replicating_cnt: moving, locks_stuck_cnt: stuck });
const lock = (of: Rule, on: string, rse = RSE): Partial<DatasetLock> => ({ ...did(on), rse, rule_id: of.id });
const row = (on: string, length: number, bytes: number, here: number, bytesHere: number, rse = RSE): Partial<DatasetReplica> => ({ ...did(on), rse, length, bytes, available_length: here, available_bytes: bytesHere });

describe('how far a rule is in bytes', () => {
  it('by the book of its dataset, where that counts what the rule counts; whose rule it is matters', async () => {
    const of = rule('s:d', counts(1, 2, 1));
    const { client, calls } = server(of, { locks: [lock(of, 's:d'), { ...lock(of, 's:d', 'OTHER'), rule_id: 'another' }], rows: [row('s:d', 4, 1000, 1, 700), row('s:d', 4, 1000, 4, 1000, 'OTHER')] });
    assert.deepEqual(await ruleSize(client, of.id), { done: 700, total: 1000, about: false });
    assert.deepEqual(calls, ['locks', 'summaries of 1']);
  });

  it('by the share of files where the book is behind, or counts files of other rules', async () => {
    const of = rule('s:d', counts(2, 2));
    const { client } = server(of, { locks: [lock(of, 's:d')], rows: [row('s:d', 4, 1000, 1, 700)] });
    assert.deepEqual(await ruleSize(client, of.id), { done: 500, total: 1000, about: true });
  });

  it('over the datasets of a container, each at the RSE where the rule puts it', async () => {
    const of = rule('s:c', { ...counts(3, 1), did_type: 'CONTAINER' });
    const { client } = server(of, { locks: [lock(of, 's:a'), lock(of, 's:b', 'OTHER')], rows: [row('s:a', 2, 30, 2, 30), row('s:b', 2, 70, 1, 50, 'OTHER'), row('s:b', 2, 70, 2, 70)] });
    assert.deepEqual(await ruleSize(client, of.id), { done: 80, total: 100, about: false });
  });

  it('of files that go one by one, and of a file: size times copies', async () => {
    const loose = rule('s:d', { ...counts(1, 7), copies: 2, grouping: 'NONE' });
    assert.deepEqual(await ruleSize(server(loose, { bytes: 400 }).client, loose.id), { done: 100, total: 800, about: true });
    const file = rule('s:f', { ...counts(1, 1), copies: 2, did_type: 'FILE' });
    const asked = server(file, { bytes: 10 });
    assert.deepEqual(await ruleSize(asked.client, file.id), { done: 10, total: 20, about: false });
    assert.deepEqual(asked.calls, ['did']);
  });

  it('done is done, whatever the book says; nothing is known before there are locks, or of what has no size', async () => {
    const done = rule('s:d', { ...counts(4, 0), state: 'OK' });
    assert.deepEqual(await ruleSize(server(done, { locks: [lock(done, 's:d')], rows: [row('s:d', 4, 1000, 3, 700)] }).client, done.id), { done: 1000, total: 1000, about: false });
    const waits = rule('s:d', { ...counts(0, 0), state: 'WAITING_APPROVAL' });
    const { client, calls } = server(waits, { bytes: 5 });
    assert.equal(await ruleSize(client, waits.id), null);
    assert.deepEqual(calls, []);
    const odd = rule('s:d', counts(1, 1));
    assert.equal(await ruleSize(server(odd, { locks: [lock(odd, 's:d')], rows: [{ ...row('s:d', 2, 0, 1, 0), bytes: null }] }).client, odd.id), null);
  });
});
