// Looking for DIDs: as one types, with wildcards, with names as nobody would choose them, kept in the tree, revealed where
// no list shows them, and page by page where there are thousands.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type FaultyProxy, faultyProxy } from '../support/faults.ts';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { UI, explore, openExplore, signIn } from '../support/host/journey.ts';
import { instanceOf } from '../support/instance.ts';
import { rest, rows, token } from '../support/lake/client.ts';
import { upLake } from '../support/lake/lake.ts';
import { sharedLake } from '../support/lake/shared.ts';

const SCALE = 10_000;
const DATASET = `ds.${SCALE}`;
/** The names of its files begin with it. */
const PREFIX = `f${SCALE}.`;

describe('searching', () => {
  let desk: Desk;
  let proxy: FaultyProxy;
  before(async () => {
    const { dir, rucio } = await sharedLake();
    await upLake({ dir, scale: SCALE });
    proxy = await faultyProxy(rucio.http, { host: 'lake.test' });
    desk = await openDesk({ instances: (lake) => [instanceOf(lake, { rucio_base_url: proxy.url })] });
    await openExplore(desk.workbench);
    await signIn(desk.workbench, desk.lake, 'alice');
  });
  after(async () => {
    await desk?.close();
    await proxy?.close();
  });

  const file = (number: number): string => `${PREFIX}${String(number).padStart(7, '0')}.root`;

  it('shows what the server finds as one types, and drops what the next key makes obsolete', async () => {
    const { workbench } = desk;
    const { page } = workbench;
    await workbench.runCommand(UI.search);
    await workbench.until('the picker', async () => (await workbench.prompt()).includes('Search DIDs'));
    const began = proxy.seen.length;
    for (const letter of `scale:${PREFIX}`) await page.keyboard.type(letter, { delay: 30 });
    await page.keyboard.type('*');
    await workbench.until('rows', async () => (await workbench.offered()).some((row) => row.includes(`scale:${PREFIX}`)));
    await page.keyboard.press('Backspace');
    await page.keyboard.type('000001*');
    await workbench.until('only what fits', async () => {
      const offered = await workbench.offered();
      return offered.length > 0 && offered.every((row) => row.includes(`scale:${PREFIX}000001`));
    });
    const asked = proxy.seen.slice(began).filter(({ path }) => path === '/dids/scale/dids/search');
    assert.ok(asked.length <= 8, `${asked.length} searches for ${PREFIX.length + 15} keys`);
    await page.keyboard.press('Escape');
  });

  it('finds DIDs with odd names that are pasted', async () => {
    const { workbench, lake } = desk;
    await workbench.runCommand(UI.search);
    const odd = lake.seed.odd.filter(({ did, what }) => did.endsWith('.here.txt') && ['colon', 'percent', 'escape', 'hash', 'plus', 'space', 'leading slash'].includes(what));
    assert.equal(odd.length, 7);
    for (const { did } of odd) {
      await workbench.type(did);
      await workbench.until(`${did} is found`, async () => (await workbench.offered())[0]?.startsWith(`${did} file`) === true);
    }
    // The last one is taken: its row is there, with its state.
    const [last] = odd.slice(-1);
    assert.ok(last);
    await workbench.page.keyboard.press('Enter');
    const label = last.did.slice(last.did.indexOf(':') + 1);
    const tree = explore(workbench);
    await tree.find(label);
    await workbench.until('its state', async () => /, available, pinned$/.test(await tree.spoken(label)));
  });

  it('keeps results in Explore until they are cleared', async () => {
    const { workbench, lake } = desk;
    const tree = explore(workbench);
    const did = lake.seed.dids['two-sites'];
    const text = `${did.slice(0, -3)}*`;
    await workbench.runCommand(UI.search);
    await workbench.type(text);
    await workbench.until('rows', async () => (await workbench.offered()).some((row) => row.startsWith(`${did} `)));
    await workbench.pressQuickButton('Keep Results in Explore');
    await tree.find(`Search: ${text}`);
    await workbench.until('the results', async () => (await tree.labels()).includes(did));
    await tree.inlineAction(`Search: ${text}`, 'Clear Results');
    await workbench.until('they are gone', async () => !(await tree.labels()).includes(`Search: ${text}`));
  });

  it('reveals a DID that no list shows, without reading a list, and shows its parents', async () => {
    const { workbench } = desk;
    const tree = explore(workbench);
    const label = file(SCALE - 1);
    await workbench.runCommand(UI.revealInExplore);
    await workbench.type(`scale:${label}`);
    await workbench.until('it is offered', async () => (await workbench.offered()).some((row) => row.startsWith(`scale:${label} `)));
    const began = proxy.seen.length;
    await workbench.pick(`scale:${label} `);
    await tree.find(label);
    assert.match(await tree.spoken(label), /, pinned$/);
    await workbench.until('its state', async () => /, not available, pinned$/.test(await tree.spoken(label)));
    assert.deepEqual(proxy.seen.slice(began).map(({ path }) => path).filter((path) => /dids\/search|\/dids\/scale\/[^/]+\/(dids|files)/.test(path)), []);
    await tree.contextMenu(label, 'Show Parents');
    await workbench.pick(`scale:${DATASET}`);
    await tree.find(DATASET);
    await workbench.until('the parent is selected', async () => (await (await tree.find(DATASET)).getAttribute('aria-selected')) === 'true');
  });

  it('shows a scope of thousands page by page', async () => {
    const { workbench, lake } = desk;
    const tree = explore(workbench);
    const all = rows(await rest(lake, await token(lake, 'alice'), 'GET', '/dids/scale/dids/search?type=all&name=*')).length;
    assert.ok(all > SCALE);
    // Beneath a scope that was only revealed, the others are there to be asked for; the other such scope is closed.
    await tree.collapse('test');
    await tree.select('Load the Others');
    for (const shown of ['200 shown', '400 shown', '600 shown']) {
      await workbench.until(shown, async () => {
        await workbench.page.keyboard.press('End');
        return (await tree.rows()).some((row) => row.trim() === `Load More ${shown}`);
      });
      await tree.select('Load More');
    }
    assert.deepEqual(workbench.window.errors, []);
  });
});
