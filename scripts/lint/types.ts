// `npm run lint`: the TypeScript compiler has no complaint, in the editor's half and in the pages' half. Types are checked by TypeScript 7, a fifth
// of the work of 6, which stays for the programs that read our sources through its interface.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Check } from './problem.ts';

/** @param root a folder with a tsconfig.json, and perhaps one in webview/ */
export function checkTypes(root: string): Check[] {
  return ['tsconfig.json', 'webview/tsconfig.json'].filter((file) => fs.existsSync(path.join(root, file))).map((file) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(root, 'node_modules', 'typescript-native', 'bin', 'tsc'), '-p', file, '--pretty', 'false'], { cwd: root, encoding: 'utf8' });
    return { name: `types of ${file}`, problems: status === 0 ? [] : `${stdout}${stderr}`.trim().split('\n') };
  });
}
