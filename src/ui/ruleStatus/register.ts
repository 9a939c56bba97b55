// The rule pages: at most one for each rule, opened by commands and restored after a reload of the window.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import { registerCommand } from '../commands.ts';
import { commands, panels } from '../contributions.ts';
import type { UiContext } from '../context.ts';
import { findRule } from '../rules/findRule.ts';
import { pageState } from './fromPage.ts';
import { LOST_HTML } from './html.ts';
import type { PageState } from './messages.ts';
import { RulePanel } from './panel.ts';

export function registerRuleStatus(ui: UiContext): vscode.Disposable {
  const pages = new Map<string, RulePanel>();
  const open = (page: PageState, restored?: vscode.WebviewPanel): void => {
    const key = JSON.stringify([page.instance, page.ruleId]);
    const shown = pages.get(key);
    if (shown && !restored) return shown.reveal();
    const panel = restored ?? vscode.window.createWebviewPanel(panels.rule, 'Rule', vscode.ViewColumn.Active, {});
    const rulePanel = new RulePanel(ui, panel, page, () => { if (pages.get(key) === rulePanel) pages.delete(key); });
    pages.set(key, rulePanel);
  };

  return vscode.Disposable.from(
    registerCommand(ui, commands.showRule, async (argument) => {
      const rule = await findRule(ui, argument, 'Show Rule', commands.showRule);
      if (rule) open({ ...rule, heading: '' });
    }),
    registerCommand(ui, commands.openRuleInWebUI, async (argument) => {
      const rule = await findRule(ui, argument, 'Open in Rucio WebUI', commands.openRuleInWebUI);
      if (rule) await openInWebUI(ui, rule);
    }),
    vscode.window.registerWebviewPanelSerializer(panels.rule, {
      deserializeWebviewPanel: async (panel, kept: unknown) => {
        const page = pageState(kept);
        if (page) open(page, panel);
        else panel.webview.html = LOST_HTML;
      },
    }),
  );
}

async function openInWebUI(ui: UiContext, { instance, ruleId }: { readonly instance: string; readonly ruleId: string }): Promise<void> {
  const { webuiUrl } = await ui.client.request(protocol.getRule, { instance, id: ruleId });
  if (webuiUrl) return void await vscode.env.openExternal(vscode.Uri.parse(webuiUrl, true));
  const name = ui.instances.get(instance)?.displayName ?? instance;
  const chosen = await vscode.window.showInformationMessage(`The address of ${name}’s WebUI is not known: set rucio_webui_url of this instance.`, 'Open Settings');
  if (chosen) await vscode.commands.executeCommand(commands.openSettings);
}
