// A program that was compiled at an earlier start runs the same with and without what V8 made of it before, and never as an older text.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { run } from '../../src/compiled.ts';

interface Program { readonly answer: () => string; readonly where: string }

describe('what was compiled at an earlier start', () => {
  const require = createRequire(import.meta.url);
  let folder: string;
  let program: string;
  let kept: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'compiled-'));
    program = path.join(folder, 'program.cjs');
    kept = path.join(folder, 'storage', 'of', 'ours');
    write('one');
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));
  const write = (answer: string): void => fs.writeFileSync(program, `const path = require('node:path');\nexports.answer = () => '${answer}';\nexports.where = path.basename(__filename);\nexports.fails = () => { throw new Error('here'); };`);
  const start = () => run<Program>(program, kept, require);
  const files = (): string[] => fs.readdirSync(kept);

  it('is kept at the first start, for this user alone, and taken at the next', () => {
    const first = start();
    assert.deepEqual([first.exports.answer(), first.exports.where], ['one', 'program.cjs']);
    assert.ok(!fs.existsSync(kept), 'nothing is written before it is time');
    first.keep!();
    assert.equal(files().length, 1);
    assert.equal(fs.statSync(path.join(kept, files()[0]!)).mode & 0o777, 0o600);
    const next = start();
    assert.deepEqual([next.exports.answer(), next.exports.where, next.keep], ['one', 'program.cjs', undefined]);
  });

  it('is not taken for another text, also of the same length, and goes then', () => {
    start().keep!();
    const [before] = files();
    write('two');
    const next = start();
    assert.equal(next.exports.answer(), 'two');
    next.keep!();
    assert.equal(files().length, 1);
    assert.notEqual(files()[0], before);
  });

  it('is made anew when it is damaged', () => {
    start().keep!();
    const file = path.join(kept, files()[0]!);
    const flipped = fs.readFileSync(file);
    flipped[200]! ^= 1;
    for (const bytes of [Buffer.from('rubbish'), Buffer.alloc(0), flipped.subarray(0, 100), flipped]) {
      fs.writeFileSync(file, bytes);
      const next = start();
      assert.equal(next.exports.answer(), 'one');
      next.keep!();
      assert.equal(start().keep, undefined);
    }
  });

  it('fails nobody where it can’t be kept, and says so', () => {
    fs.writeFileSync(path.join(folder, 'storage'), 'a file in the way');
    const warn = mock.method(console, 'warn', () => undefined);
    const first = start();
    first.keep!();
    assert.match(String(warn.mock.calls[0]?.arguments[0]), /could not be kept in .*ENOTDIR|EEXIST/);
    assert.equal(first.exports.answer(), 'one');
    warn.mock.restore();
  });

  it('leaves lines as they are in the text, for what is said of errors', () => {
    const { exports } = run<{ readonly fails: () => void }>(program, kept, require);
    assert.throws(exports.fails, ({ stack }: Error) => stack?.includes(`${program}:4:`) === true);
  });
});
