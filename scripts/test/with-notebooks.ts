// A Jupyter server with real kernels, and the stand-in of the Jupyter extension on it, for tests in the extension host.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packStandIn, startJupyter } from '../../test/support/jupyter-standin/jupyter.ts';

/** @param work gets the stand-in's VSIX, and the environment in which it finds its server */
export async function withNotebooks(work: (beside: readonly string[], env: Readonly<Record<string, string>>) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'standin-'));
  const server = await startJupyter();
  try {
    await work([await packStandIn(folder)], server.env);
  } finally {
    await server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
