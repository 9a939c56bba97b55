// A real JupyterHub with servers as processes, whose users sign in at the lake's OpenID provider: what a pod of a data lake
// runs in, without containers. Everything listens on 127.0.0.1 and is in one folder, which goes with it.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InstallError, installOnce, node24, root, run, tools } from '../install.ts';
import type { LakeInfo } from '../lake/info.ts';
import { freePort } from '../lake/ports.ts';
import { endProcesses, startProcess } from '../lake/processes.ts';
import { visit } from '../lake/visit.ts';

const PYTHON = '/usr/bin/python3.11';
const PACKAGES = ['jupyterhub==5.5.4', 'oauthenticator==17.4.0', 'jupyter-server==2.17.0'];
const PROXY = 'configurable-http-proxy@5.3.0';
const here = import.meta.dirname;
const folder = path.join(tools, 'hub');
/** As the provider knows it: a site's front, where TLS ends, leads from there to the hub. */
const PUBLIC = 'https://localhost';

/** The hub from PyPI, its proxy from npm; the lake's installer has brought Python. */
export async function installHub(): Promise<void> {
  await installOnce(folder, [...PACKAGES, PROXY].join(' '), 'JupyterHub (Python packages) and its proxy (npm)', async (dir) => {
    await run(PYTHON, ['-m', 'venv', path.join(dir, 'python')]);
    await run(path.join(dir, 'python', 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', '--prefer-binary', ...PACKAGES]);
    fs.writeFileSync(path.join(dir, 'package.json'), '{"private":true}\n');
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', '--loglevel=error', PROXY], { cwd: dir });
  });
}

export interface Hub {
  /** Its public address, as the pod's programs reach it. */
  readonly url: string;
  /** The person signs in, and the server is started; gives the environment that the server has. */
  pod(user: string): Promise<Record<string, string>>;
  /** The person signs in again, in a browser of no memory; the server goes on. */
  signIn(user: string): Promise<void>;
  log(): string;
  close(): Promise<void>;
}

/** `env`: what the site's image sets in every pod. `secondsLeft`: see deploy/hub. */
export async function startHub(lake: LakeInfo, { env, secondsLeft }: { readonly env: Readonly<Record<string, string>>; readonly secondsLeft: number }): Promise<Hub> {
  await installHub();
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'hub-'));
  const ports: number[] = [];
  for (let n = 0; n < 4; n++) ports.push(await freePort(new Set(ports)));
  const url = `http://127.0.0.1:${ports[0]}`;
  const bin = path.join(folder, 'python', 'bin');
  const PATH = `${bin}:${path.dirname(node24)}:/usr/bin:/bin`;
  fs.mkdirSync(path.join(dir, 'log'));
  const settings = {
    dir, ports, url, callback: `${PUBLIC}/hub/oauth_callback`, issuer: lake.idp.issuer, client: lake.idp.clients.hub, secondsLeft, env, path: PATH,
    deploy: path.join(root, 'deploy', 'hub'), podStart: path.join(here, 'pod-start.sh'), proxy: [node24, path.join(folder, 'node_modules', 'configurable-http-proxy', 'bin', 'configurable-http-proxy')],
  };
  const hub = startProcess(dir, 'hub', path.join(bin, 'jupyterhub'), ['-f', path.join(here, 'jupyterhub_config.py')], {
    cwd: dir, env: { PATH, HUB: JSON.stringify(settings), JUPYTERHUB_CRYPT_KEY: 'ab'.repeat(32), SSL_CERT_FILE: lake.ca.file, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const log = (): string => fs.readFileSync(path.join(dir, 'log', 'hub.log'), 'utf8');
  const close = async (): Promise<void> => {
    // It ends its servers, its service and its proxy; what is left after that is ended here.
    if (hub.ended() === undefined) process.kill(hub.pid, 'SIGTERM');
    for (let n = 0; n < 200 && hub.ended() === undefined; n++) await sleep(100);
    await endProcesses(dir);
    fs.rmSync(dir, { recursive: true, force: true });
  };
  const until = async (what: string, done: () => Promise<boolean> | boolean): Promise<void> => {
    for (let n = 0; !await done(); n++) {
      const ended = hub.ended();
      if (ended !== undefined || n > 600) {
        const end = log().split('\n').slice(-30).join('\n');
        throw new InstallError(`${ended ?? `the hub: ${what} did not come within 60 s`}\n${end}`);
      }
      await sleep(100);
    }
  };
  const signIn = async (user: string): Promise<void> => {
    const page = await visit(lake, `${url}/hub/login?next=${encodeURIComponent(`/hub/spawn/${user}`)}`, user, { [PUBLIC]: url });
    if (page.status !== 200) throw new Error(`sign-in at the hub: ${page.status} at ${page.url}\n${page.text.slice(0, 500)}`);
  };
  try {
    await until('its answer', () => fetch(`${url}/hub/api/`).then(({ ok }) => ok, () => false));
    await until('its service', () => fetch(`${url}/services/pod-tokens/`).then(({ status }) => status === 403, () => false));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url, log, close, signIn,
    async pod(user) {
      await signIn(user);
      const file = path.join(dir, 'pods', user, 'environment');
      await until('the server', () => fs.existsSync(file) && fetch(`${url}/user/${user}/api`).then(({ ok }) => ok, () => false));
      return Object.fromEntries(fs.readFileSync(file, 'utf8').split('\0').filter(Boolean).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
    },
  };
}
