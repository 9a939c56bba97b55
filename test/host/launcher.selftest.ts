// Shows that the launcher's "passed" can be believed: a run in which the extension host died or no test ran fails, and
// nothing stays behind when the launcher itself is killed. Run by the host suite before the tests that rely on it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildHostTests } from '../../esbuild.mjs';
import { hostExecutable, runInHost } from '../support/host/run-in-host.ts';

const fixtures = path.join(import.meta.dirname, '..', 'support', 'host', 'fixtures');
const extension = path.join(fixtures, 'extension');

describe('the launcher', { concurrency: true }, () => {
  let folder = '';
  let suite = '';
  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'selftest-'));
    ({ suite } = await buildHostTests());
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const environment = (name: string) => ({
    FIXTURE_PID: path.join(folder, 'pid'),
    DATALAKE_HOST_REPORT: path.join(folder, name), DATALAKE_HOST_FILES: JSON.stringify([path.join(fixtures, `${name}.cjs`)]),
  });
  const run = (name: string) => runInHost({ version: 'current', extension, tests: suite, folder: fixtures, env: environment(name), limitMs: 180_000 });

  it('fails a run in which the extension host died, though the editor says 0', async () => {
    const { code, output } = await run('dies');
    assert.equal(code, 72, output);
    assert.match(output, /host died before the tests ended/);
  });

  it('fails a run in which no test ran', async () => {
    const { code, output } = await run('empty');
    assert.equal(code, 1, output);
    assert.match(output, /No test ran/);
  });

  it('leaves no process behind when it is killed', async () => {
    const pidFile = path.join(folder, 'pid');
    const child = spawn(await hostExecutable('current'), [fixtures, `--extensionDevelopmentPath=${extension}`, `--extensionTestsPath=${suite}`], {
      env: { ...process.env, DATALAKE_HOST_ENV: JSON.stringify(environment('hangs')) }, stdio: ['pipe', 'ignore', 'inherit'],
    });
    await until('the test has started', 180_000, () => fs.existsSync(pidFile) && fs.statSync(pidFile).size > 0);
    const detached = Number(fs.readFileSync(pidFile, 'utf8'));
    assert.ok(fs.existsSync(`/proc/${detached}`));
    child.kill('SIGKILL');
    await until('its processes have ended', 15_000, () => ended(detached));
  });
});

/** Gone, or only its exit status is left (in a container, the first process may never collect it). */
function ended(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return !fs.existsSync(file) || /\) [ZX] /.test(fs.readFileSync(file, 'utf8'));
}

async function until(what: string, limitMs: number, done: () => boolean): Promise<void> {
  for (const end = Date.now() + limitMs; !done(); await sleep(100)) assert.ok(Date.now() < end, `${what}: not within ${limitMs / 1000} s`);
}
