// The tools for VS Code's language models: registered while the setting says so, taken away and refused otherwise. What
// writes is confirmed by the person in VS Code's own dialog, which says the exact effect.
import * as vscode from 'vscode';
import { allowAssistants, TURNED_OFF } from '../../assistants/allowed.ts';
import { ToolError } from '../../assistants/schema.ts';
import type { ToolContext } from '../../assistants/context.ts';
import { effectOf, type Tool, TOOLS, useTool } from '../../assistants/tools.ts';
import type { Place } from '../../client/place.ts';
import { aborted } from '../code/documents.ts';
import type { UiContext } from '../context.ts';
import { settings } from '../contributions.ts';
import { escapeMarkdown } from '../plain.ts';

type Ui = Pick<UiContext, 'client' | 'instances' | 'log'>;

const enabled = (): boolean => vscode.workspace.getConfiguration().get<boolean>(settings.assistantsEnabled) !== false;

export function registerAssistants(ui: Ui, place: Place): vscode.Disposable {
  let registered: vscode.Disposable | undefined;
  const follow = (): void => {
    const on = enabled();
    try {
      // `datalake mcp` has no settings.
      allowAssistants(place, on);
    } catch (error) {
      ui.log.error(`datalake mcp could not be told that assistants are turned ${on ? 'on' : 'off'}: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (on) registered ??= vscode.Disposable.from(...TOOLS.map((tool) => vscode.lm.registerTool(tool.name, new AssistantTool(ui, tool))));
    else {
      registered?.dispose();
      registered = undefined;
    }
  };
  follow();
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeConfiguration((change) => { if (change.affectsConfiguration(settings.assistantsEnabled)) follow(); }),
    new vscode.Disposable(() => registered?.dispose()),
  );
}

export class AssistantTool implements vscode.LanguageModelTool<object> {
  readonly #ui: Ui;
  readonly #tool: Tool;

  constructor(ui: Ui, tool: Tool) {
    this.#ui = ui;
    this.#tool = tool;
  }

  async prepareInvocation({ input }: { readonly input: object }, token: vscode.CancellationToken): Promise<vscode.PreparedToolInvocation> {
    const { doing, title, effect } = this.#tool;
    if (!effect) return { invocationMessage: doing };
    this.#refuse();
    const words = await effectOf(this.#tool, this.#context(token), input);
    return { invocationMessage: doing, confirmationMessages: { title, message: new vscode.MarkdownString(words.split('\n').map(escapeMarkdown).join('\n\n')) } };
  }

  async invoke({ input }: { readonly input: object }, token: vscode.CancellationToken): Promise<vscode.LanguageModelToolResult> {
    this.#refuse();
    return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(await useTool(this.#tool, this.#context(token), input))]);
  }

  /** It may have been turned off since the model was told of it. */
  #refuse(): void {
    if (!enabled()) throw new ToolError(TURNED_OFF);
  }

  #context(token: vscode.CancellationToken): ToolContext {
    const { client, instances } = this.#ui;
    return {
      client, signal: aborted(token),
      instance: async (wanted) => {
        const all = (await instances.all()).map(({ name }) => name);
        const chosen = wanted === undefined ? all[0] : all.find((name) => name === wanted);
        if (chosen === undefined) throw new ToolError(all.length === 0 ? 'No Rucio instance is configured here.' : `There is no instance ${JSON.stringify(wanted)}; there ${all.length === 1 ? 'is' : 'are'} ${all.join(', ')}.`);
        return chosen;
      },
    };
  }
}
