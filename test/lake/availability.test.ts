// "Can I read this here?" and "make it so", against a real Rucio and real storage.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { explain } from '../../src/lake/advice.ts';
import { MountInspector } from '../../src/lake/mounts/inspector.ts';
import type { Lake } from '../../src/lake/lake.ts';
import { keyOf } from '../../src/lake/availability/memory.ts';
import { pfnToPath } from '../../src/lake/mounts/mounts.ts';
import type { Availability, AvailabilityInfo, Explained, RuleProgress, TypedDID } from '../../src/lake/types.ts';
import { adler32 } from '../support/adler32.ts';
import { removeRule, rest, standin, token, waitForRule } from '../support/lake/client.ts';
import type { LakeInfo, RuleRole } from '../support/lake/info.ts';
import { sharedLake, temporaryFolder } from '../support/lake/shared.ts';
import { did, MOUNTED, openLake, type Opened } from './open-lake.ts';

const STATES: Readonly<Record<RuleRole, string>> = { ok: 'OK', replicating: 'REPLICATING', stuck: 'STUCK', waiting: 'WAITING_APPROVAL', suspended: 'SUSPENDED', inject: 'INJECT' };

let info: LakeInfo;
let opened: Opened;
let lake: Lake;
let alice: string;
before(async () => {
  info = await sharedLake();
  opened = openLake(info);
  ({ lake } = opened);
  alice = await token(info, 'alice');
  // A lake that has just started needs some seconds until the stuck rule is stuck.
  for (const [role, state] of Object.entries(STATES) as [RuleRole, string][]) await waitForRule(info, alice, info.seed.rules[role], state);
});
after(() => lake?.close());

const look = (text: string, of: Lake = lake): Promise<AvailabilityInfo> => of.availability(did(text));

async function filesOf(text: string): Promise<(TypedDID & { adler32: string; bytes: number })[]> {
  const files: (TypedDID & { adler32: string; bytes: number })[] = [];
  for await (const rows of lake.client.listContent(did(text))) files.push(...rows.map(({ scope, name, type, adler32, bytes }) => ({ scope, name, type, adler32: adler32!, bytes: bytes! })));
  return files;
}

async function failure(work: Promise<unknown>, of?: string): Promise<Explained> {
  try {
    await work;
  } catch (error) {
    return explain(error, { instance: 'lake', ...(of !== undefined && { did: did(of) }) });
  }
  throw new assert.AssertionError({ message: 'nothing failed' });
}

/** A new collection of alice's; its name is not used twice. */
async function collection(type: 'DATASET' | 'CONTAINER', children: readonly { scope: string; name: string }[]): Promise<string> {
  const name = `test.${type.toLowerCase()}.${Date.now()}.${Math.floor(Math.random() * 1e6)}`;
  const dids = children.map((child) => ({ scope: child.scope, name: child.name }));
  const made = await rest(info, alice, 'POST', `/dids/user.alice/${name}`, { type, ...(dids.length > 0 && { dids }) });
  assert.equal(made.status, 201, made.text);
  return `user.alice:${name}`;
}

describe('availability', () => {
  test('of collections: here, elsewhere, partly, nowhere, empty', async () => {
    const { dids } = info.seed;
    const right: [string, Availability, number, number][] = [
      [dids.available, 'available', 5, 5], [dids['odd-here'], 'available', 14, 14], [dids.elsewhere, 'notAvailable', 0, 6], [dids.partly, 'partly', 3, 6], [dids.nowhere, 'notAvailable', 0, 2],
      [dids['empty-dataset'], 'empty', 0, 0], [dids['empty-container'], 'empty', 0, 0], [dids['deep-container'], 'partly', 3, 30],
    ];
    for (const [text, state, available, total] of right) {
      const found = await look(text);
      assert.deepEqual([found.state, found.available, found.total], [state, available, total], `${text}: ${found.looked} ${found.error ?? ''}`);
      assert.equal(found.path, undefined);
    }
    const whole = await look(await collection('CONTAINER', [did(dids.available), did(dids['odd-here'])]));
    assert.deepEqual([whole.state, whole.available, whole.total], ['available', 19, 19]);
    assert.match(whole.looked, /looked at 15 files at the mount/);
  });

  test('of files with odd names: the path is there, and its bytes are those of the catalogue', async () => {
    for (const odd of info.seed.odd) {
      const found = await look(odd.did);
      if (odd.path === undefined) assert.equal(found.path === undefined, found.state !== 'available', odd.did); // some can't be removed once they came
      else {
        assert.equal(found.state, 'available', `${odd.did}: ${found.error ?? ''}`);
        assert.equal(found.path, path.join(info.rses[MOUNTED].mount!, odd.path));
        assert.equal(adler32(fs.readFileSync(found.path!)), odd.adler32);
      }
    }
  });

  test('of names that would lead out of the mount: a reason, and no path', async () => {
    const files = await filesOf(info.seed.dids.hostile);
    assert.ok(files.length > 0);
    const pfns = await lake.client.lfns2pfns(MOUNTED, files, { scheme: 'davs', operation: 'read' });
    for (const file of files) {
      const found = pfnToPath(pfns[keyOf(file)]!, { rseMountPath: '/mount', pathBeginsAt: 1 }, { name: file.name });
      if (file.name.split('/').includes('..')) assert.match('reason' in found ? found.reason : found.path, /"\.\."/, file.name);
      else assert.ok('path' in found && found.path.startsWith('/mount/'), file.name);
      assert.equal((await look(keyOf(file))).state, 'notAvailable');
    }
  });

  test('while a rule is at work, in every state of it, for the dataset and its files', async () => {
    const right: Record<RuleRole, Availability> = { ok: 'available', replicating: 'replicating', stuck: 'stuck', waiting: 'waitingApproval', suspended: 'suspended', inject: 'injecting' };
    for (const [role, state] of Object.entries(right) as [RuleRole, Availability][]) {
      const { did: text, id } = info.seed.rules[role];
      let found = await look(text);
      // Rucio's repairer takes a stuck rule up again now and then.
      for (let n = 0; found.state !== state && role === 'stuck' && n < 3; n++) {
        await waitForRule(info, alice, id, 'STUCK');
        found = await look(text);
      }
      assert.equal(found.state, state, found.looked);
      if (role !== 'ok') assert.equal(found.ruleId, id);
      const files = await Promise.all((await filesOf(text)).map((file) => look(keyOf(file))));
      assert.ok(files.some((file) => file.state === state), `a file of ${text}`);
      assert.ok(files.every((file) => file.state === state || file.state === 'available'));
    }
    assert.match((await look(info.seed.rules.stuck.did)).error!, /404.*no such file or directory/s);
    assert.equal((await look(info.seed.rules.stuck.did)).percent, 50);
  });

  test('of a failed transfer\'s file: not available, whatever lies at its path', async () => {
    const lost = (await filesOf(info.seed.rules.stuck.did)).find((file) => file.name.includes('lost'))!;
    const found = await look(keyOf(lost));
    assert.deepEqual([found.state, found.path], ['stuck', undefined]);
    assert.match(found.looked, /is UNAVAILABLE/);
  });

  test('of a DID that is not there, and of a storage that the server does not know', async () => {
    const missing = await failure(look('test:no.such.did'), 'test:no.such.did');
    assert.deepEqual([missing.kind, missing.exceptionClass], ['notFound', 'DataIdentifierNotFound']);
    assert.match(missing.what, /no test:no\.such\.did/);
    const { lake: wrong } = openLake(info, 'alice', { settings: { destination_rse: 'NO-SUCH-RSE' } });
    const unknown = await failure(look(info.seed.dids.available, wrong));
    assert.deepEqual([unknown.kind, unknown.actions], ['configuration', ['openSettings']]);
    assert.match(unknown.what, /no storage \(RSE\) "NO-SUCH-RSE", which destination_rse/);
    const refused = await failure(wrong.makeAvailable(did(info.seed.dids.spare)));
    assert.equal(refused.exceptionClass, 'InvalidRSEExpression');
    assert.match(refused.next, /destination_rse/);
    wrong.close();
  });
});

describe('the mount', () => {
  test('that does not answer has a name, and nothing waits for it', async () => {
    const inspector = new MountInspector({ deadlineMs: 100, start: () => ({ alive: true, stat: () => new Promise(() => undefined), dispose: () => undefined }) });
    const { lake: hung } = openLake(info, 'alice', { inspector });
    const [file] = await filesOf(info.seed.dids.available);
    assert.equal((await look(keyOf(file!), hung)).state, 'mountNotAnswering');
    const began = Date.now();
    assert.equal((await look(info.seed.dids.available, hung)).state, 'mountNotAnswering');
    assert.ok(Date.now() - began < 2000);
    assert.match((await hung.localPath(file!)).problem!, /does not answer/);
    hung.close();
  });

  test('that holds an empty file, or none, is not taken for the data', async () => {
    // Another folder in the mount's place: one file as a failed pull leaves it, one right, the others missing.
    const mount = temporaryFolder();
    const { lake: other } = openLake(info, 'alice', { settings: { rse_mount_path: mount } });
    const files = await filesOf(info.seed.dids.available);
    const places = new Map<string, string>();
    for (const file of files) places.set(file.name, path.relative(info.rses[MOUNTED].mount!, (await look(keyOf(file))).path!));
    for (const [n, file] of files.slice(0, 2).entries()) {
      const there = path.join(mount, places.get(file.name)!);
      fs.mkdirSync(path.dirname(there), { recursive: true });
      fs.writeFileSync(there, Buffer.alloc(n === 0 ? 0 : file.bytes));
    }
    const [empty, right, missing] = await Promise.all(files.slice(0, 3).map((file) => look(keyOf(file), other)));
    assert.deepEqual([empty!.state, right!.state, missing!.state], ['notAtMount', 'available', 'notAtMount']);
    assert.match(empty!.error!, /another size/);
    assert.match(missing!.error!, /There is no file/);
    const whole = await look(info.seed.dids.available, other);
    assert.equal(whole.state, 'notAtMount');
    assert.match(whole.error!, /4 of 5 files/);
    assert.equal((await other.localPath(did(info.seed.dids.available))).files!.length, 1);
    fs.rmSync(mount, { recursive: true });
    assert.match((await look(info.seed.dids.available, other)).error!, /no folder/);
    other.close();
  });

  test('with a wrong path_begins_at says so', async () => {
    const { lake: wrong } = openLake(info, 'alice', { settings: { path_begins_at: 40 } });
    const [file] = await filesOf(info.seed.dids.available);
    const found = await look(keyOf(file!), wrong);
    assert.equal(found.state, 'notAtMount');
    assert.match(found.error!, /path_begins_at is 40/);
    wrong.close();
  });
});

describe('watching', () => {
  test('tells what is visible in a few calls, and what changes', async () => {
    const { lake: watched, calls } = openLake(info);
    await watched.session.current();
    const roles = ['available', 'partly', 'elsewhere', 'to-hold', 'empty-dataset', 'container'] as const;
    const dids: TypedDID[] = roles.map((role) => ({ ...did(info.seed.dids[role]), type: role === 'container' ? 'CONTAINER' : 'DATASET' }));
    dids.push(...await filesOf(info.seed.dids.available), ...await filesOf(info.seed.dids['to-hold']));
    const told = new Map<string, Availability>();
    calls.length = 0;
    await new Promise<void>((resolve, reject) => watched.observe(told, dids, (items, problem) => {
      if (problem !== undefined) reject(problem as Error);
      for (const item of items) told.set(keyOf(item), item.state);
      if (told.size === dids.length) resolve();
    }));
    assert.deepEqual(roles.map((role) => told.get(info.seed.dids[role])), ['available', 'partly', 'notAvailable', 'replicating', 'empty', 'notAvailable']);
    assert.equal(calls.filter((line) => line.includes('/replicas/list')).length <= 3, true, calls.join('\n'));
    assert.equal(watched.work.length, 1);
    // Unchanged: the next look costs the bulk calls, the one rule that moves, and at most a few old answers.
    calls.length = 0;
    await sleep(2600);
    assert.ok(calls.length > 0 && calls.length <= 12, calls.join('\n'));
    watched.observe(told, [], () => undefined);
    await sleep(100);
    calls.length = 0;
    await sleep(3000);
    assert.deepEqual(calls, [], 'nobody looks, nothing is asked');
    watched.close();
  });
});

test('many files at the first look: the answers are those of each by itself, in a few calls', async () => {
  const { elsewhere, alphabet, fits } = info.seed.dids;
  const { replicating, stuck, waiting, suspended, inject } = info.seed.rules;
  await waitForRule(info, alice, stuck.id, 'STUCK');
  const filesOfAll = async (texts: readonly string[]): Promise<TypedDID[]> => (await Promise.all(texts.map((text) => filesOf(text)))).flat();
  const together = async (files: readonly TypedDID[]): Promise<{ told: ReadonlyMap<string, Availability>; asked: readonly string[] }> => {
    const { lake: watched, calls } = openLake(info);
    await watched.session.current();
    calls.length = 0;
    const told = new Map<string, Availability>();
    await new Promise<void>((resolve, reject) => watched.observe(told, files, (items, problem) => {
      if (problem !== undefined) reject(problem as Error);
      for (const item of items) told.set(keyOf(item), item.state);
      if (told.size === files.length) resolve();
    }));
    const asked = [...calls];
    watched.close();
    return { told, asked };
  };
  const files = await filesOfAll([elsewhere, alphabet, fits, ...[replicating, stuck, waiting, suspended, inject].map((rule) => rule.did)]);
  const { told, asked } = await together(files);
  assert.ok(new Set(told.values()).size >= 6, [...new Set(told.values())].join());
  for (const file of files) assert.equal(told.get(keyOf(file)), (await look(keyOf(file))).state, keyOf(file));
  // The files, what holds them; the undone rules on files, by scope and state; then only what holds them.
  assert.deepEqual(asked.filter((call) => files.some(({ scope, name }) => call.includes(`/dids/${scope}/${encodeURIComponent(name)}/`))), []);
  assert.ok(asked.length < files.length + 10, `${files.length} files, ${asked.length} calls:\n${asked.join('\n')}`);
  // A name with a colon above one of them makes the server stumble: then each is asked for.
  const odd = await filesOfAll([info.seed.dids['odd-names']]);
  const { told: oddTold } = await together(odd);
  for (const file of odd) assert.equal(oddTold.get(keyOf(file)), 'notAvailable', keyOf(file));
});

describe('making available', () => {
  test('over quota, without quota, without permission: what happened and what to do', async () => {
    const huge = info.seed.dids['over-quota'];
    const preview = await lake.previewMakeAvailable(did(huge));
    assert.ok(preview.bytes! > preview.quotaRemaining!, 'the preview shows it before');
    const over = await failure(lake.makeAvailable(did(huge)), huge);
    assert.deepEqual([over.kind, over.exceptionClass], ['quota', 'InsufficientAccountLimit']);
    assert.match(over.what, /quota.*insufficient quota/s);
    const { lake: bobs } = openLake(info, 'bob');
    const little = await bobs.previewMakeAvailable(did(info.seed.dids.demo));
    assert.ok(little.quotaRemaining! < little.bytes!);
    assert.equal((await failure(bobs.makeAvailable(did(info.seed.dids.demo)))).kind, 'quota');
    const denied = await failure(bobs.client.updateRule(info.seed.rules.ok.id, { comment: 'mine now' }), info.seed.rules.ok.did);
    assert.equal(denied.kind, 'accessDenied');
    assert.match(denied.what, /may not do this/);
    bobs.close();
  });

  test('finds the rule that does it already', async () => {
    const { did: text, id } = info.seed.rules.replicating;
    assert.equal((await lake.previewMakeAvailable(did(text))).existingRule?.id, id);
    const { rule, notes } = await lake.makeAvailable(did(text));
    assert.equal(rule.id, id);
    assert.match(notes[0]!, /does this already/);
    assert.equal((await lake.ruleOf((await filesOf(text))[0]!))?.id, id, 'for a file the dataset\'s');
    assert.equal(await lake.ruleOf(did(info.seed.dids.elsewhere)), null);
    const { rule: same, webuiUrl, percent } = await lake.getRule(id);
    assert.deepEqual([same.id, percent], [id, 0]);
    assert.equal(webuiUrl, `https://webui.lake.test/rule/${id}`);
  });

  test('the paths of what is not here, not wholly here, or holds nothing say which of it is the case', async () => {
    const { lake: looked } = openLake(info);
    const told = async (text: string) => {
      const { files, problem } = await looked.localPath(did(text));
      return [files!.length, problem];
    };
    assert.deepEqual(await told(info.seed.dids.elsewhere), [0, 'None of its 6 files is at EULAKE-1.']);
    assert.deepEqual(await told(info.seed.dids.partly), [3, '3 of its 6 files are not at EULAKE-1.']);
    assert.deepEqual(await told(info.seed.dids['empty-dataset']), [0, 'It holds no files.']);
    assert.deepEqual(await told(info.seed.dids.available), [5, undefined]);
    looked.close();
  });

  test('from not here to the bytes at the path; attached files are judged; the window that watches hears of it', async () => {
    const files = await filesOf(info.seed.dids.spare);
    const text = await collection('DATASET', files.slice(0, 3));
    const heard: Availability[] = [];
    const { lake: watched } = openLake(info);
    watched.observe(heard, [{ ...did(text), type: 'DATASET' }], (items) => heard.push(...items.map((item) => item.state)));

    const preview = await watched.previewMakeAvailable(did(text));
    assert.deepEqual([preview.files, preview.filesHere, preview.rse, preview.lifetimeDays, preview.existingRule], [3, 0, MOUNTED, 7, undefined]);
    assert.equal(preview.bytes, files.slice(0, 3).reduce((sum, file) => sum + file.bytes, 0));
    assert.ok(preview.quotaRemaining! > preview.bytes!);
    assert.match((await watched.localPath(files[0]!)).problem!, /is not at EULAKE-1 yet/);

    await standin.hold(info, `/${files[0]!.name}`);
    const { rule, notes } = await watched.makeAvailable(did(text));
    try {
      assert.deepEqual(notes, []);
      assert.equal(rule.rse_expression, MOUNTED);
      assert.ok(Math.abs(Date.parse(rule.expires_at!) - Date.now() - 7 * 86_400_000) < 60_000);
      const seen: RuleProgress[] = [];
      const following = watched.followRule(rule.id, (progress) => {
        seen.push(progress);
        if (progress.percent === 66) void standin.release(info, `/${files[0]!.name}`);
      });
      const end = await following;
      assert.deepEqual([end.rule.state, end.percent, end.moving], ['OK', 100, false]);
      assert.ok(seen.some((progress) => progress.percent === 66), 'two of three');
      const done = await look(text, watched);
      assert.deepEqual([done.state, done.available, done.total], ['available', 3, 3]);
      for (const file of files.slice(0, 3)) {
        const place = await watched.localPath(file);
        assert.equal(adler32(fs.readFileSync(place.path!)), file.adler32, keyOf(file));
      }
      const paths = await watched.localPath(did(text));
      assert.deepEqual(paths.files!.map((file) => file.did.name).sort(), files.slice(0, 3).map((file) => file.name).sort());
      assert.equal(paths.problem, undefined);
      for (let n = 0; heard.at(-1) !== 'available'; n++) {
        assert.ok(n < 50, heard.join());
        await sleep(100);
      }
      assert.ok(heard.includes('notAvailable') && heard.includes('replicating'), heard.join());

      // One file more: the rule is OK until Rucio's judge has looked at it.
      const { scope, name } = files[3]!;
      assert.equal((await rest(info, alice, 'POST', `/dids/${text.replace(':', '/')}/dids`, { dids: [{ scope, name }] })).status, 201);
      const judged = await look(text, watched);
      assert.ok(judged.state === 'judging' || judged.state === 'replicating', `${judged.state}: ${judged.looked}`);
      assert.deepEqual([judged.available, judged.total], [3, 4]);
      for (let n = 0; (await look(text, watched)).available !== 4; n++) {
        assert.ok(n < 100, 'the judge saw it, and it came');
        await sleep(200);
      }
    } finally {
      await standin.release(info, `/${files[0]!.name}`);
      watched.close();
      await removeRule(info, alice, rule.id); // so that this can run again on the same lake
    }
  });

  test('brings files with odd names, and finds them', async () => {
    const odd = info.seed.odd.filter((one) => one.path === undefined && one.transfers && one.removable);
    assert.ok(odd.length > 3);
    const rules = await Promise.all(odd.map(async (one) => (await lake.makeAvailable(did(one.did))).rule.id));
    try {
      for (const [n, one] of odd.entries()) {
        assert.equal((await lake.followRule(rules[n]!, () => undefined, AbortSignal.timeout(60_000))).rule.state, 'OK', one.did);
        const { path: place, problem } = await lake.localPath(did(one.did));
        assert.equal(problem, undefined, one.did);
        assert.equal(adler32(fs.readFileSync(place!)), one.adler32, one.did);
      }
    } finally {
      await Promise.all(rules.map((rule) => removeRule(info, alice, rule)));
    }
  });
});
