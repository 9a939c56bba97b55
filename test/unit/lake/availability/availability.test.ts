import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { availabilityOf } from '../../../../src/lake/availability/availability.ts';
import { keyOf } from '../../../../src/lake/availability/memory.ts';
import type { AvailabilityInfo, TypedDID } from '../../../../src/lake/types.ts';
import { RucioError } from '../../../../src/rucio/errors.ts';
import type { Rule, RuleState } from '../../../../src/rucio/types.ts';
import { Catalogue, did, INSTANCE, rule, RSE } from '../fakes.ts';

const A = 'AVAILABLE' as const;
const typed = (catalogue: Catalogue, text: string): TypedDID => ({ ...did(text), type: catalogue.nodes.get(text)?.type ?? 'FILE' });
const look = async (catalogue: Catalogue, text: string, context = catalogue.context()): Promise<AvailabilityInfo> => (await availabilityOf(context, [typed(catalogue, text)]))[0]!;

describe('a file', () => {
  it('is available when the catalogue says so and it is at the mount with its size', async () => {
    const catalogue = new Catalogue().file('s:f', A);
    assert.deepEqual(await look(catalogue, 's:f'), { scope: 's', name: 'f', type: 'FILE', state: 'available', path: '/eos/eulake/s/f', pfn: 'root://h:1094//eulake/s/f', looked: 'catalogue: available at EULAKE-1; the file is at the mount with the right size' });
    assert.deepEqual(catalogue.calls, ['listRses', 'listReplicas']);
  });

  it('is not when the mount says otherwise', async () => {
    for (const [state, right, words] of [['missing', 'notAtMount', /There is no file/], ['otherSize', 'notAtMount', /another size/], ['denied', 'notAtMount', /may not read/], ['notAnswering', 'mountNotAnswering', /^$/]] as const) {
      const catalogue = new Catalogue().file('s:f', A);
      catalogue.atMount.set('f', state);
      const info = await look(catalogue, 's:f');
      assert.equal(info.state, right);
      assert.match(info.error ?? '', words);
      assert.equal(info.path, undefined);
    }
  });

  it('has no path where it can\'t be told, with the reason', async () => {
    const catalogue = new Catalogue().file('s:f', A);
    const info = await look(catalogue, 's:f', catalogue.context({ ...INSTANCE, pathBeginsAt: 9 }));
    assert.equal(info.state, 'notAtMount');
    assert.match(info.error!, /path_begins_at is 9/);
    const { rseMountPath: _, ...noMount } = INSTANCE;
    assert.match((await look(catalogue, 's:f', catalogue.context(noMount))).looked, /no mount is configured/);
  });

  it('that is not there has no path, though the catalogue names a PFN for a failed copy', async () => {
    const info = await look(new Catalogue().file('s:f', 'UNAVAILABLE'), 's:f');
    assert.deepEqual([info.state, info.path, info.pfn], ['notAvailable', undefined, 'root://h:1094//eulake/s/f']);
    assert.equal((await look(new Catalogue().file('s:f'), 's:f')).state, 'notAvailable');
  });

  it('of which the copy is spoiled though its rule is OK is not "being judged"', async () => {
    for (const [state, onFile, right, words] of [
      ['BAD', false, 'notAvailable', /EULAKE-1 is bad/], ['TEMPORARY_UNAVAILABLE', false, 'notAvailable', /can't be read for the time being/],
      [undefined, true, 'notAvailable', /EULAKE-1 is gone/], [undefined, false, 'judging', /^$/], ['COPYING', false, 'judging', /^$/],
    ] as const) {
      const catalogue = new Catalogue().dataset('s:d', { 's:f': state });
      const ok = rule(onFile ? 's:f' : 's:d', { state: 'OK' });
      catalogue.rules.push(ok);
      const info = await look(catalogue, 's:f');
      assert.deepEqual([info.state, info.ruleId], [right, ok.id], `${state}`);
      assert.match(info.error ?? '', words);
    }
    const catalogue = new Catalogue().file('s:f', 'BAD');
    catalogue.rules.push(rule('s:f', { state: 'REPLICATING' }));
    assert.equal((await look(catalogue, 's:f')).state, 'replicating', 'it comes again');
  });

  it('that vanished says so and disturbs no other', async () => {
    const catalogue = new Catalogue().file('s:a', A).file('s:b', A);
    const [a, gone, b] = await availabilityOf(catalogue.context(), ['s:a', 's:gone', 's:b'].map((text) => typed(catalogue, text)));
    assert.deepEqual([a!.state, b!.state, gone!.state], ['available', 'available', 'notAvailable']);
    assert.match(gone!.error!, /s:gone.*not found/);
  });

  it('that the server does not take spoils nothing for the others, and is not asked for again in a poll', async () => {
    const catalogue = new Catalogue();
    const files = Array.from({ length: 100 }, (_, i) => (i % 40 === 7 ? `s:../${i}` : `s:f${i}`));
    for (const file of files) catalogue.file(file, A);
    const context = catalogue.context();
    const poll = (): Promise<AvailabilityInfo[]> => availabilityOf(context, files.map((file) => typed(catalogue, file)), { polling: true });
    for (const info of await poll()) {
      assert.equal(info.state, info.name.startsWith('..') ? 'notAvailable' : 'available');
      if (info.name.startsWith('..')) assert.match(info.error!, /validating/);
    }
    catalogue.calls.length = 0;
    await poll();
    assert.deepEqual(catalogue.calls, ['listReplicas']);
  });

  it('by the hundred costs one call', async () => {
    const catalogue = new Catalogue();
    const files = Array.from({ length: 499 }, (_, i) => `s:f${i}`);
    for (const file of files) catalogue.file(file, A);
    const infos = await availabilityOf(catalogue.context(), files.map((file) => typed(catalogue, file)));
    assert.ok(infos.every((info, i) => info.state === 'available' && keyOf(info) === files[i]));
    assert.deepEqual(catalogue.calls, ['listRses', 'listReplicas']);
  });
});

describe('a rule', () => {
  const ofState: Readonly<Record<RuleState, string>> = { OK: 'judging', REPLICATING: 'replicating', STUCK: 'stuck', SUSPENDED: 'suspended', WAITING_APPROVAL: 'waitingApproval', INJECT: 'injecting' };
  for (const [state, right] of Object.entries(ofState) as [RuleState, string][]) {
    it(`that is ${state} makes a DID that is not here ${right}`, async () => {
      const catalogue = new Catalogue().dataset('s:d', { 's:f1': A, 's:f2': undefined, 's:f3': undefined, 's:f4': undefined });
      catalogue.rules.push(rule('s:d', { id: state, state, error: 'its own words' }));
      const info = await look(catalogue, 's:d');
      assert.deepEqual([info.state, info.ruleId, info.available, info.total], [right, state, 1, 4]);
      assert.equal(info.percent, state === 'REPLICATING' || state === 'STUCK' ? 25 : undefined);
      assert.equal(info.error, state === 'OK' ? undefined : 'its own words');
      assert.equal((await look(catalogue, 's:f2')).state, right, 'a file of it');
      assert.match((await look(catalogue, 's:f2')).looked, /rule of alice on s:d is/);
      assert.equal((await look(catalogue, 's:f1')).state, 'available', 'but not the one that is here');
    });
  }

  it('on a container counts for its datasets and their files, and no further up', async () => {
    const catalogue = new Catalogue().dataset('s:d', { 's:f': undefined }).container('s:c', ['s:d']).container('s:cc', ['s:c']);
    const up = rule('s:c', { state: 'STUCK' });
    catalogue.rules.push(up);
    for (const text of ['s:f', 's:d', 's:c']) assert.equal((await look(catalogue, text)).ruleId, up.id);
    assert.equal((await look(catalogue, 's:cc')).ruleId, undefined);
  });

  it('covers the RSE by any expression; the best of several decides', async () => {
    const catalogue = new Catalogue().file('s:f');
    catalogue.expressions.set('tier=0', [RSE]).set('A|B', ['A', 'B']).set('both', [RSE, 'A']);
    catalogue.rules.push(rule('s:f', { rse_expression: 'A|B', state: 'REPLICATING' }), rule('s:f', { rse_expression: 'gone', state: 'REPLICATING' }), rule('s:f', { rse_expression: 'tier=0', state: 'STUCK' }));
    const context = catalogue.context();
    assert.equal((await look(catalogue, 's:f', context)).state, 'stuck');
    catalogue.rules.push(rule('s:f', { state: 'WAITING_APPROVAL' }));
    assert.equal((await look(catalogue, 's:f')).state, 'waitingApproval');
    catalogue.rules.push(rule('s:f', { rse_expression: 'both', copies: 2, state: 'REPLICATING' }));
    assert.equal((await look(catalogue, 's:f')).state, 'replicating');
    const before = catalogue.count('listRses');
    context.memory.forget(did('s:f'));
    await look(catalogue, 's:f', context);
    assert.equal(catalogue.count('listRses') - before, 1, 'what an expression means is remembered ("both" is new)');
  });

  it('that put its copies elsewhere brings nothing here', async () => {
    const catalogue = new Catalogue().file('s:f');
    catalogue.expressions.set('A|EULAKE-1', ['A', RSE]);
    const elsewhere = rule('s:f', { rse_expression: 'A|EULAKE-1', state: 'REPLICATING' });
    catalogue.rules.push(elsewhere);
    catalogue.locks.push({ ...did('s:f'), rse: 'A', state: 'REPLICATING', rule_id: elsewhere.id });
    assert.equal((await look(catalogue, 's:f')).state, 'notAvailable');
    catalogue.locks.push({ ...did('s:f'), rse: RSE, state: 'REPLICATING', rule_id: elsewhere.id });
    assert.equal((await look(catalogue, 's:f')).state, 'replicating');
  });
});

describe('a collection', () => {
  it('is available, partly, not, or empty by its counts', async () => {
    const catalogue = new Catalogue().dataset('s:all', { 's:1': A, 's:2': A }).dataset('s:some', { 's:3': A, 's:4': undefined }).dataset('s:none', { 's:5': undefined }).dataset('s:empty');
    const infos = await availabilityOf(catalogue.context(), ['s:all', 's:some', 's:none', 's:empty', 's:gone'].map((text) => ({ ...did(text), type: 'DATASET' as const })));
    assert.deepEqual(infos.map((info) => [info.state, info.available, info.total]), [['available', 2, 2], ['partly', 1, 2], ['notAvailable', 0, 1], ['empty', 0, 0], ['notAvailable', undefined, undefined]]);
    assert.match(infos[4]!.error!, /not found/);
    assert.equal(infos[0]!.looked, 'catalogue: 2 of 2 files at EULAKE-1; looked at 2 files at the mount');
    assert.equal(infos[0]!.path, undefined);
  });

  it('has 20 of its files looked at, and no row for each of the others', async () => {
    const catalogue = new Catalogue().dataset('s:d', Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`s:f${i}`, A])));
    const info = await look(catalogue, 's:d');
    assert.match(info.looked, /1000 of 1000 files.*looked at 20 files/);
    catalogue.atMount.set('f3', 'otherSize').set('f900', 'missing');
    const bad = await look(catalogue, 's:d');
    assert.equal(bad.state, 'notAtMount');
    assert.match(bad.error!, /1 of 20 files.*f3 has another size/);
    catalogue.mount = 'notAnswering';
    assert.equal((await look(catalogue, 's:d')).state, 'mountNotAnswering');
    catalogue.mount = 'missing';
    assert.equal((await look(catalogue, 's:d')).state, 'notAtMount');
  });

  it('in a poll is believed its whole summary, and counted where that is behind or missing', async () => {
    const catalogue = new Catalogue().dataset('s:d', { 's:1': A, 's:2': A }).summary('s:d', 1, 2).dataset('s:e', { 's:3': A }).summary('s:e');
    const context = catalogue.context();
    const poll = (): Promise<AvailabilityInfo[]> => availabilityOf(context, [typed(catalogue, 's:d'), typed(catalogue, 's:e')], { polling: true });
    assert.deepEqual((await poll()).map((info) => info.state), ['available', 'available']);
    assert.equal(catalogue.count('listDatasetReplicas'), 1);
    // Behind the other way: files were attached since. A single look counts, so it is not fooled.
    catalogue.dataset('s:e', { 's:3': A, 's:4': undefined });
    assert.deepEqual([(await look(catalogue, 's:e')).available, (await look(catalogue, 's:e')).total], [1, 2]);
  });

  it('over other collections is counted over its datasets', async () => {
    const catalogue = new Catalogue().dataset('s:a', { 's:1': A, 's:2': A }).summary('s:a').dataset('s:b', { 's:3': A }).container('s:in', ['s:b']).container('s:c', ['s:a', 's:in']).container('s:none', []);
    const whole = await look(catalogue, 's:c');
    assert.deepEqual([whole.state, whole.available, whole.total], ['available', 3, 3]);
    catalogue.dataset('s:b', { 's:3': A, 's:4': undefined });
    const part = await look(catalogue, 's:c');
    assert.deepEqual([part.state, part.available, part.total], ['partly', 3, 4]);
    assert.equal((await look(catalogue, 's:none')).state, 'empty');
    assert.match((await availabilityOf(catalogue.context(), [{ ...did('s:gone'), type: 'CONTAINER' }]))[0]!.error!, /not found/);
  });

  it('that holds itself, or thousands of datasets, comes to an end and says what was counted', async () => {
    const catalogue = new Catalogue().container('s:loop', ['s:loop']);
    assert.equal((await look(catalogue, 's:loop')).state, 'empty');
    const names = Array.from({ length: 500 }, (_, i) => `s:d${i}`);
    for (const [i, name] of names.entries()) catalogue.dataset(name, { [`s:x${i}`]: A }).summary(name);
    catalogue.container('s:big', names);
    const info = await look(catalogue, 's:big');
    assert.deepEqual([info.available, info.total], [200, 200]);
    assert.match(info.looked, /only its first 200 datasets/);
    assert.equal(catalogue.count('listDatasetReplicas'), 0);
  });
});

describe('polling', () => {
  it('costs a constant number of calls where nothing changes', async () => {
    const catalogue = new Catalogue();
    const dids: TypedDID[] = [];
    for (let d = 0; d < 100; d++) {
      catalogue.dataset(`s:d${d}`, { [`s:d${d}f0`]: A, [`s:d${d}f1`]: d % 2 ? A : undefined, [`s:d${d}f2`]: d % 2 ? A : undefined, [`s:d${d}f3`]: A }).summary(`s:d${d}`);
      dids.push({ ...did(`s:d${d}`), type: 'DATASET' }, ...[0, 1, 2, 3].map((f): TypedDID => ({ ...did(`s:d${d}f${f}`), type: 'FILE' })));
    }
    const context = catalogue.context();
    const poll = (): Promise<AvailabilityInfo[]> => availabilityOf(context, dids, { polling: true });
    const first = await poll();
    for (const wait of [2000, 60_000, 600_001]) {
      catalogue.calls.length = 0;
      catalogue.now += wait;
      assert.deepEqual(await poll(), first);
      // Three bulk calls and one answer asked for again (a file's rules are two or three calls; what the RSE means, once in ten minutes).
      assert.ok(catalogue.calls.length <= (wait < 60_000 ? 3 : wait < 600_000 ? 6 : 9), `after ${wait} ms: ${catalogue.calls.join()}`);
    }
  });

  it('counts the files of a dataset that nothing brings here only every ten minutes, and at once when a summary or a rule lets expect them', async () => {
    const catalogue = new Catalogue().dataset('s:d', { 's:a': A, 's:b': undefined });
    const context = catalogue.context();
    const poll = async (wait: number): Promise<number> => {
      catalogue.calls.length = 0;
      catalogue.now += wait;
      await availabilityOf(context, [typed(catalogue, 's:d')], { polling: true });
      return catalogue.count('listDatasetReplicas');
    };
    assert.equal(await poll(0), 1);
    for (let minute = 1; minute < 10; minute++) assert.equal(await poll(60_000), 0);
    assert.equal(await poll(60_001), 1);
    catalogue.summary('s:d');
    assert.equal(await poll(2000), 1);
    catalogue.summaries.clear();
    catalogue.rules.push(rule('s:d'));
    context.memory.forget(did('s:d'));
    assert.equal(await poll(2000), 1);
    assert.equal(await poll(60_001), 1);
  });

  it('hears of the rules of a hundred datasets in one call, whoever made them and wherever they stand, and asks for two of them again', async () => {
    const catalogue = new Catalogue();
    catalogue.expressions.set('tier=1', [RSE, 'ELSEWHERE']);
    const dids: TypedDID[] = [];
    for (let d = 0; d < 100; d++) {
      catalogue.dataset(`s:d${d}`, { [`s:d${d}f`]: 'COPYING' }).summary(`s:d${d}`);
      // On the dataset, or on a container that nobody looks at.
      const mine = d % 2 === 0;
      const on = mine ? `s:d${d}` : `s:c${d}`;
      if (!mine) catalogue.container(on, [`s:d${d}`]);
      const bringing = rule(on, { account: 'bob', rse_expression: 'tier=1', copies: 2 });
      catalogue.rules.push(bringing);
      catalogue.lock(`s:d${d}`, bringing).lock(`s:d${d}`, rule(`s:d${d}`), 'OK', 'ELSEWHERE');
      dids.push({ ...did(`s:d${d}`), type: 'DATASET' });
    }
    const context = catalogue.context();
    const poll = (): Promise<AvailabilityInfo[]> => availabilityOf(context, dids, { polling: true });
    const first = await poll();
    assert.ok(first.every((info, d) => info.state === 'replicating' && info.ruleId === catalogue.rules[d]!.id));
    assert.equal(catalogue.count('listDidRules') + catalogue.count('listParents'), 0);
    for (let n = 0; n < 49; n++) {
      catalogue.calls.length = 0;
      catalogue.now += 2000;
      await poll();
      assert.ok(catalogue.calls.length <= 5, catalogue.calls.join());
    }
    // All had their turn by then: a state that no lock shows is seen.
    for (const [d, one] of catalogue.rules.entries()) catalogue.rules[d] = { ...one, locks_ok_cnt: 3, locks_replicating_cnt: 1 };
    for (let n = 0; n < 50; n++) {
      catalogue.now += 2000;
      await poll();
    }
    assert.ok((await poll()).every((info) => info.percent === 75));
    // The lock says more than what is remembered of the rule.
    catalogue.rules[0] = { ...catalogue.rules[0]!, state: 'STUCK', error: 'no space' };
    catalogue.datasetLocks[0] = { ...catalogue.datasetLocks[0]!, state: 'STUCK' };
    const [stuck] = await poll();
    assert.deepEqual([stuck!.state, stuck!.error], ['stuck', 'no space']);
  });

  it('asks a rule once for all that wait for it, and sees at once what the catalogue changes', async () => {
    const catalogue = new Catalogue().dataset('s:d', Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`s:f${i}`, 'COPYING' as const])));
    const moving = rule('s:d');
    catalogue.rules.push(moving);
    const context = catalogue.context();
    const dids = Array.from({ length: 50 }, (_, i): TypedDID => ({ ...did(`s:f${i}`), type: 'FILE' }));
    const poll = (): Promise<AvailabilityInfo[]> => availabilityOf(context, dids, { polling: true });
    assert.ok((await poll()).every((info) => info.state === 'replicating'));
    catalogue.calls.length = 0;
    catalogue.now += 2000;
    catalogue.rules[0] = { ...moving, state: 'STUCK' };
    assert.ok((await poll()).every((info) => info.state === 'stuck'));
    assert.deepEqual(catalogue.calls.sort(), ['getRule', 'listReplicas']);
    catalogue.file('s:f7', A);
    assert.equal((await poll())[7]!.state, 'available');
    // The rule is gone: another look finds that none is left.
    catalogue.rules.length = 0;
    catalogue.now += 2000;
    assert.equal((await poll())[0]!.state, 'notAvailable');
  });

  it('of two hundred files that are not here asks together what holds them, and their own rules only where those of what holds them do not settle it', async () => {
    const first = async (...rules: Rule[]): Promise<{ states: Map<string, number>; calls: readonly string[]; catalogue: Catalogue }> => {
      const catalogue = new Catalogue().dataset('s:d', Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`s:f${i}`, i % 2 ? 'COPYING' as const : undefined]))).container('s:c', ['s:d']);
      catalogue.rules.push(...rules);
      const states = new Map<string, number>();
      for (const { state } of await availabilityOf(catalogue.context(), Array.from({ length: 200 }, (_, i): TypedDID => ({ ...did(`s:f${i}`), type: 'FILE' })), { polling: true })) states.set(state, (states.get(state) ?? 0) + 1);
      return { states, calls: catalogue.calls, catalogue };
    };
    const moving = await first(rule('s:c'));
    assert.deepEqual([...moving.states], [['replicating', 200]]);
    assert.ok(moving.calls.length <= 8 && !moving.calls.includes('listRules'), moving.calls.join());
    const own = await first(rule('s:f1', { state: 'WAITING_APPROVAL' }), rule('s:f2'), rule('s:f4', { state: 'OK' }), rule('s:d', { state: 'STUCK' }));
    assert.deepEqual([...own.states].sort(), [['replicating', 1], ['stuck', 198], ['waitingApproval', 1]]);
    assert.ok(own.calls.length <= 15, own.calls.join());
    const none = await first();
    assert.deepEqual([...none.states], [['notAvailable', 200]]);
    // Too many rules on files of that scope to read them all: each file is asked for.
    const many = await first(...Array.from({ length: 1001 }, (_, i) => rule(`s:f${i % 200}`, { state: 'INJECT' })));
    assert.deepEqual([...many.states], [['injecting', 200]]);
    assert.ok(many.catalogue.count('listDidRules') >= 200);
  });

  it('of a hundred datasets that nothing brings here asks their own rules together', async () => {
    const catalogue = new Catalogue();
    for (let d = 0; d < 100; d++) catalogue.dataset(`s:d${d}`, { [`s:d${d}f`]: undefined });
    catalogue.rules.push(rule('s:d7', { state: 'WAITING_APPROVAL' }));
    const infos = await availabilityOf(catalogue.context(), Array.from({ length: 100 }, (_, d): TypedDID => ({ ...did(`s:d${d}`), type: 'DATASET' })), { polling: true });
    assert.deepEqual(infos.filter(({ state }) => state !== 'notAvailable').map(({ name, state }) => [name, state]), [['d7', 'waitingApproval']]);
    assert.equal(catalogue.count('listDidRules'), 0);
    assert.equal(catalogue.count('listRules'), 5);
  });

  it('after an action looks again at what hangs on it', async () => {
    const catalogue = new Catalogue().dataset('s:d', { 's:f': undefined });
    const context = catalogue.context();
    const poll = async (): Promise<string[]> => (await availabilityOf(context, [typed(catalogue, 's:f'), typed(catalogue, 's:d')], { polling: true })).map((info) => info.state);
    assert.deepEqual(await poll(), ['notAvailable', 'notAvailable']);
    catalogue.rules.push(rule('s:d'));
    context.memory.forget(did('s:d'));
    assert.deepEqual(await poll(), ['replicating', 'replicating']);
  });

  it('tells each answer as it comes, and fails as a whole when the server does', async () => {
    const catalogue = new Catalogue().file('s:a', A).file('s:b', A);
    const told: string[] = [];
    await availabilityOf(catalogue.context(), [typed(catalogue, 's:a'), typed(catalogue, 's:b')], { onInfo: (info) => told.push(info.name) });
    assert.deepEqual(told, ['a', 'b']);
    const context = catalogue.context();
    const broken = { ...context, client: { ...context.client, listReplicas: () => { throw new RucioError('busy', 'x'); } } };
    await assert.rejects(availabilityOf(broken, [typed(catalogue, 's:a')]), (error) => RucioError.is(error, 'busy'));
    const { destinationRse: _, ...nowhere } = INSTANCE;
    await assert.rejects(availabilityOf(catalogue.context(nowhere), []), (error) => RucioError.is(error, 'configuration'));
    await assert.rejects(availabilityOf(catalogue.context({ ...INSTANCE, destinationRse: 'TYPO' }), []), (error) => RucioError.is(error, 'configuration') && /"TYPO".*destination_rse/.test(error.message));
  });
});
