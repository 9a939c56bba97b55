// Bodies that are taken off their connections before Node's parser: the same bytes, whoever is slow; a cut is a failure.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { bypassed, LARGE } from '../../../src/rucio/bypass.ts';
import { Network } from '../../../src/rucio/network.ts';

const content = randomBytes(LARGE + 3_333_333);
const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Answer { readonly head?: string; readonly cuts?: readonly number[]; readonly until?: number; readonly extra?: Buffer; readonly stays?: boolean }
let answer: Answer = {};
/** Plain bytes, so that head and body come together or apart as the test says. */
let connections = 0;
const server = net.createServer((socket) => {
  connections++;
  socket.on('error', () => undefined); // the client may leave
  socket.on('data', () => void reply(socket, answer));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const base = new URL(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
const network = new Network(base, {}, {}, 5000, { files: true });
after(() => {
  network.close();
  server.close();
});

async function reply(socket: net.Socket, { head = `Content-Length: ${content.length}`, cuts = [content.length], until = content.length, extra, stays = false }: Answer): Promise<void> {
  const write = async (bytes: Buffer | string): Promise<void> => void (socket.write(bytes) || await once(socket, 'drain').catch(() => undefined));
  const [first = 0, ...others] = cuts;
  // The head and the beginning of the body in one write.
  await write(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`), content.subarray(0, Math.min(first, until))]));
  let at = first;
  for (let n = 0; at < until; n++) {
    const size = n < others.length ? others[n]! : 1 << 20;
    await write(content.subarray(at, Math.min(until, at + size)));
    at += size;
  }
  if (extra) await write(extra);
  if (until < content.length && !stays) socket.destroy();
}

async function body(how: Answer, slow?: (chunk: Buffer) => Promise<void>): Promise<{ readonly bytes: Buffer; readonly failure?: unknown } | undefined> {
  answer = how;
  await network.ready();
  const request = http.request(base, { agent: network.streams });
  request.on('error', () => undefined); // the response, or the generator, has it
  request.end();
  let way: ReturnType<typeof bypassed>;
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once('error', reject).once('response', (some: http.IncomingMessage) => {
      way = bypassed(request, some);
      resolve(some);
    });
  });
  if (!way) {
    response.resume();
    await once(response, 'end');
    return undefined;
  }
  const all: Buffer[] = [];
  try {
    for await (const chunk of way()) {
      await slow?.(chunk);
      all.push(Buffer.from(chunk));
    }
    return { bytes: Buffer.concat(all) };
  } catch (failure) {
    return { bytes: Buffer.concat(all), failure };
  } finally {
    request.destroy();
  }
}

test('the same bytes, however they are cut on the way', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 200_000 }), { maxLength: 20 }), async (cuts) => {
    const got = await body({ cuts });
    assert.equal(got?.failure, undefined);
    assert.equal(sum(got!.bytes), sum(content));
  }), { numRuns: 8 });
});

test('whoever takes them slowly gets the same, and few of them wait in memory', async () => {
  let n = 0;
  const largest: number[] = [];
  const got = await body({}, async (chunk) => {
    largest.push(chunk.length);
    const before = sum(chunk);
    if (n++ % 5 === 0) await sleep(20);
    assert.equal(sum(chunk), before, 'a chunk changed while somebody had it');
  });
  assert.equal(sum(got!.bytes), sum(content));
  assert.ok(Math.max(...largest) <= 1 << 20, String(Math.max(...largest)));
});

test('what came is given after a while, also when little of it came; nothing is lost at the end', async () => {
  let given = 0;
  const some = await body({ cuts: [10, 200_000], until: 200_010, stays: true }, async (chunk) => {
    if ((given += chunk.length) === 200_010) throw new Error('enough');
  });
  assert.match(String(some?.failure), /enough/);
});

test('a cut is ECONNRESET, with all that came before it or less; what comes behind the end is nothing of it', async () => {
  for (const until of [0, 1, 70_000, LARGE, content.length - 1]) {
    const got = await body({ cuts: [10], until });
    assert.equal((got?.failure as { code?: string } | undefined)?.code, 'ECONNRESET', String(until));
    assert.ok(got!.bytes.length <= Math.max(10, until) && content.subarray(0, got!.bytes.length).equals(got!.bytes));
  }
  const more = await body({ extra: randomBytes(5000) });
  assert.equal(sum(more!.bytes), sum(content));
});

test('small answers and those in chunks come as ever, on a connection that is used again', async () => {
  assert.equal(await body({ head: 'Content-Length: 100', cuts: [100], until: 100, stays: true }), undefined);
  const before = connections;
  const pieces = 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0';
  assert.equal(await body({ head: pieces, cuts: [0], until: 0, stays: true }), undefined);
  assert.equal(connections, before);
});
