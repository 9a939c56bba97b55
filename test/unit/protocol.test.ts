// The contract of windows and the lake service.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as protocol from '../../src/protocol.ts';

test('no two calls have the same name on the wire', () => {
  const names = Object.values(protocol as Readonly<Record<string, unknown>>).flatMap((one) => (typeof one === 'object' && one !== null && 'method' in one ? [String(one.method)] : []));
  assert.ok(names.length > 20);
  assert.deepEqual(names.filter((name, i) => names.indexOf(name) !== i), []);
});
