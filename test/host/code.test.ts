// DIDs in code in a real extension host, on a real lake: what VS Code is given for a file and for a notebook's cell.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite, suiteSetup, suiteTeardown, test } from 'mocha';
import * as vscode from 'vscode';
import { TOOLS } from '../../src/assistants/tools.ts';
import type { ServiceClient } from '../../src/client/client.ts';
import { DidDrop, DidPaste } from '../../src/ui/code/drops.ts';
import { KnownScopes } from '../../src/ui/code/scopes.ts';
import type { UiContext } from '../../src/ui/context.ts';
import { commands, settings } from '../../src/ui/contributions.ts';
import { DIDS_MIME, drag } from '../../src/ui/tree/drag.ts';
import { signIn } from '../support/instance.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { extensionUnderTest, windowClient } from './extensionUnderTest.ts';

const lake = JSON.parse(fs.readFileSync(process.env['LAKE_INFO'] ?? '', 'utf8')) as LakeInfo;
const { available, fits: far } = lake.seed.dids;
const cut = available.indexOf(':');
const [scope, name] = [available.slice(0, cut), available.slice(cut + 1)];

const hoverText = (hovers: readonly vscode.Hover[]): string => hovers.flatMap(({ contents }) => contents.map((content) => (typeof content === 'string' ? content : content.value))).join('\n').replaceAll('\\', '');

suite('DIDs in code', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'code-'));
  let client: ServiceClient;
  let files = 0;

  async function open(text: string, ending = 'py'): Promise<vscode.TextDocument> {
    const file = path.join(folder, `f${files++}.${ending}`);
    fs.writeFileSync(file, text);
    const document = await vscode.workspace.openTextDocument(file);
    await vscode.window.showTextDocument(document);
    return document;
  }
  const at = (document: vscode.TextDocument, text: string): vscode.Position => document.positionAt(document.getText().indexOf(text) + 2);
  const hover = async (document: vscode.TextDocument, text: string): Promise<string> =>
    hoverText(await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, at(document, text)));
  const until = async (what: string, look: () => boolean | Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + 30_000; !(await look()); await sleep(100)) assert.ok(Date.now() < end, `not within 30 s: ${what}`);
  };

  suiteSetup(async () => {
    await extensionUnderTest().activate();
    client = await windowClient();
    await signIn(client, lake, 'alice');
  });

  suiteTeardown(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    // What links showed in Explore goes with the account: the next tests find its lists as they are.
    await vscode.commands.executeCommand(commands.signOut, 'lake');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test('a hover says what it is, how large, whether it is here, and what can be done; other strings have none', async () => {
    const document = await open(`data = "${available}"\nfar = '${far}'\nnone = "${scope}:no.such.did"\nurl = "https://x.y:80/z"; other = "nowhere:at.all"  # ${available} in a comment\n`);
    const here = await hover(document, available);
    for (const part of [available, 'dataset', 'Available', 'Copy Path', `command:${commands.revealInExplore}?`]) assert.ok(here.includes(part), `${part}: ${here}`);
    assert.ok(!here.includes('Make Available…'), here);
    const away = await hover(document, far);
    for (const part of ['Not available', 'Make Available…', `command:${commands.makeAvailable}?`, 'Also at']) assert.ok(away.includes(part), `${part}: ${away}`);
    assert.match(await hover(document, `${scope}:no.such`), /Not in the catalogue of Test Lake/);
    assert.equal(await hover(document, 'nowhere:'), '');
    assert.equal(await hover(document, 'https:'), '');
  });

  test('only our commands are trusted in it', async () => {
    const document = await open(`"${available}"`);
    const [first] = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, at(document, available));
    const markdown = first?.contents[0] as vscode.MarkdownString;
    const trusted = markdown.isTrusted;
    assert.ok(typeof trusted === 'object' && trusted.enabledCommands.every((id) => Object.values(commands).some((own) => own === id)), JSON.stringify(trusted));
    assert.ok(!markdown.supportHtml);
  });

  test('names are completed within a string, scopes too', async () => {
    const document = await open(`x = "${scope}:${name.slice(0, 3)}"\ny = "${scope.slice(0, 3)}"\n`);
    const complete = (text: string) => vscode.commands.executeCommand<vscode.CompletionList>('vscode.executeCompletionItemProvider', document.uri, document.positionAt(document.getText().indexOf(text) + text.length));
    const labels = ({ items }: vscode.CompletionList): string[] => items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    assert.ok(labels(await complete(`${scope}:${name.slice(0, 3)}`)).includes(name));
    assert.ok(labels(await complete(`y = "${scope.slice(0, 3)}`)).includes(`${scope}:`));
  });

  test('DIDs of known scopes are links to Explore, in Markdown with rucio: as well', async () => {
    const document = await open(`[data](rucio:${available}) and \`${far}\` but not a:b`, 'md');
    const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>('vscode.executeLinkProvider', document.uri);
    const ours = links.filter(({ target }) => target?.scheme === 'command' && target.path === commands.revealInExplore);
    assert.deepEqual(ours.map(({ range }) => document.getText(range)).sort(), [available, far].sort());
    assert.deepEqual(JSON.parse(ours[0]?.target?.query ?? ''), [{ instance: 'lake', scope, name }]);
  });

  test('a check finds what is missing, misspelt and not here, with quick fixes; they go when the text is mended', async () => {
    const wrong = `${name.slice(0, -2)}${name.at(-1)}${name.at(-2)}`;
    const document = await open(`a = "${available}"\nb = "${scope}:${wrong}"\nc = "${far}"\n`);
    const done = vscode.commands.executeCommand(commands.checkFile);
    const ours = (): vscode.Diagnostic[] => vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'Rucio');
    await until('two findings', () => ours().length === 2);
    const [missing, away] = ours().sort((one, other) => one.range.start.line - other.range.start.line);
    assert.ok(missing && away);
    assert.equal(missing.message, `${scope}:${wrong} is not in the catalogue. Is “${name}” meant?`);
    assert.match(away.message, /Not available\. Cannot be read here yet/);
    const fixes = async (range: vscode.Range): Promise<vscode.CodeAction[]> => vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', document.uri, range, vscode.CodeActionKind.QuickFix.value);
    assert.ok((await fixes(away.range)).some(({ title, command }) => title === 'Make Available…' && command?.command === commands.makeAvailable));
    const replace = (await fixes(missing.range)).find(({ title }) => title === `Replace by “${name}”`);
    assert.ok(replace?.edit);
    await vscode.workspace.applyEdit(replace.edit);
    assert.ok(document.getText().includes(`b = "${available}"`));
    await until('one finding', () => ours().length === 1);
    await vscode.commands.executeCommand('notifications.clearAll');
    await done;
  });

  test('dropped or pasted it is a path, the DID, or the lines that open it; in a string nothing with quotes', async () => {
    const shown: UiContext = { client } as UiContext;
    const token = new vscode.CancellationTokenSource().token;
    const data = new vscode.DataTransfer();
    drag([{ instance: 'lake', scope, name, type: 'DATASET', ruleId: 'abc' }, undefined], data);
    assert.ok(data.get(DIDS_MIME));
    const document = await open('x = ""\n\n');
    const drop = new DidDrop(shown);
    const offered = await drop.provideDocumentDropEdits(document, new vscode.Position(1, 0), data) ?? [];
    assert.deepEqual(offered.map(({ title }) => title), ['Insert Path', 'Insert DID', 'Open in Python', 'Insert Rule ID']);
    const texts = await Promise.all(offered.map(async (edit) => {
      const { insertText } = await drop.resolveDocumentDropEdit(edit, token);
      return typeof insertText === 'string' ? insertText : insertText.value;
    }));
    const mount = lake.rses['EULAKE-1'].mount ?? '';
    assert.ok(texts[0]?.includes(`"${mount}/`), texts[0]);
    assert.deepEqual([texts[1], texts[3]], [`"${available}"`, 'abc']);
    assert.ok(texts[2]?.includes('import fsspec') && texts[2].includes(mount), texts[2]);
    const inside = await drop.provideDocumentDropEdits(document, new vscode.Position(0, 5), data) ?? [];
    assert.deepEqual(inside.map(({ title }) => title), ['Insert Path', 'Insert DID', 'Insert Rule ID']);

    const welcome = await client.welcome();
    const scopes = new KnownScopes({ client: { request: client.request, lastWelcome: welcome } as never, state: { get: () => undefined, update: async () => undefined }, log: () => undefined });
    const paste = new DidPaste(shown, scopes);
    const pasted = async (text: string, into = document): Promise<(string | undefined)[] | undefined> => {
      const clip = new vscode.DataTransfer();
      clip.set('text/plain', new vscode.DataTransferItem(text));
      return (await paste.provideDocumentPasteEdits(into, [new vscode.Range(1, 0, 1, 0)], clip, {} as vscode.DocumentPasteEditContext))?.map(({ title }) => title);
    };
    assert.deepEqual(await pasted(` ${available}\n`), ['Insert Path', 'Insert DID', 'Open in Python']);
    assert.equal(await pasted('nowhere:at.all'), undefined);
    assert.equal(await pasted(`see ${available}`), undefined);
    const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', new vscode.NotebookData([new vscode.NotebookCellData(vscode.NotebookCellKind.Code, '\n\n', 'python')]));
    const cell = notebook.cellAt(0).document;
    assert.deepEqual(await pasted(available, cell), ['Insert Path', 'Insert DID', 'Open in Python', 'Add to Notebook…']);
    assert.deepEqual((await drop.provideDocumentDropEdits(cell, new vscode.Position(1, 0), data) ?? []).map(({ title }) => title), ['Insert Path', 'Insert DID', 'Open in Python', 'Add to Notebook…', 'Insert Rule ID']);
  });

  test('in a notebook: a hover in a cell, with Add to Notebook', async () => {
    const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', new vscode.NotebookData([new vscode.NotebookCellData(vscode.NotebookCellKind.Code, `data = "${available}"`, 'python')]));
    await vscode.window.showNotebookDocument(notebook);
    const { document } = notebook.cellAt(0);
    const text = await hover(document, available);
    assert.match(text, /Available/);
    assert.match(text, /Add to Notebook…/);
  });

  test('a link shows the DID in Explore, and changes nothing', async () => {
    const api = await extensionUnderTest().activate();
    await api.uriHandler.handleUri(vscode.Uri.parse(`vscode://rucio.rucio-datalake/did?instance=lake&did=${available}`));
    await until('it is selected', () => api.explorer.view.selection.some((node) => node.kind === 'did' && node.row.name === name));
    await vscode.commands.executeCommand(commands.copyDidLink, { instance: 'lake', scope, name });
    assert.equal(await vscode.env.clipboard.readText(), `${vscode.env.uriScheme}://rucio.rucio-datalake/did?instance=lake&did=${available}`);
  });

  test('assistants have the tools, and lose them with the setting', async () => {
    const names = (): string[] => vscode.lm.tools.map((tool) => tool.name).filter((tool) => tool.startsWith('rucio_')).sort();
    assert.deepEqual(names(), TOOLS.map((tool) => tool.name).sort());
    const invoke = async (tool: string, input: object): Promise<string> => (await vscode.lm.invokeTool(tool, { input, toolInvocationToken: undefined })).content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('');
    assert.equal((JSON.parse(await invoke('rucio_locate_did', { did: available })) as { here: { state: string } }).here.state, 'available');
    await assert.rejects(invoke('rucio_describe_did', { did: 'nonsense' }), /write scope:name/);
    await vscode.workspace.getConfiguration().update(settings.assistantsEnabled, false, vscode.ConfigurationTarget.Global);
    try {
      await assert.rejects(async () => invoke('rucio_quota', {}));
    } finally {
      await vscode.workspace.getConfiguration().update(settings.assistantsEnabled, undefined, vscode.ConfigurationTarget.Global);
    }
    await until('they are back', async () => /EULAKE-1/.test(await invoke('rucio_quota', {}).catch(() => '')));
  });
});
