// *Attached*: a row for each attached DID of the notebook that is in front.
import * as vscode from 'vscode';
import { commands, views } from '../contributions.ts';
import type { DidRef } from '../context.ts';
import { didUri } from '../explorer/decorations.ts';
import { failureWords } from '../failures.ts';
import { escapeMarkdown } from '../plain.ts';
import { call } from '../tree/notes.ts';
import type { AttachedNotebook } from './notebook.ts';
import { description, type Shown, spoken } from './words.ts';

/** What commands on rows are told: also a {@link DidRef}, for those on DIDs. */
export interface AttachedRow extends DidRef {
  readonly kind: 'attached';
  readonly notebook: AttachedNotebook;
  readonly variable: string;
}

export const isAttachedRow = (value: unknown): value is AttachedRow => typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'attached' && 'variable' in value;

const ICONS = { FILE: 'file-binary', DATASET: 'database', CONTAINER: 'library' } as const;

export class AttachedProvider implements vscode.TreeDataProvider<AttachedRow> {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #front: () => AttachedNotebook | undefined;
  readonly #shown: (row: AttachedRow) => Shown | undefined;

  constructor(front: () => AttachedNotebook | undefined, shown: (row: AttachedRow) => Shown | undefined) {
    this.#front = front;
    this.#shown = shown;
  }

  changed(): void {
    this.#changed.fire();
  }

  getChildren(row?: AttachedRow): AttachedRow[] {
    const notebook = this.#front();
    if (row || !notebook) return [];
    return notebook.attachments.map((attachment) => ({ kind: 'attached', notebook, variable: attachment.variableName, ...notebook.refOf(attachment) }));
  }

  getTreeItem(row: AttachedRow): vscode.TreeItem {
    const shown = this.#shown(row);
    if (!shown) return { label: row.variable };
    const { attachment, facts, state } = shown;
    const failure = facts && 'kind' in facts ? facts : undefined;
    const type = facts && 'type' in facts ? facts.type : attachment.didType ?? (attachment.type === 'file' ? 'FILE' : 'DATASET');
    const icon = failure ? failure.kind === 'signInNeeded' ? 'sign-in' : 'warning' : ICONS[type];
    const lines = [`**${escapeMarkdown(row.variable)}** — ${escapeMarkdown(attachment.did)}`, escapeMarkdown(description(shown)), ...(state ? [escapeMarkdown(state.looked)] : []), ...(failure ? [escapeMarkdown(failureWords(failure).full)] : []), escapeMarkdown(`From ${row.instance}.`)];
    return {
      id: row.variable, label: row.variable, description: description(shown), tooltip: new vscode.MarkdownString(lines.join('\n\n')),
      iconPath: new vscode.ThemeIcon(icon), collapsibleState: vscode.TreeItemCollapsibleState.None,
      // Badge and colour are those of the DID everywhere.
      ...(attachment.remote ? {} : { resourceUri: didUri(row) }),
      contextValue: ['attached', attachment.remote ? 'remote' : 'local', ...(state?.state === 'available' ? ['available'] : [])].join(' '),
      accessibilityInformation: { label: spoken(shown) },
      ...(failure?.kind === 'signInNeeded' ? { command: call(commands.signIn, { instance: row.instance }) } : {}),
    };
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

export const openView = (): Thenable<unknown> => vscode.commands.executeCommand(`${views.attached}.focus`);
