// A real JupyterLab with rucio-jupyterlab, server, page and kernel extension, on the tests' lake. For tests only.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { instanceOf } from './instance.ts';
import { type JupyterServer, startJupyter } from './jupyter-standin/jupyter.ts';
import type { LakeInfo } from './lake/info.ts';
import { installRival } from './rivals.ts';

export interface RivalLab extends JupyterServer {
  /** Its notebooks. */
  readonly folder: string;
  /** The address of a notebook in it, with the token. */
  page(notebook: string): string;
}

export async function startRivalLab(lake: LakeInfo): Promise<RivalLab> {
  const venv = path.dirname(await installRival('rucio-jupyterlab'));
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'rival-'));
  const folder = path.join(home, 'notebooks');
  const profile = path.join(home, 'ipython', 'profile_default');
  fs.mkdirSync(folder);
  fs.mkdirSync(profile, { recursive: true });
  fs.writeFileSync(path.join(profile, 'ipython_kernel_config.json'), JSON.stringify({ IPKernelApp: { extensions: ['rucio_jupyterlab.kernels.ipython'] } }));
  const { rucio_webui_url: _, ...instance } = instanceOf(lake);
  const config = path.join(home, 'jupyter_server_config.json');
  fs.writeFileSync(config, JSON.stringify({ RucioConfig: { instances: [instance] } }));
  try {
    const server = await startJupyter({
      venv, program: 'jupyter-lab', args: [`--config=${config}`], notebooks: folder,
      env: { HOME: home, IPYTHONDIR: path.join(home, 'ipython'), JUPYTER_CONFIG_DIR: path.join(home, 'config') },
    });
    return {
      ...server, folder,
      page: (notebook) => `${server.url}lab/tree/${notebook}?token=${server.token}`,
      stop: async () => {
        await server.stop();
        fs.rmSync(home, { recursive: true, force: true });
      },
    };
  } catch (error) {
    fs.rmSync(home, { recursive: true, force: true });
    throw error;
  }
}
