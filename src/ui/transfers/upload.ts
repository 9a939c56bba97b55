// *Upload to Data Lake…*: where to, under which names, for how long; then every DID before anything is sent.
import * as vscode from 'vscode';
import { ServiceFailure } from '../../client/client.ts';
import * as protocol from '../../protocol.ts';
import type { TransferInfo } from '../../protocol.ts';
import type { UiContext } from '../context.ts';
import { commands } from '../contributions.ts';
import { refOf } from '../explorer/dids.ts';
import { count, didText } from '../explorer/words.ts';
import { instanceOf } from '../instances.ts';
import { withoutIcons } from '../plain.ts';
import { askInTurn, BACK, type Question } from '../prompts/inTurn.ts';
import { type Answers, type Choices, firstAnswers, wishOf } from './answers.ts';
import type { PlanDocuments } from './planDocument.ts';
import { questionsOf, type Upload } from './uploadQuestions.ts';
import { askLinks, askMetadata, askName, askTaken, preview } from './uploadPreview.ts';

/** Answers of the last time, by instance. */
const LAST = 'rucio.lastUpload.';

/** `argument`: a file of the editor's explorer, a scope or dataset of ours, or nothing. undefined: dismissed. */
export async function upload(ui: UiContext, documents: PlanDocuments, argument: unknown, selected: unknown): Promise<TransferInfo | undefined> {
  const instance = await ui.instances.pick(argument instanceof vscode.Uri ? undefined : argument, 'Upload to which Rucio instance?');
  if (!instance) return undefined;
  const uris = filesOf(argument, selected) ?? await vscode.window.showOpenDialog({ title: 'Upload to Data Lake', openLabel: 'Upload', canSelectFiles: true, canSelectFolders: true, canSelectMany: true });
  if (!uris || uris.length === 0) return undefined;
  return await uploadFiles(ui, documents, instance.name, uris, targetOf(argument));
}

/** `fixed`: a dataset or scope that was pointed to. */
async function uploadFiles(ui: UiContext, documents: PlanDocuments, instance: string, uris: readonly vscode.Uri[], fixed: Partial<Answers>): Promise<TransferInfo | undefined> {
  const away = uris.find(({ scheme }) => scheme !== 'file');
  if (away) throw notHere(away);
  // The service may have to ask who this is: its box would close ours.
  if (ui.sessions.get(instance)?.state !== 'signedIn') await ui.client.request(protocol.listScopes, { instance, mine: true });
  const types = await Promise.all(uris.map(typeOf));
  const paths = uris.map(({ fsPath }) => fsPath);
  const what: Upload = { instance, paths, folders: types.some((type) => (type & vscode.FileType.Directory) !== 0), title: withoutIcons(`Upload ${paths.length === 1 ? paths[0]!.split(/[\\/]/).at(-1) : count(paths.length, 'item')}`) };
  const kept = firstAnswers(ui.extension.globalState.get(LAST + instance));
  // A container is for folders.
  const asked = await askAll(ui, documents, what, { ...kept, ...(!what.folders && { container: '' }), ...fixed }, fixed);
  if (!asked) return undefined;
  await ui.extension.globalState.update(LAST + instance, asked.answers);
  return await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: 'Writing down what is to be uploaded' }, () => ui.client.request(protocol.upload, { instance, wish: wishOf(paths, asked.answers, asked.choices) }));
}

/** A tab may show what was never saved, or what lies elsewhere. */
function notHere(uri: vscode.Uri): ServiceFailure {
  const next = uri.scheme === 'untitled' ? 'Save it, then upload that.' : 'Save a copy of it here, then upload that.';
  return new ServiceFailure({ kind: 'badInput', what: `${uri.scheme === 'untitled' ? uri.path : uri.toString(true)} is not a file of this machine.`, next, actions: [] });
}

async function typeOf(uri: vscode.Uri): Promise<vscode.FileType> {
  try {
    return (await vscode.workspace.fs.stat(uri)).type;
  } catch (error) {
    if (!(error instanceof vscode.FileSystemError)) throw error;
    const why = error.code === 'FileNotFound' ? 'is not there any more' : `can’t be looked at (${error.code})`;
    throw new ServiceFailure({ kind: error.code === 'FileNotFound' ? 'notFound' : 'badInput', what: `${uri.fsPath} ${why}.`, next: 'Choose what is there and may be read.', actions: [] });
  }
}

function filesOf(argument: unknown, selected: unknown): readonly vscode.Uri[] | undefined {
  const several = Array.isArray(selected) ? selected.filter((one) => one instanceof vscode.Uri) : [];
  if (several.length > 0) return several;
  return argument instanceof vscode.Uri ? [argument] : undefined;
}

function targetOf(argument: unknown): Partial<Answers> {
  const ref = refOf(argument);
  if (ref) return ref.type === 'DATASET' ? { scope: ref.scope, dataset: didText(ref), container: '' } : { scope: ref.scope };
  const scope = typeof argument === 'object' && argument !== null && instanceOf(argument) !== undefined && 'scope' in argument ? argument.scope : undefined;
  return typeof scope === 'string' ? { scope } : {};
}

interface Said {
  readonly answers: Answers;
  readonly choices: Choices;
  /** Who dismisses that question sees what it was about in the preview, and is not asked again. */
  readonly askTakenFirst: boolean;
}

async function askAll(ui: UiContext, documents: PlanDocuments, what: Upload, first: Answers, fixed: Partial<Answers>): Promise<Said | undefined> {
  const questions = questionsOf(ui, what, fixed).map((ask): Question<Said> => async (so, at, back) => {
    const answers = await ask(at, back, so.answers);
    return answers === undefined || answers === BACK ? answers : { ...so, answers };
  });
  return await askInTurn(questions, async (so, at) => {
    const { answers, choices } = so;
    const said = await preview(ui, documents, what, at, answers, choices, so.askTakenFirst);
    if (said === undefined || said === BACK) return said;
    const again = (change: Partial<Said>): { readonly answers: Said; readonly done: false } => ({ answers: { ...so, ...change }, done: false });
    switch (said.do) {
      case 'go': return { answers: so, done: true };
      case 'links': return again({ choices: { ...choices, ...await askLinks(what, said.links) } });
      case 'taken': return again({ askTakenFirst: false, choices: { ...choices, ...await askTaken(what, said.taken) } });
      case 'same': {
        const { same, ...others } = choices;
        return again({ choices: same === 'skip' ? others : { ...others, same: 'skip' } });
      }
      case 'signIn':
        await vscode.commands.executeCommand(commands.signIn, { instance: what.instance });
        return again({});
      case 'metadata': return again({ answers: { ...answers, metadata: await askMetadata(what, answers) } });
      case 'name': return again({ choices: { ...choices, rename: await askName(what, said.path, said.name, choices.rename) } });
    }
  }, { answers: first, choices: { rename: {} }, askTakenFirst: true });
}
