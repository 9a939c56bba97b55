import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { RucioError } from '../../../src/rucio/errors.ts';
import { path, queryString } from '../../../src/rucio/paths.ts';
import { Transport } from '../../../src/rucio/transport.ts';

const name = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }).filter((text) => text !== '.' && text !== '..' && !/\p{Surrogate}/u.test(text));

test('any scope and name go over the wire as one segment each, any query value as itself', async () => {
  const server = http.createServer((request, response) => {
    const [at = '', query] = (request.url ?? '').split('?');
    response.end(JSON.stringify({ segments: at.split('/').slice(1).map(decodeURIComponent), query: new URLSearchParams(query).get('name') }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const transport = new Transport({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix/`, version: '0', network: {} });
  const ask = async (scope: string, one: string): Promise<void> => {
    const answer = await transport.json<{ segments: string[]; query: string }>({ path: path`/dids/${scope}/${one}/dids`, query: { name: one, left: undefined } });
    assert.deepEqual(answer, { segments: ['prefix', 'dids', scope, one, 'dids'], query: one });
  };
  await fc.assert(fc.asyncProperty(name, name, ask), { numRuns: 150 });
  for (const odd of ['/leading', '//two//', 'a#b', 'a?b=c', '100%', '%2F', 'a+b', 'a b', 'x:y', 'a\\b', '../up', 'a/../b', 'ü名', '...']) await ask('test', odd);
  transport.close();
  server.close();
});

test('what no URL can carry is refused, not changed into another question', () => {
  for (const bad of ['', '.', '..', 'half \uD800 pair']) assert.throws(() => path`/dids/s/${bad}`, (error) => RucioError.is(error, 'badInput'), bad);
  assert.equal(queryString({ lfn: ['a:b', 'c:d&e'], none: undefined, n: 3 }), '?lfn=a%3Ab&lfn=c%3Ad%26e&n=3');
  assert.equal(queryString(undefined), '');
});
