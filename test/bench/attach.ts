// A dataset of 100 000 files that are here becomes a variable: from the request (Enter) to the variable in a real Python kernel that has all of them,
// against what rucio-jupyterlab's server extension needs to know the files at all, and against curl for their names alone.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as protocol from '../../src/protocol.ts';
import { instanceOf, signIn } from '../support/instance.ts';
import { startKernel } from '../support/kernels/kernels.ts';
import { rest, token } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { testService } from '../support/service.ts';
import { type Benchmark, inTurns, seconds } from './benchmark.ts';
import { curl, startRival } from './rivals.ts';
import { atEnd, built, lake, SCALE } from './surroundings.ts';

const RSE = 'SCALE_DATADISK';
const WHAT = 'a dataset of 100 000 available files: from Enter to the variable in a Python kernel';

export const attach100k: Benchmark = {
  name: 'attach-100k', what: WHAT, against: 'rucio-jupyterlab 41.0.0, until it knows the files', aim: 0.25, unit: 's',
  run: async () => {
    const { ours } = await measured(async (attach) => {
      await attach();
      return { ours: [await attach(), await attach(), await attach()] };
    });
    const theirs: number[] = [];
    // Its first answer fills its cache: a new home each time.
    for (let n = 0; n < 2; n++) {
      const rival = await startRival(await lake(), RSE, { scope: 'scale', name: `ds.${SCALE}` }, SCALE);
      theirs.push((await rival.poll()).seconds);
      rival.stop();
    }
    return { ours, theirs };
  },
};

export const attach100kCurl: Benchmark = {
  name: 'attach-100k-curl', what: WHAT, against: 'one curl of /dids/<scope>/<name>/files (12.5 MB)', aim: 1.5, unit: 's',
  run: () => measured(async (attach, info) => {
    const config = `header = "X-Rucio-Auth-Token: ${await token(info, 'alice')}"\nurl = "${info.rucio.https}/dids/scale/ds.${SCALE}/files"\noutput = "/dev/null"\n`;
    return inTurns(4, attach, () => seconds(() => curl(['--silent', '--show-error', '--fail', '--cacert', info.ca.file, '--config', '-'], config)));
  }),
};

/** `attach` gives its seconds; each time as if for the first time: the manifest is made anew. */
async function measured<T>(work: (attach: () => Promise<number>, info: LakeInfo) => Promise<T>): Promise<T> {
  await built();
  const info = await lake();
  const mount = await filledMount(info);
  const service = testService();
  atEnd(() => service.stop());
  const client = service.client({ instances: [instanceOf(info, { destination_rse: RSE, rse_mount_path: mount, path_begins_at: 5 })] });
  await signIn(client, info, 'alice');
  const kernel = await startKernel('python3');
  try {
    return await work(async () => {
      const started = performance.now();
      const code = await client.request(protocol.attachmentCode, { instance: 'lake', language: 'python', attachments: [{ variableName: 'data_test', did: `scale:ds.${SCALE}`, type: 'collection' }] });
      const asked = performance.now();
      for (const part of code.inject) await kernel.run(part);
      const took = (performance.now() - started) / 1000;
      process.stderr.write(`  attach-100k: ${((asked - started) / 1000).toFixed(2)} s in the service, ${(took - (asked - started) / 1000).toFixed(2)} s in the kernel\n`);
      const { out, error } = await kernel.run('print(len(data_test), data_test.did_available, len(set(data_test)))\ndel data_test');
      if (out.trim() !== `${SCALE} True ${SCALE}`) throw new Error(`The variable has: ${out} ${error} ${JSON.stringify(code.attached)}`);
      return took;
    }, info);
  } finally {
    await kernel.close();
    await service.stop();
    fs.rmSync(mount, { recursive: true, force: true });
  }
}

/** All files of the dataset in one folder, each as long as the catalogue says and without a byte on the disk. */
async function filledMount(info: LakeInfo): Promise<string> {
  const mount = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-mount-'));
  atEnd(async () => fs.rmSync(mount, { recursive: true, force: true }));
  const { text } = await rest(info, await token(info, 'alice'), 'GET', `/dids/scale/ds.${SCALE}/files`);
  for (const line of text.split('\n').filter(Boolean)) {
    const { name, bytes } = JSON.parse(line) as { name: string; bytes: number };
    const file = fs.openSync(path.join(mount, name), 'wx');
    fs.ftruncateSync(file, bytes);
    fs.closeSync(file);
  }
  return mount;
}
