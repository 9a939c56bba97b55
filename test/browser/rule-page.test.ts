// The page of a rule, for each state that a rule can be in: it says in words how the rule is, whole, at any width and in
// every kind of theme.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import type { Frame } from 'playwright-core';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { UI, openExplore, signIn } from '../support/host/journey.ts';
import { ruleState, token, waitForRule } from '../support/lake/client.ts';

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
  });
  after(() => desk?.close());

  /** *Show Rule* of the DID; gives the page when it shows the rule. */
  async function open(did: string): Promise<Frame> {
    const { workbench } = desk;
    await workbench.runCommand(UI.showRule);
    await workbench.type(did);
    await workbench.pick(`${did} `);
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
    const state = page.locator('[role=status]');
    assert.match(await state.innerText(), /^Stuck: 1 of 2 files, 1 stuck$/);
    assert.match(await page.locator('.next').innerText(), /Rucio tries again by itself/);
    assert.ok((await page.locator('.fields').innerText()).includes(id));
    assert.equal(await page.locator('html').evaluate('document.title'), 'Replication rule');
  });

  for (const [theme, mark] of Object.entries(THEMES)) {
    it(`is without fault for assistive technology in ${theme}`, async () => {
      const page = await shown(desk.lake.seed.rules.stuck.did);
      await desk.workbench.theme(theme);
      await page.locator(`body.${mark}`).waitFor();
      await desk.workbench.page.waitForTimeout(300); // colours that fade
      assert.deepEqual(await violations(page), []);
    });
  }

  it('needs no scrolling sideways when it is 300 pixels wide', async () => {
    const { page: window } = desk.workbench;
    const before = window.viewportSize() ?? assert.fail('no size');
    await desk.workbench.runCommand('View: Toggle Primary Side Bar Visibility');
    await window.setViewportSize({ width: 348, height: 700 }); // the activity bar has 48
    const page = await shown(desk.lake.seed.rules.stuck.did);
    const widths = () => page.evaluate('[innerWidth, document.documentElement.scrollWidth, document.body.scrollWidth]') as Promise<[number, number, number]>;
    await desk.workbench.until('the page is narrow', async () => (await widths())[0] <= 300);
    const [inner, root, body] = await widths();
    assert.ok(inner >= 280 && root <= inner && body <= inner, `${inner} wide, ${root} and ${body} to scroll`);
    assert.deepEqual(await violations(page), []);
    await window.setViewportSize(before);
  });

  it('is there again after a reload', async () => {
    const { workbench, lake } = desk;
    const { did, id } = lake.seed.rules.stuck;
    await workbench.reload();
    const page = await shown(did);
    assert.ok((await page.locator('.fields').innerText()).includes(id));
    assert.deepEqual(await workbench.tabs(), [`Rule: ${did}`]);
    await openExplore(workbench);
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
});
