import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { searchPattern } from '../../../src/rucio/search.ts';

/** The server's way with a value of a name filter (rucio 41: core/did_meta_plugins/filter_engine.py); undefined: it becomes something that is no text. */
function serverKeeps(sent: string): ((name: string) => boolean) | undefined {
  const value = sent.replaceAll('true', 'True').replaceAll('TRUE', 'True').replaceAll('false', 'False').replaceAll('FALSE', 'False');
  if (/^\d{4}-\d\d?-\d\d?[ T]\d\d?:\d\d?:\d\d?(?:\.\d+Z)?$/.test(value)) return undefined;
  if (!/[+\-*/]/.test(value) && (/^\s*[\d.]+\s*$/.test(value) || ['True', 'False', 'None'].includes(value.trim()) || /^\s*(['"]).*\1\s*$/.test(value) || /^\s*[[({].*[\])}]\s*$/.test(value))) return undefined;
  if (value === '*') return () => true;
  if (!/[*%]/.test(value)) return (name) => name === value;
  let like = '';
  for (let i = 0; i < value.length; i++) {
    const c = value[i] ?? '';
    if (c === '*' || c === '%') like += '[^]*';
    else if (c === '\\') like += `\\u{${(value[++i] ?? '').codePointAt(0)?.toString(16)}}`;
    else like += `\\u{${c.codePointAt(0)?.toString(16)}}`;
  }
  const pattern = new RegExp(`^${like}$`, 'u');
  return (name) => pattern.test(name);
}

const piece = fc.constantFrom('true', 'TRUE', 'false', 'FALSE', 'True', 'None', '*', '**', '%', '_', '\\', '12345', '1.5', 'raw', '.', '-', '+', '/', ' ', '2026-01-02', 'T10:00:00', 'UTC', '\'', '"', '[', ']', '(', 'ü');
const pieces = fc.array(piece, { minLength: 1, maxLength: 6 }).map((all) => all.join(''));

/** What the person means. */
function means(pattern: string): (name: string) => boolean {
  const expression = new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('[^]*')}$`);
  return (name) => expression.test(name);
}

test('server and filter together find what the pattern means, whatever the server does to it', () => {
  fc.assert(fc.property(pieces, pieces, fc.array(pieces, { maxLength: 3 }), (pattern, other, fillings) => {
    const { sent, keeps, exact } = searchPattern(pattern);
    const server = serverKeeps(sent);
    assert.ok(server, `${JSON.stringify(sent)} becomes no text`);
    assert.equal(exact, !pattern.includes('*'));
    let i = 0;
    const fitting = pattern.replace(/\*/g, () => fillings[i++] ?? '');
    for (const name of [fitting, other, pattern, `${pattern}x`, `x${fitting}`]) {
      assert.equal(server(name) && (keeps?.(name) ?? true), means(pattern)(name), `${JSON.stringify({ pattern, sent, name })}`);
    }
  }), { numRuns: 3000 });
});

test('plain patterns are left to the server', () => {
  for (const plain of ['*', 'raw*', 'raw.run001.root', 'a-b', '/belle/*', '*.root', 'x_1*']) assert.deepEqual(searchPattern(plain), { sent: plain, keeps: undefined, exact: !plain.includes('*') });
  assert.equal(searchPattern('mc_truetop*').sent, 'mc_tr*etop*');
  assert.equal(searchPattern('12345').sent, '12345*');
});
