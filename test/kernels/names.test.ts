// A name is never a program: whatever a DID, a path or a server's sentence holds, the code that is made of it runs in the real kernels and does nothing
// but set its variable.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { languageOf } from '../../src/lake/attachments/languages/table.ts';
import { anyText } from '../support/anyText.ts';
import { startKernel } from '../support/kernels/kernels.ts';
import { attached, file } from './scene.ts';
import { TALKS } from './talks.ts';

/** Names that would be programs, or the end of one. */
const HOSTILE = ['\'; touch PWNED; \'', '"; touch PWNED; "', '$(touch PWNED)', '`touch PWNED`', '${HOME}', '%s%n', '%41', '\\', '\\\\', '\\"', '\\\'', 'a\nb', 'a\tb', 'a\r', '{x}', '#{x}', '??/', '*/', '//', '#', '\u0001', 'ü€𝄞', '\'\'\'', '"""', ')"; system("touch PWNED"); ("', '\'\nimport os; os.system("touch PWNED")\n\'', '\n!touch PWNED\n', '\n.! touch PWNED\n', '-n', 'q_8(', 'f((', '!', '?', '???', 'x'.repeat(250), '\u2028'];
const hostile = fc.oneof(fc.constantFrom(...HOSTILE), anyText({ minLength: 1, maxLength: 60 }), fc.array(fc.constantFrom(...HOSTILE), { minLength: 2, maxLength: 4 }).map((parts) => parts.join(''))).filter((text) => !text.includes('\0'));
/** ms for each kernel, of which a busy machine takes about a third. Names that were not tried in it are a failure: they would be taken for harmless. */
const LONG_ENOUGH = 120_000;

for (const { kernel: name, language: of, rounds, hex } of TALKS) {
  describe(`hostile names in ${name}`, { timeout: LONG_ENOUGH + 60_000 }, () => {
    it('no name is a program, in a manifest or in a cell', async () => {
      const language = languageOf(of)!;
      const kernel = await startKernel(name);
      try {
        const good = async (code: string): Promise<string> => {
          const { out, error } = await kernel.run(code);
          assert.equal(error, '', `${out}\n${code}`);
          return out;
        };
        const shown = async (): Promise<string[]> => (await good(hex(false))).split('\n').map((line) => line.trim()).filter((line) => /^([0-9a-f]{2})+$/.test(line)).map((line) => Buffer.from(line, 'hex').toString());
        await good(language.prelude);
        await fc.assert(fc.asyncProperty(hostile, hostile, async (text, did) => {
          const what = await attached({ did: `test:${did}`, reason: text, files: [{ ...file('f1'), did: `test:${did}`, path: `/${text}`, pfn: `root://x/${text}` }] });
          await good(language.attach(what));
          assert.deepEqual(await shown(), [`/${text}`], 'by the manifest');
          const cell = language.cell({ ...what, files: [{ ...what.files[0]!, path: `/cell/${text}` }] });
          assert.ok(!cell.includes('\n'), cell);
          await good(cell);
          assert.deepEqual(await shown(), [`/cell/${text}`], cell);
          const away = await attached({ did: `test:${did}`, reason: text, state: 'notHere', missing: 1 });
          await good(language.attach(away));
          await good(language.cell(away));
        }), { numRuns: rounds, endOnFailure: true, interruptAfterTimeLimit: LONG_ENOUGH, markInterruptAsFailure: true });
        for (const place of [kernel.home, os.tmpdir(), process.cwd()]) assert.ok(!fs.existsSync(path.join(place, 'PWNED')), 'a name was run');
      } finally {
        await kernel.close();
      }
    });
  });
}
