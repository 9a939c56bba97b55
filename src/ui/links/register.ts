// Links to DIDs: made by *Copy Link to DID*, or `rucio:` in a notebook's Markdown; opened in *Explore*. A link only ever shows; what it shows can be acted on there.
import * as vscode from 'vscode';
import { ServiceFailure } from '../../client/client.ts';
import type { Routes } from '../auth/redirect.ts';
import { registerCommand } from '../commands.ts';
import type { DidRef, UiContext } from '../context.ts';
import { commands, renderers } from '../contributions.ts';
import { noInstance } from '../instances.ts';
import { didAddress, DID_PATH, linkedDid, pressedDid } from './address.ts';

export function didRoutes(ui: Pick<UiContext, 'instances'>): Routes {
  return { [DID_PATH]: (query) => show(ui, linkedDid(query)) };
}

async function show(ui: Pick<UiContext, 'instances'>, linked: ReturnType<typeof linkedDid>): Promise<void> {
  if ('problem' in linked) throw new ServiceFailure({ kind: 'badInput', what: linked.problem, next: 'Ask for the DID itself, and use Search DIDs.', actions: [] });
  const all = await ui.instances.all();
  if (all.length === 0) throw noInstance();
  const { scope, name } = linked;
  const instance = all.find((one) => one.name === linked.instance) ?? await ui.instances.pick(undefined, `In which data lake is ${scope}:${name}?`);
  if (!instance) return;
  const ref: DidRef = { instance: instance.name, scope, name };
  await vscode.commands.executeCommand(commands.revealInExplore, ref);
}

export function registerLinks(ui: UiContext): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.notebooks.createRendererMessaging(renderers.didLinks).onDidReceiveMessage(({ message }) => {
      void show(ui, pressedDid(message)).catch((error: unknown) => ui.showFailure(error));
    }),
    registerCommand(ui, commands.copyDidLink, async (argument, selected) => {
      const dids = await ui.dids.pickAll(argument, selected, 'Copy Link to DID');
      if (dids.length === 0) return;
      await vscode.env.clipboard.writeText(dids.map((did) => didAddress(vscode.env.uriScheme, ui.extension.extension.id, did)).join('\n'));
      vscode.window.setStatusBarMessage(`$(check) ${dids.length === 1 ? 'Copied the link' : `Copied ${dids.length} links`}`, 4000);
    }),
  );
}
