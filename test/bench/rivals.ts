// What we are measured against: installed from PyPI, each in a folder of its own, when the first benchmark needs it.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { apt, installOnce, run, tools } from '../support/install.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { atEnd } from './surroundings.ts';

const PYTHON = '/usr/bin/python3.11';
const RIVALS = { 'rucio-clients': '41.5.1', 'rucio-jupyterlab': '41.0.0' };

/** The folder with the programs of this rival. */
export async function installRival(name: keyof typeof RIVALS): Promise<string> {
  const dir = path.join(tools, 'bench-rivals', name);
  const pinned = `${name}==${RIVALS[name]}`;
  await apt({ 'python3.11': fs.existsSync(PYTHON), 'python3.11-venv': fs.existsSync('/usr/lib/python3.11/ensurepip/__init__.py') }, 'the benchmarks\' rivals');
  await installOnce(dir, pinned, `${pinned} (Python packages, a rival in the benchmarks)`, async () => {
    await run(PYTHON, ['-m', 'venv', dir]);
    await run(path.join(dir, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--prefer-binary', pinned]);
  });
  return path.join(dir, 'bin');
}

/** Rucio's command line as alice: the program, a folder of its own, its environment. Its token is kept between calls, as a user's is. */
export async function rucioCli(lake: LakeInfo): Promise<{ program: string; home: string; env: NodeJS.ProcessEnv }> {
  const program = path.join(await installRival('rucio-clients'), 'rucio');
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-rucio-'));
  atEnd(async () => fs.rmSync(home, { recursive: true, force: true }));
  const { account, userpass: { username, password } } = lake.accounts.alice;
  fs.mkdirSync(path.join(home, 'etc'));
  fs.writeFileSync(path.join(home, 'etc', 'rucio.cfg'), [
    '[client]', `rucio_host = ${lake.rucio.https}`, `auth_host = ${lake.rucio.https}`, `ca_cert = ${lake.ca.file}`, 'auth_type = userpass',
    `username = ${username}`, `password = ${password}`, `account = ${account}`, `auth_token_file_path = ${path.join(home, 'token')}`, '',
  ].join('\n'), { mode: 0o600 });
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(RUCIO_|X509_|PYTHON)/.test(key)));
  return { program, home, env: { ...env, HOME: home, RUCIO_HOME: home } };
}
