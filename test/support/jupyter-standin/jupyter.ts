// A real Jupyter server for the stand-in of the Jupyter extension, and that stand-in built and packed. For tests only.
import { createVSIX } from '@vscode/vsce';
import { silently } from '../../../scripts/package.ts';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as esbuild from 'esbuild';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { apt, installOnce, root, run, tools } from '../install.ts';
import { guard } from '../host/processes.ts';
import { installKernels, kernelSpecs } from '../kernels/kernels.ts';

const PYTHON = '/usr/bin/python3.11';
const PACKAGES = ['jupyter_server==2.21.1', 'ipykernel==7.4.0'];
const folder = path.join(tools, 'jupyter');
const source = path.join(import.meta.dirname, 'extension');

/** With kernels of Python, ROOT C++, R and bash. */
export async function installJupyter(): Promise<void> {
  await installKernels();
  await apt({ 'python3.11': fs.existsSync(PYTHON), 'python3.11-venv': fs.existsSync('/usr/lib/python3.11/ensurepip/__init__.py') }, 'the tests of notebooks');
  await installOnce(folder, PACKAGES.join(' '), 'a Jupyter server (Python packages, for the tests of notebooks)', async (dir) => {
    await run(PYTHON, ['-m', 'venv', dir]);
    await run(path.join(dir, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--prefer-binary', ...PACKAGES]);
  });
}

export interface JupyterServer {
  readonly url: string;
  readonly token: string;
  /** For the extension host: where the stand-in finds it. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface JupyterOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The Python environment; the stand-in's own when not given. */
  readonly venv?: string;
  /** `jupyter-server` or `jupyter-lab`. */
  readonly program?: string;
  readonly args?: readonly string[];
  /** Where its notebooks are; a folder of its own when not given. */
  readonly notebooks?: string;
}

/** On 127.0.0.1 and a free port; a kernel that dies is not started again. */
export async function startJupyter({ env = {}, venv = folder, program = 'jupyter-server', args = [], notebooks }: JupyterOptions = {}): Promise<JupyterServer> {
  await installJupyter();
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'jupyter-'));
  const runtime = path.join(home, 'run');
  fs.mkdirSync(runtime, { mode: 0o700 });
  const token = randomBytes(16).toString('hex');
  const guarded = guard([home]);
  // The token is in the environment, which others can't read, not among the arguments, which they can.
  const child = spawn(path.join(venv, 'bin', program), ['--ServerApp.ip=127.0.0.1', '--ServerApp.port=0', '--ServerApp.open_browser=False', `--ServerApp.root_dir=${notebooks ?? home}`, '--ServerApp.allow_root=True', '--KernelRestarter.restart_limit=0', ...args], {
    cwd: home, stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: `${path.join(venv, 'bin')}:/usr/bin:/bin`, HOME: home, LANG: 'C.UTF-8', JUPYTER_TOKEN: token, JUPYTER_RUNTIME_DIR: runtime, JUPYTER_PATH: kernelSpecs, ...env, ...guarded.env },
  });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = '';
      const timer = setTimeout(() => reject(new Error(`Jupyter's server did not answer within 60 s:\n${said.slice(-2000)}`)), 60_000);
      child.stderr.on('data', (data: Buffer) => {
        said = `${said}${data.toString()}`.slice(-20_000);
        const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(said)?.[0];
        if (!found) return;
        clearTimeout(timer);
        resolve(found);
      });
      const failed = (how: string): void => {
        clearTimeout(timer);
        reject(new Error(`Jupyter's server ${how}:\n${said.slice(-2000)}`));
      };
      child.on('error', (error) => failed(`could not be started: ${error.message}`));
      child.on('exit', (code, signal) => failed(`ended (${signal ?? code})`));
    });
    return { url, token, env: { JUPYTER_STANDIN_URL: url, JUPYTER_STANDIN_TOKEN: token }, stop: () => guarded.end() };
  } catch (error) {
    await guarded.end();
    throw error;
  }
}

/** Builds the stand-in; gives the folder of the extension. */
export async function buildStandIn(): Promise<string> {
  const out = path.join(root, 'dist-test', 'jupyter-standin');
  await esbuild.build({
    absWorkingDir: root, bundle: true, entryPoints: [path.join(source, 'main.ts')], outfile: path.join(out, 'dist', 'extension.node.js'),
    platform: 'node', format: 'cjs', target: 'node22', external: ['vscode'], logLevel: 'warning',
  });
  fs.copyFileSync(path.join(source, 'manifest.json'), path.join(out, 'package.json'));
  return out;
}

/** Packs it, to be installed beside ours; gives the VSIX in the folder. */
export async function packStandIn(to: string): Promise<string> {
  const built = await buildStandIn();
  const stage = fs.mkdtempSync(path.join(os.tmpdir(), 'standin-'));
  const file = path.join(to, 'jupyter-standin.vsix');
  try {
    fs.cpSync(built, stage, { recursive: true });
    fs.writeFileSync(path.join(stage, '.vscodeignore'), '');
    fs.writeFileSync(path.join(stage, 'README.md'), 'A stand-in for tests.\n');
    fs.copyFileSync(path.join(root, 'LICENSE'), path.join(stage, 'LICENSE'));
    await silently(() => createVSIX({ cwd: stage, packagePath: file, dependencies: false, allowMissingRepository: true, rewriteRelativeLinks: false }));
  } finally {
    fs.rmSync(stage, { recursive: true, force: true });
  }
  return file;
}
