// Which addresses a file is fetched from, in which order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noSource, onTapeOnly, sourcesOf, through } from '../../../../src/lake/transfers/sources.ts';
import type { FileReplicas } from '../../../../src/rucio/types.ts';

const replicas = (pfns: FileReplicas['pfns']): FileReplicas => ({ scope: 's', name: 'f', bytes: 1, adler32: null, md5: null, pfns, rses: {}, states: {} });
const pfn = (rse: string, priority: number, more: Partial<FileReplicas['pfns'][string]> = {}): FileReplicas['pfns'][string] => ({ rse, type: 'DISK', domain: 'wan', priority, ...more });

test('as the server sorted them; what is not spoken is left out, tapes come last and only when they are asked', () => {
  const some = replicas({ 'davs://b:1/f': pfn('B', 2), 'srm://x:1/f': pfn('X', 1), 'davs://t:1/f': pfn('T', 0, { type: 'TAPE' }), 'davs://a:1/f': pfn('A', 1) });
  assert.deepEqual(sourcesOf(some, 'f').map(({ rse }) => rse), ['A', 'B']);
  assert.deepEqual(sourcesOf(some, 'f', { tapes: true }).map(({ rse }) => rse), ['A', 'B', 'T']);
  const tape = replicas({ 'davs://t:1/f': pfn('T', 0, { type: 'TAPE' }) });
  assert.deepEqual([onTapeOnly(tape), onTapeOnly(some), onTapeOnly(undefined)], [true, false, false]);
  assert.match(noSource('s:f', tape), /is on tape only \(T\)/);
  assert.match(noSource('s:f', undefined), /No storage/);
});

test('a part of an archive: the archive’s address, and the name in it, whatever that holds', () => {
  const [source] = sourcesOf(replicas({ 'davs://a:1/p/x.zip?xrdcl.unzip=dir/in ner?.txt': pfn('A', 1, { domain: 'zip' }) }), 'f');
  assert.deepEqual([source?.url.href, source?.member], ['https://a:1/p/x.zip', 'dir/in ner?.txt']);
  const [plain] = sourcesOf(replicas({ 'davs://a:1/p/x?xrdcl.unzip=y': pfn('A', 1) }), 'x?xrdcl.unzip=y');
  assert.deepEqual([plain?.url.href, plain?.member], ['https://a:1/p/x%3Fxrdcl.unzip%3Dy', undefined]);
});

test('a cache stands before the storage, for its own protocol only', () => {
  const caches = ['root://cache:1094//', 'https://cache:1094//'];
  const sources = sourcesOf(replicas({ 'davs://a:1/p/f%1': pfn('A', 1) }), 'f', { caches });
  assert.deepEqual(sources.map(({ url, via }) => [url.href, via]), [['https://cache:1094//https://a:1/p/f%251', 'cache:1094'], ['https://a:1/p/f%251', undefined]]);
  assert.equal(through('root://cache:1094//', 'root://o:1094//eos/f')?.href, 'root://cache:1094//root://o:1094//eos/f');
  assert.equal(through('root://cache:1094//', 'davs://o:1094//eos/f'), undefined);
});
