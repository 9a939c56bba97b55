// The way of a person who uses no mouse, and hears the rows in place of seeing them: sign in, find, look at what Make
// Available would do, take what is here, read a rule.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { UI, explore } from '../support/host/journey.ts';
import { oneLine } from '../support/host/waiting.ts';
import { rest, rows, token, waitForRule } from '../support/lake/client.ts';

describe('by keyboard alone', () => {
  let desk: Desk;
  let alice: string;
  /** A dataset that is not here, whatever others did on this lake: the files are only in the catalogue. */
  const name = `keyboard.${Date.now()}`;
  const far = `user.alice:${name}`;
  before(async () => {
    desk = await openDesk();
    const { lake } = desk;
    alice = await token(lake, 'alice');
    const files = await rest(lake, alice, 'GET', `/dids/${lake.seed.dids.lost.replace(':', '/')}/files`);
    const dids = rows<{ scope: string; name: string }>(files).map((file) => ({ scope: file.scope, name: file.name }));
    const made = await rest(lake, alice, 'POST', `/dids/user.alice/${name}`, { type: 'DATASET', dids });
    assert.equal(made.status, 201, made.text);
  });
  after(() => desk?.close());

  const press = (...keys: string[]) => keys.reduce<Promise<void>>((before, key) => before.then(() => desk.workbench.page.keyboard.press(key)), Promise.resolve());
  const write = (text: string) => desk.workbench.page.keyboard.insertText(text);

  /** The words of the row that Enter would take: in the tree that has the focus, or in the quick pick. */
  async function at(where: 'tree' | 'pick'): Promise<string> {
    const rows = desk.workbench.page.locator(where === 'tree' ? '.sidebar .monaco-list:focus .monaco-list-row.focused' : '.quick-input-widget:visible .monaco-list-row.focused');
    const [row] = await rows.all();
    if (!row) return '';
    return oneLine(await (where === 'tree' ? row.locator('.label-name') : row.locator('.label-name').first()).innerText());
  }

  const until = (what: string, where: 'tree' | 'pick', text: string) => desk.workbench.until(`${what}: the ${where} is at "${text}"`, async () => (await at(where)) === text);

  async function command(title: string): Promise<void> {
    // The first palette may come before the extension's commands are known.
    await desk.workbench.until(`the command "${title}" is in the palette`, async () => {
      await press('F1');
      await write(title);
      for (let tries = 0; tries < 15; tries++) {
        if ((await at('pick')) === title) return true;
        await desk.workbench.page.waitForTimeout(100);
      }
      await press('Escape'); // only here: in the tree it would take the selection away
      return false;
    });
    await press('Enter');
  }

  /** In a picker of DIDs that is open: types, goes down to the DID and takes it. */
  async function choose(text: string, did: string): Promise<void> {
    const { workbench } = desk;
    await workbench.until('the picker is open', async () => (await workbench.prompt()) !== '');
    await write(text);
    await workbench.until(`${did} is offered`, async () => (await workbench.offered()).some((row) => row.startsWith(`${did} `)));
    for (let steps = 0; (await at('pick')) !== did; steps++) {
      assert.ok(steps < 30, `the arrow key does not get to ${did}`);
      await press('ArrowDown');
    }
    await press('Enter');
  }

  const rulesOf = async (did: string) => rows(await rest(desk.lake, alice, 'GET', `/dids/${did.replace(':', '/')}/rules`)).length;

  it('signs in from the view', async () => {
    const { workbench, lake } = desk;
    const { username, password } = lake.accounts.alice.userpass;
    await command('Rucio: Focus on Explore View');
    await explore(workbench).find('Sign In…');
    // An empty view can't have its rows focused: now that there are some, the same command does.
    await command('Rucio: Focus on Explore View');
    await press('Home');
    await until('at the top', 'tree', 'Test Lake');
    // The row below may be painted anew at this moment, and a key is lost with it.
    await workbench.until('below it is Sign In…', async () => {
      if ((await at('tree')) === 'Sign In…') return true;
      await press('ArrowDown');
      await workbench.page.waitForTimeout(200);
      return (await at('tree')) === 'Sign In…';
    });
    await press('Enter');
    await workbench.until('the ways to sign in', async () => (await workbench.offered()).some((row) => row.includes('User and password')));
    await write('User and');
    await workbench.until('only that one is left', async () => (await workbench.offered()).length === 1);
    await press('Enter');
    for (const [prompt, answer] of [['User name', username], [`Password of ${username}`, password]] as const) {
      await workbench.until(`a box asks for "${prompt}"`, async () => (await workbench.prompt()).includes(prompt));
      await write(answer);
      await press('Enter');
    }
    await explore(workbench).find(UI.myScopes);
  });

  it('finds a DID, and the row says type, size and state', async () => {
    const { workbench } = desk;
    await command(UI.search);
    await choose(`${far.slice(0, -3)}*`, far);
    await until('revealed', 'tree', name);
    const tree = explore(workbench);
    await workbench.until('the state is known', async () => /not available/.test(await tree.spoken(name)));
    assert.match(await tree.spoken(name), new RegExp(`^dataset ${far.replaceAll('.', '\\.')}, [\\d.]+ [kMG]?B, 2 files, not available, pinned$`));
    // Down to its files, and back.
    await press('ArrowRight');
    await workbench.until('its files are there', async () => (await tree.labels()).filter((label) => label.includes('lost.')).length === 2);
    await press('ArrowRight');
    await workbench.until('at a file', async () => (await at('tree')).includes('lost.001'));
    const file = await at('tree');
    await workbench.until('the state of the file is known', async () => !/not known yet/.test(await tree.spoken(file)));
    assert.match(await tree.spoken(file), /^file test:\S+001\S*, [\d.]+ [kMG]?B, (not available|stuck)$/);
    await press('ArrowLeft');
    await until('back', 'tree', name);
  });

  it('looks at what Make Available would do, and leaves: nothing was made', async () => {
    const { workbench } = desk;
    await command(`Rucio: ${UI.makeAvailable}`);
    await until('what is selected is offered first', 'pick', far);
    await press('Enter');
    await workbench.until('the preview has its numbers', async () => (await workbench.offered()).some((row) => /Make available at EULAKE-1 for 7 days.*2 files.*not here yet.*of your quota left/.test(row)));
    await press('Escape');
    await workbench.until('the preview is gone', async () => (await workbench.offered()).length === 0);
    await workbench.page.waitForTimeout(500);
    assert.equal(await rulesOf(far), 0);
    assert.deepEqual((await workbench.notifications()).filter((text) => text.includes(far)), []);
  });

  it('takes what is here already by Enter, with the rule that is there', async () => {
    const { workbench, lake } = desk;
    const did = lake.seed.dids.available;
    const before = await rulesOf(did);
    await command(`Rucio: ${UI.makeAvailable}`);
    await choose(did, did);
    await until('the preview', 'pick', 'Use the rule that makes it available already');
    await press('Enter');
    await workbench.notification(`${did} is available`);
    assert.equal(await rulesOf(did), before);
  });

  it('opens a rule from the palette, and presses its buttons', async () => {
    const { workbench, lake } = desk;
    const { id, did } = lake.seed.rules.stuck;
    await waitForRule(lake, alice, id, 'STUCK');
    await command(UI.showRule);
    await choose(did, did);
    const page = await workbench.webview(`h1:text-is(${JSON.stringify(did)})`);
    await page.locator('vscode-button').first().waitFor();
    const focused = () => page.evaluate('document.activeElement?.textContent ?? ""') as Promise<string>;
    for (let steps = 0; (await focused()) !== 'Copy Rule ID'; steps++) {
      assert.ok(steps < 10, `Tab does not get to the button; it is at "${oneLine(await focused()).slice(0, 60)}"`);
      await press('Tab');
    }
    await workbench.page.evaluate("navigator.clipboard.writeText('')");
    await press('Enter');
    await workbench.until('the rule ID is copied', async () => (await workbench.clipboard()) === id);
    assert.deepEqual(workbench.window.errors, []);
  });
});
