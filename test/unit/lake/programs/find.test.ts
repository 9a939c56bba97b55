// Where a program is: the setting, the person's shell, known places; and where was looked when it is nowhere.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { findPrograms } from '../../../../src/lake/programs/find.ts';

const onPosix = { skip: process.platform === 'win32' };

function machine(t: TestContext): { readonly home: string; program(...at: string[]): string } {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'find-'));
  t.after(() => fs.rmSync(home, { recursive: true }));
  return {
    home,
    program: (...at) => {
      const file = path.join(home, ...at);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, '#!/bin/sh\n', { mode: 0o755 });
      return file;
    },
  };
}

test('the log-in shell knows what our PATH does not, whatever its start-up files print', onPosix, async (t) => {
  const { home, program } = machine(t);
  const found = program('site', 'bin', 'made-up-tool');
  fs.writeFileSync(path.join(home, '.bash_profile'), `echo welcome to the cluster; printf 'no line end'; export PATH=${path.dirname(found)}:$PATH; alias other-tool=ls\n`);
  const env = { SHELL: '/bin/bash', HOME: home, PATH: '/usr/bin:/bin' };
  const [tool, other, evil] = await findPrograms(['made-up-tool', 'other-tool', 'sh; touch x'], { configured: {}, env });
  assert.deepEqual(tool, { name: 'made-up-tool', path: found, by: 'the log-in shell /bin/bash', looked: [] });
  assert.equal(other?.path, undefined);
  assert.equal(other?.looked[0], 'the log-in shell /bin/bash: an alias or a function, no program');
  assert.ok(other.looked.includes('/usr/bin'));
  assert.equal(evil, undefined, 'what is no name goes to no shell');
});

test('a shell that hangs costs its deadline and no more; what it started ends with it; then known places', onPosix, async (t) => {
  const { home, program } = machine(t);
  const found = program('venv', 'bin', 'made-up-tool');
  // Its length tells it from those of another run of this test.
  const length = `61.${process.pid}`;
  fs.writeFileSync(path.join(home, '.bash_profile'), `sleep ${length}\n`);
  const began = Date.now();
  const [tool] = await findPrograms(['made-up-tool'], { configured: {}, env: { SHELL: '/bin/bash', HOME: home, PATH: '', VIRTUAL_ENV: path.join(home, 'venv') }, deadline: 300 });
  assert.ok(Date.now() - began < 3000);
  assert.deepEqual(tool, { name: 'made-up-tool', path: found, by: 'known places', looked: ['the log-in shell /bin/bash: no answer within 0.3 s'] });
  const sleeping = (): boolean => fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).some((pid) => {
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `sleep\u0000${length}\u0000`;
    } catch {
      return false; // it has just ended
    }
  });
  // What was killed is gone in a moment.
  for (let tries = 0; tries < 100 && sleeping(); tries++) await sleep(20);
  assert.equal(sleeping(), false);
});

test('the setting is meant: what it names is taken without a shell, or said to be missing', onPosix, async (t) => {
  const { home, program } = machine(t);
  const found = program('tool');
  const options = { configured: { rucio: found, xrdcp: path.join(home, 'none') }, env: { SHELL: '/no/such/shell', HOME: home, PATH: '/usr/bin' } };
  const [rucio, xrdcp, nothing] = await findPrograms(['rucio', 'xrdcp', 'made-up-tool'], options);
  assert.deepEqual(rucio, { name: 'rucio', path: found, by: 'the setting rucio.programs.paths', looked: [] });
  assert.deepEqual(xrdcp, { name: 'xrdcp', looked: [`the setting rucio.programs.paths: ${path.join(home, 'none')} is not there, or is no program`] });
  assert.equal(nothing?.looked[0], 'the log-in shell /no/such/shell: it can\'t be started (ENOENT)');
});
