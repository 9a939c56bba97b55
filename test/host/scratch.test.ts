// *Scratch* in a real extension host: there where an instance has a scratch space, and only what is seen is read.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import * as protocol from '../../src/protocol.ts';
import { commands, settings, views } from '../../src/ui/contributions.ts';
import { scratchItem } from '../../src/ui/scratch/items.ts';
import type { EntryRow } from '../../src/ui/scratch/model.ts';
import type { ScratchView } from '../../src/ui/scratch/register.ts';
import { SessionStore } from '../../src/ui/sessions.ts';
import type { Row } from '../../src/ui/tree/branch.ts';
import { instanceOf } from '../support/instance.ts';
import { addScope } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { known, SCRATCH_RSE, scratchOf, type TestScratch } from '../support/scratch.ts';
import { extensionUnderTest, windowClient } from './extensionUnderTest.ts';
import { withEnter } from './person.ts';

describe('scratch view', () => {
  let lake: LakeInfo;
  let scratch: TestScratch;
  let view: ScratchView;

  before(async () => {
    lake = await sharedLake();
    scratch = scratchOf(lake, `host-${Date.now().toString(36)}`);
    scratch.file('old.root', 'x');
    scratch.file('run/part.root', 'y');
    ({ scratchView: view } = await extensionUnderTest().activate());
    await vscode.workspace.getConfiguration().update(settings.instances, [{ ...instanceOf(lake), ...scratch.settings }], vscode.ConfigurationTarget.Global);
    // Storages know people by their certificates, not by passwords of Rucio's.
    const { cert: certificate, key } = lake.accounts.alice.x509!;
    await (await windowClient()).request(protocol.signIn, { instance: 'lake', credentials: { method: 'x509', certificate, key } });
  });
  after(async () => {
    await vscode.workspace.getConfiguration().update(settings.instances, [instanceOf(lake)], vscode.ConfigurationTarget.Global);
    scratch.close();
  });

  async function rows(): Promise<readonly Row[]> {
    for (let tries = 0; tries < 100; tries++) {
      await view.model.refresh();
      const [instance] = await view.provider.getChildren();
      const found = instance && 'config' in instance ? await view.provider.getChildren(instance) : [];
      if (found.some((row) => 'entry' in row)) return found;
      await sleep(100);
    }
    return assert.fail('nothing is shown');
  }

  it('what lies there, folders first; a row is what its commands take', async () => {
    await vscode.commands.executeCommand(`${views.scratch}.focus`);
    const [folder, file] = await rows() as readonly EntryRow[];
    const [folderItem, fileItem] = [view.provider.getTreeItem(folder!), view.provider.getTreeItem(file!)];
    assert.deepEqual([folderItem.label, folderItem.contextValue], ['run', 'scratch folder upload']);
    assert.equal(fileItem.label, 'old.root');
    assert.match(String(fileItem.description), /^until .* · not in the catalogue · /);
    assert.equal(fileItem.contextValue, 'scratch file keep upload');
    assert.match(fileItem.accessibilityInformation?.label ?? '', /^old\.root, until .*, not in the catalogue, /);
    assert.deepEqual((await view.provider.getChildren(folder!)).map((row) => view.provider.getTreeItem(row).label), ['part.root']);

    fs.utimesSync(file!.entry.path, new Date(0), new Date(0));
    await vscode.commands.executeCommand(commands.keepInScratch, file);
    assert.ok(Date.now() - fs.statSync(file!.entry.path).mtimeMs < 60_000, 'kept: as if it had been written now');
  });

  it('Upload Now by Enter alone: registered where it lies, a rule to the destination; the row says how far, and what may be done with it', async function () {
    this.timeout(90_000);
    const name = `now${Date.now().toString(36)}.root`;
    scratch.file(name, 'z');
    const row = (await rows() as readonly EntryRow[]).find(({ entry }) => entry.name === name) ?? assert.fail('it is not shown');
    await withEnter(vscode.commands.executeCommand(commands.uploadFromScratch, row));
    let entry: EntryRow['entry'] | undefined;
    let item: vscode.TreeItem | undefined;
    for (let tries = 0; tries < 200 && !(/^(on its way|safe at) /.test(String(item?.description)) && / did/.test(item?.contextValue ?? '')); tries++) {
      await sleep(200);
      const found = (await rows() as readonly EntryRow[]).find((one) => one.entry.name === name);
      entry = found?.entry;
      item = found && view.provider.getTreeItem(found);
    }
    assert.match(String(item?.description), /^(on its way to|safe at) EULAKE-1 · /, JSON.stringify(entry));
    assert.match(item?.contextValue ?? '', /^scratch file (keep )?.*did/);
    const { did } = entry!;
    assert.ok(did, 'in the catalogue');
    // The row is known before the rule is made.
    let there = await known(lake, 'alice', did.scope, did.name);
    for (let tries = 0; tries < 200 && !there.rules.some(({ rse_expression: expression }) => expression === 'EULAKE-1'); tries++) {
      await sleep(200);
      there = await known(lake, 'alice', did.scope, did.name);
    }
    assert.equal(there.states[SCRATCH_RSE], 'AVAILABLE');
    assert.ok(there.rules.some(({ rse_expression: expression }) => expression === 'EULAKE-1'), JSON.stringify(there.rules));
  });

  it('Escape uploads nothing', async () => {
    scratch.file('never.root', 'n');
    const row = (await rows() as readonly EntryRow[]).find(({ entry }) => entry.name === 'never.root')!;
    const left = vscode.commands.executeCommand(commands.uploadFromScratch, row);
    await sleep(1000);
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    await left;
    assert.match(String(view.provider.getTreeItem((await rows() as readonly EntryRow[]).find(({ entry }) => entry.name === 'never.root')!).description), /not in the catalogue/);
  });

  it('what failed: Retry Upload goes on with it, Forget Upload takes it off the list, and deletes nothing', async function () {
    this.timeout(180_000);
    const unique = Date.now().toString(36);
    const [again, forgotten] = [`again${unique}.root`, `forgotten${unique}.root`];
    const paths = [again, forgotten].map((name) => scratch.file(name, name));
    const client = await windowClient();
    const bound = path.join(lake.dir, 'etc', 'may-not-change-rules');
    const shown = async (name: string, fits: (item: vscode.TreeItem | undefined) => boolean): Promise<EntryRow | undefined> => {
      let item: vscode.TreeItem | undefined;
      for (let tries = 0; tries < 300; tries++) {
        const row = (await rows() as readonly EntryRow[]).find(({ entry }) => entry.name === name);
        item = row && view.provider.getTreeItem(row);
        if (fits(item)) return row;
        await sleep(200);
      }
      return assert.fail(`${name}: ${JSON.stringify(item)}`);
    };
    fs.writeFileSync(bound, 'alice\n');
    try {
      await addScope(lake, 'alice', 'scratchhost');
      await client.request(protocol.scratchUpload, { instance: 'lake', wish: { paths, scope: 'scratchhost', lifetime: null } });
      const failed = (item: vscode.TreeItem | undefined): boolean => /^stays here: .*you may not end the rule/.test(String(item?.description));
      const first = await shown(again, failed);
      const second = await shown(forgotten, failed);
      for (const row of [first!, second!]) assert.match(view.provider.getTreeItem(row).contextValue ?? '', /^scratch file retry forget .*did failed$/);
      fs.rmSync(bound);

      await vscode.commands.executeCommand(commands.retryInScratch, first);
      await shown(again, (item) => item === undefined || String(item.description).startsWith('safe at EULAKE-1 · Rucio deletes it here from '));

      await vscode.commands.executeCommand(commands.forgetInScratch, second);
      const row = await shown(forgotten, (item) => String(item?.description).startsWith('safe at EULAKE-1 · '));
      assert.equal(row?.entry.upload, undefined);
      assert.ok(fs.existsSync(paths[1]!), 'nothing is deleted');
      assert.ok((await known(lake, 'alice', 'scratchhost', forgotten)).rules.some(({ rse_expression: expression, expires_at: end }) => expression === SCRATCH_RSE && end === null), 'its rules stay');
    } finally {
      fs.rmSync(bound, { force: true });
    }
  });

  it('the row of an instance says its folder and what is wrong to whoever hears it', async () => {
    await rows();
    const [row] = view.model.instances();
    assert.match(view.provider.getTreeItem(row!).accessibilityInformation?.label ?? '', new RegExp(`^Rucio instance .*, signed in as alice, ${scratch.settings.scratch_folder}$`));
    const { accessibilityInformation } = scratchItem(row!, { model: { problem: () => 'The catalogue could not be asked.', instances: () => [row!] }, sessions: new SessionStore() });
    assert.match(accessibilityInformation?.label ?? '', new RegExp(`, ${scratch.settings.scratch_folder}, The catalogue could not be asked\\.$`));
  });

  it('goes and comes with the settings, in a window that stays connected', async () => {
    const settle = async (wanted: boolean): Promise<void> => {
      for (let tries = 0; tries < 100 && view.view.visible !== wanted; tries++) {
        if (wanted) await vscode.commands.executeCommand(`${views.scratch}.focus`);
        await sleep(100);
      }
      assert.equal(view.view.visible, wanted);
    };
    const { client } = await extensionUnderTest().activate();
    await settle(true);
    const pid = client.lastWelcome?.pid;
    await vscode.workspace.getConfiguration().update(settings.instances, [instanceOf(lake)], vscode.ConfigurationTarget.Global);
    await settle(false);
    await vscode.workspace.getConfiguration().update(settings.instances, [{ ...instanceOf(lake), ...scratch.settings }], vscode.ConfigurationTarget.Global);
    await settle(true);
    assert.equal(client.state, 'connected');
    assert.equal(client.lastWelcome?.pid, pid, 'the same service');
    await rows();
  });
});
