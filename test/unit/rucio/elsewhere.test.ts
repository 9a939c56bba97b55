import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Elsewhere } from '../../../src/rucio/elsewhere.ts';
import type { LogEntry } from '../../../src/rucio/transport.ts';
import { faultyProxy, makeCertificates } from '../../support/faults.ts';
import { failing } from './helpers.ts';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'rucio-elsewhere-'));
const certificates = makeCertificates(dir);
after(() => fs.rmSync(dir, { recursive: true }));

test('a call elsewhere is a fetch: whole answers, no redirects, words for what no library should see, no secret in the log', async () => {
  const entries: LogEntry[] = [];
  const provider = await faultyProxy((request, response) => {
    if (request.url === '/metadata') return void response.writeHead(200, { 'Content-Type': 'application/json', 'Retry-After': '7' }).end('{"issuer":"x"}');
    if (request.url === '/moved') return void response.writeHead(302, { Location: 'https://elsewhere.example.org/' }).end();
    if (request.url === '/gone') return void response.writeHead(204).end();
    if (request.url === '/busy') return void response.writeHead(503).end('secret-code');
    response.writeHead(400, { 'Content-Type': 'application/json' }).end('{"error":"authorization_pending"}');
  }, { tls: certificates.good });
  const elsewhere = new Elsewhere({ caFile: certificates.caFile, network: {}, version: '0', retry: { baseDelay: 5 }, log: (entry) => entries.push(entry) });
  const get = (where: string): Promise<Response> => elsewhere.fetch(`${provider.url}${where}`, { method: 'GET', headers: {} });
  try {
    const answer = await get('/metadata');
    assert.deepEqual([answer.status, answer.headers.get('content-type'), answer.headers.get('retry-after'), await answer.json()], [200, 'application/json', '7', { issuer: 'x' }]);
    assert.equal((await get('/moved')).status, 302);
    assert.equal((await get('/gone')).body, null);
    const refused = await elsewhere.fetch(`${provider.url}/token?q=secret-query`, { method: 'POST', headers: {}, body: new URLSearchParams({ device_code: 'secret-code' }) });
    assert.deepEqual([refused.status, await refused.json()], [400, { error: 'authorization_pending' }]);
    assert.doesNotMatch((await failing(get('/busy'), 'busy')).message, /secret/);
    await failing(new Elsewhere({ network: {}, version: '0' }).fetch(`${provider.url}/metadata`, { method: 'GET', headers: {} }), 'certificate');
    const remove = provider.add({ path: '/metadata', answer: { status: 503 } });
    await failing(get('/metadata'), 'busy');
    remove();
    const abort = new AbortController();
    abort.abort();
    await failing(elsewhere.fetch(`${provider.url}/metadata`, { method: 'GET', headers: {}, signal: abort.signal }), 'cancelled');
    assert.doesNotMatch(JSON.stringify(entries), /secret/);
  } finally {
    elsewhere.close();
    await provider.close();
  }
});

test('what may pass is asked for again, as at Rucio: after what the server asks for, a few times; never a POST, and not for longer than a person waits', async () => {
  const provider = await faultyProxy((_request, response) => void response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"issuer":"x"}'));
  const entries: LogEntry[] = [];
  const elsewhere = new Elsewhere({ network: {}, version: '0', retry: { baseDelay: 5 }, log: (entry) => entries.push(entry) });
  const call = (method = 'GET', signal?: AbortSignal): Promise<Response> => elsewhere.fetch(`${provider.url}/metadata`, { method, headers: {}, ...(signal && { signal }) });
  const asked = async (work: () => Promise<unknown>): Promise<number> => {
    const before = provider.seen.length;
    await work();
    return provider.seen.length - before;
  };
  try {
    provider.add({ times: 1, answer: { status: 503, retryAfter: 1 } });
    const began = performance.now();
    assert.equal(await asked(async () => assert.deepEqual(await (await call()).json(), { issuer: 'x' })), 2);
    assert.ok(performance.now() - began > 990, 'as long as it asked for');
    assert.deepEqual(entries.map(({ status }) => status), [503, 200], 'each has its line in the log');

    for (const status of [429, 502, 504]) {
      provider.add({ times: 2, answer: { status } });
      assert.equal(await asked(async () => assert.equal((await call()).status, 200)), 3);
    }
    provider.add({ times: 3, drop: true });
    assert.equal(await asked(async () => assert.equal((await call()).status, 200)), 4);

    provider.add({ answer: { status: 503 } });
    assert.equal(await asked(() => failing(call(), 'busy')), 4);
    assert.equal(await asked(() => failing(call('POST'), 'busy')), 1);
    provider.clear();
    provider.add({ drop: true });
    assert.equal(await asked(() => failing(call('POST'), 'unreachable')), 1);
    provider.clear();
    provider.add({ answer: { status: 500 } });
    assert.equal(await asked(() => failing(call(), 'serverError')), 1);

    provider.clear();
    provider.add({ answer: { status: 503, retryAfter: 60 } });
    assert.equal(await asked(() => failing(call(), 'busy')), 1);
    provider.clear();
    provider.add({ answer: { status: 503, retryAfter: 9 } });
    assert.equal(await asked(() => failing(call('GET', AbortSignal.timeout(100)), 'busy')), 1, 'the time for it is up: what it said last');
    const abort = new AbortController();
    const given = call('GET', abort.signal);
    setTimeout(() => abort.abort(), 50);
    await failing(given, 'cancelled');
    provider.clear();
    provider.add({ delay: 60_000 });
    assert.match((await failing(call('GET', AbortSignal.timeout(100)), 'timeout')).message, /^localhost:\d+ did not answer in time\.$/);
  } finally {
    elsewhere.close();
    await provider.close();
  }
});
