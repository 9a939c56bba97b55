// A terminal that was opened before another account signed in says by VS Code's own means that it needs a relaunch.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { openExplore, signIn } from '../support/host/journey.ts';

describe('terminals', () => {
  let desk: Desk;
  before(async () => {
    desk = await openDesk();
  });
  after(() => desk?.close());

  it('are fresh for the account that is signed in, and stale for another', async () => {
    const { workbench, lake } = desk;
    await openExplore(workbench);
    await signIn(workbench, lake, 'alice');
    await workbench.runCommand('Rucio: Show Configuration');
    await workbench.until('Show Configuration knows of terminals', async () => (await workbench.editorText()).includes('Terminals are signed in as alice at Test Lake'));
    await workbench.runCommand('Terminal: Create New Terminal');
    const stale = workbench.page.locator('.panel .codicon-warning');
    await workbench.until('a terminal with its name', async () => (await workbench.page.locator('.panel .single-terminal-tab').innerText()).includes('bash'));
    assert.equal(await stale.count(), 0, 'the first one is not stale');
    await signIn(workbench, lake, 'bob');
    await workbench.until('the terminal says that it needs a relaunch', async () => (await stale.count()) > 0);
    await stale.first().hover();
    const hover = workbench.page.locator('.workbench-hover:visible');
    await workbench.until('the hover says for whom', async () => (await hover.allInnerTexts()).some((text) => /Rucio Data Lake: Adds the command datalake, and signs rucio in as bob at Test Lake[^]*Relaunch Terminal/.test(text)));
  });
});
