// Signing in as a person does it: nothing is contacted before the view is looked at, a wrong password is said in the box,
// a reload asks for nothing, and signing out offers to sign in again.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type FaultyProxy, faultyProxy } from '../support/faults.ts';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { UI, explore, openExplore, serviceAddress } from '../support/host/journey.ts';
import { instanceOf } from '../support/instance.ts';
import { sharedLake } from '../support/lake/shared.ts';

describe('signing in', () => {
  let desk: Desk;
  let proxy: FaultyProxy;
  before(async () => {
    const { rucio } = await sharedLake();
    proxy = await faultyProxy(rucio.http, { host: 'lake.test' });
    desk = await openDesk({ instances: (lake) => [instanceOf(lake, { rucio_base_url: proxy.url })] });
  });
  after(async () => {
    await desk?.close();
    await proxy?.close();
  });

  it('contacts nobody before the view is looked at', async () => {
    await desk.workbench.page.waitForTimeout(1000); // what would happen by itself at the start of a window has happened
    assert.equal(proxy.connections().made, 0);
    assert.equal(serviceAddress(desk.server), undefined, 'the lake service runs');
  });

  it('says in the box what is wrong with the password, and takes the right one', async () => {
    const { workbench, lake } = desk;
    const { username, password } = lake.accounts.alice.userpass;
    const tree = await openExplore(workbench);
    await tree.select('Sign In…');
    await workbench.pick('User and password');
    await workbench.enterAt('User name', username);
    await workbench.enterAt('Password', 'not the password');
    await workbench.until('the box says that the sign-in was refused', async () => /sign-in was refused/i.test(await workbench.prompt()));
    assert.ok(!(await workbench.prompt()).includes('not the password'));
    assert.equal(await workbench.typed(), '', 'the wrong password is still there');
    await workbench.enter(password);
    await tree.find(UI.myScopes);
    await workbench.notification('Your sign-in is kept');
    assert.deepEqual(await workbench.notifications(), ['Your sign-in is kept, encrypted, by this browser alone.'], 'said once, where the secret is');
    const said = workbench.page.locator('.notification-toast .notification-list-item-message');
    assert.ok(await said.evaluate((line: { scrollWidth: number; clientWidth: number }) => line.scrollWidth <= line.clientWidth), 'its end is cut');
    await tree.expand(UI.myScopes);
    await tree.find('user.alice');
    assert.match(await tree.spoken('Test Lake'), /signed in as alice/);
  });

  it('is still signed in after a reload, without a click', async () => {
    const { workbench } = desk;
    const signIns = () => proxy.count({ path: /^\/auth\/userpass/ });
    const before = signIns();
    await workbench.reload();
    const tree = await openExplore(workbench);
    await tree.find(UI.myScopes);
    await workbench.until('the node names the account', async () => (await tree.description('Test Lake')) === 'alice');
    assert.deepEqual(await workbench.offered(), [], 'something is asked');
    assert.deepEqual(await workbench.notifications(), [], 'said again');
    assert.equal(signIns(), before, 'the service was still signed in');
  });

  it('offers to sign in again after signing out, and has forgotten the password', async () => {
    const { workbench, server } = desk;
    const tree = explore(workbench);
    await tree.contextMenu('Test Lake', 'Sign Out');
    assert.match(await workbench.notification('Signed out of Test Lake (alice)'), /Password and token are forgotten/);
    await tree.find('Sign In…');
    await workbench.reload();
    await (await openExplore(workbench)).find('Sign In…');
    const { state } = serviceAddress(server) ?? assert.fail('no service runs');
    for (const name of fs.readdirSync(state)) {
      if (/\.(log|json)$/.test(name) || name === 'address') assert.ok(!fs.readFileSync(path.join(state, name), 'utf8').includes(desk.lake.accounts.alice.userpass.password), `${name} holds the password`);
    }
    assert.deepEqual(workbench.window.errors, []);
  });
});
