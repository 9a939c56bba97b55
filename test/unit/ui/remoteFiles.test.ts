// Addresses of remote files: whatever a name holds, it comes back as it was.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { remoteFileOf, remoteParts } from '../../../src/ui/remoteFiles/uri.ts';

test('there and back, for every name', () => {
  const part = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('.', '..', '/', '//a', '%2F', 'a/../../b', '100% #1?', '\\x'), fc.string({ unit: 'grapheme', minLength: 1 }));
  fc.assert(fc.property(part, part, part, fc.option(fc.integer({ min: 0, max: 1e9 })), (instance, scope, name, first) => {
    const file = { instance, scope, name, ...(first !== null && { first }) };
    const parts = remoteParts(file);
    assert.deepEqual(remoteFileOf(parts), file);
    assert.equal(parts.path.split('/').length, 4);
    assert.ok(!parts.path.split('/').some((one) => one === '.' || one === '..'), parts.path);
  }));
});

test('what is none of ours is none', () => {
  for (const path of ['', '/', '/a/b', '/a/b/c/d', '/a//c', '/a/b/%zz']) assert.equal(remoteFileOf({ path, query: '' }), undefined, path);
});
