// The hover on a DID: what it is, its size, whether it is here and where else, its path, and what can be done.
import * as vscode from 'vscode';
import type { Glance } from '../../protocol.ts';
import type { DidRef, UiContext } from '../context.ts';
import { commands, type CommandId } from '../contributions.ts';
import { didTooltip } from '../explorer/tooltip.ts';
import { didText } from '../explorer/words.ts';
import { toFailure } from '../failures.ts';
import { escapeMarkdown } from '../plain.ts';
import { aborted, type CodeDocuments } from './documents.ts';
import { type Glances, stateOf } from './glances.ts';

/** The only commands that a hover may run. */
const LINKS: readonly CommandId[] = [commands.makeAvailable, commands.revealInExplore, commands.copyPath, commands.copyDid, commands.copyDidLink, commands.checkDid, commands.showRule, commands.signIn, commands.addToNotebook];
const MOST_NAMED = 3;
/** The scheme of a notebook's cells. */
export const CELL = 'vscode-notebook-cell';

export class DidHover implements vscode.HoverProvider {
  readonly #ui: UiContext;
  readonly #documents: CodeDocuments;
  readonly #glances: Glances;

  constructor(ui: UiContext, documents: CodeDocuments, glances: Glances) {
    this.#ui = ui;
    this.#documents = documents;
    this.#glances = glances;
  }

  async provideHover(document: vscode.TextDocument, position: vscode.Position, token: vscode.CancellationToken): Promise<vscode.Hover | undefined> {
    const placed = await this.#documents.at(document, position);
    if (!placed || token.isCancellationRequested) return undefined;
    const { ref, range } = placed;
    let text: string;
    try {
      text = this.#text(ref, await this.#glances.at(ref, aborted(token)), document.uri.scheme === CELL);
    } catch (error) {
      const failure = toFailure(error);
      if (failure.kind === 'cancelled') return undefined;
      this.#ui.log.debug(`hover on ${didText(ref)}: ${failure.what}`);
      text = failure.kind === 'signInNeeded'
        ? `**${escapeMarkdown(didText(ref))}**\n\n${escapeMarkdown(`To see what it is, sign in to ${this.#lake(ref)}.`)}\n\n${link('Sign In…', commands.signIn, { instance: ref.instance })}`
        : `**${escapeMarkdown(didText(ref))}**\n\n${escapeMarkdown(failure.kind === 'notFound' ? `Not in the catalogue of ${this.#lake(ref)}.` : failure.what)}`;
    }
    const markdown = new vscode.MarkdownString(text);
    markdown.isTrusted = { enabledCommands: LINKS };
    return new vscode.Hover(markdown, range);
  }

  #lake({ instance }: DidRef): string {
    return this.#ui.instances.get(instance)?.displayName ?? instance;
  }

  #text(ref: DidRef, glance: Glance, inNotebook: boolean): string {
    const { details, elsewhere } = glance;
    const typed: DidRef = { ...ref, type: details.type };
    const info = stateOf(ref, glance, this.#ui.dids);
    const lines = [didTooltip({ ...details, scope: ref.scope, name: ref.name }, info)];
    if (elsewhere.length > 0) lines.push(escapeMarkdown(`Also at ${elsewhere.slice(0, MOST_NAMED).join(', ')}${elsewhere.length > MOST_NAMED ? ` and ${elsewhere.length - MOST_NAMED} more` : ''}.`));
    const here = info?.state === 'available' || info?.state === 'partly';
    const links = [
      ...(info?.state === 'available' || info?.state === 'empty' ? [] : [link('Make Available…', commands.makeAvailable, typed)]),
      ...(here ? [link('Copy Path', commands.copyPath, typed)] : []),
      ...(inNotebook ? [link('Add to Notebook…', commands.addToNotebook, typed)] : []),
      link('Reveal in Explore', commands.revealInExplore, typed),
      ...(here ? [] : [link('Check', commands.checkDid, typed)]),
      ...(info?.ruleId === undefined ? [] : [link('Show Rule', commands.showRule, typed)]),
      link('Copy Link', commands.copyDidLink, typed),
    ];
    return [...lines, links.join(' · ')].join('\n\n');
  }
}

/** A command's address holds its arguments; brackets would end the link. */
export function link(title: string, command: CommandId, argument: object): string {
  return `[${title}](${commandUri(command, argument).toString()})`;
}

export function commandUri(command: CommandId, argument: object): vscode.Uri {
  return vscode.Uri.parse(`command:${command}?${encodeURIComponent(JSON.stringify([argument])).replace(/[()'!*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)}`);
}
