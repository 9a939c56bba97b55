// The floors' check bites: in a small copy of the house, each forbidden import is found, and the whole copy is clean.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { checkFloors } from '../../scripts/lint/floors.ts';

const HOUSE: Readonly<Record<string, string>> = {
  'src/extension.ts': "import * as vscode from 'vscode';\nimport { view } from './ui/view.ts';\nimport { call } from './client/call.ts';\nexport const activate = () => vscode.window.showInformationMessage(view + call);\n",
  'src/protocol.ts': "import type { Did } from './lake/did.ts';\nexport const ask = (did: Did) => did;\n",
  'src/ui/view.ts': "import type * as vscode from 'vscode';\nimport { call } from '../client/call.ts';\nexport const view = (v: vscode.TreeItem) => call;\n",
  'src/ui/page/messages.ts': 'export interface Message { readonly text: string }\n',
  'src/client/call.ts': "import { ask } from '../protocol.ts';\nexport const call = ask;\n",
  'src/cli/main.ts': "import { call } from '../client/call.ts';\ncall('');\n",
  'src/service/main.ts': "import { ask } from '../protocol.ts';\nimport { did } from '../lake/did.ts';\nask(did);\n",
  'src/lake/did.ts': "import { get } from '../rucio/get.ts';\nimport { put } from '../storage/put.ts';\nexport type Did = string;\nexport const did = get + put;\n",
  'src/rucio/get.ts': "export const get = '';\n",
  'src/storage/put.ts': "export const put = '';\n",
  'webview/page/main.ts': "import type { Message } from '../../src/ui/page/messages.ts';\nexport const show = (message: Message) => message.text;\n",
};
const WRONG: readonly { name: string; file: string; line: string; found: RegExp }[] = [
  { name: 'lake/ that knows VS Code', file: 'src/lake/did.ts', line: "import * as vscode from 'vscode'; void vscode;", found: /src\/lake\/did\.ts imports .*vscode.*only main\.ts, extension\.ts and ui\// },
  { name: 'lake/ that knows only a type of VS Code', file: 'src/lake/did.ts', line: "import type { Uri } from 'vscode'; export type U = Uri;", found: /src\/lake\/did\.ts imports .*vscode/ },
  { name: 'client/ that knows VS Code', file: 'src/client/call.ts', line: "import * as vscode from 'vscode'; void vscode;", found: /src\/client\/call\.ts imports .*vscode/ },
  { name: 'rucio/ that knows JSON-RPC', file: 'src/rucio/get.ts', line: "import * as rpc from 'vscode-jsonrpc/node'; void rpc;", found: /src\/rucio\/get\.ts imports .*vscode-jsonrpc/ },
  { name: 'rucio/ that imports upward', file: 'src/rucio/get.ts', line: "import type { Did } from '../lake/did.ts'; export type D = Did;", found: /src\/rucio\/get\.ts imports src\/lake\/did\.ts: src\/rucio\/ may import no other folder/ },
  { name: 'ui/ that reaches past the service', file: 'src/ui/view.ts', line: "import { get } from '../rucio/get.ts'; void get;", found: /src\/ui\/view\.ts imports src\/rucio\/get\.ts/ },
  { name: 'the contract with more than types', file: 'src/protocol.ts', line: "import { did } from './lake/did.ts'; void did;", found: /src\/protocol\.ts imports src\/lake\/did\.ts: src\/protocol\.ts may import types only/ },
  { name: 'a page that imports code', file: 'webview/page/main.ts', line: "import { view } from '../../src/ui/view.ts'; void view;", found: /webview\/page\/main\.ts imports src\/ui\/view\.ts/ },
  { name: 'a cycle', file: 'src/storage/put.ts', line: "import './again.ts';", found: /imports .*put\.ts → .*again\.ts: files that need each other/ },
  { name: 'shipped code that needs a test', file: 'src/storage/put.ts', line: "import '../../test/help.ts';", found: /src\/storage\/put\.ts imports test\/help\.ts/ },
  { name: 'a folder nobody planned', file: 'src/utils/misc.ts', line: "import '../storage/put.ts';", found: /src\/utils\/misc\.ts imports .*no others/ },
];
/** Beside the house, so that what the wrong lines name is there. */
const BESIDE: Readonly<Record<string, string>> = { 'src/storage/again.ts': "import './put.ts';\n", 'test/help.ts': 'export {};\n' };

describe('floors', () => {
  const folders: string[] = [];
  after(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));

  const house = (...files: Readonly<Record<string, string>>[]) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'floors-'));
    folders.push(folder);
    for (const [file, text] of files.flatMap((more) => Object.entries(more))) {
      fs.mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
      fs.appendFileSync(path.join(folder, file), text);
    }
    return folder;
  };

  it('finds nothing in a house that is in order', async () => assert.deepEqual((await checkFloors(house(HOUSE))).problems, []));

  for (const { name, file, line, found } of WRONG) {
    it(`finds ${name}`, async () => {
      const { problems } = await checkFloors(house(HOUSE, /again|help/.test(line) ? BESIDE : {}, { [file]: `${line}\n` }));
      assert.ok(problems.some((problem) => found.test(problem)), problems.join('\n') || 'no problem found');
    });
  }

  it('does not take an empty folder for a house in order', async () => {
    const folder = house({ 'package.json': '{}' });
    fs.mkdirSync(path.join(folder, 'src'));
    assert.deepEqual((await checkFloors(folder)).problems, ['there is no file in src/']);
  });
});
