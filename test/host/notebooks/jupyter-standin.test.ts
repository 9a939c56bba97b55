// What the real Jupyter extension was seen doing, point by point, on the stand-in: what is built on it is tested only as well as this.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Jupyter, Kernel, KernelStatus } from '../../support/jupyter-standin/extension/api.ts';
import { answering, cellText, collect, jupyter, never, openNotebook, runCells, selectKernel, textOf, until } from './standin.ts';

const OURS = 'rucio.rucio-datalake';

describe('the stand-in of the Jupyter extension', function () {
  this.timeout(90_000);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'standin-'));
  let api: Awaited<ReturnType<typeof jupyter>>;
  let notebook: vscode.NotebookDocument;
  let kernel: Kernel;

  before(async () => {
    api = await jupyter();
    await api.access.forget(OURS);
  });
  after(async () => {
    await api.access.forget(OURS);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** What it printed, joined: a kernel may send one line in two pieces. */
  const run = (code: string, of: Kernel = kernel): Promise<string> => collect(of.executeCode(code, never())).then((outputs) => outputs.map(textOf).join(''));
  const thrown = async (work: Promise<unknown>): Promise<Error> => work.then(() => assert.fail('it did not throw'), (error: Error) => error);

  it('no kernel before the first cell runs, chosen or not', async () => {
    notebook = await openNotebook(path.join(folder, 'one.ipynb'), ["import time; time.sleep(1); print('first', 'z' in globals())", "print('second', 'z' in globals())", 'time.sleep(1.5); y = 7']);
    assert.equal(await api.kernels.getKernel(notebook.uri), undefined);
    await selectKernel('python3');
    assert.equal(await api.kernels.getKernel(notebook.uri), undefined);
  });

  it('`starting` while the first cell starts it, and code is refused meanwhile', async () => {
    void runCells(notebook, 0, 2);
    kernel = await until('a kernel', () => api.kernels.getKernel(notebook.uri));
    assert.equal(kernel.status, 'starting');
    assert.equal(kernel.language, 'python');
    assert.equal((await thrown(run('1'))).message, 'Kernel connection not available to execute 3rd party code');
  });

  it('a modal question at the first call; code comes after the cells that wait already', async () => {
    await until('idle or busy', () => ['idle', 'busy'].includes(kernel.status));
    await answering('Allow', async (asked) => {
      assert.equal(await run("z = 5; print('injected')"), 'injected\n');
      assert.deepEqual(asked.map(({ message }) => message), [`Do you want to grant Kernel access to the extension Rucio Data Lake (${OURS})?`]);
      assert.deepEqual(asked[0]!.items[0], { modal: true, detail: 'This allows the extension to execute code against Jupyter Kernels.' });
    });
    assert.match(await cellText(notebook, 0), /first False/);
    assert.match(await cellText(notebook, 1), /second False/);
    assert.equal(notebook.cellAt(1).executionSummary?.executionOrder, 2);
  });

  it('code waits for the cell that runs, and its names are the cells\' own; cell numbers do not move', async () => {
    const running = runCells(notebook, 2);
    await until('it runs', () => kernel.status === 'busy');
    assert.equal(await run('print(y)'), '7\n');
    await running;
    await runCells(notebook, 1);
    assert.match(await cellText(notebook, 1), /second True/);
    assert.equal(notebook.cellAt(1).executionSummary?.executionOrder, 4);
  });

  it('mime types; an exception is an output first, then thrown with its text alone', async () => {
    const outputs = await collect(kernel.executeCode("import sys; print('o'); sys.stdout.flush(); print('e', file=sys.stderr)\n42", never()));
    assert.deepEqual(outputs.flatMap(({ items }) => items.map(({ mime }) => mime)).sort(), ['application/vnd.code.notebook.stderr', 'application/vnd.code.notebook.stdout', 'text/plain']);
    const seen: string[] = [];
    const error = await thrown((async () => { for await (const { items } of kernel.executeCode('1/0', never())) seen.push(...items.map(({ mime }) => mime)); })());
    assert.deepEqual(seen, ['application/vnd.code.notebook.error']);
    assert.equal(error.message, 'division by zero');
  });

  it('one busy and one idle for a call', async () => {
    await until('idle', () => kernel.status === 'idle');
    const seen: KernelStatus[] = [];
    const listening = kernel.onDidChangeStatus((status) => seen.push(status));
    await run('1');
    await until('idle again', () => seen.at(-1) === 'idle');
    listening.dispose();
    assert.deepEqual(seen, ['busy', 'idle']);
  });

  it('cancelling interrupts, and the kernel works on with what it has', async () => {
    const source = new vscode.CancellationTokenSource();
    setTimeout(() => source.cancel(), 500);
    const error = await thrown(collect(kernel.executeCode('import time\nfor i in range(300): time.sleep(.1)', source.token)));
    assert.equal(error.message, 'Canceled future for execute_request message before replies were done');
    assert.equal(await run('print(z)'), '5\n');
  });

  it('what is proposed throws, when it is only looked at', async () => {
    assert.throws(() => Object.values(api.kernels), /Proposed API is not supported for extension rucio\.rucio-datalake/);
    assert.throws(() => ({ ...kernel }), /Proposed API is not supported/);
  });

  it('over a restart the same object lives on: restarting, then idle, and the names are gone', async () => {
    const seen: KernelStatus[] = [];
    const listening = kernel.onDidChangeStatus((status) => seen.push(status));
    await answering('Restart', () => vscode.commands.executeCommand('jupyter.restartkernel', notebook.uri) as Promise<unknown>);
    await until('it is back', () => kernel.status === 'idle');
    listening.dispose();
    assert.equal(seen[0], 'restarting');
    assert.equal(await api.kernels.getKernel(notebook.uri), kernel);
    assert.equal(await run("print('z' in globals())"), 'False\n');
  });

  it('killed: dead, still there, and a call is never answered; restarted it is the same object', async () => {
    const pid = await run("__import__('os').getpid()");
    process.kill(Number(pid), 'SIGKILL');
    await until('dead', () => kernel.status === 'dead');
    assert.equal(await api.kernels.getKernel(notebook.uri), kernel);
    assert.equal(await Promise.race([run('1').then(() => 'answered', () => 'threw'), sleep(2000).then(() => 'no answer')]), 'no answer');
    await answering('Restart', () => vscode.commands.executeCommand('jupyter.restartkernel', notebook.uri) as Promise<unknown>);
    await until('it is back', () => kernel.status === 'idle');
    assert.equal(await api.kernels.getKernel(notebook.uri), kernel);
    assert.equal(await run('print(1)'), '1\n');
  });

  it('consent: unticked it is revoked at once, without a question; ticked it works at once', async () => {
    await api.access.set([OURS], []);
    await answering('Allow', async (asked) => {
      const error = await thrown(run('1'));
      assert.deepEqual([error.name, error.message], ['vscode.jupyter.apiAccessRevoked', 'Access to Jupyter Kernel has been revoked']);
      assert.equal(asked.length, 0);
    });
    await api.access.set([OURS], [OURS]);
    assert.equal(await run('print(1)'), '1\n');
  });

  it('two notebooks have two kernels and one consent; after another is chosen the old one is disposed', async () => {
    const other = await openNotebook(path.join(folder, 'two.ipynb'), ['1']);
    await selectKernel('python3');
    await runCells(other, 0);
    await cellText(other, 0);
    const second: Kernel = await until('a kernel', () => api.kernels.getKernel(other.uri));
    assert.notEqual(second, kernel);
    assert.equal(await run('print(2)', second), '2\n');
    const seen: KernelStatus[] = [];
    second.onDidChangeStatus((status) => seen.push(status));
    await selectKernel('bash');
    await until('it is left', () => seen.includes('unknown'));
    assert.deepEqual(seen.filter((status) => status !== 'idle' && status !== 'busy'), ['terminating', 'unknown']);
    assert.equal((await thrown(run('1', second))).message, 'Kernel is disposed');
    assert.equal(await api.kernels.getKernel(other.uri), undefined);
    assert.equal(await Promise.resolve((api as Jupyter).kernels.getKernel(vscode.Uri.file('/no/such.ipynb'))), undefined);
  });
});
