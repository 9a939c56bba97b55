// A rule from its first question to its end, by keyboard: refused over the quota, a smaller one on its way, a storage that
// goes away, and Repair when it is back.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Frame } from 'playwright-core';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { UI, explore, find, openExplore, showRule, signIn, waitForState } from '../support/host/journey.ts';
import { rest, ruleState, standin, token, waitForRule } from '../support/lake/client.ts';
import { startStorage, stopStorage } from '../support/lake/storage.ts';

const CREATE = 'Create Rule…';

describe('Create Rule', () => {
  let desk: Desk;
  let alice: string;
  let small: string;
  let rule: string;
  /** Of the rule that is made. */
  let page: Frame;
  const state = () => page.locator('.state-words').innerText();

  before(async () => {
    desk = await openDesk();
    const { lake, workbench } = desk;
    const root = await token(lake, 'root');
    alice = await token(lake, 'alice');
    // A dataset of its own, of files that lie at the other storage.
    small = 'test:ds.journey';
    const post = async (path: string, body: unknown): Promise<void> => {
      const reply = await rest(lake, root, 'POST', path, body);
      assert.equal(reply.status, 201, reply.text);
    };
    const { spare } = lake.seed.dids;
    const files = (await rest(lake, root, 'GET', `/dids/test/${spare.slice(5)}/dids`)).text.trim().split('\n').map((line) => JSON.parse(line) as { scope: string; name: string });
    await post('/dids/test/ds.journey', { type: 'DATASET' });
    await post('/dids/test/ds.journey/dids', { dids: files.map(({ scope, name }) => ({ scope, name })) });
    await openExplore(workbench);
    await signIn(workbench, lake, 'alice');
  });
  after(async () => {
    if (desk) await startStorage(desk.lake, 'eulake');
    if (desk) for (const text of (await standin.state(desk.lake)).holds.filter((hold) => hold.includes('spare'))) await standin.release(desk.lake, text);
    await desk?.close();
  });

  const enter = () => desk.workbench.page.keyboard.press('Enter');
  const asked = (what: string) => desk.workbench.until(`it asks: ${what}`, async () => (await desk.workbench.prompt()).includes(what));
  const offered = (what: RegExp) => desk.workbench.until(`it offers ${what.source}`, async () => (await desk.workbench.offered()).some((row) => what.test(row)));

  it('over the quota: says before and after how much is missing', async () => {
    const { workbench, lake } = desk;
    const label = await find(workbench, lake.seed.dids['over-quota'], lake.seed.dids['over-quota']);
    await explore(workbench).contextMenu(label, CREATE);
    await asked('Where to?');
    await asked('Means EULAKE-1');
    await workbench.screenshot('create-rule-where');
    await workbench.type('NO_SUCH');
    await asked('knows no storage by that name');
    await enter(); // stays
    await workbench.type('EULAKE-1');
    await enter();
    await asked('How many copies?');
    await workbench.type('2');
    await asked('2 copies need 2 storages');
    await workbench.pressQuickButton('Back');
    await asked('Where to?');
    assert.equal(await workbench.typed(), 'EULAKE-1');
    await enter();
    await asked('How many copies?');
    assert.equal(await workbench.typed(), '1');
    await enter();
    await asked('For how long?');
    await workbench.type('soon');
    await asked('Type a number of days');
    await workbench.type('2 weeks');
    await asked('Until');
    await enter();
    await offered(/Not enough quota: 1\.\d GB missing in your quota at EULAKE-1/);
    await workbench.screenshot('create-rule-over-quota');
    await workbench.pick('Ask all the same');
    const said = await workbench.notification('is missing');
    assert.match(said, /too small for test:ds\.huge\. The server says: .*At EULAKE-1 1\.\d GB of 3\.2 GB is missing in your quota at EULAKE-1\./s);
    await workbench.answerNotification('is missing', 'Change Answers');
    await offered(/2 weeks/);
    await workbench.page.keyboard.press('Escape');
  });

  it('smaller: remembers the answers, shows all of them, and the percent moves', async () => {
    const { workbench, lake } = desk;
    for (const n of ['001', '002', '003', '004']) await standin.hold(lake, `spare.${n}`);
    const label = await find(workbench, small, small);
    // What is painted meanwhile would close the menu.
    await waitForState(workbench, label, /not available/i);
    await workbench.page.waitForTimeout(500);
    await explore(workbench).contextMenu(label, CREATE);
    await asked('Where to?');
    await enter();
    await asked('How many copies?');
    await enter();
    await asked('For how long?');
    assert.equal(await workbench.typed(), '2 weeks');
    await enter();
    await offered(/Create the rule at EULAKE-1, for 14 days.*4 files/);
    // Another answer, by keyboard: the comment's row, found by typing.
    await workbench.type('Comment');
    await workbench.until('only that row', async () => (await workbench.offered()).length <= 2);
    await enter();
    await asked('A comment');
    await workbench.type('for the journey');
    await enter();
    await offered(/Create the rule at EULAKE-1/);
    await offered(/Comment for the journey/);
    await workbench.screenshot('create-rule-last-step');
    await offered(/of your quota left/);
    for (let row = 0; row < 6; row++) await workbench.page.keyboard.press('ArrowUp'); // the cursor is on the comment
    await enter();
    await waitForState(workbench, label, /, replicating/i, 60_000);
    const rules = (await rest(lake, alice, 'GET', '/dids/test/ds.journey/rules')).text.trim().split('\n').map((line) => JSON.parse(line) as { id: string; comments: string; expires_at: string });
    assert.equal(rules.length, 1);
    assert.equal(rules[0]!.comments, 'for the journey');
    rule = rules[0]!.id;
    await standin.release(lake, 'spare.001');
    await standin.release(lake, 'spare.002');
    await waitForState(workbench, label, /replicating 50 %/i, 60_000);
    await showRule(workbench, small);
    page = await workbench.webview(`main:has(h1:text-is(${JSON.stringify(small)}))`);
    await workbench.until('the page is as far', async () => await state() === 'Replicating: 2 of 4 files, 2 to go', 60_000);
    assert.match(await page.locator('.bar-words').first().innerText(), /^50 %$/);
    await workbench.screenshot('create-rule-half');
  });

  it('a storage goes away: the page quotes the rule’s error and names the files', async () => {
    const { workbench, lake } = desk;
    await stopStorage(lake, 'eulake');
    await standin.release(lake, 'spare.003');
    await standin.release(lake, 'spare.004');
    await waitForRule(lake, alice, rule, 'STUCK', 120);
    const { error } = await ruleState(lake, alice, rule);
    assert.ok(error);
    // The page that was open all the time.
    await workbench.until('the page quotes it', async () => await page.locator('.box.error .words').allInnerTexts().then(([quoted]) => quoted === error), 60_000);
    assert.equal(await state(), 'Stuck: 2 of 4 files, 2 stuck');
    await workbench.until('both files are named', async () => {
      const named = (await page.locator('.stuck-files strong').allInnerTexts()).map((did) => /spare\.\d+/.exec(did)?.[0]);
      return named.sort().join() === 'spare.003,spare.004';
    }, 60_000);
    await workbench.screenshot('create-rule-stuck');
  });

  it('it is back: Repair, OK, and the path', async () => {
    const { workbench, lake } = desk;
    await startStorage(lake, 'eulake');
    await page.locator('.buttons vscode-button', { hasText: 'Repair' }).first().click();
    await workbench.notification('What failed is tried again');
    await waitForRule(lake, alice, rule, 'OK', 120);
    await workbench.until('the page says so', async () => await state() === 'OK, 4 of 4 files', 60_000);
    assert.equal(await page.locator('.stuck-files li').count(), 0);
    await workbench.screenshot('create-rule-ok');
    await waitForState(workbench, 'ds.journey', /, available\b/i, 60_000);
    await explore(workbench).expand('ds.journey');
    await workbench.page.evaluate("navigator.clipboard.writeText('')");
    await explore(workbench).contextMenu('ds.journey', UI.copyPath);
    let paths: string[] = [];
    await workbench.until('the clipboard has the paths', async () => (paths = (await workbench.clipboard()).split('\n').filter(Boolean)).length === 4);
    for (const path of paths) assert.ok(fs.statSync(path).size > 0, path);
    assert.deepEqual(workbench.window.errors, []);
  });
});
