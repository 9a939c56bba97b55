// *Download…*: where to, which of the files, then what will happen before it does.
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import type { DownloadWish, TransferInfo } from '../../protocol.ts';
import type { DidRef, UiContext } from '../context.ts';
import { bytesText, count, didText } from '../explorer/words.ts';
import { withoutIcons } from '../plain.ts';
import { askInTurn, type At, BACK, type Question } from '../prompts/inTurn.ts';
import { askPick, askText } from '../prompts/prompt.ts';
import { askTape, downloadPreview } from './downloadPreview.ts';
import type { PlanDocuments } from './planDocument.ts';

/** The folder of the last time, by workspace. */
const LAST = 'rucio.lastDownloadFolder';

/** What of a collection is wanted; nothing: all. */
type Which = Pick<DownloadWish, 'pattern' | 'only'>;

interface Asked { readonly folder: string; readonly which: Which; readonly tape: Pick<DownloadWish, 'tape'> }

/** What it came to: a transfer for each instance, until one was dismissed. */
export async function download(ui: UiContext, documents: PlanDocuments, argument: unknown, selected: unknown): Promise<readonly TransferInfo[]> {
  const dids = await ui.dids.pickAll(argument, selected, 'Download');
  const made: TransferInfo[] = [];
  // Several instances: one after another.
  for (const instance of new Set(dids.map((did) => did.instance))) {
    const transfer = await downloadFrom(ui, documents, instance, dids.filter((did) => did.instance === instance));
    if (!transfer) break;
    made.push(transfer);
  }
  return made;
}

/** undefined: dismissed. */
async function downloadFrom(ui: UiContext, documents: PlanDocuments, instance: string, dids: readonly DidRef[]): Promise<TransferInfo | undefined> {
  const [one] = dids;
  if (!one) return undefined;
  const title = withoutIcons(dids.length === 1 ? `Download ${didText(one)}` : `Download ${count(dids.length, 'DID')}`);
  const base = { dids: dids.map(({ scope, name }) => ({ scope, name })) };
  const asksWhich = dids.length === 1 && one.type !== 'FILE';
  const questions: Question<Asked>[] = [async (so, at) => {
    const folder = await askFolder(ui, title, at);
    return typeof folder === 'string' ? { ...so, folder } : folder;
  }];
  if (asksWhich) questions.push(async (so, at) => {
    const which = await askWhich(ui, instance, title, at, { ...base, folder: so.folder });
    return which === undefined || which === BACK ? which : { ...so, which };
  });
  const wishOf = ({ folder, which, tape }: Asked): DownloadWish => ({ ...base, folder, ...which, ...tape });
  const asked = await askInTurn(questions, async (so, at) => {
    const said = await downloadPreview(ui, documents, instance, title, at, wishOf(so));
    if (said === undefined || said === BACK) return said;
    return said.do === 'tape' ? { answers: { ...so, tape: await askTape(title, said.tape) }, done: false } : { answers: so, done: true };
  }, { folder: '', which: {}, tape: {} });
  if (!asked) return undefined;
  await ui.extension.workspaceState.update(LAST, asked.folder);
  return await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: 'Writing down what is to be fetched' }, () => ui.client.request(protocol.download, { instance, wish: wishOf(asked) }));
}

interface Place extends vscode.QuickPickItem {
  readonly folder: string | undefined;
  /** Nothing can be put there; its description says why. */
  readonly unfit?: boolean;
}

const place = (folder: string, description: string): Place => ({ label: `$(folder) ${withoutIcons(folder)}`, description, folder });

function typedPlace(folder: string): Place {
  if (path.isAbsolute(folder)) return place(folder, 'as typed');
  return { label: `$(circle-slash) ${withoutIcons(folder)}`, description: `is no full path: begin it with ${process.platform === 'win32' ? 'a drive' : '/ or ~'}`, folder, unfit: true };
}

/** The one of the last time first; a full path can be typed. On the machine where the extension runs. */
async function askFolder(ui: UiContext, title: string, at: At): Promise<string | typeof BACK | undefined> {
  const last = ui.extension.workspaceState.get<string>(LAST);
  const open = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
  const items: Place[] = [
    ...(last === undefined ? [] : [place(last, 'the last time')]),
    ...open.filter((folder) => folder !== last).map((folder) => place(folder, 'is open here')),
    { label: '$(folder-opened) Choose a Folder…', folder: undefined },
  ];
  const chosen = await askPick({ title, at, placeholder: `Into which folder${vscode.env.remoteName === undefined ? '' : ' of the machine where VS Code works'}? A full path can be typed; what is not there is made`, items, active: items[0], typed: (text) => typedPlace(expanded(text)), unfit: ({ unfit = false }) => unfit });
  if (typeof chosen !== 'object') return chosen;
  if (chosen.folder !== undefined) return chosen.folder;
  const start = last ?? open[0];
  const [picked] = await vscode.window.showOpenDialog({ title, openLabel: 'Download Here', canSelectFiles: false, canSelectFolders: true, ...(start !== undefined && { defaultUri: vscode.Uri.file(start) }) }) ?? [];
  return picked?.fsPath;
}

function expanded(text: string): string {
  return text === '~' || text.startsWith('~/') ? path.join(os.homedir(), text.slice(1)) : text;
}

interface WhichItem extends vscode.QuickPickItem { readonly which: 'all' | 'pattern' | 'choose' }

async function askWhich(ui: UiContext, instance: string, title: string, at: At, wish: DownloadWish): Promise<Which | typeof BACK | undefined> {
  const items: WhichItem[] = [
    { label: 'All files', which: 'all' },
    { label: 'Files whose names fit a pattern…', description: '*.root', which: 'pattern' },
    { label: 'Choose files…', which: 'choose' },
  ];
  for (;;) {
    const chosen = await askPick({ title, at, back: true, placeholder: 'Which files?', items });
    if (typeof chosen !== 'object') return chosen;
    if (chosen.which === 'all') return {};
    const answer = chosen.which === 'pattern' ? await askPattern(title, at) : await chooseFiles(ui, instance, title, at, wish);
    if (answer !== BACK) return answer;
  }
}

async function askPattern(title: string, at: At): Promise<Which | typeof BACK | undefined> {
  const typed = await askText({ title, at, back: true, prompt: 'Which names? * stands for any characters, ? for one', placeholder: '*.root', value: '*', check: (value) => (value.trim() === '' ? { problem: 'Empty fits nothing.' } : {}) });
  return typeof typed === 'string' ? { pattern: typed.trim() } : typed;
}

interface FileItem extends vscode.QuickPickItem { readonly did: protocol.DID }

async function chooseFiles(ui: UiContext, instance: string, title: string, at: At, wish: DownloadWish): Promise<Which | typeof BACK | undefined> {
  const plan = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: 'Looking up the files' }, () => ui.client.request(protocol.planDownload, { instance, wish }));
  const pick = vscode.window.createQuickPick<FileItem>();
  pick.title = title;
  pick.step = at.step;
  pick.totalSteps = at.of;
  pick.ignoreFocusOut = true;
  pick.canSelectMany = true;
  pick.buttons = [vscode.QuickInputButtons.Back];
  pick.placeholder = plan.total > plan.files.length ? `These are the first ${plan.files.length} of ${plan.total.toLocaleString('en-US')}: a pattern reaches the others` : 'Which files? Typing narrows the list, Space marks';
  pick.items = plan.files.map(({ did, bytes, note, problem }) => ({ label: withoutIcons(didText(did)), description: [bytesText(bytes), problem ?? note].filter(Boolean).join(', '), did }));
  try {
    return await new Promise((resolve) => {
      pick.onDidTriggerButton(() => resolve(BACK));
      pick.onDidHide(() => resolve(undefined));
      pick.onDidAccept(() => { if (pick.selectedItems.length > 0) resolve({ only: pick.selectedItems.map(({ did }) => did) }); });
      pick.show();
    });
  } finally {
    pick.dispose();
  }
}
