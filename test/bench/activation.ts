// How long the extension keeps the extension host busy when it is activated: the host's own figure (loading the code and
// calling activate), as *Developer: Show Running Extensions* shows it, of the packaged extension in a new window each time.
//
// The host counts from before it loads an extension until that is loaded, and loads those that wait for its start
// (onStartupFinished) one after the other once all counts run: the figure of each holds the loading of those before it,
// the editor's own (Git, GitHub, Emmet, …). Ours waits for the start, too, since terminals have the sign-in. So there are two:
// `activation` is ours alone, by opening the view, that event taken out of the installed manifest and nothing else
// changed; `activation-start` is what the host shows for the extension as it is shipped, with the others in it.
import fs from 'node:fs';
import path from 'node:path';
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
const OURS = 'Rucio Data Lake';
const AT_START = 'onStartupFinished';

export const activation: Benchmark = {
  name: 'activation', what: 'activation by opening the view Explore, the host\'s own figure, no other extension\'s loading in it', against: null, aim: 50, unit: 'ms',
  run: () => measured({ alone: true }),
};

export const activationStart: Benchmark = {
  name: 'activation-start', what: 'the same as it is shipped: at the window\'s start, together with the editor\'s own extensions, whose loading the host counts in', against: null, aim: 500, unit: 'ms',
  run: () => measured({ alone: false }),
};

async function measured({ alone }: { readonly alone: boolean }): Promise<{ ours: number[]; theirs: null }> {
  const info = await lake();
  const server = await startCodeServer({ version: 'current', vsix: await packageVsix(), machineSettings: { 'rucio.instances': [instanceOf(info)] } });
  try {
    if (alone) notAtStart(server);
    const browser = await startBrowser();
    try {
      const ours: number[] = [];
      // The first window's figure does not count: it fills the caches, the system's, the editor's and ours.
      for (let round = 0; round <= ROUNDS; round++) ours.push(await activate(browser, server, alone, round === 0));
      return { ours: ours.slice(1), theirs: null };
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
  }
}

function notAtStart({ extensionsDir }: CodeServer): void {
  const [manifest] = fs.globSync('rucio*/package.json', { cwd: extensionsDir });
  if (manifest === undefined) throw new Error(`Our extension is not in ${extensionsDir}.`);
  const file = path.join(extensionsDir, manifest);
  const content = JSON.parse(fs.readFileSync(file, 'utf8')) as { activationEvents: string[] };
  const events = content.activationEvents.filter((event) => event !== AT_START);
  if (events.length === content.activationEvents.length) throw new Error(`Our manifest has no ${AT_START}: activation and activation-start are the same now.`);
  fs.writeFileSync(file, JSON.stringify({ ...content, activationEvents: events }));
}

/** Opens a window with an extension host of its own; gives ms. `first`: stays until what was compiled is kept (src/main.ts). */
async function activate(browser: Browser, server: CodeServer, alone: boolean, first: boolean): Promise<number> {
  const profile = await browser.profile();
  try {
    const workbench = await openWorkbench(profile, server.folderUrl(server.userDataDir));
    // The list, the view, the list again: so the click comes when the host is done with its own start, as a person's does.
    const rows = workbench.page.locator('.runtime-extensions-editor .extension');
    await workbench.runCommand(LIST);
    await rows.first().waitFor();
    if (alone && await rows.filter({ hasText: OURS }).count() > 0) throw new Error('It was activated before the view was opened.');
    await workbench.until('the list is closed', async () => {
      await workbench.page.keyboard.press('Escape'); // it lies over the whole window
      return await disappears(rows.first(), 500);
    });
    await workbench.openContainer('Rucio');
    await workbench.tree('Explore').find('Test Lake');
    await workbench.runCommand(LIST);
    const figure = rows.filter({ hasText: OURS }).first().locator('.activation-time');
    await workbench.until('the host tells how long our activation took', async () => await figure.isVisible() && /\d/.test(await figure.innerText()));
    const text = await figure.innerText();
    const ms = /:\s*([\d.,]+)\s*ms/.exec(text)?.[1];
    if (ms === undefined) throw new Error(`The running extensions say "${text}" of ours.`);
    if (first) await workbench.until('what was compiled is kept', async () => fs.globSync('User/globalStorage/*/*.compiled', { cwd: server.userDataDir }).length === 1);
    return Number(ms.replaceAll(',', ''));
  } finally {
    await profile.close();
  }
}
