// Signing in and out in a real extension host, on the real lake: what is kept, what is forgotten, who is asked.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { ServiceClient } from '../../src/client/client.ts';
import { connectToService } from '../../src/client/connect.ts';
import * as protocol from '../../src/protocol.ts';
import type { Credentials } from '../../src/protocol.ts';
import { AuthHandlers } from '../../src/ui/auth/handlers.ts';
import { commands } from '../../src/ui/contributions.ts';
import { faultyProxy } from '../support/faults.ts';
import { instanceOf } from '../support/instance.ts';
import { token } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { testService } from '../support/service.ts';
import { extensionUnderTest, failsWith, windowClient } from './extensionUnderTest.ts';

/** The editor's secret storage, as far as it is used; refuses everything when told to. */
class Secrets implements vscode.SecretStorage {
  readonly kept = new Map<string, string>();
  broken = false;
  readonly onDidChange = new vscode.EventEmitter<vscode.SecretStorageChangeEvent>().event;
  keys = async () => [...this.kept.keys()];
  get = async (key: string) => this.working().get(key);
  store = async (key: string, value: string) => void this.working().set(key, value);
  delete = async (key: string) => void this.working().delete(key);
  private working(): Map<string, string> {
    if (this.broken) throw new Error(`no keyring for ${[...this.kept.values()].join()}`);
    return this.kept;
  }
}

describe('signing in', () => {
  let lake: LakeInfo;
  let client: ServiceClient;

  before(async () => {
    lake = await sharedLake();
    client = await windowClient();
  });

  const userpass = (account: 'alice' | 'bob'): Credentials => ({ method: 'userpass', ...lake.accounts[account].userpass });
  const scopes = () => client.request(protocol.listScopes, { instance: 'lake', mine: true });

  it('outlives the service: the password comes back from the editor’s secret storage', async () => {
    assert.equal((await client.request(protocol.signIn, { instance: 'lake', credentials: userpass('alice') })).account, 'alice');
    const before = (await client.welcome()).pid;
    await vscode.commands.executeCommand(commands.restartService);
    assert.notEqual((await client.welcome()).pid, before);
    assert.ok((await scopes()).includes('user.alice'));
  });

  it('ends with Sign Out, also for the next service', async () => {
    await vscode.commands.executeCommand(commands.signOut, 'lake');
    await assert.rejects(scopes(), failsWith('signInNeeded'));
    await vscode.commands.executeCommand(commands.restartService);
    await assert.rejects(client.request(protocol.signIn, { instance: 'lake' }), failsWith('signInNeeded'), 'nothing lies ready any more');
  });

  it('can be dismissed, and asked for again', async () => {
    for (let time = 0; time < 2; time++) {
      let open = true;
      const asked = Promise.resolve(vscode.commands.executeCommand(commands.signIn, { instance: 'lake' })).finally(() => { open = false; });
      for (let tries = 0; open && tries < 100; tries++) {
        await sleep(100);
        await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
      }
      await asked;
    }
    await assert.rejects(client.request(protocol.signIn, { instance: 'lake' }), failsWith('signInNeeded'));
  });

  it('with a wrong password says so, and keeps nothing', async () => {
    const wrong: Credentials = { method: 'userpass', username: 'alice', password: 'not-hers-93kd' };
    await assert.rejects(client.request(protocol.signIn, { instance: 'lake', credentials: wrong }), failsWith('wrongCredentials', wrong.password));
    await assert.rejects(client.request(protocol.signIn, { instance: 'lake' }), failsWith('signInNeeded'));
  });

  it('whose token is killed on the way: asked once, nothing lost, no secret in the log', async () => {
    const service = testService();
    const proxy = await faultyProxy(lake.rucio.https, { ca: fs.readFileSync(lake.ca.file, 'utf8') });
    const secrets = new Secrets();
    const said: string[] = [];
    const reasons: (string | undefined)[] = [];
    const handlers = new AuthHandlers(secrets, { warn: (line) => void said.push(line) }, {
      ask: async ({ reason }) => {
        reasons.push(reason);
        await sleep(300); // a person types
        return userpass('alice');
      },
    });
    const window = new ServiceClient({
      connect: connectToService({ program: vscode.Uri.joinPath(extensionUnderTest().extensionUri, 'dist', 'service.cjs').fsPath, place: service.place, inWindow: () => false, log: (line) => void said.push(line) }),
      handlers,
      hello: () => ({ version: 'test', client: 'window', label: 'test', pid: process.pid, interactive: true, linger: 5, instances: [instanceOf(lake, { rucio_base_url: proxy.url })], network: {}, env: {} }),
    });
    try {
      window.on(protocol.logged, ({ message }) => said.push(message));
      const doomed = await token(lake, 'alice');
      await window.request(protocol.signIn, { instance: 'lake', credentials: { method: 'token', token: doomed } });
      const all = await window.request(protocol.listScopes, { instance: 'lake', mine: false });
      proxy.killToken(doomed);
      const lists = await Promise.all([1, 2, 3, 4].map(() => window.request(protocol.listScopes, { instance: 'lake', mine: false })));
      for (const list of lists) assert.deepEqual(list, all);
      assert.equal(reasons.length, 1, reasons.join(' | '));
      assert.ok(reasons[0], 'the question says why');
      assert.equal(secrets.kept.size, 1);
      const everything = said.join('\n');
      for (const secret of [doomed, lake.accounts.alice.userpass.password]) assert.ok(!everything.includes(secret), 'a secret in the log');
    } finally {
      window.dispose();
      await service.stop();
      await proxy.close();
    }
  });

  it('keeps secrets under keys of its own, forgets them, and lives with a storage that is broken', async () => {
    const secrets = new Secrets();
    const said: string[] = [];
    let stored = 0;
    const handlers = new AuthHandlers(secrets, { warn: (line) => void said.push(line) }, { onStored: () => { stored++; } });
    await handlers.storeSecret('k1', 'v1');
    assert.deepEqual([await handlers.getSecret('k1'), await handlers.getSecret('k2'), stored], ['v1', null, 1]);
    await handlers.storeSecret('k1', null);
    assert.deepEqual([await handlers.getSecret('k1'), secrets.kept.size], [null, 0]);
    await handlers.storeSecret('k1', 'v1');
    secrets.broken = true;
    assert.equal(await handlers.getSecret('k1'), null);
    await handlers.storeSecret('k1', 'v2');
    assert.equal(said.length, 2);
    assert.ok(!said.join().includes('v1') && !said.join().includes('v2'));
  });

  it('one dialog for all who ask for one instance', async () => {
    let asked = 0;
    const handlers = new AuthHandlers(new Secrets(), { warn: () => undefined }, {
      ask: async () => {
        asked++;
        await sleep(50);
        return userpass('bob');
      },
    });
    const question = { instance: 'lake', displayName: 'Test Lake', reason: 'Your sign-in has ended.', methods: ['userpass'] as const };
    const answers = await Promise.all([handlers.askCredentials(question), handlers.askCredentials(question), handlers.askCredentials(question)]);
    assert.equal(asked, 1);
    assert.deepEqual(answers, [userpass('bob'), userpass('bob'), userpass('bob')]);
  });
});
