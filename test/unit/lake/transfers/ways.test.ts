// Several protocols of one storage, in order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byAnyWay, ownFirst } from '../../../../src/lake/transfers/places.ts';
import { RucioError } from '../../../../src/rucio/errors.ts';

const [davs, http, root] = ['https://h/f', 'http://h/f', 'root://h//f'].map((text) => new URL(text)) as [URL, URL, URL];

test('the first that does it; what is no matter of the way ends it; what all said is told', async () => {
  const tried: string[] = [];
  const by = (failing: Readonly<Record<string, RucioError>>) => byAnyWay([davs, http, root], async (url) => {
    tried.push(url.protocol);
    const error = failing[url.protocol];
    if (error) throw error;
    return url.protocol;
  });
  const away = new RucioError('unreachable', 'h is away.');
  const denied = new RucioError('accessDenied', 'h does not know you.');
  assert.equal(await by({}), 'https:');
  assert.equal(await by({ 'https:': away, 'http:': denied }), 'root:');
  assert.deepEqual(tried.splice(0), ['https:', 'https:', 'http:', 'root:']);
  for (const error of [new RucioError('cutStream', 'damaged'), new RucioError('quota', 'full'), new RucioError('cancelled', ''), new RucioError('badInput', 'x', { exceptionClass: 'FileChanged' })]) {
    await assert.rejects(by({ 'https:': error }), error);
    assert.deepEqual(tried.splice(0), ['https:']);
  }
  await assert.rejects(by({ 'https:': away, 'http:': denied, 'root:': denied }), (error) => RucioError.is(error, 'unreachable') && /http:\/\/ failed, too: .*root:\/\/ failed, too/.test(error.facts ?? ''));
});

test('what we speak ourselves goes first, else the order stays', () => {
  assert.deepEqual([root, http, davs].sort(ownFirst), [http, davs, root]);
});
