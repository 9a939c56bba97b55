// What a person is told by notifications meanwhile; each of them is left without an answer.
import * as vscode from 'vscode';

export interface Told { readonly look: 'information' | 'warning' | 'error'; readonly text: string; readonly buttons: readonly unknown[] }

export async function told(work: () => Thenable<unknown>): Promise<readonly Told[]> {
  const { showInformationMessage, showWarningMessage, showErrorMessage } = vscode.window;
  const heard: Told[] = [];
  const hears = (look: Told['look']) => async (text: string, ...buttons: readonly unknown[]): Promise<undefined> => void heard.push({ look, text, buttons });
  Object.assign(vscode.window, { showInformationMessage: hears('information'), showWarningMessage: hears('warning'), showErrorMessage: hears('error') });
  try {
    await work();
    return heard;
  } finally {
    Object.assign(vscode.window, { showInformationMessage, showWarningMessage, showErrorMessage });
  }
}
