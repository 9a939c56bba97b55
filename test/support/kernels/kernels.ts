// Real Jupyter kernels: Python (ipykernel), ROOT C++, R, bash; installed when a test needs one.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { apt, installOnce, run, tools } from '../install.ts';

const PYTHON = '/usr/bin/python3.11';
const PACKAGES = ['ipykernel==7.4.0', 'jupyter_client==8.10.0', 'bash-kernel==0.10.0', 'metakernel==0.30.4', 'root==0.1a12'];
const folder = path.join(tools, 'kernels');
/** For JUPYTER_PATH. */
export const kernelSpecs = path.join(folder, 'share', 'jupyter');
const python = path.join(folder, 'bin', 'python');

export type KernelName = 'python3' | 'root' | 'ir' | 'bash';

/** From PyPI (ROOT's wheel is 250 MB) and Debian (R). */
export async function installKernels(): Promise<void> {
  await apt({ 'python3.11': fs.existsSync(PYTHON), 'python3.11-venv': fs.existsSync('/usr/lib/python3.11/ensurepip/__init__.py'), 'r-cran-irkernel': fs.existsSync('/usr/lib/R/site-library/IRkernel') }, 'the tests of variables in notebooks');
  await installOnce(folder, PACKAGES.join(' '), 'kernels of Python, ROOT C++ and bash (Python packages)', async (dir) => {
    await run(PYTHON, ['-m', 'venv', dir]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--prefer-binary', ...PACKAGES]);
    const kernel = (name: string, spec: object): void => {
      fs.mkdirSync(path.join(dir, 'share', 'jupyter', 'kernels', name), { recursive: true });
      fs.writeFileSync(path.join(dir, 'share', 'jupyter', 'kernels', name, 'kernel.json'), JSON.stringify(spec));
    };
    kernel('root', { argv: [python, '-m', 'ROOT._jupyroot.kernel.rootkernel', '-f', '{connection_file}'], display_name: 'ROOT C++', language: 'c++' });
    kernel('bash', { argv: [python, '-m', 'bash_kernel', '-f', '{connection_file}'], display_name: 'Bash', language: 'bash' });
    kernel('ir', { argv: ['/usr/bin/R', '--slave', '-e', 'IRkernel::main()', '--args', '{connection_file}'], display_name: 'R', language: 'R' });
  });
}

export interface Answer { readonly ok: boolean; readonly out: string; readonly error: string }

export interface Kernel {
  run(code: string): Promise<Answer>;
  restart(): Promise<void>;
  /** Its working folder; goes with it. */
  readonly home: string;
  close(): Promise<void>;
}

/** `inPython`: another Python that has ipykernel and jupyter_client, and is what `python3` means then. */
export async function startKernel(name: KernelName, inPython = python): Promise<Kernel> {
  await installKernels();
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'kernel-'));
  const child: ChildProcess = spawn(inPython, [path.join(import.meta.dirname, 'kernel.py'), name], {
    cwd: home, stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: `${path.dirname(inPython)}:/usr/bin:/bin`, HOME: home, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', JUPYTER_PATH: kernelSpecs },
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async (): Promise<Answer> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the kernel ${name} ended`);
    return JSON.parse(value) as Answer;
  };
  await next();
  let last: Promise<unknown> = Promise.resolve();
  const ask = (what: object): Promise<Answer> => {
    const answer = last.then(() => {
      child.stdin!.write(`${JSON.stringify(what)}\n`);
      return next();
    });
    last = answer.catch(() => undefined);
    return answer;
  };
  return {
    run: (code) => ask({ code }),
    restart: async () => void await ask({ restart: true }),
    home,
    close: async () => {
      const gone = child.exitCode !== null || child.signalCode !== null ? undefined : once(child, 'exit', { signal: AbortSignal.timeout(20_000) });
      child.stdin!.end();
      await gone?.catch(() => child.kill('SIGKILL')); // it hangs; its kernel ends with it
      fs.rmSync(home, { recursive: true, force: true });
    },
  };
}
