// The rows N of the fault matrix: what networks, proxies and hostile servers do to files and to lists. Servers that misbehave by script.
import assert from 'node:assert/strict';
import dns from 'node:dns';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Transfers } from '../../src/lake/transfers/engine.ts';
import { RucioError, type ErrorKind } from '../../src/rucio/errors.ts';
import type { Transport } from '../../src/rucio/transport.ts';
import { TokenCaller } from '../../src/rucio/clients/caller.ts';
import { replicaCalls } from '../../src/rucio/clients/replicas.ts';
import type { DavOptions } from '../../src/storage/asking.ts';
import { DavStorage } from '../../src/storage/dav.ts';
import { type FaultyProxy, faultyProxy, type FaultyOptions, makeCertificates } from '../support/faults.ts';
import { siteProxy } from '../support/proxy.ts';
import { tokensFrom, transportTo } from '../unit/rucio/helpers.ts';
import { mine, scene } from './scene.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'network-'));
const certificates = makeCertificates(folder);
const ends: (() => unknown)[] = [() => fs.rmSync(folder, { recursive: true, force: true })];
after(async () => { for (const end of ends.reverse()) await end(); });

const TOKEN = 'planted-token-of-these-tests';
const storage = (more: Partial<DavOptions> = {}): DavStorage => {
  const made = new DavStorage({ network: {}, caFile: certificates.caFile, credential: async () => ({ token: TOKEN }), version: 'test', timeouts: { connect: 600, firstByte: 800, idle: 800 }, ...more });
  ends.push(() => made.close());
  return made;
};
async function server(answer: http.RequestListener, options: FaultyOptions = { tls: certificates.good }): Promise<FaultyProxy> {
  const made = await faultyProxy(answer, options);
  ends.push(() => made.close());
  return made;
}
/** A storage that has everything, 5 bytes of it. */
const good: http.RequestListener = (request, response) => {
  request.resume().on('end', () => response.writeHead(request.method === 'PUT' ? 201 : 200, { 'Content-Length': request.method === 'HEAD' || request.method === 'GET' ? 5 : 0, Digest: 'adler32=00000001' }).end(request.method === 'GET' ? '12345' : undefined));
};
async function refused(kind: ErrorKind, words: RegExp, work: Promise<unknown>): Promise<RucioError> {
  const error = await work.then(() => assert.fail('it did not fail'), (problem: unknown) => problem);
  assert.ok(RucioError.is(error), String(error));
  assert.equal(error.kind, kind, error.message);
  assert.match(`${error.message} ${error.facts ?? ''}`, words);
  assert.ok(!`${error.message}${error.facts ?? ''}${error.stack ?? ''}`.includes(TOKEN));
  return error;
}
async function* bytes(count: number): AsyncGenerator<Uint8Array> {
  for (let left = count; left > 0; left -= 65_536) yield Buffer.alloc(Math.min(left, 65_536), 1);
}
const transport = (url: string): Transport => {
  const made = transportTo(url, { retry: { attempts: 2, baseDelay: 1, maxDelay: 5 } });
  ends.push(() => made.close());
  return made;
};

test('N1 a proxy ends what takes too long: asked for in smaller pieces, and the time is named', { timeout: 60_000 }, async () => {
  const asked: number[] = [];
  let most = 300;
  const slow = await server((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => { body += piece.toString(); }).on('end', () => {
      const { dids } = JSON.parse(body) as { dids: { scope: string; name: string }[] };
      asked.push(dids.length);
      if (dids.length > most) return void setTimeout(() => request.socket.destroy(), most === 0 ? 5200 : 50);
      response.writeHead(200, { 'Content-Type': 'application/x-json-stream' });
      for (const did of dids) response.write(`${JSON.stringify({ ...did, bytes: 1, adler32: null, md5: null, pfns: {}, rses: {}, states: {} })}\n`);
      response.end();
    });
  }, {});
  const calls = replicaCalls(new TokenCaller(transport(slow.url), tokensFrom(TOKEN)));
  const dids = Array.from({ length: 1000 }, (_, n) => ({ scope: 's', name: `n${n}` }));
  const names: string[] = [];
  for await (const rows of calls.listReplicas(dids)) for (const { name } of rows) names.push(name);
  assert.deepEqual(names, dids.map(({ name }) => name), 'each once, in order');
  assert.ok(asked.includes(250), String(asked));
  most = 0;
  await refused('unreachable', /closed the connection.* It was ended after [5-9] s: a proxy on the way may allow no more/, (async () => { for await (const _ of calls.listReplicas(dids.slice(0, 1))) void _; })());
});

test('N2 a kept connection is closed at the moment it is used again: what can be done twice is; MOVE is not', async () => {
  const far = await server(good);
  const ours = storage();
  const url = new URL(`${far.url}/f`);
  const closed = (method: string): void => void far.add({ method, drop: true, times: 1 });
  for (const [method, work] of [['HEAD', () => ours.stat(url)], ['GET', async () => { for await (const _ of (await ours.get(url, 0, 5)).body) void _; }], ['PUT', () => ours.put(url, () => bytes(8_000_000), 8_000_000)], ['DELETE', () => ours.remove(url)]] as const) {
    await ours.stat(url); // a connection that is kept
    closed(method);
    await work();
  }
  await ours.stat(url);
  closed('MOVE');
  await refused('unreachable', /closed the connection/, ours.move(url, new URL(`${far.url}/g`)));
  assert.equal(far.seen.filter(({ method }) => method === 'MOVE').length, 1);
});

test('N3 it takes the call and never answers; takes no more bytes; sends nothing more; sends a byte now and then', { timeout: 30_000 }, async () => {
  const hole = await server(() => undefined);
  await refused('timeout', /did not answer within 800 ms/, storage().stat(new URL(`${hole.url}/f`)));
  const deaf = await server((request) => request.pause());
  await refused('timeout', /took no more bytes within 800 ms/, storage().put(new URL(`${deaf.url}/f`), () => bytes(80_000_000), 80_000_000));
  const silent = await server((_, response) => void response.writeHead(200, { 'Content-Length': 10 }).write('12'));
  await refused('timeout', /sent nothing more within 800 ms/, (async () => { for await (const _ of (await storage().get(new URL(`${silent.url}/f`), 0, 10)).body) void _; })());
  const trickling = await server((_, response) => {
    response.writeHead(200, { 'Content-Length': 12 });
    let sent = 0;
    const timer = setInterval(() => {
      response.write('1');
      if (++sent === 12) { clearInterval(timer); response.end(); }
    }, 150);
  });
  let got = 0;
  for await (const chunk of (await storage().get(new URL(`${trickling.url}/f`), 0, 12)).body) got += chunk.length;
  assert.equal(got, 12, 'slow is not dead: only silence ends it');
});

test('N4 certificates: expired, of nobody, for another name, by an authority that has expired: refused, at once, by name', async () => {
  for (const [tls, words, caFile] of [[certificates.expired, /has expired/, certificates.caFile], [certificates.selfSigned, /self-signed/, certificates.caFile], [certificates.otherName, /another name/, certificates.caFile], [certificates.byExpiredCa, /expired/, certificates.byExpiredCa.caFile]] as const) {
    const far = await server(good, { tls });
    await refused('certificate', words, storage({ caFile }).stat(new URL(`${far.url}/f`)));
    assert.equal(far.seen.length, 0, 'nothing was asked, no token shown');
  }
});

test('N5 sent on: the token goes along to no stranger, nothing goes without encryption, and circles end', async () => {
  const stranger = await server(good, { tls: certificates.good, host: 'lake.test' });
  const plain = await server(good, {});
  const door = await server((_, response) => void response.writeHead(307, { Location: `${stranger.url}/f` }).end());
  for (const work of [(ours: DavStorage) => ours.stat(new URL(`${door.url}/f`)), (ours: DavStorage) => ours.put(new URL(`${door.url}/f`), () => bytes(10), 10), (ours: DavStorage) => ours.remove(new URL(`${door.url}/f`))]) await work(storage());
  assert.equal(stranger.seen.length, 3);
  assert.ok(stranger.seen.every(({ headers }) => headers.authorization === undefined));
  const sister = await server(good, { tls: certificates.good });
  const gate = await server((_, response) => void response.writeHead(307, { Location: `${sister.url}/f` }).end());
  await storage().stat(new URL(`${gate.url}/f`));
  assert.equal(sister.seen.at(-1)!.headers.authorization, `Bearer ${TOKEN}`, 'to another port of the same machine it goes along');
  for (const to of [`${plain.url}/f`, 'http://169.254.169.254/latest/meta-data', 'http://localhost/f']) {
    const away = await server((_, response) => void response.writeHead(307, { Location: to }).end());
    await refused('refused', /without encryption; nothing was sent there/, storage().put(new URL(`${away.url}/f`), () => bytes(10), 10));
  }
  assert.equal(plain.seen.length, 0);
  for (const to of ['javascript:alert(1)', 'command:workbench.action.quit', 'file:///etc/passwd', 'https://[']) {
    const odd = await server((_, response) => void response.writeHead(302, { Location: to }).end());
    await refused('refused', /to an address that is none/, storage().stat(new URL(`${odd.url}/f`)));
  }
  const circle = await server((request, response) => void response.writeHead(302, { Location: request.url }).end());
  await refused('refused', /round in circles/, storage().stat(new URL(`${circle.url}/f`)));
  assert.equal(circle.seen.length, 6);
});

test('N6 endless answers, a million headers, what unpacks to gigabytes: limits, not memory', { timeout: 120_000 }, async () => {
  const endless = (response: http.ServerResponse, piece: string): void => {
    const more = (): void => { while (!response.destroyed && response.write(piece)); };
    response.on('drain', more);
    more();
  };
  const before = process.memoryUsage().rss;
  const far = await server((request, response) => {
    if (request.url === '/headers') return void response.writeHead(200, Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`x-${n}`, 'y']))).end();
    if (request.url === '/bomb') return void response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Type': 'application/json' }).end(gzipSync(Buffer.alloc(100_000_000, 32)));
    response.writeHead(request.method === 'PUT' ? 201 : 200);
    request.resume();
    endless(response, request.url === '/rows' ? `${'{"scope":"s","name":"n"}\n'.repeat(2000)}` : request.url === '/line' ? 'x'.repeat(65_536) : ' '.repeat(65_536));
  }, {});
  const ours = storage({ credential: async () => undefined, timeouts: { connect: 5000, firstByte: 20_000, idle: 20_000 } });
  await ours.put(new URL(`${far.url}/f`), () => bytes(10), 10); // it said 201, and goes on and on: that is enough
  await refused('notRucio', /does not speak HTTP|HPE_HEADER_OVERFLOW/, ours.stat(new URL(`${far.url}/headers`)));
  const rest = transport(far.url);
  await refused('notRucio', /more than 64 MB/, rest.json({ path: '/json' }));
  await refused('notRucio', /more than 64 MB/, rest.json({ path: '/bomb' }));
  await refused('notRucio', /has no end/, (async () => { for await (const _ of rest.rows({ path: '/line', texts: [] })) void _; })());
  await refused('notRucio', /more than 1000000 rows/, rest.allRows({ path: '/rows', texts: ['scope'] }));
  const grown = (process.memoryUsage().rss - before) / 1e6;
  assert.ok(grown < 1200, `${grown.toFixed(0)} MB more, with the test’s own 100 MB to pack`);
});

test('N8 proxies with a password, past them, IPv6', async () => {
  const far = await server(good, { tls: certificates.good, host: 'lake.test' });
  const proxy = await siteProxy({ password: 'of the proxy' });
  ends.push(() => proxy.close());
  const url = new URL(`${far.url}/f`);
  await refused('configuration', /asks for a user name and a password/, storage({ network: { proxy: proxy.url } }).stat(url));
  assert.equal((await storage({ network: { proxy: proxy.withPassword } }).stat(url))!.bytes, 5);
  assert.ok(proxy.seen.some((line) => line.startsWith('CONNECT lake.test')));
  const asked = proxy.seen.length;
  await storage({ network: { proxy: proxy.url, noProxy: ['lake.test'] } }).stat(url);
  assert.equal(proxy.seen.length, asked, 'NO_PROXY: not asked');
  const six = http.createServer(good);
  await new Promise<void>((resolve) => six.listen(0, '::1', resolve));
  ends.push(() => six.close());
  assert.equal((await storage({ credential: async () => undefined }).stat(new URL(`http://[::1]:${(six.address() as AddressInfo).port}/f`)))!.bytes, 5);
});

test('N8 names are not known for a while: it waits, says why, and goes on when they are', { timeout: 60_000 }, async () => {
  const s = await scene();
  const said: string[] = [];
  const engine = new Transfers({ onChange: () => undefined, retry: { attempts: 9, first: 100, last: 1000 }, checksumMs: 500, log: (line) => said.push(line) });
  const { lookup } = dns;
  try {
    const file = s.file('n8.bin', 1000);
    s.storage.add({ method: 'HEAD', path: /n8\.bin$/, drop: true, times: 1 }); // no connection is kept
    const { id } = await engine.upload(s.with, s.wish([file]));
    const away = ((...args: unknown[]): void => { (args.at(-1) as (error: Error) => void)(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' })); }) as unknown as typeof lookup;
    dns.lookup = away;
    await sleep(1500);
    dns.lookup = lookup;
    for (let n = 0; engine.list(mine)[0]!.state === 'running' && n < 1000; n++) await sleep(20);
    assert.equal(engine.list(mine)[0]!.files.done, 1, JSON.stringify(engine.files(mine, id, { limit: 1 })));
    await s.whole(file);
    assert.ok(said.some((line) => /its name is not known/.test(line)), said.join('\n'));
  } finally {
    dns.lookup = lookup;
    await engine.close();
    await s.close();
  }
});
