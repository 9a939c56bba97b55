// The scratch space as a person sees it: what lies there and when it is swept, uploaded from its menu, gone once it is safe elsewhere.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { instanceOf } from '../support/instance.ts';
import { addScope } from '../support/lake/client.ts';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { explore, openExplore, UI } from '../support/host/journey.ts';
import type { Workbench } from '../support/host/workbench.ts';
import { known, SCRATCH_RSE, scratchOf, type TestScratch } from '../support/scratch.ts';

describe('scratch', () => {
  let desk: Desk;
  let workbench: Workbench;
  let scratch: TestScratch;
  const unique = `b${Date.now().toString(36)}`;
  const name = `${unique}.root`;
  before(async () => {
    desk = await openDesk({ instances: (lake) => {
      scratch = scratchOf(lake, `desk-${unique}`);
      return [{ ...instanceOf(lake), ...scratch.settings }];
    } });
    ({ workbench } = desk);
    await addScope(desk.lake, 'alice', 'scratchview');
    scratch.file(name, randomBytes(12_345));
    scratch.file(`${unique}.notes.txt`, 'mine');
    scratch.file(`run-${unique}/part.root`, 'x');
    await openExplore(workbench);
    const { cert, key } = desk.lake.accounts.alice.x509!;
    await workbench.runCommand(UI.signIn);
    await workbench.pick('Certificate…');
    await workbench.enterAt('File of your certificate', cert);
    await workbench.enterAt('File of its key', key);
    await workbench.until('alice is signed in', async () => (await explore(workbench).rows()).some((row) => row.includes('alice')));
  });
  after(async () => {
    await desk?.close();
    scratch?.close();
  });
  const rowOf = async (file: string): Promise<string> => (await workbench.tree('Scratch').rows()).find((row) => row.includes(file)) ?? '';

  it('what lies there: in no catalogue, and when it is swept', async () => {
    await workbench.runCommand('Rucio: Focus on Scratch View');
    await workbench.until('the file is shown', async () => (await rowOf(name)) !== '');
    assert.match(await rowOf(name), /until \w.* · not in the catalogue · 12\.3 kB/);
    await workbench.screenshot('scratch');
    await workbench.theme('Light Modern');
    await workbench.screenshot('scratch-light');
    await workbench.theme('Dark Modern');
  });

  it('Upload Now: on its way, safe elsewhere, and deleted here by Rucio', async () => {
    await workbench.tree('Scratch').contextMenu(name, 'Upload Now…');
    await workbench.pick('scratchview');
    await workbench.screenshot('scratch-upload');
    await workbench.pick('Delete here as soon as it is safe');
    await workbench.until('it is on its way', async () => /on its way to EULAKE-1|safe at EULAKE-1/.test(await rowOf(name)));
    await workbench.screenshot('scratch-on-its-way');
    // Told by the service: nobody refreshes. Rucio may have deleted it before the row was read.
    await workbench.until('it is safe', async () => /^$|safe at EULAKE-1/.test(await rowOf(name)));
    // That it is gone is nobody's news: Rucio deletes when it likes to.
    await workbench.until('it is deleted here', async () => {
      await workbench.runCommand('Rucio: Refresh Scratch');
      return (await rowOf(name)) === '' && !fs.existsSync(path.join(scratch.folder, name));
    });
    const { states } = await known(desk.lake, 'alice', 'scratchview', name);
    assert.equal(states['EULAKE-1'], 'AVAILABLE');
    assert.equal(states[SCRATCH_RSE], undefined);
    assert.ok(fs.existsSync(path.join(scratch.folder, `${unique}.notes.txt`)));
  });
});
