// Brings a whole Rucio data lake up and down: a real server on PostgreSQL, three XRootD storages, an OpenID provider, and a
// stand-in for FTS. Everything listens on 127.0.0.1 and keeps its data in one folder.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { node24, run } from '../install.ts';
import { fill, issuerOf, serverUser, writeConfiguration } from './config.ts';
import { LakeError } from './error.ts';
import { claimFolder, emptyFolder, files, lakeFolder, readJson, readPorts, writeJson } from './folder.ts';
import { addHostsLine, HOST, removeHostsLine } from './hosts.ts';
import type { LakeAccount, LakeInfo, LakeSeed } from './info.ts';
import { installLake, RUCIO_VERSION, type LakeInstall } from './install.ts';
import { dnOf, makeKeys, type KeyOwner } from './keys.ts';
import { withLock } from './lock.ts';
import { choosePorts, type Ports } from './ports.ts';
import { endProcesses, lakeProcesses, startProcess, startTime, type StartOptions } from './processes.ts';
import { rseInfo, sites, storageFolder, type Site } from './sites.ts';

export interface UpOptions {
  /** The lake's folder; <project>/.lake when absent. */
  readonly dir?: string | undefined;
  /** Adds a dataset of this many files, in the catalogue only; also to a lake that runs. */
  readonly scale?: number | undefined;
  /** Begins from nothing: what the folder holds goes. */
  readonly fresh?: boolean | undefined;
  /** The lake ends when this process ends, however it ends. For a lake that is started by this call. */
  readonly boundTo?: number | undefined;
  /** With boundTo: the folder goes with it. */
  readonly temporary?: boolean | undefined;
}

export interface LakeStatus {
  readonly dir: string;
  /** `broken`: some of its processes run, some do not. */
  readonly state: 'up' | 'down' | 'broken';
  readonly missing: readonly string[];
  readonly info?: LakeInfo;
}

const SITES = Object.keys(sites) as Site[];
const ROLES = ['postgres', 'rucio', 'idp', 'standin', ...SITES.map((site) => `xrootd-${site}`)];
// destinations of the seed's rules that stay REPLICATING and SUSPENDED (Rucio goes on moving the data of a suspended rule)
const HELD = ['/held.', '/suspended.'];

/** Starts the lake, unless it runs already, and says where everything is. Progress goes to stderr. */
export async function upLake(options: UpOptions = {}): Promise<LakeInfo> {
  const dir = lakeFolder(options.dir);
  const install = await installLake();
  claimFolder(dir);
  return withLock(files(dir).lock, 180, async () => {
    const running = await lakeStatus(dir);
    let info = options.fresh ? undefined : running.state === 'up' ? { ...running.info as LakeInfo, seconds: 0 } : undefined;
    if (info) await addHostsLine(dir); // somebody may have written the file anew
    info ??= await start(dir, install, options).catch(async (error: unknown) => {
      await endProcesses(dir);
      await removeHostsLine(dir);
      throw noSpace(error) ? new LakeError(`The disk that holds ${dir} is full.`) : error;
    });
    if (options.scale) info = await addScale(dir, install, info, options.scale);
    return info;
  });
}

/** Ends the lake's processes and takes its name out of /etc/hosts; the data stays. */
export async function downLake(asked?: string): Promise<void> {
  const dir = lakeFolder(asked);
  if (!fs.existsSync(dir)) return removeHostsLine(dir);
  await withLock(files(dir).lock, 180, async () => {
    await endProcesses(dir);
    await removeHostsLine(dir);
  });
}

export async function lakeStatus(asked?: string): Promise<LakeStatus> {
  const dir = lakeFolder(asked);
  const info = readJson<LakeInfo>(files(dir).info);
  const running = new Set(lakeProcesses(dir).map((p) => p.role));
  const missing = ROLES.filter((role) => !running.has(role));
  const complete = info !== undefined && missing.length === 0 && await answers(info.rucio.httpLocalhost);
  const state = complete ? 'up' : running.size === 0 ? 'down' : 'broken';
  return { dir, state, missing, ...(info ? { info } : {}) };
}

async function start(dir: string, install: LakeInstall, options: UpOptions): Promise<LakeInfo> {
  const began = Date.now();
  const say = (text: string): void => { process.stderr.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s  ${text}\n`); };
  await endProcesses(dir);
  if (options.fresh || !fs.existsSync(files(dir).seeded)) emptyFolder(dir);
  fs.rmSync(files(dir).info, { force: true });
  const ports = await choosePorts(readPorts(dir), dir);
  writeJson(files(dir).ports, ports);
  await addHostsLine(dir);
  fs.mkdirSync(path.join(dir, 'log'), { recursive: true });
  if (options.boundTo !== undefined) startWatcher(dir, options.boundTo, options.temporary === true);

  const processes: Started[] = [];
  const begin = (role: string, command: string, args: readonly string[], more: StartOptions = {}): void => {
    processes.push({ role, ...startProcess(dir, role, command, args, more) });
  };
  const database = prepareDatabase(dir, ports, install);
  database.catch(() => undefined); // awaited below; a failure before that is no reason to crash
  await makeKeys(dir);
  writeConfiguration(dir, ports, install);
  const standinState = path.join(dir, 'run', 'standin.json');
  if (!fs.existsSync(standinState)) writeJson(standinState, { holds: HELD, delay: 0, jobs: [] });
  startRucio(dir, install, begin);
  startScript(dir, 'idp', 'idp.ts', begin);
  startScript(dir, 'standin', 'fts-standin.ts', begin);
  for (const site of SITES) startXrootd(dir, install, site, begin);
  await database;
  const user = serverUser();
  fs.rmSync(path.join(dir, 'pg', 'postmaster.pid'), { force: true }); // no process of this lake is alive: checked above
  begin('postgres', path.join(install.postgresBin, 'postgres'), ['-D', path.join(dir, 'pg')], { cwd: path.join(dir, 'pg'), ...(user ? { user } : {}) });
  say(fs.existsSync(files(dir).seeded) ? 'started, waiting for Rucio' : 'started, waiting for Rucio and its first data');

  await waitForAll(ports, processes);
  const seed = readJson<LakeSeed>(files(dir).seeded);
  if (!seed) throw new Error('the seed left no description');
  const forks = readJson<Record<string, number>>(path.join(dir, 'run', 'rucio.json')) ?? {};
  const pids = { ...Object.fromEntries(processes.map(({ role, pid }) => [role, pid])), ...Object.fromEntries(Object.entries(forks).map(([k, v]) => [`rucio-${k}`, v])) };
  const scale = readJson<LakeInfo['scale'] & object>(path.join(dir, 'run', 'scale.json'));
  const info = describe(dir, ports, pids, seed, (Date.now() - began) / 1000, scale);
  writeJson(files(dir).info, info);
  say('the lake is up');
  return info;
}

interface Started { readonly role: string; readonly pid: number; readonly ended: () => string | undefined }
type Begin = (role: string, command: string, args: readonly string[], more?: StartOptions) => void;

async function prepareDatabase(dir: string, ports: Ports, install: LakeInstall): Promise<void> {
  const data = path.join(dir, 'pg');
  const conf = path.join(data, 'postgresql.conf');
  const user = serverUser();
  if (!fs.existsSync(path.join(data, 'lake.conf'))) {
    fs.rmSync(data, { recursive: true, force: true });
    fs.mkdirSync(data, { mode: 0o700 });
    if (user) fs.chownSync(data, user.uid, user.gid);
    await runAs(user, path.join(install.postgresBin, 'initdb'), ['-D', data, '-U', 'rucio', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions'], data);
    fs.appendFileSync(conf, "\ninclude 'lake.conf'\n");
  }
  fs.writeFileSync(path.join(data, 'lake.conf'), fill('postgresql.conf', { ...ports }));
  fs.chmodSync(path.join(data, 'lake.conf'), 0o644);
}

async function runAs(user: { uid: number; gid: number } | undefined, command: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], ...user });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (d: Buffer) => { text += d.toString(); });
  const [code] = await once(child, 'close') as [number | null];
  if (code !== 0) throw new LakeError(`${path.basename(command)} failed (${code}):\n${text.trim().split('\n').slice(-8).join('\n')}`);
}

function rucioEnvironment(dir: string): Record<string, string> {
  const pki = path.join(dir, 'pki'), ca = path.join(pki, 'ca.pem');
  return {
    RUCIO_LAKE_CONFIG: path.join(dir, 'etc', 'lake.json'), RUCIO_CONFIG: path.join(dir, 'etc', 'rucio.cfg'), RUCIO_HOME: dir,
    RUCIO_POLICY_PACKAGE: 'lakepolicy', PYTHONPATH: path.join(import.meta.dirname, 'rucio', 'policy'), PYTHONDONTWRITEBYTECODE: '1',
    REQUESTS_CA_BUNDLE: ca, SSL_CERT_FILE: ca, CURL_CA_BUNDLE: ca, X509_CERT_DIR: path.join(pki, 'certs'),
    X509_USER_CERT: path.join(pki, 'service.pem'), X509_USER_KEY: path.join(pki, 'service.key'), X509_USER_PROXY: path.join(pki, 'service.both.pem'),
  };
}

function startRucio(dir: string, install: LakeInstall, begin: Begin): void {
  begin('rucio', install.python, [path.join(import.meta.dirname, 'rucio', 'main.py')], { env: rucioEnvironment(dir) });
}

function startScript(dir: string, role: string, script: string, begin: Begin): void {
  const settings = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('LAKE_IDP_'))) as Record<string, string>;
  begin(role, node24, ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, script), path.join(dir, 'etc', 'lake.json')], { env: settings });
}

/** The OpenID provider is not there while `meanwhile` runs; after that it has forgotten its sessions and grants, unless it `remembers`. */
export async function withoutProvider(info: LakeInfo, meanwhile: () => Promise<void>, { remembers = false }: { readonly remembers?: boolean } = {}): Promise<void> {
  const { dir } = info;
  const port = Number(new URL(info.idp.issuer).port);
  const signal = (name: NodeJS.Signals): void => {
    for (const { pid, role } of lakeProcesses(dir)) if (role === 'idp') process.kill(pid, name);
  };
  signal(remembers ? 'SIGUSR2' : 'SIGKILL');
  while (await answersAt(port)) await sleep(20);
  try {
    await meanwhile();
  } finally {
    if (remembers) signal('SIGUSR2');
    else startScript(dir, 'idp', 'idp.ts', (role, command, args, more) => void startProcess(dir, role, command, args, more));
    for (let n = 0; !await answersAt(port); n++) {
      if (n > 400) throw new LakeError('The OpenID provider did not come back.');
      await sleep(50);
    }
  }
}

export function startXrootd(dir: string, install: LakeInstall, site: Site, begin: Begin): void {
  const storage = storageFolder(dir, site);
  const user = serverUser();
  begin(`xrootd-${site}`, install.xrootd, ['-c', path.join(dir, 'etc', `xrootd.${site}.cfg`), '-n', site, '-I', 'v4'], {
    cwd: path.join(storage, 'run'), ...(user ? { user } : {}),
    env: { LD_PRELOAD: path.join(dir, 'etc', 'xrootd-local.so'), XDG_CACHE_HOME: path.join(storage, 'cache'), X509_CERT_DIR: path.join(dir, 'pki', 'certs') },
  });
}

/** A process that ends the lake when `pid` is gone (main.ts, command `watch`). */
function startWatcher(dir: string, pid: number, temporary: boolean): void {
  const started = startTime(pid);
  if (started === undefined) throw new LakeError(`The process ${pid} that the lake shall be bound to is not there.`);
  startProcess(dir, 'watcher', node24, ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, 'main.ts'), 'watch', '--dir', dir, '--pid', String(pid), '--started', started, ...(temporary ? ['--temporary'] : [])]);
}

async function waitForAll(ports: Ports, processes: readonly Started[]): Promise<void> {
  const until = Date.now() + 120_000;
  const waiting = new Set(Object.values(ports));
  const http = `http://127.0.0.1:${ports.http}`;
  for (;;) {
    for (const port of waiting) if (await answersAt(port)) waiting.delete(port);
    if (waiting.size === 0 && await answers(http)) return;
    const dead = processes.map((p) => p.ended()).find((why) => why !== undefined);
    if (dead !== undefined) throw new LakeError(dead);
    if (Date.now() > until) throw new LakeError(`The lake did not answer within two minutes (waiting for ports ${[...waiting].join(', ')}).`);
    await sleep(50);
  }
}

export function answersAt(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

const answers = (base: string): Promise<boolean> => fetch(`${base}/ping`, { signal: AbortSignal.timeout(5000) }).then((r) => r.ok, () => false);

async function addScale(dir: string, install: LakeInstall, info: LakeInfo, size: number): Promise<LakeInfo> {
  process.stderr.write(`adding ${size} files to the catalogue …\n`);
  await run(install.python, ['-B', path.join(import.meta.dirname, 'rucio', 'scale.py'), String(size)], { env: { ...process.env, ...rucioEnvironment(dir) } });
  const scale = { files: size, dataset: `scale:ds.${size}`, scope: 'scale' };
  writeJson(path.join(dir, 'run', 'scale.json'), scale);
  const more = { ...info, scale };
  writeJson(files(dir).info, more);
  return more;
}

function describe(dir: string, ports: Ports, pids: Record<string, number>, seed: LakeSeed, seconds: number, scale: LakeInfo['scale']): LakeInfo {
  const pki = (name: string): string => path.join(dir, 'pki', name);
  const account = (name: string, username: string, password: string, owner: KeyOwner): LakeAccount => ({
    account: name, userpass: { username, password }, x509: { cert: pki(`${owner}.pem`), key: pki(`${owner}.key`), dn: dnOf(owner) }, oidc: { sub: name },
  });
  const issuer = issuerOf(ports);
  const standin = `http://${HOST}:${ports.standin}`;
  return {
    dir, seconds: Math.round(seconds * 10) / 10,
    rucio: { version: RUCIO_VERSION, http: `http://${HOST}:${ports.http}`, https: `https://${HOST}:${ports.https}`, httpLocalhost: `http://localhost:${ports.http}`, httpsLocalhost: `https://localhost:${ports.https}` },
    ca: { file: pki('ca.pem'), dir: pki('certs') },
    idp: {
      issuer, clients: { public: 'vscode', brief: 'vscode-brief', plain: 'vscode-plain', rotating: 'vscode-rotating', hub: { id: 'hub', secret: 'hub-secret' }, rucio: { id: 'rucio', secret: 'rucio-secret' } },
      approve: `${issuer}/test/approve`, token: `${issuer}/test/token`,
    },
    standin: { url: standin, control: `${standin}/standin` },
    accounts: { root: account('root', 'ddmlab', 'secret', 'root'), alice: account('alice', 'alice', 'alice-pw', 'alice'), bob: account('bob', 'bob', 'bob-pw', 'bob') },
    shared: { username: 'shared', password: 'shared-pw', accounts: ['alice', 'bob'] },
    rses: rseInfo(dir, ports),
    database: `postgresql://rucio:rucio@127.0.0.1:${ports.postgres}/rucio`,
    logs: path.join(dir, 'log'), pids, seed, ...(scale ? { scale } : {}),
  };
}

function noSpace(error: unknown): boolean {
  return error instanceof Error && ((error as NodeJS.ErrnoException).code === 'ENOSPC' || /No space left on device/.test(error.message));
}
