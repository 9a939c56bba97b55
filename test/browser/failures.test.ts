// When the server, or what stands before it, misbehaves: the tree says what happened and what to do, and goes on when it is over.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { type FaultRule, type FaultyProxy, faultyProxy } from '../support/faults.ts';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { UI, explore, openExplore, signIn } from '../support/host/journey.ts';
import { instanceOf } from '../support/instance.ts';
import { rest, rows, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';

describe('failures', () => {
  let desk: Desk;
  let proxy: FaultyProxy;
  before(async () => {
    const { rucio } = await sharedLake();
    proxy = await faultyProxy(rucio.http, { host: 'lake.test' });
    desk = await openDesk({ instances: (lake) => [instanceOf(lake, { rucio_base_url: proxy.url })] });
    await openExplore(desk.workbench);
    await signIn(desk.workbench, desk.lake, 'alice');
    await explore(desk.workbench).expand(UI.allScopes);
    await explore(desk.workbench).find('astro');
  });
  after(async () => {
    await desk?.close();
    await proxy?.close();
  });

  afterEach(() => proxy.clear());

  const SCOPES = /^\/scopes\//;
  const cases: readonly { readonly what: string; readonly rule: FaultRule; readonly short: RegExp; readonly full: RegExp }[] = [
    { what: 'a log-in page in place of Rucio', rule: { path: SCOPES, html: 'Campus Log-in' }, short: /^Failed: What answered is not a Rucio server$/, full: /Campus Log-in.*Check rucio_base_url and the proxy setting; if your network has a log-in page, log in there first\./ },
    { what: 'a server with too much to do', rule: { path: SCOPES, answer: { status: 503, body: 'upstream is busy' } }, short: /^Failed: The server has too much to do just now$/, full: /503.*Try again in a minute\./ },
    { what: 'a server that is gone', rule: { drop: true }, short: /^Failed: lake\.test:\d+ can't be reached/, full: /lake\.test.*Check your network and rucio_base_url of this instance, then try again\./ },
  ];
  for (const { what, rule, short, full } of cases) {
    it(`${what}: the node says so, and Retry shows the scopes when it is over`, async () => {
      const { workbench } = desk;
      const tree = explore(workbench);
      proxy.add(rule);
      // A press on a row that is drawn anew between down and up is lost: a person presses again.
      const asked = () => proxy.seen.filter(({ path }) => SCOPES.test(path)).length;
      const before = asked();
      await workbench.until('it is asked again', async () => {
        await tree.inlineAction(UI.allScopes, 'Refresh');
        await workbench.page.waitForTimeout(1000);
        return asked() > before;
      }, 10_000);
      let label = '';
      await workbench.until('the failure', async () => (label = (await tree.labels()).find((one) => one.startsWith('Failed')) ?? '') !== '', 40_000);
      assert.match(label, short);
      assert.equal(await tree.description(label), 'Retry');
      assert.match(await tree.spoken(label), full);
      assert.match(await tree.tooltip(label), full);
      proxy.clear();
      await tree.select(label);
      await tree.find('astro');
      await workbench.until('the failure is gone', async () => !(await tree.labels()).includes(label));
      // Not on top of what comes next.
      await workbench.page.mouse.move(700, 500);
    });
  }

  it('a listing that is cut is a failure, and Retry shows all of it', async () => {
    const { workbench, lake } = desk;
    const tree = explore(workbench);
    const did = lake.seed.dids.fits;
    const [scope = '', name = ''] = did.split(':');
    proxy.add({ path: new RegExp(`^/dids/${scope}/`), cutAfterRows: 1, half: true });
    await tree.expand(scope);
    const label = 'Failed: The answer was cut off: this is not all of it';
    await tree.find(label);
    assert.match(await tree.spoken(label), /Try again; for a very large listing, narrow it down\./);
    proxy.clear();
    await tree.select(label);
    await tree.find(name);
    const alice = await token(lake, 'alice');
    const there = rows<string>(await rest(lake, alice, 'GET', `/dids/${scope}/dids/search?type=all&name=*`));
    await workbench.until('all of it, and no failure', async () => {
      const labels = await tree.labels();
      return !labels.includes(label) && there.every((one) => labels.includes(one));
    });
  });

  it('over the quota: says how much is missing, and Enter leaves', async () => {
    const { workbench, lake } = desk;
    const did = lake.seed.dids['over-quota'];
    await workbench.runCommand(`Rucio: ${UI.makeAvailable}`);
    await workbench.type(did);
    await workbench.pick(`${did} `);
    await workbench.until('the preview says so', async () => (await workbench.offered()).some((row) => /Not enough quota at EULAKE-1: [\d.]+ [MG]B missing/.test(row)));
    await workbench.page.keyboard.press('Enter');
    await workbench.until('the preview is gone', async () => (await workbench.offered()).length === 0);
    assert.equal(proxy.seen.filter(({ method, path }) => method === 'POST' && /^\/rules\/?$/.test(path)).length, 0, 'a rule was asked for');
  });

  it('over the quota, asked all the same: the server refuses, in its own words', async () => {
    const { workbench, lake } = desk;
    const did = lake.seed.dids['over-quota'];
    await workbench.runCommand(`Rucio: ${UI.makeAvailable}`);
    await workbench.type(did);
    await workbench.pick(`${did} `);
    await workbench.pick('Ask all the same');
    const said = await workbench.notification('quota');
    assert.match(said, /Your quota at the destination is used up or too small for test:\S+\. The server says: /);
    assert.match(said, /ask your data managers for more quota/);
    assert.deepEqual(workbench.window.errors, []);
  });
});
