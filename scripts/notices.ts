// The licences of what is bundled into the extension: each must be one that may be shipped under Apache-2.0, and its text
// goes into the VSIX. What is bundled is read from esbuild's metafile, so nothing can be forgotten.
import fs from 'node:fs';
import path from 'node:path';

/** SPDX names of licences whose code may be part of ours. */
const ALLOWED = new Set(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'CC0-1.0', 'Unlicense', 'MIT AND CC-BY-4.0']);

/** @param root the project @param inputs file names of the metafile, relative to it. Throws when a licence is missing or not allowed. */
export function notices(root: string, inputs: readonly string[]): string {
  const packages = [...new Set(inputs.flatMap((input) => /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input) ?? []).filter((text) => !text.includes('node_modules')))].sort();
  const texts = packages.map((name) => {
    const folder = path.join(root, 'node_modules', name);
    const { version, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string; license?: string };
    if (license === undefined || !ALLOWED.has(license)) throw new Error(`${name} ${version} is bundled, and its licence (${license ?? 'none'}) is not one that may be shipped.`);
    const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
    const text = file === undefined ? `Licence: ${license}` : fs.readFileSync(path.join(folder, file), 'utf8').trim();
    return `${name} ${version}\n\n${text}\n`;
  });
  return `This extension contains the following programs, under their licences.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
