// How long the extension keeps the extension host busy when it is activated: the host's own figure (loading the code and
// calling activate), as *Developer: Show Running Extensions* shows it, of the packaged extension in a new window each time.
import { packageVsix } from '../../scripts/package.ts';
import { type Browser, startBrowser } from '../support/host/browser.ts';
import { type CodeServer, startCodeServer } from '../support/host/server.ts';
import { disappears } from '../support/host/waiting.ts';
import { openWorkbench } from '../support/host/workbench.ts';
import { instanceOf } from '../support/instance.ts';
import type { Benchmark } from './benchmark.ts';
import { lake } from './surroundings.ts';

const ROUNDS = 5;
const LIST = 'Developer: Show Running Extensions';

export const activation: Benchmark = {
  name: 'activation', what: 'activation by opening the view Explore, the host\'s own figure', against: null, aim: 50, unit: 'ms',
  run: async () => {
    const info = await lake();
    const server = await startCodeServer({ version: 'current', vsix: await packageVsix(), machineSettings: { 'rucio.instances': [instanceOf(info)] } });
    try {
      const browser = await startBrowser();
      try {
        const ours: number[] = [];
        // The first window's figure does not count: it fills the system's and the editor's caches.
        for (let round = 0; round <= ROUNDS; round++) ours.push(await activate(browser, server));
        return { ours: ours.slice(1), theirs: null };
      } finally {
        await browser.close();
      }
    } finally {
      await server.stop();
    }
  },
};

/** Opens a window with an extension host of its own; gives ms. */
async function activate(browser: Browser, server: CodeServer): Promise<number> {
  const profile = await browser.profile();
  try {
    const workbench = await openWorkbench(profile, server.folderUrl(server.userDataDir));
    // The list, the view, the list again: so the click comes when the host is done with its own start, as a person's does.
    const rows = workbench.page.locator('.runtime-extensions-editor .extension');
    await workbench.runCommand(LIST);
    await rows.first().waitFor();
    await workbench.until('the list is closed', async () => {
      await workbench.page.keyboard.press('Escape'); // it lies over the whole window
      return await disappears(rows.first(), 500);
    });
    await workbench.openContainer('Rucio');
    await workbench.tree('Explore').find('Test Lake');
    await workbench.runCommand(LIST);
    const figure = rows.filter({ hasText: 'Rucio Data Lake' }).first().locator('.activation-time');
    await workbench.until('the host tells how long our activation took', async () => await figure.isVisible() && /\d/.test(await figure.innerText()));
    const text = await figure.innerText();
    const ms = /:\s*([\d.,]+)\s*ms/.exec(text)?.[1];
    if (ms === undefined) throw new Error(`The running extensions say "${text}" of ours.`);
    return Number(ms.replaceAll(',', ''));
  } finally {
    await profile.close();
  }
}
