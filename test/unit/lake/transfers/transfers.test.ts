// The parts of transfers that need no server: sums, names, the journal, room, progress, words.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { anyText } from '../../../support/anyText.ts';
import { Budget } from '../../../../src/lake/transfers/budget.ts';
import { Journal } from '../../../../src/lake/transfers/journal.ts';
import { datasetOf, didOf, impossible, localName, numbered } from '../../../../src/lake/transfers/names.ts';
import { Places } from '../../../../src/lake/transfers/planDownload.ts';
import { Progress } from '../../../../src/lake/transfers/progress.ts';
import type { TransferFile, TransferInfo } from '../../../../src/lake/transfers/types.ts';
import { firstAnswers, parseMetadata, wishOf } from '../../../../src/ui/transfers/answers.ts';
import { endWords, linesOf, percentOf, statusText, transferState } from '../../../../src/ui/transfers/words.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'journal-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

test('no name leaves its folder, on any system, and each part fits the disk', () => {
  fc.assert(fc.property(anyText({ maxLength: 600 }), fc.constantFrom('posix' as const, 'win32' as const), (name, platform) => {
    const p = platform === 'win32' ? path.win32 : path.posix;
    const root = platform === 'win32' ? 'D:\\data' : '/data';
    const { parts } = localName(name, platform);
    assert.ok(parts.length > 0);
    const relative = p.relative(root, p.join(root, ...parts));
    assert.ok(relative !== '' && relative.split(p.sep)[0] !== '..' && !p.isAbsolute(relative), relative);
    assert.ok(parts.every((part) => Buffer.byteLength(`${part}.part`) <= 255 && !part.includes('\0') && !part.includes('/')));
  }));
});

test('names of DIDs', () => {
  assert.deepEqual(didOf(['run', 'a', 'f.root'], { scope: 's', prefix: 'p_', names: 'folders' }), { scope: 's', name: 'p_run_a_f.root' });
  assert.deepEqual(didOf(['run', 'a', 'f.root'], { scope: 's', names: 'flat' }), { scope: 's', name: 'f.root' });
  assert.equal(impossible('x'.repeat(250)), undefined);
  assert.match(impossible('x'.repeat(251))!, /251 characters/);
  assert.match(impossible('\ud800')!, /Unicode/);
});

test('the journal: found again by the next one; steps of many files in one write; a newer one’s is left alone', async () => {
  const first = new Journal(folder);
  first.add({ id: 'a', session: 's', instance: 'lake', account: 'alice', kind: 'upload', wish: { paths: [], rse: 'R', scope: 's', names: 'flat', lifetime: null }, state: 'running', made: 1 },
    Array.from({ length: 1000 }, (_, n) => ({ path: `/f${n}`, scope: 's', name: `f${n}`, bytes: n, mtime: 5 })));
  await Promise.all(Array.from({ length: 1000 }, (_, n) => first.step('a', n, n % 2 === 0 ? { state: 'done', step: 'done' } : { step: 'sent', temp: 'https://h/t', adler32: '00000001' })));
  first.close();
  const second = new Journal(folder);
  assert.deepEqual(second.counts('a').done, { files: 500, bytes: 249_500 });
  assert.equal(second.files('a', { states: ['queued'], limit: 3 })[2]!.name, 'f5');
  assert.deepEqual(second.file('a', 7), { transfer: 'a', n: 7, path: '/f7', scope: 's', name: 'f7', bytes: 7, mtime: 5, state: 'queued', step: 'sent', url: null, temp: 'https://h/t', adler32: '00000001', md5: null, note: null, error: null });
  second.remove('a');
  assert.equal(second.counts('a').done.files, 0);
  second.close();
  const { DatabaseSync } = await import('node:sqlite');
  const newer = new DatabaseSync(path.join(folder, 'transfers.db'));
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  assert.throws(() => new Journal(folder), /newer version/);
});

test('room: a dozen small files, or four large ones; first come, first served', async () => {
  const budget = new Budget();
  const large = await Promise.all(Array.from({ length: 4 }, () => budget.take(1e9)));
  let fifth = false;
  const waits = budget.take(1e9).then((room) => { fifth = true; return room; });
  let small = false;
  void budget.take(10).then(() => { small = true; });
  await new Promise((resolve) => { setImmediate(resolve); });
  assert.deepEqual([fifth, small], [false, false]);
  large[0]!.leave();
  large[0]!.leave(); // once only
  await waits;
  assert.equal(small, false, 'it came later');
  large[1]!.leave();
  await new Promise((resolve) => { setImmediate(resolve); });
  assert.equal(small, true);
});

test('progress never counts a byte twice, and never says 100 % before it is', () => {
  const none = { files: 0, bytes: 0 };
  const progress = new Progress({ queued: { files: 2, bytes: 200 }, running: none, done: none, failed: none, skipped: none, cancelled: none });
  const row = { n: 0, bytes: 100 } as Parameters<Progress['begun']>[0];
  progress.begun(row);
  progress.moved(row, 100);
  progress.moved(row, 0); // begun again
  progress.moved(row, 60);
  assert.deepEqual(progress.bytes, { total: 200, done: 60 });
  progress.ended(row, 'done');
  assert.deepEqual([progress.bytes.done, progress.files.done, progress.files.running], [100, 1, 0]);
});

test('words', () => {
  const transfer: TransferInfo = { id: 'a', instance: 'lake', kind: 'upload', state: 'running', title: '3 files to R', made: 0, files: { total: 3, done: 1, failed: 0, skipped: 0, cancelled: 0, running: 1 }, bytes: { total: 1000, done: 999 }, rate: 5_000_000, secondsLeft: 130 };
  assert.equal(percentOf({ ...transfer, bytes: { total: 1000, done: 1000 } }), 99);
  assert.equal(transferState(transfer), '99 %, 5.0 MB/s, 2 min left');
  assert.equal(statusText([transfer])!.text, '$(cloud-upload) 1 of 3 files, 5.0 MB/s');
  assert.equal(statusText([{ ...transfer, state: 'done' }]), undefined);
  const lost = { what: 'The lake service did not start.', next: 'Try again.' };
  assert.deepEqual(statusText([transfer], lost), { text: '$(warning) Transfers: nothing is heard', tooltip: 'How the transfer stands is not known now. The lake service did not start. Try again.', trouble: true });
  assert.equal(statusText([], lost), undefined);
  assert.equal(endWords(transfer), undefined);
  assert.match(endWords({ ...transfer, state: 'done', files: { ...transfer.files, done: 2, failed: 1 } })!.text, /1 file of 3 failed, 2 are done/);
  const failed = (name: string, what: string): TransferFile => ({ n: 0, path: `/${name}`, did: { scope: 's', name }, bytes: 1, state: 'failed', error: { kind: 'refused', what, next: 'Do that.', actions: [] } });
  const three = endWords({ ...transfer, state: 'done', files: { ...transfer.files, total: 5, done: 1, failed: 4 } }, [failed('a', 's:a is taken.'), failed('b', 's:b is taken.'), failed('c', 'The disk is full.')])!.text;
  assert.match(three, /4 files of 5 failed, 1 is done\. a and 1 more file: s:a is taken\. Do that\. c: The disk is full\. Do that\. For the other 1 it stands beside each\.$/);
  assert.match(endWords({ ...transfer, state: 'waiting', error: { kind: 'signInNeeded', what: 'You are not signed in.', next: 'Sign in.', actions: ['signIn'] } })!.text, /waits: You are not signed in\. Sign in\./);
  // A reason that fills the notification hides what to do.
  const stopped = (what: string) => endWords({ ...transfer, state: 'stopped', error: { kind: 'accessDenied', what, next: 'Sign in another way.', actions: ['signIn'] } })!.text;
  assert.match(stopped(`It may not be read (403). That was R. All others were tried, too: ${'S failed (403); '.repeat(30)}.`), /was stopped: It may not be read \(403\)\. That was R\. More about it stands in Transfers\. Sign in another way\.$/);
  assert.match(stopped('It may not be read (403). That was R.'), /was stopped: It may not be read \(403\)\. That was R\. Sign in another way\.$/);
  assert.ok(stopped(`One sentence ${'of the server '.repeat(40)}.`).includes('of the server . Sign in'), 'a sentence is whole');
});

test('answers of the last time are not believed', () => {
  const nothing = { rse: '', scope: '', dataset: '', container: '', lifetime: '', prefix: '', names: 'flat' as const, metadata: '' };
  assert.deepEqual(firstAnswers({ rse: 5, lifetime: 'nonsense', names: 'x', metadata: 'nonsense' }), nothing);
  assert.equal(firstAnswers({ dataset: 'a', container: 'b' }).dataset, '');
  const answers = { ...nothing, rse: 'R', scope: 's' };
  assert.deepEqual(wishOf(['/a'], { ...answers, dataset: 'other:ds', lifetime: '1 day', metadata: 'a=b, c = d e' }, { rename: { '/a': 'x' }, links: 'follow', same: 'skip' }), {
    paths: ['/a'], rse: 'R', scope: 's', names: 'flat', lifetime: 86_400, dataset: { scope: 'other', name: 'ds' }, metadata: { a: 'b', c: 'd e' }, rename: { '/a': 'x' }, links: 'follow', same: 'skip',
  });
  assert.deepEqual(wishOf(['/a'], { ...answers, dataset: 'ds', container: 'c' }), { paths: ['/a'], rse: 'R', scope: 's', names: 'flat', lifetime: null, container: { scope: 's', name: 'c' } });
});

test('metadata as it is typed', () => {
  assert.deepEqual(parseMetadata(''), { value: {} });
  for (const wrong of ['a', 'a=', '=b', 'a b=c', 'a=1,a=2']) assert.ok('problem' in parseMetadata(wrong), wrong);
});

test('the dataset of a file: one for all, or one for each folder of a container', () => {
  const dids = { container: { scope: 's', name: 'c' }, paths: ['/data/run1', '/x/one.bin'] };
  assert.equal(datasetOf('/data/run1/a/b/f', dids)?.name, 'c.run1_a_b');
  assert.equal(datasetOf('/data/run1/f', dids)?.name, 'c.run1');
  assert.equal(datasetOf('/x/one.bin', dids)?.name, 'c.files');
  assert.equal(datasetOf('/x/one.bin', { paths: ['/x'] }), undefined);
  assert.deepEqual([numbered('a.root', 2), numbered('a', 3), numbered('.x', 2)], ['a_2.root', 'a_3', '.x_2']);
});

test('no two files at one place, and none where another needs a folder, whatever they are called', () => {
  fc.assert(fc.property(fc.array(fc.array(fc.constantFrom('a', 'A', 'b', 'a~2', 'é', 'e\u0301'), { minLength: 1, maxLength: 4 }), { maxLength: 40 }), fc.boolean(), (all, largeIsSmall) => {
    const places = new Places(largeIsSmall);
    const key = (file: string): string => (largeIsSmall ? file.normalize('NFC').toLowerCase() : file.normalize('NFC'));
    const taken = all.map((parts) => key(places.take('/data', parts).path));
    assert.equal(new Set(taken).size, taken.length);
    for (const file of taken) assert.ok(file.startsWith('/data/') && !taken.some((other) => other.startsWith(`${file}/`)), file);
  }));
});

test('a long text in lines: nothing is lost, none is longer than it may be but by one word', () => {
  fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 80 }), (text, letters) => {
    const lines = linesOf(text, letters);
    assert.equal(lines.join(' '), text);
    for (const line of lines) assert.ok(line.length <= letters || !line.includes(' '), line);
  }));
});
