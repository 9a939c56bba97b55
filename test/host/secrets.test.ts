// Planted secrets: a person signs in by every way that has one, is refused, is cut off, signs out; with the log at its
// finest. Then everything that was touched is searched for them, and the search is shown to find one that is there.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { ServiceClient } from '../../src/client/client.ts';
import { connectToService } from '../../src/client/connect.ts';
import { thisPlace } from '../../src/client/place.ts';
import type { ForTests } from '../../src/extension.ts';
import * as protocol from '../../src/protocol.ts';
import type { Credentials } from '../../src/protocol.ts';
import { AuthHandlers } from '../../src/ui/auth/handlers.ts';
import { Redirect } from '../../src/ui/auth/redirect.ts';
import { commands } from '../../src/ui/contributions.ts';
import { instanceOf } from '../support/instance.ts';
import { makeCertificate } from '../support/lake/certificates.ts';
import { secure, token } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { visit } from '../support/lake/visit.ts';
import { extensionUnderTest, failsWith, windowClient } from './extensionUnderTest.ts';

const planted = (what: string): string => `planted-${what}-${randomBytes(9).toString('hex')}`;

describe('secrets', () => {
  let lake: LakeInfo;
  let api: ForTests;
  let client: ServiceClient;
  let folder: string;
  /** Each by what it is. */
  const secrets = new Map<string, string>();
  /** Error texts as they were shown, and the service's lines of log. */
  const shown: string[] = [];
  let servicePid = 0;
  /** Made for terminals, 0600: the one place on a disk where a token may be, until Sign Out. */
  let tokenFile = '';

  before(async () => {
    lake = await sharedLake();
    api = await extensionUnderTest().activate();
    client = await windowClient();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'planted-'));
    await vscode.commands.executeCommand('_extensionTests.setLogLevel', 'trace');
    for (let tries = 0; api.log.logLevel !== vscode.LogLevel.Trace && tries < 100; tries++) await sleep(50);
    assert.equal(api.log.logLevel, vscode.LogLevel.Trace);
    client.on(protocol.logged, ({ message }) => shown.push(message));
    servicePid = (await client.welcome()).pid;
  });
  after(async () => {
    await vscode.commands.executeCommand('_extensionTests.setLogLevel', 'info');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** The folder of this editor's user: settings, logs, extensions' storage, and (so the tests' server has it) our state folder. */
  const userData = (): string => path.dirname(process.env['XDG_STATE_HOME'] ?? assert.fail('no XDG_STATE_HOME'));

  /** Where one of the secrets stands, in words. */
  function found(): string[] {
    const hits: string[] = [];
    const look = (where: string, text: string): void => {
      for (const [what, secret] of secrets) if (text.includes(secret)) hits.push(`${what} in ${where}`);
    };
    const readable = (file: string): string => {
      try {
        return fs.readFileSync(file, 'latin1');
      } catch {
        return ''; // gone meanwhile, a socket, or a process that is not ours
      }
    };
    for (const root of [userData(), os.homedir(), process.env['XDG_RUNTIME_DIR'] ?? '']) {
      if (root === '') continue;
      for (const entry of fs.readdirSync(root, { recursive: true, withFileTypes: true })) if (entry.isFile()) look(path.join(entry.parentPath, entry.name), readable(path.join(entry.parentPath, entry.name)));
    }
    for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) look(`the arguments of process ${pid}`, readable(`/proc/${pid}/cmdline`));
    for (const pid of [process.pid, servicePid]) look(`the environment of process ${pid}`, readable(`/proc/${pid}/environ`));
    look('what was shown', shown.join('\n'));
    return hits;
  }

  /** The text of our output channel, as VS Code keeps it. */
  const logText = (): string => fs.globSync('logs/**/*Rucio Data Lake*.log', { cwd: userData() }).map((file) => fs.readFileSync(path.join(userData(), file), 'utf8')).join('\n');

  const signIn = (credentials: Credentials): Promise<protocol.SessionInfo> => client.request(protocol.signIn, { instance: 'lake', credentials });
  /** What is asked in the middle of it is dismissed. */
  async function refused(work: Promise<unknown>): Promise<void> {
    let open = true;
    const ended = work.then(() => assert.fail('it was not refused'), (error: unknown) => error).finally(() => { open = false; });
    for (let tries = 0; open && tries < 100; tries++) {
      await sleep(50);
      await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    }
    const error = await ended;
    shown.push(JSON.stringify(error instanceof Error && 'failure' in error ? error.failure : String(error)));
  }

  it('are used: a password, a token, a key’s passphrase, a refresh token; right ones and wrong ones', async () => {
    const root = await token(lake, 'root');
    const password = planted('password');
    secrets.set('the password', password).set('the wrong password', planted('wrong')).set('the passphrase', planted('passphrase')).set('the wrong passphrase', planted('guess'));
    const username = `planted${randomBytes(4).toString('hex')}`;
    const added = await fetch(`${lake.rucio.http}/identities/alice/userpass`, { method: 'PUT', headers: { 'X-Rucio-Auth-Token': root, 'X-Rucio-Username': username, 'X-Rucio-Password': password, 'X-Rucio-Email': 'planted@example.org' } });
    assert.equal(added.status, 201, await added.text());
    await refused(signIn({ method: 'userpass', username, password: secrets.get('the wrong password')! }));
    await signIn({ method: 'userpass', username, password });
    await client.request(protocol.listScopes, { instance: 'lake', mine: true });
    const jwt = (await secure(lake, `${lake.idp.token}?sub=alice&aud=rucio&scope=openid%20profile%20offline_access`)).text.trim();
    assert.equal(jwt.split('.').length, 3, jwt.slice(0, 80));
    secrets.set('the token', jwt).set('a refused token', `${jwt.slice(0, -8)}AAAAAAAA`);
    await refused(signIn({ method: 'token', token: secrets.get('a refused token')! }));
    await signIn({ method: 'token', token: jwt });
    await client.request(protocol.listScopes, { instance: 'lake', mine: true });
    const { cert, key } = await makeCertificate(folder, 'alice', { subject: lake.accounts.alice.x509!.dn, passphrase: secrets.get('the passphrase')!, lake });
    await refused(signIn({ method: 'x509', certificate: cert, key, passphrase: secrets.get('the wrong passphrase')! }));
    await signIn({ method: 'x509', certificate: cert, key, passphrase: secrets.get('the passphrase')! });
    await client.request(protocol.listScopes, { instance: 'lake', mine: true });
    const environment = await client.request(protocol.programEnvironment, { instance: 'lake' });
    tokenFile = path.join(path.dirname(environment?.variables['RUCIO_CONFIG'] ?? assert.fail('no rucio.cfg')), 'token');
    secrets.set('Rucio’s token', fs.readFileSync(tokenFile, 'utf8').trim());
  });

  it('are used: a refresh token and a code, in a second window of a desktop', async () => {
    const kept = new Map<string, string>();
    const store = { get: async (name: string) => kept.get(name), store: async (name: string, value: string) => void kept.set(name, value), delete: async (name: string) => void kept.delete(name) } as unknown as vscode.SecretStorage;
    const handlers = new AuthHandlers(store, { warn: (line) => void shown.push(line) }, {
      redirect: new Redirect('rucio.rucio-datalake', { desktop: true, remote: false, uriScheme: 'vscode', external: async (uri) => uri }),
      open: async ({ url }, signal) => {
        const over = new Promise<boolean>((resolve) => { signal.addEventListener('abort', () => resolve(true)); });
        const answer = new URL((await visit(lake, url, 'alice')).url);
        secrets.set('the code', answer.searchParams.get('code') ?? assert.fail(answer.href));
        await api.uriHandler.handleUri(vscode.Uri.parse(answer.href));
        return over;
      },
    });
    const window = new ServiceClient({
      connect: connectToService({ program: vscode.Uri.joinPath(extensionUnderTest().extensionUri, 'dist', 'service.cjs').fsPath, place: thisPlace(), inWindow: () => false, log: (line) => void shown.push(line) }),
      handlers,
      hello: () => ({ version: 'test', client: 'window', label: 'desktop', pid: process.pid, interactive: true, linger: 5, network: {}, env: {}, instances: [{ ...instanceOf(lake), name: 'desktop', oidc_issuer: lake.idp.issuer, oidc_client_id: lake.idp.clients.public }] }),
    });
    try {
      window.on(protocol.logged, ({ message }) => shown.push(message));
      await window.request(protocol.signIn, { instance: 'desktop', credentials: { method: 'code' } });
      await window.request(protocol.listScopes, { instance: 'desktop', mine: true });
      const [value = ''] = kept.values();
      secrets.set('the refresh token', (JSON.parse(value) as { refreshToken: string }).refreshToken);
      await refused(window.request(protocol.getDid, { instance: 'desktop', did: { scope: 'test', name: secrets.get('the refresh token')!.slice(0, 5) } }));
      await window.request(protocol.signOut, { instance: 'desktop' });
      assert.equal(kept.size, 0);
    } finally {
      window.dispose();
    }
  });

  it('stand in no file, no log, no argument, no environment and no text', async () => {
    assert.deepEqual([...secrets.keys()].sort(), ['Rucio’s token', 'a refused token', 'the code', 'the passphrase', 'the password', 'the refresh token', 'the token', 'the wrong passphrase', 'the wrong password']);
    let log = '';
    for (let tries = 0; !log.includes('POST /token') && tries < 100; tries++) {
      await sleep(100);
      log = logText();
    }
    // The log says what was done, or the search would be worth nothing.
    assert.match(log, /\[trace\] lake: GET \/auth\/userpass 200 \d+ ms #\d+, for session\/signIn \d+/);
    assert.match(log, /\[trace\] desktop: POST \/token 200 \d+ ms #\d+, for session\/signIn \d+/);
    assert.match(log, /\[warning\] session\/signIn \d+: /);
    assert.equal(fs.statSync(tokenFile).mode & 0o777, 0o600);
    assert.deepEqual(found(), [`Rucio’s token in ${tokenFile}`]);
  });

  it('are forgotten with Sign Out, which leaves nothing in the secret storage', async () => {
    const ours = async (): Promise<string[]> => (await api.context.secrets.keys()).filter((name) => name.startsWith('session.'));
    assert.notDeepEqual(await ours(), []);
    await vscode.commands.executeCommand(commands.signOut, 'lake');
    assert.deepEqual(await ours(), []);
    for (let tries = 0; fs.existsSync(tokenFile) && tries < 40; tries++) await sleep(50);
    assert.deepEqual(found(), []);
    await assert.rejects(client.request(protocol.signIn, { instance: 'lake' }), failsWith('signInNeeded'));
  });

  it('would be found if one stood in the log', async () => {
    api.log.info(`a careless line: ${secrets.get('the password')}`);
    let hits: string[] = [];
    for (let tries = 0; hits.length === 0 && tries < 100; tries++) {
      await sleep(100);
      hits = found();
    }
    assert.deepEqual([...new Set(hits.map((hit) => hit.replace(/ in .*(?=Rucio Data Lake)/, ' in ')))], ['the password in Rucio Data Lake.log']);
  });
});
