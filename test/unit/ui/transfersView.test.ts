// What *Transfers* shows of a transfer with more files than fit: what failed, then what moves; and what can be done with which.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import type { ServiceClient } from '../../../src/client/client.ts';
import { listTransfers, transferFiles, type FileState, type TransferAction, type TransferFile, type TransferInfo, type TransferState } from '../../../src/protocol.ts';
import { actionsOf, fitting } from '../../../src/ui/transfers/actions.ts';
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

const states: readonly TransferState[] = ['running', 'paused', 'waiting', 'stopped', 'done', 'cancelled'];
const inState = (state: TransferState, failed = 0): TransferInfo => ({ ...transfer, state, files: { ...transfer.files, failed } });

test('of several, a command acts on those whose state fits; where none does, the service is asked all the same, and says why', () => {
  const all = new Map(states.map((state) => [state as string, inState(state)]));
  const of = (action: TransferAction, ids: readonly string[]): readonly string[] => fitting(action, ids, (id) => all.get(id));
  assert.deepEqual(of('pause', ['done', 'running']), ['running']);
  assert.deepEqual(of('cancel', [...all.keys()]), ['running', 'paused', 'waiting', 'stopped']);
  assert.deepEqual(of('clear', ['running', 'cancelled', 'done']), ['cancelled', 'done']);
  assert.deepEqual(of('resume', ['running', 'paused', 'not known here']), ['paused', 'not known here']);
  assert.deepEqual(of('pause', ['done', 'cancelled']), ['done', 'cancelled']);
});

test('the menu of a row offers what fits, and nothing else', () => {
  const { contributes: { menus } } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as { contributes: { menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>> } };
  const offered = (row: string): string[] => [...new Set(menus['view/item/context']!.flatMap(({ command, when = '' }) => {
    const [, action, pattern] = [.../^rucio\.(.*)Transfer$/.exec(command) ?? [], /viewItem =~ \/(.*)\//.exec(when)?.[1]];
    return action !== undefined && pattern !== undefined && new RegExp(pattern).test(row) ? [action] : [];
  }))].sort();
  for (const state of states) {
    for (const failed of [0, 3]) {
      const actions = actionsOf(inState(state, failed));
      assert.ok(actions.length > 0);
      assert.deepEqual(offered(['transfer', state, 'upload', ...actions].join(' ')), [...actions].sort(), state);
    }
  }
  assert.deepEqual(offered('file failed'), []);
  assert.deepEqual([actionsOf(inState('done')), actionsOf(inState('done', 3)), actionsOf(inState('cancelled'))], [['clear'], ['retry', 'clear'], ['retry', 'clear']]);
});

test('it is told that the list changed when another is had, also an empty one, and of what is not in a list yet', async () => {
  const listed: (readonly TransferInfo[])[] = [[transfer], []];
  let hear: ((news: { readonly id: string; readonly transfer: TransferInfo | null }) => void) | undefined;
  const client = {
    on: (_type: unknown, handler: typeof hear) => { hear = handler; return { dispose: () => undefined }; },
    request: async (): Promise<unknown> => listed.shift() ?? assert.fail('asked too often'),
  };
  const model = new TransfersModel(client as unknown as Pick<ServiceClient, 'request' | 'on'>);
  const known: number[] = [];
  model.onDidChange(() => known.push(model.all().length));
  hear!({ id: 'b', transfer: { ...transfer, id: 'b' } });
  assert.deepEqual(known.splice(0), [1]);
  hear!({ id: 'b', transfer: null });
  assert.deepEqual(known.splice(0), [0]);
  await model.root.listing.refresh();
  assert.equal(known.splice(0).at(-1), 1);
  await model.root.listing.refresh();
  assert.equal(known.splice(0).at(-1), 0);
  model.dispose();
});
