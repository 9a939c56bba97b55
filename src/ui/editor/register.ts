// From a DID to its path in the editor: copy, open, reveal.
import path from 'node:path';
import * as vscode from 'vscode';
import { localPath, type LocalPath } from '../../protocol.ts';
import { registerCommand } from '../commands.ts';
import type { DidRef, UiContext } from '../context.ts';
import { commands } from '../contributions.ts';
import { didText } from '../explorer/words.ts';
import { unlinked, withoutIcons } from '../plain.ts';
import { type Place, wayToReveal } from './reveal.ts';

/** For a person at work one after another is quick enough, and the service is not flooded by a large selection. */
const MOST_PATHS = 100;

export function registerEditor(ui: UiContext): vscode.Disposable {
  return vscode.Disposable.from(
    registerCommand(ui, commands.copyDid, async (argument, selected) => {
      const dids = await ui.dids.pickAll(argument, selected, 'Copy DID');
      if (dids.length === 0) return;
      await vscode.env.clipboard.writeText(dids.map(didText).join('\n'));
      say(dids.length === 1 ? 'Copied the DID' : `Copied ${dids.length} DIDs`);
    }),
    registerCommand(ui, commands.copyPath, async (argument, selected) => copyPaths(ui, await ui.dids.pickAll(argument, selected, 'Copy Path'))),
    registerCommand(ui, commands.openFile, async (argument) => {
      const file = await oneFile(ui, await ui.dids.pick(argument, 'Open'), 'Open which file?');
      if (file !== undefined) await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file));
    }),
    registerCommand(ui, commands.revealFile, async (argument) => {
      const file = await oneFile(ui, await ui.dids.pick(argument, 'Reveal in File Explorer'), 'Reveal which file?');
      if (file !== undefined) await reveal(file);
    }),
  );
}

async function copyPaths(ui: UiContext, dids: readonly DidRef[]): Promise<void> {
  const paths: string[] = [];
  const problems: string[] = [];
  for (const did of dids.slice(0, MOST_PATHS)) {
    const found = await lookUp(ui, did);
    const here = pathsOf(found);
    paths.push(...here);
    if (here.length === 0) problems.push(problemOf(found));
    else if (found.problem !== undefined) problems.push(dids.length === 1 ? found.problem : `${didText(did)}: ${found.problem}`); // not all of its paths are among them
  }
  if (dids.length > MOST_PATHS) problems.push(`Only the first ${MOST_PATHS} of ${dids.length} were looked up.`);
  if (paths.length > 0) {
    await vscode.env.clipboard.writeText(paths.join('\n'));
    say(paths.length === 1 ? `Copied ${paths[0]}` : `Copied ${paths.length} paths`);
  }
  if (problems.length === 1 && paths.length === 0 && dids[0]) return offerToMakeAvailable(dids[0], problems[0] ?? '');
  if (problems.length > 0) void vscode.window.showWarningMessage(unlinked(`${paths.length === 0 ? 'No path was copied. ' : `Copied ${paths.length === 1 ? 'one path' : `${paths.length} paths`}. `}${problems.slice(0, 3).join(' ')}${problems.length > 3 ? ` And ${problems.length - 3} more.` : ''}`));
}

/** The file's path, or that of one of the collection's files which a person chooses. */
async function oneFile(ui: UiContext, did: DidRef | undefined, placeHolder: string): Promise<string | undefined> {
  if (!did) return undefined;
  const found = await lookUp(ui, did);
  if (found.path !== undefined) return found.path;
  const files = found.files ?? [];
  if (files.length === 0) {
    await offerToMakeAvailable(did, problemOf(found));
    return undefined;
  }
  const items = files.map((file) => ({ label: withoutIcons(didText(file.did)), description: withoutIcons(file.path), file: file.path }));
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true }))?.file;
}

function lookUp({ client }: UiContext, { instance, scope, name }: DidRef): Promise<LocalPath> {
  return client.request(localPath, { instance, did: { scope, name } });
}

const pathsOf = (found: LocalPath): readonly string[] => (found.path !== undefined ? [found.path] : (found.files ?? []).map((file) => file.path));

const problemOf = (found: LocalPath): string => found.problem ?? `${didText(found)} has no path here: it is not available.`;

async function offerToMakeAvailable(did: DidRef, problem: string): Promise<void> {
  const make = 'Make Available…';
  if (await vscode.window.showWarningMessage(unlinked(problem), make) === make) await vscode.commands.executeCommand(commands.makeAvailable, did);
}

async function reveal(file: string): Promise<void> {
  const uri = vscode.Uri.file(file);
  const place: Place = { inWorkspace: vscode.workspace.getWorkspaceFolder(uri) !== undefined, desktop: vscode.env.uiKind === vscode.UIKind.Desktop, remote: vscode.env.remoteName !== undefined };
  switch (wayToReveal(place)) {
    case 'explorer': return void await vscode.commands.executeCommand('revealInExplorer', uri);
    case 'desktop': return void await vscode.commands.executeCommand('revealFileInOS', uri);
    case 'ask': return askHowToReveal(file);
  }
}

/** In a browser, or with the file on another machine, no file manager can show it; the window shows its own folder only. */
async function askHowToReveal(file: string): Promise<void> {
  const folder = path.dirname(file);
  const deeds: Readonly<Record<string, () => unknown>> = {
    'Open Its Folder in a New Window': () => vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(folder), { forceNewWindow: true }),
    'Open a Terminal There': () => vscode.window.createTerminal({ cwd: folder, name: path.basename(folder) }).show(),
    'Copy Path': () => vscode.env.clipboard.writeText(file),
  };
  const chosen = await vscode.window.showInformationMessage(unlinked(`${file} lies outside of the folder that is open in this window, so the File Explorer can't show it.`), ...Object.keys(deeds));
  if (chosen !== undefined) await deeds[chosen]?.();
}

function say(words: string): void {
  vscode.window.setStatusBarMessage(`$(check) ${withoutIcons(words)}`, 4000);
}
