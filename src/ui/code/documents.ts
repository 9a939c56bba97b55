// The DIDs of open documents: read once for each version of a document, and only while something asks.
import * as vscode from 'vscode';
import type { DidRef } from '../context.ts';
import { didsIn, type FoundDid } from './recognise.ts';
import type { KnownScopes } from './scopes.ts';

/** A DID of a lake, and where it stands. */
export interface PlacedDid {
  readonly ref: DidRef;
  readonly range: vscode.Range;
}

export class CodeDocuments {
  readonly #scopes: KnownScopes;
  readonly #read = new WeakMap<vscode.TextDocument, { readonly version: number; readonly dids: readonly FoundDid[] }>();

  constructor(scopes: KnownScopes) {
    this.#scopes = scopes;
  }

  /** Whatever is shaped like one. */
  shaped(document: vscode.TextDocument): readonly FoundDid[] {
    const known = this.#read.get(document);
    if (known?.version === document.version) return known.dids;
    const dids = didsIn(document.getText(), document.languageId);
    this.#read.set(document, { version: document.version, dids });
    return dids;
  }

  /** Those in a scope that a lake is known to have; asks nobody. */
  known(document: vscode.TextDocument): readonly PlacedDid[] {
    return this.shaped(document).flatMap((did) => this.#placed(document, did) ?? []);
  }

  /** The one at this place. Has the scopes listed where something shaped like a DID stands there. */
  async at(document: vscode.TextDocument, position: vscode.Position): Promise<PlacedDid | undefined> {
    const offset = document.offsetAt(position);
    const did = this.shaped(document).find(({ start, end }) => start <= offset && offset <= end);
    if (!did) return undefined;
    await this.#scopes.refresh();
    return this.#placed(document, did);
  }

  #placed(document: vscode.TextDocument, { scope, name, start, end }: FoundDid): PlacedDid | undefined {
    const instance = this.#scopes.instanceOf(scope);
    return instance === undefined ? undefined : { ref: { instance, scope, name }, range: new vscode.Range(document.positionAt(start), document.positionAt(end)) };
  }
}

export function aborted(token: vscode.CancellationToken): AbortSignal {
  const abort = new AbortController();
  if (token.isCancellationRequested) abort.abort();
  else token.onCancellationRequested(() => abort.abort());
  return abort.signal;
}
