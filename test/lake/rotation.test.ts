// A provider that takes each refresh token once: the new one reaches the secret stores of all windows at once, so that
// whichever of them is left can go on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as protocol from '../../src/protocol.ts';
import { instanceOf } from '../support/instance.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { visit } from '../support/lake/visit.ts';
import { type TestClient, testService } from '../support/service.ts';

const REDIRECT = 'vscode://rucio.rucio-datalake/callback';

let info: LakeInfo;
const service = testService();
before(async () => {
  info = await sharedLake();
});
after(() => service.stop());

/** A window of its own, with a secret store of its own, as in another browser. */
function window(label: string): TestClient {
  const client: TestClient = service.client({
    label, instances: [{ ...instanceOf(info), oidc_issuer: info.idp.issuer, oidc_client_id: info.idp.clients.rotating }],
    redirectAddress: async () => REDIRECT,
    openUrl: async ({ url }, signal) => {
      const over = new Promise<boolean>((resolve) => { signal.addEventListener('abort', () => resolve(true)); });
      const answer = new URL((await visit(info, url, 'alice')).url);
      await client.request(protocol.signInAnswer, { query: decodeURIComponent(answer.search.slice(1)) });
      return over;
    },
  });
  return client;
}

test('a refresh token that was renewed is in every window’s store, and the old one is no more', async () => {
  const [one, two] = [window('one'), window('two')];
  await two.welcome();
  const session = await one.request(protocol.signIn, { instance: 'lake', credentials: { method: 'code' } });
  const kept = ({ secrets }: TestClient): string | undefined => [...secrets.values()].map((text) => (JSON.parse(text) as { refreshToken: string }).refreshToken)[0];
  const first = kept(one);
  assert.ok(first);
  assert.equal(kept(two), first);
  await sleep(Math.max(0, (session.expiresAt ?? 0) - Date.now() + 500));
  assert.ok((await two.request(protocol.listScopes, { instance: 'lake', mine: true })).includes('user.alice'));
  const second = kept(two);
  assert.notEqual(second, first);
  for (let tries = 0; kept(one) !== second && tries < 50; tries++) await sleep(20);
  assert.equal(kept(one), second);

  // One goes, and the service with it: what the other kept is enough.
  two.dispose();
  process.kill(service.pid()!, 'SIGKILL');
  assert.ok((await one.request(protocol.listScopes, { instance: 'lake', mine: true })).includes('user.alice'));
  assert.notEqual(kept(one), second, 'renewed once more by the new service');
  assert.deepEqual([one.questions, two.questions], [[], []]);

  await one.request(protocol.signOut, { instance: 'lake' });
  assert.equal(one.secrets.size, 0);
});
