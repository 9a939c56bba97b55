// The real Rucio client in a real terminal of the editor: the Explorer's account, without a word of input, for four ways of
// signing in; and the variables of terminals change with the account.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ServiceClient } from '../../src/client/client.ts';
import * as protocol from '../../src/protocol.ts';
import type { Credentials } from '../../src/protocol.ts';
import { SignedInDebugging } from '../../src/ui/terminal/debugged.ts';
import type { TerminalPrograms } from '../../src/ui/terminal/programs.ts';
import { commands, settings } from '../../src/ui/contributions.ts';
import { makeProxy } from '../support/lake/certificates.ts';
import { rucioClient } from '../support/lake/install.ts';
import { secure } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { extensionUnderTest, windowClient } from './extensionUnderTest.ts';

describe('programs in terminals', () => {
  let lake: LakeInfo;
  let client: ServiceClient;
  let programs: TerminalPrograms;
  let folder: string;
  before(async () => {
    lake = await sharedLake();
    client = await windowClient();
    ({ programs } = await extensionUnderTest().activate());
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'programs-'));
  });
  after(async () => {
    await client.request(protocol.signOut, { instance: 'lake' });
    delete process.env['X509_USER_PROXY'];
    fs.rmSync(folder, { recursive: true });
  });

  async function until(what: string, look: () => boolean): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (look()) return;
      await sleep(50);
    }
    assert.fail(`not within 10 s: ${what}; ${JSON.stringify(programs.state)}`);
  }

  /** As a person would: types the commands, presses Enter. */
  async function inTerminal(commands: readonly string[]): Promise<string[]> {
    const out = path.join(folder, `out-${Date.now()}`);
    const terminal = vscode.window.createTerminal({ name: 'rucio', shellPath: '/bin/bash', shellArgs: ['--norc', '--noprofile'] });
    try {
      terminal.sendText(`${commands.map((command, i) => `${command} > ${out}.${i} 2>&1 < /dev/null`).join('; ')}; touch ${out}.done`);
      for (let tries = 0; tries < 600 && !fs.existsSync(`${out}.done`); tries++) await sleep(50);
      assert.ok(fs.existsSync(`${out}.done`), 'the commands ended');
      return commands.map((_, i) => fs.readFileSync(`${out}.${i}`, 'utf8'));
    } finally {
      terminal.dispose();
    }
  }

  const signIn = (credentials: Credentials): Promise<unknown> => client.request(protocol.signIn, { instance: 'lake', credentials });
  const variable = (name: string): string | undefined => programs.state.variables[name];

  const ways: readonly (readonly [string, 'alice' | 'bob', () => Credentials | Promise<Credentials>])[] = [
    ['a password', 'bob', () => ({ method: 'userpass', ...lake.accounts.bob.userpass, account: 'bob' })],
    ['a certificate', 'alice', () => ({ method: 'x509', certificate: lake.accounts.alice.x509!.cert, key: lake.accounts.alice.x509!.key, account: 'alice' })],
    ['a grid proxy', 'alice', async () => {
      process.env['X509_USER_PROXY'] = await makeProxy(folder, lake.accounts.alice.x509!);
      await vscode.commands.executeCommand(commands.refresh); // hands the variables over anew
      return { method: 'proxy' };
    }],
    ['OpenID', 'bob', async () => ({ method: 'token', token: (await secure(lake, `${lake.idp.token}?sub=bob`)).text })],
  ];
  for (const [what, account, credentials] of ways) {
    it(`rucio is signed in as the Explorer is, with ${what}`, async () => {
      await signIn(await credentials());
      await until(`${account} in new terminals`, () => variable('RUCIO_ACCOUNT') === account && programs.state.environment?.account === account);
      assert.equal(extensionUnderTest().exports.programs, programs);
      const [whoami, rses, dids] = await inTerminal([`${rucioClient} whoami`, `${rucioClient} rse list`, `${rucioClient} did list --filter type=all ${lake.seed.dids.demo.split(':')[0]}:\\*`]);
      assert.match(whoami ?? '', new RegExp(`account\\s*[:|]\\s*${account}`), whoami);
      assert.match(rses ?? '', /EULAKE-1/);
      assert.ok(dids?.includes(lake.seed.dids.demo), dids);
    }).timeout(60_000);
  }

  it('another account, or none, is another terminal\'s: the old one keeps what it has, and no variable holds a secret', async () => {
    await signIn({ method: 'userpass', ...lake.accounts.alice.userpass });
    await until('alice', () => variable('RUCIO_ACCOUNT') === 'alice');
    const config = variable('RUCIO_CONFIG') ?? '';
    const token = fs.readFileSync(path.join(path.dirname(config), 'token'), 'utf8');
    for (const secret of [token, lake.accounts.alice.userpass.password]) assert.ok(!JSON.stringify(programs.state).includes(secret));
    assert.deepEqual((await inTerminal(['echo $RUCIO_ACCOUNT'])), ['alice\n']);
    await client.request(protocol.signOut, { instance: 'lake' });
    await until('nobody', () => variable('RUCIO_ACCOUNT') === undefined && !fs.existsSync(config));
    assert.deepEqual((await inTerminal(['echo "[$RUCIO_ACCOUNT$RUCIO_CONFIG]"'])), ['[]\n']);
  }).timeout(60_000);

  it('the debugger adds the same where the setting says so; what a launch configuration says itself comes first', async () => {
    await signIn({ method: 'userpass', ...lake.accounts.alice.userpass });
    assert.equal((await programs.variablesFor())['RUCIO_ACCOUNT'], 'alice', 'for kernels and debuggers');
    const debugging = new SignedInDebugging({ log: (await extensionUnderTest().activate()).log }, programs);
    const launch = { type: 'debugpy', name: 'x', request: 'launch', env: { RUCIO_ACCOUNT: 'mine', OTHER: '1' } };
    assert.deepEqual(await debugging.resolveDebugConfigurationWithSubstitutedVariables(undefined, launch), launch, 'off as delivered');
    await vscode.workspace.getConfiguration().update(settings.programsDebug, true, vscode.ConfigurationTarget.Global);
    try {
      const { env } = await debugging.resolveDebugConfigurationWithSubstitutedVariables(undefined, launch) as unknown as { env: Record<string, string> };
      assert.deepEqual([env['RUCIO_ACCOUNT'], env['OTHER'], env['RUCIO_CONFIG']], ['mine', '1', variable('RUCIO_CONFIG')]);
      const native = await debugging.resolveDebugConfigurationWithSubstitutedVariables(undefined, { type: 'cppdbg', name: 'x', request: 'launch', environment: [] }) as unknown as { environment: { name: string; value: string }[] };
      assert.ok(native.environment.some(({ name, value }) => name === 'RUCIO_ACCOUNT' && value === 'alice'));
      const attach = { type: 'debugpy', name: 'x', request: 'attach' };
      assert.deepEqual(await debugging.resolveDebugConfigurationWithSubstitutedVariables(undefined, attach), attach);
    } finally {
      await vscode.workspace.getConfiguration().update(settings.programsDebug, undefined, vscode.ConfigurationTarget.Global);
    }
  }).timeout(30_000);
});
