// Copy PFNs and Save File List in a real extension host, on the real lake.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ForTests } from '../../src/extension.ts';
import { commands } from '../../src/ui/contributions.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { signIn } from '../support/instance.ts';
import { extensionUnderTest, windowClient } from './extensionUnderTest.ts';
import { withEnter } from './person.ts';

describe('lists of files', () => {
  let lake: LakeInfo;
  let api: ForTests;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'host-file-lists-'));

  before(async () => {
    lake = await sharedLake();
    await signIn(await windowClient(), lake, 'alice');
    api = extensionUnderTest().exports as ForTests;
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const ref = (text: string): { instance: string; scope: string; name: string } => ({ instance: 'lake', scope: text.slice(0, text.indexOf(':')), name: text.slice(text.indexOf(':') + 1) });

  it('Copy PFNs by Enter alone: the addresses of the nearest replicas, a line each', async () => {
    await vscode.env.clipboard.writeText('before');
    await withEnter(vscode.commands.executeCommand(commands.copyPfns, ref(lake.seed.dids.elsewhere), undefined));
    const lines = (await vscode.env.clipboard.readText()).split('\n');
    assert.equal(lines.length, 6);
    assert.ok(lines.every((line) => line.startsWith(lake.rses.XRD2_DATADISK.root)), lines.join('\n'));
  });

  it('Escape copies nothing', async () => {
    await vscode.env.clipboard.writeText('before');
    const command = vscode.commands.executeCommand(commands.copyPfns, ref(lake.seed.dids.elsewhere), undefined);
    await sleep(1000);
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    await command;
    assert.equal(await vscode.env.clipboard.readText(), 'before');
  });

  it('Save File List by Enter alone: text, into the folder of the last time', async function () {
    this.timeout(60_000);
    await api.context.workspaceState.update('rucio.lastFileListFolder', folder);
    await withEnter(vscode.commands.executeCommand(commands.saveFileList, ref(lake.seed.dids.elsewhere), undefined));
    const file = path.join(folder, 'ds.aod.2026.txt');
    assert.deepEqual(fs.readdirSync(folder), [path.basename(file)]);
    assert.equal(fs.readFileSync(file, 'utf8').trim().split('\n').length, 6);
  });
});
