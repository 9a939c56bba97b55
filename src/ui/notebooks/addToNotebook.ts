// *Add to Notebook…*: a variable's name for each DID, checked as it is typed, and the DID stands in the notebook.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import type { DIDType } from '../../protocol.ts';
import type { DidRef, UiContext } from '../context.ts';
import { commands } from '../contributions.ts';
import { didText, stateWords } from '../explorer/words.ts';
import { unlinked, withoutIcons } from '../plain.ts';
import { BACK } from '../prompts/inTurn.ts';
import { askText } from '../prompts/prompt.ts';
import { NOTEBOOK_TYPE } from './jupyter.ts';
import type { NotebookAttachment } from './metadata.ts';
import { languageTitle, nameProblem } from './names.ts';
import type { AttachedNotebook } from './notebook.ts';

const NEW_NOTEBOOK = 'ipynb.newUntitledIpynb';

export interface Adding {
  readonly ui: UiContext;
  readonly notebook: AttachedNotebook;
}

/** The notebook that is meant: in front, else one that a person picks; undefined = none. */
export async function chooseNotebook(): Promise<vscode.NotebookDocument | undefined> {
  const isJupyter = ({ notebookType }: vscode.NotebookDocument): boolean => notebookType === NOTEBOOK_TYPE;
  const inFront = vscode.window.activeNotebookEditor?.notebook;
  if (inFront && isJupyter(inFront)) return inFront;
  const visible = vscode.window.visibleNotebookEditors.map(({ notebook }) => notebook).filter(isJupyter);
  const open = visible.length > 0 ? visible : vscode.workspace.notebookDocuments.filter((notebook) => isJupyter(notebook) && !notebook.isClosed);
  if (open.length === 1) return open[0];
  if (open.length > 1) {
    const items = open.map((notebook) => ({ label: withoutIcons(vscode.workspace.asRelativePath(notebook.uri)), notebook }));
    return (await vscode.window.showQuickPick(items, { title: 'Add to Notebook', placeHolder: 'Which notebook?' }))?.notebook;
  }
  const make = 'New Notebook';
  if (await vscode.window.showInformationMessage('No notebook is open: data is attached to one.', make) !== make) return undefined;
  await vscode.commands.executeCommand(NEW_NOTEBOOK);
  return vscode.window.activeNotebookEditor?.notebook;
}

/** The names that were given, in order; empty = dismissed. What is attached already is said, and not attached twice. */
export async function addToNotebook({ ui, notebook }: Adding, dids: readonly DidRef[]): Promise<readonly NotebookAttachment[]> {
  const key = ({ instance, scope, name }: DidRef): string => JSON.stringify([instance, scope, name]);
  const there = new Map(notebook.attachments.map((attachment) => [key(notebook.refOf(attachment)), attachment.variableName]));
  const fresh = dids.filter((did) => !there.has(key(did)));
  for (const did of dids) {
    const variable = there.get(key(did));
    if (variable !== undefined) void vscode.window.showInformationMessage(unlinked(`${didText(did)} is attached already: it is ${variable}.`));
  }
  if (fresh.length === 0) return [];
  const types = await Promise.all(fresh.map((did) => typeOf(ui, did)));
  const taken = notebook.attachments.map(({ variableName }) => variableName);
  const { proposed, ...rules } = await ui.client.request(protocol.attachmentNames, { language: notebook.language, dids: fresh.map(didText), taken });
  const names = await askNames(fresh, proposed, rules, taken);
  if (!names) return [];
  const added = fresh.map((did, i): NotebookAttachment => ({ variableName: names[i]!, did: didText(did), type: types[i] === 'FILE' ? 'file' : 'collection', instance: did.instance, didType: types[i]! }));
  await notebook.edit((attachments) => [...attachments, ...added]);
  return added;
}

async function typeOf(ui: UiContext, { instance, scope, name, type }: DidRef): Promise<DIDType> {
  return type ?? (await ui.client.request(protocol.getDid, { instance, did: { scope, name } })).type;
}

async function askNames(dids: readonly DidRef[], proposed: readonly string[], rules: protocol.NameRules, taken: readonly string[]): Promise<string[] | undefined> {
  const names: string[] = [];
  while (names.length < dids.length) {
    const n = names.length;
    const others = [...taken, ...names];
    const name = await askText({
      title: 'Add to Notebook', ...(dids.length > 1 && { at: { step: n + 1, of: dids.length } }), back: n > 0,
      prompt: `Variable for ${withoutIcons(didText(dids[n]!))}${rules.language === '' ? '' : ` (${languageTitle(rules.language)})`}. Enter attaches it.`,
      value: proposed[n]!, check: (value) => ({ problem: nameProblem(value, rules, others) }),
    });
    if (name === undefined) return undefined;
    if (name === BACK) names.pop();
    else names.push(name);
  }
  return names;
}

export async function renameVariable({ ui, notebook }: Adding, variable: string): Promise<void> {
  const taken = notebook.attachments.map(({ variableName }) => variableName).filter((name) => name !== variable);
  const { proposed: _, ...rules } = await ui.client.request(protocol.attachmentNames, { language: notebook.language, dids: [], taken });
  const name = await askText({ title: 'Rename Variable', prompt: `New name for ${variable}. Your cells are not changed.`, value: variable, check: (value) => ({ problem: nameProblem(value, rules, taken) }) });
  if (name === undefined || name === BACK || name === variable) return;
  await notebook.edit((attachments) => attachments.map((attachment) => (attachment.variableName === variable ? { ...attachment, variableName: name } : attachment)));
}

/** What the person should know at once: it can't be read here yet, or nothing will set it. */
export async function tellAdded({ ui, notebook }: Adding, added: readonly NotebookAttachment[], kernel: boolean): Promise<void> {
  const refs = added.map((attachment) => notebook.refOf(attachment));
  await Promise.all(refs.filter((ref) => !ui.dids.stateOf(ref)).map((ref) => ui.dids.recheck(ref)));
  const away = refs.filter((ref) => (ui.dids.stateOf(ref)?.state ?? 'available') !== 'available');
  const names = added.map(({ variableName }) => variableName).join(', ');
  if (away.length === 0) return void vscode.window.setStatusBarMessage(`$(check) Attached as ${withoutIcons(names)}${kernel ? '' : ': set when the kernel runs'}`, 5000);
  const make = 'Make Available…';
  const what = away.length === 1 ? `${didText(away[0]!)} is attached, but not all of it is here: ${lowerFirst(stateWords(ui.dids.stateOf(away[0]!)!).title)}.` : `${away.length} of what was attached are not here.`;
  if (await vscode.window.showInformationMessage(unlinked(what), make) === make) await vscode.commands.executeCommand(commands.makeAvailable, away[0], away);
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
