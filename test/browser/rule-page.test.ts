// The page of a rule, for each state that a rule can be in: it says in words how the rule is, whole, at any width and in
// every kind of theme.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import type { Frame } from 'playwright-core';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { UI, explore, openExplore, showRule, signIn } from '../support/host/journey.ts';
import { addRule, removeRule, rest, rows, ruleState, token, waitForRule } from '../support/lake/client.ts';

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Themes, and the class that a webview's body has then. */
const THEMES = { 'Light Modern': 'vscode-light', 'Dark Modern': 'vscode-dark', 'Dark High Contrast': 'vscode-high-contrast', 'Light High Contrast': 'vscode-high-contrast-light' } as const;

interface Violation { readonly id: string; readonly help: string; readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[] }

describe('the rule page', () => {
  let desk: Desk;
  let alice: string;
  before(async () => {
    desk = await openDesk({ settings: { 'workbench.editor.restoreEditors': true } });
    const { lake, workbench } = desk;
    alice = await token(lake, 'alice');
    await waitForRule(lake, alice, lake.seed.rules.stuck, 'STUCK');
    await openExplore(workbench);
    await signIn(workbench, lake, 'alice');
    // Beside the page as a person has it: the tree, with what it says of each rule.
    for (const label of [UI.allScopes, 'test']) await explore(workbench).expand(label);
  });
  after(() => desk?.close());

  /** *Show Rule* of the DID; gives the page when it shows the rule. */
  async function open(did: string): Promise<Frame> {
    const { workbench } = desk;
    await showRule(workbench, did);
    return await shown(did);
  }

  async function shown(did: string): Promise<Frame> {
    const page = await desk.workbench.webview(`main:has(h1:text-is(${JSON.stringify(did)})) table`);
    await page.locator('main[aria-busy="false"]').waitFor();
    return page;
  }

  const violations = async (page: Frame): Promise<string[]> => {
    await page.evaluate(AXE);
    const found = await page.evaluate("axe.run(document, { iframes: false, resultTypes: ['violations'] })") as { violations: readonly Violation[] };
    return found.violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`).join('\n')}`);
  };

  it('of a stuck rule shows what the server says, whole', async () => {
    const { lake } = desk;
    const { did, id } = lake.seed.rules.stuck;
    const { error } = await ruleState(lake, alice, id);
    assert.ok(error, 'the server gives no error');
    const page = await open(did);
    assert.equal((await page.locator('.box.error .words').textContent()), error);
    const state = page.locator('.state-words');
    assert.match(await state.innerText(), /^Stuck: 1 of 2 files, 1 stuck$/);
    assert.match(await page.locator('.next').innerText(), /Rucio tries again by itself/);
    const bar = async (name: string): Promise<string> => (await Promise.all(['value', 'max', 'aria-valuetext'].map((attribute) => page.getByLabel(name, { exact: true }).getAttribute(attribute)))).join(' ');
    assert.equal(await bar('Files done'), '1 2 1 of 2 files, 1 stuck');
    await desk.workbench.until('it is known in bytes', async () => await page.locator('.bar-words').count() === 2 && /B of .*B$/.test(await page.locator('.bar-words').last().innerText()));
    assert.match(await bar('Size done'), /^\d+ \d+ (about )?[\d.]+ kB of [\d.]+ kB$/);
    assert.ok((await page.locator('.fields').innerText()).includes(id));
    assert.equal(await page.locator('html').evaluate('document.title'), 'Replication rule');
  });

  it('names the file that is stuck, and what the server knows of it', async () => {
    const page = await shown(desk.lake.seed.rules.stuck.did);
    await page.locator('.stuck-files li').first().waitFor();
    assert.equal(await page.locator('.stuck-files li').count(), 1);
    assert.match(await page.locator('.stuck-files').innerText(), /to EULAKE-1[^]*(Rucio says: |gives no text for it)/);
  });

  it('has its actions: those of its state first, the others behind one press', async () => {
    const page = await shown(desk.lake.seed.rules.stuck.did);
    assert.equal(await page.locator('.buttons vscode-button').first().innerText(), 'Repair');
    await page.locator('summary').click();
    await page.getByText('Copy CLI Command').click();
    await desk.workbench.until('the command is on the clipboard', async () => await desk.workbench.clipboard() === `rucio rule show ${desk.lake.seed.rules.stuck.id}`);
    await page.locator('summary').click();
  });

  it('shows its files in a table: sorted, filtered, by keyboard, with the counts', async () => {
    const page = await shown(desk.lake.seed.rules.stuck.did);
    await page.getByText('Show Files').click();
    const rows = page.locator('.spacer [role=row]');
    await rows.first().waitFor();
    const names = async (): Promise<string[]> => rows.locator('.name').allInnerTexts();
    assert.equal((await names()).length, 2);
    assert.match(await rows.first().innerText(), /Stuck/, 'what is looked for, stands first');
    assert.deepEqual((await page.locator('.counts tbody tr').innerText()).split(/\s+/), ['EULAKE-1', '1', '0', '1']);
    await page.locator('.grid').focus();
    await page.locator('.grid').press('End');
    assert.equal(await page.locator('.grid').getAttribute('aria-activedescendant'), 'file-1');
    const [, second = ''] = await names();
    await page.locator('.grid').press('Control+c');
    await desk.workbench.until('the name is on the clipboard', async () => await desk.workbench.clipboard() === second);
    await page.locator('input[type=search]').fill(second.slice(-6));
    await desk.workbench.until('only that one', async () => (await names()).length === 1 && (await names())[0] === second);
    assert.match(await page.locator('.files [role=status]').innerText(), /1 of 2 fit/);
    await page.locator('input[type=search]').fill('');
    await page.locator('select').selectOption('STUCK');
    await page.locator('input[type=search]').fill('no such file');
    await desk.workbench.until('none fits', async () => (await names()).length === 0);
    assert.deepEqual(await violations(page), [], 'an empty table');
    // Two wishes at once: none of them is lost.
    await page.locator('select').selectOption('');
    await page.locator('input[type=search]').fill('');
    await page.locator('select').selectOption('STUCK');
    await desk.workbench.until('only the stuck one', async () => (await names()).length === 1 && (await names())[0] !== second);
    await desk.workbench.screenshot('rule-page-files');
  });

  for (const [theme, mark] of Object.entries(THEMES)) {
    it(`is without fault for assistive technology in ${theme}`, async () => {
      const page = await shown(desk.lake.seed.rules.stuck.did);
      await desk.workbench.theme(theme);
      await page.locator(`body.${mark}`).waitFor();
      await desk.workbench.page.waitForTimeout(300); // colours that fade
      assert.deepEqual(await violations(page), []);
      await desk.workbench.screenshot(`rule-page-${mark}`);
    });
  }

  it('needs no scrolling sideways when it is 300 pixels wide', async () => {
    const { page: window } = desk.workbench;
    const before = window.viewportSize() ?? assert.fail('no size');
    await desk.workbench.theme('Light Modern');
    await desk.workbench.runCommand('View: Toggle Primary Side Bar Visibility');
    await window.setViewportSize({ width: 348, height: 700 }); // the activity bar has 48
    const page = await shown(desk.lake.seed.rules.stuck.did);
    const widths = () => page.evaluate('[innerWidth, document.documentElement.scrollWidth, document.body.scrollWidth]') as Promise<[number, number, number]>;
    await desk.workbench.until('the page is narrow', async () => (await widths())[0] <= 300);
    const [inner, root, body] = await widths();
    assert.ok(inner >= 280 && root <= inner && body <= inner, `${inner} wide, ${root} and ${body} to scroll`);
    assert.deepEqual(await violations(page), []);
    await desk.workbench.screenshot('rule-page-300px');
    await window.setViewportSize(before);
  });

  const top = (page: Frame) => page.evaluate('Math.round(scrollY)') as Promise<number>;
  async function scrolled(page: Frame): Promise<void> {
    await page.evaluate('scrollTo(0, 500)');
    await desk.workbench.until('it is scrolled', async () => await top(page) === 500);
    await desk.workbench.page.waitForTimeout(500); // it is kept after a rest
  }

  it('is there again after a reload', async () => {
    const { workbench, lake } = desk;
    const { did, id } = lake.seed.rules.stuck;
    await scrolled(await shown(did));
    await workbench.reload();
    const page = await shown(did);
    assert.ok((await page.locator('.fields').innerText()).includes(id));
    assert.deepEqual(await workbench.tabs(), [`Rule: ${did}`]);
    await page.locator('.spacer [role=row]').first().waitFor();
    assert.equal(await page.locator('select').inputValue(), 'STUCK', 'the table has lost its place');
    assert.ok(await page.evaluate('scrollY') as number > 0, 'the page has lost its place');
    await openExplore(workbench);
  });

  // After the reload: an editor that was closed just before one may come back with it.
  it('is where it was when it comes back from behind another editor', async () => {
    const { workbench, lake } = desk;
    const { did } = lake.seed.rules.stuck;
    await scrolled(await shown(did));
    await workbench.runCommand('File: New Untitled Text File');
    await workbench.until('another editor is in front', async () => (await workbench.tabs()).some((tab) => tab.startsWith('Untitled')));
    await workbench.runCommand('View: Close Editor');
    await workbench.until('it is where it was', async () => await top(await shown(did)) === 500);
    assert.equal(await (await shown(did)).locator('select').inputValue(), 'STUCK', 'the table has lost its place');
  });

  it('has words of its own for a rule that waits, is suspended, or is not begun', async () => {
    const { rules } = desk.lake.seed;
    const words = { waiting: [/^Waiting for approval/, /until somebody approves/], suspended: [/^Suspended/, /does not go on by itself/], inject: [/^Injecting/, /has not started on it/], replicating: [/^Replicating: 0 of 3 files, 3 to go/, /on their way to EULAKE-1/], ok: [/^OK, 5 of 5 files/, /are at EULAKE-1/] } as const;
    for (const [role, [state, meaning]] of Object.entries(words)) {
      const page = await open(rules[role as keyof typeof words].did);
      const text = await page.locator('.state-text').innerText();
      assert.match(text, state, role);
      assert.match(text, meaning, role);
      assert.deepEqual(await violations(page), [], role);
    }
    assert.equal((await desk.workbench.tabs()).length, 6);
    assert.deepEqual(desk.workbench.window.errors, []);
  });

  it('of a rule that waits for approval: who may not decide is refused and told who may, an administrator approves or denies it', async () => {
    const { workbench, lake } = desk;
    // Of what is here already: nothing is copied when it is approved.
    const [file] = rows<{ scope: string; name: string }>(await rest(lake, alice, 'GET', `/dids/${lake.seed.dids.available.replace(':', '/')}/dids`));
    assert.ok(file);
    const asked = async (what: string): Promise<{ readonly did: string; readonly id: string }> => {
      const name = `page.${what}.${process.pid}`;
      const made = await rest(lake, alice, 'POST', `/dids/user.alice/${name}`, { type: 'DATASET', dids: [{ scope: file.scope, name: file.name }] });
      assert.equal(made.status, 201, made.text);
      return { did: `user.alice:${name}`, id: await addRule(lake, alice, `user.alice:${name}`, 'EULAKE-1', { ask_approval: true, lifetime: 3600 }) };
    };
    const [granted, denied] = [await asked('approval'), await asked('denial')];
    let page = await open(denied.did);
    const state = () => page.locator('.state-words').innerText();
    const press = (label: string) => page.locator('.buttons vscode-button', { hasText: label }).first().click();
    const refused = async (): Promise<void> => {
      assert.match(await workbench.notification('may not do this with the rule'), /data managers/);
      assert.match(await state(), /^Waiting for approval/);
    };
    assert.match(await state(), /^Waiting for approval/);
    await press('Deny');
    await workbench.enterAt('Why? alice gets this to read', 'not this month');
    await refused();
    await workbench.runCommand('Notifications: Clear All Notifications');
    page = await open(granted.did);
    await press('Approve');
    assert.match(await workbench.dialog('Approve'), /alice asks for a copy at EULAKE-1/);
    await refused();
    await workbench.screenshot('rule-page-approval-refused');
    await signIn(workbench, lake, 'root');
    await workbench.until('root is signed in', async () => await explore(workbench).description('Test Lake') === 'root');
    await press('Approve');
    await workbench.dialog('Approve');
    await workbench.notification('is approved');
    await workbench.until('the page says so', async () => /^OK/.test(await state()), 60_000);
    page = await open(denied.did);
    await press('Deny');
    await workbench.enterAt('Why? alice gets this to read', 'not this month');
    await workbench.notification('is denied: it is gone, and alice is told');
    await page.locator('.trouble', { hasText: 'This rule is gone' }).waitFor({ timeout: 60_000 });
    assert.deepEqual(await page.getByRole('button', { name: /Approve|Deny|Watch|WebUI/ }).count(), 0, 'nothing can be done with it any more');
    await workbench.screenshot('rule-page-denied');
    await removeRule(lake, alice, granted.id);
  });
});
