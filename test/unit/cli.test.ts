// The words of the command line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bar, bytesText, daysOf, table, timeText } from '../../src/cli/words.ts';
import path from 'node:path';
import { didOf, UsageError } from '../../src/cli/command.ts';
import { putWish } from '../../src/cli/put.ts';

test('numbers, spans and tables', () => {
  assert.deepEqual([bytesText(0), bytesText(999), bytesText(1000), bytesText(999_999), bytesText(4.2e9)], ['0 B', '999 B', '1.0 kB', '1.0 MB', '4.2 GB']);
  assert.deepEqual([timeText(-5), timeText(89), timeText(300), timeText(7500)], ['0 s', '89 s', '5 min', '2 h 5 min']);
  assert.deepEqual([daysOf('7'), daysOf('12h'), daysOf('0'), daysOf('0.5d'), daysOf('soon'), daysOf('-1')], [604_800, 43_200, null, 43_200, undefined, undefined]);
  assert.deepEqual(table([['a', '1'], ['bbb', '22']], [1]), ['a     1', 'bbb  22']);
  assert.deepEqual([bar(0, 4), bar(0.5, 4), bar(2, 4)], ['[----]', '[##--]', '[####]']);
});

test('a DID, and what is none', () => {
  assert.deepEqual(didOf('s:a:b'), { scope: 's', name: 'a:b' });
  for (const odd of ['x', ':x', 'x:', '']) assert.throws(() => didOf(odd), UsageError);
});

test('put: what its words say, and which say nothing', () => {
  const where = { rse: 'X', scope: 's' };
  assert.deepEqual(putWish(where, {}, ['a', '/b']), { paths: [path.resolve('a'), '/b'], rse: 'X', scope: 's', lifetime: null, names: 'flat', links: 'skip' });
  assert.deepEqual(
    putWish(where, { prefix: 'p_', container: 'other:c', lifetime: '7', meta: ['campaign=autumn', 'formula=a=b'], folders: true, 'follow-links': true, taken: 'number', same: 'skip' }, ['/a']),
    { paths: ['/a'], rse: 'X', scope: 's', lifetime: 604_800, names: 'folders', links: 'follow', prefix: 'p_', container: { scope: 'other', name: 'c' }, taken: 'number', same: 'skip', metadata: { campaign: 'autumn', formula: 'a=b' } },
  );
  assert.deepEqual(putWish(where, { dataset: 'd', same: 'rule', taken: 'skip' }, []), { paths: [], rse: 'X', scope: 's', lifetime: null, names: 'flat', links: 'skip', dataset: { scope: 's', name: 'd' }, taken: 'skip' });
  const wrong: readonly (readonly [Parameters<typeof putWish>[1], RegExp])[] = [
    [{ dataset: 'd', container: 'c' }, /either a dataset or a container/], [{ taken: 'over' }, /--taken takes skip or number, not “over”/], [{ same: '' }, /--same takes/], [{ lifetime: 'soon' }, /no number of days/],
    [{ meta: ['x'] }, /write -m key=value/], [{ meta: ['=x'] }, /write -m/], [{ meta: ['a b=c'] }, /write -m/], [{ meta: ['a='] }, /write -m/], [{ meta: ['a=1', 'a=2'] }, /said twice/], [{ container: ':c' }, /no DID/],
  ];
  for (const [values, words] of wrong) assert.throws(() => putWish(where, values, []), (error) => error instanceof UsageError && words.test(error.message), JSON.stringify(values));
});
