// What we are measured against and go together with: installed from PyPI, each in a folder of its own, when it is needed first.
import fs from 'node:fs';
import path from 'node:path';
import { apt, installOnce, run, tools } from './install.ts';

const PYTHON = '/usr/bin/python3.11';
const RIVALS = { 'rucio-clients': '41.5.1', 'rucio-jupyterlab': '41.0.0' };

/** The folder with the programs of this rival. */
export async function installRival(name: keyof typeof RIVALS): Promise<string> {
  const dir = path.join(tools, 'bench-rivals', name);
  const pinned = `${name}==${RIVALS[name]}`;
  await apt({ 'python3.11': fs.existsSync(PYTHON), 'python3.11-venv': fs.existsSync('/usr/lib/python3.11/ensurepip/__init__.py') }, 'the rivals');
  await installOnce(dir, pinned, `${pinned} (Python packages, a rival)`, async () => {
    await run(PYTHON, ['-m', 'venv', dir]);
    await run(path.join(dir, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--prefer-binary', pinned]);
  });
  return path.join(dir, 'bin');
}
