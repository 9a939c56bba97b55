// Where a file can be shown: in a browser there is no file manager, and a window shows its own folder only.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wayToReveal } from '../../../../src/ui/editor/reveal.ts';

test('a file is shown by the window if it can, by the desktop if that is the same machine, else one is asked', () => {
  assert.equal(wayToReveal({ inWorkspace: true, desktop: false, remote: true }), 'explorer');
  assert.equal(wayToReveal({ inWorkspace: false, desktop: true, remote: false }), 'desktop');
  assert.equal(wayToReveal({ inWorkspace: false, desktop: true, remote: true }), 'ask');
  assert.equal(wayToReveal({ inWorkspace: false, desktop: false, remote: false }), 'ask');
});
