// NOT Microsoft's Jupyter extension: a stand-in under its id for the project's tests, with real kernels behind it. It does what the real
// one was seen doing, as far as an extension that uses its kernels can tell. Never shipped.
import { KernelManager, KernelSpecManager, ServerConnection } from '@jupyterlab/services';
import * as vscode from 'vscode';
import { KernelAccess, whoAsks } from './access.ts';
import type { Jupyter, Kernel } from './api.ts';
import { NotebookKernel } from './notebookKernel.ts';

const LANGUAGES: Readonly<Record<string, string>> = { 'c++': 'cpp', r: 'r', bash: 'shellscript', python: 'python' };

export async function activate(context: vscode.ExtensionContext): Promise<Jupyter & { readonly access: KernelAccess }> {
  const { JUPYTER_STANDIN_URL: baseUrl, JUPYTER_STANDIN_TOKEN: token } = process.env;
  const access = new KernelAccess(context.secrets);
  /** By the notebook's address. */
  const kernels = new Map<string, { readonly kernel: NotebookKernel; readonly controller: string }>();
  const faces = new WeakMap<NotebookKernel, Map<string, Kernel>>();
  const selected = new Set<string>();

  const leave = (uri: string): void => {
    const old = kernels.get(uri);
    kernels.delete(uri);
    void old?.kernel.dispose();
  };
  const notebookOf = (argument: unknown): string | undefined => {
    const given = argument as { toString(): string; notebookEditor?: { notebookUri?: vscode.Uri } } | undefined;
    return given instanceof vscode.Uri ? given.toString() : (given?.notebookEditor?.notebookUri ?? vscode.window.activeNotebookEditor?.notebook.uri)?.toString();
  };
  context.subscriptions.push(
    vscode.commands.registerCommand('jupyter.manageAccessToKernels', () => access.manage()),
    vscode.commands.registerCommand('jupyter.restartkernel', async (argument: unknown) => {
      const found = kernels.get(notebookOf(argument) ?? '');
      if (!found) return;
      const chosen = await vscode.window.showInformationMessage('Do you want to restart the Jupyter kernel?', { modal: true, detail: 'All variables will be lost.' }, 'Restart');
      if (chosen === 'Restart') await found.kernel.restart();
    }),
    vscode.workspace.onDidCloseNotebookDocument(({ uri }) => {
      selected.delete(uri.toString());
      leave(uri.toString());
    }),
    { dispose: () => { for (const uri of [...kernels.keys()]) leave(uri); } },
  );

  if (baseUrl !== undefined && token !== undefined) {
    const serverSettings = ServerConnection.makeSettings({ baseUrl, wsUrl: baseUrl.replace(/^http/, 'ws'), token, appendToken: true });
    const manager = new KernelManager({ serverSettings });
    const specs = new KernelSpecManager({ serverSettings });
    await specs.ready;
    const controllers: { readonly controller: vscode.NotebookController; readonly name: string }[] = [];
    for (const [name, spec] of Object.entries(specs.specs?.kernelspecs ?? {})) {
      if (!spec) continue;
      const controller = vscode.notebooks.createNotebookController(`standin-${name}`, 'jupyter-notebook', spec.display_name);
      const language = LANGUAGES[spec.language.toLowerCase()];
      // The editor reads cells of C++ from a file as `c++`, and knows `cpp`.
      if (language !== undefined) controller.supportedLanguages = language === 'cpp' ? ['cpp', 'c++'] : [language];
      controller.supportsExecutionOrder = true;
      controller.description = 'stand-in';
      const kernelOf = (uri: string): NotebookKernel => {
        const now = kernels.get(uri);
        if (now?.controller === controller.id) return now.kernel;
        leave(uri);
        const kernel = new NotebookKernel(manager, name, spec.language);
        kernels.set(uri, { kernel, controller: controller.id });
        return kernel;
      };
      controller.executeHandler = (cells, notebook) => kernelOf(notebook.uri.toString()).execute(cells, controller);
      controller.interruptHandler = (notebook) => kernels.get(notebook.uri.toString())?.kernel.interrupt();
      controller.onDidChangeSelectedNotebooks(({ notebook, selected: on }) => {
        const uri = notebook.uri.toString();
        if (on) selected.add(uri);
        // Another one was chosen: the old kernel goes, the new one is started by the first cell.
        else if (kernels.get(uri)?.controller === controller.id) leave(uri);
      });
      controllers.push({ controller, name });
      context.subscriptions.push(controller);
    }
    /** The kernel that the file names, for the notebook in front: the editor takes none by itself, and the real one tells it so. */
    const choose = async (editor: vscode.NotebookEditor | undefined): Promise<void> => {
      if (!editor) return;
      const wanted = (editor.notebook.metadata.metadata as { kernelspec?: { name?: string } } | undefined)?.kernelspec?.name;
      const found = controllers.find(({ name }) => name === wanted);
      const uri = editor.notebook.uri.toString();
      for (let tries = 0; found && tries < 50 && !selected.has(uri) && vscode.window.activeNotebookEditor === editor; tries++) {
        await vscode.commands.executeCommand('notebook.selectKernel', { id: found.controller.id, extension: context.extension.id, skipIfAlreadySelected: true });
        await new Promise((resolve) => { setTimeout(resolve, 200); });
      }
    };
    void choose(vscode.window.activeNotebookEditor);
    context.subscriptions.push(vscode.window.onDidChangeActiveNotebookEditor((editor) => void choose(editor)), manager, specs);
  }

  const face = (kernel: NotebookKernel, asker: vscode.Extension<unknown>): Kernel => {
    const known = faces.get(kernel) ?? new Map<string, Kernel>();
    faces.set(kernel, known);
    let made = known.get(asker.id);
    if (!made) {
      const refuse = (): never => { throw new Error(`Proposed API is not supported for extension ${asker.id}`); };
      const kernelFace = {
        get status() { return kernel.status; },
        onDidChangeStatus: kernel.onDidChangeStatus,
        language: kernel.language,
        async* executeCode(code: string, cancellation: vscode.CancellationToken) {
          kernel.connected();
          await access.check(asker, kernel);
          yield* kernel.executeCode(code, cancellation);
        },
        shutdown: refuse,
        get onDidReceiveDisplayUpdate(): never { return refuse(); },
      };
      known.set(asker.id, made = kernelFace);
    }
    return made;
  };
  return {
    access,
    get kernels() {
      const asker = whoAsks(context.extension.extensionPath);
      return {
        getKernel: async (uri: vscode.Uri) => {
          const found = kernels.get(uri.toString());
          return found && face(found.kernel, asker);
        },
        get onDidStart(): never { throw new Error(`Proposed API is not supported for extension ${asker.id}`); },
      };
    },
  };
}
