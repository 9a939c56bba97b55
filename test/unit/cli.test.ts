// The words of the command line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bar, bytesText, daysOf, table, timeText } from '../../src/cli/words.ts';
import { didOf, UsageError } from '../../src/cli/command.ts';

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
