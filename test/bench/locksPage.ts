// The page of a rule of 100 000 files, as a person has it: from the click on Show Files to the first rows, against curl's first
// row of the same answer; the longest task of the thread that paints it while it is scrolled; what it takes of the browser's memory.
import { packageVsix } from '../../scripts/package.ts';
import { startBrowser } from '../support/host/browser.ts';
import { openExplore, signIn } from '../support/host/journey.ts';
import { startCodeServer } from '../support/host/server.ts';
import { openWorkbench } from '../support/host/workbench.ts';
import { instanceOf } from '../support/instance.ts';
import { rest, token } from '../support/lake/client.ts';
import { type Benchmark, inTurns, type Samples, seconds } from './benchmark.ts';
import { longestTask, memoryOf, plantLongFrame } from './rendererTrace.ts';
import { curlLines } from './rivals.ts';
import { lake, once, SCALE } from './surroundings.ts';

export const locksPage: Benchmark = {
  name: 'locks-page', what: 'rule page of 100 000 files: from the click on Show Files to the first rows on the screen', against: 'curl\'s first row of the same answer', aim: 1.5, unit: 's',
  run: async () => (await measured()).rows,
};

export const locksPageFrames: Benchmark = {
  name: 'locks-page-frames', what: 'the same, read and scrolled to 60 places: longest task of the painting thread in the browser\'s trace', against: null, aim: 100, unit: 'ms',
  run: async () => ({ ours: (await measured()).tasks, theirs: null }),
};

export const locksPageMemory: Benchmark = {
  name: 'locks-page-memory', what: 'the same, when it was scrolled: what the browser\'s heap (script, document, buffers) has more than without the page', against: null, aim: 60, unit: 'MB',
  run: async () => ({ ours: [(await measured()).mb], theirs: null }),
};

/** ms; planted before each measured run: what does not see it, measures nothing. */
const PLANTED = 150;

const measured = once(async (): Promise<{ readonly rows: Samples; readonly tasks: readonly number[]; readonly mb: number }> => {
  const info = await lake();
  const server = await startCodeServer({ version: 'current', vsix: await packageVsix(), machineSettings: { 'rucio.instances': [instanceOf(info)] } });
  try {
    const browser = await startBrowser();
    try {
      const workbench = await openWorkbench(await browser.profile(), server.folderUrl(server.userDataDir));
      await openExplore(workbench);
      await signIn(workbench, info, 'alice');
      const mine = await token(info, 'alice');
      const [rule] = (await rest(info, mine, 'GET', `/dids/scale/ds.${SCALE}/rules`)).text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as { id: string });
      if (!rule) throw new Error('The large dataset has no rule.');
      await workbench.runCommand('Focus on Rules View');
      const rules = workbench.tree('Rules');
      for (const [part, answer] of [['Account', '*'], ['Scope', 'scale']] as const) {
        await rules.titleAction('Filter Rules…');
        await workbench.until('the box asks', async () => (await workbench.offered()).some((row) => row.startsWith(part)));
        await workbench.type(part);
        await workbench.page.keyboard.press('Enter');
        await workbench.enterAt(part, answer);
        await workbench.until('the box is closed', async () => await workbench.prompt() === '');
      }
      await rules.expand('OK');
      const before = await memoryOf(workbench.page);
      await rules.select(`scale:ds.${SCALE}`);
      const page = await workbench.webview(`main:has(h1:text-is("scale:ds.${SCALE}")) table`);
      const allRead = () => workbench.until('all are read', async () => /100,000/.test(await page.locator('.counts').innerText()), 60_000);
      const url = `${info.rucio.https}/rules/${rule.id}/locks`;
      const rows = await inTurns(5, async () => {
        const took = await seconds(async () => {
          await page.getByText('Show Files').click();
          await page.locator('.spacer [role=row]').first().waitFor();
        });
        await allRead();
        await page.getByText('Close', { exact: true }).click();
        return took;
      }, () => seconds(() => curlLines(info, mine, url, 1)));
      await page.getByText('Show Files').click();
      await allRead();
      const tasks: number[] = [];
      for (let n = 0; n < 3; n++) {
        const planted = await longestTask(workbench.page, page, () => plantLongFrame(page, PLANTED));
        if (planted.ms < PLANTED) throw new Error(`A frame of ${PLANTED} ms was planted, and the trace has none over ${planted.ms} ms.`);
        const { ms, own } = await longestTask(workbench.page, page, () => page.evaluate(SCROLL));
        process.stderr.write(`  locks-page: planted ${planted.ms.toFixed(0)} ms; scrolled ${ms.toFixed(0)} ms, ${own.toFixed(0)} ms of them the page's own, the rest the machine was at something else\n`);
        tasks.push(ms);
      }
      const full = await memoryOf(workbench.page);
      await workbench.runCommand('View: Close All Editors');
      await workbench.until('the page is closed', async () => (await workbench.tabs()).length === 0);
      const after = await memoryOf(workbench.page);
      process.stderr.write(`  locks-page: heap without the page ${before.mb.toFixed(1)} MB, with it ${full.mb.toFixed(1)} MB (${full.nodes} nodes), closed again ${after.mb.toFixed(1)} MB (${after.nodes} nodes)\n`);
      return { rows, tasks, mb: full.mb - Math.min(before.mb, after.mb) };
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
  }
});

/** In the page: to 60 places far from each other, at each until its rows are there, then a little further in each of six frames. */
const SCROLL = `(async () => {
  const scroller = document.querySelector('.scroller');
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  for (let n = 0; n < 60; n++) {
    scroller.scrollTop = Math.floor(scroller.scrollHeight * ((n * 37) % 60) / 60);
    const first = Math.floor(scroller.scrollTop / 24);
    const until = performance.now() + 20000;
    while (!document.getElementById('file-' + (first + 1))) {
      if (performance.now() > until) throw new Error('The rows at ' + first + ' do not come.');
      await frame();
    }
    for (let k = 0; k < 6; k++) {
      scroller.scrollTop += 48;
      await frame();
    }
  }
})()`;
