// What can be done with a rule that is there, on a real Rucio: what it tells, and what it refuses to whom.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { explain } from '../../src/lake/advice.ts';
import type { Lake } from '../../src/lake/lake.ts';
import type { RuleAction } from '../../src/lake/rules/actions.ts';
import type { Explained, RuleActed } from '../../src/lake/types.ts';
import { addRule, token, waitForRule } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { openLake } from './open-lake.ts';

const info = await sharedLake();
const alice = openLake(info, 'alice').lake;
const bob = openLake(info, 'bob').lake;
const root = openLake(info, 'root').lake;
const { dids, rules } = info.seed;
after(() => [alice, bob, root].forEach((lake) => lake.close()));
const asAlice = await token(info, 'alice');

const act = (lake: Lake, id: string, action: RuleAction): Promise<RuleActed> => lake.actOnRule(id, action);
async function refused(work: Promise<unknown>): Promise<Explained> {
  try {
    await work;
  } catch (error) {
    return explain(error);
  }
  throw new assert.AssertionError({ message: 'it was not refused' });
}
const fresh = (did: string, rse = 'XRD2_DATADISK', more: Record<string, unknown> = {}): Promise<string> => addRule(info, asAlice, did, rse, { lifetime: 3600 * 24, ...more });

test('lifetime, priority, comment, activity: what the server granted is read again', async () => {
  const id = await fresh(dids.large, 'XRD2_DATADISK', { comment: 'one' });
  const week = await act(alice, id, { do: 'lifetime', seconds: 7 * 86_400 });
  assert.match(week.told.join(' '), /^The rule of test:ds\.large ends on \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/);
  assert.ok(Math.abs(Date.parse(week.rule!.rule.expires_at!) - Date.now() - 7 * 86_400_000) < 60_000);
  const forever = await act(alice, id, { do: 'lifetime', seconds: null });
  assert.equal(forever.rule!.rule.expires_at, null);
  assert.match(forever.told[0]!, /has no end now/);
  assert.equal((await act(alice, id, { do: 'priority', priority: 5 })).rule!.rule.priority, 5);
  assert.equal((await act(alice, id, { do: 'comment', comment: 'two' })).rule!.rule.comments, 'two');
  const activity = await act(alice, id, { do: 'activity', activity: 'Express' });
  assert.equal(activity.rule!.rule.activity, 'Express');
  const unknown = await refused(act(alice, id, { do: 'activity', activity: 'Gardening' }));
  assert.match(unknown.what, /Gardening/);
  assert.equal((await alice.getRule(id)).rule.activity, 'Express');

  const deleted = await act(alice, id, { do: 'delete' });
  const ends = Date.parse(deleted.rule!.rule.expires_at!);
  assert.ok(Math.abs(ends - Date.now() - 3_600_000) < 60_000, 'an hour of grace');
  assert.match(deleted.told[0]!, /ends on .* UTC\. Until then it can be kept with Change Lifetime\.$/);
  await act(alice, id, { do: 'lifetime', seconds: 1 });
});

test('approving and denying: by an administrator; an ordinary user is refused, and told whose rule it is', async () => {
  const ids = [await fresh(dids.fits, 'SCALE_DATADISK', { ask_approval: true }), await fresh(dids.metadata, 'EULAKE-1', { ask_approval: true })] as const;
  for (const action of [{ do: 'approve' }, { do: 'deny', reason: 'no' }] as const) {
    const no = await refused(act(alice, ids[0], action));
    assert.equal(no.kind, 'accessDenied');
    assert.match(no.what, /may not do this with the rule of astro:ds\.sky to SCALE_DATADISK.*can not approve\/deny/);
    assert.ok(no.next.includes('data managers'));
  }
  const yes = await act(root, ids[0], { do: 'approve' });
  assert.match(yes.told[0]!, /is approved/);
  assert.notEqual(yes.rule!.rule.state, 'WAITING_APPROVAL');
  const again = await refused(act(root, ids[0], { do: 'approve' }));
  assert.match(again.what, /astro:ds\.sky does not wait for approval/);
  assert.deepEqual(again.actions, ['showRule']);
  await act(root, ids[0], { do: 'lifetime', seconds: 1 });
  const denied = await act(root, ids[1], { do: 'deny', reason: 'not this month' });
  assert.equal(denied.rule, null);
  assert.match(denied.told[0]!, /is denied: it is gone, and alice is told/);
  assert.equal((await refused(act(root, ids[1], { do: 'approve' }))).exceptionClass, 'RuleNotFound');
});

test('suspend, resume, repair: only from the states they are for', async () => {
  const id = await fresh(dids['to-hold'], 'XRD1_SCRATCHDISK');
  const suspended = await act(alice, id, { do: 'suspend' });
  assert.equal(suspended.rule!.rule.state, 'SUSPENDED');
  assert.equal(suspended.rule!.moving, false);
  assert.match((await refused(act(alice, id, { do: 'suspend' }))).what, /suspended already/);
  assert.match((await refused(act(alice, id, { do: 'boost' }))).what, /has to be resumed first/);
  const resumed = await act(alice, id, { do: 'resume' });
  assert.match(resumed.told[0]!, /is resumed/);
  assert.match((await refused(act(alice, id, { do: 'resume' }))).what, /is not suspended/);
  await act(alice, id, { do: 'repair' });
  assert.match((await refused(act(alice, rules.ok.id, { do: 'repair' }))).what, /is OK: there is nothing to repair/);
  assert.match((await refused(act(alice, rules.waiting.id, { do: 'repair' }))).what, /waits for approval/);
  assert.equal((await alice.getRule(rules.waiting.id)).rule.state, 'WAITING_APPROVAL');
  await act(alice, id, { do: 'lifetime', seconds: 1 });
});

test('boost of a stuck rule', async () => {
  await waitForRule(info, asAlice, rules.stuck, 'STUCK');
  assert.match((await act(alice, rules.stuck.id, { do: 'boost' })).told[0]!, /among the first/);
});

test('somebody else’s rule is not ours to change', async () => {
  for (const action of [{ do: 'lifetime', seconds: 60 }, { do: 'delete' }, { do: 'suspend' }] as const) {
    const no = await refused(act(bob, rules.replicating.id, action));
    assert.equal(no.kind, 'accessDenied', action.do);
    assert.match(no.what, /the rule of test:ds\.held to EULAKE-1/);
  }
});

test('move makes a rule elsewhere, once; reduce refuses what is not fewer', async () => {
  const id = await fresh(dids['two-sites'], 'XRD1_SCRATCHDISK', { comment: 'moves', priority: 4 });
  const moved = await act(alice, id, { do: 'move', rseExpression: 'SCALE_DATADISK' });
  assert.equal(moved.made!.rule.rse_expression, 'SCALE_DATADISK');
  assert.match(moved.told[0]!, /goes to SCALE_DATADISK by a new rule\. When that is OK, the one to XRD1_SCRATCHDISK ends\./);
  assert.match((await refused(act(alice, id, { do: 'move', rseExpression: 'EULAKE-1' }))).what, /is being moved already/);
  const few = await refused(act(alice, rules.ok.id, { do: 'reduce', copies: 1 }));
  assert.equal(few.exceptionClass, 'RuleReplaceFailed');
  assert.match(few.what, /in place of the rule of eulake:ds\.calib/);
  await act(alice, moved.made!.rule.id, { do: 'lifetime', seconds: 1 });

  const two = await fresh(dids['two-sites'], 'XRD2_DATADISK|XRD1_SCRATCHDISK', { copies: 2, comment: 'twice' });
  await waitForRule(info, asAlice, two, 'OK');
  const one = await act(alice, two, { do: 'reduce', copies: 1 });
  assert.equal(one.made!.rule.copies, 1);
  assert.match(one.told.join(' '), /is kept in 1 copy by a new rule, in place of the one for 2\./);
  assert.match(one.told.join(' '), /has not the comment/);
  await act(alice, one.made!.rule.id, { do: 'lifetime', seconds: 1 });
});

test('who follows a rule hears at once what was done with it', async () => {
  const id = await fresh(dids.demo, 'XRD1_SCRATCHDISK', { ask_approval: true });
  const abort = new AbortController();
  const heard: string[] = [];
  const done = alice.followRule(id, ({ rule }) => heard.push(rule.comments ?? ''), abort.signal).catch(() => undefined);
  while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 200)); // now it waits its 10 s
  await act(alice, id, { do: 'comment', comment: 'looked at' });
  const end = Date.now() + 5000;
  while (!heard.includes('looked at') && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(heard.includes('looked at'));
  abort.abort();
  await done;
  await act(root, id, { do: 'deny', reason: 'test' });
});
