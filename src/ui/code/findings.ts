// What a check found, as diagnostics: they stay with their DID while the text around it changes, follow its state, and go
// with the document. Nothing is asked of anybody here.
import * as vscode from 'vscode';
import type { DidRef, UiContext } from '../context.ts';
import { didKey } from '../explorer/ids.ts';
import { didText, stateWords } from '../explorer/words.ts';
import { Coalescer } from '../tree/coalesce.ts';
import type { Finding } from './check.ts';
import type { CodeDocuments } from './documents.ts';

export const SOURCE = 'Rucio';
const REPLACE_MS = 300;

export class Findings implements vscode.Disposable {
  readonly #documents: CodeDocuments;
  readonly #diagnostics = vscode.languages.createDiagnosticCollection('rucio');
  readonly #found = new Map<vscode.TextDocument, Map<string, Finding>>();
  readonly #again = new Coalescer<vscode.TextDocument>(REPLACE_MS, (documents) => { for (const document of documents) this.#paint(document); });
  readonly #disposables: vscode.Disposable[];

  constructor(ui: Pick<UiContext, 'dids'>, documents: CodeDocuments) {
    this.#documents = documents;
    const heard = ui.dids.onDidChangeState((changed) => this.#hear(changed));
    this.#disposables = [
      this.#diagnostics,
      vscode.workspace.onDidChangeTextDocument(({ document }) => { if (this.#found.has(document)) this.#again.add(document); }),
      vscode.workspace.onDidCloseTextDocument((document) => this.set(document, new Map())),
      new vscode.Disposable(() => heard.dispose()), new vscode.Disposable(() => this.#again.dispose()),
    ];
  }

  set(document: vscode.TextDocument, findings: ReadonlyMap<string, Finding>): void {
    if (findings.size === 0) this.#found.delete(document);
    else this.#found.set(document, new Map(findings));
    this.#paint(document);
  }

  at(document: vscode.TextDocument, range: vscode.Range): Finding | undefined {
    const offset = document.offsetAt(range.start);
    const did = this.#documents.shaped(document).find(({ start, end }) => start <= offset && offset <= end);
    return did && this.#found.get(document)?.get(didText(did));
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #hear(changed: readonly { readonly instance: string; readonly scope: string; readonly name: string }[]): void {
    const states = new Map(changed.map((status) => [didKey(status), status]));
    for (const [document, findings] of this.#found) {
      for (const [text, finding] of findings) {
        const status = finding.kind === 'state' ? states.get(didKey(finding.ref)) as Extract<Finding, { kind: 'state' }>['info'] | undefined : undefined;
        if (finding.kind !== 'state' || !status) continue;
        if (status.state === 'available') findings.delete(text);
        else findings.set(text, { ...finding, info: status });
        this.#again.add(document);
      }
    }
  }

  #paint(document: vscode.TextDocument): void {
    const findings = this.#found.get(document);
    if (!findings || document.isClosed) return this.#diagnostics.delete(document.uri);
    this.#diagnostics.set(document.uri, this.#documents.shaped(document).flatMap((did) => {
      const finding = findings.get(didText(did));
      if (!finding) return [];
      const diagnostic = new vscode.Diagnostic(new vscode.Range(document.positionAt(did.start), document.positionAt(did.end)), wordsOf(finding, did), severityOf(finding));
      diagnostic.source = SOURCE;
      diagnostic.code = finding.kind === 'state' ? finding.info.state : finding.kind;
      return [diagnostic];
    }));
  }
}

export function wordsOf(finding: Finding, did: Pick<DidRef, 'scope' | 'name'>): string {
  switch (finding.kind) {
    case 'noScope': return `There is no scope “${did.scope}”. ${meant(finding.near)}`;
    case 'missing': return `${didText(did)} is not in the catalogue.${finding.near.length > 0 ? ` ${meant(finding.near)}` : ''}`;
    case 'state': {
      const { title, meaning } = stateWords(finding.info);
      return `${didText(did)}: ${title}. ${meaning}${finding.info.error ? ` Rucio says: ${finding.info.error}` : ''}`.trim();
    }
  }
}

const meant = (near: readonly string[]): string => `Is “${near.join('” or “')}” meant?`;

function severityOf(finding: Finding): vscode.DiagnosticSeverity {
  if (finding.kind !== 'state') return vscode.DiagnosticSeverity.Error;
  const moving = finding.info.state === 'replicating' || finding.info.state === 'injecting' || finding.info.state === 'judging';
  return moving ? vscode.DiagnosticSeverity.Information : vscode.DiagnosticSeverity.Warning;
}
