// A rule for the clipboard: its id, its page's address, the command of Rucio's own client that shows it, all of it as JSON.
import * as vscode from 'vscode';
import * as protocol from '../../../protocol.ts';
import { commands } from '../../contributions.ts';
import type { UiContext } from '../../context.ts';
import type { RuleRef } from './ruleRef.ts';

/** undefined: there is none, which was said. */
export type CopyWay = (ui: UiContext, ref: RuleRef) => string | undefined | Promise<string | undefined>;

export const copyWays = {
  id: (_ui, { id }) => id,
  link: linkOf,
  // As the client writes it since Rucio 35 (rucio 41: cli/rule.py); older ones have `rucio rule-info`.
  command: (_ui, { id }) => `rucio rule show ${id}`,
  json: async (ui, ref) => JSON.stringify((await ui.client.request(protocol.getRule, ref)).rule, null, 2),
} satisfies Readonly<Record<string, CopyWay>>;

async function linkOf(ui: UiContext, ref: RuleRef): Promise<string | undefined> {
  const { webuiUrl } = await ui.client.request(protocol.getRule, ref);
  if (webuiUrl !== undefined) return webuiUrl;
  const name = ui.instances.get(ref.instance)?.displayName ?? ref.instance;
  void vscode.window.showInformationMessage(`The address of ${name}’s WebUI is not known, so there is no link to the rule: set rucio_webui_url of this instance.`, 'Open Settings')
    .then((chosen) => chosen && vscode.commands.executeCommand(commands.openSettings));
  return undefined;
}
