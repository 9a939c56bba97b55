// *Create Rule* below the editor, on a real Rucio: what a rule would mean, one rule for each DID, and every refusal that
// can be had for real, in words with a next step.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { explain } from '../../src/lake/advice.ts';
import type { Lake } from '../../src/lake/lake.ts';
import type { CreatedRule, RuleWish } from '../../src/lake/types.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import { rest, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { did, openLake } from './open-lake.ts';

const info = await sharedLake();
const alice = openLake(info, 'alice').lake;
const bob = openLake(info, 'bob').lake;
const root = openLake(info, 'root').lake;
const { dids } = info.seed;
after(() => [alice, bob, root].forEach((lake) => lake.close()));
const asRoot = await token(info, 'root');

const wish = (rse_expression: string, more: Partial<RuleWish> = {}): RuleWish => ({ rse_expression, copies: 1, lifetime: 86_400, grouping: 'DATASET', ...more });
async function one(lake: Lake, text: string, wanted: RuleWish): Promise<CreatedRule> {
  const [made, ...rest] = await lake.createRules([did(text)], wanted);
  assert.ok(made && rest.length === 0);
  return made;
}
async function refused(lake: Lake, text: string, wanted: RuleWish, exceptionClass: string): Promise<string> {
  const { failure, progress } = await one(lake, text, wanted);
  assert.equal(progress, undefined);
  assert.ok(failure);
  assert.equal(failure.exceptionClass, exceptionClass, failure.what);
  assert.ok(failure.next.length > 10 && !/None|undefined|\{/.test(failure.what + failure.next), failure.what);
  return failure.what;
}
const away = async (...made: readonly CreatedRule[]): Promise<void> => {
  for (const { progress } of made) if (progress) await root.actOnRule(progress.rule.id, { do: 'lifetime', seconds: 1 });
};
const attribute = async (method: 'POST' | 'DELETE', rse: string, key: string, value: unknown = true): Promise<void> => {
  const reply = await rest(info, asRoot, method, `/rses/${rse}/attr/${key}`, method === 'POST' ? { value } : undefined);
  assert.ok(reply.status < 300, reply.text);
};

test('a preview: places, sizes, what is there already, quota, duplicates, and a DID that is not there', async () => {
  const text = await alice.previewRule([did(dids.partly), did(dids.available), did('test:no.such')], wish('EULAKE-1|XRD2_DATADISK'));
  assert.deepEqual(text.rses.map(({ rse }) => rse), ['EULAKE-1', 'XRD2_DATADISK']);
  const [partly, available, none] = text.dids;
  assert.equal(partly!.files, 6);
  assert.equal(available!.duplicate, undefined);
  assert.equal(none!.problem?.exceptionClass, 'DataIdentifierNotFound');
  assert.equal(text.files, 6 + available!.files!);
  assert.equal(text.rses[0]!.filesHere, 3 + available!.files!);
  assert.equal(text.rses[1]!.filesHere, 6);
  assert.ok(text.rses[0]!.quotaLeft! < 2 * 1024 ** 3 && !text.overQuota);
  const twin = await alice.previewRule([did(dids.available)], wish('EULAKE-1'));
  assert.equal(twin.dids[0]!.duplicate?.id, info.seed.rules.ok.id);
  assert.equal(twin.bytes, 0);
  const container = await alice.previewRule([did(dids.container)], wish('XRD2_DATADISK'));
  assert.equal(container.rses[0]!.filesHere, 18);
});

test('a preview costs no row per file', async () => {
  const { lake, calls } = openLake(info, 'alice');
  await lake.previewRule([did(dids.container)], wish('tier=1'));
  assert.ok(!calls.some((call) => call.includes('/replicas/list') || call.includes('/locks')), calls.join('\n'));
  lake.close();
});

test('over the quota: said before, and refused with how much is missing where', async () => {
  const before = await alice.previewRule([did(dids['over-quota'])], wish('EULAKE-1'));
  assert.ok(before.overQuota);
  const { missing, limit } = before.rses[0]!;
  assert.equal(limit, 'your quota at EULAKE-1');
  assert.equal(missing, 3 * 1024 ** 3 - before.rses[0]!.quotaLeft! + 1);
  const what = await refused(alice, dids['over-quota'], wish('EULAKE-1'), 'InsufficientAccountLimit');
  assert.match(what, /At EULAKE-1 1\.[12] GB of 3\.2 GB is missing in your quota at EULAKE-1\.$/);
  // Where there is no limit of one's own at all.
  assert.match(await refused(bob, dids.spare, wish('XRD2_DATADISK'), 'InsufficientAccountLimit'), /At XRD2_DATADISK .* is missing/);
  // Asked for approval the quota does not count.
  assert.equal((await alice.previewRule([did(dids['over-quota'])], wish('EULAKE-1', { ask_approval: true }))).overQuota, false);
});

test('several at once: each for itself, made or refused', async () => {
  const made = await alice.createRules([did(dids.spare), did('test:no.such'), did(dids['over-quota'])], wish('XRD1_SCRATCHDISK|SCALE_DATADISK', { comment: 'several', priority: 4, activity: 'Express', notify: 'C', source_replica_expression: 'XRD2_DATADISK' }));
  assert.deepEqual(made.map(({ failure }) => failure?.exceptionClass), [undefined, 'DataIdentifierNotFound', undefined]);
  const { rule, } = made[0]!.progress!;
  assert.deepEqual([rule.comments, rule.priority, rule.activity, rule.notification, rule.source_replica_expression, rule.grouping], ['several', 4, 'Express', 'CLOSE', 'XRD2_DATADISK', 'DATASET']);
  assert.deepEqual(made[0]!.progress!.notes, []);
  await away(...made);
});

test('a second one of the same kind: refused, and says which is in its way', async () => {
  const first = await one(alice, dids.fits, wish('XRD1_SCRATCHDISK'));
  const again = await one(alice, dids.fits, wish('XRD1_SCRATCHDISK'));
  assert.equal(again.failure?.exceptionClass, 'DuplicateRule');
  assert.equal(again.existing?.id, first.progress!.rule.id);
  await away(first);
});

test('approval: waits, and says so; not where the storage takes none, nor for several', async () => {
  const asked = await one(alice, dids.fits, wish('EULAKE-1', { ask_approval: true, comment: 'please' }));
  assert.equal(asked.progress?.rule.state, 'WAITING_APPROVAL');
  assert.deepEqual(asked.progress.notes, ['The rule waits until somebody approves it.']);
  await root.actOnRule(asked.progress.rule.id, { do: 'deny', reason: 'test' });
  await refused(alice, dids.fits, wish('EULAKE-1|XRD2_DATADISK', { ask_approval: true }), 'InvalidReplicationRule');
  await attribute('POST', 'XRD2_DATADISK', 'block_manual_approval');
  try {
    assert.match(await refused(alice, dids.fits, wish('XRD2_DATADISK', { ask_approval: true }), 'ManualRuleApprovalBlocked'), /takes no rules that wait for approval.*astro:ds\.sky/);
  } finally {
    await attribute('DELETE', 'XRD2_DATADISK', 'block_manual_approval');
  }
});

test('the server’s other refusals, each in its own words', async () => {
  assert.match(await refused(alice, dids.spare, wish('NO_SUCH_RSE'), 'InvalidRSEExpression'), /no storage by that name or RSE expression/);
  assert.match(await refused(alice, dids.spare, wish('EULAKE-1', { copies: 2 }), 'InsufficientTargetRSEs'), /not enough storages/);
  await refused(alice, dids.spare, wish('EULAKE-1', { activity: 'Gardening' }), 'InvalidObject');
  await assert.rejects(alice.previewRule([did(dids.spare)], wish('NO_SUCH_RSE')), { exceptionClass: 'InvalidRSEExpression' });
  await assert.rejects(alice.expressionRses('tier='), { exceptionClass: 'InvalidRSEExpression' });
  assert.deepEqual(await alice.expressionRses('EULAKE-1|XRD2_DATADISK'), ['EULAKE-1', 'XRD2_DATADISK']);
});

test('a storage that is closed for writing; storages to copy from that are none: the server fails without a word for it', async () => {
  const open = async (availability_write: boolean): Promise<void> => {
    const reply = await rest(info, asRoot, 'PUT', '/rses/SCALE_DATADISK', { availability_write });
    assert.ok(reply.status < 300, reply.text);
  };
  await open(false);
  try {
    // Rucio remembers for minutes what an expression meant: one of its own, so that the tests below meet the storage as it is.
    assert.match(await refused(alice, dids.spare, wish('SCALE_DATADISK&SCALE_DATADISK'), 'RSEWriteBlocked'), /closed for new files.*test:ds\.spare/);
  } finally {
    await open(true);
  }
  assert.match(await refused(alice, dids.spare, wish('EULAKE-1', { source_replica_expression: 'NO_SUCH_RSE' }), 'InvalidSourceReplicaExpression'), /^The storages to copy test:ds\.spare from mean nothing to the server\. It says: .*empty set/);
});

test('a rule in somebody else’s name', async () => {
  const asked = { dids: [did(dids.spare)], account: 'root', copies: 1, rse_expression: 'EULAKE-1', lifetime: 3600 };
  const error: unknown = await alice.client.addRule(asked).then(() => assert.fail('a rule was made'), (why: unknown) => why);
  assert.ok(RucioError.is(error, 'accessDenied') && error.exceptionClass === 'AccessDenied');
  const { what, next, actions } = explain(error, { did: did(dids.spare) });
  assert.match(what, /^You are signed in, but may not do this with test:ds\.spare\. The server says: Account alice can not add replication rule\./);
  assert.match(next, /another account/);
  assert.deepEqual(actions, ['signIn']);
});

test('a staging area wants an end', async () => {
  const change = async (staging_area: boolean): Promise<void> => {
    const reply = await rest(info, asRoot, 'PUT', '/rses/SCALE_DATADISK', { staging_area });
    assert.ok(reply.status < 300, reply.text);
  };
  await change(true);
  try {
    assert.match(await refused(alice, dids.spare, wish('SCALE_DATADISK', { lifetime: null }), 'StagingAreaRuleRequiresLifetime'), /staging area/);
  } finally {
    await change(false);
  }
});

test('the storage itself is full', async () => {
  const limit = async (method: 'PUT' | 'DELETE'): Promise<void> => {
    const reply = await rest(info, asRoot, method, '/rses/SCALE_DATADISK/limits', { name: 'MaxSpaceAvailable', value: 1 });
    assert.ok(reply.status < 300, reply.text);
  };
  await limit('PUT');
  try {
    // Of another DID than the tests above: what they have begun to bring there counts as there.
    const what = await refused(alice, dids.available, wish('SCALE_DATADISK'), 'RSEOverQuota');
    assert.match(what, /is missing in the room that SCALE_DATADISK has for everybody\.$/);
  } finally {
    await limit('DELETE');
  }
});
