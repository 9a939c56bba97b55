// What is said of a list of files.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doneWords, fileNameFor } from '../../../src/ui/fileLists/words.ts';

test('what is in the list, and what is not', () => {
  assert.equal(doneWords('Copied the addresses of 5 files.', { files: 5, missing: 0, problems: [] }), 'Copied the addresses of 5 files.');
  assert.equal(doneWords('Done.', { files: 5, missing: 1, problems: ['a is on tape.'] }), 'Done. 1 file is not in it: not there, or not by this protocol. a is on tape.');
  assert.match(doneWords('Done.', { files: 0, missing: 1200, problems: [] }), /^There is nothing to list\. 1,200 files are not in it/);
});

test('a name for the file that any file system takes', () => {
  assert.equal(fileNameFor('ds.raw/run 1?', 'txt'), 'ds.raw_run_1_.txt');
  assert.equal(fileNameFor('../..', 'json'), 'files.json');
  assert.ok(fileNameFor('x'.repeat(250), 'txt').length < 110);
});
