// The whole way of a person, in the browser: search → not available → Make Available → available → the file by its path.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { explore, find, mainJob } from '../support/host/journey.ts';

describe('the main job', () => {
  let desk: Desk;
  before(async () => { desk = await openDesk(); });
  after(() => desk?.close());

  it('makes a dataset available and reads one of its files by the path it gives', async () => {
    const { workbench, lake } = desk;
    const steps: string[] = [];
    const { paths, file, catalogue } = await mainJob(workbench, lake, lake.seed.dids.demo, (step) => steps.push(step));
    assert.equal(paths.length, 4, steps.join('\n'));
    assert.ok(file.path.startsWith(`${lake.rses['EULAKE-1'].mount}/`), file.path);
    assert.deepEqual({ bytes: file.bytes, adler32: file.adler32 }, { bytes: catalogue.bytes, adler32: catalogue.adler32 });
  });

  it('offers a button that makes available beside what is not here, and only there', async () => {
    const { workbench, lake: { seed: { dids } } } = desk;
    const buttons = async (label: string): Promise<boolean> => (await explore(workbench).inlineActions(label)).some((title) => title.startsWith('Make Available'));
    await workbench.until('none beside what is here', async () => !await buttons(dids.demo.split(':')[1]!));
    assert.equal(await buttons(await find(workbench, dids.elsewhere, dids.elsewhere)), true);
  });

  it('asked nothing outside of this machine, and the window complained about nothing', () => {
    assert.deepEqual([...desk.workbench.window.offsite], []);
    assert.deepEqual(desk.workbench.window.errors, []);
  });
});
