// One notebook's kernel: started by the first cell, its cells one after the other, restarted, killed, left for another one.
import { type Kernel, KernelAPI, type KernelManager, type KernelMessage } from '@jupyterlab/services';
import * as vscode from 'vscode';
import type { KernelStatus } from './api.ts';
import { outputOf } from './outputs.ts';

const NOT_CONNECTED = 'Kernel connection not available to execute 3rd party code';
const CANCELLED = 'Canceled future for execute_request message before replies were done';

export class NotebookKernel {
  readonly language: string;
  readonly #manager: KernelManager;
  readonly #name: string;
  readonly #changed = new vscode.EventEmitter<KernelStatus>();
  readonly onDidChangeStatus = this.#changed.event;
  #status: KernelStatus = 'starting';
  #connection: Kernel.IKernelConnection | undefined;
  readonly #started: Promise<void>;
  #queue: Promise<unknown> = Promise.resolve();
  #queued = 0;
  #disposed = false;
  /** Bumped by what ends the cells that wait. */
  #run = 0;

  constructor(manager: KernelManager, name: string, language: string) {
    this.#manager = manager;
    this.#name = name;
    this.language = language;
    this.#started = this.#start();
    this.#started.catch(() => this.#set('dead'));
  }

  get status(): KernelStatus { return this.#status; }

  /** Cells in their order; one that fails takes those behind it along. */
  execute(cells: readonly vscode.NotebookCell[], controller: vscode.NotebookController): Promise<void> {
    const run = this.#run;
    this.#queued++;
    const work = this.#queue.then(async () => {
      for (const cell of cells) if (run !== this.#run || this.#disposed || !await this.#cell(cell, controller)) break;
    }).finally(() => { this.#queued--; });
    this.#queue = work.catch(() => undefined);
    return work;
  }

  /** @throws while the first cell starts it */
  connected(): void {
    if (this.#status === 'starting') throw new Error(NOT_CONNECTED);
  }

  /** What another extension runs: behind every cell that waits. */
  async* executeCode(code: string, token: vscode.CancellationToken): AsyncGenerator<vscode.NotebookCellOutput> {
    if (this.#disposed) throw new Error('Kernel is disposed');
    if (this.#status === 'dead') await new Promise(() => undefined); // as the real one: no answer, for ever
    this.connected();
    while (this.#queued > 0) await this.#queue;
    if (this.#disposed) throw new Error('Kernel is disposed');
    const connection = this.#connection;
    if (!connection) throw new Error(NOT_CONNECTED);
    const outputs: vscode.NotebookCellOutput[] = [];
    let wake = (): void => undefined;
    const future = connection.requestExecute({ code, silent: false, store_history: false, stop_on_error: false, allow_stdin: false });
    let failed: string | undefined;
    future.onIOPub = (message) => {
      const output = outputOf(message);
      if (output) outputs.push(output);
      if (message.header.msg_type === 'error') failed = (message.content as KernelMessage.IErrorMsg['content']).evalue;
      wake();
    };
    let over: { readonly error?: Error } | undefined;
    const end = (error?: Error): void => {
      over ??= error ? { error } : {};
      wake();
    };
    future.done.then(() => end(), (error: unknown) => end(error instanceof Error ? error : new Error(String(error))));
    const cancelled = token.onCancellationRequested(() => {
      void connection.interrupt();
      future.dispose();
      end(new Error(CANCELLED));
    });
    try {
      for (;;) {
        const next = outputs.shift();
        if (next) yield next;
        else if (over) break;
        else await new Promise<void>((resolve) => { wake = resolve; });
      }
      if (over.error) throw over.error;
      if (failed !== undefined) throw new Error(failed);
    } finally {
      cancelled.dispose();
    }
  }

  async interrupt(): Promise<void> {
    this.#run++;
    await this.#connection?.interrupt();
  }

  async restart(): Promise<void> {
    await this.#started.catch(() => undefined);
    this.#run++;
    const dead = this.#status === 'dead';
    const id = this.#connection?.id;
    if (id === undefined) return;
    // A connection of this library ends with its kernel's death, and tells in-between states; ours goes on over it.
    this.#connection!.dispose();
    this.#connection = undefined;
    this.#set('restarting');
    // The server gives a dead kernel up, and starts another in its place.
    if (dead) return this.#start();
    await KernelAPI.restartKernel(id, this.#manager.serverSettings);
    await this.#connect(this.#manager.connectTo({ model: { id, name: this.#name } }));
  }

  /** Another kernel was chosen, or the notebook was closed. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#run++;
    this.#set('terminating');
    await this.#started.catch(() => undefined);
    const connection = this.#connection;
    if (connection && !connection.isDisposed) {
      await connection.shutdown().catch(() => undefined); // it may be gone already
      connection.dispose();
    }
    this.#set('unknown');
  }

  async #start(): Promise<void> {
    await this.#connect(await this.#manager.startNew({ name: this.#name }));
  }

  async #connect(connection: Kernel.IKernelConnection): Promise<void> {
    await connection.info;
    this.#connection = connection;
    connection.statusChanged.connect((_, status) => {
      if (connection !== this.#connection || this.#disposed) return;
      if (status === 'idle' || status === 'busy' || status === 'dead') this.#set(status);
    });
    this.#set('idle');
  }

  #set(status: KernelStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#changed.fire(status);
  }

  /** False when it failed. */
  async #cell(cell: vscode.NotebookCell, controller: vscode.NotebookController): Promise<boolean> {
    const execution = controller.createNotebookCellExecution(cell);
    execution.start(Date.now());
    await execution.clearOutput();
    const fail = async (error: unknown): Promise<false> => {
      await execution.appendOutput(new vscode.NotebookCellOutput([vscode.NotebookCellOutputItem.error(error instanceof Error ? error : new Error(String(error)))]));
      execution.end(false, Date.now());
      return false;
    };
    try {
      await this.#started;
      if (!this.#connection || this.#connection.isDisposed) return await fail(new Error('The kernel is dead.'));
      const stop = execution.token.onCancellationRequested(() => void this.interrupt());
      const future = this.#connection.requestExecute({ code: cell.document.getText(), stop_on_error: true, allow_stdin: false });
      const writes: Thenable<void>[] = [];
      future.onIOPub = (message) => {
        const output = outputOf(message);
        if (output) writes.push(execution.appendOutput(output));
        if (message.header.msg_type === 'execute_input') execution.executionOrder = (message.content as KernelMessage.IExecuteInputMsg['content']).execution_count ?? undefined;
      };
      const reply = await future.done;
      stop.dispose();
      await Promise.all(writes);
      const ok = reply.content.status === 'ok';
      execution.end(ok, Date.now());
      return ok;
    } catch (error) {
      return await fail(error);
    }
  }
}
