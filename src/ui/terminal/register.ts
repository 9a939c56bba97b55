// The lake service for people: *Show Service Status*, *Restart Service*, and `datalake` in terminals.
import * as vscode from 'vscode';
import { thisPlace } from '../../client/place.ts';
import * as protocol from '../../protocol.ts';
import { registerCommand } from '../commands.ts';
import { commands } from '../contributions.ts';
import type { UiContext } from '../context.ts';
import { toFailure } from '../failures.ts';
import { count } from '../explorer/words.ts';
import { offerDatalake } from './datalake.ts';
import { SignedInDebugging } from './debugged.ts';
import { TerminalPrograms } from './programs.ts';
import { statusDocument } from './statusDocument.ts';
import { tellProblems, useInTerminals } from './useInTerminals.ts';

const SCHEME = 'rucio-service';

/** One document, written anew each time it is asked for. */
const DOCUMENT = vscode.Uri.from({ scheme: SCHEME, path: 'Lake Service Status.json' });

export function registerTerminal(ui: UiContext, programs: TerminalPrograms): vscode.Disposable {
  offerDatalake(ui.extension, thisPlace().state, ui.log);
  const changed = new vscode.EventEmitter<vscode.Uri>();
  return vscode.Disposable.from(
    changed,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: changed.event,
      provideTextDocumentContent: async () => statusDocument(await ui.client.request(protocol.status, {}), ui.client.state),
    }),
    programs,
    tellProblems(ui),
    registerCommand(ui, commands.useInTerminals, (argument) => useInTerminals(ui, programs, argument)),
    vscode.debug.registerDebugConfigurationProvider('*', new SignedInDebugging(ui, programs)),
    registerCommand(ui, commands.showServiceStatus, async () => {
      // Asked first, so that a service that can't be had is a failure with its actions, not an empty document.
      await ui.client.welcome();
      changed.fire(DOCUMENT);
      const document = await vscode.workspace.openTextDocument(DOCUMENT);
      await vscode.window.showTextDocument(document, { preview: true });
    }),
    registerCommand(ui, commands.restartService, () => restart(ui)),
  );
}

async function restart(ui: UiContext): Promise<void> {
  const { clients, pid } = await ui.client.request(protocol.status, {});
  const others = clients.filter((client) => client.pid !== process.pid);
  if (others.length > 0) {
    const detail = `${others.map(({ label }) => label).join(', ')}\n\nThey connect again by themselves, and transfers go on where they were. What is asked just now is asked again; what is being changed just now (a rule, a sign-in) may have to be looked at.`;
    if (await vscode.window.showWarningMessage(`The lake service is used by ${count(others.length, 'other client')}, too.`, { modal: true, detail }, 'Restart Anyway') === undefined) return;
  }
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: 'Restarting the lake service' }, async () => {
    const ended = closed(ui);
    await shutDown(ui, others.length > 0);
    await ended;
    const fresh = await ui.client.welcome();
    ui.log.info(`lake service restarted: process ${pid} ended, process ${fresh.pid} answers`);
  });
  vscode.window.setStatusBarMessage('$(check) Lake service restarted', 5000);
}

/** A service that ends before its answer has got through has done what was asked. */
async function shutDown(ui: UiContext, used: boolean): Promise<void> {
  try {
    await ui.client.request(protocol.shutdown, { used });
  } catch (error) {
    if (toFailure(error).kind !== 'service') throw error;
  }
}

/** The answer to `shutdown` comes before the connection closes; asked in between, the old one would answer. */
function closed(ui: UiContext): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, 10_000); // then the next request finds out by itself
    const subscription = ui.onConnection((state) => { if (state === 'idle') done(); });
    function done(): void {
      clearTimeout(timer);
      subscription.dispose();
      resolve();
    }
  });
}
