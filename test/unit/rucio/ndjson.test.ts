import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RucioError } from '../../../src/rucio/errors.ts';
import { NdjsonReader, parseJson } from '../../../src/rucio/ndjson.ts';

function read(chunks: readonly Uint8Array[]): unknown[] {
  const reader = new NdjsonReader('GET /x');
  const rows: unknown[] = [];
  for (const chunk of chunks) for (const batch of reader.push(chunk)) rows.push(...batch);
  return [...rows, ...reader.end()];
}

/** `bytes` cut at the given places (as shares of its length). */
function cutAt(bytes: Buffer, shares: readonly number[]): Uint8Array[] {
  const at = [0, ...shares.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

const rows = fc.array(fc.jsonValue(), { maxLength: 30 });
const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });

test('any chunking gives the same rows, with and without the last newline, with CR and blank lines', () => {
  fc.assert(fc.property(rows, shares, fc.constantFrom('\n', '\r\n', '\n\n'), fc.boolean(), (values, places, newline, last) => {
    const text = values.map((value) => JSON.stringify(value)).join(newline) + (last ? newline : '');
    assert.deepEqual(read(cutAt(Buffer.from(text), places)), values.map((value) => JSON.parse(JSON.stringify(value)) as unknown));
  }), { numRuns: 300 });
});

test('Infinity, -Infinity and NaN outside strings, and only there', () => {
  assert.deepEqual(read([Buffer.from('{"a": Infinity, "b": [-Infinity, NaN], "c": "Infinity \\" NaN", "Infinity": 1}\n{"a": 1}\n')]),
    [{ a: Infinity, b: [-Infinity, null], c: 'Infinity " NaN', Infinity: 1 }, { a: 1 }]);
  fc.assert(fc.property(fc.string(), (name) => assert.deepEqual(parseJson(`{"name": ${JSON.stringify(name)}, "limit": Infinity}`), { name, limit: Infinity })));
  assert.throws(() => parseJson('{"a": Infinit}'), SyntaxError);
});

test('a line that is no JSON is a cut stream with its number; HTML is no Rucio; what came before is there', () => {
  const good = '{"n":1}\n{"n":2}\n';
  const failing = (text: string): { error: unknown; before: number } => {
    const reader = new NdjsonReader('GET /x');
    let before = 0;
    try {
      for (const line of text.split(/(?<=\n)/)) for (const batch of reader.push(Buffer.from(line))) before += batch.length;
      before += reader.end().length;
    } catch (error) {
      return { error, before };
    }
    return { error: undefined, before };
  };
  const cut = failing(`${good}{"n":`);
  assert.ok(RucioError.is(cut.error, 'cutStream'));
  assert.match(cut.error.message, /line 3/);
  assert.equal(cut.before, 2);
  const html = failing(`${good}<html><body>Gateway Timeout`);
  assert.ok(RucioError.is(html.error, 'notRucio'));
  // Two halves that would make one row together, and two rows on one line, are not taken for rows.
  for (const text of ['{"a":1\n"b":2}\n', '{"a":1},{"b":2}\n{"c":3}\n', '1],[2\n']) assert.ok(RucioError.is(failing(text).error, 'cutStream'), text);
});

test('an endless line is refused, not kept', () => {
  const reader = new NdjsonReader('GET /x');
  const piece = Buffer.alloc(1 << 20, 0x61);
  assert.throws(() => { for (let i = 0; i < 64; i++) for (const _ of reader.push(piece)) assert.fail(); }, (error) => RucioError.is(error, 'notRucio'));
});
