// *Rules* and *Storage* as a person uses them: what is stuck stands first and on the badge, a filter, watching a rule and no
// more, what the quota says; and the page of a rule of very many files.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type FaultyProxy, faultyProxy } from '../support/faults.ts';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { explore, openExplore, signIn, UI } from '../support/host/journey.ts';
import type { Tree } from '../support/host/tree.ts';
import { instanceOf } from '../support/instance.ts';
import { token, waitForRule } from '../support/lake/client.ts';
import { upLake } from '../support/lake/lake.ts';
import { sharedLake } from '../support/lake/shared.ts';

const MANY = 100_000;

describe('rules and storage', () => {
  let desk: Desk;
  let rules: Tree;
  let proxy: FaultyProxy;
  before(async () => {
    proxy = await faultyProxy((await sharedLake()).rucio.http, { host: 'lake.test' });
    desk = await openDesk({ instances: (lake) => [instanceOf(lake, { rucio_base_url: proxy.url })] });
    const { lake, workbench } = desk;
    await upLake({ dir: lake.dir, scale: MANY });
    await waitForRule(lake, await token(lake, 'alice'), lake.seed.rules.stuck, 'STUCK');
    await openExplore(workbench);
    await signIn(workbench, lake, 'alice');
    await workbench.runCommand('Focus on Rules View');
    rules = workbench.tree('Rules');
  });
  after(async () => {
    await desk?.close();
    await proxy?.close();
  });

  it('my rules by state, the stuck ones first and on the badge', async () => {
    const { workbench, lake } = desk;
    await rules.find('Stuck');
    const labels = await rules.labels();
    assert.deepEqual(labels.slice(0, 2), ['Test Lake', 'Stuck'], labels.join());
    await rules.find(lake.seed.rules.stuck.did); // other suites run on the same lake: it need not be the only one
    assert.match(await rules.spoken(lake.seed.rules.stuck.did), /^rule for .*, Stuck, at EULAKE-1, 1 of 2 files/);
    await workbench.until('the badge counts the stuck rules', async () => /\b(1 rule is|[2-9] rules are) stuck/.test(await workbench.page.locator('.activitybar .action-item:has([aria-label^="Rucio"])').first().evaluate((e) => (e as unknown as { outerHTML: string }).outerHTML)));
    await workbench.screenshot('rules-view');
  });

  it('a filter by state, said in the title, and taken away', async () => {
    const { workbench } = desk;
    await rules.titleAction('Filter Rules…');
    await workbench.pick('State');
    await workbench.pick('Replicating');
    await workbench.screenshot('rules-filter');
    for (let n = 0; n < 2 && (await workbench.offered()).length > 0; n++) await workbench.page.keyboard.press('Escape');
    await workbench.until('only what replicates', async () => !(await rules.labels()).includes('Stuck') && (await rules.labels()).includes('Replicating'));
  });

  it('a rule that is watched stands in a group of its own, until it is watched no more', async () => {
    const { lake } = desk;
    const { did } = lake.seed.rules.replicating;
    await rules.contextMenu(did, 'Watch');
    await rules.find('Watched');
    assert.match(await rules.spoken('Watched'), /^Watched, 1: you are told when they end/);
    await desk.workbench.screenshot('rules-watched');
    await rules.contextMenu(did, 'Unwatch');
    await desk.workbench.until('nothing is watched', async () => !(await rules.labels()).includes('Watched'));
  });

  it('storage: what is used of each quota, what takes the space', async () => {
    const { workbench } = desk;
    await workbench.runCommand('Focus on Storage View');
    const storage = workbench.tree('Storage');
    assert.match(await storage.spoken('EULAKE-1'), /^RSE EULAKE-1, .* used/);
    await storage.expand('EULAKE-1');
    await storage.expand('Takes the space');
    // Other storages may have rows above.
    await storage.reach(/:/);
    for (const theme of ['Light Modern', 'Dark High Contrast', 'Dark Modern']) {
      await workbench.theme(theme);
      await workbench.screenshot(`storage-view-${theme.toLowerCase().replaceAll(' ', '-')}`);
    }
  });

  it('the page of a rule of 100 000 files: a table to scroll, filter and sort', async () => {
    const { workbench } = desk;
    const did = `scale:ds.${MANY}`;
    await workbench.runCommand('Focus on Rules View');
    for (const [part, answer] of [['Clear'], ['Account', '*'], ['Scope', 'scale']] as const) {
      await rules.titleAction('Filter Rules…');
      await workbench.until('the box asks by what', async () => (await workbench.prompt()).includes('Filter Rules') && (await workbench.offered()).some((row) => row.startsWith(part)));
      await workbench.type(part);
      await workbench.until(`only ${part}`, async () => (await workbench.offered()).length === 1);
      await workbench.page.keyboard.press('Enter');
      if (answer !== undefined) await workbench.enterAt(part, answer);
      await workbench.until('the box is closed', async () => await workbench.prompt() === '');
    }
    await rules.expand('OK');
    await rules.select(did);
    const page = await workbench.webview(`main:has(h1:text-is("${did}")) table`);
    await page.getByText('Show Files').click();
    const rows = page.locator('.spacer [role=row]');
    await rows.first().waitFor();
    await workbench.until('all of them are read', async () => /100,000/.test(await page.locator('.counts').innerText()), 60_000);
    const names = (): Promise<string[]> => rows.locator('.name').allInnerTexts();
    const [first = ''] = await names();
    await page.locator('.grid').focus();
    await page.locator('.grid').press('End');
    let last: string | undefined;
    await workbench.until('the last row is there', async () => {
      const shown = await names();
      last = shown.at(-1);
      return await page.locator('.grid').getAttribute('aria-activedescendant') === `file-${MANY - 1}` && shown.length > 3 && shown.length < 200 && shown.every((name) => name !== first && name !== '');
    });
    await page.locator('input[type=search]').fill(last!.slice(-13));
    await workbench.until('the one that was looked for', async () => (await names()).length === 1);
    await page.locator('input[type=search]').fill('');
    await workbench.until('all again', async () => (await names()).length > 3);
    await workbench.screenshot('rule-page-100000');
  });

  it('the server stops in the middle of 100 000 files: a failure that says so, with Retry, and never a short list', async () => {
    const { workbench } = desk;
    const page = await workbench.webview(`main:has(h1:text-is("scale:ds.${MANY}")) table`);
    proxy.add({ path: /^\/rules\/[^/]+\/locks$/, cutAfterRows: 60_000, half: true });
    await page.getByText('Read Again').click();
    const trouble = page.locator('.files .trouble');
    await trouble.waitFor({ timeout: 120_000 });
    assert.match(await trouble.innerText(), /^The answer was cut off: this is not all of it\./);
    assert.equal(await trouble.getAttribute('role'), 'alert');
    assert.match(await page.locator('.files [role=status]').innerText(), /^[\d,]+ rows so far: not all of them\./);
    await workbench.screenshot('rule-page-100000-cut');
    proxy.clear();
    await trouble.getByText('Retry').click();
    await workbench.until('all of them are read', async () => /100,000/.test(await page.locator('.counts').innerText()) && !await trouble.isVisible(), 120_000);
    // The same in the tree, where a page of 200 is read of the scope that has them.
    await openExplore(workbench);
    const tree = explore(workbench);
    await tree.expand(UI.allScopes);
    proxy.add({ path: /^\/dids\/scale\/dids\/search$/, cutAfterRows: 120, half: true });
    await tree.expand('scale');
    const failed = 'Failed: The answer was cut off: this is not all of it';
    await tree.find(failed);
    const labels = await tree.labels();
    assert.equal(labels.indexOf(failed), labels.indexOf('scale') + 1, `above what had come: ${labels.join(' | ')}`);
    assert.equal(await tree.description(failed), 'Retry');
    await workbench.screenshot('listing-100000-cut');
    proxy.clear();
    await tree.select(failed);
    await workbench.until('a whole page', async () => !(await tree.labels()).includes(failed) && (await tree.labels()).some((label) => /^f\d+\./.test(label)));
  });

  it('left nothing in the console', () => assert.deepEqual(desk.workbench.window.errors, []));
});
