// DIDs as variables in real kernels (Python, ROOT C++, R, bash): what is here can be read, what is not here says so.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { languageOf } from '../../src/lake/attachments/languages/table.ts';
import type { Attached } from '../../src/lake/attachments/types.ts';
import { type Answer, type Kernel, startKernel } from '../support/kernels/kernels.ts';
import { file, many, nothing, one, partly, plenty } from './scene.ts';
import { TALKS } from './talks.ts';

const MANY = 100_000;
const AWAY = /test:f1 is not available here\. test:f1 is not at EULAKE-1 yet\./;

for (const { kernel: name, language: of, ...talk } of TALKS) {
  describe(`variables in ${name}`, { timeout: 240_000 }, () => {
    const language = languageOf(of)!;
    let kernel: Kernel | undefined;
    after(() => kernel?.close());

    const run = async (...code: readonly string[]): Promise<Answer> => {
      kernel ??= await startKernel(name);
      let last: Answer = { ok: true, out: '', error: '' };
      for (const part of code) {
        last = await kernel.run(part);
        if (!last.ok) break;
      }
      return last;
    };
    const attach = (what: Attached): Promise<Answer> => run(language.prelude, language.attach(what));
    const shown = async (several: boolean): Promise<string[]> => {
      const { out, error } = await run(talk.hex(several));
      assert.equal(error, '');
      return out.split('\n').map((line) => line.trim()).filter((line) => /^([0-9a-f]{2})+$/.test(line)).map((line) => Buffer.from(line, 'hex').toString());
    };
    const good = (answer: Answer, about?: string): void => assert.equal(answer.error, '', `${answer.out}\n${about ?? ''}`);

    it('a file: its path, its PFN, its bytes', async () => {
      const what = await one();
      good(await attach(what));
      assert.deepEqual(await shown(false), [what.files[0]!.path]);
      assert.match((await run(talk.pfn)).out, /root:\/\/lake\.test\/\/rucio\/f1/);
      assert.match((await run(talk.read)).out, /bytes of f1/);
    });

    it('a collection: the paths of what is here', async () => {
      for (const what of [await many(), await partly()]) {
        good(await attach(what));
        assert.deepEqual(await shown(true), [file('a').path, file('b').path]);
      }
    });

    it('what is not here says so when it is used, and comes alive by the same code', async () => {
      const answer = await attach(await nothing());
      assert.ok(answer.ok, answer.error);
      const used = talk.use === undefined ? answer : await run(talk.use);
      assert.match(`${used.out} ${used.error}`, AWAY);
      const here = await one();
      good(await attach(here));
      assert.deepEqual(await shown(false), [here.files[0]!.path]);
    });

    it('a cell for a person does the same, and is short', async () => {
      for (const what of [await one(), await many()]) {
        const code = language.cell(what);
        assert.ok(code.split('\n').length <= 4, code);
        good(await run(code), code);
        assert.deepEqual(await shown(what.type === 'collection'), what.files.map((each) => each.path));
      }
      assert.match(language.cell(await nothing()), /^(#|\/\/) test:f1 is not available here: test:f1 is not at EULAKE-1 yet\.$/);
    });

    it('a cell reads very many from the manifest', async () => {
      const code = language.cell(await plenty(60));
      good(await run(code), code);
      const paths = await shown(true);
      assert.equal(paths.length, 60);
      assert.deepEqual(paths.slice(58), ['/nowhere/100% of 58', '/nowhere/100% of 59']);
    });

    it('a variable of the environment reaches what the kernel starts, whatever is in it', async () => {
      for (const value of ['/state/rucio.cfg', `a b'"$HOME \`id\` \\n %d {x} ü€𝄞`, '$(touch PWNED)']) {
        good(await run(language.environment('A_VALUE', value)), value);
        assert.match((await run(talk.environment)).out, new RegExp(Buffer.from(value).toString('hex')), value);
      }
    });

    it('very many files do not freeze the kernel, and their code is short', async () => {
      const what = await plenty(MANY);
      assert.ok(language.attach(what).length < 500);
      good(await attach(what)); // the kernel's answer has a limit of its own
      assert.match((await run(talk.count)).out, new RegExp(`^${MANY}$`, 'm'));
    });
  });
}
