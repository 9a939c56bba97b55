// DIDs as addresses and node ids: whatever is in a name comes back, and no two names meet.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyText } from '../../../support/anyText.ts';
import { childId, didKey, didPath, fromDidKey, keyOfPath } from '../../../../src/ui/explorer/ids.ts';

const HOSTILE = ['..', '.', '/', '/a/../b', 'a/b', 'a:b', '%2F', '100%', '#x', '?q=1', ' ', 'a b', 'Ä€𝒳', '\ud800', '=0041', 'A', 'a', 'x'.repeat(250), '\n', '\0'];
const text = fc.oneof(fc.constantFrom(...HOSTILE), anyText({ minLength: 1 }), fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1 }).map((units) => String.fromCharCode(...units)));
const ref = fc.record({ instance: text, scope: text, name: text }, { noNullPrototype: true });

describe('the address of a DID', () => {
  it('gives the DID back', () => {
    fc.assert(fc.property(ref, (did) => { assert.deepEqual(fromDidKey(keyOfPath(didPath(did)) ?? ''), did); }));
  });
  it('differs for DIDs that differ, also where case is ignored', () => {
    fc.assert(fc.property(ref, ref, (a, b) => {
      const same = a.instance === b.instance && a.scope === b.scope && a.name === b.name;
      assert.equal(didKey(a).toLowerCase() === didKey(b).toLowerCase(), same);
    }));
    assert.notEqual(didKey({ instance: 'i', scope: 's', name: 'File' }).toLowerCase(), didKey({ instance: 'i', scope: 's', name: 'file' }).toLowerCase());
  });
  it('is a plain path: four segments, none of them a way up, nothing to encode', () => {
    fc.assert(fc.property(ref, (did) => {
      assert.match(didPath(did), /^\/did(\/[a-z0-9._=-]+){3}$/);
      assert.ok(didPath(did).split('/').every((segment) => segment !== '.' && segment !== '..'));
    }));
  });
  it('is not read out of something else', () => {
    assert.equal(keyOfPath('/other/a/b/c'), undefined);
    assert.equal(fromDidKey('a/b'), undefined);
    assert.equal(fromDidKey('a/b/c/d'), undefined);
  });
});

describe('the id of a node', () => {
  it('differs for children that differ', () => {
    fc.assert(fc.property(text, text, text, text, (a, b, c, d) => {
      const [one, two] = [childId(childId('/p', 'did', a), 'name', b), childId(childId('/p', 'did', c), 'name', d)];
      assert.equal(one === two, a === c && b === d);
    }));
  });
});
