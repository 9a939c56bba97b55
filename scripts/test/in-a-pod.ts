// The home and the environment of a pod for one run of host tests: RUCIO_* with the hub's token file, and Jupyter's
// RucioConfig with three more instances, one of which can't be read. Nothing is set, nobody has signed in.
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { instanceOf } from '../../test/support/instance.ts';
import type { LakeInfo } from '../../test/support/lake/info.ts';
import { podIn, podToken } from '../../test/support/pod.ts';

export async function inAPod(lake: LakeInfo, work: (env: Readonly<Record<string, string>>) => Promise<void>): Promise<void> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'pod-home-'));
  const pod = podIn(home, lake);
  const { name: _, display_name: __, ...whole } = instanceOf(lake);
  const site = http.createServer((request, response) => {
    const good = request.url === '/good.json';
    response.writeHead(good ? 200 : 503).end(good ? JSON.stringify({ ...whole, oidc_auth: 'file', oidc_file_name: pod.tokenFile }) : '');
  }).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => site.once('listening', resolve));
    const base = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    pod.renew(await podToken(lake, 600));
    pod.write('.jupyter/jupyter_server_config.json', JSON.stringify({ RucioConfig: { instances: [
      { name: 'local', display_name: 'Local', ...whole, rucio_base_url: lake.rucio.http, rucio_auth_url: lake.rucio.http, oidc_auth: 'env', oidc_env_name: 'MY_LAKE_TOKEN' },
      { name: 'remote', display_name: 'From far', $url: `${base}/good.json`, path_begins_at: 2 },
      { name: 'broken', display_name: 'Broken', $url: `${base}/broken.json` },
    ] } }));
    const { PATH: _path, ...env } = pod.env;
    await work({ ...env, MY_LAKE_TOKEN: await podToken(lake, 3600, 'bob'), DATALAKE_POD_TOKEN_FILE: pod.tokenFile });
  } finally {
    site.close();
    fs.rmSync(home, { recursive: true, force: true });
  }
}
