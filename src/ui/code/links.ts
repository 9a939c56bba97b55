// DIDs as links to Explore. Asks nobody: what is in a scope that is known is a link.
import * as vscode from 'vscode';
import { commands } from '../contributions.ts';
import type { CodeDocuments } from './documents.ts';
import { commandUri } from './hover.ts';

const MOST_LINKS = 1000;

export class DidLinks implements vscode.DocumentLinkProvider {
  readonly #documents: CodeDocuments;

  constructor(documents: CodeDocuments) {
    this.#documents = documents;
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    return this.#documents.known(document).slice(0, MOST_LINKS).map(({ ref, range }) => {
      const link = new vscode.DocumentLink(range, commandUri(commands.revealInExplore, ref));
      link.tooltip = 'Reveal in Explore';
      return link;
    });
  }
}
