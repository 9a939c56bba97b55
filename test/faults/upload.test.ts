// The rows U of the fault matrix: what can go wrong with an upload's bytes. After each, the invariants: nothing called uploaded that is not
// there whole, no torso under a final name, nothing of another's touched, one replica and one rule.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { rest, token } from '../support/lake/client.ts';
import { startStorage, stopStorage } from '../support/lake/storage.ts';
import { mine, onDisk, RSE, scene, SCOPE } from './scene.ts';

const s = await scene();
after(() => s.close());
afterEach(() => {
  s.storage.clear();
  s.rucio.clear();
});
const MB = 1_000_000;
const errorOf = (transfer: Parameters<typeof s.files>[0]): string => s.files(transfer).map(({ error }) => error && `${error.what} ${error.next}`).join(' ');

test('U1 the storage dies in the middle of a PUT and comes back', async () => {
  const file = s.file('u1.bin', 30 * MB);
  s.storage.add({ method: 'PUT', cutSendingAfter: 11 * MB, times: 1 });
  const going = await s.engine.upload(s.with, s.wish([file]));
  while (s.storage.count({ path: /u1\.bin/ }) < 2) await sleep(10);
  await stopStorage(s.info, 'scratch');
  await sleep(300);
  await startStorage(s.info, 'scratch');
  let ended = await s.ended(going);
  if (ended.files.failed > 0) ended = await s.ended((await s.engine.act(mine, going.id, 'retry'))!); // it was away for longer than the tries of this test
  assert.deepEqual([ended.state, ended.files.done], ['done', 1], errorOf(ended));
  await s.whole(file);
});

for (const how of ['at once', 'fin'] as const) {
  for (const at of [0, 1, 370_000, MB - 1]) {
    test(`U2 cut (${how}) after ${at} of ${MB} bytes`, async () => {
      const file = s.file(`u2.${how.replace(' ', '')}.${at}.bin`, MB);
      s.storage.add({ method: 'PUT', cutSendingAfter: at, how, times: 1 });
      const ended = await s.upload([file]);
      assert.deepEqual([ended.state, ended.files.done], ['done', 1], errorOf(ended));
      await s.whole(file);
    });
  }
}

test('U2 all bytes arrived, the answer did not: it is looked at, not sent again', async () => {
  const file = s.file('u2.lost.bin', MB);
  s.storage.add({ method: 'PUT', loseAnswer: true, times: 1 });
  assert.equal((await s.upload([file])).files.done, 1);
  await s.whole(file);
  assert.equal(s.storage.seen.filter(({ method, path: at }) => method === 'PUT' && at.includes('u2.lost')).length, 1);
});

test('U3 the storage says 200 and keeps a torso', async () => {
  const file = s.file('u3.bin', MB);
  s.storage.add({ method: 'HEAD', path: /u3\.bin\..*part/, headers: { 'Content-Length': '123' } });
  const ended = await s.upload([file]);
  assert.equal(ended.files.failed, 1);
  assert.match(errorOf(ended), /has not what was sent .*123 bytes, and 1000000 were sent/);
  const there = await s.look(`${s.prefix}u3.bin`);
  assert.deepEqual([there.known, there.disk], [false, null]);
  assert.deepEqual(s.torsos(), []);
});

test('U4 a bit is turned on the way: never moved, removed, sent again from the disk', async () => {
  const file = s.file('u4.bin', MB);
  s.storage.add({ method: 'PUT', flipSent: 500_000, times: 1 });
  assert.equal((await s.upload([file])).files.done, 1);
  await s.whole(file);
  const always = s.file('u4.always.bin', MB);
  s.storage.add({ method: 'PUT', flipSent: 500_000 });
  const ended = await s.upload([always]);
  assert.equal(ended.files.failed, 1);
  assert.match(errorOf(ended), /its adler32 is [0-9a-f]{8}, and that of the bytes sent [0-9a-f]{8}/);
  assert.ok(!s.storage.seen.some(({ method, path: at }) => method === 'MOVE' && at.includes('u4.always')));
  assert.deepEqual([(await s.look(`${s.prefix}u4.always.bin`)).disk, s.torsos()], [null, []]);
});

test('U5 the checksum comes late, or never: waited for, then “not verified”, never “differs”', async () => {
  const late = s.file('u5.late.bin', 1000);
  s.storage.add({ method: 'HEAD', path: /u5\.late/, headers: { Digest: '' }, times: 1 });
  const one = await s.upload([late]);
  assert.equal(s.files(one)[0]!.note, undefined);
  await s.whole(late);
  const never = s.file('u5.never.bin', 1000);
  s.storage.add({ method: 'HEAD', path: /u5\.never/, headers: { Digest: '' } });
  const two = await s.upload([never]);
  assert.deepEqual([two.files.done, s.files(two)[0]!.note], [1, 'not verified: the storage gives no checksum']);
  await s.whole(never);
});

test('U6 a checksum without its leading zero, or in RFC 9530’s spelling, is the same', async () => {
  const zero = s.file('u6.zero.bin', Buffer.from('a')); // adler32 00620062
  s.storage.add({ method: 'HEAD', path: /u6\.zero/, headers: { Digest: 'adler32=620062' } });
  assert.equal((await s.upload([zero])).files.done, 1);
  await s.whole(zero);
  const other = s.file('u6.repr.bin', Buffer.from('a'));
  s.storage.add({ method: 'HEAD', path: /u6\.repr/, headers: { Digest: '', 'Repr-Digest': `adler=:${Buffer.from('00620062', 'hex').toString('base64')}:` } });
  const ended = await s.upload([other]);
  assert.deepEqual([ended.files.done, s.files(ended)[0]!.note], [1, undefined]);
});

test('U7 the bad file can’t be removed: it is said which stays, and another name is used', async () => {
  const file = s.file('u7.bin', MB);
  s.storage.add({ method: 'PUT', path: /u7\.bin/, flipSent: 1 });
  s.storage.add({ method: 'DELETE', path: /u7\.bin/, answer: { status: 403 } });
  const ended = await s.upload([file]);
  assert.equal(ended.files.failed, 1);
  const [name] = s.torsos();
  assert.ok(name !== undefined);
  assert.match(errorOf(ended), /What was sent of it stays at .*u7\.bin\.[0-9a-f]{12}\.part: it could not be removed/);
  for (const torso of s.torsos()) fs.rmSync(torso);
});

test('U8 the same file is at the final name: not sent, and entered; another one: refused, untouched', async () => {
  // As an official client leaves it when it dies between storage and catalogue: the file, and nothing in the catalogue.
  const dark = s.file('u8.dark.bin', 100_000);
  const tiny = s.file('u8.tiny.bin', 5000);
  const other = s.file('u8.other.bin', 5000);
  for (const [name, content] of [['u8.dark.bin', fs.readFileSync(dark)], ['u8.tiny.bin', fs.readFileSync(tiny)], ['u8.other.bin', Buffer.from('somebody else’s')]] as const) {
    const url = (await pfnOf(`${s.prefix}${name}`)).replace(/^davs/, 'https');
    await s.lake.storage.put(new URL(url), async function* () { yield content; }, content.length);
  }
  const ended = await s.upload([dark]);
  assert.deepEqual([ended.files.done, s.files(ended)[0]!.note], [1, 'the same file was there already'], errorOf(ended));
  assert.ok(!s.storage.seen.some(({ method, path: at }) => method === 'PUT' && at.includes('u8.dark')));
  await s.whole(dark);
  // A small one is sent as quickly as asked about: to a name of its own, which goes again.
  const again = await s.upload([tiny]);
  assert.deepEqual([again.files.done, s.files(again)[0]!.note], [1, 'the same file was there already'], errorOf(again));
  assert.ok(!s.storage.seen.some(({ method, path: at }) => method === 'MOVE' && at.includes('u8.tiny')));
  await s.whole(tiny);
  const refused = await s.upload([other]);
  assert.match(errorOf(refused), /Another file lies at .*u8\.other\.bin \(\d+ bytes.*It was not touched/);
  assert.match(fs.readFileSync(onDisk(s.info, (file) => file.endsWith('u8.other.bin'))[0]!, 'latin1'), /somebody else/);
});

async function pfnOf(name: string): Promise<string> {
  const reply = await rest(s.info, await token(s.info, 'alice'), 'GET', `/rses/${RSE}/lfns2pfns?lfn=${SCOPE}:${name}&scheme=davs&operation=write`);
  return (JSON.parse(reply.text) as Record<string, string>)[`${SCOPE}:${name}`]!;
}

for (const [what, fault] of [['is answered with 412', { answer: { status: 412 } }], ['with 404', { answer: { status: 404 } }], ['with 405', { answer: { status: 405 } }], ['is done, and its answer lost', { loseAnswer: true }], ['is cut before it is done', { drop: true }]] as const) {
  test(`U9 MOVE ${what}`, async () => {
    const file = s.file(`u9.${what.replace(/\W/g, '')}.bin`, 5000);
    s.storage.add({ method: 'MOVE', times: 1, ...fault });
    let ended = await s.upload([file]);
    if (ended.files.done === 0) {
      assert.deepEqual([(await s.look(`${s.prefix}u9.${what.replace(/\W/g, '')}.bin`)).disk, s.torsos()], [null, []]);
      ended = await s.ended((await s.engine.act(mine, ended.id, 'retry'))!);
    }
    assert.equal(ended.files.done, 1, errorOf(ended));
    await s.whole(file);
  });
}

for (const [what, change] of [
  ['grows', (file: string) => fs.appendFileSync(file, 'more')], ['shrinks', (file: string) => fs.truncateSync(file, 100)], ['is written to', (file: string) => fs.writeFileSync(file, Buffer.alloc(24 * MB, 1))],
  ['is replaced', (file: string) => { fs.copyFileSync(file, `${file}.new`); fs.renameSync(`${file}.new`, file); }], ['is deleted', (file: string) => fs.rmSync(file)],
] as const) {
  test(`U10 the file ${what} while it is sent`, async () => {
    const name = `u10.${what.replace(/\W/g, '')}.bin`;
    const file = s.file(name, 24 * MB);
    s.storage.add({ method: 'PUT', path: new RegExp(name), delay: 300, times: 1 });
    const going = await s.engine.upload(s.with, s.wish([file]));
    while (!s.storage.seen.some(({ method, path: at }) => method === 'PUT' && at.includes(name))) await sleep(5);
    await sleep(20);
    change(file);
    const ended = await s.ended(going);
    if (what === 'is deleted') {
      assert.equal(ended.files.failed, 1);
      assert.match(errorOf(ended), /changed while it was being uploaded: .*It was not entered in the catalogue/);
      const there = await s.look(`${s.prefix}${name}`);
      assert.deepEqual([there.known, there.disk, s.torsos()], [false, null, []]);
      return;
    }
    // Left alone from then on: it is sent as it is now, and that is said.
    assert.equal(ended.files.done, 1, errorOf(ended));
    assert.match(s.files(ended)[0]!.note ?? '', /changed while it was being sent/);
    await s.whole(file);
  });
}

test('U10 the file is written to all the time: said, and nothing of it is kept', async () => {
  // More than sockets hold: what the storage does not take yet is not read yet either.
  const file = s.file('u10.always.bin', 24 * MB);
  s.storage.add({ method: 'PUT', path: /u10\.always/, delay: 300 });
  const going = await s.engine.upload(s.with, s.wish([file]));
  const writing = setInterval(() => fs.appendFileSync(file, 'x'), 10);
  const ended = await s.ended(going);
  clearInterval(writing);
  assert.equal(ended.files.failed, 1);
  assert.match(errorOf(ended), /changed while it was being uploaded: .*It was not entered in the catalogue/);
  const there = await s.look(`${s.prefix}u10.always.bin`);
  assert.deepEqual([there.known, there.disk, s.torsos()], [false, null, []]);
});

test('U11 a file of no bytes', async () => {
  const file = s.file('u11.bin', 0);
  const began = Date.now();
  assert.equal((await s.upload([file])).files.done, 1);
  assert.ok(Date.now() - began < 20_000);
  await s.whole(file);
});

test('U14 links, pipes, sockets and what may not be read are left out, and said; the rest is sent', async () => {
  const file = s.file('u14/good.bin', 10);
  const folder = file.slice(0, -'/good.bin'.length);
  fs.symlinkSync('/etc/passwd', `${folder}/passwd`);
  fs.symlinkSync('..', `${folder}/up`);
  fs.symlinkSync(folder, `${folder}/loop`);
  fs.symlinkSync('nowhere', `${folder}/dangling`);
  fs.symlinkSync('good.bin', `${folder}/inside`);
  const { execFileSync } = await import('node:child_process');
  execFileSync('mkfifo', [`${folder}/pipe`]);
  const plan = await s.engine.planUpload(s.with, s.wish([folder]));
  assert.deepEqual(plan.files.map(({ path }) => path.slice(folder.length + 1)).sort(), ['good.bin', 'inside']);
  assert.deepEqual(plan.skipped.map(({ path }) => path.slice(folder.length + 1)).sort(), ['dangling', 'loop', 'passwd', 'pipe', 'up']);
  assert.equal((await s.upload([folder])).files.done, 2);
});

test('U15 names: what Rucio can’t keep is said before anything is sent', async () => {
  const plan = async (name: string): Promise<string> => (await s.engine.planUpload(s.with, s.wish([s.file(`u15/${name}`, 1)], { prefix: '' }))).problems.join(' ');
  assert.match(await plan('n'.repeat(251)), /has 251 characters, and Rucio keeps 250/);
  assert.match(await plan('line\nbreak'), /control character/);
  assert.equal(await plan('-leading'), '');
  const odd = await s.engine.planUpload(s.with, s.wish([s.file('u15/a b#?%+&;.txt', 1)], { prefix: '' }));
  assert.match(odd.warnings.join(' '), /many servers refuse such names/);
  const twins = await s.engine.planUpload(s.with, s.wish([s.file('u15/x/same', 1), s.file('u15/y/same', 1)]));
  assert.match(twins.problems.join(' '), /would have the same name/);
});

test('U16 another writer has it open: waited for, then said', async () => {
  const file = s.file('u16.bin', 10);
  s.storage.add({ method: 'PUT', answer: { status: 423 }, times: 2 });
  assert.equal((await s.upload([file])).files.done, 1);
  await s.whole(file);
  s.storage.add({ method: 'PUT', answer: { status: 423 } });
  const ended = await s.upload([s.file('u16.always.bin', 10)]);
  assert.match(errorOf(ended), /another writer has the file open \(423/);
});

test('U17 no room: not tried again, and the others are not sent', async () => {
  const files = Array.from({ length: 30 }, (_, n) => s.file(`u17/${n}.bin`, 10));
  s.storage.add({ method: 'PUT', answer: { status: 507, body: 'No space left' } });
  const ended = await s.upload(files);
  assert.equal(ended.state, 'stopped');
  assert.match(ended.error!.what, /no room/);
  const sent = s.storage.seen.filter(({ method, path: at }) => method === 'PUT' && at.includes('.bin') && at.includes(s.prefix)).length;
  s.storage.clear();
  assert.ok(sent > 0);
  const again = await s.ended((await s.engine.act(mine, ended.id, 'resume'))!);
  assert.deepEqual([again.state, again.files.done], ['done', 30], errorOf(again));
});

test('U18 sent on to a disk server: the whole body goes there, the token only in the same house', async () => {
  const file = s.file('u18.bin', 2 * MB);
  const to = new URL(s.info.rses[RSE].davs.replace(/^davs/, 'https')).origin; // lake.test: not of the proxy's house
  let at = '';
  const put = s.storage.add({ method: 'PUT', path: /u18\.bin/, answer: { status: 307, headers: { Location: `${to}/rucio/u18-of-another-house` } } });
  const ended = await s.upload([file]);
  put();
  // Without a token the other house lets nobody write.
  assert.ok(ended.state === 'stopped' || ended.files.failed === 1, JSON.stringify(ended));
  at = s.storage.url;
  s.storage.add({ method: 'PUT', path: /u18b\.bin\.[0-9a-f]+\.part$/, answer: { status: 307, headers: { Location: `${at}/rucio/moved-on-u18b` } }, times: 1 });
  const same = s.file('u18b.bin', 2 * MB);
  const second = await s.upload([same]);
  // The same house takes it, under the name it said: what is looked for at ours is not there, and nothing is called uploaded before it is.
  assert.equal(s.storage.seen.filter(({ method, path: put }) => method === 'PUT' && put === '/rucio/moved-on-u18b').length, 1);
  assert.equal(second.files.done + second.files.failed, 1);
  for (const name of onDisk(s.info, (name) => name.includes('moved-on-u18b'))) fs.rmSync(name);
});
