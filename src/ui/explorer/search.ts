// The search picker: DIDs as one types, answered by the server. *Search DIDs…* shows the chosen one in the tree; commands
// from the palette use it to ask which DID is meant.
import * as vscode from 'vscode';
import type { DIDFilter, DIDRow, Instance } from '../../protocol.ts';
import type { DidRef } from '../context.ts';
import { failureWords } from '../failures.ts';
import { withoutIcons } from '../plain.ts';
import { Coalescer } from '../tree/coalesce.ts';
import type { LakeClient } from './model.ts';
import { Query, type QueryState } from './query.ts';
import { didText, filterWords, sizeText, typeWord } from './words.ts';

export interface SearchOptions {
  readonly title: string;
  readonly instance: Instance;
  /** Whether there are others to change to. */
  readonly several: boolean;
  readonly text: string;
  readonly type: DIDFilter;
  /** Offered while nothing is typed: what is selected in the tree. */
  readonly suggestions: readonly DidRef[];
  /** Whether *Keep Results* and the type filter are offered: not when a command only asks which DID is meant. */
  readonly keep: boolean;
}

/** `text`: as typed, to go on with it. */
export type SearchResult =
  | { readonly chosen: DidRef }
  | { readonly go: 'keep' | 'filter' | 'instance' | 'signIn'; readonly text: string }
  | undefined;

type Item = vscode.QuickPickItem & { readonly did?: DidRef; readonly act?: 'retry' | 'signIn' | 'keep' };

const KEEP: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('pin'), tooltip: 'Keep Results in Explore' };
const FILTER: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('filter'), tooltip: 'Filter by Type…' };
const INSTANCE: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('server'), tooltip: 'Search Another Instance…' };
const RETRY: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('refresh'), tooltip: 'Retry' };

const INTERVAL_MS = 200;

export function search(client: LakeClient, options: SearchOptions): Promise<SearchResult> {
  const { instance, type } = options;
  const picker = vscode.window.createQuickPick<Item>();
  const repaint = new Coalescer<'items'>(INTERVAL_MS, () => show());
  const query = new Query(client, () => repaint.add('items'));
  picker.title = `${options.title} in ${withoutIcons(instance.displayName)}${type === 'all' ? '' : ` (${filterWords[type].only})`}`;
  picker.placeholder = 'scope:name*, scope: or a whole DID';
  picker.matchOnDescription = picker.matchOnDetail = false;
  picker.keepScrollPosition = true;
  picker.buttons = [...(options.keep ? [KEEP, FILTER] : []), ...(options.several ? [INSTANCE] : [])];
  picker.value = options.text;

  function show(): void {
    const { state } = query;
    picker.busy = state.busy;
    picker.items = itemsOf(state, picker.value, options);
  }

  return new Promise<SearchResult>((resolve) => {
    const end = (result: SearchResult) => {
      resolve(result);
      picker.hide();
    };
    picker.onDidChangeValue((text) => query.ask({ instance: instance.name, text, type }));
    picker.onDidAccept(() => {
      const item = picker.selectedItems[0];
      if (item?.did) end({ chosen: item.did });
      else if (item?.act === 'retry') query.retry();
      else if (item?.act) end({ go: item.act, text: picker.value });
    });
    picker.onDidTriggerButton((button) => end({ go: button === KEEP ? 'keep' : button === FILTER ? 'filter' : 'instance', text: picker.value }));
    picker.onDidTriggerItemButton(() => query.retry());
    picker.onDidHide(() => {
      resolve(undefined);
      query.dispose();
      repaint.dispose();
      picker.dispose();
    });
    show();
    if (options.text) query.ask({ instance: instance.name, text: options.text, type });
    picker.show();
  });
}

function itemsOf(state: QueryState, text: string, { instance, suggestions, type, keep }: SearchOptions): Item[] {
  const rows = state.rows.map((row) => didItem(row, instance.name));
  if (state.failure) return [...rows, failedItem(state.failure)];
  if (state.idle) return [...(text.trim() === '' ? suggestions.map(suggestedItem) : []), hint('Type a scope and a colon', 'for example: scope:name*, or scope: for all of it')];
  if (rows.length === 0 && !state.busy) return [hint('Nothing found', nothingFound(text.trim(), type))];
  if (state.more) return [...rows, keep
    ? { ...hint('More than these', 'Keep Results lists them in Explore, page by page; or type more of the name'), act: 'keep' }
    : hint('More than these', 'type more of the name')];
  return rows;
}

function nothingFound(text: string, type: DIDFilter): string {
  const wider = text.endsWith('*') ? 'try a shorter name; capitals count' : `try ${text}*; capitals count`;
  return type === 'all' ? wider : `${wider}; only ${filterWords[type].title.toLowerCase()} are looked for`;
}

// The server has matched already, with wildcards that the picker's own filter knows nothing of: every item is always shown.
function didItem(row: DIDRow, instance: string): Item {
  const { scope, name, type } = row;
  return {
    label: withoutIcons(didText(row)), description: [typeWord(type), sizeText(row)].filter(Boolean).join(' · '),
    iconPath: new vscode.ThemeIcon(type === 'CONTAINER' ? 'library' : type === 'DATASET' ? 'database' : 'file-binary'),
    alwaysShow: true, did: { instance, scope, name, type },
  };
}

function suggestedItem(did: DidRef): Item {
  return { label: withoutIcons(didText(did)), description: 'selected in Explore', alwaysShow: true, did };
}

function hint(label: string, detail: string): Item {
  return { label, detail: withoutIcons(detail), alwaysShow: true };
}

function failedItem(failure: NonNullable<QueryState['failure']>): Item {
  const { short, full, look } = failureWords(failure);
  if (look === 'ask') return { ...hint('Sign In…', full), act: 'signIn', iconPath: new vscode.ThemeIcon('sign-in') };
  return { ...hint(`Failed: ${withoutIcons(short)}`, `${full} Press Enter to retry.`), act: 'retry', iconPath: new vscode.ThemeIcon(look), buttons: [RETRY] };
}

