import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type tls from 'node:tls';
import { after, test } from 'node:test';
import { bypasses, Network } from '../../../src/rucio/network.ts';
import { faultyProxy, makeCertificates, sendRows, type FaultyProxy } from '../../support/faults.ts';
import { siteProxy, type SiteProxy } from '../../support/proxy.ts';
import { all, failing, transportTo } from './helpers.ts';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'rucio-certificates-'));
const certificates = makeCertificates(dir);
const ends: (() => unknown)[] = [() => fs.rmSync(dir, { recursive: true })];
after(async () => { for (const end of ends.reverse()) await end(); });

const answer: http.RequestListener = (request, response) => {
  if (request.url === '/rows') sendRows(response, Array.from({ length: 50 }, (_, i) => ({ scope: 's', name: `n${i}`, filling: 'x'.repeat(500) })));
  else response.end(JSON.stringify({ host: request.headers.host, url: request.url }));
};
async function serve(tls?: { key: string; cert: string }): Promise<FaultyProxy> {
  const server = await faultyProxy(answer, tls && { tls });
  ends.push(() => server.close());
  return server;
}

/** See support/proxy.ts; ended with the tests. */
async function proxy(password?: string, tls?: { key: string; cert: string }): Promise<SiteProxy> {
  const one = await siteProxy({ password, tls });
  ends.push(() => one.close());
  return one;
}

test('certificates: the right authority and name, or the reason in words', async () => {
  const good = await serve(certificates.good);
  const trusting = transportTo(good.url, { caFile: certificates.caFile });
  assert.equal(trusting.certificatesInForce, certificates.caFile);
  for (let i = 0; i < 3; i++) await trusting.json({ path: '/x' });
  assert.equal((await all(trusting.rows({ path: '/rows', texts: ['name'] }))).length, 50);
  assert.ok(good.connections().made <= 2, 'connections are used again');
  trusting.close();
  const cases = [
    [certificates.good, undefined, /authority that signed it is not known here/],
    [certificates.selfSigned, certificates.caFile, /self-signed/],
    [certificates.expired, certificates.caFile, /expired/],
    [certificates.otherName, certificates.caFile, /another name\. It is for other\.test\./],
  ] as const;
  for (const [tls, caFile, words] of cases) {
    const server = await serve(tls);
    const error = await failing(transportTo(server.url, { ...(caFile && { caFile }) }).json({ path: '/x' }), 'certificate');
    assert.match(error.message, words);
    assert.ok(error.message.includes(`localhost:${server.port}`));
    assert.equal(server.seen.length, 0);
  }
});

test('connections for files have the cheaper one of the two usual ciphers, where the server leaves it to us', async () => {
  const server = https.createServer({ ...certificates.good, honorCipherOrder: false }, answer).listen(0, '127.0.0.1');
  ends.push(() => server.close());
  await once(server, 'listening');
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  for (const [files, cipher] of [[true, 'TLS_AES_128_GCM_SHA256'], [false, 'TLS_AES_256_GCM_SHA384']] as const) {
    const network = new Network(new URL(url), {}, { ca: certificates.caFile }, 5000, { files });
    await network.ready();
    const [response] = await once(https.get(url, { agent: network.streams }), 'response') as [http.IncomingMessage];
    assert.equal((response.socket as tls.TLSSocket).getCipher().standardName, cipher);
    network.close();
  }
});

test('cut answers are noticed on https too', async () => {
  const server = await serve(certificates.good);
  const transport = transportTo(server.url, { caFile: certificates.caFile });
  server.add({ path: '/rows', cutAfterRows: 10 });
  const rows: unknown[] = [];
  await failing(all(transport.rows({ path: '/rows', texts: ['name'] }), rows), 'cutStream');
  assert.equal(rows.length, 10);
  transport.close();
});

test('a CA file that is not there or no PEM is named; once it is right the next call works', async () => {
  const server = await serve(certificates.good);
  const caFile = path.join(dir, 'later.pem');
  const transport = transportTo(server.url, { caFile });
  assert.match((await failing(transport.json({ path: '/x' }), 'configuration')).message, new RegExp(`${caFile} does not exist`));
  for (const wrong of ['hello', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']) {
    fs.writeFileSync(caFile, wrong);
    assert.ok((await failing(transport.json({ path: '/x' }), 'configuration')).message.includes(caFile));
  }
  fs.copyFileSync(certificates.caFile, caFile);
  await transport.json({ path: '/x' });
  transport.close();
});

test('a server that takes connections and does not go on: the connect deadline', async () => {
  const silent = net.createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as AddressInfo;
  const error = await failing(transportTo(`https://127.0.0.1:${port}`, { timeouts: { connect: 100 } }).json({ path: '/x' }), 'timeout');
  assert.match(error.message, /did not accept the connection within 100 ms/);
  silent.close();
});

test('through a proxy: http forwarded, https tunnelled, connections kept, cuts noticed', async () => {
  const [plain, secure] = [await serve(), await serve({ ...certificates.good })];
  for (const tls of [undefined, certificates.good]) {
    const way = await proxy(undefined, tls);
    // The proxy's certificate is a matter of the system's authorities; the test's is not among them.
    const network = { proxy: way.url, proxyStrictSSL: tls === undefined };
    const one = transportTo(`http://rucio.test:${plain.port}/base`, { network });
    assert.equal(one.proxyInForce, way.url);
    for (let i = 0; i < 2; i++) assert.deepEqual(await one.json({ path: '/x' }), { host: `rucio.test:${plain.port}`, url: '/base/x' });
    const two = transportTo(`https://lake.test:${secure.port}`, { network, caFile: certificates.caFile });
    for (let i = 0; i < 2; i++) assert.deepEqual(await two.json({ path: '/x' }), { host: `lake.test:${secure.port}`, url: '/x' });
    assert.deepEqual(way.seen, [`GET http://rucio.test:${plain.port}/base/x`, `GET http://rucio.test:${plain.port}/base/x`, `CONNECT lake.test:${secure.port}`]);
    const remove = secure.add({ path: '/rows', cutAfterRows: 10 });
    await failing(all(two.rows({ path: '/rows', texts: ['name'] })), 'cutStream');
    remove();
    assert.equal((await all(two.rows({ path: '/rows', texts: ['name'] }))).length, 50);
    one.close();
    two.close();
  }
});

test('a proxy with a password, one that says no, one that is not there; none of it with the password in it', async () => {
  const secure = await serve(certificates.good);
  const plain = await serve();
  const way = await proxy('p@ss word');
  const withPassword = way.url.replace('//', `//me:${encodeURIComponent('p@ss word')}@`);
  const good = transportTo(`https://lake.test:${secure.port}`, { network: { proxy: withPassword }, caFile: certificates.caFile });
  assert.equal(good.proxyInForce, way.url);
  await good.json({ path: '/x' });
  await transportTo(`http://rucio.test:${plain.port}`, { network: { proxy: withPassword } }).json({ path: '/x' });
  for (const base of [`https://lake.test:${secure.port}`, `http://rucio.test:${plain.port}`]) {
    for (const url of [way.url, withPassword.replace('word', 'wrong')]) {
      const error = await failing(transportTo(base, { network: { proxy: url }, caFile: certificates.caFile }).json({ path: '/x' }), 'configuration');
      assert.match(error.message, /password/);
      assert.doesNotMatch(error.message, /p%40ss|p@ss/);
    }
  }
  assert.match((await failing(transportTo('https://forbidden.test', { network: { proxy: withPassword } }).json({ path: '/x' }), 'unreachable')).message, /does not let us through to forbidden\.test:443 \(403/);
  const gone = await failing(transportTo('https://lake.test', { network: { proxy: 'http://me:p@127.0.0.1:9' } }).json({ path: '/x' }), 'unreachable');
  assert.match(gone.message, /^the proxy http:\/\/127\.0\.0\.1:9 can't be reached: it refused/);
});

test('proxyStrictSSL off counts only on the way through a proxy', async () => {
  const server = await serve(certificates.selfSigned);
  await failing(transportTo(server.url, { network: { proxyStrictSSL: false } }).json({ path: '/x' }), 'certificate');
  const way = await proxy();
  const through = transportTo(`https://lake.test:${server.port}`, { network: { proxy: way.url, proxyStrictSSL: false } });
  await through.json({ path: '/x' });
  assert.match(through.certificatesInForce, /^not checked/);
});

test('who is asked directly', () => {
  const cases: [string, string, boolean][] = [
    ['*', 'http://a.b', true], ['a.b', 'http://a.b', true], ['a.b', 'http://x.a.b', true], ['.a.b', 'http://x.a.b', true], ['*.a.b', 'http://x.a.b', true],
    ['a.b', 'http://xa.b', false], ['*.a.b', 'http://xa.b', false], ['A.B', 'http://a.b', true], ['a.b:443', 'https://a.b', true], ['a.b:443', 'http://a.b', false],
    ['a.b:8443', 'https://a.b:8443', true], ['[::1]:80', 'http://[::1]', true], ['::1', 'http://[::1]', true], ['', 'http://a.b', false], ['10.0.0.1', 'http://10.0.0.1', true],
  ];
  for (const [entry, url, expected] of cases) assert.equal(bypasses(new URL(url), ['other', ` ${entry} `]), expected, `${entry} ${url}`);
  assert.equal(transportTo('http://localhost:1', { network: { proxy: 'http://p:1' } }).proxyInForce, 'none');
  assert.equal(transportTo('http://a.b', { network: { proxy: 'http://u:p@p:1', noProxy: ['.b'] } }).proxyInForce, 'none');
  assert.equal(transportTo('http://a.b', { network: { proxy: 'p:3128' } }).proxyInForce, 'http://p:3128');
  assert.match(transportTo('https://a.b').certificatesInForce, /^(system and )?Node's$/);
});
