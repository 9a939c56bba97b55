// Texts of any characters for property tests. fast-check's own `unit: 'binary'` takes seconds before its first text.
import fc from 'fast-check';

/** Any code point, half of the time one of ASCII; no halves of pairs. */
export function anyText(constraints: Omit<fc.StringConstraints, 'unit'> = {}): fc.Arbitrary<string> {
  const code = fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0x10ffff }));
  return fc.string({ ...constraints, unit: code.map((n) => String.fromCodePoint(n >= 0xd800 && n <= 0xdfff ? 0xfffd : n)) });
}
