// How much memory the lake service takes for what is large: one file of 10 GB, 100 000 files; and how soon it is there with their journal.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as protocol from '../../src/protocol.ts';
import type { TransferInfo } from '../../src/protocol.ts';
import { instanceOf } from '../support/instance.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { type TestClient, testService, type TestService } from '../support/service.ts';
import { type Benchmark, seconds } from './benchmark.ts';
import { clean, ended, folder, manyFiles, prefixOf, RSE, signedIn } from './moving.ts';
import { atEnd, built } from './surroundings.ts';

const MANY = 100_000;

export const serviceMemory: Benchmark = {
  name: 'service-memory', what: 'most memory of the lake service while a file of 10 GB is uploaded and fetched, less the same with 10 MB', against: null, aim: 64, unit: 'MB',
  run: async () => {
    const { where, service, client } = await own();
    const small = await most(service, () => thereAndBack(client, where, sparse(10_000_000)));
    const again = await most(service, () => thereAndBack(client, where, sparse(10_000_001)));
    const large = await most(service, () => thereAndBack(client, where, sparse(10_000_000_000)));
    await service.stop();
    // The first one pays for what is loaded then.
    return { ours: [large - Math.max(small, again)], theirs: null };
  },
};

export const serviceQueued: Benchmark = {
  name: 'service-queued', what: `most memory of the lake service while ${MANY} files are planned, queued and begun, less before`, against: null, aim: 150, unit: 'MB',
  run: async () => {
    const { service, client } = await own();
    const before = rss(service);
    let id = '';
    const after = await most(service, async () => {
      ({ id } = await queued(client));
      for (;;) {
        if ((await transferOf(client, id)).files.done > 0) break;
        await sleep(50);
      }
    });
    await client.request(protocol.actOnTransfer, { id, action: 'cancel' });
    clean(await sharedLake());
    await service.stop();
    return { ours: [after - before], theirs: null };
  },
};

export const serviceStart: Benchmark = {
  name: 'service-start', what: `start of the lake service with a journal of ${MANY} files, until a window has its list of transfers`, against: null, aim: 1, unit: 's',
  run: async () => {
    const { where, service, client } = await own();
    const { id } = await queued(client);
    await client.request(protocol.actOnTransfer, { id, action: 'pause' });
    const ours: number[] = [];
    let last = client;
    for (let round = 0; round < 3; round++) {
      await service.end(last);
      const next = service.client({ instances: [instanceOf(where)] });
      last = next;
      ours.push(await seconds(async () => {
        if ((await next.request(protocol.listTransfers, {})).length !== 1) throw new Error('There are more transfers than were made.');
      }));
    }
    await service.stop();
    clean(where);
    return { ours, theirs: null };
  },
};

/** A service of its own: its memory is that of this one thing. */
async function own(): Promise<{ where: LakeInfo; service: TestService; client: TestClient }> {
  await built();
  const where = await sharedLake();
  const service = testService();
  atEnd(() => service.stop());
  return { where, service, client: await signedIn(service, where) };
}

/** Many files, taken up; they move. */
async function queued(client: TestClient): Promise<TransferInfo> {
  const paths = [path.dirname(manyFiles(MANY, 8)[0]!)];
  const prefix = prefixOf();
  return client.request(protocol.upload, { instance: 'lake', wish: { paths, rse: RSE, scope: 'user.alice', prefix, names: 'flat', lifetime: 3600, dataset: { scope: 'user.alice', name: `${prefix}ds` } } });
}

async function transferOf(client: TestClient, id: string): Promise<TransferInfo> {
  const found = (await client.request(protocol.listTransfers, {})).find((one) => one.id === id);
  if (!found || found.state !== 'running') throw new Error(`The transfer is ${found?.state ?? 'gone'}: ${found?.error?.what ?? ''}`);
  return found;
}

/** Zeros that take no room on the disk. */
function sparse(bytes: number): string {
  const file = path.join(folder(), `sparse-${bytes}.bin`);
  fs.closeSync(fs.openSync(file, 'w'));
  fs.truncateSync(file, bytes);
  return file;
}

/** Uploaded, then fetched; what it made on disks is taken away. */
async function thereAndBack(client: TestClient, where: LakeInfo, file: string): Promise<void> {
  const prefix = prefixOf();
  await ended(client, await client.request(protocol.upload, { instance: 'lake', wish: { paths: [file], rse: RSE, scope: 'user.alice', prefix, names: 'flat', lifetime: 3600 } }));
  const to = fs.mkdtempSync(path.join(folder(), 'back-'));
  try {
    await ended(client, await client.request(protocol.download, { instance: 'lake', wish: { dids: [{ scope: 'user.alice', name: `${prefix}${path.basename(file)}` }], folder: to } }));
  } finally {
    fs.rmSync(to, { recursive: true });
    fs.rmSync(file);
    clean(where, prefix);
  }
}

const statusOf = (service: TestService, field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(fs.readFileSync(`/proc/${service.pid()}/status`, 'utf8'))?.[1]) / 1000;
const rss = (service: TestService): number => statusOf(service, 'VmRSS');

/** The most memory, in MB, that the service had while `work` was done (the kernel's own mark, set back before). */
async function most(service: TestService, work: () => Promise<unknown>): Promise<number> {
  fs.writeFileSync(`/proc/${service.pid()}/clear_refs`, '5');
  await work();
  return statusOf(service, 'VmHWM');
}
