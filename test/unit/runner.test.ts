// `npm test` counts what must be counted: what looks like success and is none (a file without a test, a skipped test,
// one still to do, a file that did not get to its end) has failed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { entries, withoutPictures, wrongIn } from '../../scripts/package.ts';
import { root } from '../support/install.ts';

const FILES: Readonly<Record<string, string>> = {
  'good.test.ts': "import { describe, it } from 'node:test';\ndescribe('outer', () => { it('one', () => undefined); describe('inner', () => { it('two', () => undefined); }); });\n",
  'bad.test.ts': "import { describe, it, before } from 'node:test';\nit('throws', () => { throw new Error('boom'); });\nit.skip('left out', () => undefined);\nit.todo('not written');\ndescribe('no start', () => { before(() => { throw new Error('hook'); }); it('never', () => undefined); });\n",
  'empty.test.ts': "console.log('nothing here');\n",
  'crash.test.ts': "console.error('about to go');\nprocess.exit(3);\n",
};

describe('the test runner', () => {
  let folder = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runner-'));
    for (const [name, text] of Object.entries(FILES)) fs.writeFileSync(path.join(folder, name), text);
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** In a process that is no test's: the runner refuses to run inside a test. */
  const run = (pattern: string, grep?: string): { passed: number; failures: { title: string; message: string }[] } => {
    const script = path.join(folder, 'run.ts');
    fs.writeFileSync(script, `import { nodeTests } from '${root}/scripts/test/node-tests.ts'; import { Tally } from '${root}/scripts/test/tally.ts';
      const tally = new Tally(); tally.suite = 'runner-self'; console.log = () => undefined;
      await nodeTests(tally, { pattern: ${JSON.stringify(path.join(folder, pattern))}, grep: ${JSON.stringify(grep)}, signal: new AbortController().signal });
      process.stdout.write(JSON.stringify(tally)); process.exit();`);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', script], { cwd: root, env, encoding: 'utf8' });
    assert.ok(stdout.startsWith('{'), stderr);
    return JSON.parse(stdout) as ReturnType<typeof run>;
  };

  it('counts tests, not suites and files', () => assert.deepEqual({ ...run('good.test.ts'), suite: '' }, { passed: 2, failures: [], suite: '' }));

  it('counts what only looks like success as failed', () => {
    const { passed, failures } = run('{bad,empty,crash}.test.ts');
    const said = failures.map(({ title, message }) => `${title}: ${message}`).join('\n');
    assert.equal(passed, 0, said);
    for (const expected of [/^throws: Error: boom/m, /^left out: It was skipped/m, /^not written: It is still to be written/m, /^no start: Error: hook/m, /empty\.test\.ts: There is no test in it/, /crash\.test\.ts: .*\n(.*\n)*about to go/]) assert.match(said, expected);
  });

  it('ends at once when it is stopped: what runs is ended with what it started, nothing more begins', () => {
    const begun = path.join(folder, 'begun');
    for (const name of ['hang-1', 'hang-2']) {
      fs.writeFileSync(path.join(folder, `${name}.test.ts`), `import { test } from 'node:test'; import fs from 'node:fs'; import { spawn } from 'node:child_process';
        test('hangs', () => new Promise(() => { const { pid } = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }); fs.appendFileSync(${JSON.stringify(begun)}, pid + '\\n'); setInterval(() => {}, 1000); }));`);
    }
    const script = path.join(folder, 'stop.ts');
    fs.writeFileSync(script, `import fs from 'node:fs'; import { journeys } from '${root}/scripts/test/node-tests.ts'; import { Tally } from '${root}/scripts/test/tally.ts';
      const tally = new Tally(); tally.suite = 'runner-self'; console.log = () => undefined;
      const stop = new AbortController();
      setInterval(() => { if (fs.existsSync(${JSON.stringify(begun)})) stop.abort(); }, 50).unref();
      await journeys(tally, { pattern: ${JSON.stringify(path.join(folder, 'hang-*.test.ts'))}, grep: undefined, signal: stop.signal });
      process.exit();`);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    // Far below the ten minutes for which it would hang.
    const { status, signal, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', script], { cwd: root, env, encoding: 'utf8', timeout: 60_000 });
    assert.deepEqual([status, signal], [0, null], stderr);
    const [pid, ...others] = fs.readFileSync(begun, 'utf8').trim().split('\n');
    assert.deepEqual(others, [], 'the second file was begun');
    // Z: it has ended, and nobody took note.
    const state = fs.existsSync(`/proc/${pid}/stat`) ? /\) (\S)/.exec(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] : 'gone';
    assert.ok(state === 'gone' || state === 'Z', `what the test started is there: ${state}`);
  });

  it('fails when nothing ran', () => {
    assert.deepEqual(run('none.*.ts').failures.map(({ message }) => message), ['No test ran.']);
    assert.deepEqual(run('good.test.ts', 'no such name').failures.map(({ message }) => message), ['No test ran.']);
  });
});

describe('the package', () => {
  const NAMES = ['extension.vsixmanifest', '[Content_Types].xml', 'extension/package.json', ...['main', 'extension', 'service', 'later-service', 'cli'].map((name) => `extension/dist/${name}.cjs`), 'extension/dist/THIRD_PARTY_NOTICES.txt', 'extension/media/rucio.svg'];
  const MANIFEST = '{ "main": "./dist/main.cjs", "icon": "media/rucio.svg" }';

  it('is right with what is meant', () => assert.deepEqual(wrongIn(NAMES, MANIFEST), []));
  it('has a README without the pictures, which the editor would not show', () => {
    assert.equal(withoutPictures('# A\n\n![x](media/screenshots/x.png)\n\nText.\n\n| a | b |\n|---|---|\n| ![x](media/screenshots/x.png) | |\n\n## B\n'), '# A\n\nText.\n\n## B\n');
    assert.ok(wrongIn([...NAMES, 'extension/media/screenshots/x.png'], MANIFEST).some((problem) => /screenshots/.test(problem)));
  });
  it('is wrong with more', () => {
    for (const name of ['extension/src/extension.ts', 'extension/dist/extension.cjs.map', 'extension/node_modules/x/index.js', 'extension/media/../secret']) {
      assert.deepEqual(wrongIn([...NAMES, name], MANIFEST), [`holds ${name}, which nobody meant to ship`]);
    }
  });
  it('is wrong with less', () => {
    assert.deepEqual(wrongIn(NAMES.filter((name) => !name.includes('service')), MANIFEST), ['lacks dist/service.cjs', 'lacks dist/later-service.cjs']);
    assert.deepEqual(wrongIn(NAMES.filter((name) => !name.includes('media')), MANIFEST), ['lacks media/rucio.svg']);
  });
  it('refuses what is no archive', () => assert.throws(() => entries(Buffer.from('hello')), /no zip archive/));
});
