// How the row of an instance looks, in each view that has one.
import * as vscode from 'vscode';
import type { Instance } from '../../protocol.ts';
import { lowerFirst } from '../explorer/words.ts';
import { escapeMarkdown } from '../plain.ts';
import { type SessionStore, signInWords } from '../sessions.ts';
import type { Listing } from './listing.ts';

const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;

/** `listing`: what is below it. `only`: it is opened, as that would be the first click every time. */
export function instanceItem(config: Instance, listing: Pick<Listing<unknown>, 'asked' | 'loading'>, only: boolean, sessions: SessionStore): vscode.TreeItem {
  const session = sessions.get(config.name);
  const { beside, spoken } = signInWords(session, listing.loading || (only && !listing.asked));
  return {
    label: config.displayName, description: beside, iconPath: new vscode.ThemeIcon('server'), collapsibleState: only ? Expanded : Collapsed,
    contextValue: `instance ${session?.state === 'signedIn' ? 'signedIn' : 'signedOut'} refreshable`,
    tooltip: new vscode.MarkdownString([`**${escapeMarkdown(config.displayName)}**`, escapeMarkdown(config.baseUrl), escapeMarkdown(`${spoken}.`), escapeMarkdown(`From ${config.origin}.`)].join('\n\n')),
    accessibilityInformation: { label: `Rucio instance ${config.displayName}, ${lowerFirst(spoken)}` },
  };
}
