// A person with a script: what is this DID, which one was it, are they all here; and the one that is not is brought here
// from where it stands in the text.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { openExplore, signIn } from '../support/host/journey.ts';
import { rest, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';

describe('DIDs in code', () => {
  let desk: Desk;
  let far: string;
  before(async () => {
    const lake = await sharedLake();
    // Of one's own, so that other journeys find theirs as they were; its file is at a storage that is not mounted.
    far = `user.alice:code.${Date.now()}`;
    const own = await token(lake, 'alice');
    const [file] = (await rest(lake, own, 'GET', `/dids/${lake.seed.dids.fits.replace(':', '/')}/files`)).text.split('\n');
    const { scope, name } = JSON.parse(file ?? '') as { scope: string; name: string };
    const made = await rest(lake, own, 'POST', `/dids/${far.replace(':', '/')}`, { type: 'DATASET' });
    assert.equal(made.status, 201, made.text);
    const held = await rest(lake, own, 'POST', `/dids/${far.replace(':', '/')}/dids`, { dids: [{ scope, name }] });
    assert.equal(held.status, 201, held.text);
    desk = await openDesk({ files: { 'analysis.py': `import uproot\n\ncalibration = "${lake.seed.dids.available}"\nsignal = "${far}"\nwrong = "${lake.seed.dids.available.slice(0, -1)}"\n\n` } });
    await openExplore(desk.workbench);
    await signIn(desk.workbench, desk.lake, 'alice');
    const { workbench } = desk;
    await workbench.page.keyboard.press('Control+P');
    await workbench.type('analysis.py');
    await workbench.pick('analysis.py');
    await workbench.until('the file is open', async () => (await workbench.editorText()).includes('calibration'));
  });
  after(() => desk?.close());

  async function goTo(line: number, column: number): Promise<void> {
    const { workbench } = desk;
    await workbench.page.keyboard.press('Control+G');
    await workbench.waitForQuickInput();
    await workbench.type(`:${line},${column}`);
    await workbench.page.keyboard.press('Enter');
  }

  async function hover(line: number, column: number, text: RegExp): Promise<string> {
    const { workbench } = desk;
    const box = workbench.page.locator('.monaco-hover:visible .hover-contents');
    let words = '';
    await workbench.until(`the hover says ${text.source}`, async () => {
      await workbench.page.keyboard.press('Escape');
      await goTo(line, column);
      await workbench.page.keyboard.press('Control+K');
      await workbench.page.keyboard.press('Control+I');
      await workbench.page.waitForTimeout(1500);
      words = (await box.allInnerTexts()).join('\n');
      return text.test(words);
    }, 60_000);
    return words;
  }

  it('the hover says what a DID is and where, in dark and light', async () => {
    const { workbench } = desk;
    assert.match(await hover(3, 20, /Available/), /dataset/);
    const words = await hover(4, 20, /Not available/);
    assert.match(words, /Make Available…/);
    await workbench.screenshot('code-hover-dark');
    await workbench.page.keyboard.press('Escape');
    await workbench.theme('Light Modern');
    await hover(4, 20, /Not available/);
    await workbench.screenshot('code-hover-light');
    await workbench.page.keyboard.press('Escape');
  });

  it('a name is completed', async () => {
    const { workbench, lake } = desk;
    await goTo(6, 1);
    await workbench.page.keyboard.type(`more = "${lake.seed.dids.available.slice(0, -3)}`, { delay: 20 });
    const rows = workbench.page.locator('.suggest-widget.visible .monaco-list-row');
    const name = lake.seed.dids.available.slice(lake.seed.dids.available.indexOf(':') + 1);
    await workbench.until('the name is offered', async () => {
      if ((await rows.allInnerTexts()).some((row) => row.includes(name))) return true;
      await workbench.page.keyboard.press('Control+Space');
      await workbench.page.waitForTimeout(1000);
      return false;
    });
    await workbench.screenshot('code-completion-light');
    await workbench.page.keyboard.press('Enter');
    await workbench.until('it is written', async () => (await workbench.editorText()).includes(`more = "${lake.seed.dids.available}"`));
  });

  it('a check finds what is wrong; a quick fix brings the data here', async () => {
    const { workbench } = desk;
    await workbench.runCommand('Rucio: Check DIDs in This File');
    const said = await workbench.notification('DIDs checked', 60_000);
    assert.match(said, /1 not in the catalogue, 1 not available here/);
    await workbench.answerNotification('DIDs checked', 'Show Problems');
    await workbench.until('the problems', async () => (await workbench.page.locator('.markers-panel .monaco-list-row').allInnerTexts()).join('\n').includes('is not in the catalogue'));
    await workbench.screenshot('code-check-light');
    await workbench.theme('Dark Modern');
    await workbench.screenshot('code-check-dark');
    await workbench.page.locator('.editor-group-container .view-lines').first().click();
    await goTo(4, 20);
    const fix = workbench.page.locator('.action-widget .monaco-list-row', { hasText: 'Make Available…' });
    await workbench.until('the quick fix', async () => {
      await workbench.page.keyboard.press('Control+.');
      await workbench.page.waitForTimeout(1000);
      return await fix.first().isVisible();
    });
    await workbench.screenshot('code-fix-dark');
    await fix.first().click();
    await workbench.until('the preview has its numbers', async () => (await workbench.offered()).some((row) => !row.includes('Looking up')));
    await workbench.page.keyboard.press('Enter');
    await workbench.notification('is available', 120_000);
    await workbench.until('the finding is gone', async () => !(await workbench.page.locator('.markers-panel .monaco-list-row').allInnerTexts()).join('\n').includes('Not available'), 60_000);
    await hover(4, 20, /Available/);
  });

  it('the window complained about nothing', () => {
    assert.deepEqual(desk.workbench.window.errors, []);
  });
});
