// The limit on the rate of transfers, as a window sets it: for an upload under way, and taken off while it runs.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type { Lake } from '../../src/lake/lake.ts';
import { Transfers } from '../../src/lake/transfers/engine.ts';
import type { TransferLake } from '../../src/lake/transfers/lake.ts';
import { addScope } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { openLake } from './open-lake.ts';

const info = await sharedLake();
await addScope(info, 'alice', 'uploads');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'throttle-'));
const { lake } = openLake(info, null);
const { cert, key } = info.accounts.alice.x509!;
await lake.session.signIn({ method: 'x509', certificate: cert, key });
const engine = new Transfers({ onChange: () => undefined, retry: { attempts: 3, first: 50, last: 200 }, checksumMs: 500 });
const mine = new Set(['one']);
const by = (of: Lake): TransferLake => ({ instance: 'lake', session: 'one', client: of.quietClient, storage: of.storage, account: (signal) => of.session.account(signal), knownToStorages: (signal) => of.knownToStorages(signal) });
after(async () => {
  await engine.close();
  lake.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

test('an upload keeps to the limit, and goes on at full speed when it is taken off', async () => {
  const file = path.join(folder, 'slow.bin');
  fs.writeFileSync(file, randomBytes(40_000_000));
  engine.throttle(2_000_000); // 20 s for all of it
  const started = Date.now();
  const { id } = await engine.upload(by(lake), { paths: [file], rse: 'XRD1_SCRATCHDISK', scope: 'uploads', prefix: `t${Date.now().toString(36)}.`, names: 'flat', lifetime: 3600 });
  const now = () => engine.list(mine).find((one) => one.id === id)!;
  const wait = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });
  while (now().bytes.done < 5_000_000) {
    assert.equal(now().state, 'running');
    await wait(20);
  }
  const seconds = (Date.now() - started) / 1000;
  assert.ok(seconds >= 2, `5 MB took ${seconds} s at 2 MB/s`);
  assert.ok(now().bytes.done <= 2_000_000 * seconds + 2 * (1 << 20), `${now().bytes.done} bytes in ${seconds} s`);
  engine.throttle(0);
  for (let n = 0; now().state === 'running' && n < 2000; n++) await wait(25);
  assert.equal(now().files.done, 1, JSON.stringify(engine.files(mine, id, { limit: 2 })));
});
