import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Shared } from '../../../../src/lake/session/shared.ts';
import { RucioError } from '../../../../src/rucio/errors.ts';

/** Work that ends when the test says so. */
function scene() {
  const begun: { end: (value: string) => void; fail: (error: Error) => void }[] = [];
  return { begun, shared: new Shared(() => new Promise<string>((end, fail) => { begun.push({ end, fail }); })) };
}

test('is done once for all who wait, and again for who comes later, also after a failure', async () => {
  const { begun, shared } = scene();
  const waiting = [shared.join(), shared.join()];
  assert.equal(shared.isUnderWay, true);
  begun[0]!.end('a');
  assert.deepEqual(await Promise.all(waiting), ['a', 'a']);
  assert.equal(shared.isUnderWay, false);
  const failing = shared.join();
  begun[1]!.fail(new Error('b'));
  await assert.rejects(failing, /b/);
  const third = shared.join();
  begun[2]!.end('c');
  assert.equal(await third, 'c');
});

test('one who leaves ends it for nobody else', async () => {
  const { begun, shared } = scene();
  const abort = new AbortController();
  const leaving = shared.join(abort.signal);
  const staying = shared.join();
  abort.abort();
  await assert.rejects(leaving, (error) => RucioError.is(error, 'cancelled'));
  await assert.rejects(shared.join(abort.signal), (error) => RucioError.is(error, 'cancelled'), 'one who comes after that');
  begun[0]!.end('a');
  assert.equal(await staying, 'a');
  assert.equal(begun.length, 1);
});

test('left, it goes on for who waits, and does not take the place of what is begun after it', async () => {
  const { begun, shared } = scene();
  const old = shared.join();
  shared.leave();
  const fresh = shared.join();
  begun[0]!.end('old');
  assert.equal(await old, 'old');
  assert.equal(shared.isUnderWay, true);
  assert.equal(begun.length, 2);
  void shared.join();
  assert.equal(begun.length, 2, 'the fresh one is joined');
  begun[1]!.end('fresh');
  assert.equal(await fresh, 'fresh');
});
