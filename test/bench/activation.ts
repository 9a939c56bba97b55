// How long the extension keeps the extension host busy when it is activated: the host's own figure (loading the code and
// calling activate), as *Developer: Show Running Extensions* shows it, of the packaged extension in a new window each time.
import { packageVsix } from '../../scripts/package.ts';
import { type Browser, startBrowser } from '../support/host/browser.ts';
import { type CodeServer, startCodeServer } from '../support/host/server.ts';
import { openWorkbench } from '../support/host/workbench.ts';
import { instanceOf } from '../support/instance.ts';
import type { Benchmark } from './benchmark.ts';
import { lake } from './surroundings.ts';

const ROUNDS = 5;

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
    await workbench.openContainer('Rucio');
    await workbench.tree('Explore').find('Test Lake');
    await workbench.runCommand('Developer: Show Running Extensions');
    const row = workbench.page.locator('.runtime-extensions-editor .extension').filter({ hasText: 'Rucio Data Lake' }).first();
    const figure = row.locator('.activation-time');
    await figure.waitFor();
    const text = await figure.innerText();
    const ms = /:\s*([\d.,]+)\s*ms/.exec(text)?.[1];
    if (ms === undefined) throw new Error(`The running extensions say "${text}" of ours.`);
    return Number(ms.replaceAll(',', ''));
  } finally {
    await profile.close();
  }
}
