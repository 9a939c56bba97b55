// One window as a process of its own, to be killed: the extension's own client, which asks for an upload and listens, as windows do.
// usage: window.ts '{"folder", "instances", "wish"?}'; prints the transfer's id.
import os from 'node:os';
import path from 'node:path';
import { ServiceClient } from '../../src/client/client.ts';
import { connectToService } from '../../src/client/connect.ts';
import { choosePlace } from '../../src/client/place.ts';
import * as protocol from '../../src/protocol.ts';
import { root } from '../support/install.ts';

const { folder, instances, wish } = JSON.parse(process.argv[2] ?? '') as { folder: string; instances: unknown; wish?: protocol.UploadWish };
const place = choosePlace({ platform: process.platform, env: { XDG_STATE_HOME: path.join(folder, 'state'), XDG_RUNTIME_DIR: path.join(folder, 'run') }, home: folder, hostname: 'test', tmp: os.tmpdir(), uid: process.getuid?.() });
const client = new ServiceClient({
  connect: connectToService({ program: path.join(root, 'dist', 'service.cjs'), place, inWindow: () => false, log: () => undefined }),
  patience: 10_000,
  handlers: { getSecret: async () => null, storeSecret: async () => undefined, askCredentials: async () => null, askAccount: async () => null, openUrl: async () => false, redirectAddress: async () => null, askPassphrase: async () => null },
  hello: () => ({ version: 'test', client: 'window', label: 'a window to be killed', pid: process.pid, interactive: true, linger: 60, instances, network: {}, env: {}, hubTokenUrl: '' }),
});
client.on(protocol.transferChanged, () => undefined);
await client.welcome();
if (wish) console.log((await client.request(protocol.upload, { instance: 'lake', wish })).id);
setInterval(() => undefined, 1000);
