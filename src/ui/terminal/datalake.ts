// The command `datalake` in VS Code's terminals: a small wrapper in a folder of ours that names this editor's node and our
// program, put before the PATH of new terminals. Written anew at each start, as an update moves both.
import fs from 'node:fs/promises';
import path from 'node:path';
import type * as vscode from 'vscode';
import { privateFolder } from '../../client/place.ts';

/** What VS Code shows beside our changes to a terminal. */
export const DESCRIPTION = 'Adds the command `datalake`';

/** The wrapper's name and text. The variable makes Electron a Node; the program takes it out again. */
export function wrapper(platform: NodeJS.Platform, node: string, program: string): { readonly name: string; readonly text: string } {
  if (platform === 'win32') return { name: 'datalake.cmd', text: `@echo off\r\nsetlocal\r\nset ELECTRON_RUN_AS_NODE=1\r\n"${node.replaceAll('%', '%%')}" "${program.replaceAll('%', '%%')}" %*\r\n` };
  const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  return { name: 'datalake', text: `#!/bin/sh\nELECTRON_RUN_AS_NODE=1 exec ${quote(node)} ${quote(program)} "$@"\n` };
}

/** @param state the service's state folder */
export function offerDatalake(extension: vscode.ExtensionContext, state: string, log: vscode.LogOutputChannel): void {
  const folder = path.join(state, 'bin');
  const variables = extension.environmentVariableCollection;
  variables.description = DESCRIPTION;
  variables.prepend('PATH', folder + path.delimiter, { applyAtProcessCreation: true, applyAtShellIntegration: true });
  // Not part of the activation's time.
  setImmediate(() => {
    write(folder, wrapper(process.platform, process.execPath, extension.asAbsolutePath(path.join('dist', 'cli.cjs'))), state)
      .catch((error: unknown) => log.warn(`the command datalake can't be offered in terminals: ${error instanceof Error ? error.message : String(error)}`));
  });
}

async function write(folder: string, { name, text }: ReturnType<typeof wrapper>, state: string): Promise<void> {
  privateFolder(state);
  privateFolder(folder);
  const file = path.join(folder, name);
  const fresh = `${file}.${process.pid}`;
  await fs.writeFile(fresh, text, { mode: 0o700 });
  await fs.rename(fresh, file); // a terminal that starts it now gets the old one or the new one, whole
}
