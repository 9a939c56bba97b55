// What *Transfers* shows of a transfer with more files than fit: what failed, then what moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceClient } from '../../../src/client/client.ts';
import { listTransfers, transferFiles, type FileState, type TransferFile, type TransferInfo } from '../../../src/protocol.ts';
import { TransfersModel, type FileRow } from '../../../src/ui/transfers/model.ts';

const transfer: TransferInfo = { id: 'a', instance: 'lake', kind: 'upload', state: 'running', title: '100000 files to R', made: 0, files: { total: 100_000, done: 50_000, failed: 3, skipped: 0, cancelled: 0, running: 12 }, bytes: { total: 1, done: 0 } };
const stateOf = (n: number): FileState => ([7, 20_000, 49_000].includes(n) ? 'failed' : n < 50_000 ? 'done' : n < 50_012 ? 'running' : 'queued');

test('of 100 000 files those that failed and those that move are on the first page, by a handful of calls', async () => {
  let calls = 0;
  const client = {
    on: () => ({ dispose: () => undefined }),
    request: async (type: { readonly method: string }, params: { readonly states?: readonly FileState[]; readonly after?: number; readonly limit: number }): Promise<unknown> => {
      if (type.method === listTransfers.method) return [transfer];
      assert.equal(type.method, transferFiles.method);
      calls++;
      const files: TransferFile[] = [];
      for (let n = (params.after ?? -1) + 1; n < 100_000 && files.length < params.limit; n++) if (params.states?.includes(stateOf(n))) files.push({ n, path: `/${n}`, did: { scope: 's', name: `f${n}` }, bytes: 1, state: stateOf(n) });
      return files;
    },
  };
  const model = new TransfersModel(client as unknown as Pick<ServiceClient, 'request' | 'on'>);
  await model.root.listing.first();
  const { branch } = model.row('a')!;
  await branch.get();
  await branch.listing.settled;
  const shown = (await branch.get()).flatMap((row) => ('file' in row ? [(row as FileRow).file] : []));
  assert.deepEqual(shown.slice(0, 16).map(({ state }) => state), [...Array<string>(3).fill('failed'), ...Array<string>(12).fill('running'), 'queued']);
  assert.equal(shown.length, 200);
  assert.ok(calls <= 6, `${calls} calls`);
  model.dispose();
});
