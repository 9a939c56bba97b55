// Upload as a person does it: a folder by its context menu, the tab closed in the middle, the dataset in the tree.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { addScope, rest, rows, token } from '../support/lake/client.ts';
import { startStorage, stopStorage } from '../support/lake/storage.ts';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { explore, openExplore, UI } from '../support/host/journey.ts';
import { openWorkbench, type Workbench } from '../support/host/workbench.ts';

const RSE = 'XRD1_SCRATCHDISK';
const FILES = 30;

describe('transfers', () => {
  let desk: Desk;
  let workbench: Workbench;
  const prefix = `b${Date.now().toString(36)}_`;
  const dataset = `${prefix}ds`;
  before(async () => {
    desk = await openDesk();
    ({ workbench } = desk);
    await addScope(desk.lake, 'alice', 'transfers');
    fs.mkdirSync(path.join(desk.folder, 'run'));
    for (let n = 0; n < FILES; n++) fs.writeFileSync(path.join(desk.folder, 'run', `part${n}.bin`), randomBytes(1000 + n * 1000));
    await openExplore(workbench);
    const { cert, key } = desk.lake.accounts.alice.x509!;
    await workbench.runCommand(UI.signIn);
    await workbench.pick('Certificate…');
    await workbench.enterAt('File of your certificate', cert);
    await workbench.enterAt('File of its key', key);
    await workbench.until('alice is signed in', async () => (await explore(workbench).rows()).some((row) => row.includes('alice')));
  });
  after(async () => {
    await startStorage(desk.lake, 'scratch');
    await desk?.close();
  });
  const transfers = (of: Workbench) => of.tree('Transfers');
  const openTransfers = (of: Workbench) => of.runCommand('Rucio: Show Transfers');

  it('a folder by its context menu: where to, as what, for how long, and every name before anything is sent', async () => {
    await workbench.openContainer('Explorer');
    await workbench.tree(path.basename(desk.folder)).contextMenu('run', 'Upload to Data Lake…');
    await workbench.until('storages are offered', async () => (await workbench.offered()).some((row) => row.includes(RSE)));
    assert.ok((await workbench.offered()).every((row) => !row.includes('TAPE')), 'a tape takes no files from here');
    await workbench.pick(RSE);
    await workbench.pick('transfers');
    await workbench.until('datasets are offered', async () => (await workbench.offered()).some((row) => row.includes('No dataset')));
    await workbench.type(dataset);
    await workbench.pick('new, if it is not there');
    await workbench.enterAt('For how long?', '7 days');
    await workbench.pick('Names of the files');
    await workbench.enterAt('What stands before each name?', prefix);
    await workbench.until('the preview is there', async () => (await workbench.offered()).some((row) => row.includes(`Upload ${FILES} files`)));
    assert.ok((await workbench.offered()).some((row) => row.includes(`transfers:${prefix}part0.bin`)));
    await workbench.screenshot('upload-preview');
    await stopStorage(desk.lake, 'scratch'); // so that the tab is closed in the middle
    await workbench.pick(`Upload ${FILES} files`);
    await openTransfers(workbench);
    await workbench.until('it is in the list', async () => (await transfers(workbench).rows()).some((row) => row.includes(dataset) && row.includes('0 %')));
    await workbench.screenshot('transfers-running');
  });

  it('the tab is closed, the storage comes back, another tab is opened: it went on', async () => {
    await workbench.page.close();
    await startStorage(desk.lake, 'scratch');
    workbench = await openWorkbench(desk.profile, desk.server.folderUrl(desk.folder));
    await openTransfers(workbench);
    await workbench.until('it is done', async () => (await transfers(workbench).rows()).some((row) => row.includes(dataset) && row.includes('done')), 90_000);
    assert.match(await workbench.notification(`${dataset} to ${RSE} is done`), new RegExp(`Upload of transfers:${dataset} to ${RSE} is done: ${FILES} files, .* verified and in the catalogue\\.`));
    await workbench.screenshot('transfers-done');
    const asAlice = await token(desk.lake, 'alice');
    assert.equal(rows(await rest(desk.lake, asAlice, 'GET', `/dids/transfers/${dataset}/dids`)).length, FILES);
  });

  it('the dataset is in the tree, and its files are in the list', async () => {
    await workbench.runCommand(UI.search);
    await workbench.type(`transfers:${dataset}`);
    await workbench.pick(`transfers:${dataset}`);
    const tree = explore(workbench);
    await tree.find(dataset);
    await openTransfers(workbench);
    await transfers(workbench).expand(`↑ ${dataset}`);
    await transfers(workbench).find(`${prefix}part0.bin`);
    await workbench.screenshot('transfers-files');
  });

  it('left nothing in the console', () => {
    assert.deepEqual(workbench.window.errors, []);
  });
});
