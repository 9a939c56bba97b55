// Nothing is shipped whose licence forbids it, and every licence text goes along.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { notices } from '../../scripts/notices.ts';

function project(packages: Record<string, { license?: string; text?: string }>): string {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'notices-'));
  for (const [name, { license, text }] of Object.entries(packages)) {
    const folder = path.join(root, 'node_modules', name);
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name, version: '1.2.3', license }));
    if (text !== undefined) fs.writeFileSync(path.join(folder, 'LICENSE.md'), text);
  }
  return root;
}

test('each bundled package once, with its text', () => {
  const text = notices(project({ 'a': { license: 'MIT', text: 'Copyright A' }, '@b/c': { license: 'ISC' } }), ['src/x.ts', 'node_modules/a/one.js', 'node_modules/a/two.js', 'node_modules/@b/c/index.js']);
  assert.match(text, /a 1\.2\.3\n\nCopyright A/);
  assert.match(text, /@b\/c 1\.2\.3\n\nLicence: ISC/);
  assert.equal(text.split('a 1.2.3').length, 2);
});

test('a licence that may not be shipped, or none, stops the packaging', () => {
  assert.throws(() => notices(project({ g: { license: 'GPL-3.0' } }), ['node_modules/g/i.js']), /g 1\.2\.3 .*GPL-3\.0/);
  assert.throws(() => notices(project({ n: {} }), ['node_modules/n/i.js']), /none/);
});
