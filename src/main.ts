// What VS Code loads. It runs extension.cjs, where it can from what V8 made of its text at an earlier start: compiling takes longer than
// all the rest of an activation. (Node's own compile cache would be that of every extension in the process.)
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import type * as vscode from 'vscode';
import type * as extension from './extension.ts';

/** ms after activation, when the window has what it waited for. */
const LATER = 5000;
const KEPT = '.compiled';

let running: typeof extension | undefined;

export function activate(context: vscode.ExtensionContext): ReturnType<typeof extension.activate> {
  const { exports, keep } = run<typeof extension>(path.join(__dirname, 'extension.cjs'), context.globalStorageUri.fsPath, require);
  running = exports;
  const made = exports.activate(context);
  if (keep) setTimeout(keep, LATER).unref();
  return made;
}

export function deactivate(): ReturnType<typeof extension.deactivate> {
  return running?.deactivate();
}

/** Runs a module of CommonJS. `keep` is there when what V8 made of it is not kept in the folder yet: it keeps that, with all that ran until then. */
export function run<T extends object>(program: string, folder: string, require: NodeJS.Require): { readonly exports: T; readonly keep?: () => void } {
  const text = fs.readFileSync(program, 'utf8');
  const file = path.join(folder, `${digest(text).toString('hex').slice(0, 16)}-${process.versions.v8}${KEPT}`);
  const cachedData = read(file);
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) {\n${text}\n})`, { filename: program, lineOffset: -1, ...(cachedData && { cachedData }) });
  const module = { exports: {} as T };
  const body = script.runInThisContext() as (exports: object, require: NodeJS.Require, module: object, filename: string, dirname: string) => void;
  body(module.exports, require, module, program, path.dirname(program));
  return { exports: module.exports, ...((!cachedData || script.cachedDataRejected) && { keep: () => write(file, script) }) };
}

/** V8 compares its version and the text's length: not the text, nor whether what it made is whole. */
const digest = (content: string | Uint8Array): Buffer => createHash('sha256').update(content).digest();
const DIGEST = 32;

function read(file: string): Buffer | undefined {
  try {
    const bytes = fs.readFileSync(file);
    const content = bytes.subarray(DIGEST);
    return digest(content).equals(bytes.subarray(0, DIGEST)) ? content : undefined;
  } catch {
    return undefined; // the first start of this version
  }
}

/** It is all of its kind that lies there: other versions' goes. */
function write(file: string, script: vm.Script): void {
  const folder = path.dirname(file);
  try {
    fs.mkdirSync(folder, { recursive: true });
    const fresh = `${file}.${process.pid}`;
    const content = script.createCachedData();
    fs.writeFileSync(fresh, Buffer.concat([digest(content), content]), { mode: 0o600 });
    fs.renameSync(fresh, file);
    for (const name of fs.readdirSync(folder)) if (name.includes(KEPT) && name !== path.basename(file)) fs.rmSync(path.join(folder, name), { force: true });
  } catch (error) {
    console.warn(`What was compiled of Rucio Data Lake could not be kept in ${folder}; its next start is a moment slower: ${error instanceof Error ? error.message : String(error)}`);
  }
}
