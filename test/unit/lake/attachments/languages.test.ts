// Code of the languages that have no kernel here (Julia), and what holds for all: a text is one literal of printable ASCII.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyText } from '../../../support/anyText.ts';
import { codeOf } from '../../../../src/lake/attachments/code.ts';
import { LANGUAGES, languageOf } from '../../../../src/lake/attachments/languages/table.ts';
import type { Attached } from '../../../../src/lake/attachments/types.ts';

const file = { did: 'test:f$1', path: '/mnt/"a" $b\\c', pfn: 'root://x//y', size: 1, adler32: '' };
const one: Attached = { variableName: 'data_test', did: 'test:f$1', type: 'file', state: 'here', reason: '', here: 1, missing: 0, size: 1, files: [file], version: '0', manifest: '/state/m.tsv' };

test('Julia', () => {
  const julia = languageOf('julia')!;
  assert.equal(julia.attach(one), '_rucio_attach(:data_test, "/state/m.tsv")');
  assert.equal(julia.cell(one), 'data_test = "/mnt/\\U00000022a\\U00000022 \\U00000024b\\U0000005cc"  # test:f$1');
  assert.equal(julia.cell({ ...one, type: 'collection', missing: 2, state: 'partly' }), 'data_test = [  # test:f$1 (2 of its files not here)\n    "/mnt/\\U00000022a\\U00000022 \\U00000024b\\U0000005cc",\n]');
  assert.equal(julia.cell({ ...one, state: 'notHere', files: [], here: 0, reason: 'It is\nnot "here".' }), '# test:f$1 is not available here: It is_not "here".');
  assert.match(julia.cell({ ...one, type: 'collection', here: 60 }), /^# test:f\$1\nfunction _rucio_attach\(name::Symbol, manifest::String\)\n[^]*\nend\n_rucio_attach\(:data_test, "\/state\/m\.tsv"\)$/);
});

test('a text of whatever characters is one literal in each language: printable ASCII, its quotes at its ends only', () => {
  const quotes: Readonly<Record<string, RegExp>> = { python: /^'((?!['\\])[ -~]|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8})*'$/, 'c++': /^"((?!["\\?])[ -~]|\\[0-3][0-7]{2})*"$/, r: /^"((?!["\\])[ -~]|\\U\{[0-9a-f]{8}\})*"$/, bash: /^\$'((?!['\\])[ -~]|\\[0-3][0-7]{2})*'$/, julia: /^"((?!["\\$])[ -~]|\\U[0-9a-f]{8})*"$/ };
  assert.deepEqual(LANGUAGES.map(({ names }) => names[0]).sort(), Object.keys(quotes).sort());
  fc.assert(fc.property(fc.oneof(anyText(), fc.string({ unit: fc.constantFrom('\'', '"', '\\', '$', '`', '{', '}', '%', '?', '\n', '#') })), (text) => {
    for (const { names, text: literal } of LANGUAGES) assert.match(literal(text), quotes[names[0]!]!);
  }));
});

test('a comment is one line, and does not go on in the next', () => {
  fc.assert(fc.property(anyText(), (text) => {
    for (const { cell } of LANGUAGES) assert.match(cell({ ...one, did: `test:${text}`, reason: text, state: 'notHere', files: [], here: 0 }), /^(#|\/\/)[\x20-\x3e\x40-\x5b\x5d-\x7e]*$/);
  }));
});

test('no code of C++ ends in a call that is being typed: ROOT’s kernel would never answer', () => {
  const typing = /(?:\w(?:(?:\w|\.|->|::|\d))*)\([^)(]*$/; // JupyROOT's func_call_regex, on a cell's last line
  const { cell, attach, environment } = languageOf('c++')!;
  fc.assert(fc.property(fc.oneof(anyText(), fc.string({ unit: fc.constantFrom('f', '(', ')', ' ', '_', '?') })), (text) => {
    const named: Attached = { ...one, did: `test:${text}`, reason: text, manifest: `/state/${text}`, files: [{ ...file, path: `/${text}` }] };
    for (const what of [named, { ...named, type: 'collection' }, { ...named, type: 'collection', missing: 2 }, { ...named, type: 'collection', here: 60 }, { ...named, state: 'notHere', files: [], here: 0 }] as const) {
      for (const code of [cell(what), attach(what), environment('A', text)]) assert.doesNotMatch(code.split('\n').at(-1)!, typing);
    }
  }));
});

test('variables of the environment are set before what is attached, in no cell, and by names that are names', () => {
  const { inject, cell } = codeOf([one], 'julia', { RUCIO_CONFIG: '/state/$x' });
  assert.deepEqual(inject, [languageOf('julia')!.prelude, 'ENV["RUCIO_CONFIG"] = "/state/\\U00000024x";', languageOf('julia')!.attach(one)]);
  assert.equal(cell, codeOf([one], 'julia').cell);
  assert.throws(() => codeOf([one], 'r', { 'A=1); system("id"': '' }), /can’t be the name of a variable/);
});
