// The proxy as a person sets it in the real editor, given to the lake service: the editor's settings, the usual variables,
// and who is asked past it. The proxy is a real one, and what it wrote down is compared.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ServiceClient } from '../../src/client/client.ts';
import * as protocol from '../../src/protocol.ts';
import { commands } from '../../src/ui/contributions.ts';
import { signIn } from '../support/instance.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { type Tinyproxy, startTinyproxy } from '../support/tinyproxy.ts';
import { failsWith, windowClient } from './extensionUnderTest.ts';

interface HttpSettings { readonly proxy?: string; readonly noProxy?: readonly string[]; readonly proxySupport?: 'off' | 'on' }

const SETTINGS = ['proxy', 'noProxy', 'proxySupport'] as const;
const VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY'] as const;
const PASSWORD = 'of-the-proxy-5f2c';

describe('the proxy of the editor', () => {
  let lake: LakeInfo;
  let client: ServiceClient;
  let proxy: Tinyproxy;
  let other: Tinyproxy;
  const outer = VARIABLES.map((name) => [name, process.env[name]] as const);

  before(async () => {
    lake = await sharedLake();
    for (const name of VARIABLES) delete process.env[name];
    [proxy, other] = await Promise.all([startTinyproxy(), startTinyproxy(['me', PASSWORD])]);
    client = await windowClient();
    await set({});
    await signIn(client, lake, 'alice');
  });
  after(async () => {
    for (const [name, value] of outer) value === undefined ? delete process.env[name] : process.env[name] = value;
    await set({});
    await vscode.commands.executeCommand(commands.signOut, 'lake');
    await Promise.all([proxy.stop(), other.stop()]);
  });

  /** All of them: those that are not named are as delivered. */
  async function set(values: HttpSettings): Promise<void> {
    for (const name of SETTINGS) await vscode.workspace.getConfiguration('http').update(name, values[name], vscode.ConfigurationTarget.Global);
    await vscode.commands.executeCommand(commands.refresh); // hands the variables over anew
  }

  /** What the service says that it goes by; that of *Show Configuration* is the same. */
  async function inForce(expected: string): Promise<void> {
    let said: (string | undefined)[] = [];
    for (let tries = 0; tries < 200; tries++) {
      const [status, shown] = await Promise.all([client.request(protocol.status, {}), client.request(protocol.configuration, {})]);
      said = [...status.instances.map((instance) => instance.proxy), ...shown.instances.map((instance) => instance.proxy)];
      if (said.length === 2 && said.every((one) => one === expected)) return;
      await sleep(50);
    }
    assert.deepEqual(said, [expected, expected]);
  }

  /** Asks the lake's server something, as the person who is signed in; gives who was asked for a way there meanwhile. */
  async function asks(): Promise<Tinyproxy[]> {
    const counts = [proxy, other].map((one) => [one, toLake(one)] as const);
    assert.ok((await client.request(protocol.listScopes, { instance: 'lake', mine: true })).includes('user.alice'));
    return counts.flatMap(([one, before]) => (toLake(one) > before ? [one] : []));
  }
  const toLake = (one: Tinyproxy): number => one.seen().filter((request) => request === `CONNECT ${new URL(lake.rucio.https).host}`).length;

  it('none is set: none is in force', async () => {
    await inForce('none');
    assert.deepEqual(await asks(), []);
  });

  it('http.proxy holds at once, and comes before the variables', async () => {
    process.env['HTTPS_PROXY'] = other.url;
    await set({ proxy: proxy.url });
    await inForce(proxy.url);
    assert.deepEqual(await asks(), [proxy]);
    delete process.env['HTTPS_PROXY'];
  });

  it('with its password it is let through, with none or another a person is told; the password is said nowhere', async () => {
    await set({ proxy: other.url.replace('//', `//me:${PASSWORD}@`) });
    await inForce(other.url);
    assert.deepEqual(await asks(), [other]);
    const said = await Promise.all([client.request(protocol.status, {}), client.request(protocol.configuration, {})]);
    assert.ok(!JSON.stringify(said).includes(PASSWORD));
    for (const wrong of [`//me:not-${PASSWORD}@`, '//']) {
      await set({ proxy: other.url.replace('//', wrong) });
      await inForce(other.url);
      await assert.rejects(client.request(protocol.listScopes, { instance: 'lake', mine: true }), failsWith('configuration', PASSWORD));
    }
  });

  it('whom http.noProxy names is asked directly', async () => {
    await set({ proxy: proxy.url, noProxy: ['.example.org'] });
    await inForce(proxy.url);
    assert.deepEqual(await asks(), [proxy]);
    await set({ proxy: proxy.url, noProxy: ['.example.org', 'lake.test'] });
    await inForce('none');
    assert.deepEqual(await asks(), []);
  });

  it('without http.proxy the variables hold', async () => {
    process.env['https_proxy'] = proxy.url;
    await set({});
    await inForce(proxy.url);
    assert.deepEqual(await asks(), [proxy]);
  });

  it('NO_PROXY holds for either, unless http.noProxy says something', async () => {
    process.env['https_proxy'] = proxy.url;
    process.env['NO_PROXY'] = 'localhost, lake.test';
    await set({});
    await inForce('none');
    await set({ noProxy: ['.example.org'] });
    await inForce(proxy.url);
    await set({ proxy: proxy.url });
    await inForce('none');
    await set({ proxy: proxy.url, noProxy: ['.example.org'] });
    await inForce(proxy.url);
    assert.deepEqual(await asks(), [proxy]);
    for (const name of ['https_proxy', 'NO_PROXY']) delete process.env[name];
  });

  it('http.proxySupport “off” is no proxy, whoever names one', async () => {
    process.env['https_proxy'] = proxy.url;
    await set({ proxy: proxy.url, proxySupport: 'off' });
    await inForce('none');
    assert.deepEqual(await asks(), []);
    await set({ proxySupport: 'off' });
    await inForce('none');
    await set({ proxy: proxy.url, proxySupport: 'on' });
    await inForce(proxy.url);
    assert.deepEqual(await asks(), [proxy]);
    delete process.env['https_proxy'];
  });
});
