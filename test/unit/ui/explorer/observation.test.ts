// What the service is told to look at: what is open on the screen, bounded, and nothing when nobody looks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { didKey } from '../../../../src/ui/explorer/ids.ts';
import { ExplorerModel } from '../../../../src/ui/explorer/model.ts';
import type { Children, ScopeNode } from '../../../../src/ui/explorer/nodes.ts';
import { Observation } from '../../../../src/ui/explorer/observation.ts';
import { SessionStore } from '../../../../src/ui/sessions.ts';
import { TestClock } from './clock.ts';
import { FakeLake, instanceOf, rowOf, settle } from './fakeLake.ts';

async function build(most?: number, instances?: FakeLake['instances']) {
  const lake = new FakeLake();
  if (instances) lake.instances = instances;
  const clock = new TestClock();
  const failures: unknown[] = [];
  const model = new ExplorerModel(lake.asClient, new SessionStore());
  const observation = new Observation(lake.asNotifier, model, { clock, now: () => clock.now, onFailure: (error) => failures.push(error), ...(most === undefined ? {} : { most }) });
  model.onDidChange(() => observation.update());
  await model.root.get();
  for (let children: Children | undefined = model.root; children;) {
    const next: ScopeNode | undefined = (await children.get()).filter((node) => node.kind === 'scope' ? node.scope === 'test' : node.kind === 'scopes' ? !node.mine : true)[0] as ScopeNode | undefined;
    assert.ok(next);
    model.expanded.add(next.id);
    children = next.children;
    if (next.kind !== 'scope') continue;
    void children.get();
    await settle();
    lake.last.rows([rowOf('a'), rowOf('b'), rowOf('c')]);
    await lake.last.end();
    clock.pass(1000);
    return { lake, clock, model, observation, scope: next, failures };
  }
  throw new Error('no scope');
}

const told = (lake: FakeLake): string[][] => lake.notified.map(({ params }) => (params as { dids: { name: string }[] }).dids.map(({ name }) => name));

describe('observation', () => {
  it('tells nothing while the view is hidden, then what is open, then nothing again', async () => {
    const { lake, clock, observation } = await build();
    assert.deepEqual(told(lake), []);
    observation.setVisible(true);
    clock.pass(1000);
    assert.deepEqual(told(lake), [['a', 'b', 'c']]);
    observation.update();
    clock.pass(1000);
    assert.equal(told(lake).length, 1, 'the same is not told twice');
    observation.setVisible(false);
    clock.pass(1000);
    assert.deepEqual(told(lake).at(-1), []);
  });

  it('asks for no state where no storage counts as “here”', async () => {
    const { destinationRse: _, ...browsed } = instanceOf('lake');
    const { lake, clock, observation } = await build(undefined, [browsed]);
    observation.setVisible(true);
    clock.pass(1000);
    assert.deepEqual(told(lake).flat(), []);
  });

  it('leaves out what a closed branch hides', async () => {
    const { lake, clock, observation, model, scope } = await build();
    observation.setVisible(true);
    model.expanded.delete(scope.id);
    observation.update();
    clock.pass(1000);
    assert.deepEqual(told(lake).at(-1), []);
  });

  it('is bounded: those painted last are looked at', async () => {
    const { observation } = await build(2);
    observation.painted(didKey({ instance: 'lake', scope: 'test', name: 'c' }));
    observation.painted(didKey({ instance: 'lake', scope: 'test', name: 'a' }));
    observation.setVisible(true);
    assert.deepEqual([...observation.observed().values()].flat().map(({ row }) => row.name), ['a', 'c']);
  });

  it('tells again after the service was lost, but not at once when it dies at once', async () => {
    const { lake, clock, observation } = await build();
    observation.onConnection('connected');
    observation.setVisible(true);
    clock.pass(60_000);
    lake.state = 'idle';
    observation.onConnection('idle');
    clock.pass(1000);
    assert.equal(told(lake).length, 2);
    observation.onConnection('connected');
    observation.onConnection('idle');
    clock.pass(5000);
    assert.equal(told(lake).length, 2);
    clock.pass(6000);
    assert.equal(told(lake).length, 3);
  });

  it('wakes no service to say that nobody looks', async () => {
    const { lake, clock, observation } = await build();
    observation.setVisible(true);
    clock.pass(1000);
    lake.state = 'idle';
    observation.setVisible(false);
    clock.pass(1000);
    assert.equal(told(lake).length, 1);
  });
});
