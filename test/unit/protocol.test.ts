// The contract of windows and the lake service.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { createMessageConnection, type MessageConnection, NotificationType, RequestType, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node';
import { type ClientHandlers, ServiceClient, WRITES } from '../../src/client/client.ts';
import { QuietWriter } from '../../src/client/connect.ts';
import * as protocol from '../../src/protocol.ts';

test('no two calls have the same name on the wire', () => {
  const names = Object.values(protocol as Readonly<Record<string, unknown>>).flatMap((one) => (typeof one === 'object' && one !== null && 'method' in one ? [String(one.method)] : []));
  assert.ok(names.length > 20);
  assert.deepEqual(names.filter((name, i) => names.indexOf(name) !== i), []);
});

test('what writes is never asked twice: every request of a client is known to read or to write', () => {
  const reads = [
    'configuration', 'configure', 'status',
    'attachment/code', 'attachment/names',
    'availability/get', 'availability/path',
    'did/content', 'did/get', 'did/glance', 'did/list', 'did/open', 'did/parents', 'did/read', 'did/search',
    'files/list', // the same file again
    'instance/ping',
    'programs/environment', 'programs/find',
    'rse/expression',
    'rule/follow', 'rule/get', 'rule/list', 'rule/locks', 'rule/locksClose', 'rule/locksWindow', 'rule/of', 'rule/ofDid', 'rule/preview', 'rule/previewCreate', 'rule/size', 'rule/stuck',
    'scope/list',
    'scratch/files', 'scratch/list', 'scratch/touch', 'scratch/upload', // the last two done twice: the same again
    'session/methods',
    'storage/details', 'storage/usage',
    'transfer/files', 'transfer/list', 'transfer/plan', 'transfer/planDownload', 'transfer/targets',
    'watch/add', 'watch/addDid', 'watch/list', 'watch/remove', // added or removed twice: the same again
  ];
  const theirs = new Set<unknown>([protocol.greet, protocol.handOver, protocol.hello, protocol.getSecret, protocol.storeSecret, protocol.askCredentials, protocol.askAccount, protocol.askPassphrase, protocol.openUrl, protocol.askRedirect]);
  const requests = Object.values(protocol as Readonly<Record<string, unknown>>).filter((one) => one instanceof RequestType && !theirs.has(one)) as { readonly method: string }[];
  assert.deepEqual(requests.map(({ method }) => method).filter((name) => !WRITES.has(name)).sort(), reads.sort());
});

/** A service as far as its greeting, and a client of it; `welcome` is its answer to hello, `connected` is told of each connection. */
async function greeted(welcome: (service: MessageConnection) => Promise<unknown>, connected: (socket: net.Socket) => void = () => undefined): Promise<{ readonly client: ServiceClient; readonly server: net.Server }> {
  const server = net.createServer((socket) => {
    const service = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    service.onRequest(protocol.greet, ({ nonce }) => ({ nonce, proof: protocol.proof('key', 'service', nonce), version: '' }));
    service.onRequest(protocol.hello, async () => await welcome(service) as protocol.Welcome);
    service.listen();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new ServiceClient({
    hello: () => ({ label: 'test', instances: [], env: {}, network: {} }) as unknown as Omit<protocol.Hello, 'proof'>,
    handlers: {} as ClientHandlers,
    connect: async () => {
      const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
      await once(socket, 'connect');
      connected(socket);
      return { connection: createMessageConnection(new SocketMessageReader(socket), new QuietWriter(socket)), key: 'key' };
    },
  });
  return { client, server };
}

test('a service that dies while it is greeted is looked for again, whether it goes before the words or under them', async () => {
  for (const how of ['before', 'under'] as const) {
    let met = 0;
    const { client, server } = await greeted(async () => ({ pid: 1 }), (socket) => {
      if (++met >= 3) return;
      if (how === 'before') socket.end(); // what is written now fails
      else socket.once('data', () => socket.destroy());
    });
    assert.equal((await client.welcome()).pid, 1, how);
    assert.equal(met, 3);
    client.dispose();
    server.close();
  }
});

test('who listens for a kind of news hears it, whichever it is', async () => {
  const kinds = Object.values(protocol as Readonly<Record<string, unknown>>).filter((one): one is NotificationType<unknown> => one instanceof NotificationType);
  assert.ok(kinds.includes(protocol.scratchChanged as NotificationType<unknown>) && kinds.length > 6);
  const { client, server } = await greeted(async (service) => {
    for (const kind of kinds) await service.sendNotification(kind, { of: kind.method });
    return { pid: 1 };
  });
  const heard: unknown[] = [];
  for (const kind of kinds) client.on(kind, (params) => heard.push([kind.method, params]));
  await client.welcome();
  await client.dispose();
  server.close();
  assert.deepEqual(heard, kinds.map(({ method }) => [method, { of: method }]));
});
