// Builds the window's side of the extension and hands it over to VS Code. Awaits nothing and contacts nobody: the lake
// service is started by the first request, which the first view that becomes visible or a command makes.
import * as vscode from 'vscode';
import type { ServiceClient } from './client/client.ts';
import { thisPlace } from './client/place.ts';
import { registerAssistants } from './ui/assistants/register.ts';
import type { Accounts } from './ui/auth/accounts.ts';
import { registerAccounts, registerAuth } from './ui/auth/register.ts';
import { uriHandler } from './ui/auth/redirect.ts';
import { registerCode } from './ui/code/register.ts';
import { registerConfiguration } from './ui/configuration/register.ts';
import type { UiContext } from './ui/context.ts';
import { registerEditor } from './ui/editor/register.ts';
import { Explorer } from './ui/explorer/explorer.ts';
import { registerExplorer } from './ui/explorer/register.ts';
import { registerFileLists } from './ui/fileLists/register.ts';
import { InstanceList } from './ui/instances.ts';
import { registerLog } from './ui/log.ts';
import { didRoutes, registerLinks } from './ui/links/register.ts';
import { Notebooks } from './ui/notebooks/notebooks.ts';
import { registerNotebooks } from './ui/notebooks/register.ts';
import { showFailure } from './ui/notifications.ts';
import { registerRemoteFiles } from './ui/remoteFiles/register.ts';
import { registerRules } from './ui/rules/register.ts';
import { RulesView } from './ui/rulesView/register.ts';
import { registerRuleStatus } from './ui/ruleStatus/register.ts';
import { StorageView } from './ui/storageView/register.ts';
import { ScratchView } from './ui/scratch/register.ts';
import { serviceOfWindow } from './ui/service.ts';
import { SessionStore } from './ui/sessions.ts';
import { registerSettings } from './ui/settings.ts';
import { Signal } from './ui/signal.ts';
import { TransfersView } from './ui/transfers/register.ts';
import { TerminalPrograms } from './ui/terminal/programs.ts';
import { registerWatch } from './ui/watch/register.ts';
import { registerTerminal } from './ui/terminal/register.ts';

/** What the tests in the extension host look at; no interface for other extensions. */
export interface ForTests {
  readonly client: ServiceClient;
  readonly explorer: Explorer;
  readonly rulesView: RulesView;
  readonly storageView: StorageView;
  readonly transfersView: TransfersView;
  readonly scratchView: ScratchView;
  readonly notebooks: Notebooks;
  readonly accounts: Accounts;
  readonly programs: TerminalPrograms;
  readonly uriHandler: vscode.UriHandler;
  readonly log: vscode.LogOutputChannel;
  readonly context: vscode.ExtensionContext;
}

/** Of this window. */
let current: ServiceClient | undefined;

export function activate(extension: vscode.ExtensionContext): ForTests {
  const log = vscode.window.createOutputChannel('Rucio Data Lake', { log: true });
  const place = thisPlace();
  const { client, connection } = serviceOfWindow(extension, log, place);
  current = client;
  const sessions = new SessionStore();
  const instances = new InstanceList(client);
  const explorer = new Explorer({ client, log, state: extension.workspaceState, sessions, instances, onConnection: connection.event });
  const ui: UiContext = {
    extension, client, log, instances, sessions, dids: explorer.dids, ruleChanges: new Signal(), newInstances: new Signal(), onConnection: connection.event,
    showFailure: (failure, options) => showFailure(log, failure, options),
  };
  const rulesView = new RulesView(ui, sessions);
  const storageView = new StorageView(ui, sessions);
  const transfersView = new TransfersView(ui);
  const scratchView = new ScratchView(ui, sessions);
  const programs = new TerminalPrograms(ui);
  const notebooks = new Notebooks(ui, sessions, explorer.observation, programs);
  const account = registerAccounts(ui);
  const pages = uriHandler(ui, didRoutes(ui));
  extension.subscriptions.push(
    registerLog(ui),
    registerSettings(ui),
    registerExplorer(ui, explorer),
    registerEditor(ui),
    registerFileLists(ui),
    registerAuth(ui),
    account,
    vscode.window.registerUriHandler(pages),
    registerCode(ui, explorer.observation),
    registerLinks(ui),
    registerAssistants(ui, place),
    registerRules(ui),
    registerNotebooks(ui, notebooks),
    registerRuleStatus(ui),
    registerRemoteFiles(ui),
    registerWatch(ui),
    registerConfiguration(ui, programs),
    registerTerminal(ui, programs),
    explorer, rulesView, storageView, transfersView, scratchView, notebooks, client, connection, log,
  );
  return { client, explorer, rulesView, storageView, transfersView, scratchView, notebooks, programs, accounts: account.accounts, uriHandler: pages, log, context: extension };
}

/** VS Code waits some seconds for what ends with the window: a lake service in it. */
export function deactivate(): Promise<void> | undefined {
  return current?.dispose();
}
