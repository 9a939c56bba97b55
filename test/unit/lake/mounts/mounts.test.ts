import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { pfnToPath, placesOf } from '../../../../src/lake/mounts/mounts.ts';

const at = (pfn: string, pathBeginsAt: number, rseMountPath: string, name?: string): string => {
  const found = pfnToPath(pfn, { rseMountPath, pathBeginsAt }, { platform: 'posix', ...(name !== undefined && { name }) });
  return 'path' in found ? found.path : `! ${found.reason}`;
};

describe('a PFN becomes a path', () => {
  // Some of these come out wrong in rucio-jupyterlab 41.
  for (const [pfn, drop, mount, right] of [
    ['root://eoseulake.cern.ch:1094//eos/eulake/tests/rucio_test/eulake_1/f', 5, '/eos/eulake_1', '/eos/eulake_1/f'],
    ['root://xrd1:1094//rucio/test/49/ad/f1.txt', 1, '/eos/rucio', '/eos/rucio/test/49/ad/f1.txt'],
    ['root://xrd1:1094//rucio/test/49/ad/f1.txt', 0, '/eos/rucio', '/eos/rucio/rucio/test/49/ad/f1.txt'],
    ['davs://h:443/a/b%20c/f', 1, '/m', '/m/b c/f'],
    ['davs://h:443/a/b/f?x=1', 1, '/m', '/m/b/f'],
    ['root://h//a/b/f#1.root', 1, '/m', '/m/b/f#1.root'],
    ['root://h//a/b/100%.root', 1, '/m', '/m/b/100%.root'],
    ['davs://h/a/b/100%.root', 1, '/m', '/m/b/100%.root'],
    ['root://h//a/b/a%20b', 1, '/m', '/m/b/a%20b'],
    ['srm://h:8446/srm/managerv2?SFN=/castor/x/y/f.root', 1, '/m', '/m/x/y/f.root'],
    ['root://h//a//b/f', 1, '/m', '/m/b/f'],
    ['root://h//a/b/f', 1, '/m/', '/m/b/f'],
    ['root://h//a/b/f', 1, '/', '/b/f'],
    ['root://xcache//root://origin:1094//a/b/f', 1, '/m', '/m/b/f'],
    ['file:///a/b/f', 1, '/m', '/m/b/f'],
    ['root://h//a/./b/f', 1, '/m', '/m/b/f'],
    ['s3://bucket/a/b%2Bc?X-Amz-Signature=abc%2Fd&X-Amz-Date=1', 1, '/m', '/m/b+c'],
  ] as const) it(`${pfn}, ${drop} dropped`, () => assert.equal(at(pfn, drop, mount), right));

  it('keeps a "?" that belongs to the name', () => {
    assert.equal(at('davs://h/a/x?b=c.txt', 1, '/m', 'x?b=c.txt'), '/m/x?b=c.txt');
    assert.equal(at('root://h//a/why?', 1, '/m'), '/m/why?');
  });

  it('gives the other spelling where decoding makes a difference', () => {
    const rule = { rseMountPath: '/m', pathBeginsAt: 0 };
    assert.deepEqual(pfnToPath('davs://h/a%20b', rule, { platform: 'posix' }), { path: '/m/a b', alsoTry: ['/m/a%20b'] });
    assert.deepEqual(pfnToPath('root://h//a%20b', rule, { platform: 'posix' }), { path: '/m/a%20b', alsoTry: ['/m/a b'] });
    assert.deepEqual(pfnToPath('root://h//a b', rule, { platform: 'posix' }), { path: '/m/a b', alsoTry: [] });
  });

  it('has a reason, never a wrong path', () => {
    assert.match(at('root://xrd1:1094//rucio/test/f1.txt', 99, '/eos'), /path_begins_at is 99.*only 3 components/);
    assert.match(at('root://xrd1:1094//rucio/test/f1.txt', 3, '/eos'), /only 3 components/);
    for (const pfn of ['root://h//a/../../etc/passwd', 'davs://h/a/%2e%2e/%2E./etc/passwd', 'davs://h/a/%2e%2e%2f%2e%2e%2fetc/passwd', 'srm://h/m?SFN=/a/../../etc']) assert.match(at(pfn, 1, '/m'), /^! .*"\.\."/, pfn);
    assert.match(at('davs://h/a/b%00c', 1, '/m'), /NUL/);
    for (const pfn of ['', 'nonsense', '/a/b', 'root://h', 'root:/a/b']) assert.match(at(pfn, 0, '/m'), /^! .*not a physical file name/, pfn);
  });

  it('knows what Windows can\'t name', () => {
    const rule = { rseMountPath: 'Z:\\eulake', pathBeginsAt: 1 };
    assert.deepEqual(pfnToPath('root://h//a/b/f.root', rule, { platform: 'win32' }), { path: 'Z:\\eulake\\b\\f.root', alsoTry: [] });
    for (const name of ['a:b', 'a\\..\\..\\b', 'con', 'NUL.txt', 'x.', 'x ', 'a?b', 'C:\\x']) assert.match(JSON.stringify(pfnToPath(`root://h//a/${name}`, rule, { platform: 'win32' })), /can't have a file/, name);
    assert.deepEqual(pfnToPath('root://h//a/f', { rseMountPath: '\\\\host\\share', pathBeginsAt: 1 }, { platform: 'win32' }), { path: '\\\\host\\share\\f', alsoTry: [] });
  });

  it('stays below the mount, whatever the PFN', () => {
    const piece = fc.oneof(fc.constantFrom('..', '.', '%2e%2e', '%2f', '/', '//', '\\', '%5c', 'a', 'b c', '#', '?', '?SFN=/..', '%', '%00', 'root://x/', 'ü'), fc.string());
    fc.assert(fc.property(fc.constantFrom('root', 'davs', 'https', 'srm', 'file', 's3'), fc.array(piece), fc.nat(4), fc.constantFrom('posix', 'win32'), fc.option(fc.string(), { nil: undefined }), (scheme, pieces, pathBeginsAt, platform, name) => {
      const mount = platform === 'posix' ? '/eos/mount' : 'Z:\\mount';
      const found = pfnToPath(`${scheme}://host:1094/${pieces.join('/')}`, { rseMountPath: mount, pathBeginsAt }, { platform, ...(name !== undefined && { name }) });
      const { resolve, sep } = path[platform];
      for (const one of 'path' in found ? [found.path, ...found.alsoTry] : []) assert.ok(resolve(one).startsWith(mount + sep) && resolve(one) === resolve(mount, one), one);
    }), { numRuns: 2000 });
  });

  it('keeps every name of root:// as it is', () => {
    const name = fc.string({ minLength: 1, maxLength: 250, unit: 'grapheme' }).filter((text) => !/[/?\0]|^\.{1,2}$|:\/\//.test(text));
    fc.assert(fc.property(name, (text) => assert.equal(at(`root://h:1094//rucio/scope/aa/bb/${text}`, 1, '/m', text), `/m/scope/aa/bb/${text}`)), { numRuns: 1000 });
  });
});

describe('the places of a replica', () => {
  const rule = { rseMountPath: '/m', pathBeginsAt: 1 };
  it('come from all its PFNs, each once', () => {
    assert.deepEqual(placesOf(['davs://h/x/a%20b', 'root://h//x/a%20b', 'root://h//y/z'], rule, 'a'), [
      { pfn: 'davs://h/x/a%20b', path: '/m/a b' }, { pfn: 'davs://h/x/a%20b', path: '/m/a%20b' }, { pfn: 'root://h//y/z', path: '/m/z' },
    ]);
  });
  it('are a reason when there is none', () => {
    assert.deepEqual(placesOf([], rule, 'a'), { reason: 'The catalogue names no physical file for it.' });
    assert.match(JSON.stringify(placesOf(['root://h//x'], rule, 'x')), /only 1 components/);
  });
});
