// Upload, download and the view of them in a real extension host, on the real lake.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ServiceClient } from '../../src/client/client.ts';
import * as protocol from '../../src/protocol.ts';
import type { TransferInfo } from '../../src/protocol.ts';
import type { ForTests } from '../../src/extension.ts';
import { commands, settings } from '../../src/ui/contributions.ts';
import { droppedFiles } from '../../src/ui/explorer/drop.ts';
import type { ExplorerNode } from '../../src/ui/explorer/nodes.ts';
import { REMOTE_SCHEME, remoteParts } from '../../src/ui/remoteFiles/uri.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { addScope } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { ended } from './ended.ts';
import { extensionUnderTest, windowClient } from './extensionUnderTest.ts';
import { withEnter } from './person.ts';
import { told } from './told.ts';

const RSE = 'XRD1_SCRATCHDISK';

describe('transfers', () => {
  let lake: LakeInfo;
  let client: ServiceClient;
  let api: ForTests;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'host-transfers-'));
  const prefix = `h${Date.now().toString(36)}_`;

  before(async () => {
    lake = await sharedLake();
    await addScope(lake, 'alice', 'uploads');
    client = await windowClient();
    api = extensionUnderTest().exports as ForTests;
    const { cert: certificate, key } = lake.accounts.alice.x509!;
    await client.request(protocol.signIn, { instance: 'lake', credentials: { method: 'x509', certificate, key } });
    await api.context.globalState.update('rucio.lastUpload.lake', { rse: RSE, scope: 'uploads', dataset: '', lifetime: '1 day', prefix, names: 'flat' });
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const uploads = async (): Promise<readonly TransferInfo[]> => (await client.request(protocol.listTransfers, {})).filter(({ kind }) => kind === 'upload');

  it('Upload by Enter alone: as the last time; the view has it, and it is in the catalogue', async function () {
    this.timeout(120_000);
    const file = path.join(folder, 'one.bin');
    fs.writeFileSync(file, randomBytes(12_345));
    const before = new Set((await uploads()).map(({ id }) => id));
    await withEnter(vscode.commands.executeCommand(commands.upload, vscode.Uri.file(file), [vscode.Uri.file(file)]));
    const mine = (await uploads()).filter(({ id }) => !before.has(id));
    assert.equal(mine.length, 1);
    const done = await ended(client, mine[0]!.id);
    assert.deepEqual([done.state, done.files.done], ['done', 1], JSON.stringify(done));
    const did = await client.request(protocol.getDid, { instance: 'lake', did: { scope: 'uploads', name: `${prefix}one.bin` } });
    assert.equal(did.bytes, 12_345);
    await api.transfersView.model.refresh();
    assert.ok(api.transfersView.model.get(done.id));
    await vscode.commands.executeCommand(commands.clearTransfer, { transferId: done.id });
    assert.ok(!(await uploads()).some(({ id }) => id === done.id));
  });

  it('Download by Enter alone: into the folder of the last time; whole, and the view has it', async function () {
    this.timeout(120_000);
    const to = path.join(folder, 'down');
    await api.context.workspaceState.update('rucio.lastDownloadFolder', to);
    await withEnter(vscode.commands.executeCommand(commands.download, { instance: 'lake', scope: 'uploads', name: `${prefix}one.bin`, type: 'FILE' }));
    const mine = (await client.request(protocol.listTransfers, {})).find((one) => one.kind === 'download' && one.folder === to);
    assert.ok(mine);
    assert.equal((await ended(client, mine.id)).files.done, 1);
    assert.ok(fs.readFileSync(path.join(to, 'uploads', `${prefix}one.bin`)).equals(fs.readFileSync(path.join(folder, 'one.bin'))));
    await vscode.commands.executeCommand(commands.clearTransfer, { transferId: mine.id });
  });

  it('of several, a command acts on those whose state fits, and asks about no others', async function () {
    this.timeout(120_000);
    const [quick, slow] = [path.join(folder, 'quick.bin'), path.join(folder, 'slow.bin')];
    fs.writeFileSync(quick, 'x');
    fs.writeFileSync(slow, randomBytes(60_000_000));
    const send = async (file: string): Promise<string> => (await client.request(protocol.upload, { instance: 'lake', wish: { paths: [file], rse: RSE, scope: 'uploads', prefix, names: 'flat', lifetime: 3600 } })).id;
    const done = await send(quick);
    assert.equal((await ended(client, done)).state, 'done');
    const configuration = vscode.workspace.getConfiguration();
    await configuration.update(settings.throttle, 1, vscode.ConfigurationTarget.Global);
    try {
      const going = await send(slow);
      await api.transfersView.model.refresh();
      const both = [{ transferId: done }, { transferId: going }];
      const asked = await told(() => vscode.commands.executeCommand(commands.cancelTransfer, both[1], both));
      assert.deepEqual(asked.map(({ text }) => text), [`Cancel: Upload of 1 file to ${RSE}?`]);
      assert.deepEqual(await told(() => vscode.commands.executeCommand(commands.pauseTransfer, both[1], both)), []);
      const states = new Map((await uploads()).map(({ id, state }) => [id, state]));
      assert.deepEqual([states.get(done), states.get(going)], ['done', 'paused']);
      await client.request(protocol.actOnTransfer, { id: going, action: 'cancel' });
      const unfit = await told(() => vscode.commands.executeCommand(commands.pauseTransfer, both[1], both));
      assert.match(unfit.map(({ text }) => text).join(), /^This transfer is (done|cancelled): it can't be paused/);
    } finally {
      await configuration.update(settings.throttle, undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it('the lake service is killed under an upload: the window brings it back, the status bar moves on, and the upload ends, asked by nobody', async function () {
    this.timeout(120_000);
    const { transfersView } = api;
    await vscode.commands.executeCommand('workbench.view.explorer'); // none of our views is seen: nothing else needs the service
    const until = async (what: string, so: () => boolean): Promise<void> => {
      for (let n = 0; n < 600; n++) {
        if (so()) return;
        await sleep(100);
      }
      assert.fail(`it was waited in vain: ${what}; ${String(transfersView.stands)}; ${api.client.state}; ${JSON.stringify(transfersView.model.all())}`);
    };
    const file = path.join(folder, 'killed.bin');
    fs.writeFileSync(file, randomBytes(30_000_000));
    const configuration = vscode.workspace.getConfiguration();
    await configuration.update(settings.throttle, 1, vscode.ConfigurationTarget.Global);
    try {
      const { id } = await client.request(protocol.upload, { instance: 'lake', wish: { paths: [file], rse: RSE, scope: 'uploads', prefix, names: 'flat', lifetime: 3600 } });
      const now = (): TransferInfo | undefined => transfersView.model.get(id);
      await until('it runs', () => (now()?.bytes.done ?? 0) > 0);
      assert.match(transfersView.stands ?? '', /^\$\(cloud-upload\) 0 of 1 file/);
      const { pid } = await client.welcome();
      process.kill(pid, 'SIGKILL');
      await until('the window notices', () => api.client.state !== 'connected');
      await until('the window comes back', () => api.client.state === 'connected' && api.client.lastWelcome?.pid !== pid);
      await configuration.update(settings.throttle, undefined, vscode.ConfigurationTarget.Global);
      await until('it ends', () => now()?.state === 'done');
      assert.equal(now()?.files.done, 1, JSON.stringify(now()));
      await until('nothing is left to say', () => transfersView.stands === undefined);
    } finally {
      await configuration.update(settings.throttle, undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it('Open Remote File: its text in an editor that can’t be written to; large ones only when asked for; errors are a file’s', async function () {
    this.timeout(120_000);
    const texts = path.join(folder, 'remote.txt');
    const large = path.join(folder, 'large.bin');
    fs.writeFileSync(texts, 'from the lake\nand not kept\n');
    fs.writeFileSync(large, randomBytes(1_500_000));
    const wish = { paths: [texts, large], rse: RSE, scope: 'uploads', prefix, names: 'flat' as const, lifetime: 3600 };
    assert.equal((await ended(client, (await client.request(protocol.upload, { instance: 'lake', wish })).id)).files.done, 2);
    await vscode.commands.executeCommand(commands.openRemote, { instance: 'lake', scope: 'uploads', name: `${prefix}remote.txt`, type: 'FILE' });
    for (let n = 0; n < 100 && vscode.window.activeTextEditor?.document.uri.scheme !== REMOTE_SCHEME; n++) await sleep(100);
    assert.equal(vscode.window.activeTextEditor?.document.getText(), 'from the lake\nand not kept\n');
    const uri = (name: string, query = ''): vscode.Uri => vscode.Uri.from({ scheme: REMOTE_SCHEME, ...remoteParts({ instance: 'lake', scope: 'uploads', name }), query });
    assert.equal(vscode.workspace.fs.isWritableFileSystem(REMOTE_SCHEME), false);
    await assert.rejects(Promise.resolve(vscode.workspace.fs.delete(uri(`${prefix}remote.txt`))));
    assert.equal((await vscode.workspace.fs.stat(uri(`${prefix}large.bin`))).size, 1_500_000);
    const configuration = vscode.workspace.getConfiguration();
    await configuration.update('rucio.remote.megabytes', 1, vscode.ConfigurationTarget.Global);
    try {
      await assert.rejects(Promise.resolve(vscode.workspace.fs.readFile(uri(`${prefix}large.bin`))), /more than 1\.0 MB are not opened without asking/);
      assert.ok(Buffer.from(await vscode.workspace.fs.readFile(uri(`${prefix}large.bin`, 'first=1000'))).equals(fs.readFileSync(large).subarray(0, 1000)));
      assert.ok(Buffer.from(await vscode.workspace.fs.readFile(uri(`${prefix}large.bin`, 'large'))).equals(fs.readFileSync(large)));
    } finally {
      await configuration.update('rucio.remote.megabytes', undefined, vscode.ConfigurationTarget.Global);
    }
    const [scope = '', dataset = ''] = lake.seed.dids.available.split(':');
    const [said, ...others] = await told(() => vscode.commands.executeCommand(commands.openRemote, { instance: 'lake', scope, name: dataset, type: 'DATASET' }));
    assert.deepEqual([said?.look, said?.text, others], ['warning', `${scope}:${dataset} is a dataset: only files can be opened. Open one of its files.`, []]);
    await assert.rejects(Promise.resolve(vscode.workspace.fs.stat(vscode.Uri.from({ scheme: REMOTE_SCHEME, ...remoteParts({ instance: 'lake', scope, name: dataset }) }))), /only files can be opened\. Open one of its files\.$/);
    await assert.rejects(Promise.resolve(vscode.workspace.fs.readFile(uri('nothing.at.all'))), (error: vscode.FileSystemError) => error.code === 'FileNotFound');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('Escape uploads nothing; what is no file of this machine is said to be none', async () => {
    const before = (await uploads()).length;
    const file = path.join(folder, 'two.bin');
    fs.writeFileSync(file, 'x');
    const left = vscode.commands.executeCommand(commands.upload, vscode.Uri.file(file), undefined);
    await sleep(1500);
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    await left;
    assert.equal((await uploads()).length, before);
  });

  it('files dropped on a scope open the dialog; elsewhere nothing happens', async () => {
    assert.deepEqual(droppedFiles('# comment\r\nfile:///a%20b\r\nfile:///c\r\nfile:///c\r\n'), ['file:///a%20b', 'file:///c']);
    const before = (await uploads()).length;
    const data = new vscode.DataTransfer();
    data.set('text/uri-list', new vscode.DataTransferItem(vscode.Uri.file(path.join(folder, 'two.bin')).toString()));
    await api.explorer.drop.handleDrop(undefined, data);
    await api.explorer.drop.handleDrop({ kind: 'scope', id: 'x', parent: undefined, instance: 'lake', scope: 'uploads' } as unknown as ExplorerNode, data);
    await sleep(1500);
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    assert.equal((await uploads()).length, before);
  });
});
