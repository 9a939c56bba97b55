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
  /** For other programs, 0600: the only places on a disk where a token may be, until Sign Out; by what stands in them. */
  const tokenFiles = new Map<string, string>();
  const began = Date.now();
  /** Signed in with a code; as where the pod's token files are ours to fill. */
  let desktop: ServiceClient | undefined;

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
    // What tests before this one left there.
    for (const name of await stored()) await api.context.secrets.delete(name);
  });
  after(async () => {
    desktop?.dispose();
    await vscode.commands.executeCommand('_extensionTests.setLogLevel', 'info');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** The folder of this editor's user: settings, logs, extensions' storage, and (so the tests' server has it) our state folder. */
  const userData = (): string => path.dirname(process.env['XDG_STATE_HOME'] ?? assert.fail('no XDG_STATE_HOME'));

  /** Each file in the folders that the editor, the service or this run writes to: the run has a folder for temporary files of its own. */
  function touched(): string[] {
    const workspace = vscode.workspace.workspaceFolders?.map(({ uri }) => uri.fsPath) ?? [];
    assert.ok(workspace.length > 0 && os.tmpdir() !== '/tmp', 'a run with a workspace, and with a place for temporary files of its own');
    const roots = [userData(), os.homedir(), process.env['XDG_RUNTIME_DIR'] ?? assert.fail('no XDG_RUNTIME_DIR'), os.tmpdir(), ...workspace];
    for (const root of roots) assert.ok(fs.existsSync(root), root);
    // What goes by the name /tmp, as a pod's token files do, is not in that folder. Others write there, too: only what is new is looked at.
    const inTmp = fs.readdirSync('/tmp', { withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => path.join('/tmp', name));
    return [...roots.flatMap(filesIn), ...inTmp.filter((file) => (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= began)];
  }
  function filesIn(root: string): string[] {
    let entries: fs.Dirent[] = [];
    try {
      entries = fs.readdirSync(root, { withFileTypes: true });
    } catch {
      return []; // gone meanwhile
    }
    return entries.flatMap((entry) => {
      const whole = path.join(root, entry.name);
      return entry.isDirectory() ? filesIn(whole) : entry.isFile() ? [whole] : [];
    });
  }

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
    for (const file of touched()) look(file, readable(file));
    for (const pid of [process.pid, servicePid]) assert.notEqual(readable(`/proc/${pid}/environ`), '', `the environment of process ${pid} can be read`);
    for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      look(`the arguments of process ${pid}`, readable(`/proc/${pid}/cmdline`));
      look(`the environment of process ${pid}`, readable(`/proc/${pid}/environ`));
    }
    look('what was shown', shown.join('\n'));
    return hits;
  }

  /** The text of our output channel, as VS Code keeps it. */
  const logText = (): string => fs.globSync('logs/**/*Rucio Data Lake*.log', { cwd: userData() }).map((file) => fs.readFileSync(path.join(userData(), file), 'utf8')).join('\n');

  /** What we keep in the editor's secret storage, by name. */
  const stored = async (): Promise<string[]> => (await api.context.secrets.keys()).filter((name) => name.startsWith('session.'));
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

  /** A token that may stand in this file and nowhere else. */
  function inFile(what: string, file: string, token = fs.readFileSync(file, 'utf8').trim()): void {
    assert.ok(token.length > 20, what);
    secrets.set(what, token);
    tokenFiles.set(what, file);
  }
  async function fileForTerminals(window: ServiceClient, instance: string): Promise<string> {
    const environment = await window.request(protocol.programEnvironment, { instance });
    return path.join(path.dirname(environment?.variables['RUCIO_CONFIG'] ?? assert.fail('no rucio.cfg')), 'token');
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
    inFile('Rucio’s token', await fileForTerminals(client, 'lake'));
  });

  it('are used: a refresh token, a code and what is given in exchange, in a second window of a desktop', async () => {
    const before = await stored();
    const handlers = new AuthHandlers(api.context.secrets, { warn: (line) => void shown.push(line) }, {
      redirect: new Redirect('rucio.rucio-datalake', { desktop: true, remote: false, uriScheme: 'vscode', external: async (uri) => uri }),
      open: async ({ url }, signal) => {
        const over = new Promise<boolean>((resolve) => { signal.addEventListener('abort', () => resolve(true)); });
        const answer = new URL((await visit(lake, url, 'alice')).url);
        secrets.set('the code', answer.searchParams.get('code') ?? assert.fail(answer.href));
        await api.uriHandler.handleUri(vscode.Uri.parse(answer.href));
        return over;
      },
    });
    const [rucioTokenFile, eosTokenFile] = ['rucio_oauth.token', 'eos_oauth.token'].map((name) => path.join(folder, name)) as [string, string];
    const programs = { instance: 'desktop', settings: { tokenFiles: 'auto', rucioTokenFile, rucioAudience: 'rucio', eosTokenFile, eosAudience: 'eos', eosIntrospection: '' } } as const;
    const window = desktop = new ServiceClient({
      connect: connectToService({ program: vscode.Uri.joinPath(extensionUnderTest().extensionUri, 'dist', 'service.cjs').fsPath, place: thisPlace(), inWindow: () => false, log: (line) => void shown.push(line) }),
      handlers,
      hello: () => ({
        version: 'test', client: 'window', label: 'desktop', pid: process.pid, interactive: true, linger: 5, network: {}, env: { OAUTH2_TOKEN: `FILE:${eosTokenFile}` }, programs,
        instances: [{ ...instanceOf(lake), name: 'desktop', oidc_issuer: lake.idp.issuer, oidc_client_id: lake.idp.clients.public }],
      }),
    });
    window.on(protocol.logged, ({ message }) => shown.push(message));
    await window.request(protocol.signIn, { instance: 'desktop', credentials: { method: 'code' } });
    await window.request(protocol.listScopes, { instance: 'desktop', mine: true });
    const added = (await stored()).filter((name) => !before.includes(name));
    assert.equal(added.length, 1);
    const kept = JSON.parse(await api.context.secrets.get(added[0]!) ?? '') as { refreshToken: string };
    secrets.set('the refresh token', kept.refreshToken);
    inFile('the code’s token', await fileForTerminals(window, 'desktop'));
    for (let tries = 0; !(fs.existsSync(rucioTokenFile) && fs.existsSync(eosTokenFile)) && tries < 100; tries++) await sleep(100);
    inFile('the token exchanged for Rucio', rucioTokenFile);
    inFile('the token exchanged for EOS', eosTokenFile, /^oauth2:([^:]+):/.exec(fs.readFileSync(eosTokenFile, 'utf8'))?.[1]);
    await refused(window.request(protocol.getDid, { instance: 'desktop', did: { scope: 'test', name: secrets.get('the refresh token')!.slice(0, 5) } }));
  }).timeout(60_000);

  it('stand in no file, no log, no argument, no environment and no text', async () => {
    assert.deepEqual([...secrets.keys()].sort(), [
      'Rucio’s token', 'a refused token', 'the code', 'the code’s token', 'the passphrase', 'the password', 'the refresh token', 'the token',
      'the token exchanged for EOS', 'the token exchanged for Rucio', 'the wrong passphrase', 'the wrong password',
    ]);
    assert.equal(new Set(secrets.values()).size, secrets.size);
    let log = '';
    for (let tries = 0; !log.includes('POST /token') && tries < 100; tries++) {
      await sleep(100);
      log = logText();
    }
    // The log says what was done, or the search would be worth nothing.
    assert.match(log, /\[trace\] lake: GET \/auth\/userpass 200 \d+ ms #\d+, for session\/signIn \d+/);
    assert.match(log, /\[trace\] desktop: POST \/token 200 \d+ ms #\d+, for session\/signIn \d+/);
    assert.match(log, /\[warning\] session\/signIn \d+: /);
    for (const [what, file] of tokenFiles) assert.equal(fs.statSync(file).mode & 0o777, 0o600, what);
    assert.deepEqual([...new Set(found())].sort(), [...tokenFiles].map(([what, file]) => `${what} in ${file}`).sort());
  });

  it('are forgotten with Sign Out, which leaves nothing in the secret storage', async () => {
    assert.equal((await stored()).length, 2);
    await vscode.commands.executeCommand(commands.signOut, 'lake');
    await desktop?.request(protocol.signOut, { instance: 'desktop' });
    assert.deepEqual(await stored(), []);
    for (let tries = 0; [...tokenFiles.values()].some((file) => fs.existsSync(file)) && tries < 100; tries++) await sleep(50);
    assert.deepEqual(found(), []);
    await assert.rejects(client.request(protocol.signIn, { instance: 'lake' }), failsWith('signInNeeded'));
  });

  it('would be found if one stood in the log, in a file that was forgotten, or in the workspace', async () => {
    const forgotten = path.join(os.tmpdir(), 'forgotten');
    const saved = path.join(vscode.workspace.workspaceFolders![0]!.uri.fsPath, 'saved.ipynb');
    try {
      api.log.info(`a careless line: ${secrets.get('the password')}`);
      fs.writeFileSync(forgotten, `token=${secrets.get('the token exchanged for EOS')}`);
      fs.writeFileSync(saved, JSON.stringify({ token: secrets.get('the refresh token') }));
      let hits: string[] = [];
      for (let tries = 0; hits.length < 3 && tries < 100; tries++) {
        await sleep(100);
        hits = [...new Set(found())].sort();
      }
      assert.deepEqual(hits.map((hit) => hit.replace(/ in .*(?=Rucio Data Lake)/, ' in ')), ['the password in Rucio Data Lake.log', `the refresh token in ${saved}`, `the token exchanged for EOS in ${forgotten}`]);
    } finally {
      fs.rmSync(forgotten, { force: true });
      fs.rmSync(saved, { force: true });
    }
  });
});
