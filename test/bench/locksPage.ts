// The page of a rule of 100 000 files, as a person has it: from the click on Show Files to the first rows, against curl's first
// row of the same answer; the memory of the page, and the longest task while it is scrolled, are said beside it.
import { spawn } from 'node:child_process';
import { packageVsix } from '../../scripts/package.ts';
import { startBrowser } from '../support/host/browser.ts';
import { openExplore, signIn } from '../support/host/journey.ts';
import { startCodeServer } from '../support/host/server.ts';
import { openWorkbench } from '../support/host/workbench.ts';
import { instanceOf } from '../support/instance.ts';
import { rest, token } from '../support/lake/client.ts';
import { type Benchmark, inTurns, seconds } from './benchmark.ts';
import { lake, SCALE } from './surroundings.ts';

export const locksPage: Benchmark = {
  name: 'locks-page', what: 'rule page of 100 000 files: from the click on Show Files to the first rows on the screen', against: 'curl\'s first row of the same answer', aim: 1.5, unit: 's',
  run: async () => {
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
        await rules.select(`scale:ds.${SCALE}`);
        const page = await workbench.webview(`main:has(h1:text-is("scale:ds.${SCALE}")) table`);
        const rows = page.locator('.spacer [role=row]');
        const url = `${info.rucio.https}/rules/${rule.id}/locks`;
        const bare = await page.evaluate('performance.memory.usedJSHeapSize / 1e6') as number;
        const samples = await inTurns(5, async () => {
          const took = await seconds(async () => {
            await page.getByText('Show Files').click();
            await rows.first().waitFor();
          });
          await workbench.until('all are read', async () => /100,000/.test(await page.locator('.counts').innerText()), 60_000);
          await page.getByText('Close', { exact: true }).click();
          return took;
        }, () => firstLine(url, info.ca.file, mine));
        await page.getByText('Show Files').click();
        await workbench.until('all are read', async () => /100,000/.test(await page.locator('.counts').innerText()), 60_000);
        const seen = await page.evaluate(SCROLL) as { longest: number; mb: number };
        process.stderr.write(`  locks-page: longest task while scrolled to 60 places ${Math.round(seen.longest)} ms (aim ≤ 100), memory of its process ${seen.mb.toFixed(1)} MB, ${(seen.mb - bare).toFixed(1)} MB more than before the table (aim ≤ 60)\n`);
        return samples;
      } finally {
        await browser.close();
      }
    } finally {
      await server.stop();
    }
  },
};

/** In the page. Tasks shorter than 50 ms are not told by the browser: 0 then. */
const SCROLL = `(async () => {
  let longest = 0;
  const observer = new PerformanceObserver((list) => { for (const entry of list.getEntries()) longest = Math.max(longest, entry.duration); });
  observer.observe({ entryTypes: ['longtask'] });
  const scroller = document.querySelector('.scroller');
  for (let n = 0; n < 60; n++) {
    scroller.scrollTop = scroller.scrollHeight * ((n * 37) % 60) / 60;
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
  return { longest, mb: performance.memory.usedJSHeapSize / 1e6 };
})()`;

/** s until curl has the first row; it is ended then. */
function firstLine(url: string, ca: string, secret: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn('curl', ['--silent', '--show-error', '--fail', '--no-buffer', '--cacert', ca, '--config', '-', url], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(`header = "X-Rucio-Auth-Token: ${secret}"\n`);
    child.on('error', reject);
    child.stdout.once('data', () => {
      resolve((performance.now() - started) / 1000);
      child.kill();
    });
    child.on('exit', (code) => { if (code) reject(new Error(`curl failed (${code})`)); });
  });
}
