import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { after, test } from 'node:test';
import type { RequestListener } from 'node:http';
import { faultyProxy, refuse, sendRows, type FaultyOptions, type FaultyProxy } from '../../support/faults.ts';
import { all, failing, tokensFrom, transportTo } from './helpers.ts';

const servers: FaultyProxy[] = [];
after(async () => { for (const server of servers) await server.close(); });
async function serve(handler: RequestListener, options: FaultyOptions = {}): Promise<FaultyProxy> {
  const server = await faultyProxy(handler, options);
  servers.push(server);
  return server;
}
const json = (value: unknown): RequestListener => (_, response) => void response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
const ROWS = Array.from({ length: 200 }, (_, i) => ({ scope: 's', name: `n${i}`, filling: 'x'.repeat(200) }));
const rowsCall = { path: '/rows', texts: ['scope', 'name'] } as const;

test('connections are kept and used again; a POST that may not be repeated gets its own', async () => {
  const server = await serve(json({ ok: true }));
  const transport = transportTo(server.url);
  for (let i = 0; i < 5; i++) assert.deepEqual(await transport.json({ path: '/a' }), { ok: true });
  assert.equal(server.connections().made, 1);
  await transport.json({ path: '/a', method: 'POST', reads: true, body: { dids: [] } });
  assert.equal(server.connections().made, 1);
  await transport.json({ path: '/a', method: 'POST', body: {} });
  assert.equal(server.connections().made, 2);
  assert.equal(server.seen.at(-1)?.headers['user-agent'], 'rucio-vscode/0.0.0-test');
  transport.close();
});

test('open listings do not keep small calls waiting', async () => {
  const server = await serve((request, response) => {
    if (request.url !== '/rows') return json(1)(request, response);
    response.writeHead(200, { 'Content-Type': 'application/x-json-stream' });
    response.write('{"scope":"s","name":"n"}\n');
  });
  const transport = transportTo(server.url);
  const open = Array.from({ length: 10 }, () => transport.rows(rowsCall));
  for (const rows of open) assert.equal((await rows.next()).done, false);
  assert.equal(await transport.json({ path: '/small' }), 1);
  for (const rows of open) await rows.return();
  transport.close();
});

test('leaving a listing early ends its connection at once; so does the signal, as cancelled', async () => {
  let closed = 0;
  const server = await serve((_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('{"scope":"s","name":"n"}\n'), 5);
    response.once('close', () => { clearInterval(timer); closed++; });
  });
  const transport = transportTo(server.url);
  for await (const rows of transport.rows(rowsCall)) { assert.ok(rows.length > 0); break; }
  await pause(30);
  assert.equal(closed, 1);
  assert.equal(server.connections().open, 0);

  const controller = new AbortController();
  const error = await failing((async () => { for await (const _ of transport.rows({ ...rowsCall, signal: controller.signal })) controller.abort(); })(), 'cancelled');
  assert.equal(error.request, 'GET /rows');
  await pause(30);
  assert.equal(closed, 2);
  await failing(transport.json({ path: '/x', signal: AbortSignal.abort() }), 'cancelled');
  transport.close();
  await failing(transport.json({ path: '/x' }), 'cancelled');
});

test('502, 503, 504 and resets: a safe call is asked again, with Retry-After; a POST never', async () => {
  const server = await serve(json('fine'));
  const transport = transportTo(server.url, { retry: { attempts: 3, baseDelay: 5, maxDelay: 2000 } });
  server.add({ path: '/busy', answer: { status: 503, body: 'Currently there are too many requests' }, times: 2 });
  assert.equal(await transport.json({ path: '/busy' }), 'fine');
  assert.equal(server.count({ path: '/busy' }), 3);
  server.add({ path: '/reset', drop: true, times: 2 });
  assert.equal(await transport.json({ path: '/reset' }), 'fine');
  server.add({ path: '/wait', answer: { status: 503, retryAfter: 1 }, times: 1 });
  const start = performance.now();
  assert.equal(await transport.json({ path: '/wait' }), 'fine');
  assert.ok(performance.now() - start >= 990);
  // Longer than we wait at most: the person hears of it at once.
  server.add({ path: '/long', answer: { status: 503, retryAfter: 3600 } });
  await failing(transport.json({ path: '/long' }), 'busy');
  assert.equal(server.count({ path: '/long' }), 1);

  server.add({ path: '/always', answer: { status: 504, body: 'gateway' } });
  assert.equal((await failing(transport.json({ path: '/always' }), 'busy')).status, 504);
  assert.equal(server.count({ path: '/always' }), 3);
  server.add({ path: '/post', answer: { status: 503 }, times: 1 });
  await failing(transport.json({ path: '/post', method: 'POST', body: {} }), 'busy');
  server.add({ path: '/post', drop: true, times: 1 });
  await failing(transport.json({ path: '/post', method: 'POST', body: {} }), 'unreachable');
  assert.equal(server.count({ path: '/post' }), 2);
  transport.close();
});

test('an answer that ends too early is never a whole one: chunked, by length, packed; rows before the cut are given', async () => {
  const server = await serve((request, response) => {
    const text = ROWS.map((row) => `${JSON.stringify(row)}\n`).join('');
    if (request.url === '/length') response.writeHead(200, { 'Content-Length': Buffer.byteLength(text) });
    else response.writeHead(200);
    for (const row of ROWS) response.write(`${JSON.stringify(row)}\n`);
    response.end();
  });
  const transport = transportTo(server.url);
  for (const path of ['/chunked', '/length']) {
    for (const half of [false, true]) {
      const remove = server.add({ path, cutAfterRows: 20, half });
      const rows: unknown[] = [];
      await failing(all(transport.rows({ ...rowsCall, path }), rows), 'cutStream');
      assert.equal(rows.length, 20, `${path} ${half}`);
      remove();
    }
    assert.equal((await all(transport.rows({ ...rowsCall, path }))).length, ROWS.length);
  }
  // A short answer is asked for again, as it was not given to anyone.
  server.add({ path: '/chunked', cutAfterBytes: 100, times: 1 });
  assert.match(await transport.text({ path: '/chunked' }), /"n199"/);
  server.add({ path: '/chunked', cutAfterBytes: 100 });
  await failing(transport.text({ path: '/chunked' }), 'cutStream');
  transport.close();
});

test('deadlines: the first byte, and the silence after it; not the time that a reader takes', async () => {
  const server = await serve((_, response) => sendRows(response, ROWS));
  const transport = transportTo(server.url, { timeouts: { firstByte: 150, idle: 150 } });
  server.add({ path: '/late', delay: 1000 });
  const late = await failing(transport.json({ path: '/late' }), 'timeout');
  assert.match(late.message, /localhost:\d+ did not answer within 150 ms/);
  server.add({ path: '/silent', cutAfterRows: 3, stall: true });
  const rows: unknown[] = [];
  await failing(all(transport.rows({ ...rowsCall, path: '/silent' }), rows), 'timeout');
  assert.equal(rows.length, 3);
  let count = 0;
  for await (const batch of transport.rows(rowsCall)) {
    if (count === 0) await pause(300);
    count += batch.length;
  }
  assert.equal(count, ROWS.length);
  transport.close();
});

test('redirects stay on the server; the token and the headers never go elsewhere', async () => {
  const elsewhere = await serve(json('mine now'));
  const server = await serve(json('here'));
  const transport = transportTo(server.url);
  server.add({ path: '/rules', answer: { status: 308, headers: { Location: '/rules/' } } });
  assert.equal(await transport.json({ path: '/rules', method: 'POST', body: { a: 1 }, tokens: tokensFrom('t-1') }), 'here');
  assert.deepEqual(server.seen.map((one) => `${one.method} ${one.path} ${String(one.headers['x-rucio-auth-token'])}`), ['POST /rules t-1', 'POST /rules/ t-1']);
  server.add({ path: '/moved', redirect: `${elsewhere.url}/login?token=hidden` });
  for (const method of ['GET', 'POST'] as const) {
    const error = await failing(transport.json({ path: '/moved', method, body: method === 'POST' ? {} : undefined, tokens: tokensFrom('t-1') }), 'notRucio');
    assert.ok(error.message.includes(elsewhere.url) && !error.message.includes('hidden'), error.message);
  }
  assert.equal(elsewhere.seen.length, 0);
  server.add({ path: '/circle', redirect: '/circle' });
  assert.match((await failing(transport.json({ path: '/circle' }), 'notRucio')).message, /circles/);
  transport.close();
});

test('a refused token is renewed once, for every kind of call; a second refusal is a sign-in', async () => {
  const server = await serve((request, response) => request.url === '/rows' ? sendRows(response, ROWS) : json('yes')(request, response));
  const transport = transportTo(server.url);
  server.killToken('old');
  const tokens = tokensFrom('old', 'new');
  assert.equal(await transport.json({ path: '/x', method: 'POST', body: {}, tokens }), 'yes');
  assert.equal((await all(transport.rows({ ...rowsCall, tokens: tokensFrom('old', 'new') }))).length, ROWS.length);
  assert.deepEqual(tokens.refused, ['old']);
  server.killToken('new');
  const error = await failing(transport.json({ path: '/x', tokens: tokensFrom('old', 'new', 'third') }), 'signInNeeded');
  assert.equal(error.exceptionClass, 'CannotAuthenticate');
  server.add({ path: '/unset', answer: { status: 400, body: { ExceptionClass: 'ValueError', ExceptionMessage: 'Token must be set.' } }, times: 1 });
  assert.equal(await transport.json({ path: '/unset', tokens: tokensFrom('a', 'b') }), 'yes');
  // The person's rights are no reason for another token.
  server.add({ path: '/denied', answer: { status: 401, body: { ExceptionClass: 'AccessDenied', ExceptionMessage: 'Account alice can not do this.' } } });
  const denied = tokensFrom('a', 'b');
  assert.equal((await failing(transport.json({ path: '/denied', tokens: denied }), 'accessDenied')).message, 'Account alice can not do this.');
  assert.deepEqual(denied.refused, []);
  await failing(transport.json({ path: '/x', tokens: tokensFrom('with\nbreak') }), 'signInNeeded');
  transport.close();
});

test('the server\'s refusals, whole and of the right kind', async () => {
  const long = `Problem validating dids: 'x' is not valid under any of the given schemas\n${'schema '.repeat(2000)}`;
  const cases: [number, string, string, string][] = [
    [401, 'AccessDenied', 'Account alice can not add replication rule. ', 'accessDenied'],
    [500, 'AccessDenied', 'Account alice can not add replication rule. ', 'accessDenied'],
    [404, 'DataIdentifierNotFound', 'Data identifier \'test:nope\' not found', 'notFound'],
    [404, 'RuleNotFound', 'No rule with the id x found', 'notFound'],
    [409, 'InsufficientAccountLimit', 'There is insufficient quota on any of the target RSE\'s to fulfill the operation.', 'quota'],
    [500, 'RSEOverQuota', 'full', 'quota'],
    [409, 'DuplicateRule', 'duplicate key\nDETAIL: already exists', 'duplicateRule'],
    [409, 'InvalidRSEExpression', 'RSE Expression resulted in an empty set.', 'refused'],
    [500, 'DatabaseException', 'down', 'serverError'],
    [400, 'InvalidObject', long, 'refused'],
  ];
  const server = await serve((request, response) => {
    const [status, exceptionClass, message] = cases[Number(new URL(request.url ?? '', 'http://x').searchParams.get('n'))] ?? [500, '', ''];
    refuse(response, status, exceptionClass, message);
  });
  const transport = transportTo(server.url);
  for (const [n, [status, exceptionClass, message, kind]] of cases.entries()) {
    const error = await failing(transport.json({ path: '/x', query: { n }, about: 'test:it' }), kind as 'refused');
    assert.deepEqual([error.status, error.exceptionClass, error.subject], [status, exceptionClass, 'test:it']);
    assert.equal(error.message, (exceptionClass === 'InvalidObject' ? message.split('\n')[0] : message)?.trim());
  }
  // Without a body the headers say it, cut.
  server.add({ path: '/headers', answer: { status: 404, headers: { ExceptionClass: 'RSENotFound', ExceptionMessage: 'RSE X...' } } });
  assert.equal((await failing(transport.json({ path: '/headers' }), 'notFound')).message, 'RSE X...');
  server.add({ path: '/html500', answer: { status: 500, headers: { 'Content-Type': 'text/html' }, body: '<!doctype html><title>500 Internal Server Error</title>' } });
  assert.match((await failing(transport.json({ path: '/html500' }), 'serverError')).message, /500 Internal Server Error/);
  server.add({ path: '/text500', answer: { status: 500, headers: { 'Content-Type': 'text/html' }, body: 'list index out of range' } });
  assert.match((await failing(transport.json({ path: '/text500' }), 'serverError')).message, /list index/);
  server.add({ path: '/odd', answer: { status: 405, body: 'no' } });
  await failing(transport.json({ path: '/odd' }), 'notRucio');
  transport.close();
});

test('pages for people are no answers: for one value, for rows, as 404, under any Content-Type', async () => {
  const server = await serve(json({}));
  const transport = transportTo(server.url);
  server.add({ path: '/page', html: 'University Wi-Fi &amp; Login' });
  for (const work of [() => transport.json({ path: '/page' }), () => all(transport.rows({ ...rowsCall, path: '/page' })), () => transport.done({ path: '/page', method: 'PUT', body: {} }), () => transport.raw({ path: '/page' })]) {
    const error = await failing(work(), 'notRucio');
    assert.match(error.message, /^localhost:\d+ answered with a web page titled “University Wi-Fi & Login”/);
  }
  server.add({ path: '/dids/s/%2Fa', answer: { status: 404, headers: { 'Content-Type': 'text/html' }, body: '<!DOCTYPE HTML PUBLIC><html><head><title>404 Not Found</title>' } });
  assert.match((await failing(transport.json({ path: '/dids/s/%2Fa' }), 'notRucio')).message, /404 Not Found.*AllowEncodedSlashes/);
  server.add({ path: '/garbage', answer: { status: 200, body: 'Hello' } });
  await failing(transport.json({ path: '/garbage' }), 'notRucio');
  // Rucio labels the ids of new rules as text/html.
  server.add({ path: '/rules/', answer: { status: 201, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body: '["92fe"]' } });
  assert.deepEqual(await transport.json({ path: '/rules/', method: 'POST', body: {} }), ['92fe']);
  transport.close();
});

test('a row without its fields is an error with its place, not a crash', async () => {
  const server = await serve((_, response) => sendRows(response, [{ scope: 's', name: 'a' }, { scope: 's', name: 7 }]));
  const transport = transportTo(server.url);
  assert.match((await failing(all(transport.rows(rowsCall)), 'notRucio')).message, /GET \/rows.*row 2 has no text “name”/);
  transport.close();
});

test('servers that are not there, or speak something else', async () => {
  await failing(transportTo('http://no-such-host.invalid').json({ path: '/ping' }), 'unreachable');
  const closed = await serve(json(1));
  await closed.close();
  assert.match((await failing(transportTo(closed.url).json({ path: '/ping' }), 'unreachable')).message, new RegExp(`localhost:${closed.port} can't be reached: it refused`));
  const ssh = net.createServer((socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n')).listen(0, '127.0.0.1');
  await once(ssh, 'listening');
  const { port } = ssh.address() as AddressInfo;
  await failing(transportTo(`http://127.0.0.1:${port}`).json({ path: '/ping' }), 'notRucio');
  await failing(transportTo(`https://127.0.0.1:${port}`).json({ path: '/ping' }), 'unreachable');
  ssh.close();
  for (const [url, options] of [['rucio.example.org', {}], ['ftp://x', {}], ['https://me:secret@x', {}], ['http://x', { vo: 'a\nb' }], ['http://x', { network: { proxy: 'socks5://me:secret@p' } }]] as const) {
    const error = await failing(transportTo(url, options).json({ path: '/ping' }), 'configuration');
    assert.ok(!error.message.includes('secret'), error.message);
  }
});

test('secrets are in no error and no log, whatever a server repeats', async () => {
  const server = await serve((request, response) => {
    const echo = `${String(request.headers['x-rucio-auth-token'])} ${String(request.headers['x-rucio-password'])}`;
    if (request.url?.startsWith('/html')) response.end(`<html><title>${echo}</title>`);
    else refuse(response, 400, 'Duplicate', `no: ${echo}`);
  });
  const transport = transportTo(server.url);
  for (const path of ['/html', '/json']) {
    const one = await transport.json({ path, query: { q: 'typed' }, tokens: tokensFrom('tok-secret') }).catch((error: unknown) => error);
    const two = await transport.raw({ path, headers: { 'X-Rucio-Password': 'pass-secret' }, signIn: true }).catch((error: unknown) => error);
    const three = await all(transport.rows({ path, texts: ['name'], tokens: tokensFrom('tok-secret') })).catch((error: unknown) => error);
    for (const error of [one, two, three]) assert.doesNotMatch(`${String(error)} ${JSON.stringify(error)} ${error instanceof Error ? error.stack : ''}`, /secret|typed/);
  }
  assert.equal(transport.entries.length, 6);
  assert.doesNotMatch(JSON.stringify(transport.entries), /secret|typed/);
  assert.deepEqual(Object.keys(transport.entries[0] ?? {}).sort(), ['bytes', 'id', 'method', 'ms', 'path', 'status']);
  transport.close();
});
