// Files that are dropped on a scope or dataset: *Upload to Data Lake…* with that place already answered. And DIDs that are
// dragged from here to an editor.
import * as vscode from 'vscode';
import { commands } from '../contributions.ts';
import { DIDS_MIME, drag } from '../tree/drag.ts';
import type { ExplorerNode } from './nodes.ts';

const URIS = 'text/uri-list';
/** From outside of the editor: in a browser they have no path on this machine. */
const FILES = 'files';

export class FileDrop implements vscode.TreeDragAndDropController<ExplorerNode> {
  readonly dropMimeTypes = [URIS, FILES];
  readonly dragMimeTypes = [DIDS_MIME, 'text/plain'];

  handleDrag(source: readonly ExplorerNode[], data: vscode.DataTransfer): void {
    drag(source.map((node) => (node.kind === 'did' ? node.ref : undefined)), data);
  }

  async handleDrop(target: ExplorerNode | undefined, data: vscode.DataTransfer): Promise<void> {
    const all: vscode.DataTransferItem[] = [];
    data.forEach((item) => all.push(item));
    const loose = all.map((item) => item.asFile()).filter((file) => file !== undefined);
    const uris = [...droppedFiles(await data.get(URIS)?.asString() ?? '').map((uri) => vscode.Uri.parse(uri, true)), ...loose.flatMap(({ uri }) => (uri?.scheme === 'file' ? [uri] : []))];
    if (uris.length === 0) {
      if (loose.length > 0) void vscode.window.showInformationMessage('These files lie on the machine of your browser, and are uploaded from this one: drop them into the File Explorer first, and from there on the scope or dataset.');
      return;
    }
    if (target?.kind !== 'scope' && !(target?.kind === 'did' && target.ref.type === 'DATASET')) {
      void vscode.window.showInformationMessage('Drop files on a scope or on a dataset: there they can be uploaded to.');
      return;
    }
    // Not awaited: a drop is over when it is dropped, and the dialog is not.
    void vscode.commands.executeCommand(commands.upload, target, [...new Map(uris.map((uri) => [uri.toString(), uri])).values()]);
  }
}

/** RFC 2483: one URI a line, comments with #. */
export function droppedFiles(list: string): string[] {
  return [...new Set(list.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#')))];
}
