// Cancel of an upload of 10 000 files while some of them move: until it is said to be done, with nothing of it left at the storage.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as protocol from '../../src/protocol.ts';
import { instanceOf } from '../support/instance.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { testService } from '../support/service.ts';
import { type Benchmark, seconds } from './benchmark.ts';
import { atEnd, built } from './surroundings.ts';

const RSE = 'XRD1_SCRATCHDISK';
const MANY = 10_000;

export const cancel: Benchmark = {
  name: 'cancel', what: `an upload of ${MANY} files, a dozen of which move, cancelled; nothing left at the storage`, against: null, aim: 5, unit: 's',
  run: async () => {
    await built();
    const where = await sharedLake();
    const service = testService();
    atEnd(() => service.stop());
    const client = service.client({ instances: [instanceOf(where)] });
    const { cert: certificate, key } = where.accounts.alice.x509!;
    await client.request(protocol.signIn, { instance: 'lake', credentials: { method: 'x509', certificate, key } });
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-cancel-'));
    atEnd(async () => fs.rmSync(folder, { recursive: true, force: true }));
    // The first dozen takes long enough to be in the middle of it.
    for (let n = 0; n < MANY; n++) fs.writeFileSync(path.join(folder, `${String(n).padStart(5, '0')}.bin`), n < 12 ? Buffer.alloc(3_900_000, n) : `${n}`);
    const ours: number[] = [];
    for (let round = 0; round < 3; round++) {
      const prefix = `cancel${process.pid}.${round}.`;
      const { id } = await client.request(protocol.upload, { instance: 'lake', wish: { paths: [folder], rse: RSE, scope: 'user.alice', prefix, names: 'flat', lifetime: 3600 } });
      const now = async (): Promise<protocol.TransferInfo> => (await client.request(protocol.listTransfers, {})).find((one) => one.id === id)!;
      while ((await now()).files.running < 5) await sleep(5);
      ours.push(await seconds(() => client.request(protocol.actOnTransfer, { id, action: 'cancel' })));
      const { state, files } = await now();
      if (state !== 'cancelled' || files.cancelled < MANY - 100) throw new Error(`It was not cancelled in the middle: ${JSON.stringify(files)}.`);
      const root = where.rses[RSE].folder;
      const left = fs.readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => path.basename(name).startsWith(prefix) && name.endsWith('.part'));
      if (left.length > 0) throw new Error(`Left at the storage: ${left.join(', ')}`);
    }
    return { ours, theirs: null };
  },
};
