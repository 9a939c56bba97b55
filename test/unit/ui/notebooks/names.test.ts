// Names of variables while they are typed, the words of the rows, and the name that a cell did not find.
import assert from 'node:assert/strict';
import test from 'node:test';
import { missingName, nameProblem } from '../../../../src/ui/notebooks/names.ts';
import { description, spoken } from '../../../../src/ui/notebooks/words.ts';

const rules = { language: 'python', identifier: '^[A-Za-z_][A-Za-z0-9_]*$', reserved: ['list', 'class'] };

test('a name is checked by the rules of the language, and against what is attached', () => {
  assert.equal(nameProblem('data_test', rules, ['other']), undefined);
  assert.match(nameProblem('', rules, [])!, /Give/);
  for (const name of ['1a', 'a b', 'a-b', 'a\n', 'é', 'x; import os']) assert.match(nameProblem(name, rules, [])!, /Letters, digits/);
  assert.match(nameProblem('list', rules, [])!, /“list” has a meaning of its own in Python/);
  assert.match(nameProblem('other', rules, ['other'])!, /something else that is attached/);
  assert.match(nameProblem('_rucio_x', rules, [])!, /_rucio/);
});

test('which attached name an error says is not there, in each language', () => {
  const errors = ["NameError: name 'data' is not defined", "Error: Error in eval(expr, envir, enclos): object 'data' not found", 'objet ‘data’', "input_line_31:2:2: error: use of undeclared identifier 'data'", 'UndefVarError: `data` not defined'];
  assert.deepEqual(errors.map((error) => missingName(error, ['data'])), ['data', 'data', undefined, 'data', 'data']);
  assert.equal(missingName("NameError: name 'other' is not defined", ['data']), undefined);
});

test('a row says what needs attention first, and a screen reader everything', () => {
  const shown = { attachment: { variableName: 'data', did: 'a:b', type: 'file' as const }, facts: { type: 'FILE' as const, bytes: 4_100_000, length: null }, state: undefined, lacking: true };
  assert.equal(description(shown), '● not in the kernel · a:b · 4.1 MB');
  assert.equal(spoken({ ...shown, lacking: false }), 'variable data, a:b, state not known yet, 4.1 MB, set in the kernel');
  assert.equal(description({ ...shown, lacking: undefined, attachment: { ...shown.attachment, remote: true } }), 'a:b · by its address · 4.1 MB');
});
