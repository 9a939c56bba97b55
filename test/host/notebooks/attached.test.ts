// Data attached to a notebook, in a real extension host with real kernels (behind the stand-in of the Jupyter extension), on the real lake.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ForTests } from '../../../src/extension.ts';
import { localPath } from '../../../src/protocol.ts';
import type { DidRef } from '../../../src/ui/context.ts';
import { commands, settings } from '../../../src/ui/contributions.ts';
import type { AttachedNotebook } from '../../../src/ui/notebooks/notebook.ts';
import type { AttachedRow } from '../../../src/ui/notebooks/view.ts';
import { signIn } from '../../support/instance.ts';
import type { LakeInfo } from '../../support/lake/info.ts';
import { sharedLake } from '../../support/lake/shared.ts';
import { extensionUnderTest, failsWith, windowClient } from '../extensionUnderTest.ts';
import { answering, cellText, JUPYTER, jupyter, openNotebook, runCells, selectKernel, until } from './standin.ts';

const OURS = 'rucio.rucio-datalake';

describe('attached data', function () {
  this.timeout(120_000);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'attached-'));
  let lake: LakeInfo;
  let api: ForTests;
  let did: DidRef;
  let here: string;
  let pfn: string;

  before(async () => {
    lake = await sharedLake();
    const client = await windowClient();
    await signIn(client, lake, 'alice');
    api = await extensionUnderTest().activate();
    const collection = { scope: 'eulake', name: lake.seed.dids.available.split(':')[1]! };
    const [file] = (await client.request(localPath, { instance: 'lake', did: collection })).files ?? assert.fail('nothing is here');
    did = { instance: 'lake', type: 'FILE', ...file!.did };
    here = file!.path;
    const looked = await client.request(localPath, { instance: 'lake', did: file!.did });
    pfn = looked.pfn ?? assert.fail('no PFN');
    await (await jupyter()).access.set([OURS], [OURS]);
    await api.context.globalState.update('rucio.kernelAccessExplained', true);
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** Presses Enter on what is asked until the command has ended. */
  async function withEnter<T>(work: Promise<T>): Promise<T> {
    let going = true;
    const over = work.finally(() => { going = false; });
    while (going) {
      await Promise.race([over, sleep(300)]);
      if (going) await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    }
    return over;
  }
  const open = async (name: string, cells: readonly string[], metadata?: Readonly<Record<string, unknown>>): Promise<[vscode.NotebookDocument, AttachedNotebook]> => {
    const document = await openNotebook(path.join(folder, name), cells, metadata);
    return [document, api.notebooks.of(document)];
  };
  const inFile = (document: vscode.NotebookDocument): Record<string, unknown> => (JSON.parse(fs.readFileSync(document.uri.fsPath, 'utf8')) as { metadata: Record<string, unknown> }).metadata;
  /** Saved, until the file has it: the editor hears of an edit a little later than we do. */
  const saved = (document: vscode.NotebookDocument, has: (metadata: Record<string, unknown>) => boolean): Promise<unknown> => until('the file has it', async () => {
    await document.save();
    return has(inFile(document));
  });
  const row = (document: vscode.NotebookDocument): AttachedRow => api.notebooks.provider.getChildren().find(({ notebook }) => notebook.document === document) ?? assert.fail('no row');
  const variableOf = (of: DidRef): string => of.name.replace(/\.[A-Za-z][A-Za-z0-9]{0,4}$/, '').replaceAll(/[^A-Za-z0-9]+/g, '_');

  it('Add to Notebook by Enter alone: in the file as the JupyterLab extension keeps it, set when the kernel starts, and after a restart', async () => {
    const variable = variableOf(did);
    const [document, notebook] = await open('one.ipynb', ['1', `print(${variable}); print(${variable}.pfn, open(${variable}, 'rb').read(3) == open(${JSON.stringify(here)}, 'rb').read(3))`]);
    assert.equal(api.notebooks.provider.getChildren().length, 0);
    await withEnter(api.notebooks.add([did]));
    assert.equal(row(document).variable, variable);
    await saved(document, (metadata) => 'rucio_attachments' in metadata);
    assert.deepEqual(inFile(document).rucio_attachments, [{ did: `${did.scope}:${did.name}`, type: 'file', variableName: variable }]);
    assert.deepEqual(inFile(document).rucio_datalake, { attachments: { [variable]: { did: `${did.scope}:${did.name}`, instance: 'lake', didType: 'FILE' } } });
    await selectKernel('python3');
    await runCells(document, 0);
    await until('it is set', () => notebook.injector.has(variable), 60_000);
    await runCells(document, 1);
    assert.equal((await cellText(document, 1)).trim(), `${here}\n${pfn} True`);
    await answering('Restart', () => vscode.commands.executeCommand('jupyter.restartkernel', document.uri) as Promise<unknown>);
    await until('it is set again', () => notebook.injector.has(variable), 60_000);
    await runCells(document, 1);
    assert.equal((await cellText(document, 1)).trim(), `${here}\n${pfn} True`);
    assert.match(String(api.notebooks.provider.getTreeItem(row(document)).accessibilityInformation?.label), /set in the kernel/);
  });

  it('the kernel is signed in as terminals are, where the setting says so', async () => {
    const variable = variableOf(did);
    const [document, notebook] = await open('signed-in.ipynb', ["import os; print(os.environ.get('RUCIO_CONFIG'), os.environ.get('RUCIO_ACCOUNT'))"], { rucio_attachments: [{ did: `${did.scope}:${did.name}`, type: 'file', variableName: variable }] });
    await selectKernel('python3');
    await runCells(document, 0);
    await until('it is set', () => notebook.injector.has(variable), 60_000);
    assert.equal((await cellText(document, 0)).trim(), 'None None');
    const configuration = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration();
    await configuration().update(settings.programsKernels, true, vscode.ConfigurationTarget.Global);
    try {
      await until('the kernel has it', async () => {
        await runCells(document, 0);
        return !(await cellText(document, 0)).startsWith('None');
      }, 60_000);
      const [file = '', account] = (await cellText(document, 0)).trim().split(' ');
      assert.equal(account, 'alice');
      assert.match(fs.readFileSync(file, 'utf8'), /rucio_host/);
    } finally {
      await configuration().update(settings.programsKernels, undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it('attached once only; renamed and detached in the file, and undone as any edit', async () => {
    const [document, notebook] = await open('two.ipynb', ['1']);
    await withEnter(api.notebooks.add([did]));
    assert.deepEqual(await api.notebooks.add([did]), []);
    assert.equal(notebook.attachments.length, 1);
    await vscode.commands.executeCommand(commands.useAddress, row(document));
    await until('by its address', () => notebook.attachments[0]?.remote === true);
    await vscode.commands.executeCommand(commands.usePath, row(document));
    await vscode.commands.executeCommand(commands.detach, row(document), undefined);
    await until('nothing is attached', () => notebook.attachments.length === 0);
    await saved(document, (metadata) => !('rucio_attachments' in metadata) && !('rucio_datalake' in metadata));
  });

  it('a notebook of the JupyterLab extension opens with its attachments, and is set; Insert Code puts the same into a cell', async () => {
    const rival = { rucio_attachments: [{ did: lake.seed.dids.available, type: 'collection', variableName: 'calib' }, { did: `${did.scope}:${did.name}`, type: 'file', variableName: 'one' }] };
    const [document, notebook] = await open('rival.ipynb', ['1', "print(len(calib), calib.did_available, calib[0], one)"], rival);
    await until('its rows', () => api.notebooks.provider.getChildren().map(({ variable }) => variable).join() === 'calib,one');
    await selectKernel('python3');
    await runCells(document, 0);
    await until('both are set', () => notebook.injector.has('calib') && notebook.injector.has('one'), 60_000);
    await runCells(document, 1);
    assert.match(await cellText(document, 1), new RegExp(`^5 True .* ${here.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}`));
    await vscode.commands.executeCommand(commands.insertAttachedCode, { ...api.notebooks.provider.getChildren()[1]! });
    await until('a cell more', () => document.cellCount === 3);
    assert.ok(document.getCells().some((cell) => cell.document.getText().includes(here)));
    await document.save();
    assert.deepEqual(inFile(document).rucio_attachments, rival.rucio_attachments);
  });

  it('a notebook from elsewhere says once how much of its data is not here, and offers to make that available', async () => {
    const { available, partly } = lake.seed.dids;
    const given = { rucio_attachments: [{ did: available, type: 'collection', variableName: 'calib' }, { did: partly, type: 'collection', variableName: 'part' }] };
    await answering(undefined, async (asked) => {
      const said = (): typeof asked => asked.filter(({ message }) => message.startsWith('given.ipynb:'));
      const [document, notebook] = await open('given.ipynb', ['1'], given);
      await until('it says so', () => said().length > 0, 60_000);
      assert.deepEqual(said(), [{ message: 'given.ipynb: 2 attached, 1 not here.', items: ['Make Available…', 'Show'] }]);
      assert.deepEqual(api.notebooks.away(notebook).map(({ scope, name }) => `${scope}:${name}`), [partly]);
      await open('between.ipynb', ['1']);
      await vscode.window.showNotebookDocument(document);
      await api.explorer.dids.recheck(notebook.refOf(notebook.attachments[0]!));
      assert.equal(said().length, 1);
    }, OURS);
  });

  it('a cell that was quicker than we are says so, and runs again', async () => {
    const [document, notebook] = await open('early.ipynb', ['1', 'print(early)'], { rucio_attachments: [{ did: `${did.scope}:${did.name}`, type: 'file', variableName: 'early' }] });
    await selectKernel('python3');
    await runCells(document, 0, 2);
    assert.match(await cellText(document, 1), /NameError/);
    await until('it is set', () => notebook.injector.has('early'), 60_000);
    const item = api.notebooks.cells.provideCellStatusBarItems(document.cellAt(1)) ?? assert.fail('the cell says nothing');
    assert.match(item.text, /early is set now: Run Again/);
    await vscode.commands.executeCommand(commands.runCellAgain, document.cellAt(1));
    await until('it found it', async () => (await cellText(document, 1)).trim() === here);
    assert.equal(api.notebooks.cells.provideCellStatusBarItems(document.cellAt(1)), undefined);
  });

  it('what is not here raises an error that says what to do; refused access is said, and Insert Code is left', async () => {
    const [document, notebook] = await open('away.ipynb', ['1', 'open(away)'], { rucio_attachments: [{ did: lake.seed.dids.elsewhere, type: 'collection', variableName: 'away' }] });
    await selectKernel('python3');
    await runCells(document, 0);
    await until('it is set', () => notebook.injector.has('away'), 60_000);
    await runCells(document, 1);
    assert.match(await cellText(document, 1), /DIDNotAvailableException.*is not available here/s);
    await (await jupyter()).access.set([OURS], []);
    await notebook.injector.again(true);
    assert.equal(notebook.injector.now.state, 'refused');
    await until('the view says so', () => /may not run code/.test(api.notebooks.view.message ?? ''));
    await (await jupyter()).access.set([OURS], [OURS]);
    await notebook.injector.again(true);
    assert.equal(notebook.injector.now.state, 'set');
  });

  it('a notebook that the editor does not let be changed is said to be so: it is no bug of ours', async () => {
    const [, notebook] = await open('fixed.ipynb', ['1']);
    const { applyEdit } = vscode.workspace;
    Object.assign(vscode.workspace, { applyEdit: async () => false });
    try {
      await assert.rejects(notebook.edit((attachments) => attachments), failsWith('badInput'));
    } finally {
      Object.assign(vscode.workspace, { applyEdit });
    }
    await notebook.edit((attachments) => attachments);
  });

  it('a killed kernel: nothing hangs, and it is set when it is restarted', async () => {
    const [document, notebook] = await open('dead.ipynb', ['1', 'import os; os.kill(os.getpid(), 9)', 'print(one)'], { rucio_attachments: [{ did: `${did.scope}:${did.name}`, type: 'file', variableName: 'one' }] });
    await selectKernel('python3');
    await runCells(document, 0);
    await until('it is set', () => notebook.injector.has('one'), 60_000);
    void runCells(document, 1);
    await until('it is dead', () => notebook.injector.now.state === 'dead', 60_000);
    await notebook.injector.again(true);
    assert.equal(notebook.injector.now.state, 'dead');
    await answering('Restart', () => vscode.commands.executeCommand('jupyter.restartkernel', document.uri) as Promise<unknown>);
    await until('it is set again', () => notebook.injector.has('one'), 60_000);
    await runCells(document, 2);
    assert.equal((await cellText(document, 2)).trim(), here);
  });

  it('nothing is asked for a notebook without attachments; the extension has no part of the stand-in', async () => {
    const [, notebook] = await open('none.ipynb', ['1']);
    assert.equal(notebook.injector.now.state, 'noKernel');
    assert.notEqual(vscode.extensions.getExtension(JUPYTER)?.extensionPath, extensionUnderTest().extensionPath);
  });
});
