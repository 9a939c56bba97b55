// One rule's page in the editor: the host's side of it.
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { commands } from '../contributions.ts';
import type { UiContext } from '../context.ts';
import { isFromPage } from './fromPage.ts';
import { shellHtml } from './html.ts';
import type { PageAction, PageState, ToPage } from './messages.ts';
import { snapshotOf } from './snapshot.ts';
import { RuleWatch } from './watch.ts';

const nonce = (): string => randomBytes(16).toString('hex');

export class RulePanel {
  readonly #ui: UiContext;
  readonly #panel: vscode.WebviewPanel;
  readonly #watch: RuleWatch;
  readonly #subscriptions: { dispose(): void }[] = [];
  #page: PageState;

  /** `panel` is new or restored after a reload; ends with it. */
  constructor(ui: UiContext, panel: vscode.WebviewPanel, page: PageState, onDispose: () => void) {
    this.#ui = ui;
    this.#panel = panel;
    this.#page = page;
    this.#watch = new RuleWatch(ui.client, page.instance, page.ruleId);
    const { extensionUri } = ui.extension;
    const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    panel.iconPath = { light: vscode.Uri.joinPath(extensionUri, 'media', 'rule-light.svg'), dark: vscode.Uri.joinPath(extensionUri, 'media', 'rule-dark.svg') };
    panel.webview.options = { enableScripts: true, localResourceRoots: [folder], enableCommandUris: false };
    this.#subscriptions.push(
      panel.webview.onDidReceiveMessage((message: unknown) => this.#receive(message)),
      panel.onDidChangeViewState(() => this.#follow()),
      this.#watch.onDidChange(() => this.#send()),
      // Signed in again, here or in another window: the page goes on by itself.
      ui.sessions.onDidChange(({ instance, state }) => { if (instance === page.instance && state === 'signedIn' && this.#watch.failure) this.#follow(); }),
      { dispose: () => this.#watch.dispose() },
    );
    panel.onDidDispose(() => {
      for (const subscription of this.#subscriptions) subscription.dispose();
      onDispose();
    });
    this.#setTitle();
    const address = (name: string) => panel.webview.asWebviewUri(vscode.Uri.joinPath(folder, name)).toString();
    panel.webview.html = shellHtml({ page, script: address('ruleStatus.js'), style: address('ruleStatus.css'), cspSource: panel.webview.cspSource, scriptNonce: nonce(), styleNonce: nonce() });
    this.#follow();
  }

  reveal(): void {
    this.#panel.reveal();
    this.#follow();
  }

  #follow(): void {
    if (this.#panel.visible) this.#watch.follow();
    else this.#watch.pause();
  }

  #receive(message: unknown): void {
    if (!isFromPage(message)) return;
    if (message.type === 'ready') this.#send();
    else void this.#do(message.action);
  }

  async #do(action: PageAction): Promise<void> {
    const { instance, ruleId } = this.#page;
    switch (action) {
      case 'retry': return this.#follow();
      case 'signIn': return void await vscode.commands.executeCommand(commands.signIn, { instance });
      case 'openSettings': return void await vscode.commands.executeCommand(commands.openSettings);
      case 'showLog': return void await vscode.commands.executeCommand(commands.showLog);
      case 'openWebUI': return void await vscode.commands.executeCommand(commands.openRuleInWebUI, { instance, ruleId });
      case 'copyId':
        await vscode.env.clipboard.writeText(ruleId);
        vscode.window.setStatusBarMessage('$(copy) Rule ID copied', 3000);
    }
  }

  /** A hidden page does not get messages; it asks by `ready` when it is shown again. */
  #send(): void {
    const { progress, failure, asOf, following } = this.#watch;
    const { instance, ruleId, heading } = this.#page;
    const snapshot = snapshotOf({
      instance, ruleId, heading, instanceName: this.#ui.instances.get(instance)?.displayName ?? instance,
      live: following && failure === undefined && progress?.moving === true, busy: following && (failure !== undefined || progress === undefined),
      ...(progress ? { progress } : {}), ...(failure ? { failure } : {}), ...(asOf === undefined ? {} : { asOf }),
    });
    this.#page = snapshot.page;
    this.#setTitle();
    const message: ToPage = { type: 'snapshot', snapshot };
    void this.#panel.webview.postMessage(message);
  }

  #setTitle(): void {
    const title = this.#page.heading ? `Rule: ${this.#page.heading}` : 'Rule';
    if (this.#panel.title !== title) this.#panel.title = title;
  }
}
