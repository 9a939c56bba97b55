// Rows that say something instead of being something: how a failure looks in any of the trees, with what can be done about it.
import * as vscode from 'vscode';
import type { Failure } from '../../protocol.ts';
import { commands } from '../contributions.ts';
import { failureWords } from '../failures.ts';
import { escapeMarkdown } from '../plain.ts';

const { None } = vscode.TreeItemCollapsibleState;

/** `node` is what *Retry* and *Sign In* are told. */
export function failedItem(failure: Failure | undefined, node: unknown): vscode.TreeItem {
  if (!failure) return note('Failed', 'error', 'failed');
  const { short, why, full, look, actions, link } = failureWords(failure);
  if (look === 'ask') {
    return { ...note('Sign In…', 'sign-in', ['failed', ...actions].join(' ')), tooltip: text(full), ...(why !== undefined && { description: why }), command: call(commands.signIn, node), accessibilityInformation: { label: `Sign in. ${full}` } };
  }
  if (link !== undefined) {
    const opens = { ...call('vscode.open', vscode.Uri.parse(link)), title: 'Open Sign-In Page' };
    return { ...note(short, 'sign-in', ['failed', ...actions].join(' ')), description: 'Open Sign-In Page', tooltip: text(full), command: opens, accessibilityInformation: { label: `${full} Enter opens the page.` } };
  }
  const retries = actions.includes('retry') || actions.length === 0;
  return {
    ...note(`Failed: ${short}`, look, ['failed', ...new Set([...actions, 'retry'])].join(' ')),
    ...(retries ? { description: 'Retry', command: call(commands.retry, node) } : {}),
    tooltip: text(full),
    accessibilityInformation: { label: `Failed: ${full}` },
  };
}

export function note(label: string, icon: string, capabilities: string): vscode.TreeItem {
  return { label, iconPath: new vscode.ThemeIcon(icon), contextValue: `note ${capabilities}`, collapsibleState: None, accessibilityInformation: { label } };
}

export const call = (command: string, ...args: unknown[]): vscode.Command => ({ command, title: '', arguments: args });

export const text = (words: string): vscode.MarkdownString => new vscode.MarkdownString(escapeMarkdown(words));
