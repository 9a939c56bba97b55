// Habits of dCache, EOS and StoRM, by scripted answers (none of them runs here): a door that sends its clients on to disk servers, folders
// that have to be made, answers in other numbers, checksums in other words, late or never.
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { RucioError } from '../../../src/rucio/errors.ts';
import { DavStorage } from '../../../src/storage/dav.ts';

interface Seen { readonly method: string; readonly path: string; readonly host: string; readonly token: boolean; readonly bytes: number }

const servers: http.Server[] = [];
const storages: DavStorage[] = [];
after(() => {
  for (const storage of storages) storage.close();
  for (const server of servers) server.close();
});

/** `script` answers: a status and headers. */
async function scripted(script: (seen: Seen, all: readonly Seen[]) => readonly [number, Readonly<Record<string, string>>?]): Promise<{ readonly seen: Seen[]; readonly port: number }> {
  const seen: Seen[] = [];
  const server = http.createServer(async (request, response) => {
    let bytes = 0;
    for await (const chunk of request) bytes += (chunk as Buffer).length;
    const one: Seen = { method: request.method!, path: request.url!, host: request.headers.host!.split(':')[0]!, token: request.headers.authorization === 'Bearer secret', bytes };
    seen.push(one);
    const [status, headers = {}] = script(one, seen);
    response.writeHead(status, headers).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { seen, port: (server.address() as AddressInfo).port };
}

function storage(): DavStorage {
  const made = new DavStorage({ network: {}, version: 'test', credential: async () => ({ token: 'secret' }) });
  storages.push(made);
  return made;
}

const body = async function* (): AsyncGenerator<Uint8Array, void, undefined> { yield Buffer.from('hello'); };

test('a storage that answers with the last byte: whoever makes the body is asked for its end all the same', async () => {
  const { port } = await scripted(() => [201]);
  let ended = false;
  await storage().put(new URL(`http://127.0.0.1:${port}/data/quick`), async function* () {
    yield Buffer.from('hello');
    await new Promise((resolve) => { setTimeout(resolve, 100); }); // the answer is there by then
    ended = true;
  }, 5);
  assert.ok(ended);
});

test('XRootD 5.5 forgets an answer once in a great while: a small file waits for it a minute, a large one, which may be summed before the answer, five', async () => {
  const silent = http.createServer((request) => void request.resume());
  servers.push(silent);
  await new Promise<void>((resolve) => { silent.listen(0, '127.0.0.1', resolve); });
  const { port } = silent.address() as AddressInfo;
  const made = new DavStorage({ network: {}, version: 'test', credential: async () => ({ token: 'secret' }), soonMs: 100, timeouts: { firstByte: 1500 } });
  storages.push(made);
  const waits = async (bytes: number): Promise<number> => {
    const began = performance.now();
    await assert.rejects(made.put(new URL(`http://127.0.0.1:${port}/data/${bytes}`), async function* () { yield Buffer.alloc(bytes); }, bytes), (error) => RucioError.is(error, 'timeout'));
    return performance.now() - began;
  };
  const [small, large] = [await waits(5), await waits(2_000_000)];
  assert.ok(small < 1400 && large >= 1400, `${small} ms, ${large} ms`);
  silent.closeAllConnections();
});

test('the same with a checksum that was asked for: of a small file it is asked for once more beside it, and a failure is one as ever', async () => {
  let asked = 0;
  const ended = new Set<number>();
  const server = http.createServer((request, response) => {
    const n = ++asked;
    response.on('close', () => { if (!response.writableFinished) ended.add(n); });
    if (request.url === '/refused') response.writeHead(403).end();
    else if (n > 1) response.writeHead(200, { 'Content-Length': '5', 'Digest': 'adler32=0ab12cd3' }).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  const made = new DavStorage({ network: {}, version: 'test', credential: async () => ({ token: 'secret' }), soonMs: 100, timeouts: { firstByte: 1500 } });
  storages.push(made);
  const sum = (path: string, bytes?: number) => made.stat(new URL(`http://127.0.0.1:${port}${path}`), { checksum: true, ...(bytes !== undefined && { bytes }) });
  assert.deepEqual(await sum('/data/f', 5), { bytes: 5, adler32: '0ab12cd3' });
  assert.equal(asked, 2);
  for (let n = 0; n < 100 && !ended.has(1); n++) await new Promise((resolve) => { setTimeout(resolve, 20); });
  assert.deepEqual([...ended], [1], 'the question that was forgotten is ended');
  await assert.rejects(sum('/refused', 5), (error) => RucioError.is(error, 'accessDenied'));
  for (const bytes of [2_000_000, undefined]) {
    asked = 0;
    await assert.rejects(sum('/data/f', bytes), (error) => RucioError.is(error, 'timeout'));
    assert.equal(asked, 1, 'the storage may be reading a large one');
  }
  server.closeAllConnections();
});

test('dCache and StoRM: a missing folder is 409 or 404, made from the outside in, and the bytes are sent again', async () => {
  for (const missing of [409, 404]) {
    const folders = new Set(['/data']);
    const { seen, port } = await scripted(({ method, path }) => {
      const parent = path.replace(/\/[^/]+\/?$/, '');
      if (method === 'MKCOL') {
        const folder = path.replace(/\/$/, '');
        if (folders.has(folder)) return [405];
        if (!folders.has(parent)) return [409];
        folders.add(folder);
        return [201];
      }
      return folders.has(parent) ? [201] : [missing];
    });
    await storage().put(new URL(`http://127.0.0.1:${port}/data/a/b/f`), body, 5);
    assert.deepEqual(seen.map(({ method, path }) => `${method} ${path}`), ['PUT /data/a/b/f', 'MKCOL /data/', 'MKCOL /data/a/', 'MKCOL /data/a/b/', 'PUT /data/a/b/f']);
    assert.equal(seen.at(-1)?.bytes, 5);
  }
});

test('MOVE into a folder that is not there makes it first', async () => {
  const { seen, port } = await scripted(({ method }, all) => (method === 'MOVE' && !all.some((one) => one.method === 'MKCOL') ? [409] : [201]));
  await storage().move(new URL(`http://127.0.0.1:${port}/a/f.part`), new URL(`http://127.0.0.1:${port}/b/f`));
  assert.deepEqual(seen.map(({ method, path }) => `${method} ${path}`), ['MOVE /a/f.part', 'MKCOL /b/', 'MOVE /a/f.part']);
});

test('DELETE is done by 200, 202 and 204, and was by 404 and 410; refused by 403', async () => {
  for (const [status, wanted] of [[200, true], [202, true], [204, true], [404, false], [410, false]] as const) {
    const { port } = await scripted(() => [status]);
    assert.equal(await storage().remove(new URL(`http://127.0.0.1:${port}/f`)), wanted, String(status));
  }
  const { port } = await scripted(() => [403]);
  await assert.rejects(storage().remove(new URL(`http://127.0.0.1:${port}/f`)), (error) => RucioError.is(error, 'accessDenied'));
});

test('checksums in the words of each: Digest in hex (dCache), Repr-Digest in base64 (RFC 9530), without leading zeros (StoRM), late, never', async () => {
  const headers: readonly (readonly [Readonly<Record<string, string>>, string | undefined])[] = [
    [{ Digest: 'adler32=0ab12cd3' }, '0ab12cd3'], [{ Digest: 'adler32=ab12cd3' }, '0ab12cd3'],
    [{ 'Repr-Digest': `adler=:${Buffer.from('0ab12cd3', 'hex').toString('base64')}:` }, '0ab12cd3'], [{}, undefined],
  ];
  for (const [said, wanted] of headers) {
    const { port } = await scripted(() => [200, { 'Content-Length': '5', ...said }]);
    const stored = await storage().stat(new URL(`http://127.0.0.1:${port}/f`), { checksum: true });
    assert.deepEqual([stored?.bytes, stored?.adler32], [5, wanted], JSON.stringify(said));
  }
  const { port } = await scripted((_one, all) => [200, { 'Content-Length': '5', ...(all.length > 1 && { Digest: 'adler32=0ab12cd3' }) }]);
  const late = storage();
  const url = new URL(`http://127.0.0.1:${port}/f`);
  assert.equal((await late.stat(url, { checksum: true }))?.adler32, undefined);
  assert.equal((await late.stat(url, { checksum: true }))?.adler32, '0ab12cd3');
});

test('dCache and EOS: a door sends PUT and GET on to a disk server, which gets all bytes; the token only where it belongs', async () => {
  // The same machine by another name is a stranger for the client; by another port it is not.
  for (const [name, token] of [['localhost', false], ['127.0.0.1', true]] as const) {
    let disk = 0;
    const { seen, port } = await scripted(({ path, method }) => {
      if (!path.includes('pool')) return [307, { Location: `http://${name}:${disk}${path}?pool=7` }];
      return method === 'PUT' ? [201] : [200, { 'Content-Length': '0' }];
    });
    disk = port;
    const { put, get } = { put: storage(), get: storage() };
    await put.put(new URL(`http://127.0.0.1:${port}/f`), body, 5);
    const piece = await get.get(new URL(`http://127.0.0.1:${port}/f`), 0, 0);
    for await (const chunk of piece.body) assert.equal(chunk.length, 0);
    const atDisk = seen.filter(({ path }) => path.includes('pool'));
    assert.deepEqual(atDisk.map(({ method, token: had, bytes }) => [method, had, bytes]), [['PUT', token, 5], ['GET', token, 0]]);
    assert.ok(seen.filter(({ path }) => !path.includes('pool')).every((one) => one.token));
  }
});
