import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { MountInspector } from '../../../../src/lake/mounts/inspector.ts';
import { inProcessStats, startStatHelper, type StatAnswer, type StatHelper } from '../../../../src/lake/mounts/statHelper.ts';

describe('looking at real files', () => {
  let dir: string;
  const inspector = new MountInspector();
  before(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'inspect-'));
    fs.writeFileSync(path.join(dir, 'here'), 'four');
    fs.writeFileSync(path.join(dir, 'empty'), '');
    fs.writeFileSync(path.join(dir, 'odd\n"name"\u2028'), '1');
    fs.mkdirSync(path.join(dir, 'folder'));
  });
  after(() => {
    inspector.close();
    fs.rmSync(dir, { recursive: true });
  });

  it('tells what is there by name and size', async () => {
    const look = (name: string, bytes: number): Promise<string> => inspector.inspect(dir, path.join(dir, name), bytes);
    assert.equal(await look('here', 4), 'there');
    assert.equal(await look('empty', 4), 'otherSize'); // what a failed transfer leaves
    assert.equal(await look('empty', 0), 'there');
    assert.equal(await look('none', 4), 'missing');
    assert.equal(await look('here/below', 4), 'missing');
    assert.equal(await look('folder', 4), 'missing');
    assert.equal(await look('odd\n"name"\u2028', 1), 'there');
    assert.equal(await look('x'.repeat(300), 1), 'missing');
    assert.equal(await inspector.inspectMount(dir), 'there');
    assert.equal(await inspector.inspectMount(path.join(dir, 'none')), 'missing');
    assert.equal(await inspector.inspectMount(path.join(dir, 'here')), 'missing');
  });

  it('looks at hundreds at once', async () => {
    const states = await Promise.all(Array.from({ length: 500 }, (_, i) => inspector.inspect(dir, path.join(dir, i % 2 ? 'here' : 'none'), 4)));
    assert.equal(states.filter((state) => state === 'there').length, 250);
  });
});

describe('a helper process', () => {
  it('that hangs makes the mount one that does not answer, until it answers again', async () => {
    // SIGSTOP: to us it looks exactly as a FUSE mount does whose daemon is stuck.
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'inspect-'));
    const pids: number[] = [];
    const inspector = new MountInspector({
      deadlineMs: 150, retryMs: [300, 300],
      start: () => {
        const children = new Set(childPids());
        const helper = startStatHelper();
        pids.push(...childPids().filter((pid) => !children.has(pid)));
        return helper;
      },
    });
    try {
      while (await inspector.inspectMount(dir) !== 'there') await pause(300); // the child's start may take longer than this short deadline
      assert.ok(pids.length > 0);
      process.kill(pids.at(-1)!, 'SIGSTOP');
      const began = Date.now();
      const states = await Promise.all(Array.from({ length: 50 }, (_, i) => inspector.inspect(dir, path.join(dir, `f${i}`), 1)));
      assert.deepEqual(new Set(states), new Set(['notAnswering']));
      assert.ok(Date.now() - began < 1000, 'the 50 don\'t wait one after another');
      const again = Date.now();
      assert.equal(await inspector.inspectMount(dir), 'notAnswering');
      assert.ok(Date.now() - again < 50, 'known to hang: answered at once');
      for (let tries = 0; await inspector.inspectMount(dir) !== 'there'; tries++) {
        assert.ok(tries < 40, 'a new helper finds that it answers');
        await pause(100);
      }
    } finally {
      inspector.close();
      fs.rmSync(dir, { recursive: true });
    }
  });

  it('that is killed is started again', async () => {
    const dir = os.tmpdir();
    let starts = 0;
    let last: StatHelper | undefined;
    const inspector = new MountInspector({ start: () => (starts++, last = startStatHelper()) });
    assert.equal(await inspector.inspectMount(dir), 'there');
    for (const pid of childPids()) process.kill(pid, 'SIGKILL');
    while (last!.alive) await pause(5);
    assert.equal(await inspector.inspectMount(dir), 'there');
    assert.equal(starts, 2);
    inspector.close();
  });

  it('that can\'t be started is replaced by looking ourselves', async () => {
    const inspector = new MountInspector({ start: () => ({ alive: false, stat: () => Promise.resolve({ code: 'EHELPER' }), dispose: () => undefined }) });
    assert.deepEqual(await Promise.all(Array.from({ length: 5 }, () => inspector.inspectMount(os.tmpdir()))), Array(5).fill('there'));
    inspector.close();
  });
});

function childPids(): number[] {
  return fs.readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

describe('stats in this process', () => {
  it('never have more than one thread hanging', async () => {
    let begun = 0;
    const helper = inProcessStats((() => {
      begun++;
      return new Promise(() => undefined);
    }) as never);
    for (let i = 0; i < 20; i++) void helper.stat(`/f${i}`);
    await pause(10);
    assert.equal(begun, 1);
  });
});

/** A helper whose answers a test gives. */
class Slow implements StatHelper {
  alive = true;
  readonly waiting: { path: string; answer: (value: StatAnswer) => void }[] = [];
  stat(file: string): Promise<StatAnswer> {
    return new Promise((answer) => this.waiting.push({ path: file, answer }));
  }
  dispose(): void {
    this.alive = false;
  }
}

describe('a mount', () => {
  it('where one path is slow and others answer is not taken for hung', async () => {
    const slow = new Slow();
    const inspector = new MountInspector({ start: () => slow, deadlineMs: 60 });
    const first = inspector.inspect('/m', '/m/slow', 1);
    await pause(20);
    const second = inspector.inspect('/m', '/m/quick', 1);
    slow.waiting[1]!.answer({ size: 1, folder: false });
    assert.equal(await second, 'there');
    assert.equal(await first, 'notAnswering');
    const third = inspector.inspect('/m', '/m/next', 1);
    assert.equal(slow.waiting.length, 3, 'it is asked');
    slow.waiting[2]!.answer({ code: 'EACCES' });
    assert.equal(await third, 'denied');
    inspector.close();
  });

  it('that hangs is left alone but for one probe at a time, each later; a late answer wakes it', async () => {
    const helpers: Slow[] = [];
    let now = 0;
    const inspector = new MountInspector({ start: () => (helpers.push(new Slow()), helpers.at(-1)!), deadlineMs: 20, retryMs: [1000, 4000], now: () => now });
    const asked = (): number => helpers.reduce((sum, helper) => sum + helper.waiting.length, 0);
    now = 1;
    const states = await Promise.all(Array.from({ length: 30 }, () => inspector.inspect('/m', '/m/f', 1)));
    assert.deepEqual(new Set(states), new Set(['notAnswering']));
    assert.equal(asked(), 8, 'no more than the helper has threads');
    assert.equal(await inspector.inspect('/m', '/m/f', 1), 'notAnswering');
    assert.equal(asked(), 8);
    for (const [at, sum] of [[500, 8], [1500, 9], [2000, 9], [2600, 10], [3500, 10], [4700, 11]] as const) {
      now = at;
      await Promise.all([inspector.inspect('/m', '/m/f', 1), inspector.inspect('/m', '/m/f', 1)]);
      assert.equal(asked(), sum, `at ${at} ms`);
    }
    helpers.at(-1)!.waiting.at(-1)!.answer({ size: 1, folder: false });
    await pause(1);
    const probe = inspector.inspect('/m', '/m/f', 1);
    await pause(1);
    helpers.at(-1)!.waiting.at(-1)!.answer({ size: 1, folder: false });
    assert.equal(await probe, 'there');
    inspector.close();
  });

  it('does not make another one wait', async () => {
    const hung = new Slow();
    const quick: StatHelper = { alive: true, stat: () => Promise.resolve({ size: 1, folder: false }), dispose: () => undefined };
    const helpers = [hung, quick];
    const inspector = new MountInspector({ start: () => helpers.shift()!, deadlineMs: 30 });
    const one = inspector.inspect('/hung', '/hung/f', 1);
    assert.equal(await inspector.inspect('/quick', '/quick/f', 1), 'there');
    assert.equal(await one, 'notAnswering');
    inspector.close();
  });

  it('whose FUSE daemon died does not answer', async () => {
    const inspector = new MountInspector({ start: () => ({ alive: true, stat: () => Promise.resolve({ code: 'ENOTCONN' }), dispose: () => undefined }) });
    assert.equal(await inspector.inspect('/m', '/m/f', 1), 'notAnswering');
    inspector.close();
  });
});
