// The life of a lake: beside another one, ended and begun again, killed in the middle.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { node24, root } from '../support/install.ts';
import { rest, rows, ruleState, standin, token } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { downLake, lakeStatus, upLake } from '../support/lake/lake.ts';
import { lakeProcesses } from '../support/lake/processes.ts';
import { sharedLake, temporaryFolder } from '../support/lake/shared.ts';

const MAIN = path.join(root, 'test', 'support', 'lake', 'main.ts');
const hostsLines = (dir: string): number => fs.readFileSync('/etc/hosts', 'utf8').split('\n').filter((line) => line.endsWith(` ${dir}`)).length;
const portOf = (url: string): number => Number(new URL(url).port);

describe('the life of a lake', () => {
  const dir = temporaryFolder();
  let shared: LakeInfo;
  let first: LakeInfo;
  before(async () => { shared = await sharedLake(); });
  after(async () => {
    await downLake(dir);
    fs.rmSync(dir, { recursive: true, force: true });
  });

  test('two lakes run side by side', async () => {
    first = await upLake({ dir, boundTo: process.pid });
    assert.equal(hostsLines(dir), 1);
    const alice = await token(first, 'alice');
    assert.equal((await rest(first, alice, 'POST', '/dids/user.alice/kept', { type: 'DATASET' })).status, 201);
    const others = await rest(shared, await token(shared, 'alice'), 'GET', '/dids/user.alice/kept');
    assert.equal(others.status, 404);
    assert.deepEqual((await upLake({ dir })).pids, first.pids, 'a running lake is not started again');
  });

  test('down ends only its own, and takes its line out of /etc/hosts', async () => {
    await downLake(dir);
    assert.deepEqual(lakeProcesses(dir), []);
    assert.equal(hostsLines(dir), 0);
    assert.equal((await lakeStatus(dir)).state, 'down');
    assert.equal((await lakeStatus(shared.dir)).state, 'up');
  });

  test('a port that is taken is one clear sentence', async () => {
    const server = net.createServer().listen(portOf(first.idp.issuer), '127.0.0.1');
    await once(server, 'listening');
    await assert.rejects(upLake({ dir }), /^LakeError: Port \d+ of this lake \(idp\) is taken by another program/);
    server.close();
    assert.equal(hostsLines(dir), 0);
  });

  test('a second start keeps data, addresses and held transfers', async () => {
    const again = await upLake({ dir, boundTo: process.pid });
    assert.deepEqual([again.rses, again.idp, again.seed], [first.rses, first.idp, first.seed]);
    const alice = await token(again, 'alice');
    assert.deepEqual(rows(await rest(again, alice, 'GET', '/dids/user.alice/dids/search?type=dataset&name=kept')), ['kept']);
    assert.equal((await ruleState(again, alice, again.seed.rules.replicating)).state, 'REPLICATING');
    assert.ok((await standin.state(again)).holds.length > 0);
  });

  test('a start killed in the middle does not hinder the next, and a bound lake ends with its process', async () => {
    const seedLog = path.join(dir, 'log', 'seed.log');
    fs.rmSync(seedLog);
    const start = spawn(node24, ['--disable-warning=ExperimentalWarning', MAIN, 'up', '--dir', dir, '--fresh'], { stdio: 'ignore' });
    while (!fs.existsSync(seedLog)) { // by then the old lake is gone and the new one half-made
      assert.equal(start.exitCode, null, 'the start ended too early');
      await sleep(20);
    }
    start.kill('SIGKILL');
    await once(start, 'exit');
    assert.ok(lakeProcesses(dir).length > 0);
    assert.equal((await lakeStatus(dir)).state, 'broken');

    const owner = spawn('sleep', ['600'], { stdio: 'ignore' });
    const lake = await upLake({ dir, boundTo: owner.pid, temporary: true });
    assert.equal((await fetch(`${lake.rucio.http}/ping`)).status, 200);
    assert.equal((await rest(lake, await token(lake, 'alice'), 'GET', '/dids/user.alice/kept')).status, 404, 'begun from nothing');
    owner.kill('SIGKILL');
    for (let n = 0; fs.existsSync(dir); n++) {
      assert.ok(n < 100, 'the lake outlives the process it is bound to');
      await sleep(100);
    }
    // The one that took the folder away ends right after.
    for (let n = 0; lakeProcesses(dir).length > 0 && n < 50; n++) await sleep(100);
    assert.deepEqual(lakeProcesses(dir), []);
    assert.equal(hostsLines(dir), 0);
  });
});
