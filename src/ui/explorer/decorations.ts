// Paints the state of DIDs: badge, colour and words on their own-scheme addresses. A change repaints, and touches no list.
import * as vscode from 'vscode';
import { DID_SCHEME } from '../contributions.ts';
import type { DidRef } from '../context.ts';
import { didPath, keyOfPath } from './ids.ts';
import type { StatusStore } from './statuses.ts';
import { stateWords } from './words.ts';

export const didUri = (ref: DidRef): vscode.Uri => vscode.Uri.from({ scheme: DID_SCHEME, path: didPath(ref) });

export class DidDecorations implements vscode.FileDecorationProvider {
  readonly #changed = new vscode.EventEmitter<vscode.Uri[]>();
  readonly onDidChangeFileDecorations = this.#changed.event;
  readonly #statuses: StatusStore;
  readonly #painted: (key: string) => void;

  /** @param painted told of every DID that VS Code puts on the screen for the first time */
  constructor(statuses: StatusStore, painted: (key: string) => void) {
    this.#statuses = statuses;
    this.#painted = painted;
    statuses.onDidChange((changed) => this.#changed.fire(changed.map(didUri)));
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    const key = uri.scheme === DID_SCHEME ? keyOfPath(uri.path) : undefined;
    if (key === undefined) return undefined;
    this.#painted(key);
    const status = this.#statuses.byKey(key);
    if (!status) return undefined;
    const { badge, color, title } = stateWords(status);
    return new vscode.FileDecoration(badge, title, new vscode.ThemeColor(color));
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
