// The rule page without an editor: what its snapshots hold, what its document allows, and when it asks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceFailure } from '../../../src/client/client.ts';
import type { Failure, RuleProgress, RuleSize } from '../../../src/protocol.ts';
import { ruleFields } from '../../../src/ui/ruleStatus/fields.ts';
import { isFromPage, pageState } from '../../../src/ui/ruleStatus/fromPage.ts';
import { shellHtml } from '../../../src/ui/ruleStatus/html.ts';
import { type Known, snapshotOf } from '../../../src/ui/ruleStatus/snapshot.ts';
import { RuleSizeWatch } from '../../../src/ui/ruleStatus/size.ts';
import { type RuleReader, RuleWatch } from '../../../src/ui/ruleStatus/watch.ts';
import { ruleLike } from './ruleLike.ts';

const progress = (change: Parameters<typeof ruleLike>[0] = {}, more: Partial<RuleProgress> = {}): RuleProgress => {
  const rule = ruleLike(change);
  return { rule, percent: 75, moving: rule.state !== 'OK' && rule.state !== 'SUSPENDED', notes: [], ...more };
};
const known = (change: Partial<Known> = {}): Known => ({ instance: 'lake', instanceName: 'Test Lake', ruleId: ruleLike().id, heading: '', live: false, busy: false, ...change });
const failure = (kind: Failure['kind'], actions: Failure['actions'] = []): Failure => ({ kind, what: 'It went wrong.', next: 'Do this.', actions });

describe('the fields', () => {
  // The table on the slide (dlaas.md §1, row 5).
  const SLIDE = ['account', 'activity', 'copies', 'created_at', 'did_type', 'expires_at', 'grouping', 'id', 'ignore_account_limit', 'ignore_availability', 'locked', 'locks_ok_cnt', 'locks_replicating_cnt', 'locks_stuck_cnt',
    'name', 'notification', 'priority', 'purge_replicas', 'rse_expression', 'scope', 'split_container', 'state', 'updated_at'];

  it('are all of the slide’s, once each, with a label', () => {
    const fields = ruleFields(ruleLike()).flatMap((group) => group.fields);
    const names = fields.map(({ field }) => field);
    for (const field of SLIDE) assert.equal(names.filter((name) => name === field).length, 1, field);
    for (const { label } of fields) assert.match(label, /^[A-Z]/);
  });

  it('are there when they hold something, for those that mostly do not', () => {
    const names = (change: Parameters<typeof ruleLike>[0]) => ruleFields(ruleLike(change)).flatMap((group) => group.fields.map(({ field }) => field));
    assert.ok(!names({}).includes('comments'));
    assert.ok(names({ comments: 'for the paper' }).includes('comments'));
    assert.ok(names({ stuck_at: 'Sun, 22 Nov 2026 15:59:01 UTC' }).includes('stuck_at'));
  });

  it('leave times to the page, which knows the person’s zone; a date that cannot be read stays as it came', () => {
    const field = (change: Parameters<typeof ruleLike>[0]) => ruleFields(ruleLike(change)).flatMap((group) => group.fields).find(({ field: name }) => name === 'expires_at')?.value;
    assert.deepEqual(field({ expires_at: 'Sun, 29 Nov 2026 15:58:43 UTC' }), { kind: 'time', at: Date.UTC(2026, 10, 29, 15, 58, 43) });
    assert.deepEqual(field({ expires_at: null }), { kind: 'text', text: 'never' });
    assert.deepEqual(field({ expires_at: 'some day' }), { kind: 'text', text: 'some day' });
  });

  it('of a server that leaves some out are "not known", never "undefined"', () => {
    const text = JSON.stringify(ruleFields({ ...ruleLike(), activity: undefined as unknown as string }));
    assert.ok(!text.includes('undefined'));
    assert.ok(text.includes('not known'));
  });
});

describe('a snapshot', () => {
  it('is whole, and survives the way to the page', () => {
    const snapshot = snapshotOf(known({ progress: progress({}, { webuiUrl: 'https://webui/rule/1' }), live: true, asOf: 1 }));
    assert.deepEqual(structuredClone(snapshot), snapshot);
    assert.deepEqual(snapshot.page, { instance: 'lake', ruleId: ruleLike().id, heading: 'test:ds.x' });
    assert.deepEqual(snapshot.rule?.progress, { done: 6, total: 8, text: '6 of 8 files, 2 to go' });
    assert.equal(snapshot.rule?.canOpenWebUI, true);
  });

  it('quotes the rule’s error in full', () => {
    const error = `RequestErrMsg.TRANSFER_FAILED: ${'long '.repeat(200)}end`;
    assert.equal(snapshotOf(known({ progress: progress({ state: 'STUCK', error }) })).rule?.error, error);
  });

  it('before anything is known has the heading that was kept', () => {
    assert.deepEqual(snapshotOf(known({ heading: 'test:ds.x', busy: true })), { page: { instance: 'lake', ruleId: ruleLike().id, heading: 'test:ds.x' }, instanceName: 'Test Lake', live: false, busy: true });
  });

  it('of a rule that is gone keeps what was known, and offers nothing that needs the rule', () => {
    const waiting = { state: 'WAITING_APPROVAL' as const };
    // As it is heard while it is followed, and as it is answered when it is asked for.
    const followed = known({ progress: progress(waiting, { moving: false, webuiUrl: 'https://webui/rule/1', notes: ['The rule is gone: it ran out or was deleted.'] }) });
    const asked = known({ progress: progress(waiting, { webuiUrl: 'https://webui/rule/1' }), failure: failure('notFound') });
    for (const { rule, trouble } of [snapshotOf(followed), snapshotOf(asked)]) {
      assert.deepEqual([rule?.actions, rule?.moreActions.map(({ action }) => action), rule?.canOpenWebUI, rule?.notes], [[], ['copyJson'], false, []]);
      assert.ok((rule?.groups.length ?? 0) > 0);
      assert.deepEqual([trouble?.title, trouble?.actions.map(({ action }) => action)], ['This rule is gone', ['retry']]);
    }
  });

  it('of a rule that is gone, signed out, or without a service: says what, and offers what helps', () => {
    const trouble = (of: Failure) => snapshotOf(known({ failure: of })).trouble;
    assert.match(trouble(failure('notFound'))?.text ?? '', /does not know it any more/);
    assert.deepEqual(trouble(failure('notFound'))?.actions.map(({ action }) => action), ['retry']);
    assert.deepEqual(trouble(failure('signInNeeded', ['signIn']))?.actions.map(({ action }) => action), ['signIn', 'retry']);
    assert.deepEqual(trouble(failure('service', ['retry', 'showLog']))?.actions.map(({ action }) => action), ['retry', 'showLog']);
    assert.deepEqual(trouble(failure('refused', ['showRule']))?.actions.map(({ action }) => action), ['retry']);
  });

  it('keeps the last that is known beside the trouble', () => {
    const snapshot = snapshotOf(known({ progress: progress(), failure: failure('service') }));
    assert.ok(snapshot.rule && snapshot.trouble);
  });
});

describe('how far it is in bytes', () => {
  it('stands beside the files, and says where it is a guess', () => {
    const text = (change: Parameters<typeof ruleLike>[0], size: RuleSize) => snapshotOf(known({ progress: progress(change), size })).rule?.size?.text;
    assert.equal(text({}, { done: 1.2e9, total: 3.4e9, about: false }), '1.2 GB of 3.4 GB');
    assert.equal(text({}, { done: 1.2e9, total: 3.4e9, about: true }), 'about 1.2 GB of 3.4 GB');
    assert.equal(text({ locks_replicating_cnt: 0 }, { done: 1, total: 3.4e9, about: true }), 'all 3.4 GB', 'what is done is done, whatever was asked last');
    assert.equal(text({ locks_ok_cnt: 0, locks_replicating_cnt: 0 }, { done: 0, total: 5, about: false }), undefined, 'without locks there is nothing to measure');
    assert.equal(text({}, { done: 0, total: 0, about: false }), undefined);
  });

  it('is asked when counts change, one question at a time, with a rest; and not while nobody looks', async () => {
    const asked: string[] = [];
    let answer: (size: RuleSize) => void = () => undefined;
    const client = { request: (_type: unknown, { id }: { id: string }) => new Promise<RuleSize>((resolve) => { asked.push(id); answer = resolve; }) } as unknown as ConstructorParameters<typeof RuleSizeWatch>[0];
    const watch = new RuleSizeWatch(client, 'lake', 'r1', () => undefined, 30);
    let changes = 0;
    watch.onDidChange(() => { changes++; });
    const tick = (ms = 0) => new Promise((resolve) => { setTimeout(resolve, ms); });
    watch.hear(ruleLike({ locks_ok_cnt: 0, locks_replicating_cnt: 0 }));
    assert.deepEqual(asked, [], 'no locks, no question');
    watch.hear(ruleLike());
    watch.hear(ruleLike({ locks_ok_cnt: 7, locks_replicating_cnt: 1 }));
    assert.equal(asked.length, 1);
    answer({ done: 6, total: 8, about: false });
    await tick();
    assert.deepEqual([watch.size?.done, changes, asked.length], [6, 1, 1], 'it rests');
    await tick(60);
    assert.equal(asked.length, 2, 'then asks for what came meanwhile');
    watch.pause();
    answer({ done: 7, total: 8, about: false });
    await tick(60);
    assert.deepEqual([watch.size?.done, asked.length], [6, 2], 'nobody looks');
    watch.hear(ruleLike({ locks_ok_cnt: 7, locks_replicating_cnt: 1 }));
    assert.equal(asked.length, 3, 'the answer that came while nobody looked was not kept');
    answer({ done: 7, total: 9, about: false });
    await tick(60);
    watch.hear(ruleLike({ locks_ok_cnt: 7, locks_replicating_cnt: 1 }));
    assert.deepEqual([watch.size?.done, asked.length], [7, 3], 'the same counts, no question');
    watch.dispose();
  });
});

describe('the document', () => {
  const html = shellHtml({ page: { instance: 'la"ke', ruleId: 'ab', heading: '<b>' }, script: 'https://x/ruleStatus.js?a="&b', style: 'https://x/ruleStatus.css', cspSource: 'https://*.vscode-cdn.net', scriptNonce: 'one', styleNonce: 'two' });

  it('allows its own script and styles, and nothing else', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1];
    assert.equal(policy, "default-src 'none'; script-src 'nonce-one'; style-src https://*.vscode-cdn.net 'nonce-two';");
  });

  it('holds what finds the rule again, and no name of a DID', () => {
    assert.equal(/data-page="([^"]*)"/.exec(html)?.[1], '{&quot;instance&quot;:&quot;la\\&quot;ke&quot;,&quot;ruleId&quot;:&quot;ab&quot;,&quot;heading&quot;:&quot;&quot;}');
    assert.ok(!html.includes('<b>'));
  });

  it('has no script, style or handler in itself', () => {
    assert.deepEqual(html.match(/<script[^>]*>[^<]*<\/script>/g), ['<script type="module" nonce="one" src="https://x/ruleStatus.js?a=&quot;&amp;b"></script>']);
    assert.ok(!/<style|\sstyle=|\son\w+=/i.test(html));
  });
});

describe('what comes from the page or the editor', () => {
  it('is looked at before it is believed', () => {
    assert.ok(isFromPage({ type: 'ready' }));
    assert.ok(isFromPage({ type: 'do', action: 'retry' }));
    for (const odd of [null, 'ready', {}, { type: 'do' }, { type: 'do', action: 'format' }, { type: 'do', action: 'toString' }]) assert.ok(!isFromPage(odd), JSON.stringify(odd));
    assert.deepEqual(pageState({ instance: 'lake', ruleId: 'ab12', heading: 'test:ds.x' }), { instance: 'lake', ruleId: 'ab12', heading: 'test:ds.x' });
    assert.deepEqual(pageState({ instance: 'lake', ruleId: 'ab12' }), { instance: 'lake', ruleId: 'ab12', heading: '' });
    for (const odd of [undefined, null, {}, { instance: 'lake' }, { instance: 'lake', ruleId: '../x' }, { instance: 1, ruleId: 'ab' }]) assert.equal(pageState(odd), undefined, JSON.stringify(odd));
  });
});

describe('watching', () => {
  /** A service whose follow calls are answered by the test. */
  function service() {
    const calls: { signal: AbortSignal; tell: (now: RuleProgress) => void; end: (last: RuleProgress) => void; fail: (error: Error) => void }[] = [];
    const stream = ((_type: unknown, _partial: unknown, _params: unknown, tell: (now: RuleProgress) => void, { signal }: { signal: AbortSignal }) =>
      new Promise((resolve, reject) => {
        calls.push({ signal, tell, end: resolve, fail: reject });
        signal.addEventListener('abort', () => reject(new ServiceFailure(failure('cancelled'))));
      })) as unknown as RuleReader['stream'];
    const client: RuleReader = { stream };
    return { client, calls };
  }
  const settled = () => new Promise((resolve) => { setImmediate(resolve); });

  it('follows once while it is asked to, and ends the call when it is not', async () => {
    const { client, calls } = service();
    const watch = new RuleWatch(client, 'lake', 'ab');
    let changes = 0;
    watch.onDidChange(() => changes++);
    watch.follow();
    watch.follow();
    assert.equal(calls.length, 1);
    calls[0]?.tell(progress());
    assert.equal(watch.progress?.rule.locks_ok_cnt, 6);
    assert.equal(changes, 1);
    watch.pause();
    assert.ok(calls[0]?.signal.aborted);
    calls[0]?.tell(progress({ locks_ok_cnt: 7 }));
    await settled();
    assert.deepEqual([watch.progress?.rule.locks_ok_cnt, changes, watch.failure], [6, 1, undefined]);
  });

  it('stops by itself when the rule is done', async () => {
    const { client, calls } = service();
    const watch = new RuleWatch(client, 'lake', 'ab');
    watch.follow();
    calls[0]?.end(progress({ state: 'OK' }));
    await settled();
    assert.deepEqual([watch.following, watch.progress?.rule.state, calls.length], [false, 'OK', 1]);
  });

  it('keeps what it knew when a look fails, and forgets the failure when one succeeds', async () => {
    const { client, calls } = service();
    const watch = new RuleWatch(client, 'lake', 'ab');
    watch.follow();
    calls[0]?.tell(progress());
    calls[0]?.fail(new ServiceFailure(failure('service')));
    await settled();
    assert.deepEqual([watch.following, watch.failure?.kind, watch.progress?.rule.state], [false, 'service', 'REPLICATING']);
    watch.follow();
    calls[1]?.tell(progress());
    assert.deepEqual([watch.following, watch.failure], [true, undefined]);
    watch.dispose();
    assert.ok(calls[1]?.signal.aborted);
  });

  it('says at once, when it is asked again, that it looks', async () => {
    const { client, calls } = service();
    const watch = new RuleWatch(client, 'lake', 'ab');
    watch.follow();
    calls[0]?.fail(new ServiceFailure(failure('notFound')));
    await settled();
    let changes = 0;
    watch.onDidChange(() => changes++);
    watch.follow();
    assert.deepEqual([changes, watch.following], [1, true]);
    watch.dispose();
  });
});
