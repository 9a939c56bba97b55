// npm run lint: types, floors, manifest = code, words. Each check takes the folder it looks at, so that a test can show
// on a broken copy that it bites.
import { pathToFileURL } from 'node:url';
import { root } from '../test/support/install.ts';
import { checkFloors } from './lint/floors.ts';
import { checkManifest } from './lint/manifest.ts';
import type { Check } from './lint/problem.ts';
import { checkTypes } from './lint/types.ts';
import { checkWords } from './lint/words.ts';

/** Runs every check on a folder. A check that cannot be done has a problem, too. */
export async function lint(folder: string = root): Promise<Check[]> {
  const attempt = async (name: string, check: () => Check | Check[] | Promise<Check>): Promise<Check[]> => {
    try {
      return [await check()].flat();
    } catch (error) {
      return [{ name, problems: [`could not be checked: ${error instanceof Error ? error.message : String(error)}`] }];
    }
  };
  return (await Promise.all([
    attempt('floors', () => checkFloors(folder)),
    attempt('manifest = code', () => checkManifest(folder)),
    attempt('words', () => checkWords(folder)),
    attempt('types', () => checkTypes(folder)), // last: it blocks this process
  ])).flat();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  let failed = 0;
  for (const { name, problems } of await lint()) {
    if (problems.length > 0) failed++;
    console.log(`${problems.length === 0 ? '✔' : '✖'} ${name}`);
    for (const problem of problems) console.log(`    ${problem}`);
  }
  process.exitCode = failed > 0 ? 1 : 0;
}
