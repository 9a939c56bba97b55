// Two windows of one person: one sign-in for both, one lake service for both, and when that is killed, both go on by
// themselves.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { UI, explore, openExplore, serviceAddress, signIn, waitForState } from '../support/host/journey.ts';
import type { Workbench } from '../support/host/workbench.ts';
import { rest, token } from '../support/lake/client.ts';

describe('two windows', () => {
  let desk: Desk;
  let second: Workbench;
  let alice: string;
  /** A dataset of alice's own, without files at first. */
  const name = `two.windows.${Date.now()}`;
  before(async () => {
    desk = await openDesk();
    alice = await token(desk.lake, 'alice');
    const made = await rest(desk.lake, alice, 'POST', `/dids/user.alice/${name}`, { type: 'DATASET' });
    assert.equal(made.status, 201, made.text);
    second = await desk.secondWindow();
  });
  after(() => desk?.close());

  const both = <T>(work: (window: Workbench) => Promise<T>): Promise<[T, T]> => Promise.all([work(desk.workbench), work(second)]);

  it('are signed in when one of them is', async () => {
    await both(async (window) => (await openExplore(window)).find('Sign In…'));
    await signIn(desk.workbench, desk.lake, 'alice');
    await both((window) => explore(window).find(UI.myScopes));
    await both((window) => window.until('the node names the account', async () => (await explore(window).description('Test Lake')) === 'alice'));
    assert.deepEqual(await second.offered(), [], 'the other window asks');
  });

  it('show the same states', async () => {
    await both(async (window) => {
      await explore(window).expand(UI.myScopes);
      await explore(window).expand('user.alice');
      await waitForState(window, name, /, empty$/);
    });
  });

  it('go on by themselves when the lake service is killed, and say at most that they reconnect', async () => {
    const { server, lake } = desk;
    const { pid } = serviceAddress(server) ?? assert.fail('no service runs');
    process.kill(pid, 'SIGKILL');
    // What only a service that looks again can know.
    const file = await attachable(lake.seed.dids.available);
    const attached = await rest(lake, alice, 'POST', `/dids/user.alice/${name}/dids`, { dids: [file] });
    assert.equal(attached.status, 201, attached.text);
    const messages = new Set<string>();
    await both(async (window) => {
      await window.until('the new state', async () => {
        for (const message of await explore(window).messages()) messages.add(message);
        return /, available$/.test(await explore(window).spoken(name));
      }, 30_000);
    });
    assert.notEqual(serviceAddress(server)?.pid, pid);
    for (const message of messages) assert.match(message, /^Reconnecting to the lake service…$/);
    const said = (await both((window) => window.notifications())).flat().filter((text) => !text.startsWith('Your sign-in is kept'));
    assert.deepEqual(said, []);
    assert.deepEqual((await both(async (window) => [...await window.offered(), ...window.window.errors])).flat(), []);
    await both((window) => explore(window).find(UI.myScopes));
  });

  it('Restart Service says who else uses it, and restarts it for all who mean it', async () => {
    const { server, workbench } = desk;
    const { pid } = serviceAddress(server) ?? assert.fail('no service runs');
    await workbench.runCommand('Rucio: Restart Service');
    const dialog = workbench.page.locator('.monaco-dialog-box');
    await dialog.waitFor();
    assert.match(await dialog.innerText(), /used by 1 other client, too/);
    await workbench.screenshot('restart-service');
    await dialog.getByText('Cancel', { exact: true }).click();
    assert.equal(serviceAddress(server)?.pid, pid);
    await workbench.runCommand('Rucio: Restart Service');
    await dialog.getByText('Restart Anyway').click();
    await both(async (window) => window.until('another one runs', async () => serviceAddress(server) !== undefined && serviceAddress(server)?.pid !== pid, 30_000));
    await both((window) => explore(window).find(UI.myScopes));
  });

  async function attachable(did: string): Promise<{ scope: string; name: string }> {
    const reply = await rest(desk.lake, alice, 'GET', `/dids/${did.replace(':', '/')}/files`);
    const { scope, name: found } = JSON.parse(reply.text.split('\n')[0] ?? '') as { scope: string; name: string };
    return { scope, name: found };
  }
});
