// One rule's page in the editor: the host's side of it.
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { commands } from '../contributions.ts';
import type { UiContext } from '../context.ts';
import * as protocol from '../../protocol.ts';
import { toFailure } from '../failures.ts';
import { RuleFiles, stuckView } from './files.ts';
import { isFromPage } from './fromPage.ts';
import { type Point, withPoint } from './history.ts';
import { shellHtml } from './html.ts';
import type { FromPage, PageAction, PageState, RuleDoing, StuckView, ToPage } from './messages.ts';
import { snapshotOf } from './snapshot.ts';
import { RuleSizeWatch } from './size.ts';
import { RuleWatch } from './watch.ts';

const nonce = (): string => randomBytes(16).toString('hex');

/** The commands behind the page's actions; each asks what it has to know. */
const DOING: Readonly<Record<RuleDoing, string>> = {
  watch: commands.watchRule, boost: commands.boostRule, lifetime: commands.changeRuleLifetime, priority: commands.changeRulePriority, comment: commands.changeRuleComment, activity: commands.changeRuleActivity,
  approve: commands.approveRule, deny: commands.denyRule, suspend: commands.suspendRule, resume: commands.resumeRule, repair: commands.repairRule, move: commands.moveRule, reduce: commands.reduceRule, delete: commands.deleteRule,
  copyLink: commands.copyRuleLink, copyCommand: commands.copyRuleCommand, copyJson: commands.copyRuleJson,
};

export class RulePanel {
  readonly #ui: UiContext;
  readonly #panel: vscode.WebviewPanel;
  readonly #watch: RuleWatch;
  readonly #subscriptions: { dispose(): void }[] = [];
  readonly #files: RuleFiles;
  readonly #size: RuleSizeWatch;
  #page: PageState;
  #history: readonly Point[] = [];
  /** Of the rule as it was when it was asked. */
  #stuck: { readonly of: string; readonly files: readonly StuckView[] } | undefined;

  /** `panel` is new or restored after a reload; ends with it. */
  constructor(ui: UiContext, panel: vscode.WebviewPanel, page: PageState, onDispose: () => void) {
    this.#ui = ui;
    this.#panel = panel;
    this.#page = page;
    this.#watch = new RuleWatch(ui.client, page.instance, page.ruleId);
    this.#files = new RuleFiles(ui.client, page.instance, page.ruleId);
    this.#size = new RuleSizeWatch(ui.client, page.instance, page.ruleId, (message) => ui.log.warn(message));
    const { extensionUri } = ui.extension;
    const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    panel.iconPath = { light: vscode.Uri.joinPath(extensionUri, 'media', 'rule-light.svg'), dark: vscode.Uri.joinPath(extensionUri, 'media', 'rule-dark.svg') };
    panel.webview.options = { enableScripts: true, localResourceRoots: [folder], enableCommandUris: false };
    this.#subscriptions.push(
      panel.webview.onDidReceiveMessage((message: unknown) => this.#receive(message)),
      panel.onDidChangeViewState(() => this.#follow()),
      vscode.window.onDidChangeWindowState(() => this.#follow()),
      this.#watch.onDidChange(() => this.#hear()),
      this.#files.onDidChange(() => this.#send()),
      this.#files,
      this.#size.onDidChange(() => this.#send()),
      this.#size,
      // Changed from here, or from another view of this window.
      ui.ruleChanges.event(({ instance, id }) => { if (instance === page.instance && id === page.ruleId) this.#follow(); }),
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
    if (page.files) void this.#files.look(page.files);
  }

  reveal(): void {
    this.#panel.reveal();
    this.#follow();
  }

  /** Of a window in the background only what was never heard is asked: once. What is watched, the service looks at. */
  #follow(): void {
    const { focused } = vscode.window.state;
    if (this.#panel.visible && (focused || (!this.#watch.progress && !this.#watch.failure))) return this.#watch.follow();
    const { following } = this.#watch;
    this.#watch.pause();
    this.#size.pause();
    if (following) this.#send(); // it is of that time, not live
  }

  #receive(message: unknown): void {
    if (!isFromPage(message)) return;
    switch (message.type) {
      case 'ready': return this.#send();
      case 'do': return void this.#do(message.action);
      case 'files': return this.#lookAtFiles(message);
      case 'copy': return void vscode.env.clipboard.writeText(message.text).then(() => vscode.window.setStatusBarMessage('$(copy) Copied', 3000));
    }
  }

  #lookAtFiles({ query, again }: Extract<FromPage, { type: 'files' }>): void {
    if (query) return void this.#files.look(query, again);
    this.#files.close();
    this.#send();
  }

  /** How the rule is, was heard. */
  #hear(): void {
    const { progress, asOf } = this.#watch;
    if (progress) {
      const { rule } = progress;
      const before = this.#history.at(-1);
      this.#history = withPoint(this.#history, rule, asOf ?? Date.now());
      if (before && before[1] !== this.#history.at(-1)?.[1]) this.#files.outdated();
      void this.#explainStuck(rule);
      this.#size.hear(rule);
      if (this.#watch.following && !vscode.window.state.focused) return this.#follow();
    }
    this.#send();
  }

  /** Which files keep it stuck, asked once for each change of the rule. */
  async #explainStuck(rule: protocol.Rule): Promise<void> {
    const of = rule.state === 'STUCK' ? `${rule.updated_at} ${rule.locks_stuck_cnt}` : '';
    if (this.#stuck?.of === of) return;
    this.#stuck = { of, files: rule.state === 'STUCK' ? this.#stuck?.files ?? [] : [] };
    if (of === '') return;
    try {
      const files = await this.#ui.client.request(protocol.stuckFiles, { instance: this.#page.instance, id: rule.id });
      if (this.#stuck?.of !== of) return; // the rule has moved on, and is asked about anew
      this.#stuck = { of, files: files.map(stuckView) };
    } catch (error) {
      // The rule's own error stands on the page in any case.
      this.#ui.log.warn(`why rule ${rule.id} is stuck, file by file, is not known: ${toFailure(error).what}`);
      if (this.#stuck?.of === of) this.#stuck = undefined;
    }
    this.#send();
  }

  async #do(action: PageAction): Promise<void> {
    const { instance, ruleId } = this.#page;
    switch (action) {
      case 'retry': return this.#watch.follow();
      case 'signIn': return void await vscode.commands.executeCommand(commands.signIn, { instance });
      case 'openSettings': return void await vscode.commands.executeCommand(commands.openSettings);
      case 'showLog': return void await vscode.commands.executeCommand(commands.showLog);
      case 'reload': return void await vscode.commands.executeCommand('workbench.action.reloadWindow');
      case 'openWebUI': return void await vscode.commands.executeCommand(commands.openRuleInWebUI, { instance, ruleId });
      case 'copyId':
        await vscode.env.clipboard.writeText(ruleId);
        vscode.window.setStatusBarMessage('$(copy) Rule ID copied', 3000);
        return;
      default:
        await vscode.commands.executeCommand(DOING[action], { instance, id: ruleId, ruleId });
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
      ...(this.#files.view && { files: this.#files.view }), ...(this.#stuck && { stuck: this.#stuck.files }), history: this.#history, ...(this.#size.size && { size: this.#size.size }),
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
