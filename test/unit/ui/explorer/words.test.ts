// What a person reads and hears of a DID.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyText } from '../../../support/anyText.ts';
import type { Availability } from '../../../../src/protocol.ts';
import { colors } from '../../../../src/ui/contributions.ts';
import { didTooltip } from '../../../../src/ui/explorer/tooltip.ts';
import { bytesText, rowDescription, sizeText, spokenLabel, stateWords } from '../../../../src/ui/explorer/words.ts';
import { escapeMarkdown, unlinked, withoutIcons } from '../../../../src/ui/plain.ts';

const STATES: readonly Availability[] = ['available', 'partly', 'notAvailable', 'replicating', 'stuck', 'waitingApproval', 'suspended', 'injecting', 'judging', 'mountNotAnswering', 'notAtMount', 'empty'];
const dataset = { scope: 'test', name: 'ds.raw', type: 'DATASET' as const, bytes: 4_100_000, length: 8 };
const info = (state: Availability, more: object = {}) => ({ scope: 'test', name: 'ds.raw', type: 'DATASET' as const, state, looked: 'the catalogue', ...more });

describe('the words of a state', () => {
  it('tell every state from every other by badge and by title, not by colour alone', () => {
    const words = STATES.map((state) => stateWords({ state }));
    assert.equal(new Set(words.map(({ badge }) => badge)).size, STATES.length);
    assert.equal(new Set(words.map(({ title }) => title)).size, STATES.length);
    for (const { badge, color, meaning } of words) {
      assert.ok(badge.length >= 1 && badge.length <= 2, badge);
      assert.ok(Object.values(colors).includes(color));
      assert.notEqual(meaning, '');
    }
  });
  it('say how much of a collection is here', () => {
    assert.equal(stateWords({ state: 'partly', available: 3, total: 8 }).title, 'Partly available (3 of 8 files)');
    assert.equal(stateWords({ state: 'partly' }).title, 'Partly available');
  });
  it('say how far replication is, never 100 before its end', () => {
    assert.deepEqual([stateWords({ state: 'replicating', percent: 42.9 }).title, stateWords({ state: 'replicating', percent: 42.9 }).badge], ['Replicating 42 %', '42']);
    assert.equal(stateWords({ state: 'replicating', percent: 100 }).badge, '99');
    assert.equal(stateWords({ state: 'replicating', percent: 0 }).badge, '0');
  });
  it('take a state that a newer service may know as it comes', () => {
    assert.equal(stateWords({ state: 'archived' as Availability }).title, 'archived');
  });
});

describe('the words of a DID', () => {
  it('give sizes in powers of 1000', () => {
    assert.deepEqual([0, 999, 1000, 4_100_000, 999_950_000, 123_456_789_012, 1e21].map(bytesText), ['0 B', '999 B', '1.0 kB', '4.1 MB', '1.0 GB', '123 GB', '1000 EB']);
  });
  it('never show a number of four digits below the last unit', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (bytes) => { assert.match(bytesText(bytes), /^\d{1,3}(\.\d)? (B|[kMGTP]B)$/); }));
  });
  it('leave out what the server does not know', () => {
    assert.equal(sizeText({ type: 'CONTAINER', bytes: null, length: null }), '');
    assert.equal(sizeText({ type: 'FILE', bytes: 1, length: 1 }), '1 B');
    assert.equal(sizeText(dataset), '4.1 MB · 8 files');
  });
  it('put into the row what moves, and leave to the badge what does not', () => {
    assert.equal(rowDescription(dataset, info('replicating', { percent: 42 })), '4.1 MB · 8 files · replicating 42 %');
    assert.equal(rowDescription(dataset, info('available')), '4.1 MB · 8 files');
    assert.equal(rowDescription(dataset, undefined), '4.1 MB · 8 files');
  });
  it('are read whole by a screen reader', () => {
    assert.equal(spokenLabel(dataset, info('available')), 'dataset test:ds.raw, 4.1 MB, 8 files, available');
    assert.equal(spokenLabel({ ...dataset, type: 'FILE', bytes: null }, undefined), 'file test:ds.raw, state not known yet');
    assert.equal(spokenLabel({ ...dataset, type: 'FILE', bytes: null }, undefined, false), 'file test:ds.raw');
  });
});

describe('texts of strangers', () => {
  it('are only text in Markdown', () => {
    const tooltip = didTooltip({ ...dataset, name: '[x](command:evil) <img src=y> `a`\n# b' }, info('stuck', { error: '**no** space' }));
    assert.doesNotMatch(tooltip, /(?<!\\)[[\]()<>`#]/);
    assert.match(tooltip, /Rucio says: \\\*\\\*no\\\*\\\* space/);
    assert.match(tooltip, /Looked at: the catalogue/);
  });
  it('keep every character in Markdown', () => {
    fc.assert(fc.property(anyText(), (text) => { assert.equal(escapeMarkdown(text).replace(/\\([!-/:-@[-`{-~])/g, '$1'), text.replace(/\s+/g, ' ')); }));
  });
  it('make no link in a notification and no icon in a label', () => {
    assert.doesNotMatch(unlinked('a [b](command:c) d'), /\]\(/);
    assert.equal(withoutIcons('a$(sync)b'), 'a\\$(sync)b');
  });
});
