// `npm run lint`: no file of the project names a package registry's host or a folder of somebody's machine.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Check } from './problem.ts';

// Put together here, so that this file does not contain what it forbids.
const HOSTS = [['npmjs', 'org'], ['npmjs', 'com'], ['yarnpkg', 'com'], ['pypi', 'org'], ['pythonhosted', 'org'], ['crates', 'io'], ['proxy.golang', 'org'], ['deb.debian', 'org'], ['repo.maven.apache', 'org'], ['repo1.maven', 'org']];
const FOLDERS = ['root', 'work'];
const FORBIDDEN: readonly { pattern: RegExp; why: string }[] = [
  { pattern: new RegExp(`(?<![\\w-])(${HOSTS.map((parts) => parts.join('\\.').replaceAll(/(?<!\\)\./g, '\\.')).join('|')})(?![\\w-])`, 'i'), why: 'names a package registry\'s host' },
  { pattern: new RegExp(`(?<![\\w:/.~}*-])/(${FOLDERS.join('|')})/`), why: 'names a folder of one machine' },
];
const MAX_BYTES = 2_000_000;

/** @param root a folder that is the work tree of a git repository: what git tracks or would track is looked at */
export function checkWords(root: string): Check {
  const { status, stdout, stderr } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) return { name: 'words', problems: [`git cannot list the files: ${stderr.trim()}`] };
  const problems = stdout.split('\0').filter(Boolean).flatMap((name) => {
    const file = path.join(root, name);
    // Listed, but removed from the work tree; or a picture.
    if (!fs.existsSync(file) || !fs.statSync(file).isFile() || fs.statSync(file).size > MAX_BYTES) return [];
    const text = fs.readFileSync(file, 'utf8');
    return text.includes('\0') ? [] : wordsIn(name, text);
  });
  return { name: 'words', problems };
}

/** What a file's text must not say, one line for each. */
export function wordsIn(name: string, text: string): string[] {
  return text.split('\n').flatMap((line, i) => FORBIDDEN.filter(({ pattern }) => pattern.test(line)).map(({ why }) => `${name}:${i + 1} ${why}: ${line.trim().slice(0, 120)}`));
}
