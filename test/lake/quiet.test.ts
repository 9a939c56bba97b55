// Nothing is asked of Rucio when nobody looks: counted at a proxy in front of the real server. The time that is listened for is a few of
// the shortest intervals; with `--full` it is a minute, the longest one.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AvailabilityInfo, TypedDID } from '../../src/lake/types.ts';
import * as protocol from '../../src/protocol.ts';
import { build } from '../../esbuild.mjs';
import { faultyProxy, type FaultyProxy } from '../support/faults.ts';
import { instanceOf, signIn } from '../support/instance.ts';
import { token, waitForRule } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { askedOf, QUIET } from '../support/quiet.ts';
import { testService } from '../support/service.ts';
import { did, openLake } from './open-lake.ts';

let info: LakeInfo;
let proxy: FaultyProxy;
before(async () => {
  info = await sharedLake();
  proxy = await faultyProxy(info.rucio.http);
  const alice = await token(info, 'alice');
  for (const [role, state] of [['replicating', 'REPLICATING'], ['stuck', 'STUCK']] as const) await waitForRule(info, alice, info.seed.rules[role], state);
});
after(() => proxy.close());

const through = () => ({ rucio_base_url: proxy.url });
const replicating = (): TypedDID => ({ ...did(info.seed.rules.replicating.did), type: 'DATASET' });

const asked = (ms: number): Promise<string[]> => askedOf(proxy, ms);

test('a view that is hidden: its DIDs are asked for while it shows them, and no more', async () => {
  const { lake } = openLake(info, 'alice', { settings: through() });
  try {
    const heard: AvailabilityInfo[] = [];
    await lake.availability(replicating());
    lake.observe(heard, [replicating()], (items) => heard.push(...items));
    assert.ok((await asked(6000)).some((call) => call.includes('/replicas/datasets_bulk')), 'it is looked at while it moves');
    assert.equal(heard.at(-1)?.state, 'replicating');
    lake.observe(heard, [], () => undefined);
    assert.deepEqual(await asked(QUIET), []);
  } finally {
    lake.close();
  }
});

test('a rule that is done, or that nobody follows any more', async () => {
  const { lake } = openLake(info, 'alice', { settings: through() });
  try {
    const { ok, replicating: moving } = info.seed.rules;
    await lake.getRule(ok.id); // following asks nobody to sign in
    assert.equal((await lake.followRule(ok.id, () => undefined)).moving, false);
    assert.deepEqual(await asked(QUIET), []);
    const leave = new AbortController();
    const following = lake.followRule(moving.id, () => undefined, leave.signal);
    assert.ok((await asked(3000)).some((call) => call.endsWith(moving.id)));
    leave.abort();
    await assert.rejects(following);
    assert.deepEqual(await asked(QUIET), []);
  } finally {
    lake.close();
  }
});

test('a window that is closed', async () => {
  await build();
  const service = testService();
  try {
    const client = service.client({ instances: [instanceOf(info, through())] });
    await signIn(client, info, 'alice');
    await client.notify(protocol.observe, { instance: 'lake', dids: [replicating()] });
    assert.ok((await asked(6000)).some((call) => call.includes('/replicas/datasets_bulk')), 'it is looked at while the window is there');
    client.dispose();
    assert.deepEqual(await asked(QUIET), []);
  } finally {
    await service.stop();
  }
});
