// In a pod of a real JupyterHub that hands out tokens (deploy/hub): used with no setting but the address, a token that has
// gone stale is replaced by the hub's, a sign-in at the hub that ended is said, and mended without a new server.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceFailure } from '../../src/client/client.ts';
import { podEnvironment } from '../../src/client/environment.ts';
import * as protocol from '../../src/protocol.ts';
import type { SessionInfo } from '../../src/protocol.ts';
import { type Hub, startHub } from '../support/hub/hub.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { withoutProvider } from '../support/lake/lake.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { podIn, podToken } from '../support/pod.ts';
import { type TestClient, type TestService, testService } from '../support/service.ts';

let lake: LakeInfo;
let hub: Hub;
let env: Record<string, string>;
before(async () => {
  lake = await sharedLake();
  const { HOME: _home, PATH: _path, OAUTH2_TOKEN: _eos, RUCIO_OIDC_FILE_NAME: _file, ...image } = podIn(lake.dir, lake).env;
  // Every token counts as one that ends soon: the hub renews whenever it is asked.
  hub = await startHub(lake, { env: image, secondsLeft: 100_000 });
  env = await hub.pod('alice');
});
after(async () => {
  for (const service of services) await service.stop();
  await hub?.close();
});

const services: TestService[] = [];
/** A window of the pod, with a lake service that knows nothing yet. */
function pod(more: Readonly<Record<string, string>> = {}): TestClient {
  const service = testService();
  services.push(service);
  return service.client({ env: podEnvironment({ ...env, ...more }, []), hubTokenUrl: `${hub.url}/services/pod-tokens/` });
}
/** The file and the variable of a pod that was started hours ago. */
async function stalePod(): Promise<TestClient> {
  const old = await podToken(lake, -5);
  fs.writeFileSync(env['RUCIO_OIDC_FILE_NAME']!, old);
  // The last one is what code-server adds: without it nobody in the pod knows the hub's public address.
  return pod({ RUCIO_ACCESS_TOKEN: old, VSCODE_PROXY_URI: `${hub.url}/user/alice/vscode/proxy/{{port}}/` });
}
const sessionOf = async (client: TestClient): Promise<SessionInfo | undefined> => (await client.request(protocol.configuration, {})).instances.find(({ name }) => name === 'escape')?.session;
const scopes = (client: TestClient): Promise<readonly string[]> => client.request(protocol.listScopes, { instance: 'escape', mine: true });
const ask = (token: string): Promise<Response> => fetch(`${hub.url}/services/pod-tokens/`, { headers: { Authorization: `token ${token}` } });

test('the pod is as the slides have it, and the data lake is there without a question', async () => {
  assert.ok((env['JUPYTERHUB_API_TOKEN'] ?? '').length >= 32);
  assert.equal(env['JUPYTERHUB_USER'], 'alice');
  const client = pod();
  assert.deepEqual((await client.welcome()).problems, []);
  assert.ok((await scopes(client)).includes('user.alice'));
  assert.deepEqual([(await sessionOf(client))?.account, (await sessionOf(client))?.method], ['alice', 'file']);
  assert.deepEqual(client.questions, []);
});

test('the hub gives its tokens to the server of a person, and to nobody else', async () => {
  const given = await ask(env['JUPYTERHUB_API_TOKEN']!);
  assert.equal(given.status, 200);
  const text = await given.text();
  assert.deepEqual(Object.keys((JSON.parse(text) as { tokens: object }).tokens), ['rucio', 'eos']);
  assert.ok(!text.includes('refresh_token'));
  assert.equal((await ask('0123456789abcdef0123456789abcdef')).status, 403);
  assert.equal((await fetch(`${hub.url}/services/pod-tokens/`)).status, 403);
});

test('a token that has gone stale: the hub’s is used, and nobody is asked', async () => {
  const client = await stalePod();
  assert.ok((await scopes(client)).includes('user.alice'));
  const session = await sessionOf(client);
  assert.equal(session?.method, 'hub');
  assert.ok(session!.expiresAt! > Date.now() + 600_000);
  assert.deepEqual(client.questions, []);
});

test('the sign-in at the hub has ended: said with the link; signed in again, the same server goes on', async () => {
  const client = await stalePod();
  // The provider forgets all grants: the hub's refresh token is worth nothing.
  await withoutProvider(lake, async () => undefined);
  await sleep(1500);
  assert.equal((await ask(env['JUPYTERHUB_API_TOKEN']!)).status, 403);
  await assert.rejects(scopes(client), (error) => {
    assert.ok(error instanceof ServiceFailure, String(error));
    const { kind, what, link, actions } = error.failure;
    assert.deepEqual([kind, what, link], ['signInNeeded', 'Your sign-in at the hub has ended.', `${hub.url}/hub/login`]);
    assert.ok(actions.includes('openLink'));
    return true;
  });
  await hub.signIn('alice');
  assert.equal((await ask(env['JUPYTERHUB_API_TOKEN']!)).status, 200, 'the pod’s own key is the same');
  // Who heard 403 a moment ago asks again after five seconds.
  await sleep(5500);
  assert.ok((await scopes(client)).includes('user.alice'));
  assert.equal((await sessionOf(client))?.method, 'hub');
  assert.deepEqual(client.questions, []);
});
