// A program of ours that is run from what V8 made of its text at an earlier start, where that is kept: compiling takes longer than all else
// that a start does. (Node's own compile cache holds no function that is compiled when it is called first, and that is nearly all of them; in
// the editor it would besides be that of every extension in the process.)
import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';

const KEPT = '.compiled';

/** Runs a module of CommonJS. `keep` is there when what V8 made of it is not kept in the folder yet: it keeps that, with all that ran until then. */
export function run<T extends object>(program: string, folder: string, require: NodeJS.Require): { readonly exports: T; readonly keep?: () => void } {
  const bytes = fs.readFileSync(program);
  const text = bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8'); // in a tenth of the time, and in half the memory
  const file = path.join(folder, `${digest(bytes).toString('hex').slice(0, 16)}-${process.versions.v8}${KEPT}`);
  const cachedData = read(file);
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) {\n${text}\n})`, { filename: program, lineOffset: -1, ...(cachedData && { cachedData }) });
  const module = { exports: {} as T };
  const body = script.runInThisContext() as (exports: object, require: NodeJS.Require, module: object, filename: string, dirname: string) => void;
  body(module.exports, require, module, program, path.dirname(program));
  return { exports: module.exports, ...((!cachedData || script.cachedDataRejected) && { keep: () => write(file, script) }) };
}

/** V8 compares its version and the text's length: not the text, nor whether what it made is whole. */
const digest = (content: Uint8Array): Buffer => createHash('sha256').update(content).digest();
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
