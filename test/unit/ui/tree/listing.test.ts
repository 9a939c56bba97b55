import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Listing } from '../../../../src/ui/tree/listing.ts';

test('who looks while it is read again has what is shown, at once', async () => {
  let answer: (() => void) | undefined;
  let round = 0;
  const listing = new Listing<string>({
    page: 10, keyOf: (row) => row, onChange: () => undefined,
    ask: async ({ rows }) => {
      if (round++ > 0) await new Promise<void>((resolve) => { answer = resolve; });
      rows([`row ${round}`]);
      return { more: false };
    },
  });
  await listing.first();
  assert.deepEqual(listing.rows, ['row 1']);
  const again = listing.refresh();
  // An editor that waits here has forgotten its rows meanwhile: a menu on one would act on nothing.
  assert.equal(await Promise.race([listing.first().then(() => 'at once'), new Promise((resolve) => { setImmediate(() => resolve('waits')); })]), 'at once');
  assert.deepEqual(listing.rows, ['row 1']);
  answer?.();
  await again;
  assert.deepEqual(listing.rows, ['row 2']);
  listing.reset();
  const anew = listing.first();
  assert.equal(listing.size, 0);
  await new Promise((resolve) => { setImmediate(resolve); });
  answer?.();
  await anew;
  assert.equal(listing.size, 1, 'after a reset it is waited for');
});
