// The keys in a notebook's file: the rival's to the letter, ours beside them, and nothing of anybody else's lost.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { anyText } from '../../../support/anyText.ts';
import { attachmentsIn, type NotebookAttachment, withAttachments } from '../../../../src/ui/notebooks/metadata.ts';

const ours: NotebookAttachment = { variableName: 'data_test', did: 'test:file', type: 'file', instance: 'lake', didType: 'FILE' };

test('theirs has exactly their fields; ours stand under a key of our own', () => {
  assert.deepEqual(withAttachments({ kernelspec: { name: 'python3' } }, [ours]), {
    kernelspec: { name: 'python3' },
    rucio_attachments: [{ did: 'test:file', type: 'file', variableName: 'data_test' }],
    rucio_datalake: { attachments: { data_test: { did: 'test:file', instance: 'lake', didType: 'FILE' } } },
  });
});

test('both keys are gone when nothing is attached any more', () => {
  assert.deepEqual(withAttachments(withAttachments({ a: 1 }, [ours]), []), { a: 1 });
});

test('a notebook of theirs is read without ours; extras of another DID do not count', () => {
  const theirs = { rucio_attachments: [{ did: 'test:ds', type: 'collection', variableName: 'data_test' }], rucio_datalake: { attachments: { data_test: { did: 'test:file', instance: 'lake' } } } };
  assert.deepEqual(attachmentsIn(theirs), [{ variableName: 'data_test', did: 'test:ds', type: 'collection' }]);
});

test('what is no attachment is passed over, and stays where it is', () => {
  const rows = [null, 7, { did: 'nocolon', type: 'file', variableName: 'x' }, { did: 'a:b', type: 'file' }, { did: 'a:b', type: 'other', variableName: 'ok' }, { did: 'a:c', type: 'file', variableName: 'ok' }];
  assert.deepEqual(attachmentsIn({ rucio_attachments: rows }), [{ variableName: 'ok', did: 'a:b', type: 'collection' }]);
  assert.deepEqual((withAttachments({ rucio_attachments: rows }, []) as { rucio_attachments: unknown[] }).rucio_attachments, rows.slice(0, 4));
  assert.deepEqual(attachmentsIn({ rucio_attachments: 'x', rucio_datalake: 3 }), []);
});

test('whatever is attached is read back as it was written', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/u);
  const attachment = fc.record({
    variableName: fc.oneof(name, fc.constantFrom('__proto__', 'constructor', 'toString')), did: fc.tuple(fc.stringMatching(/^[^:\n]{1,25}$/u), anyText({ minLength: 1 })).map(([scope, rest]) => `${scope}:${rest}`),
    type: fc.constantFrom('file' as const, 'collection' as const),
  }).chain((plain) => fc.record({ instance: fc.string(), didType: fc.constantFrom('FILE' as const, 'DATASET' as const, 'CONTAINER' as const), remote: fc.constant(true as const), protocol: fc.constantFrom('root', 'davs') }, { requiredKeys: [] }).map((extra): NotebookAttachment => ({ ...plain, ...extra })));
  fc.assert(fc.property(fc.uniqueArray(attachment, { selector: ({ variableName }) => variableName, maxLength: 5 }), (all) => {
    // A file is JSON, and so is what VS Code keeps of it.
    const file = JSON.parse(JSON.stringify(withAttachments({ other: true }, all))) as Record<string, unknown>;
    assert.deepEqual(attachmentsIn(file), all);
    assert.equal(file.other, true);
  }));
});
