// DIDs in code: hover, completion, links, a check on request, what a cell's status bar says, and what a drop or paste puts in.
import * as vscode from 'vscode';
import { registerCommand } from '../commands.ts';
import type { DidRef, UiContext } from '../context.ts';
import { commands } from '../contributions.ts';
import { refOf } from '../explorer/dids.ts';
import type { Observation } from '../explorer/observation.ts';
import { didText, stateWords } from '../explorer/words.ts';
import { unlinked } from '../plain.ts';
import { DIDS_MIME } from '../tree/drag.ts';
import { CellStatus } from './cells.ts';
import { check, MOST_CHECKED } from './check.ts';
import { DidCompletion } from './completion.ts';
import { aborted, CodeDocuments } from './documents.ts';
import { DidDrop, DidPaste, KINDS, pathsOf } from './drops.ts';
import { Findings } from './findings.ts';
import { DidFixes, isReplacing } from './fixes.ts';
import { Glances } from './glances.ts';
import { DidHover } from './hover.ts';
import { isPlain, literal } from './insert.ts';
import { LANGUAGES } from './languages.ts';
import { DidLinks } from './links.ts';
import { typedAt } from './recognise.ts';
import { KnownScopes } from './scopes.ts';

const NOTEBOOK = 'jupyter-notebook';

/** Files, new ones and notebooks' cells; not what shows output. */
const WHERE: readonly vscode.DocumentFilter[] = LANGUAGES.flatMap((language) => ['file', 'untitled', 'vscode-remote', 'vscode-notebook-cell'].map((scheme) => ({ language, scheme })));
/** For drops, a notebook's cells must be named as such. */
const WHERE_DROPPED: readonly vscode.DocumentFilter[] = [...LANGUAGES.map((language) => ({ language })), ...LANGUAGES.map((language) => ({ language, notebookType: NOTEBOOK }))];

export function registerCode(ui: UiContext, observation: Pick<Observation, 'add' | 'update'>): vscode.Disposable {
  const scopes = new KnownScopes({ client: ui.client, state: ui.extension.globalState, log: (line) => ui.log.debug(line) });
  const documents = new CodeDocuments(scopes);
  const glances = new Glances(ui.client);
  const findings = new Findings(ui, documents);
  const cells = new CellStatus(ui, documents, glances, observation);
  const heard = [
    ui.sessions.onDidChange(({ instance, state }) => { if (state === 'signedIn') scopes.forgetFailure(instance); }),
    ui.dids.onDidChangeState((changed) => { for (const did of changed) glances.forget(did); }),
    ui.ruleChanges.event(() => glances.forget()),
  ];
  return vscode.Disposable.from(
    vscode.languages.registerHoverProvider(WHERE, new DidHover(ui, documents, glances)),
    vscode.languages.registerCompletionItemProvider(WHERE, new DidCompletion(ui, scopes), ':'),
    vscode.languages.registerDocumentLinkProvider(WHERE, new DidLinks(documents)),
    vscode.languages.registerCodeActionsProvider(WHERE, new DidFixes(documents, findings), { providedCodeActionKinds: DidFixes.kinds }),
    vscode.languages.registerDocumentDropEditProvider(WHERE_DROPPED, new DidDrop(ui), { dropMimeTypes: [DIDS_MIME], providedDropEditKinds: KINDS }),
    vscode.languages.registerDocumentPasteEditProvider(WHERE_DROPPED, new DidPaste(ui, scopes), { pasteMimeTypes: ['text/plain'], providedPasteEditKinds: KINDS }),
    vscode.notebooks.registerNotebookCellStatusBarItemProvider(NOTEBOOK, cells),
    registerCommand(ui, commands.checkFile, (argument) => checkFile({ ui, scopes, documents, glances, findings }, argument)),
    registerCommand(ui, commands.checkDid, async (argument) => {
      const did = await ui.dids.pick(argument, 'Check DID');
      if (did) await checkDid(ui, did);
    }),
    registerCommand(ui, commands.replaceByPath, (argument) => replaceByPath(ui, documents, argument)),
    findings, cells, ...heard,
  );
}

interface Parts {
  readonly ui: UiContext;
  readonly scopes: KnownScopes;
  readonly documents: CodeDocuments;
  readonly glances: Glances;
  readonly findings: Findings;
}

/** The file in front; of a notebook all its cells. */
function documentsInFront(argument: unknown): readonly vscode.TextDocument[] {
  const cell = typeof argument === 'object' && argument !== null && 'cell' in argument ? String(argument.cell) : undefined;
  const notebook = cell === undefined
    ? vscode.window.activeNotebookEditor?.notebook
    : vscode.workspace.notebookDocuments.find((one) => one.getCells().some(({ document }) => document.uri.toString() === cell));
  if (notebook) return notebook.getCells().map(({ document }) => document);
  return vscode.window.activeTextEditor ? [vscode.window.activeTextEditor.document] : [];
}

async function checkFile({ ui, scopes, documents, glances, findings }: Parts, argument: unknown): Promise<void> {
  const asked = documentsInFront(argument);
  if (asked.length === 0) return void vscode.window.showInformationMessage('Open a file or a notebook first: the DIDs in it are checked.');
  await ui.instances.all(); // meets the lake, so that its scopes can be listed
  await scopes.refresh();
  if (scopes.all().length === 0) {
    const instance = await ui.instances.pick(undefined, 'Sign in to which data lake?');
    if (instance) await vscode.commands.executeCommand(commands.signIn, { instance: instance.name });
    await scopes.refresh();
  }
  const found = asked.flatMap((document) => documents.shaped(document));
  const result = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: 'Checking DIDs', cancellable: true }, (progress, token) =>
    check({ client: ui.client, scopes, glances, dids: ui.dids }, found, { signal: aborted(token), onProgress: (done, of) => progress.report({ message: `${done} of ${of}`, increment: 100 / of }) }));
  for (const document of asked) {
    const own = documents.shaped(document).map(didText);
    findings.set(document, new Map([...result.findings].filter(([text]) => own.includes(text))));
  }
  if (result.failed > 0) void ui.showFailure(result.failure, { retry: () => vscode.commands.executeCommand(commands.checkFile, argument) });
  const show = 'Show Problems';
  const words = unlinked(resultWords(result));
  const chosen = result.findings.size > 0 ? await vscode.window.showWarningMessage(words, show) : await vscode.window.showInformationMessage(words);
  if (chosen === show) await vscode.commands.executeCommand('workbench.actions.view.problems');
}

export function resultWords({ findings, checked, failed, left }: Awaited<ReturnType<typeof check>>): string {
  const all = [...findings.values()];
  const missing = all.filter(({ kind }) => kind === 'missing').length;
  const scopes = all.filter(({ kind }) => kind === 'noScope').length;
  const states = all.length - missing - scopes;
  const parts = [
    ...(missing > 0 ? [`${missing} not in the catalogue`] : []), ...(scopes > 0 ? [`${scopes} in a scope that is not there`] : []),
    ...(states > 0 ? [`${states} not available here`] : []), ...(failed > 0 ? [`${failed} could not be checked`] : []),
  ];
  const rest = left > 0 ? ` Only the first ${MOST_CHECKED} were checked; ${left} more are there.` : '';
  if (checked + failed + scopes === 0) return 'There is no DID in this file: no scope:name with a scope of a data lake that you are signed in to.';
  return `${checked} ${checked === 1 ? 'DID' : 'DIDs'} checked: ${parts.length === 0 ? 'all available here' : parts.join(', ')}.${rest}`;
}

/** A thorough look at one DID, with rules and the mount, told at once. */
async function checkDid(ui: UiContext, did: DidRef): Promise<void> {
  await ui.dids.recheck(did);
  const info = ui.dids.stateOf(did);
  if (!info) return void vscode.window.showWarningMessage(unlinked(`The state of ${didText(did)} could not be found out. The log says more.`));
  const { title } = stateWords(info);
  const make = 'Make Available…';
  const chosen = await vscode.window.showInformationMessage(unlinked(`${didText(did)}: ${title}. ${info.error ? `Rucio says: ${info.error} ` : ''}(${info.looked})`), ...(info.state === 'available' ? [] : [make]));
  if (chosen === make) await vscode.commands.executeCommand(commands.makeAvailable, { ...did, type: info.type });
}

async function replaceByPath(ui: UiContext, documents: CodeDocuments, argument: unknown): Promise<void> {
  const ref = isReplacing(argument) ? refOf(argument.ref) : undefined;
  const document = isReplacing(argument) ? vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === argument.uri) : undefined;
  if (!ref || !document) return;
  const { paths, problem } = await pathsOf(ui, [ref]);
  const [path] = paths;
  if (paths.length !== 1 || path === undefined) {
    const make = 'Make Available…';
    const why = paths.length > 1 ? `${didText(ref)} has ${paths.length} files here, and a path is of one of them: drop it from Explore to insert them all.` : problem ?? `${didText(ref)} is not available here.`;
    const chosen = await vscode.window.showWarningMessage(unlinked(why), ...(paths.length > 1 ? [] : [make]));
    if (chosen === make) await vscode.commands.executeCommand(commands.makeAvailable, ref);
    return;
  }
  const edit = new vscode.WorkspaceEdit();
  const text = document.getText();
  for (const { start, end } of documents.shaped(document).filter((did) => didText(did) === didText(ref))) {
    const quoted = typedAt(text, start, document.languageId)?.quoted === true;
    if (quoted && !isPlain(path)) return void vscode.window.showWarningMessage(unlinked(`The path was not put in: it has letters that mean something inside of a string. Use Copy Path: ${path}`));
    edit.replace(document.uri, new vscode.Range(document.positionAt(start), document.positionAt(end)), quoted ? path : literal(path, document.languageId));
  }
  await vscode.workspace.applyEdit(edit);
}
