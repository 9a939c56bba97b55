// Where long words of a server may break on the rule page.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { partsOf } from '../../../webview/ruleStatus/parts.ts';

describe('where a line of the rule page may end', () => {
  it('is at the joints of long words', () => {
    assert.deepEqual(partsOf('It said: RequestErrMsg.TRANSFER_FAILED:TRANSFER [201] to XRD2_DATADISK'), ['It said: RequestErrMsg.', 'TRANSFER_', 'FAILED:', 'TRANSFER [201] to XRD2_DATADISK']);
    assert.deepEqual(partsOf('https://xrd2.example.org:1094//scratch/a.root'), ['https://', 'xrd2.', 'example.', 'org:', '1094//', 'scratch/', 'a.', 'root']);
  });
  it('is nowhere in short ones: names of storages, times, files', () => {
    for (const text of ['', ' ', 'XRD2_DATADISK', '2026-11-28 05:41:04 UTC', 'test:stuck.lost.root', 'two words, and more']) assert.deepEqual(partsOf(text), [text]);
  });
  it('takes and adds nothing', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z:_./, ]{0,80}$/)), (text) => { assert.equal(partsOf(text).join(''), text); }));
  });
});
