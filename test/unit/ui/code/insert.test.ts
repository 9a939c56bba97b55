import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyText } from '../../../support/anyText.ts';
import { insertions, isPlain, literal, markdownLink, type Part } from '../../../../src/ui/code/insert.ts';

const shown = (parts: readonly Part[]): string => parts.map((part) => (typeof part === 'string' ? part : `‹${part.place}›`)).join('');
const one = [{ scope: 'test', name: 'a.root' }];

describe('what a drop puts in', () => {
  it('offers path, DID and lines of code by language, a link first in Markdown, nothing with quotes inside of a string', () => {
    assert.deepEqual(insertions('python', one, false).map(({ title }) => title), ['Insert Path', 'Insert DID', 'Open with uproot']);
    assert.deepEqual(insertions('python', [{ scope: 'test', name: 'a.fits' }], false).map(({ title }) => title).at(-1), 'Open with astropy');
    assert.deepEqual(insertions('cpp', one, false).map(({ title }) => title).at(-1), 'Open with ROOT');
    assert.deepEqual(insertions('markdown', one, false).map(({ id }) => id), ['link', 'did', 'path']);
    assert.deepEqual(insertions('python', one, true).map(({ id }) => id), ['path', 'did']);
    assert.deepEqual(insertions('json', one, false).map(({ id }) => id), ['path', 'did']);
    const text = (language: string, id: string, paths: string[], bare = false): string => shown(insertions(language, one, bare).find((insertion) => insertion.id === id)!.text(paths));
    assert.equal(text('python', 'path', ['/m/a.root']), '"/m/a.root"');
    assert.equal(text('python', 'path', ['/m/a.root'], true), '/m/a.root');
    assert.equal(text('python', 'path', ['/m/a', '/m/b']), '[\n    "/m/a",\n    "/m/b",\n]');
    assert.equal(text('r', 'path', ['/m/a', '/m/b']), 'c(\n  "/m/a",\n  "/m/b"\n)');
    assert.equal(text('shellscript', 'path', ['/m/a b']), "'/m/a b'");
    assert.equal(text('python', 'snippet', ['/m/a.root']), 'import uproot\n\n‹events› = uproot.open("/m/a.root")["‹Events›"]\n');
    assert.equal(text('python', 'snippet', ['/m/a.fits']), 'from astropy.io import fits\n\nwith fits.open("/m/a.fits") as ‹hdus›:\n    hdus.info()\n');
    assert.equal(text('python', 'snippet', ['/m/a.txt']), 'import fsspec\n\nwith fsspec.open("/m/a.txt", "rb") as ‹file›:\n    data = file.read()\n');
    assert.equal(text('cpp', 'snippet', ['/m/a.root', '/m/b.root']), 'TChain chain("‹Events›");\nchain.Add("/m/a.root");\nchain.Add("/m/b.root");\n');
    assert.equal(text('markdown', 'link', []), '[test:a.root](<rucio:test:a.root>)');
  });

  const hostile = fc.oneof(anyText({ maxLength: 60 }), fc.array(fc.constantFrom('"', "'", '\\', '$(x)', '`x`', '${x}', '%s', '\n', '{x}', '<', '>', '#', ' ', 'é', '💥'), { maxLength: 12 }).map((parts) => parts.join(''))).filter((text) => !text.includes('\0') && !/\p{Surrogate}/u.test(text));

  it('a shell reads exactly what was meant', () => {
    fc.assert(fc.property(fc.array(hostile, { minLength: 1, maxLength: 20 }), (words) => {
      const { stdout } = spawnSync('bash', ['-c', `printf '%s\\0' ${words.map((word) => literal(word, 'shellscript')).join(' ')}`], { encoding: 'utf8' });
      assert.deepEqual(stdout.split('\0').slice(0, -1), words);
    }), { numRuns: 40 });
  });

  it('so does Python', () => {
    fc.assert(fc.property(fc.array(hostile, { minLength: 1, maxLength: 20 }), (words) => {
      const { stdout, stderr } = spawnSync('python3', ['-c', `import json, sys\nsys.stdout.write(json.dumps([${words.map((word) => literal(word, 'python')).join(', ')}]))`], { encoding: 'utf8' });
      assert.deepEqual(JSON.parse(stdout || JSON.stringify(stderr)), words);
    }), { numRuns: 20 });
  });

  it('what is plain means nothing but itself in any quotes', () => {
    fc.assert(fc.property(hostile, (text) => {
      if (isPlain(text)) assert.doesNotMatch(text, /["'`\\{}$%\n]/);
    }));
    assert.ok(isPlain('/eos/user/a b/run-1_x.root'));
  });

  it('a link in Markdown ends where it ends', () => {
    fc.assert(fc.property(hostile, (name) => {
      const link = markdownLink(`test:${name}`);
      assert.doesNotMatch(link.slice(link.lastIndexOf('](<') + 3, -2), /(?<!\\)(\\\\)*[<>]/);
    }));
  });
});
