// Our sign-ins among VS Code's accounts, in a real extension host: what its own interface tells of them.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ServiceClient } from '../../src/client/client.ts';
import * as protocol from '../../src/protocol.ts';
import type { Accounts } from '../../src/ui/auth/accounts.ts';
import { authentication } from '../../src/ui/contributions.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { extensionUnderTest, failsWith, windowClient } from './extensionUnderTest.ts';

describe('the accounts', () => {
  let lake: LakeInfo;
  let client: ServiceClient;
  let accounts: Accounts;
  before(async () => {
    lake = await sharedLake();
    client = await windowClient();
    ({ accounts } = await extensionUnderTest().activate());
    await client.request(protocol.signOut, { instance: 'lake' });
  });

  /** As VS Code tells them to any extension. */
  const labels = async (): Promise<string[]> => (await vscode.authentication.getAccounts(authentication.rucio)).map(({ label }) => label);
  async function until(wanted: RegExp | undefined): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      const found = await labels();
      if (wanted ? found.length === 1 && wanted.test(found[0]!) : found.length === 0) return;
      await sleep(50);
    }
    assert.fail(`wanted ${wanted ?? 'none'}, found ${(await labels()).join()}`);
  }

  it('are one for each instance that is signed in, say until when, and hand out no token', async () => {
    await until(undefined);
    const told: string[] = [];
    const listening = vscode.authentication.onDidChangeSessions(({ provider }) => told.push(provider.id));
    try {
      await client.request(protocol.signIn, { instance: 'lake', credentials: { method: 'userpass', ...lake.accounts.alice.userpass } });
      await until(/^alice @ .*, until (\d+ \w+, )?\d\d:\d\d \S+$/);
      const [session] = await accounts.getSessions([]);
      assert.equal(session?.accessToken, 'lake/alice');
      await client.request(protocol.signIn, { instance: 'lake', credentials: { method: 'userpass', ...lake.accounts.bob.userpass } });
      await until(/^bob @ /);
      await sleep(100);
      assert.ok(told.includes(authentication.rucio));
    } finally {
      listening.dispose();
    }
  });

  it('are signed out by VS Code as by us', async () => {
    const [session] = await accounts.getSessions([]);
    await accounts.removeSession(session!.id);
    await until(undefined);
    await assert.rejects(client.request(protocol.signIn, { instance: 'lake' }), failsWith('signInNeeded'), 'nothing is left to sign in with');
  });

  it('are made by our own dialog, which may be dismissed', async () => {
    let open = true;
    const made = assert.rejects(accounts.createSession([]), { name: 'Canceled' }).finally(() => { open = false; });
    for (let tries = 0; open && tries < 100; tries++) {
      await sleep(100);
      await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    }
    await made;
    await assert.rejects(accounts.createSession(['nowhere']), /There is no Rucio instance “nowhere”/);
    await until(undefined);
  });
});
