// The wrapper behind `datalake` in terminals: right for any folder name, on both kinds of system.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { wrapper } from '../../../src/ui/terminal/datalake.ts';

test('a shell runs it with all arguments whole, whatever the folder is called', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wrapper-'));
  try {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '$', '`', '\\', 'é', ';', '&'), minLength: 1, maxLength: 12 }), (odd) => {
      const program = path.join(folder, `p${odd}.cjs`);
      fs.writeFileSync(program, 'console.log(JSON.stringify([process.env.ELECTRON_RUN_AS_NODE, ...process.argv.slice(2)]))');
      const { name, text } = wrapper('linux', process.execPath, program);
      fs.writeFileSync(path.join(folder, name), text, { mode: 0o700 });
      const out = execFileSync(path.join(folder, name), ['status', 'a b', "it's", '$HOME'], { encoding: 'utf8' });
      assert.deepEqual(JSON.parse(out), ['1', 'status', 'a b', "it's", '$HOME']);
    }), { numRuns: 12 });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test('on Windows it is a batch file with both paths in quotes and its percent signs doubled', () => {
  const { name, text } = wrapper('win32', 'C:\\Program Files\\Code\\Code.exe', 'C:\\Users\\100%\\cli.cjs');
  assert.equal(name, 'datalake.cmd');
  assert.ok(text.includes('"C:\\Program Files\\Code\\Code.exe" "C:\\Users\\100%%\\cli.cjs" %*\r\n'));
  assert.ok(text.includes('set ELECTRON_RUN_AS_NODE=1'));
});
