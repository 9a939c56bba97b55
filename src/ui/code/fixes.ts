// Quick fixes for what a check found, and what can be done with any DID under the cursor. Offering them asks nobody.
import * as vscode from 'vscode';
import { commands, type CommandId } from '../contributions.ts';
import type { CodeDocuments, PlacedDid } from './documents.ts';
import { type Findings, SOURCE } from './findings.ts';
import { CELL } from './hover.ts';

export class DidFixes implements vscode.CodeActionProvider {
  static readonly kinds = [vscode.CodeActionKind.QuickFix, vscode.CodeActionKind.RefactorRewrite];
  readonly #documents: CodeDocuments;
  readonly #findings: Findings;

  constructor(documents: CodeDocuments, findings: Findings) {
    this.#documents = documents;
    this.#findings = findings;
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range, { diagnostics }: vscode.CodeActionContext): vscode.CodeAction[] {
    const ours = diagnostics.filter(({ source }) => source === SOURCE);
    const fixes = ours.flatMap((diagnostic) => this.#fixes(document, diagnostic));
    const here = this.#documents.known(document).find((placed) => placed.range.intersection(range));
    return [...fixes, ...(here ? [ofCommand('Replace DID by Its Path', commands.replaceByPath, { uri: document.uri.toString(), ref: here.ref }, vscode.CodeActionKind.RefactorRewrite)] : [])];
  }

  #fixes(document: vscode.TextDocument, diagnostic: vscode.Diagnostic): vscode.CodeAction[] {
    const finding = this.#findings.at(document, diagnostic.range);
    if (!finding) return [];
    const fix = (action: vscode.CodeAction): vscode.CodeAction => Object.assign(action, { diagnostics: [diagnostic] });
    const text = document.getText(diagnostic.range);
    const colon = text.indexOf(':');
    if (finding.kind === 'state') {
      return [
        Object.assign(fix(ofCommand('Make Available…', commands.makeAvailable, finding.ref)), { isPreferred: true }),
        ...(document.uri.scheme === CELL ? [fix(ofCommand('Add to Notebook…', commands.addToNotebook, finding.ref))] : []),
        fix(ofCommand('Reveal in Explore', commands.revealInExplore, finding.ref)),
      ];
    }
    return finding.near.map((near, i) => {
      const action = new vscode.CodeAction(`Replace by “${near}”`, vscode.CodeActionKind.QuickFix);
      action.edit = new vscode.WorkspaceEdit();
      action.edit.replace(document.uri, diagnostic.range, finding.kind === 'noScope' ? `${near}${text.slice(colon)}` : `${text.slice(0, colon + 1)}${near}`);
      action.isPreferred = i === 0;
      return fix(action);
    });
  }
}

function ofCommand(title: string, command: CommandId, argument: object, kind = vscode.CodeActionKind.QuickFix): vscode.CodeAction {
  const action = new vscode.CodeAction(title, kind);
  action.command = { command, title, arguments: [argument] };
  return action;
}

/** Where the command *Replace DID by Its Path* was meant to work; nothing of the argument is believed. */
export function isReplacing(argument: unknown): argument is { readonly uri: string; readonly ref: PlacedDid['ref'] } {
  return typeof argument === 'object' && argument !== null && 'uri' in argument && typeof argument.uri === 'string' && 'ref' in argument;
}
