// DIDs that are dropped on an editor from our trees, or pasted as text: offered as path, DID, link or lines of code. The
// path is looked up when it is chosen, not before.
import * as vscode from 'vscode';
import { localPath } from '../../protocol.ts';
import type { DidRef, UiContext } from '../context.ts';
import { commands } from '../contributions.ts';
import { refOf } from '../explorer/dids.ts';
import { toFailure } from '../failures.ts';
import { unlinked } from '../plain.ts';
import { DIDS_MIME } from '../tree/drag.ts';
import { aborted } from './documents.ts';
import { CELL } from './hover.ts';
import { type Insertion, insertions, isPlain, type Part } from './insert.ts';
import { didIn, typedAt } from './recognise.ts';
import type { KnownScopes } from './scopes.ts';

/** DIDs of which the paths are looked up, and paths. */
const MOST_DIDS = 20;
const LONGEST_PASTE = 20_000;
const MOST_DRAGGED = 1000;

const kindOf = (id: string): vscode.DocumentDropOrPasteEditKind => vscode.DocumentDropOrPasteEditKind.Empty.append('rucio', id);
export const KINDS = ['path', 'did', 'link', 'snippet', 'rule', 'notebook'].map(kindOf);

interface Chosen { readonly insertion: Insertion; readonly dids: readonly DidRef[]; readonly language: string; readonly bare: boolean }

class DropEdit extends vscode.DocumentDropEdit {
  readonly chosen: Chosen;

  constructor(chosen: Chosen) {
    super('', chosen.insertion.title, kindOf(chosen.insertion.id));
    this.chosen = chosen;
  }
}

/** Puts nothing into the text: the dialog that names the variable follows. */
class AttachEdit extends vscode.DocumentDropEdit {
  readonly dids: readonly DidRef[];

  constructor(dids: readonly DidRef[]) {
    super('', 'Add to Notebook…', kindOf('notebook'));
    this.dids = dids;
  }
}

/** The same for what is pasted. */
class AttachPaste extends vscode.DocumentPasteEdit {
  readonly dids: readonly DidRef[];

  constructor(dids: readonly DidRef[]) {
    super('', 'Add to Notebook…', kindOf('notebook'));
    this.dids = dids;
    this.yieldTo = [vscode.DocumentDropOrPasteEditKind.Text];
  }
}

class PasteEdit extends vscode.DocumentPasteEdit {
  readonly chosen: Chosen;

  constructor(chosen: Chosen) {
    super('', chosen.insertion.title, kindOf(chosen.insertion.id));
    this.chosen = chosen;
    // What was copied is pasted as it is, unless another way is chosen.
    this.yieldTo = [vscode.DocumentDropOrPasteEditKind.Text];
  }
}

export class DidDrop implements vscode.DocumentDropEditProvider {
  readonly #ui: UiContext;

  constructor(ui: UiContext) {
    this.#ui = ui;
  }

  async provideDocumentDropEdits(document: vscode.TextDocument, position: vscode.Position, data: vscode.DataTransfer): Promise<vscode.DocumentDropEdit[] | undefined> {
    const dragged = draggedDids(await data.get(DIDS_MIME)?.asString() ?? '');
    if (dragged.dids.length === 0) return undefined;
    const bare = inString(document, position);
    const rules = dragged.ruleIds.length > 0 ? [new vscode.DocumentDropEdit(dragged.ruleIds.join('\n'), dragged.ruleIds.length === 1 ? 'Insert Rule ID' : 'Insert Rule IDs', kindOf('rule'))] : [];
    const attach = document.uri.scheme === CELL ? [new AttachEdit(dragged.dids)] : [];
    return [...insertions(document.languageId, dragged.dids, bare).map((insertion) => new DropEdit({ insertion, dids: dragged.dids, language: document.languageId, bare })), ...attach, ...rules];
  }

  async resolveDocumentDropEdit(edit: vscode.DocumentDropEdit, token: vscode.CancellationToken): Promise<vscode.DocumentDropEdit> {
    if (edit instanceof AttachEdit) void vscode.commands.executeCommand(commands.addToNotebook, edit.dids[0], edit.dids);
    if (edit instanceof DropEdit) edit.insertText = await textOf(this.#ui, edit.chosen, token);
    return edit;
  }
}

export class DidPaste implements vscode.DocumentPasteEditProvider {
  readonly #ui: UiContext;
  readonly #scopes: KnownScopes;

  constructor(ui: UiContext, scopes: KnownScopes) {
    this.#ui = ui;
    this.#scopes = scopes;
  }

  async provideDocumentPasteEdits(document: vscode.TextDocument, ranges: readonly vscode.Range[], data: vscode.DataTransfer, _context: vscode.DocumentPasteEditContext): Promise<vscode.DocumentPasteEdit[] | undefined> {
    const text = await data.get('text/plain')?.asString() ?? '';
    const [range] = ranges;
    if (text.length > LONGEST_PASTE || !text.includes(':') || !range) return undefined;
    const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '');
    const shaped = lines.map((line) => didIn(line));
    if (lines.length === 0 || lines.length > MOST_DIDS || !shaped.every((did) => did !== undefined)) return undefined;
    await this.#scopes.refresh();
    const dids = shaped.flatMap(({ scope, name }) => {
      const instance = this.#scopes.instanceOf(scope);
      return instance === undefined ? [] : [{ instance, scope, name }];
    });
    if (dids.length < shaped.length) return undefined;
    const bare = inString(document, range.start);
    // The plain text is what VS Code pastes itself.
    const wanted = insertions(document.languageId, dids, bare).filter(({ id }) => id !== 'did' || !bare);
    const attach = document.uri.scheme === CELL ? [new AttachPaste(dids)] : [];
    return [...wanted.map((insertion) => new PasteEdit({ insertion, dids, language: document.languageId, bare })), ...attach];
  }

  async resolveDocumentPasteEdit(edit: vscode.DocumentPasteEdit, token: vscode.CancellationToken): Promise<vscode.DocumentPasteEdit> {
    if (edit instanceof AttachPaste) void vscode.commands.executeCommand(commands.addToNotebook, edit.dids[0], edit.dids);
    if (edit instanceof PasteEdit) edit.insertText = await textOf(this.#ui, edit.chosen, token);
    return edit;
  }
}

function inString(document: vscode.TextDocument, position: vscode.Position): boolean {
  return typedAt(document.getText(), document.offsetAt(position), document.languageId)?.quoted === true;
}

/** Of our trees, as text; whoever made it, nothing of it is believed. */
export function draggedDids(json: string): { readonly dids: readonly DidRef[]; readonly ruleIds: readonly string[] } {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { dids: [], ruleIds: [] }; // not ours
  }
  if (!Array.isArray(value)) return { dids: [], ruleIds: [] };
  const items = value.slice(0, MOST_DRAGGED) as readonly unknown[];
  const ruleIds = items.flatMap((item) => (typeof item === 'object' && item !== null && 'ruleId' in item && typeof item.ruleId === 'string' && /^[\w-]{1,64}$/.test(item.ruleId) ? [item.ruleId] : []));
  return { dids: items.map(refOf).filter((ref) => ref !== undefined), ruleIds };
}

/** Where no path is to be had, the DID goes in, and it is said why. */
async function textOf(ui: UiContext, { insertion, dids, language, bare }: Chosen, token: vscode.CancellationToken): Promise<string | vscode.SnippetString> {
  const { paths, problem }: Awaited<ReturnType<typeof pathsOf>> = insertion.needsPaths ? await pathsOf(ui, dids, aborted(token)) : { paths: [] };
  const found = !insertion.needsPaths || paths.length > 0;
  if (!found) void say(problem ?? 'It is not available here.', dids);
  const parts = found ? insertion.text(paths) : insertions(language, dids, bare).find(({ id }) => id === 'did')?.text([]) ?? [];
  if (bare && !parts.every((part) => typeof part === 'string' && part.split('\n').every(isPlain))) {
    void vscode.window.showWarningMessage('Nothing was inserted: there are letters in it that mean something inside of a string. Drop it outside of the quotes.');
    return '';
  }
  return inserted(parts);
}

export async function pathsOf({ client }: Pick<UiContext, 'client'>, dids: readonly DidRef[], signal?: AbortSignal): Promise<{ readonly paths: readonly string[]; readonly problem?: string }> {
  const paths: string[] = [];
  let problem: string | undefined;
  for (const { instance, scope, name } of dids.slice(0, MOST_DIDS)) {
    try {
      const found = await client.request(localPath, { instance, did: { scope, name } }, signal);
      paths.push(...(found.path !== undefined ? [found.path] : (found.files ?? []).map((file) => file.path)));
      problem ??= found.problem;
    } catch (error) {
      problem ??= toFailure(error).what;
    }
  }
  return { paths, ...(problem !== undefined && { problem }) };
}

async function say(problem: string, [did]: readonly DidRef[]): Promise<void> {
  const make = 'Make Available…';
  if (await vscode.window.showWarningMessage(unlinked(`There is no path to insert. ${problem}`), make) === make) await vscode.commands.executeCommand(commands.makeAvailable, did);
}

function inserted(parts: readonly Part[]): string | vscode.SnippetString {
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  const snippet = new vscode.SnippetString();
  for (const part of parts) {
    if (typeof part === 'string') snippet.appendText(part);
    else snippet.appendPlaceholder(part.place);
  }
  return snippet;
}
