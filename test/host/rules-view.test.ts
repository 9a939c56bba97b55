// *Rules* and *Storage* in a real extension host, on the real lake.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { commands, settings, views } from '../../src/ui/contributions.ts';
import type { RulesView } from '../../src/ui/rulesView/register.ts';
import type { StorageView } from '../../src/ui/storageView/register.ts';
import type { Row } from '../../src/ui/tree/branch.ts';
import { instanceOf, signIn } from '../support/instance.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { extensionUnderTest, windowClient } from './extensionUnderTest.ts';

describe('rules view', () => {
  let lake: LakeInfo;
  let rulesView: RulesView;
  let storageView: StorageView;

  before(async () => {
    lake = await sharedLake();
    await signIn(await windowClient(), lake, 'alice');
    ({ rulesView, storageView } = await extensionUnderTest().activate());
  });
  after(() => rulesView.setFilter({}));

  const children = (view: RulesView | StorageView, row?: Row) => view.provider.getChildren(row);
  const labelOf = (view: RulesView | StorageView, row: Row) => view.provider.getTreeItem(row).label;

  /** Opened as a person opens it: the view asks by itself. */
  async function groups(): Promise<Row[]> {
    const [instance] = await children(rulesView);
    assert.ok(instance);
    for (let tries = 0; tries < 100; tries++) {
      const rows = await children(rulesView, instance);
      await instance.branch?.listing.settled;
      if (rows.length > 0 && !instance.branch?.listing.loading) return children(rulesView, instance);
      await sleep(100);
    }
    return assert.fail('no groups');
  }

  it('my rules by state: the stuck ones first, on the badge too; rows say what they are', async () => {
    await vscode.commands.executeCommand(`${views.rules}.focus`);
    const shown = await groups();
    assert.equal(labelOf(rulesView, shown[0]!), 'Stuck');
    const stuck = await children(rulesView, shown[0]);
    const rows = stuck.map((row) => rulesView.provider.getTreeItem(row));
    const row = rows.find(({ label }) => label === lake.seed.rules.stuck.did) ?? assert.fail(JSON.stringify(rows.map(({ label }) => label)));
    assert.match(row.accessibilityInformation?.label ?? '', /^rule for .*, Stuck, at .*\d/);
    assert.match(String(row.contextValue), /^rule stuck/);
    assert.equal(rulesView.view.badge?.value, stuck.length);
    assert.match(rulesView.view.badge?.tooltip ?? '', /stuck$/);
  });

  it('a filter holds at the server, and the view says so', async () => {
    await rulesView.setFilter({ state: 'STUCK', account: 'alice' });
    assert.equal(rulesView.view.description, 'Stuck · of alice');
    assert.deepEqual((await groups()).map((row) => labelOf(rulesView, row)), ['Stuck']);
    await rulesView.setFilter({ scope: 'no-such-scope' });
    const [nothing] = await groups();
    assert.equal(labelOf(rulesView, nothing!), 'No rules: in no-such-scope');
    await rulesView.setFilter({});
    assert.ok((await groups()).length > 1);
  });

  it('a row is what the commands on rules and on DIDs take', async () => {
    const [stuck] = await groups();
    const [row] = await children(rulesView, stuck);
    await vscode.commands.executeCommand(commands.copyRuleId, row);
    assert.equal(await vscode.env.clipboard.readText(), 'ruleId' in row! ? row.ruleId : undefined);
    await vscode.commands.executeCommand(commands.copyDid, row);
    assert.equal(await vscode.env.clipboard.readText(), labelOf(rulesView, row!));
  });

  it('what is watched has a row of its own, until it is watched no more', async () => {
    const { id, did } = lake.seed.rules.replicating;
    await vscode.commands.executeCommand(commands.watchRule, { instance: 'lake', ruleId: id });
    const watched = async (): Promise<Row | undefined> => (await groups()).find((row) => labelOf(rulesView, row) === 'Watched');
    await until(async () => await watched() !== undefined);
    const rows = await children(rulesView, await watched());
    assert.deepEqual(rows.map((row) => labelOf(rulesView, row)), [did]);
    assert.equal(rulesView.provider.getTreeItem(rows[0]!).contextValue, 'watched rule');
    await vscode.commands.executeCommand(commands.unwatchRule, rows[0]);
    await until(async () => await watched() === undefined);
    // A DID that nothing brings here is waited for, too.
    const [scope = '', name = ''] = lake.seed.dids.elsewhere.split(':');
    await vscode.commands.executeCommand(commands.watchRule, { instance: 'lake', scope, name });
    await until(async () => await watched() !== undefined);
    const dids = await children(rulesView, await watched());
    assert.deepEqual(dids.map((row) => labelOf(rulesView, row)), [lake.seed.dids.elsewhere]);
    assert.equal(rulesView.provider.getTreeItem(dids[0]!).contextValue, 'watched did', 'no command on rules is offered for it');
    // From the palette: what is watched is offered.
    const going = vscode.commands.executeCommand(commands.unwatchRule);
    await until(async () => {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      return await watched() === undefined;
    });
    await going;
  });

  async function until(what: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; !await what(); tries++) {
      assert.ok(tries < 50, 'it does not come');
      await sleep(100);
    }
  }

  it('changed settings: its instances are those of now. Where no storage counts as “here”, Show Rule finds the rule on the data', async function () {
    this.timeout(60_000);
    const set = (instances: unknown): Thenable<void> => vscode.workspace.getConfiguration().update(settings.instances, instances, vscode.ConfigurationTarget.Global);
    const { destination_rse: _rse, rse_mount_path: _mount, ...browsed } = instanceOf(lake, { name: 'browsed', display_name: 'Browsed' });
    const { did } = lake.seed.rules.ok;
    const page = (): vscode.Tab | undefined => vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).find(({ label }) => label === `Rule: ${did}`);
    await groups();
    await set([instanceOf(lake), browsed]);
    try {
      await until(async () => (await children(rulesView)).length === 2);
      await signIn(await windowClient(), lake, 'alice', 'browsed');
      const [scope, name] = did.split(':');
      await vscode.commands.executeCommand(commands.showRule, { instance: 'browsed', scope, name });
      await until(async () => page() !== undefined);
    } finally {
      const tab = page();
      if (tab) await vscode.window.tabGroups.close(tab);
      await set([instanceOf(lake)]);
    }
    await until(async () => (await children(rulesView)).length === 1);
  });

  it('storage: each RSE with its quota; what takes the space there', async () => {
    await vscode.commands.executeCommand(`${views.storage}.focus`);
    const [instance] = await children(storageView);
    const rses = await children(storageView, instance);
    const here = rses.find((row) => labelOf(storageView, row) === 'EULAKE-1') ?? assert.fail('EULAKE-1 has no row');
    assert.match(storageView.provider.getTreeItem(here).accessibilityInformation?.label ?? '', /^RSE EULAKE-1, .* used/);
    const parts = await children(storageView, here);
    assert.deepEqual(parts.map((row) => labelOf(storageView, row)), ['Ends within 7 days', 'Takes the space']);
    const held = await children(storageView, parts[1]);
    assert.ok(held.length > 0 && held.length <= 20);
    assert.match(storageView.provider.getTreeItem(held[0]!).accessibilityInformation?.label ?? '', /^rule for /);
  });
});
