// When a watched rule counts as ended, on rules that do as they are told.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Lake } from '../../src/lake/lake.ts';
import type { AvailabilityInfo, RuleProgress, Watch } from '../../src/protocol.ts';
import { Watching } from '../../src/service/watching.ts';
import { ruleLike } from './ui/ruleLike.ts';

function lakeOf(start: RuleProgress['rule']['state']): { readonly lake: Lake; readonly say: (state: RuleProgress['rule']['state'], error?: string) => void } {
  const progress = (state: RuleProgress['rule']['state'], error: string | null = null): RuleProgress => ({ rule: ruleLike({ id: 'r1', state, error }), percent: 0, notes: [], moving: state !== 'OK' });
  let tell: (now: RuleProgress) => void = () => undefined;
  let end: (now: RuleProgress) => void = () => undefined;
  const lake = {
    instance: { name: 'lake' }, session: { info: { state: 'signedIn' } },
    getRule: async () => progress(start),
    followRule: (_id: string, onProgress: typeof tell, signal: AbortSignal) => new Promise<RuleProgress>((resolve, reject) => {
      tell = onProgress;
      end = resolve;
      signal.addEventListener('abort', () => reject(signal.reason));
    }),
  } as unknown as Lake;
  return { lake, say: (state, error) => { tell(progress(state, error)); if (state === 'OK') end(progress(state)); } };
}

it('getting stuck is an end, told once with the reason; what was stuck already is waited for', async () => {
  const told: Watch[] = [];
  const watching = new Watching({ state: undefined, tell: (_session, watch) => told.push(watch), log: () => assert.fail('nothing is amiss') });
  const one = lakeOf('REPLICATING');
  await watching.add('s', one.lake, 'r1');
  one.say('REPLICATING');
  assert.deepEqual(told, []);
  one.say('STUCK', 'no source');
  one.say('STUCK', 'no source');
  await new Promise(setImmediate);
  assert.deepEqual(told.map(({ state, error }) => [state, error]), [['STUCK', 'no source']]);
  assert.deepEqual(watching.list('s'), []);

  const two = lakeOf('STUCK');
  await watching.add('s', two.lake, 'r1');
  two.say('STUCK', 'no source');
  assert.equal(told.length, 1);
  two.say('OK');
  await new Promise(setImmediate);
  assert.deepEqual(told.map(({ state }) => state), ['STUCK', 'OK']);
  watching.close();
});

it('a DID is waited for until it is available here; what was stuck already is no news', async () => {
  const did = { scope: 's', name: 'n' };
  const told: Watch[] = [];
  let state: AvailabilityInfo['state'] = 'notAvailable';
  const observers = new Map<object, (items: readonly AvailabilityInfo[]) => void>();
  const info = (): AvailabilityInfo => ({ ...did, type: 'DATASET', state, looked: '' });
  const lake = {
    instance: { name: 'lake' }, session: { info: { state: 'signedIn' } }, availability: async () => info(),
    observe: (owner: object, dids: readonly unknown[], tell: (items: readonly AvailabilityInfo[]) => void) => void (dids.length > 0 ? observers.set(owner, tell) : observers.delete(owner)),
  } as unknown as Lake;
  const say = (now: typeof state): void => {
    state = now;
    for (const tell of observers.values()) tell([info()]);
  };
  const watching = new Watching({ state: undefined, tell: (_session, watch) => told.push(watch), log: () => assert.fail('nothing is amiss') });
  assert.equal((await watching.addDid('s', lake, did)).ended, undefined);
  say('replicating');
  for (const tell of observers.values()) tell([]); // asking failed
  assert.deepEqual([told.length, watching.list('s').length, observers.size], [0, 1, 1]);
  say('stuck');
  assert.deepEqual([told.map((watch) => watch.state), watching.list('s'), observers.size], [['stuck'], [], 0]);
  // It is waited for all the same.
  await new Promise(setImmediate);
  await watching.addDid('s', lake, did);
  say('stuck');
  say('partly');
  say('available');
  assert.deepEqual([told.map((watch) => watch.state), observers.size], [['stuck', 'available'], 0]);
  await new Promise(setImmediate);
  assert.equal(typeof (await watching.addDid('s', lake, did)).ended, 'number', 'what is here is the answer');
  state = 'notAvailable';
  await watching.addDid('s', lake, did);
  watching.remove('s', 'did s:n');
  assert.deepEqual([observers.size, watching.list('s')], [0, []]);
  watching.close();
});

it('one window shows an end, whoever asks first; the next end is another', () => {
  const watching = new Watching({ state: undefined, tell: () => 1, log: () => undefined });
  assert.deepEqual([watching.claim('s', 'r1', 5), watching.claim('s', 'r1', 5), watching.claim('s', 'r1', 6), watching.claim('t', 'r1', 5)], [true, false, true, true]);
  watching.close();
});
