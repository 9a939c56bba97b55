// A list of addresses for a batch system, as a person makes one: from a dataset in Explore to the clipboard, and to a file.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { explore, find, openExplore, signIn, waitForState } from '../support/host/journey.ts';

describe('lists of files', () => {
  let desk: Desk;
  let label: string;
  before(async () => {
    desk = await openDesk();
    await openExplore(desk.workbench);
    await signIn(desk.workbench, desk.lake, 'alice');
    const { dids } = desk.lake.seed;
    label = await find(desk.workbench, dids.partly, dids.partly);
  });
  after(() => desk?.close());

  it('Copy PFNs: by davs, a line for each file', async () => {
    const { workbench, lake } = desk;
    await workbench.theme('Dark Modern');
    await explore(workbench).contextMenu(label, 'Copy PFNs…');
    await workbench.until('it asks where', async () => (await workbench.offered()).some((row) => row.includes('Nearest Replica')));
    await workbench.screenshot('file-list-where-dark');
    await workbench.pick(/^\s*Nearest Replica\s*davs/);
    let copied = '';
    await workbench.until('they are copied', async () => (copied = await workbench.clipboard()).startsWith('davs://'));
    const lines = copied.split('\n');
    assert.equal(lines.length, 6);
    for (const line of lines) assert.ok(line.startsWith(lake.rses.XRD2_DATADISK.davs) || line.startsWith(lake.rses['EULAKE-1'].davs), line);
  });

  it('Copy Path: the paths here, one for each line; that it is not all of them is said, and that none is', async () => {
    const { workbench, lake } = desk;
    await explore(workbench).contextMenu(label, 'Copy Path');
    assert.equal(await workbench.notification('Copied 3 paths'), 'Copied 3 paths. 3 of its 6 files are not at EULAKE-1.');
    await workbench.screenshot('copy-path-partly-dark');
    const copied = (await workbench.clipboard()).split('\n');
    assert.equal(copied.length, 3);
    for (const one of copied) assert.ok(fs.statSync(one).size > 0, one);
    const { elsewhere } = lake.seed.dids;
    const other = await find(workbench, elsewhere, elsewhere);
    await waitForState(workbench, other, /not available/);
    await explore(workbench).contextMenu(other, 'Open');
    await workbench.notification('None of its 6 files is at EULAKE-1.');
    await workbench.answerNotification('None of its 6 files', 'Make Available…');
    await workbench.until('it is offered', async () => (await workbench.offered()).some((row) => row.includes('6 files')));
    await workbench.page.keyboard.press('Escape');
    await workbench.runCommand('Notifications: Clear All Notifications');
  });

  it('Save File List: JSON of the paths here; what is not here is said', async () => {
    const { workbench, folder } = desk;
    await workbench.theme('Light Modern');
    await explore(workbench).contextMenu(label, 'Save File List…');
    await workbench.pick('Paths Here');
    await workbench.until('it asks for the form', async () => (await workbench.offered()).some((row) => row.includes('Metalink')));
    await workbench.screenshot('file-list-form-light');
    await workbench.pick('JSON');
    await workbench.until('the editor asks for the file', async () => (await workbench.typed()).endsWith(`${label}.json`));
    const file = path.join(folder, 'mine.json');
    await workbench.enter(file);
    assert.match(await workbench.notification('are listed in mine.json'), /3 files are listed in mine\.json\. 3 files are not in it: not there, or not by this protocol\./);
    await workbench.screenshot('file-list-saved-light');
    const rows = JSON.parse(fs.readFileSync(file, 'utf8')) as { path: string; bytes: number }[];
    assert.equal(rows.length, 3);
    for (const row of rows) assert.equal(fs.statSync(row.path).size, row.bytes);
  });
});
