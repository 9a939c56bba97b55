// A sign-in whose browser comes back to the editor: the real provider's redirects are followed to our own address, and that
// is given to the extension's UriHandler. The window here lives in a browser, so the desktop is one of the test's.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { ServiceClient } from '../../src/client/client.ts';
import { connectToService } from '../../src/client/connect.ts';
import { thisPlace } from '../../src/client/place.ts';
import * as protocol from '../../src/protocol.ts';
import { AuthHandlers } from '../../src/ui/auth/handlers.ts';
import { Redirect, uriHandler } from '../../src/ui/auth/redirect.ts';
import { toFailure } from '../../src/ui/failures.ts';
import { instanceOf } from '../support/instance.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { visit } from '../support/lake/visit.ts';
import { extensionUnderTest } from './extensionUnderTest.ts';

const ID = 'rucio.rucio-datalake';
const DESKTOP = { desktop: true, remote: false, uriScheme: 'vscode', external: async (uri: vscode.Uri) => uri.with({ query: 'windowId=1' }) };

describe('a browser that comes back', () => {
  let lake: LakeInfo;
  let handler: vscode.UriHandler;
  before(async () => {
    lake = await sharedLake();
    ({ uriHandler: handler } = await extensionUnderTest().activate());
  });

  /** A second window of the same service, on a desktop; `page` is what the person does with the page that is opened. */
  function window(page: (url: string) => Promise<void>): ServiceClient {
    const kept = new Map<string, string>();
    const secrets = { get: async (key: string) => kept.get(key), store: async (key: string, value: string) => void kept.set(key, value), delete: async (key: string) => void kept.delete(key) } as unknown as vscode.SecretStorage;
    const handlers = new AuthHandlers(secrets, { warn: () => undefined }, {
      redirect: new Redirect(ID, DESKTOP),
      open: async ({ url }, signal) => {
        const over = new Promise<boolean>((resolve) => { signal.addEventListener('abort', () => resolve(true)); });
        await page(url);
        return over;
      },
    });
    return new ServiceClient({
      connect: connectToService({ program: vscode.Uri.joinPath(extensionUnderTest().extensionUri, 'dist', 'service.cjs').fsPath, place: thisPlace(), inWindow: () => false, log: () => undefined }),
      handlers,
      hello: () => ({ version: 'test', client: 'window', label: 'desktop', pid: process.pid, interactive: true, linger: 5, network: {}, env: {}, instances: [{ ...instanceOf(lake), name: 'desktop', oidc_issuer: lake.idp.issuer, oidc_client_id: lake.idp.clients.public }] }),
    });
  }

  /** Signs in by a page that is visited as `as`, and what came of it given to `to`. */
  async function signIn(as: string, to: (uri: vscode.Uri) => unknown): Promise<protocol.SessionInfo> {
    const client = window(async (page) => {
      const { url } = await visit(lake, page, as);
      assert.match(url, /^vscode:\/\/rucio\.rucio-datalake\/callback\?code=|error=/);
      await to(vscode.Uri.parse(url));
    });
    try {
      return await client.request(protocol.signIn, { instance: 'desktop', credentials: { method: 'code' } });
    } finally {
      client.dispose();
    }
  }

  it('is signed in, whichever window it comes to', async () => {
    const session = await signIn('alice', (uri) => handler.handleUri(uri));
    assert.deepEqual([session.account, session.method], ['alice', 'code']);
  });

  it('with a no says so', async () => {
    await assert.rejects(signIn('nobody', (uri) => handler.handleUri(uri)), (error) => {
      assert.match(toFailure(error).what, /The sign-in was declined at lake\.test:\d+\. \(access_denied: the user said no\)/);
      return true;
    });
  });

  it('with what belongs to no sign-in is refused in words, and disturbs none that waits', async () => {
    const shown: string[] = [];
    const session = await signIn('alice', async (uri) => {
      const client = window(async () => undefined);
      const ours = uriHandler({ client, showFailure: async (failure) => void shown.push(toFailure(failure).what) });
      await ours.handleUri(uri.with({ query: uri.query.replace(/state=[^&]*/, 'state=made-up') }));
      await ours.handleUri(uri.with({ path: '/elsewhere' }));
      client.dispose();
      await handler.handleUri(uri);
    });
    assert.equal(session.account, 'alice');
    assert.equal(shown.length, 1);
    assert.match(shown[0]!, /^A page came back that belongs to no sign-in under way here: .* Nothing was taken from it\.$/);
  });

  it('is on offer on a desktop only, by an address that can be registered', async () => {
    const all = ['code', 'device', 'userpass'] as const;
    const at = (place: Partial<typeof DESKTOP>) => new Redirect(ID, { ...DESKTOP, ...place });
    assert.equal(await at({}).address(), 'vscode://rucio.rucio-datalake/callback');
    assert.deepEqual(at({}).offered(all), all);
    for (const redirect of [at({ desktop: false }), at({ remote: true }), new Redirect(ID)]) {
      assert.equal(await redirect.address(), null);
      assert.deepEqual(redirect.offered(all), ['device', 'userpass']);
    }
    assert.equal(await at({ external: async () => vscode.Uri.parse('https://hub.example/user/dora/callback?vscode-reqid=1') }).address(), null);
  });
});
