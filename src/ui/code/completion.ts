// Completion inside of strings: scopes as far as they are known, then names from the server, a page of them and only
// when typing rests. What is typed on within a whole answer asks nobody.
import * as vscode from 'vscode';
import { didRows, type DIDRow, listDids } from '../../protocol.ts';
import type { UiContext } from '../context.ts';
import { sizeText, typeWord } from '../explorer/words.ts';
import { toFailure } from '../failures.ts';
import { aborted } from './documents.ts';
import { typedAt } from './recognise.ts';
import type { KnownScopes } from './scopes.ts';

export const MOST_NAMES = 100;
const MOST_SCOPES = 200;
/** Typing on within so many ms cancels before anything is asked. */
const REST = 200;
/** A word that stands bare is most often no scope. */
const LEAST_BARE = 3;
/** ms; DIDs come and go. */
const ANSWER_AGE = 60_000;

interface Answer { readonly at: number; readonly instance: string; readonly scope: string; readonly begin: string; readonly rows: readonly DIDRow[] }

export class DidCompletion implements vscode.CompletionItemProvider {
  readonly #ui: Pick<UiContext, 'client' | 'log'>;
  readonly #scopes: KnownScopes;
  readonly #rest: number;
  /** The last one that was whole. */
  #answer: Answer | undefined;

  constructor(ui: Pick<UiContext, 'client' | 'log'>, scopes: KnownScopes, rest = REST) {
    this.#ui = ui;
    this.#scopes = scopes;
    this.#rest = rest;
  }

  async provideCompletionItems(document: vscode.TextDocument, position: vscode.Position, token: vscode.CancellationToken): Promise<vscode.CompletionList | undefined> {
    const typed = typedAt(document.getText(), document.offsetAt(position), document.languageId);
    if (!typed) return undefined;
    const { text, start, quoted } = typed;
    const colon = text.indexOf(':');
    if (colon < 0) return this.#ofScopes(text, quoted, new vscode.Range(document.positionAt(start), position));
    const begin = text.slice(colon + 1);
    const scope = text.slice(0, colon);
    if (/[*\\{}]/.test(begin) || begin.startsWith('//') || !/^[\w.-]+$/.test(scope)) return undefined;
    await this.#scopes.refresh();
    const instance = this.#scopes.instanceOf(scope);
    if (instance === undefined) return undefined;
    const found = await this.#names(instance, scope, begin, token);
    if (!found) return undefined;
    const range = new vscode.Range(document.positionAt(start + colon + 1), position);
    return new vscode.CompletionList(found.rows.map((row) => nameItem(row, range)), found.more);
  }

  async #ofScopes(text: string, quoted: boolean, range: vscode.Range): Promise<vscode.CompletionList | undefined> {
    if (!/^[\w.-]*$/.test(text) || (!quoted && text.length < LEAST_BARE)) return undefined;
    await this.#scopes.refresh();
    const fitting = this.#scopes.all().filter((scope) => scope.startsWith(text));
    if (fitting.length === 0) return undefined;
    return new vscode.CompletionList(fitting.slice(0, MOST_SCOPES).map((scope) => {
      const item = new vscode.CompletionItem({ label: `${scope}:`, description: 'scope' }, vscode.CompletionItemKind.Module);
      item.range = range;
      item.filterText = scope;
      // The names come next.
      item.command = { command: 'editor.action.triggerSuggest', title: 'Names' };
      return item;
    }), fitting.length > MOST_SCOPES);
  }

  /** undefined = typing went on, or nobody may ask. */
  async #names(instance: string, scope: string, begin: string, token: vscode.CancellationToken): Promise<{ readonly rows: readonly DIDRow[]; readonly more: boolean } | undefined> {
    const known = this.#answer;
    if (known && known.instance === instance && known.scope === scope && begin.startsWith(known.begin) && Date.now() - known.at < ANSWER_AGE) return { rows: known.rows.filter(({ name }) => name.startsWith(begin)), more: false };
    await new Promise((resolve) => { setTimeout(resolve, this.#rest); });
    if (token.isCancellationRequested) return undefined;
    const rows: DIDRow[] = [];
    try {
      const { more } = await this.#ui.client.stream(listDids, didRows, (stream) => ({ instance, scope, name: `${begin}*`, type: 'all' as const, limit: MOST_NAMES, rows: stream, quiet: true }),
        (some) => rows.push(...some), { signal: aborted(token), onRestart: () => void (rows.length = 0) });
      if (!more) this.#answer = { at: Date.now(), instance, scope, begin, rows };
      return { rows, more };
    } catch (error) {
      const failure = toFailure(error);
      if (failure.kind !== 'cancelled') this.#ui.log.warn(`names of ${scope} not completed: ${failure.what}`);
      return undefined;
    }
  }
}

function nameItem(row: DIDRow, range: vscode.Range): vscode.CompletionItem {
  const item = new vscode.CompletionItem({ label: row.name, description: typeWord(row.type) }, row.type === 'FILE' ? vscode.CompletionItemKind.File : vscode.CompletionItemKind.Folder);
  item.range = range;
  item.filterText = row.name;
  item.detail = [typeWord(row.type), sizeText(row)].filter(Boolean).join(' · ');
  return item;
}
