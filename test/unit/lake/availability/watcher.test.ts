import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { keyOf } from '../../../../src/lake/availability/memory.ts';
import type { Availability, AvailabilityInfo, TypedDID } from '../../../../src/lake/types.ts';
import { AvailabilityWatcher } from '../../../../src/lake/availability/watcher.ts';
import { RucioError } from '../../../../src/rucio/errors.ts';

const f = (name: string): TypedDID => ({ scope: 's', name, type: 'FILE' });

class Server {
  readonly states = new Map<string, Availability>();
  readonly looks: string[][] = [];
  readonly forgotten: string[] = [];
  failure: Error | undefined;
  /** Looks wait for it. */
  gate: Promise<void> | undefined;
  signal: AbortSignal | undefined;

  readonly watcher = new AvailabilityWatcher({
    look: async (dids, onInfo, signal) => {
      this.looks.push(dids.map((did) => did.name).sort());
      this.signal = signal;
      await this.gate;
      if (this.failure) throw this.failure;
      for (const did of dids) onInfo({ ...did, state: this.states.get(did.name) ?? 'available', looked: 'fake' });
    },
    forget: (did) => this.forgotten.push(did.name),
  });

  /** Advances the clock in small steps, so that promises get on. */
  async pass(ms: number): Promise<void> {
    const step = ms > 5000 ? 100 : 10;
    for (let left = ms; left > 0; left -= step) {
      mock.timers.tick(Math.min(step, left));
      for (let i = 0; i < 6; i++) await Promise.resolve();
    }
  }
}

function listener(): { items: string[]; failures: unknown[]; tell: (items: readonly AvailabilityInfo[], failure?: unknown) => void } {
  const items: string[] = [];
  const failures: unknown[] = [];
  return { items, failures, tell: (told, failure) => {
    items.push(...told.map((info) => `${keyOf(info)} ${info.state}`));
    if (failure !== undefined) failures.push(failure);
  } };
}

describe('the watcher', () => {
  let server: Server;
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    server = new Server();
  });
  afterEach(() => {
    server.watcher.close();
    mock.timers.reset();
  });

  it('looks at everything in one go, and seldom at what is settled', async () => {
    const { items, tell } = listener();
    server.watcher.observe(server, [f('a'), f('b')], tell);
    await server.pass(200);
    assert.deepEqual(server.looks, [['a', 'b']]);
    assert.deepEqual(items, ['s:a available', 's:b available']);
    await server.pass(50_000);
    assert.equal(server.looks.length, 1);
    await server.pass(600_000);
    assert.ok(server.looks.length >= 9 && server.looks.length <= 12, `${server.looks.length} looks in 11 minutes`);
    assert.equal(items.length, 2, 'what did not change is not told again');
  });

  it('looks soon at what moves, backs off while nothing changes, and starts anew when it does', async () => {
    const { items, tell } = listener();
    server.states.set('a', 'replicating');
    server.watcher.observe(server, [f('a'), f('b')], tell);
    await server.pass(7000);
    assert.ok(server.looks.length >= 3, `${server.looks.length}`);
    assert.deepEqual(server.looks.at(-1), ['a'], 'the settled one stays out of it');
    await server.pass(600_000);
    const before = server.looks.length;
    assert.ok(before < 25, `${before} looks in 10 minutes`);
    server.states.set('a', 'available');
    await server.pass(61_000);
    assert.ok(items.includes('s:a available'));
    assert.ok(server.looks.length <= before + 4);
  });

  it('stops when nobody observes, and ends the look that is under way', async () => {
    const { items, tell } = listener();
    let open = (): void => undefined;
    server.gate = new Promise((resolve) => (open = resolve));
    server.states.set('a', 'replicating');
    server.watcher.observe(server, [f('a')], tell);
    await server.pass(50);
    assert.equal(server.watcher.size, 1);
    server.watcher.observe(server, [], tell);
    assert.equal(server.signal!.aborted, true);
    open();
    await server.pass(600_000);
    assert.equal(server.looks.length, 1);
    assert.equal(server.watcher.size, 0);
    assert.deepEqual(items, []);
    server.watcher.observe(server, [f('a')], tell);
    await server.pass(100);
    assert.equal(server.looks.length, 2, 'and begins again');
  });

  it('gives a second observer what is known at once, and each what it observes', async () => {
    const one = listener();
    const two = listener();
    server.watcher.observe(one, [f('a'), f('b')], one.tell);
    await server.pass(100);
    server.watcher.observe(two, [f('b'), f('c')], two.tell);
    assert.deepEqual(two.items, ['s:b available']);
    await server.pass(100);
    assert.deepEqual(server.looks, [['a', 'b'], ['c']], 'only what is new is asked for');
    assert.deepEqual(two.items, ['s:b available', 's:c available']);
    assert.deepEqual(one.items, ['s:a available', 's:b available']);
    server.watcher.observe(one, [f('a')], one.tell);
    server.states.set('b', 'stuck');
    server.watcher.poke();
    await server.pass(100);
    assert.deepEqual(two.items.at(-1), 's:b stuck');
    assert.ok(!one.items.includes('s:b stuck'));
  });

  it('looks at once after an action of ours, having forgotten what it knew', async () => {
    const { items, tell } = listener();
    server.watcher.observe(server, [f('a'), f('b')], tell);
    await server.pass(1000);
    server.states.set('a', 'replicating');
    server.watcher.poke(f('a'));
    await server.pass(100);
    assert.deepEqual(server.forgotten, ['a']);
    assert.equal(items.at(-1), 's:a replicating');
  });

  it('tells a failure once, asks ever more seldom, and tells when it works again', async () => {
    const { items, failures, tell } = listener();
    server.watcher.observe(server, [f('a')], tell);
    await server.pass(100);
    server.failure = new Error('down');
    server.watcher.poke();
    await server.pass(600_000);
    assert.equal(failures.length, 1);
    assert.ok(server.looks.length > 5 && server.looks.length < 20, `${server.looks.length} looks in 10 minutes`);
    const late = listener();
    server.watcher.observe(late, [f('a')], late.tell);
    assert.equal(late.failures.length, 1, 'who comes later is told too');
    server.failure = undefined;
    await server.pass(61_000);
    assert.deepEqual(items, ['s:a available', 's:a available'], 'so that the failure goes away');
    server.failure = new Error('down again');
    server.watcher.poke();
    await server.pass(100);
    assert.equal(failures.length, 2);
  });

  it('asks nothing while nobody is signed in, until that or what is visible changes', async () => {
    const { items, failures, tell } = listener();
    server.failure = new RucioError('unreachable', 'no way there');
    server.watcher.observe(server, [f('a')], tell);
    await server.pass(100);
    server.failure = new RucioError('signInNeeded', 'Sign in.');
    await server.pass(600_000);
    assert.equal(server.looks.length, 2);
    assert.equal(failures.length, 2, 'that it needs a person is told even while another failure is shown');
    server.watcher.observe(server, [f('a'), f('b')], tell);
    await server.pass(600_000);
    assert.equal(server.looks.length, 3);
    server.failure = undefined;
    server.watcher.poke();
    await server.pass(100);
    assert.deepEqual(items, ['s:a available', 's:b available']);
    assert.equal(failures.length, 2);
  });

  it('goes on when somebody signed in while a look was failing for want of it', async () => {
    const { items, tell } = listener();
    let open = (): void => undefined;
    server.gate = new Promise((resolve) => (open = resolve));
    server.failure = new RucioError('signInNeeded', 'Sign in.');
    server.watcher.observe(server, [f('a')], tell);
    await server.pass(100);
    server.watcher.poke();
    open();
    await server.pass(100);
    server.failure = undefined;
    await server.pass(5000);
    assert.deepEqual(items, ['s:a available']);
  });

  it('does not wait for a slow look before it begins one for what came since', async () => {
    const { items, tell } = listener();
    let open = (): void => undefined;
    server.gate = new Promise((resolve) => (open = resolve));
    server.watcher.observe(server, [f('a')], tell);
    await server.pass(100);
    server.gate = undefined;
    server.watcher.observe(server, [f('a'), f('b')], tell);
    await server.pass(100);
    assert.deepEqual(server.looks, [['a'], ['b']]);
    assert.deepEqual(items, ['s:b available']);
    open();
    await server.pass(100);
    assert.deepEqual(items, ['s:b available', 's:a available']);
  });
});
