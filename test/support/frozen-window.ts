// A window in a process of its own, to be frozen and killed by a test: signs in by nothing, follows a rule and asks for
// its status without end, so that answers pile up once it is frozen. Says "ready" when it does.
import path from 'node:path';
import { ServiceClient } from '../../src/client/client.ts';
import { connectToService } from '../../src/client/connect.ts';
import type { Place } from '../../src/client/place.ts';
import * as protocol from '../../src/protocol.ts';
import type { InstanceSetting } from './instance.ts';
import { root } from './install.ts';

const { place, instance, rule } = JSON.parse(process.argv[2] ?? '') as { place: Place; instance: InstanceSetting; rule: string };
const client = new ServiceClient({
  connect: connectToService({ program: path.join(root, 'dist', 'service.cjs'), place, inWindow: () => false, log: () => undefined }),
  handlers: { getSecret: async () => null, storeSecret: async () => undefined, askCredentials: async () => null, askAccount: async () => null, openUrl: async () => false, redirectAddress: async () => null, askPassphrase: async () => null },
  hello: () => ({ version: 'test', client: 'window', label: 'frozen', pid: process.pid, interactive: false, linger: 5, instances: [instance], network: {}, env: {} }),
});
await client.welcome();
client.stream(protocol.followRule, protocol.ruleProgress, (progress) => ({ instance: 'lake', id: rule, progress }), () => undefined).catch((error: unknown) => console.error(error));
console.log('ready');
// Each answer is some kilobytes; the socket's buffer is full within a second once nobody reads.
for (;;) {
  for (let i = 0; i < 200; i++) client.request(protocol.status, {}).catch(() => undefined); // its answers are not wanted
  await new Promise((resolve) => { setTimeout(resolve, 5); });
}
