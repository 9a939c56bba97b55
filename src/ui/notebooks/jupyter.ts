// The way to the kernel of a notebook: through the Jupyter extension, where it is installed. It tells who asks by the file that reads
// `kernels`, and some of its properties throw when they are looked at: nothing here is spread, listed or logged.
import * as vscode from 'vscode';
import type { JupyterKernel } from './kernel.ts';

export const JUPYTER = 'ms-toolsai.jupyter';
export const NOTEBOOK_TYPE = 'jupyter-notebook';
/** Its command by which a person takes a refusal back. */
export const MANAGE_ACCESS = 'jupyter.manageAccessToKernels';

interface JupyterApi { readonly kernels: { getKernel(uri: vscode.Uri): Thenable<JupyterKernel | undefined> } }

export const hasJupyter = (): boolean => vscode.extensions.getExtension(JUPYTER) !== undefined;

/** undefined: none was started by the person yet. */
export async function kernelOf(notebook: vscode.NotebookDocument): Promise<JupyterKernel | undefined> {
  const api = await vscode.extensions.getExtension<JupyterApi>(JUPYTER)?.activate();
  return api?.kernels?.getKernel(notebook.uri);
}
