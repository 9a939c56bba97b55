// How each row of *Transfers* looks: label, description, icon, words for screen readers.
import * as vscode from 'vscode';
import type { FileState, TransferInfo } from '../../protocol.ts';
import { colors, commands } from '../contributions.ts';
import { bytesText, didText } from '../explorer/words.ts';
import { escapeMarkdown } from '../plain.ts';
import { call, failedItem, note } from '../tree/notes.ts';
import { actionsOf } from './actions.ts';
import type { TransfersModel, TransfersRow } from './model.ts';
import { fileLabel, fileState, transferLabel, transferName, transferState } from './words.ts';

const { Collapsed, None } = vscode.TreeItemCollapsibleState;

const FILES: Readonly<Record<FileState, readonly [icon: string, color: string]>> = {
  queued: ['watch', colors.waiting], running: ['sync~spin', colors.replicating], done: ['pass', colors.available], failed: ['error', colors.stuck], skipped: ['pass', colors.available], cancelled: ['circle-slash', colors.waiting],
};

export function transfersItem(row: TransfersRow, model: TransfersModel): vscode.TreeItem {
  switch (row.kind) {
    case 'transfer': {
      const transfer = model.get(row.transferId);
      return transfer ? transferItem(transfer) : { label: row.transferId, collapsibleState: None };
    }
    case 'file': {
      const { file } = row;
      const [icon, color] = FILES[file.state];
      const lines = [`**${escapeMarkdown(didText(file.did))}**`, escapeMarkdown(file.path), escapeMarkdown(bytesText(file.bytes)), ...(file.note === undefined ? [] : [escapeMarkdown(file.note)]), ...(file.error ? [escapeMarkdown(`${file.error.what} ${file.error.next}`)] : [])];
      return {
        label: file.did.name, description: file.error ? `failed: ${file.error.what}` : fileState(file), tooltip: new vscode.MarkdownString(lines.join('\n\n')),
        iconPath: new vscode.ThemeIcon(icon, new vscode.ThemeColor(color)), contextValue: `file ${file.state}`, collapsibleState: None, accessibilityInformation: { label: fileLabel(file) },
      };
    }
    case 'note': {
      if (row.note === 'more') return { ...note('Load More…', 'ellipsis', 'more'), command: call(commands.loadMore, row) };
      if (row.note === 'failed') return failedItem(row.failure, row);
      return note('No files', 'circle-slash', 'empty');
    }
  }
}

function transferItem(transfer: TransferInfo): vscode.TreeItem {
  const { kind, state, files, title, error, folder, rse } = transfer;
  const trouble = state === 'stopped' || state === 'waiting' || files.failed > 0;
  const [icon, color] = trouble ? ['warning', colors.stuck] : state === 'running' ? ['sync~spin', colors.replicating] : state === 'done' ? ['pass', colors.available] : [state === 'paused' ? 'debug-pause' : 'circle-slash', colors.waiting];
  const lines = [`**${escapeMarkdown(`${kind === 'upload' ? 'Upload' : 'Download'}: ${title}`)}**`, escapeMarkdown(transferState(transfer)), escapeMarkdown(`${bytesText(transfer.bytes.done)} of ${bytesText(transfer.bytes.total)}`), ...(folder === undefined ? [] : [escapeMarkdown(`to ${folder}`)]), ...(error ? [escapeMarkdown(`${error.what} ${error.next}`)] : [])];
  return {
    label: transferName(transfer), description: [transferState(transfer), rse && `to ${rse}`].filter(Boolean).join(' · '), tooltip: new vscode.MarkdownString(lines.join('\n\n')), iconPath: new vscode.ThemeIcon(icon!, new vscode.ThemeColor(color!)),
    contextValue: ['transfer', state, kind, ...actionsOf(transfer)].join(' '), collapsibleState: Collapsed, accessibilityInformation: { label: transferLabel(transfer) },
  };
}
