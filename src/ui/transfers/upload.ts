// *Upload to Data Lake…*: where to, under which names, for how long; then every DID before anything is sent.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import type { UploadPlan } from '../../protocol.ts';
import type { UiContext } from '../context.ts';
import { refOf } from '../explorer/dids.ts';
import { bytesText, count, didText } from '../explorer/words.ts';
import { toFailure } from '../failures.ts';
import { instanceOf } from '../instances.ts';
import { withoutIcons } from '../plain.ts';
import { saidOf } from '../rules/actions/ask.ts';
import { parseLifetime } from '../rules/inputs.ts';
import { askPick, askText, BACK } from '../rules/prompt.ts';
import { type Answers, didIn, firstAnswers, wishOf } from './answers.ts';

/** Answers of the last time, by instance. */
const LAST = 'rucio.lastUpload.';

/** What is to be uploaded, and where a person pointed to. */
interface Upload {
  readonly instance: string;
  readonly paths: readonly string[];
  readonly folders: boolean;
  readonly title: string;
}

/** `argument`: a file of the editor's explorer, a scope or dataset of ours, or nothing. */
export async function upload(ui: UiContext, argument: unknown, selected: unknown): Promise<void> {
  const instance = await ui.instances.pick(argument instanceof vscode.Uri ? undefined : argument, 'Upload to which Rucio instance?');
  if (!instance) return;
  const uris = filesOf(argument, selected) ?? await vscode.window.showOpenDialog({ title: 'Upload to Data Lake', openLabel: 'Upload', canSelectFiles: true, canSelectFolders: true, canSelectMany: true });
  if (!uris || uris.length === 0) return;
  await uploadFiles(ui, instance.name, uris, targetOf(argument));
}

/** `fixed`: a dataset or scope that was pointed to. */
export async function uploadFiles(ui: UiContext, instance: string, uris: readonly vscode.Uri[], fixed: Partial<Answers> = {}): Promise<void> {
  const away = uris.find(({ scheme }) => scheme !== 'file');
  if (away) throw new Error(`${away.toString(true)} is not a file of this machine: save it first, then upload that.`);
  // The service may have to ask who this is: its box would close ours.
  if (ui.sessions.get(instance)?.state !== 'signedIn') await ui.client.request(protocol.listScopes, { instance, mine: true });
  const types = await Promise.all(uris.map(async (uri) => (await vscode.workspace.fs.stat(uri)).type));
  const paths = uris.map(({ fsPath }) => fsPath);
  const what: Upload = { instance, paths, folders: types.some((type) => (type & vscode.FileType.Directory) !== 0), title: withoutIcons(`Upload ${paths.length === 1 ? paths[0]!.split(/[\\/]/).at(-1) : count(paths.length, 'item')}`) };
  const answers = await askAll(ui, what, { ...firstAnswers(ui.extension.globalState.get(LAST + instance)), ...fixed }, fixed);
  if (!answers) return;
  await ui.extension.globalState.update(LAST + instance, answers);
  const transfer = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: 'Writing down what is to be uploaded' }, () => ui.client.request(protocol.upload, { instance, wish: wishOf(paths, answers) }));
  vscode.window.setStatusBarMessage(`$(cloud-upload) ${count(transfer.files.total, 'file')} ${transfer.files.total === 1 ? 'is' : 'are'} being uploaded; it goes on when this window is closed`, 6000);
}

function filesOf(argument: unknown, selected: unknown): readonly vscode.Uri[] | undefined {
  const several = Array.isArray(selected) ? selected.filter((one) => one instanceof vscode.Uri) : [];
  if (several.length > 0) return several;
  return argument instanceof vscode.Uri ? [argument] : undefined;
}

export function targetOf(argument: unknown): Partial<Answers> {
  const ref = refOf(argument);
  if (ref) return ref.type === 'DATASET' ? { scope: ref.scope, dataset: didText(ref) } : { scope: ref.scope };
  const scope = typeof argument === 'object' && argument !== null && instanceOf(argument) !== undefined && 'scope' in argument ? argument.scope : undefined;
  return typeof scope === 'string' ? { scope, dataset: '' } : {};
}

type Answered = Answers | typeof BACK | undefined;
type Question = (at: { readonly step: number; readonly of: number }, back: boolean, answers: Answers) => Promise<Answered>;

async function askAll(ui: UiContext, what: Upload, first: Answers, fixed: Partial<Answers>): Promise<Answers | undefined> {
  const questions: Question[] = [
    (at, back, answers) => askRse(ui, what, at, back, answers),
    ...(fixed.scope === undefined ? [((at, back, answers) => askScope(ui, what, at, back, answers)) as Question] : []),
    ...(fixed.dataset === undefined ? [((at, back, answers) => askDataset(ui, what, at, back, answers)) as Question] : []),
    (at, back, answers) => askLifetime(what, at, back, answers),
    (at, back, answers) => askNames(what, at, back, answers),
  ];
  let answers = first;
  for (let at = 0; ;) {
    const where = { step: at + 1, of: questions.length + 1 };
    const question = questions[at];
    const answered: Answered | 'go' = question ? await question(where, at > 0, answers) : await preview(ui, what, where, answers);
    if (answered === 'go') return answers;
    if (answered === undefined) return undefined;
    if (answered === BACK) at--;
    else {
      answers = answered;
      at++;
    }
  }
}

interface Choice extends vscode.QuickPickItem { readonly value: string }

async function askRse(ui: UiContext, { instance, title }: Upload, at: { step: number; of: number }, back: boolean, answers: Answers): Promise<Answered> {
  const targets = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: 'Looking up storages and quota' }, () => ui.client.request(protocol.uploadTargets, { instance }));
  if (targets.length === 0) throw new Error('No storage takes files of yours by davs or https: your account has no quota at any that can be written to from here. Ask your data managers for quota.');
  const items = targets.map(({ rse, quotaLeft }): Choice => ({ label: withoutIcons(rse), description: quotaLeft === null ? 'no limit' : `${bytesText(quotaLeft)} left`, value: rse }));
  const chosen = await askPick({ title, at, back, placeholder: 'To which storage (RSE)?', items, active: items.find(({ value }) => value === answers.rse) });
  return typeof chosen === 'object' ? { ...answers, rse: chosen.value } : chosen;
}

async function askScope(ui: UiContext, { instance, title }: Upload, at: { step: number; of: number }, back: boolean, answers: Answers): Promise<Answered> {
  const scopes = await ui.client.request(protocol.listScopes, { instance, mine: true });
  const items = scopes.map((scope): Choice => ({ label: withoutIcons(scope), value: scope }));
  const chosen = await askPick({ title, at, back, placeholder: 'Under which scope? These are yours; another can be typed', items, active: items.find(({ value }) => value === answers.scope), typed: (text) => ({ label: withoutIcons(text), description: 'not one of yours', value: text }) });
  return typeof chosen === 'object' ? { ...answers, scope: chosen.value, ...(chosen.value !== answers.scope && { dataset: '' }) } : chosen;
}

async function askDataset(ui: UiContext, { instance, title }: Upload, at: { step: number; of: number }, back: boolean, answers: Answers): Promise<Answered> {
  const datasets: string[] = [];
  await ui.client.stream(protocol.listDids, protocol.didRows, (rows) => ({ instance, scope: answers.scope, name: '*', type: 'dataset' as const, limit: 200, rows }), (rows) => datasets.push(...rows.map(({ name }) => name)), { onRestart: () => void (datasets.length = 0) });
  const items: Choice[] = [{ label: 'No dataset', description: 'each file has a rule of its own', value: '' }, ...datasets.sort().map((name): Choice => ({ label: withoutIcons(name), description: 'is there', value: name }))];
  const chosen = await askPick({
    title, at, back, placeholder: 'Into a dataset? Type a name for a new one', items, active: items.find(({ value }) => value === answers.dataset),
    typed: (text) => ({ label: withoutIcons(text), description: 'new, if it is not there', value: text }),
  });
  return typeof chosen === 'object' ? { ...answers, dataset: chosen.value } : chosen;
}

async function askLifetime({ title }: Upload, at: { step: number; of: number }, back: boolean, answers: Answers): Promise<Answered> {
  const text = await askText({
    title, at, back, prompt: 'For how long? Empty: no end', placeholder: '7 days, 2026-12-24 (UTC); empty: no end', value: answers.lifetime,
    check: (value) => (value.trim() === '' ? { note: 'It stays until somebody deletes the rule.' } : saidOf(parseLifetime(value, Date.now()), (seconds) => (seconds === null ? 'It stays until somebody deletes the rule.' : `Until ${new Date(Date.now() + seconds * 1000).toUTCString()}.`))),
  });
  return typeof text === 'string' ? { ...answers, lifetime: text.trim() } : text;
}

async function askNames({ title, folders }: Upload, at: { step: number; of: number }, back: boolean, answers: Answers): Promise<Answered> {
  let { names } = answers;
  if (folders) {
    const items = [
      { label: 'Names of the files', description: 'a.root', value: 'flat' as const },
      { label: 'Names of the folders, too', description: 'run1_part2_a.root', value: 'folders' as const },
    ];
    const chosen = await askPick({ title, at, back, placeholder: 'How are files in folders called?', items, active: items.find(({ value }) => value === names) });
    if (typeof chosen !== 'object') return chosen;
    names = chosen.value;
  }
  const prefix = await askText({ title, at, back: true, prompt: 'What stands before each name? May be empty', placeholder: 'run1_', value: answers.prefix, check: () => ({}) });
  return typeof prefix === 'string' ? { ...answers, names, prefix: prefix.trim() } : prefix;
}

interface PreviewItem extends vscode.QuickPickItem { readonly choose: 'go' | 'wait' }

/** All of it, before anything is sent; Enter on the first row sends. */
async function preview(ui: UiContext, { instance, paths, title }: Upload, at: { step: number; of: number }, answers: Answers): Promise<'go' | typeof BACK | undefined> {
  const pick = vscode.window.createQuickPick<PreviewItem>();
  const abort = new AbortController();
  pick.title = title;
  pick.step = at.step;
  pick.totalSteps = at.of;
  pick.ignoreFocusOut = true;
  pick.matchOnDescription = true;
  pick.buttons = [vscode.QuickInputButtons.Back];
  pick.placeholder = 'Looking at the files…';
  pick.busy = true;
  try {
    return await new Promise((resolve) => {
      pick.onDidTriggerButton(() => resolve(BACK));
      pick.onDidHide(() => resolve(undefined));
      pick.onDidAccept(() => {
        const chosen = pick.activeItems.find((item) => pick.items.includes(item));
        if (chosen?.choose === 'go') resolve('go');
      });
      pick.show();
      ui.client.request(protocol.planUpload, { instance, wish: wishOf(paths, answers) }, abort.signal).then((plan) => {
        pick.items = itemsOf(plan, answers);
        pick.placeholder = plan.problems.length > 0 ? 'This can’t be uploaded so: go back and change an answer' : 'Enter on the first row uploads';
      }, (error: unknown) => {
        if (abort.signal.aborted) return;
        const failure = toFailure(error);
        pick.items = [{ label: `$(error) ${withoutIcons(failure.what)}`, detail: failure.next, choose: 'wait' }];
        pick.placeholder = 'It is not known what would be uploaded';
      }).finally(() => { pick.busy = false; });
    });
  } finally {
    abort.abort();
    pick.dispose();
  }
}

function itemsOf(plan: UploadPlan, answers: Answers): PreviewItem[] {
  const { files, total, bytes, skipped, problems, warnings } = plan;
  const into = answers.dataset === '' ? '' : ` into ${didText(didIn(answers.dataset, answers.scope))}`;
  const first: PreviewItem[] = problems.length === 0
    ? [{ label: withoutIcons(`Upload ${count(total, 'file')} (${bytesText(bytes)}) to ${answers.rse}`), detail: withoutIcons(`As ${answers.scope}:…${into}, ${answers.lifetime === '' ? 'no end' : answers.lifetime}. Verified at the storage before it is called uploaded.`), choose: 'go' }]
    : problems.map((problem) => ({ label: `$(circle-slash) ${withoutIcons(problem)}`, choose: 'wait' }));
  const kind = vscode.QuickPickItemKind.Separator;
  return [
    ...first,
    ...warnings.map((warning): PreviewItem => ({ label: `$(warning) ${withoutIcons(warning)}`, choose: 'wait' })),
    ...(skipped.length > 0 ? [{ label: `Left out: ${count(skipped.length, 'item')}`, kind, choose: 'wait' } as PreviewItem, ...skipped.slice(0, 50).map(({ path, why }): PreviewItem => ({ label: `$(circle-slash) ${withoutIcons(path)}`, description: why, choose: 'wait' }))] : []),
    { label: total > files.length ? `The first ${files.length} of ${count(total, 'file')}` : 'Files', kind, choose: 'wait' },
    ...files.map(({ path, did, bytes: size, problem }): PreviewItem => ({ label: `${problem === undefined ? '$(file)' : '$(circle-slash)'} ${withoutIcons(didText(did))}`, description: problem ?? bytesText(size), detail: withoutIcons(path), choose: 'wait' })),
  ];
}

