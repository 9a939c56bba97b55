// Leaving: cancel, pause, clear, whatever else goes on. Nobody waits for others, nothing lies about afterwards, and what one wants is what is done.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TransferInfo } from '../../src/lake/transfers/types.ts';
import { mine, scene } from './scene.ts';

const s = await scene();
after(() => s.close());
afterEach(() => {
  s.storage.clear();
  s.rucio.clear();
});
const MB = 1_000_000;
const until = async (fits: () => boolean): Promise<void> => {
  for (let n = 0; !fits(); n++) {
    assert.ok(n < 3000, 'it never came to that');
    await sleep(10);
  }
};
const asked = (method: string, name: string): number => s.storage.seen.filter((call) => call.method === method && call.path.includes(name)).length;
const now = ({ id }: TransferInfo): TransferInfo => s.engine.list(mine).find((one) => one.id === id)!;
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const began = performance.now();
  await work;
  assert.ok(performance.now() - began < ms, `it took ${Math.round(performance.now() - began)} ms`);
}

test('D9 cancelled, paused while all room is taken by another transfer that hangs: at once', async () => {
  s.storage.add({ method: 'PUT', path: /d9\.large/, delay: 600_000 });
  const large = await s.engine.upload(s.with, s.wish([0, 1, 2, 3].map((n) => s.file(`d9.large.${n}.bin`, 70 * MB))));
  await until(() => asked('PUT', 'd9.large') === 4);
  const one = await s.engine.upload(s.with, s.wish([s.file('d9.waits.bin', 10)]));
  const two = await s.engine.upload(s.with, s.wish([s.file('d9.waits.too.bin', 10)]));
  await sleep(200);
  await within(5000, s.engine.act(mine, one.id, 'cancel'));
  await within(5000, s.engine.act(mine, two.id, 'pause'));
  assert.deepEqual([now(one).state, now(two).state], ['cancelled', 'paused']);
  await within(5000, s.engine.act(mine, large.id, 'cancel'));
  assert.equal((await s.ended((await s.engine.act(mine, two.id, 'resume'))!)).files.done, 1);
});

test('D9 cancelled while the storage hangs at each call: within 5 s, and what may stay there is said', async () => {
  s.storage.add({ path: /d9\.hangs/, delay: 600_000 });
  s.storage.add({ method: 'HEAD', path: /d9\.hangs\.bin$/, answer: { status: 404 } });
  const going = await s.engine.upload(s.with, s.wish([s.file('d9.hangs.bin', 10)]));
  await until(() => asked('PUT', 'd9.hangs') === 1);
  await within(5000, s.engine.act(mine, going.id, 'cancel'));
  const [file] = s.files(going);
  assert.equal(file!.state, 'cancelled');
  assert.match(file!.error!.what, /What was sent of it stays at .*d9\.hangs\.bin\.[0-9a-f]{12}\.part/);
});

test('D9 cancelled while checksums of another transfer are waited for', async () => {
  s.storage.add({ method: 'HEAD', path: /d9\.sums\.[01].*part/, delay: 600_000 });
  const others = await s.engine.upload(s.with, s.wish([0, 1].map((n) => s.file(`d9.sums.${n}.bin`, 10))));
  // Small files are looked for at their final names just before MOVE only.
  await until(() => s.storage.seen.filter(({ method, path: at }) => method === 'HEAD' && /d9\.sums\.[01].*part/.test(at)).length === 2);
  const waits = await s.engine.upload(s.with, s.wish([s.file('d9.third.bin', 10)]));
  await until(() => asked('PUT', 'd9.third') === 1);
  await sleep(200);
  await within(5000, s.engine.act(mine, waits.id, 'cancel'));
  await within(5000, s.engine.act(mine, others.id, 'cancel'));
  assert.deepEqual(s.torsos(), []);
});

test('D9 cancelled in the middle of MOVE, which the storage does all the same: nothing stays under the final name', async () => {
  s.storage.add({ method: 'MOVE', path: /d9\.moved/, loseAnswer: true });
  let moved = false;
  s.storage.add({ method: 'MOVE', path: /d9\.moved/, when: () => { moved = true; return false; } });
  // Nothing can be looked at for a moment: nobody knows whether it was done.
  s.storage.add({ method: 'HEAD', path: /d9\.moved/, drop: true, when: () => moved, times: 2 });
  const going = await s.engine.upload(s.with, s.wish([s.file('d9.moved.bin', 1000)]));
  await until(() => moved);
  await s.engine.act(mine, going.id, 'cancel');
  assert.deepEqual([(await s.look(`${s.prefix}d9.moved.bin`)).disk, s.torsos()], [null, []]);
});

test('D9 10 000 that wait, cancelled', { timeout: 120_000 }, async () => {
  const folder = path.join(s.folder, 'thousands');
  const before = s.storage.connections().open;
  fs.mkdirSync(folder);
  for (let n = 0; n < 10_000; n++) fs.writeFileSync(path.join(folder, `w${n}.bin`), 'x');
  s.storage.add({ method: 'PUT', path: /\.w\d+\.bin/, delay: 600_000 });
  const going = await s.engine.upload(s.with, s.wish([folder]));
  await until(() => s.storage.seen.some(({ method, path: at }) => method === 'PUT' && /\.w\d+\.bin/.test(at)));
  await within(5000, s.engine.act(mine, going.id, 'cancel'));
  assert.equal(now(going).files.cancelled, 10_000);
  await until(() => s.storage.connections().open <= before + 12); // a dozen are kept for the next calls
  assert.deepEqual(s.torsos(), []);
});

test('paused and resumed at once, twice: it goes on', async () => {
  s.storage.add({ method: 'PUT', path: /twice/, delay: 500, times: 1 });
  const going = await s.engine.upload(s.with, s.wish([s.file('twice.bin', 1000)]));
  await until(() => asked('PUT', 'twice') === 1);
  const acts = (['pause', 'resume', 'pause', 'resume'] as const).map((action) => s.engine.act(mine, going.id, action));
  await Promise.all(acts);
  const ended = await s.ended(going);
  assert.deepEqual([ended.state, ended.files.done], ['done', 1], JSON.stringify(s.files(going)));
});

test('what was kept for another try goes when the transfer is cleared from the list', async () => {
  s.storage.add({ method: 'MOVE', path: /cleared/, answer: { status: 503 } });
  const ended = await s.upload([s.file('cleared.bin', 1000)]);
  assert.equal(ended.files.failed, 1);
  assert.equal(s.torsos().length, 1, 'whole and verified: another try costs one MOVE');
  assert.equal(asked('PUT', 'cleared'), 1);
  await s.engine.act(mine, ended.id, 'clear');
  assert.deepEqual(s.torsos(), []);
});
