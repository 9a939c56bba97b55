// What is shown while somebody points at a DID: right, by two calls at most, and never with a question to a person.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as protocol from '../../src/protocol.ts';
import type { Glance } from '../../src/protocol.ts';
import { type FaultyProxy, faultyProxy } from '../support/faults.ts';
import { instanceOf, signIn } from '../support/instance.ts';
import { rest, rows, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { type TestClient, testService } from '../support/service.ts';

const info = await sharedLake();
const service = testService();

describe('a glance', () => {
  let proxy: FaultyProxy;
  let client: TestClient;
  before(async () => {
    proxy = await faultyProxy(info.rucio.http, { host: 'lake.test' });
    client = service.client({ instances: [instanceOf(info, { rucio_base_url: proxy.url })] });
    await signIn(client, info, 'alice');
  });
  after(async () => {
    await service.stop();
    await proxy?.close();
  });

  const didOf = (text: string) => ({ scope: text.slice(0, text.indexOf(':')), name: text.slice(text.indexOf(':') + 1) });
  async function glance(text: string): Promise<{ readonly glance: Glance; readonly calls: number }> {
    const began = proxy.seen.length;
    const seen = await client.request(protocol.glanceAt, { instance: 'lake', did: didOf(text) });
    return { glance: seen, calls: proxy.seen.length - began };
  }
  const filesOf = async (text: string) => rows<{ scope: string; name: string; bytes: number }>(await rest(info, await token(info, 'alice'), 'GET', `/dids/${text.replace(':', '/')}/files`));

  it('of a dataset: whether it is here, how much of it, and where else', async () => {
    const { available, partly, elsewhere } = info.seed.dids;
    const files = await filesOf(available);
    const here = await glance(available);
    assert.deepEqual([here.glance.here?.state, here.glance.here?.available, here.glance.details.length, here.glance.details.bytes], ['available', files.length, files.length, files.reduce((sum, { bytes }) => sum + bytes, 0)]);
    const some = await glance(partly);
    assert.equal(some.glance.here?.state, 'partly');
    const away = await glance(elsewhere);
    assert.equal(away.glance.here?.state, 'notAvailable');
    assert.ok(away.glance.elsewhere.length > 0 && !away.glance.elsewhere.includes('EULAKE-1'));
    for (const { calls } of [here, some, away]) assert.ok(calls <= 2, `${calls} calls`);
  });

  it('of a file: its path, or where it is instead', async () => {
    const [file] = await filesOf(info.seed.dids.available);
    assert.ok(file);
    const here = await glance(`${file.scope}:${file.name}`);
    assert.equal(here.glance.here?.state, 'available');
    assert.ok(here.glance.here?.path?.startsWith(`${info.rses['EULAKE-1'].mount}/`), here.glance.here?.path);
    const [far] = await filesOf(info.seed.dids.elsewhere);
    const away = await glance(`${far?.scope}:${far?.name}`);
    assert.deepEqual([away.glance.here?.state, away.glance.here?.path, away.glance.elsewhere.length > 0], ['notAvailable', undefined, true]);
    for (const { calls } of [here, away]) assert.ok(calls <= 2, `${calls} calls`);
  });

  it('of a container it says what it is; of what is empty, that; of what is not there, that', async () => {
    const container = await glance(info.seed.dids.container);
    assert.deepEqual([container.glance.details.type, container.glance.here, container.calls <= 2], ['CONTAINER', undefined, true]);
    assert.equal((await glance(info.seed.dids['empty-dataset'])).glance.here?.state, 'empty');
    await assert.rejects(glance('test:no.such.did'), /no\.such\.did/);
  });

  it('names of every kind', async () => {
    for (const { did } of info.seed.odd.filter(({ did: text }) => text.endsWith('.here.txt'))) {
      const { glance: seen } = await glance(did);
      assert.equal(seen.here?.state, 'available', did);
    }
  });

  it('asks nobody to sign in, nor do the lists that are shown while one types', async () => {
    await client.request(protocol.signOut, { instance: 'lake' });
    const before = client.questions.length;
    const refused = { failure: { kind: 'signInNeeded' } };
    const fails = (work: Promise<unknown>): Promise<void> => assert.rejects(work, (error: unknown) => {
      assert.equal((error as typeof refused).failure.kind, 'signInNeeded');
      return true;
    });
    await fails(glance(info.seed.dids.available));
    await fails(client.request(protocol.listScopes, { instance: 'lake', mine: false, quiet: true }));
    await fails(client.stream(protocol.listDids, protocol.didRows, (rowsOf) => ({ instance: 'lake', scope: 'test', name: '*', type: 'all' as const, limit: 5, rows: rowsOf, quiet: true }), () => undefined));
    assert.equal(client.questions.length, before);
  });
});
