// The command line installed alone, by npm, into an empty folder: it runs, starts its service, and signs in by what a pod has.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { packageVsix } from '../../scripts/package.ts';
import { packageCli } from '../../scripts/packageCli.ts';
import { node22, node24, run } from '../support/install.ts';
import { secure } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { podIn } from '../support/pod.ts';
import { testService } from '../support/service.ts';

const info = await sharedLake();
const service = testService();
const prefix = fs.mkdtempSync(path.join(os.tmpdir(), 'prefix-'));
after(async () => {
  await service.stop();
  fs.rmSync(prefix, { recursive: true, force: true });
});
await packageVsix(); // the bundles, and their notices
const tarball = await packageCli();
await run('npm', ['install', '--global', '--prefix', prefix, '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball]);
const datalake = path.join(prefix, 'bin', 'datalake');
const installed = path.join(prefix, 'lib', 'node_modules', 'rucio-datalake-cli');

interface Said { readonly code: number; readonly out: string; readonly err: string }
function said(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Said> {
  return new Promise((resolve) => {
    execFile(command, args, { env: { PATH: `${path.dirname(node24)}${path.delimiter}/usr/bin:/bin`, ...env } }, (error, out, err) => resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }));
  });
}

test('it holds what it needs, and nothing else', () => {
  assert.deepEqual(fs.readdirSync(installed, { recursive: true, encoding: 'utf8' }).sort(), ['LICENSE', 'datalake.cjs', 'dist', 'dist/THIRD_PARTY_NOTICES.txt', 'dist/cli.cjs', 'dist/later-openid-client.cjs', 'dist/later-service.cjs', 'dist/later-sshpk.cjs', 'dist/later-tldts.cjs', 'dist/service.cjs', 'package.json']);
});

test('on Node 24 and 22: its version, its help, a sign-in by the pod’s token', async () => {
  const { version } = JSON.parse(fs.readFileSync(path.join(installed, 'package.json'), 'utf8')) as { version: string };
  assert.deepEqual(await said(datalake, ['--version']), { code: 0, out: `${version}\n`, err: '' });
  assert.deepEqual((await said(node22, [path.join(installed, 'datalake.cjs'), '--version'])).out, `${version}\n`);
  assert.match((await said(datalake, ['--help'])).out, /^ {2}upload +uploads files within the scratch space/m);
  const pod = podIn(path.join(prefix, 'home'), info);
  fs.mkdirSync(path.join(service.folder, 'state', 'rucio-datalake'), { recursive: true, mode: 0o700 });
  pod.renew((await secure(info, `${info.idp.token}?sub=alice&aud=rucio&scope=${encodeURIComponent('openid profile')}`)).text.trim());
  const who = await said(datalake, ['whoami'], { ...pod.env, PATH: `${path.dirname(node24)}${path.delimiter}/usr/bin:/bin`, XDG_STATE_HOME: path.join(service.folder, 'state'), XDG_RUNTIME_DIR: path.join(service.folder, 'run') });
  assert.deepEqual([who.code, who.err], [0, ''], JSON.stringify(who));
  assert.match(who.out, /^alice @ escape/);
});

test('an older Node is told what is missing, in a sentence', async () => {
  const old = await said(node24, ['-e', `Object.defineProperty(process.versions, 'node', { value: '20.19.0' }); require(${JSON.stringify(path.join(installed, 'datalake.cjs'))})`]);
  assert.equal(old.code, 1);
  assert.match(old.err, /^datalake needs Node 22\.13 or newer, and this is Node 20\.19\.0\. [^\n]+\n$/);
});

test('bash completes commands, options, words and paths', async () => {
  const complete = async (line: string): Promise<string[]> => {
    const words = line.split(' ');
    const script = `eval "$(datalake completion bash)"; cd ${JSON.stringify(prefix)}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _datalake; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { out, err } = await said('bash', ['--norc', '-c', script], { PATH: `${path.join(prefix, 'bin')}:${path.dirname(node24)}:/usr/bin:/bin` });
    assert.equal(err, '', line);
    return out.trim().split('\n');
  };
  fs.writeFileSync(path.join(prefix, 'my file.root'), '');
  assert.deepEqual(await complete('datalake up'), ['upload']);
  assert.deepEqual(await complete('datalake upload --d'), ['--delay-deletion']);
  assert.deepEqual(await complete('datalake upload my'), ['my file.root']);
  assert.deepEqual((await complete('datalake transfers re')).sort(), ['resume', 'retry']);
  assert.equal((await said(datalake, ['completion', 'fish'])).code, 2);
  const zsh = (await said(datalake, ['completion', 'zsh'])).out;
  assert.match(zsh, /^#compdef datalake\n/);
  assert.match(zsh, /^ {4}upload\) if \[\[ \$words\[CURRENT\] == -\* \]\]; then compadd -- --scope -s .*--delay-deletion/m);
});
