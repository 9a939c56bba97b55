// What VS Code loads. It runs extension.cjs, compiled at an earlier start.
import path from 'node:path';
import type * as vscode from 'vscode';
import { run } from './compiled.ts';
import type * as extension from './extension.ts';

/** ms after activation, when the window has what it waited for. */
const LATER = 5000;

let running: typeof extension | undefined;

export function activate(context: vscode.ExtensionContext): ReturnType<typeof extension.activate> {
  const { exports, keep } = run<typeof extension>(path.join(__dirname, 'extension.cjs'), context.globalStorageUri.fsPath, require);
  running = exports;
  const made = exports.activate(context);
  if (keep) setTimeout(keep, LATER).unref();
  return made;
}

export function deactivate(): ReturnType<typeof extension.deactivate> {
  return running?.deactivate();
}
