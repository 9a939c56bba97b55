// The rows C of the fault matrix: what can go wrong between a storage that has the file and a catalogue that is to know it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, test } from 'node:test';
import { Transfers } from '../../src/lake/transfers/engine.ts';
import { rest, rows, token } from '../support/lake/client.ts';
import { mine, RSE, scene, SCOPE } from './scene.ts';

const s = await scene();
after(() => s.close());
afterEach(() => {
  s.storage.clear();
  s.rucio.clear();
});
const errorOf = (transfer: Parameters<typeof s.files>[0]): string => [transfer.error?.what, ...s.files(transfer).map(({ error }) => error?.what)].join(' ');

// C1: the service ends between two steps, and another begins where the journal says. The kills at any instant are in kills.test.ts.
for (const [where, rule] of [
  ['journal | temporary PUT', { method: 'PUT' }], ['PUT | verify', { method: 'HEAD', path: /\.part$/ }], ['verify | look at the final name', { method: 'HEAD', path: /\.bin$/ }], ['look | MOVE', { method: 'MOVE' }],
] as const) {
  for (const done of [false, true]) {
    test(`C1 ended at ${where}, ${done ? 'with' : 'without'} the storage having done it`, async () => {
      const name = `c1.${where.replace(/\W/g, '')}.${done}.bin`;
      const file = s.file(name, 20_000);
      const state = fs.mkdtempSync(path.join(s.folder, 'state-'));
      const first = new Transfers({ state, onChange: () => undefined, retry: { attempts: 1, first: 1, last: 1 }, checksumMs: 500 });
      s.storage.add({ ...rule, ...(done ? { loseAnswer: true } : { drop: true }) });
      const { id } = await first.upload(s.with, s.wish([file]));
      for (let n = 0; first.list(mine)[0]!.state === 'running' && n < 3000; n++) await new Promise((resolve) => { setTimeout(resolve, 10); });
      await first.close();
      s.storage.clear();
      const second = new Transfers({ state, onChange: () => undefined, retry: { attempts: 3, first: 20, last: 50 }, checksumMs: 500 });
      second.serve(s.with);
      if (second.list(mine)[0]!.state !== 'running') await second.act(mine, id, 'retry');
      for (let n = 0; second.list(mine)[0]!.state === 'running' && n < 3000; n++) await new Promise((resolve) => { setTimeout(resolve, 10); });
      assert.equal(second.list(mine)[0]!.files.done, 1, JSON.stringify(second.files(mine, id, { limit: 5 })));
      await second.close();
      await s.whole(file);
    });
  }
}

for (const [what, call] of [['register', { method: 'POST', path: '/replicas' }], ['rule', { method: 'POST', path: '/rules/' }]] as const) {
  for (const fault of [{ drop: true }, { loseAnswer: true }, { answer: { status: 503 } }, { answer: { status: 500, body: 'oh' } }] as const) {
    test(`C1, C3 ${what}: ${JSON.stringify(fault)}`, async () => {
      const file = s.file(`c3.${what}.${Object.keys(fault)[0]}${'answer' in fault && fault.answer ? fault.answer.status : ''}.bin`, 3000);
      s.rucio.add({ ...call, ...fault, times: 1 });
      let ended = await s.upload([file]);
      if (ended.files.done === 0) ended = await s.ended((await s.engine.act(mine, ended.id, 'retry'))!);
      assert.equal(ended.files.done, 1, errorOf(ended));
      await s.whole(file);
      assert.equal(s.storage.seen.filter(({ method, path: at }) => method === 'PUT' && at.includes(path.basename(file))).length, 1, 'sent once');
    });
  }
}

test('C1 dataset: made once, attached once, one rule, whatever is lost', async () => {
  for (const call of [/^\/dids\/faults\/[^/]+$/, /^\/dids\/faults\/[^/]+\/dids$/]) {
    const dataset = { scope: SCOPE, name: `${s.prefix}ds${call.source.length}` };
    const files = [1, 2, 3].map((n) => s.file(`c1ds/${call.source.length}.${n}.bin`, 100 + n));
    s.rucio.add({ method: 'POST', path: call, loseAnswer: true, times: 1 });
    let ended = await s.upload(files, { dataset });
    if (ended.files.done < 3) ended = await s.ended((await s.engine.act(mine, ended.id, 'retry'))!);
    assert.equal(ended.files.done, 3, errorOf(ended));
    const asAlice = await token(s.info, 'alice');
    assert.equal(rows(await rest(s.info, asAlice, 'GET', `/dids/${SCOPE}/${dataset.name}/dids`)).length, 3);
    assert.deepEqual(rows<{ rse_expression: string }>(await rest(s.info, asAlice, 'GET', `/dids/${SCOPE}/${dataset.name}/rules`)).map((rule) => rule.rse_expression), [RSE]);
  }
});

test('C1 left half-registered by another tool: finished where that is allowed, else said', async () => {
  const file = s.file('c1.copying.bin', 4000);
  const { adler32 } = await import('../support/adler32.ts');
  const asAlice = await token(s.info, 'alice');
  const name = `${s.prefix}c1.copying.bin`;
  const made = await rest(s.info, asAlice, 'POST', '/replicas', { rse: RSE, files: [{ scope: SCOPE, name, bytes: 4000, adler32: adler32(fs.readFileSync(file)), state: 'C' }] });
  assert.equal(made.status, 201, made.text);
  const ended = await s.upload([file]);
  const there = await s.look(name);
  if (ended.files.done === 1) await s.whole(file);
  else {
    // This server lets administrators only put it right: what is where is said.
    assert.match(errorOf(ended), /is at the storage, whole; another tool registered it as being copied, and only an administrator can change that/);
    assert.equal(there.state, 'COPYING');
    assert.ok(there.disk?.equals(fs.readFileSync(file)));
  }
});

test('C2 the server asks for patience, or for too much of it', async () => {
  const file = s.file('c2.bin', 100);
  s.rucio.add({ method: 'POST', path: '/replicas/list', answer: { status: 503, retryAfter: 0 }, times: 1 });
  assert.equal((await s.upload([file])).files.done, 1);
  await s.whole(file);
});

test('C8 the dataset was closed by somebody meanwhile: said; the file stays registered, and nothing goes in circles', async () => {
  const dataset = { scope: SCOPE, name: `${s.prefix}closed` };
  assert.equal((await s.upload([s.file('c8.first.bin', 10)], { dataset })).files.done, 1);
  const going = s.wish([s.file('c8.second.bin', 10)], { dataset });
  const plan = await s.engine.planUpload(s.with, going);
  assert.deepEqual(plan.problems, []);
  s.storage.add({ method: 'PUT', path: /c8\.second/, delay: 300 });
  const transfer = await s.engine.upload(s.with, going);
  const closed = await rest(s.info, await token(s.info, 'alice'), 'PUT', `/dids/${SCOPE}/${dataset.name}/status`, { open: false });
  assert.equal(closed.status, 200, closed.text);
  const ended = await s.ended(transfer);
  assert.equal(ended.files.done, 0);
  assert.match(errorOf(ended), /closed/);
  assert.match((await s.engine.planUpload(s.with, going)).problems.join(' '), /is closed: it takes no more files/);
});

test('C9 another account is signed in: it waits, and says for whom', async () => {
  const { engine } = s;
  const transfer = await engine.upload({ ...s.with, session: 'nine', account: async () => 'alice' }, s.wish([s.file('c9.bin', 10)]));
  await engine.act(new Set(['nine']), transfer.id, 'pause').catch(() => undefined);
  engine.serve({ ...s.with, session: 'nine', account: async () => 'bob' });
  const now = engine.list(new Set(['nine']))[0]!;
  if (now.state === 'paused') {
    await engine.act(new Set(['nine']), transfer.id, 'resume');
    for (let n = 0; engine.list(new Set(['nine']))[0]!.state === 'running' && n < 3000; n++) await new Promise((resolve) => { setTimeout(resolve, 10); });
    const after = engine.list(new Set(['nine']))[0]!;
    assert.equal(after.state, 'waiting');
    assert.match(after.error!.what, /was begun as alice, and bob is signed in now/);
  } else assert.fail(`it was ${now.state} before it could be paused`);
});

test('C1 ended after the check, and MOVE fails when it is gone on with, the storage not answering: a failure of the storage, and whole at the next try', async () => {
  const file = s.file('c1.kept.bin', 20_000);
  const state = fs.mkdtempSync(path.join(s.folder, 'state-'));
  const first = new Transfers({ state, onChange: () => undefined, retry: { attempts: 1, first: 1, last: 1 }, checksumMs: 500 });
  s.storage.add({ method: 'MOVE', delay: 3000 });
  const { id } = await first.upload(s.with, s.wish([file]));
  while (!s.storage.seen.some(({ method, path: at }) => method === 'MOVE' && at.includes('c1.kept'))) await new Promise((resolve) => { setTimeout(resolve, 10); });
  s.storage.add({ method: 'HEAD', drop: true }); // nothing can be looked at any more
  await first.close();
  s.storage.clear();
  s.storage.add({ method: 'MOVE', drop: true, times: 1 });
  let moved = false;
  s.storage.add({ method: 'HEAD', drop: true, when: () => moved });
  s.storage.add({ method: 'MOVE', drop: true, when: () => { moved = true; return true; }, times: 1 });
  const second = new Transfers({ state, onChange: () => undefined, retry: { attempts: 1, first: 1, last: 1 }, checksumMs: 500 });
  second.serve(s.with);
  const over = async (): Promise<void> => { for (let n = 0; second.list(mine)[0]!.state === 'running' && n < 3000; n++) await new Promise((resolve) => { setTimeout(resolve, 10); }); };
  await over();
  assert.equal(second.files(mine, id, { limit: 1 })[0]!.error?.kind, 'unreachable', JSON.stringify([second.list(mine), second.files(mine, id, { limit: 1 })]));
  s.storage.clear();
  await second.act(mine, id, 'retry');
  await over();
  assert.equal(second.list(mine)[0]!.files.done, 1, JSON.stringify(second.files(mine, id, { limit: 5 })));
  await second.close();
  await s.whole(file);
});
