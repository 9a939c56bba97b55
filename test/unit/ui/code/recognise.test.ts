import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LANGUAGES, SYNTAX } from '../../../../src/ui/code/languages.ts';
import { didIn, didsIn, typedAt } from '../../../../src/ui/code/recognise.ts';

const texts = (text: string, language: string): string[] => didsIn(text, language).map(({ scope, name }) => `${scope}:${name}`);

describe('DIDs in code', () => {
  const samples: readonly [language: string, code: string, dids: readonly string[]][] = [
    ['python', 'open("test:ds.raw")\nfor d in [\'user.alice:run/1.root\', "b:c"]: pass  # "no:comment"', ['test:ds.raw', 'user.alice:run/1.root', 'b:c']],
    ['python', '"""\ntest:in.docstring\n"""\nx = """a:b"""; y = f"test:{run}"; z = "test:%s" % 1; w = r"test:a\\b"', ['a:b']],
    ['python', 'url = "https://lake.test:8443/x"; t = "12:30"; s = "std::vector"; p = "C:\\\\data"; q = "a: b"; u = "scope:"', ['12:30']],
    ['python', "unclosed = 'test:one\nnext = 'test:two'", ['test:two']],
    ['cpp', 'auto a = "test:ds"; // "no:comment"\n/* "no:no" */ auto r = R"x(test:raw)x"; auto b = "test:b";', ['test:ds', 'test:raw', 'test:b']],
    ['r', "x <- c('test:a', \"test:b\") # 'no:c'", ['test:a', 'test:b']],
    ['json', '{"dids": ["test:ds.raw", "test:odd name#1"], "k": "v"}', ['test:ds.raw', 'test:odd name#1']],
    ['yaml', 'data:\n  - test:ds.raw\n  - "test:odd name"\n  run: user.bob:x  # test:comment\nkey: value\nurl: http://a.b/c', ['test:ds.raw', 'test:odd name', 'user.bob:x']],
    ['markdown', 'See `test:ds.raw`, test:other. and [this](rucio:test:link.root) (test:in.brackets); https://x.y:80/z', ['test:ds.raw', 'test:other', 'test:link.root', 'test:in.brackets']],
    ['plaintext', 'rucio download test:ds.raw test:b\nrucio://test:c', ['test:ds.raw', 'test:b', 'test:c']],
    ['shellscript', 'rucio get test:ds "user.a:b" # test:comment\necho a#b:c', ['test:ds', 'user.a:b']],
    ['brainfuck', '"test:ds"', []],
  ];
  for (const [language, code, dids] of samples) {
    it(`${language}: ${JSON.stringify(code).slice(0, 60)}`, () => assert.deepEqual(texts(code, language), dids));
  }

  const scope = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,24}$/);
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._/+#=@-]{0,80}[A-Za-z0-9]$/);

  it('finds each DID in a string of each language, where it stands', () => {
    fc.assert(fc.property(scope, name, fc.constantFrom(...LANGUAGES), fc.stringMatching(/^[a-z =(\n]{0,30}$/), (s, n, language, before) => {
      const syntax = SYNTAX[language]!;
      const quote = syntax.quotes.at(-1) ?? ' ';
      const lead = `${before} `;
      const text = `${lead}${quote}${s}:${n}${quote}\n`;
      const found = didsIn(text, language).filter(({ start }) => start === lead.length + quote.length);
      assert.deepEqual(found.map(({ scope: a, name: b, start, end }) => [a, b, text.slice(start, end)]), [[s, n, `${s}:${n}`]]);
    }));
  });

  it('whatever the text: never fails, what it finds stands there, in order, and no name can end a string or put a value in', () => {
    const unit = fc.constantFrom('"', "'", '`', '\\', '\n', ':', '/', '#', '*', '{', '$', 'R"(', ')"', '/*', '*/', 'a', 'test:ds', ' ', '.', '\u{1F4A5}', '"""', '-', '[', ']');
    fc.assert(fc.property(fc.array(unit, { maxLength: 80 }).map((parts) => parts.join('')), fc.constantFrom(...LANGUAGES), fc.nat(), (text, language, at) => {
      let last = -1;
      for (const { scope: s, name: n, start, end } of didsIn(text, language)) {
        assert.ok(start > last && end <= text.length);
        last = start;
        assert.equal(text.slice(start, end), `${s}:${n}`);
        assert.doesNotMatch(n, /["'`\\{}*$\n]/);
      }
      const offset = text.length === 0 ? 0 : at % (text.length + 1);
      const typed = typedAt(text, offset, language);
      if (typed) assert.equal(text.slice(typed.start, offset), typed.text);
    }), { numRuns: 2000 });
  });

  it('is quick with hostile texts', () => {
    const began = Date.now();
    for (const piece of ['"', 'a:', 'rucio:', 'a:b ', "'''", '# ', 'a#', 'a:b\n', '"a:b']) didsIn(piece.repeat(100_000), 'yaml');
    // What is quadratic takes minutes.
    assert.ok(Date.now() - began < 60_000, `${Date.now() - began} ms`);
  });

  it('says what was typed up to the cursor', () => {
    const at = (text: string, language: string) => {
      const offset = text.indexOf('|');
      return typedAt(text.replace('|', ''), offset, language);
    };
    assert.deepEqual(at('x = "test:ds|', 'python'), { start: 5, text: 'test:ds', quoted: true });
    assert.deepEqual(at('x = "te|st:ds"', 'python'), { start: 5, text: 'te', quoted: true });
    assert.deepEqual(at('x = "|"', 'python'), { start: 5, text: '', quoted: true });
    assert.equal(at('x = te|st', 'python'), undefined);
    assert.equal(at('x = "a" + te|st # "b"', 'python'), undefined);
    assert.deepEqual(at('- test:d|', 'yaml'), { start: 2, text: 'test:d', quoted: false });
    assert.deepEqual(at('[x](rucio:test:d|)', 'markdown'), { start: 10, text: 'test:d', quoted: false });
    assert.equal(at('- a # test:d|', 'yaml'), undefined);
  });

  it('takes no more than a catalogue can hold', () => {
    assert.equal(didIn(`test:${'a'.repeat(501)}`), undefined);
    assert.equal(didIn(`${'a'.repeat(65)}:b`), undefined);
    assert.deepEqual(didIn('rucio://test:a:b'), { scope: 'test', name: 'a:b', start: 8, end: 16 });
    assert.equal(didIn('test: a'), undefined);
    assert.equal(didIn('://x'), undefined);
  });
});
