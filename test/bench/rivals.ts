// What we are measured against, as the benchmarks run it.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { DID } from '../../src/rucio/types.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { apt } from '../support/install.ts';
import { installRival } from '../support/rivals.ts';
import { toItsEnd } from './moving.ts';
import { atEnd } from './surroundings.ts';

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

/** Rucio's command line that also moves files: with gfal2 from Debian, and alice's certificate for the storage. */
export async function rucioMover(lake: LakeInfo): Promise<(args: readonly string[]) => Promise<void>> {
  const debian = '/usr/lib/python3/dist-packages';
  const gfal = (): string | undefined => fs.existsSync(debian) ? fs.readdirSync(debian).find((name) => /^gfal2.*\.so$/.test(name)) : undefined;
  await apt({ 'python3-gfal2': gfal() !== undefined, 'gfal2-plugin-http': fs.existsSync('/usr/lib/x86_64-linux-gnu/gfal2-plugins/libgfal_plugin_http.so') }, 'rucio upload and download');
  const { program, env } = await rucioCli(lake);
  const link = path.join(path.dirname(program), '..', 'lib', 'python3.11', 'site-packages', gfal() ?? 'gfal2.so');
  if (!fs.existsSync(link)) fs.symlinkSync(path.join(debian, path.basename(link)), link);
  const { cert, key } = lake.accounts.alice.x509!;
  const all = { ...env, X509_USER_CERT: cert, X509_USER_KEY: key, X509_CERT_DIR: lake.ca.dir };
  return (args) => toItsEnd(program, args, all);
}

export interface Poll { readonly seconds: number; readonly cpu: number; readonly bytes: number }

/** rucio-jupyterlab's server extension in a home of its own; polls a dataset of so many files, with this storage as the one that is mounted. */
export async function startRival(info: LakeInfo, rse: string, { scope, name }: DID, files: number): Promise<{ poll: () => Promise<Poll>; stop: () => void }> {
  const python = path.join(await installRival('rucio-jupyterlab'), 'python');
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-jupyterlab-'));
  const { account, userpass: { username, password } } = info.accounts.alice;
  const child = spawn(python, [path.join(import.meta.dirname, 'rival.py'), info.rucio.https, info.ca.file, username, password, account, rse, scope, name], { env: { ...process.env, HOME: home }, stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (d: Buffer) => { complaint = (complaint + d.toString()).slice(-2000); });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const stop = (): void => {
    child.kill();
    fs.rmSync(home, { recursive: true, force: true });
  };
  atEnd(async () => stop());
  return {
    stop,
    poll: async () => {
      child.stdin.write('poll\n');
      const { value, done } = await lines.next();
      if (done) throw new Error(`rucio-jupyterlab ended: ${complaint}`);
      const poll = JSON.parse(value) as Poll & { files: number };
      if (poll.files !== files) throw new Error(`rucio-jupyterlab told of ${poll.files} files.`);
      return poll;
    },
  };
}

export function curl(args: readonly string[], input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('curl', args, { stdio: ['pipe', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('close', (code) => code === 0 ? resolve() : reject(new Error(`curl failed (${code}).`)));
    child.stdin.end(input);
  });
}

/** Asks for lines of JSON until so many are there, and hangs up. */
export async function curlLines({ ca }: LakeInfo, secret: string, url: string, lines: number): Promise<void> {
  const child = spawn('curl', ['--silent', '--show-error', '--fail', '--no-buffer', '--cacert', ca.file, '--config', '-', url], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(`header = "X-Rucio-Auth-Token: ${secret}"\n`);
  let left = lines;
  for await (const data of child.stdout as AsyncIterable<Buffer>) {
    for (const byte of data) if (byte === 10) left--;
    if (left > 0) continue;
    child.kill();
    break;
  }
  if (left > 0) throw new Error(`curl had ${lines - left} of ${lines} lines.`);
}
