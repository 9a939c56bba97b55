// From attached DIDs to the program that sets their variables.
import { RucioError } from '../../rucio/errors.ts';
import type { Language } from './languages/language.ts';
import { languageOf } from './languages/table.ts';
import { nameProblem, nameRules } from './names.ts';
import type { Attached, AttachedSummary, Attachment, AttachmentCode } from './types.ts';

/** @throws RucioError badInput for a name that is no variable's: it would be part of a program. */
export function checkNames(attachments: readonly Attachment[], language: string): void {
  const rules = nameRules(language);
  for (const { variableName } of attachments) {
    const problem = nameProblem(variableName, rules, []);
    if (problem !== undefined) throw new RucioError('badInput', problem);
  }
}

/** Of the environment, in every language. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `environment`: set in the kernel before anything is attached; not in a cell, which is kept. @throws like {@link checkNames}. */
export function codeOf(attached: readonly Attached[], name: string, environment: Readonly<Record<string, string>> = {}): AttachmentCode {
  checkNames(attached, name);
  const odd = Object.keys(environment).find((variable) => !VARIABLE.test(variable));
  if (odd !== undefined) throw new RucioError('badInput', `“${odd.slice(0, 60)}” can’t be the name of a variable of the environment.`);
  const language = languageOf(name);
  return {
    language: language?.names[0] ?? '', attached: attached.map(summaryOf),
    inject: language && attached.length > 0 ? [language.prelude, ...settingOf(language, environment), ...attached.map((one) => language.attach(one))] : [],
    cell: language ? attached.map((one) => language.cell(one)).join('\n') : '',
  };
}

/** All in one go: no cell of a person comes in between. */
function settingOf(language: Language, environment: Readonly<Record<string, string>>): readonly string[] {
  const lines = Object.entries(environment).map(([variable, value]) => language.environment(variable, value));
  return lines.length === 0 ? [] : [lines.join('\n')];
}

function summaryOf({ files, manifest: _manifest, ...facts }: Attached): AttachedSummary {
  const first = files[0];
  return { ...facts, ...(first && { path: first.path, ...(first.pfn !== '' && { pfn: first.pfn }) }) };
}
