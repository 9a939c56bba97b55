// What a variable may be called, in each language, and what is proposed for a DID.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyText } from '../../../support/anyText.ts';
import { LANGUAGES } from '../../../../src/lake/attachments/languages/table.ts';
import { nameProblem, nameRules, proposeName, proposeNames } from '../../../../src/lake/attachments/names.ts';

const python = nameRules('python');

test('a name is proposed from the last part of the DID', () => {
  const proposed = {
    'test:data_test': 'data_test', 'mc23:group/run001/EVNT.345.root': 'EVNT_345', 'user.alice:2026-01 b.fits': 'data_2026_01_b', 'cms:/store/mc/Für Elise.v2/': 'Fur_Elise',
    'test:print': 'print_2', 'test:ωμέγα': 'data', 'test:a.tar.gz': 'a_tar', 'no-scope': 'no_scope', [`x:${'long_'.repeat(50)}`]: 'long_'.repeat(8).slice(0, -1),
  };
  for (const [did, name] of Object.entries(proposed)) assert.equal(proposeName(did, python, []), name, did);
  assert.deepEqual(proposeNames(['a:x', 'b:x', 'c:x'], python, ['x_2']), ['x', 'x_3', 'x_4']);
});

test('keywords, builtins, our own and taken names are refused, each in words', () => {
  const problems: Readonly<Record<string, RegExp>> = { '': /Give/, '1a': /digit/, 'a-b': /letters/, 'a\n': /letters/, lambda: /means something else in this language/, print: /means something else/, _rucio_x: /ours/, taken: /another attached DID/ };
  for (const [name, problem] of Object.entries(problems)) assert.match(nameProblem(name, python, ['taken']) ?? '', problem, name);
  assert.equal(nameProblem('data_test', python, ['taken']), undefined);
  assert.match(nameProblem('class', nameRules('c++'), []) ?? '', /in this language/);
  assert.equal(nameProblem('lambda', nameRules('C++'), []), undefined);
});

test('a language that nobody knows has the rules of all', () => {
  const rules = nameRules('brainfuck');
  assert.equal(rules.language, '');
  for (const name of ['lambda', 'class', 'PATH', 'NULL', 'baremodule']) assert.match(nameProblem(name, rules, []) ?? '', /means something else/, name);
});

test('whatever the DID, what is proposed is a good name in that language', () => {
  fc.assert(fc.property(anyText({ maxLength: 300 }), fc.constantFrom(...LANGUAGES.map(({ names }) => names[0]!), 'unknown'), (did, language) => {
    const rules = nameRules(language);
    const name = proposeName(did, rules, ['data', 'data_2']);
    assert.equal(nameProblem(name, rules, ['data', 'data_2']), undefined);
    assert.match(name, /^[A-Za-z][A-Za-z0-9_]*$/);
    assert.ok(name.length <= 50);
  }));
});
