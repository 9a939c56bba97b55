// Upload as a person does it: a folder by its context menu, the tab closed in the middle, the dataset in the tree.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { addScope, rest, rows, token, waitForRule } from '../support/lake/client.ts';
import { copyTo, spoil } from '../support/lake/replicas.ts';
import { startStorage, stopStorage } from '../support/lake/storage.ts';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { explore, openExplore, UI } from '../support/host/journey.ts';
import type { PageElement } from '../support/host/waiting.ts';
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
    await workbench.theme('Light Modern');
    await workbench.openContainer('Explorer');
    const folder = workbench.tree(path.basename(desk.folder));
    await (await folder.find('run')).click({ button: 'right' });
    await workbench.menu().first().waitFor();
    const groups = (await workbench.page.locator('.monaco-menu .action-label').evaluateAll((all: PageElement[]) => all.map((label) => (/separator/.test(label.getAttribute('class') ?? '') ? '\n' : label.textContent ?? '')).join('|'))).split('\n');
    const ours = groups.find((group) => group.includes('Upload to Data Lake…'));
    assert.match(ours ?? '', /Download\.\.\./, `beside what is like it, not beside what deletes: ${groups.join(' / ')}`);
    await workbench.screenshot('upload-menu-light');
    await workbench.chooseFromMenu('Upload to Data Lake…');
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
    await workbench.screenshot('upload-preview-light');
    await stopStorage(desk.lake, 'scratch'); // so that the tab is closed in the middle
    await workbench.pick(`Upload ${FILES} files`);
    await openTransfers(workbench);
    await workbench.until('it is in the list', async () => (await transfers(workbench).rows()).some((row) => row.includes(dataset) && row.includes('0 %')));
    await workbench.screenshot('transfers-running-light');
    await workbench.theme('Dark Modern');
    await workbench.screenshot('transfers-running');
  });

  it('the window is reloaded in the middle: the same transfer is there, still under way, once', async () => {
    await workbench.reload();
    await openTransfers(workbench);
    let mine: string[] = [];
    await workbench.until('it is in the list again', async () => (mine = (await transfers(workbench).rows()).filter((row) => row.includes(dataset))).length > 0);
    assert.equal(mine.length, 1, mine.join('\n'));
    assert.doesNotMatch(mine[0]!, /done|failed|cancelled|stopped/);
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

  it('its rule is OK', async () => {
    const asAlice = await token(desk.lake, 'alice');
    const [rule] = rows<{ id: string }>(await rest(desk.lake, asAlice, 'GET', `/dids/transfers/${dataset}/rules`));
    await waitForRule(desk.lake, asAlice, rule!.id, 'OK');
  });

  it('the same by drag: a folder of the File Explorer onto the dataset', async () => {
    const more = path.join(desk.folder, 'more');
    fs.mkdirSync(more);
    for (let n = 0; n < 3; n++) fs.writeFileSync(path.join(more, `more${n}.bin`), randomBytes(500));
    await workbench.openContainer('Explorer');
    const files = workbench.tree(path.basename(desk.folder));
    await workbench.drag(await files.find('more'), 'Rucio', () => explore(workbench).find(dataset));
    await workbench.until('storages are offered', async () => (await workbench.offered()).some((row) => row.includes(RSE)));
    await workbench.pick(RSE);
    await workbench.enterAt('For how long?', '7 days');
    await workbench.pick('Names of the files');
    await workbench.enterAt('What stands before each name?', prefix);
    await workbench.until('the preview is there', async () => (await workbench.offered()).some((row) => row.includes('Upload 3 files')));
    assert.ok((await workbench.offered()).some((row) => row.includes(`into transfers:${dataset}`)));
    await workbench.pick('Upload 3 files');
    await workbench.until('three more are in it', async () => rows(await rest(desk.lake, await token(desk.lake, 'alice'), 'GET', `/dids/transfers/${dataset}/dids`)).length === FILES + 3, 60_000);
  });

  it('a dataset with a bad replica of each file: fetched from the other storage, and that is said', async () => {
    const names = [`${prefix}part0.bin`, `${prefix}part1.bin`];
    await copyTo(desk.lake, 'XRD2_DATADISK', names.map((name) => ({ scope: 'transfers', name })));
    // Whichever storage the server takes for the nearer one, one of the two files is bad there.
    spoil(desk.lake, RSE, names[0]!);
    spoil(desk.lake, 'XRD2_DATADISK', names[1]!);
    await workbench.openContainer('Rucio');
    const to = path.join(desk.folder, 'fetched');
    await explore(workbench).contextMenu(dataset, 'Download…');
    await workbench.until('folders are offered', async () => (await workbench.offered()).some((row) => row.includes('Choose a Folder…')));
    await workbench.type(to);
    await workbench.pick('as typed');
    await workbench.pick('Files whose names fit a pattern…');
    await workbench.enterAt('Which names?', '*part?.bin');
    await workbench.until('the preview is there', async () => (await workbench.offered()).some((row) => row.includes('Download 10 files')));
    await workbench.screenshot('download-preview');
    await workbench.pick('Download 10 files');
    assert.match(await workbench.notification(`Download of transfers:${dataset} is done`, 60_000), /10 files, .* verified/);
    assert.equal(await workbench.page.locator('.statusbar-item', { hasText: 'being fetched' }).count(), 0, 'the status bar no longer says that it began');
    for (const name of names) assert.ok(fs.existsSync(path.join(to, dataset, name)), name);
    await openTransfers(workbench);
    await transfers(workbench).expand(`↓ ${dataset}`);
    let said: string[] = [];
    await workbench.until('the details say where it came from', async () => {
      said = (await Promise.all(names.map(async (name) => transfers(workbench).spoken(name)))).filter((words) => /from XRD\d_\w+, as XRD\d_\w+ failed \(What .* is damaged/.test(words));
      return said.length > 0;
    });
    await workbench.screenshot('transfers-other-source');
    await workbench.theme('Light Modern');
    await workbench.screenshot('transfers-other-source-light');
  });

  it('left nothing in the console', () => {
    assert.deepEqual(workbench.window.errors, []);
  });
});
