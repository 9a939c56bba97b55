// Data in a notebook as a person does it, with real kernels: from Explore to a variable, in Python, ROOT C++ and R; over a restart of the
// kernel; and data that is not here, which comes alive by itself. The Jupyter extension is the tests' stand-in.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { explore, find, openExplore, signIn } from '../support/host/journey.ts';
import { NotebookPage } from '../support/host/notebookPage.ts';
import { type JupyterServer, packStandIn, startJupyter } from '../support/jupyter-standin/jupyter.ts';
import { addScope, rest, rows, token } from '../support/lake/client.ts';
import { putAt } from '../support/lake/replicas.ts';

interface Replicas { readonly scope: string; readonly name: string; readonly adler32: string; readonly rses: Readonly<Record<string, readonly string[]>> }

/** A cell that begins with # is Markdown. */
const notebook = (kernel: string, language: string, cells: readonly string[], more: Readonly<Record<string, unknown>> = {}): string => JSON.stringify({
  cells: cells.map((source, n) => ({ id: `cell${n}`, metadata: {}, source: [source], ...(source.startsWith('#') ? { cell_type: 'markdown' } : { cell_type: 'code', execution_count: null, outputs: [] }) })),
  metadata: { kernelspec: { name: kernel, display_name: kernel, language }, language_info: { name: language }, ...more }, nbformat: 4, nbformat_minor: 5,
});

describe('data in notebooks', () => {
  let desk: Desk;
  let server: JupyterServer;
  let page: NotebookPage;
  let file: { did: string; label: string; path: string; pfn: string; bytes: Buffer };
  /** A file that is at another storage only. */
  let away: { did: string; label: string };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'journey-notebooks-'));

  before(async () => {
    server = await startJupyter();
    desk = await openDesk({
      env: server.env, beside: [await packStandIn(folder)],
      files: {
        'python.ipynb': notebook('python3', 'python', ['print("started")', 'print(data_test)\nprint(data_test.pfn)\nprint(len(open(data_test, "rb").read()), "bytes")', 'print("is here:", len(open(data_away[0], "rb").read()))']),
        'root.ipynb': notebook('root', 'c++', ['std::cout << "started" << std::endl;', 'std::cout << data_test << std::endl << data_test.pfn << std::endl << std::ifstream(data_test, std::ios::ate).tellg() << " bytes" << std::endl;']),
        'r.ipynb': notebook('ir', 'R', ['cat("started\\n")', 'cat(data_test, attr(data_test, "pfn"), file.size(data_test), "bytes", sep = "\\n")']),
      },
    });
    const { lake, workbench } = desk;
    page = new NotebookPage(workbench);
    const alice = await token(lake, 'alice');
    const replicas = rows<Replicas>(await rest(lake, alice, 'POST', '/replicas/list', { dids: [{ scope: 'eulake', name: lake.seed.dids.available.split(':')[1] }], rse_expression: 'EULAKE-1' }));
    const one = replicas[0]!;
    const pfn = one.rses['EULAKE-1']![0]!;
    const rse = lake.rses['EULAKE-1'];
    const at = path.join(rse.mount!, pfn.slice(rse.davs.length));
    file = { did: `${one.scope}:${one.name}`, label: one.name, path: at, pfn, bytes: fs.readFileSync(at) };
    // Other tests bring what the lake has elsewhere: this one has a dataset with a file of its own.
    await addScope(lake, 'alice', 'notebooks');
    const name = `away.${Date.now()}`;
    await putAt(lake, 'XRD2_DATADISK', [{ scope: 'notebooks', name: `${name}.txt`, bytes: Buffer.from('far away\n'.repeat(24)) }]);
    assert.equal((await rest(lake, alice, 'POST', `/dids/notebooks/${name}`, { type: 'DATASET', dids: [{ scope: 'notebooks', name: `${name}.txt` }] })).status, 201);
    away = { did: `notebooks:${name}`, label: name };
    await openExplore(workbench);
    await signIn(workbench, lake, 'alice');
  });
  after(async () => {
    await desk?.close();
    await server?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function attach(label: string, did: string, variable: string): Promise<void> {
    const { workbench } = desk;
    await find(workbench, `${did.slice(0, -1)}*`, did);
    await explore(workbench).contextMenu(label, 'Add to Notebook…');
    await workbench.enterAt(`Variable for ${did}`, variable);
    await workbench.tree('Attached').find(variable);
  }

  it('Explore → Add to Notebook → the path, the PFN and the bytes, after access is explained and asked for once', async () => {
    const { workbench } = desk;
    await page.open('python.ipynb');
    await attach(file.label, file.did, 'data_test');
    assert.match(await workbench.tree('Attached').spoken('data_test'), new RegExp(`^variable data_test, ${file.did.replaceAll('.', '\\.')}`));
    await page.kernel('Python 3 (ipykernel)');
    await page.prints(0, 'started');
    await workbench.notification(/Rucio can set data_test in this notebook’s kernel/, 60_000);
    await workbench.screenshot('notebook-explained');
    await workbench.answerNotification(/Rucio can set/, 'Set Variables');
    assert.match(await workbench.dialog(), /grant Kernel access to the extension Rucio Data Lake/);
    await workbench.screenshot('notebook-consent');
    await workbench.dialog('Allow');
    await workbench.until('it is set', async () => (await workbench.tree('Attached').spoken('data_test')).includes('set in the kernel'), 60_000);
    await page.prints(1, `${file.bytes.length} bytes`);
    const printed = await page.printed();
    assert.ok(printed.includes(file.path) && printed.includes(file.pfn), printed);
  });

  it('a notebook that came from elsewhere says what of its data is not here', async () => {
    const { workbench, lake } = desk;
    const { available, partly } = lake.seed.dids;
    fs.writeFileSync(path.join(desk.folder, 'given.ipynb'), notebook('python3', 'python', ['1'], { rucio_attachments: [{ did: available, type: 'collection', variableName: 'calib' }, { did: partly, type: 'collection', variableName: 'part' }] }));
    await page.open('given.ipynb');
    await workbench.notification('given.ipynb: 2 attached, 1 not here.', 60_000);
    const attached = workbench.tree('Attached');
    await workbench.until('its rows say it', async () => /, available,/.test(await attached.spoken('calib')) && /partly/.test(await attached.spoken('part')));
    await workbench.screenshot('notebook-given');
    await workbench.answerNotification('given.ipynb', 'Show');
    await page.open('python.ipynb');
    await attached.find('data_test');
  });

  it('the kernel is restarted: it is still there', async () => {
    const { workbench } = desk;
    await workbench.runCommand('Jupyter: Restart Kernel');
    await workbench.dialog('Restart');
    await workbench.runCommand('Notebook: Clear All Outputs');
    await workbench.until('it is set again', async () => (await workbench.tree('Attached').spoken('data_test')).includes('set in the kernel'), 60_000);
    await page.prints(1, `${file.bytes.length} bytes`);
  });

  it('what is not here says so when it is used, and comes alive by itself once it is made available', async () => {
    const { workbench } = desk;
    await attach(away.label, away.did, 'data_away');
    const attached = workbench.tree('Attached');
    await workbench.until('it is set in the kernel, as what is not here', async () => /not available.*set in the kernel/.test(await attached.spoken('data_away')), 60_000);
    await page.prints(2, /DIDNotAvailableException|is not available here/);
    for (const theme of ['Light Modern', 'Dark Modern']) {
      await workbench.theme(theme);
      await workbench.page.waitForTimeout(1000);
      await workbench.screenshot(`notebook-${theme.split(' ')[0]!.toLowerCase()}`);
    }
    await attached.contextMenu('data_away', 'Make Available…');
    await workbench.until('the preview has its numbers', async () => (await workbench.offered()).some((row) => !row.includes('Looking up')));
    await workbench.page.keyboard.press('Enter');
    await workbench.until('it is here', async () => /, available,.*set in the kernel/.test(await attached.spoken('data_away')), 180_000);
    await workbench.runCommand('Notebook: Clear All Outputs');
    await page.prints(2, /is here: \d+/);
  });

  for (const [name, kernel, proof] of [['root.ipynb', 'ROOT C++', 'ROOT C++'], ['r.ipynb', 'R', 'R']] as const) {
    it(`the same in ${proof}`, async () => {
      const { workbench } = desk;
      await page.open(name);
      await attach(file.label, file.did, 'data_test');
      await page.kernel(kernel);
      await page.prints(0, 'started');
      await workbench.until('it is set', async () => (await workbench.tree('Attached').spoken('data_test')).includes('set in the kernel'), 120_000);
      await page.prints(1, `${file.bytes.length}`);
      const printed = await page.printed();
      assert.ok(printed.includes(file.path) && printed.includes(file.pfn), printed);
      await workbench.screenshot(`notebook-${name.split('.')[0]!}`);
    });
  }

  it('a link in Markdown, and a DID alone there, reveal the DID in Explore', async () => {
    const { workbench, lake } = desk;
    const { available, elsewhere } = lake.seed.dids;
    fs.writeFileSync(path.join(desk.folder, 'links.ipynb'), notebook('python3', 'python', [`# Data\n\nWe use [the calibration](rucio:${available}), then rucio:${elsewhere}. And [this](rucio:nothing).`, '1']));
    await page.open('links.ipynb');
    for (const [link, did] of [['the calibration', available], [`rucio:${elsewhere}`, elsewhere]] as const) {
      await page.press(link);
      const label = did.slice(did.indexOf(':') + 1);
      await workbench.until(`${label} is chosen in Explore`, async () => await (await explore(workbench).find(label)).getAttribute('aria-selected') === 'true');
    }
    await workbench.screenshot('notebook-links');
    await page.press('this');
    await workbench.notification('The link names no DID');
  });

  it('left nothing in the console', () => assert.deepEqual(desk.workbench.window.errors, []));
});
