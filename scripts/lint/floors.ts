// `npm run lint`: nothing imports upward. The rules are those of .dependency-cruiser.cjs; this asks dependency-cruiser
// about one folder and gives its answer in our words.
import { cruise, type ICruiseOptions, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root as project } from '../../test/support/install.ts';
import type { Check } from './problem.ts';

interface Configuration {
  forbidden: { name: string; comment: string }[];
  options: ICruiseOptions & { enhancedResolveOptions: Record<string, unknown> };
}

/** @param root a folder with src/ and perhaps webview/: the project, or a copy in which a test broke something */
export async function checkFloors(root: string): Promise<Check> {
  const { forbidden, options } = createRequire(import.meta.url)(path.join(project, '.dependency-cruiser.cjs')) as Configuration;
  const { enhancedResolveOptions, ...rest } = options;
  const folders = ['src', 'webview'].filter((folder) => fs.existsSync(path.join(root, folder)));
  const { output } = await cruise(folders, { ...rest, baseDir: root, validate: true, ruleSet: { forbidden } as IFlattenedRuleSet }, enhancedResolveOptions);
  const { modules, summary } = output as ICruiseResult;
  const problems = summary.violations.map(({ from, to, rule, cycle }) =>
    `${from} imports ${cycle ? cycle.map((step) => step.name).join(' → ') : to}: ${forbidden.find(({ name }) => name === rule.name)?.comment ?? rule.name}`);
  // A cruise that saw nothing has no violation either.
  if (!modules.some(({ source }) => source.startsWith('src/'))) problems.push('there is no file in src/');
  return { name: 'floors', problems: [...new Set(problems)] };
}
