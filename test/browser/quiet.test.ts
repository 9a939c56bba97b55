// Nothing is asked of Rucio for what nobody looks at, from the window to the server: counted at a proxy in front of it, for the
// page of a rule, the tree and the list of rules; behind another editor or view, and in a window that is closed.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type FaultyProxy, faultyProxy } from '../support/faults.ts';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { UI, explore, openExplore, showRule, signIn, waitForState } from '../support/host/journey.ts';
import { instanceOf } from '../support/instance.ts';
import { token, waitForRule } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { askedOf, QUIET } from '../support/quiet.ts';

describe('what nobody looks at', () => {
  let desk: Desk;
  let proxy: FaultyProxy;
  before(async () => {
    proxy = await faultyProxy((await sharedLake()).rucio.http, { host: 'lake.test' });
    desk = await openDesk({ instances: (lake) => [instanceOf(lake, { rucio_base_url: proxy.url })] });
    const { lake, workbench } = desk;
    await waitForRule(lake, await token(lake, 'alice'), lake.seed.rules.replicating, 'REPLICATING');
    await openExplore(workbench);
    await signIn(workbench, lake, 'alice');
  });
  after(async () => {
    await desk?.close();
    await proxy?.close();
  });

  /** A later call than what was asked so far. */
  async function isAsked(what: RegExp): Promise<void> {
    const from = proxy.seen.length;
    await desk.workbench.until(`${what.source} is asked`, async () => proxy.seen.slice(from).some(({ path }) => what.test(path)), 90_000);
  }
  const quiet = async (): Promise<void> => assert.deepEqual(await askedOf(proxy, QUIET), []);
  const away = (): Promise<void> => desk.workbench.openContainer('Explorer');
  async function openPage(did: string): Promise<void> {
    await showRule(desk.workbench, did);
    await desk.workbench.webview(`main:has(h1:text-is(${JSON.stringify(did)})) table`);
  }
  const rule = () => new RegExp(`/rules/${desk.lake.seed.rules.replicating.id}$`);

  it('the page of a rule that moves: behind another editor', async () => {
    await away();
    await openPage(desk.lake.seed.rules.replicating.did);
    await isAsked(rule());
    await desk.workbench.runCommand('File: New Untitled Text File');
    await quiet();
  });

  /** For Playwright a window has the focus always: what VS Code asks is answered otherwise, and it is told to ask. The page in its frame has the focus itself, so that the window has to get it before it can lose it. */
  const focus = (on: boolean): Promise<void> => desk.workbench.page.evaluate(`{
    if (!${on}) window.dispatchEvent(new Event('focus'));
    document.hasFocus = () => ${on};
    window.dispatchEvent(new Event('${on ? 'focus' : 'blur'}'));
    document.dispatchEvent(new Event('visibilitychange'));
  }`);

  it('the page of a rule that moves: in a window in the background; it goes on with the focus, and says nothing wrong meanwhile', async () => {
    const { workbench, lake } = desk;
    await away();
    await openPage(lake.seed.rules.replicating.did);
    const page = await workbench.webview(`main:has(h1:text-is(${JSON.stringify(lake.seed.rules.replicating.did)})) table`);
    const age = () => page.locator('.as-of').innerText();
    await isAsked(rule());
    assert.match(await age(), /^Followed live/);
    await focus(false);
    await workbench.until('the page is of a time', async () => /^As of [^,]+\.$/.test(await age()));
    await quiet();
    assert.equal(await page.locator('section.trouble').isVisible(), false);
    assert.match(await page.locator('.state-words').innerText(), /^Replicating/);
    const from = proxy.seen.length;
    await focus(true);
    await workbench.until('it is asked again', async () => proxy.seen.slice(from).some(({ path }) => rule().test(path)), 5000);
    await workbench.until('the page is followed again', async () => /^Followed live/.test(await age()));
  });

  it('not so the table of all files: what is being read in a window that loses the focus is read on, once, to its end', async () => {
    const { workbench, lake } = desk;
    const { did, id } = lake.seed.rules.replicating;
    const page = await workbench.webview(`main:has(h1:text-is(${JSON.stringify(did)})) table`);
    const locks = () => proxy.seen.filter(({ path }) => path === `/rules/${id}/locks`);
    const age = (words: RegExp) => workbench.until(`the page says ${words.source}`, async () => words.test(await page.locator('.as-of').innerText()));
    const says = () => page.locator('.files [role=status]').innerText();
    const files = page.locator('.spacer [role=row]');
    let goOn = (): void => undefined;
    const rest = new Promise<void>((resolve) => { goOn = resolve; });
    const done = proxy.add({ path: `/rules/${id}/locks`, holdAfterRows: { rows: 1, until: rest } });
    try {
      await page.getByText('Show Files').click();
      await workbench.until('one of its three files is read', async () => /^Reading… 1 so far/.test(await says()) && await files.count() === 1);
      const still = async (when: string): Promise<void> => {
        assert.deepEqual(locks().map(({ abandoned }) => abandoned), [false], `the reading has ended or begun anew ${when}`);
        assert.match(await says(), /^Reading… 1 so far/, when);
        assert.equal(await files.count(), 1, when);
      };
      await focus(false);
      await age(/^As of [^,]+\.$/);
      await still('without the focus');
      await focus(true);
      await age(/^Followed live/);
      await still('with the focus again');
      await focus(false);
      await age(/^As of [^,]+\.$/);
      goOn();
      await workbench.until('the rest is read in the background', async () => /^3 rows, one for each file at each RSE\.$/.test(await says()) && await files.count() === 3);
      await quiet();
      await focus(true);
      await age(/^Followed live/);
      assert.match(await says(), /^3 rows, one for each file at each RSE\.$/);
      assert.deepEqual(locks().map(({ abandoned }) => abandoned), [false], 'the files are read once');
    } finally {
      goOn();
      done();
    }
    await page.locator('.files').getByText('Close').click();
  });

  it('the page of a rule that is done, though it is looked at', async () => {
    await openPage(desk.lake.seed.rules.ok.did);
    await quiet();
  });

  it('the tree and the list of rules: behind another view', async () => {
    const { workbench, lake } = desk;
    await openExplore(workbench);
    for (const label of [UI.allScopes, 'test']) await explore(workbench).expand(label);
    const { did } = lake.seed.rules.replicating;
    await waitForState(workbench, did.slice(did.indexOf(':') + 1), /, replicating/i);
    await workbench.runCommand('Focus on Rules View');
    await workbench.tree('Rules').find('Replicating');
    await isAsked(/^\/replicas\/datasets_bulk$/);
    await away();
    await quiet();
  });

  it('all of it in a window that is closed', async () => {
    await openPage(desk.lake.seed.rules.replicating.did);
    await openExplore(desk.workbench);
    await isAsked(rule());
    assert.deepEqual(desk.workbench.window.errors, []);
    await desk.workbench.page.close();
    await quiet();
  });
});
