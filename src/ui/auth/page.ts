// The page on which a person signs in: asked before it is opened, then a progress that can be cancelled until it is over.
import * as vscode from 'vscode';
import { pageWords } from './words.ts';

const COPY_LINK = 'Copy Link';
const ANOTHER = 'Another Way…';

/** False = given up. `another`: told that another way is wanted, where that is on offer. Ends by itself when `signal` says that the sign-in is through, or has failed. */
export async function openPage(page: { readonly displayName: string; readonly url: string; readonly host: string; readonly userCode?: string }, signal: AbortSignal, another?: () => void): Promise<boolean> {
  const words = pageWords(page);
  // Modal: the code must be seen, and a browser opens no window without a click.
  const chosen = await vscode.window.showInformationMessage(words.message, { modal: true, detail: words.detail }, words.open, COPY_LINK, ...(another ? [ANOTHER] : []));
  if (signal.aborted) return true;
  if (chosen === ANOTHER) another?.();
  if (chosen === undefined || chosen === ANOTHER) return false;
  if (chosen === COPY_LINK) await vscode.env.clipboard.writeText(page.url);
  else {
    if (page.userCode !== undefined) await vscode.env.clipboard.writeText(page.userCode);
    if (!await vscode.env.openExternal(vscode.Uri.parse(page.url, true))) return false;
  }
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, cancellable: true, title: `${page.displayName}: ${words.waiting}` }, (_progress, token) => new Promise<boolean>((resolve) => {
    token.onCancellationRequested(() => resolve(false));
    signal.addEventListener('abort', () => resolve(true), { once: true });
    if (signal.aborted) resolve(true);
  }));
}
