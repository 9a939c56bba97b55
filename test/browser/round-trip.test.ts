// One notebook between this editor and JupyterLab with rucio-jupyterlab, both with real kernels, as people use them: what one attaches the
// other shows, and sets in its kernel.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { explore, find, openExplore, signIn } from '../support/host/journey.ts';
import { NotebookPage } from '../support/host/notebookPage.ts';
import { packStandIn } from '../support/jupyter-standin/jupyter.ts';
import { type RivalLab, startRivalLab } from '../support/rivalLab.ts';
import { RivalPage } from '../support/rivalPage.ts';
import { sharedLake } from '../support/lake/shared.ts';

const notebook = (cells: readonly string[]): string => JSON.stringify({
  cells: cells.map((source, n) => ({ id: `cell${n}`, cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source: [source] })),
  metadata: { kernelspec: { name: 'python3', display_name: 'Python 3 (ipykernel)', language: 'python' }, language_info: { name: 'python' } }, nbformat: 4, nbformat_minor: 5,
});
const metadata = (file: string): Record<string, unknown> => (JSON.parse(fs.readFileSync(file, 'utf8')) as { metadata: Record<string, unknown> }).metadata;

describe('a notebook between JupyterLab and this editor', () => {
  let desk: Desk;
  let lab: RivalLab;
  let page: NotebookPage;
  let rival: RivalPage;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'round-trip-'));

  before(async () => {
    lab = await startRivalLab(await sharedLake());
    // Both are on the same Jupyter server: this one's kernel has the other's extension loaded, as in a hub that offers both.
    desk = await openDesk({ env: lab.env, beside: [await packStandIn(folder)], files: { 'ours.ipynb': notebook(['print(len(mine), "files", mine[0])']) } });
    fs.writeFileSync(path.join(lab.folder, 'theirs.ipynb'), notebook(['print(len(calib), "files", calib[0])']));
    page = new NotebookPage(desk.workbench);
    await openExplore(desk.workbench);
    await signIn(desk.workbench, desk.lake, 'alice');
  });
  after(async () => {
    await desk?.close();
    await lab?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const openThere = async (name: string): Promise<RivalPage> => {
    const window = await desk.profile.open(lab.page(name));
    const there = new RivalPage(window.page);
    await there.ready();
    return there;
  };
  const until = (what: string, done: () => boolean): Promise<void> => desk.workbench.until(what, async () => done(), 60_000);

  it('made there: its own page attaches, its kernel has it', async () => {
    rival = await openThere('theirs.ipynb');
    await rival.signIn(desk.lake);
    const { available } = desk.lake.seed.dids;
    await rival.attach(available, 'calib');
    await rival.prints('5 files');
    await rival.save();
    const file = path.join(lab.folder, 'theirs.ipynb');
    await until('it is in the file', () => 'rucio_attachments' in metadata(file));
    assert.deepEqual(metadata(file).rucio_attachments, [{ did: available, type: 'collection', variableName: 'calib' }]);
  });

  it('made there, opened here: attached, and set in the kernel beside their extension', async () => {
    const { workbench, lake } = desk;
    fs.copyFileSync(path.join(lab.folder, 'theirs.ipynb'), path.join(desk.folder, 'theirs.ipynb'));
    await workbench.page.bringToFront();
    await page.open('theirs.ipynb');
    const attached = workbench.tree('Attached');
    await workbench.until('its row says what it is', async () => (await attached.spoken('calib')).startsWith(`variable calib, ${lake.seed.dids.available}, available`));
    await page.run(0);
    await workbench.notification(/Rucio can set calib/, 120_000);
    await workbench.answerNotification(/Rucio can set/, 'Set Variables');
    await workbench.dialog('Allow');
    await workbench.until('it is set', async () => (await attached.spoken('calib')).includes('set in the kernel'), 60_000);
    await workbench.runCommand('Notebook: Clear All Outputs');
    await page.prints(0, '5 files');
    assert.ok((await page.printed()).includes(lake.rses['EULAKE-1'].mount!), await page.printed());
  });

  it('made here, opened there: their list has it, and their extension sets it', async () => {
    const { workbench, lake } = desk;
    const { available } = lake.seed.dids;
    await page.open('ours.ipynb');
    await find(workbench, `${available.slice(0, -1)}*`, available);
    await explore(workbench).contextMenu(available.slice(available.indexOf(':') + 1), 'Add to Notebook…');
    await workbench.enterAt(`Variable for ${available}`, 'mine');
    await workbench.tree('Attached').find('mine');
    const file = path.join(desk.folder, 'ours.ipynb');
    await workbench.until('it is in the file', async () => {
      await workbench.runCommand('File: Save');
      return 'rucio_attachments' in metadata(file);
    });
    assert.deepEqual(metadata(file).rucio_datalake, { attachments: { mine: { did: available, instance: 'lake', didType: 'DATASET' } } });
    fs.copyFileSync(file, path.join(lab.folder, 'ours.ipynb'));
    rival = await openThere('ours.ipynb');
    const words = await rival.attached([available, 'mine']);
    assert.match(words, /mine/);
    await rival.injected();
    await rival.prints('5 files');
    await rival.save();
    await until('it is saved there', () => JSON.stringify(JSON.parse(fs.readFileSync(path.join(lab.folder, 'ours.ipynb'), 'utf8'))).includes('5 files'));
    // What is ours alone is still in it.
    assert.deepEqual(metadata(path.join(lab.folder, 'ours.ipynb')).rucio_datalake, metadata(file).rucio_datalake);
  });
});
