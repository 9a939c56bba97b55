// PFNs to URLs, checksums in headers, and where a token may go.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { adler32Of, digestsIn } from '../../../src/storage/digest.ts';
import { sameHouse } from '../../../src/storage/asking.ts';
import { urlOf } from '../../../src/storage/url.ts';

test('a name of any characters comes out of the URL as it went in, and never leaves its folder', () => {
  const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((text) => !text.includes('/') && text !== '.' && text !== '..' && Buffer.from(text).toString() === text);
  fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
    const name = parts.join('/');
    const url = urlOf(`davs://door.example.org:1094/data/${name}`, name.includes('?') ? name : `${name}?`.slice(0, -1));
    if (!name.includes('?')) assert.equal(url.search, '');
    assert.equal(decodeURIComponent(url.pathname), `/data/${name}`);
    assert.equal(url.host, 'door.example.org:1094');
  }), { examples: [[['a#b', 'c%20d', 'e f']], [['x?y=z']]] });
  assert.throws(() => urlOf('davs://h/a/../b', 'b'), /leaves the folder/);
  assert.equal(urlOf('root://h:1094//a/b c', 'b c').href, 'root://h:1094//a/b%20c');
  assert.throws(() => urlOf('root://h//a/b?c', 'b?c'), /question mark/);
  assert.throws(() => urlOf('srm://h//a/b', 'b'), /srm:\/\/ is not spoken/);
  assert.throws(() => urlOf('nonsense', 'b'), /no physical file name/);
});

test('a signature stays behind the path', () => {
  assert.equal(urlOf('https://s3.example.org/b/f.root?X-Sig=abc&Expires=1', 'f.root').href, 'https://s3.example.org/b/f.root?X-Sig=abc&Expires=1');
});

test('checksums in the spellings that are about', () => {
  assert.deepEqual(digestsIn('adler32=ab12cd3'), { adler32: '0ab12cd3' });
  assert.deepEqual(digestsIn('ADLER32=0AB12CD3, md5=1B2M2Y8AsgTpgAmY7PhCfg=='), { adler32: '0ab12cd3', md5: 'd41d8cd98f00b204e9800998ecf8427e' });
  assert.deepEqual(digestsIn(`adler=:${Buffer.from('0ab12cd3', 'hex').toString('base64')}:`), { adler32: '0ab12cd3' });
  assert.deepEqual(digestsIn('sha-256=x, adler32=nonsense'), {});
  assert.deepEqual(digestsIn(undefined), {});
  assert.equal(adler32Of('123456789'), undefined);
});

test('a token goes along to the same machine and its sisters, to no stranger', async () => {
  const to = (from: string, other: string): Promise<boolean> => sameHouse(new URL(from), new URL(other));
  assert.ok(await to('https://door.example.org', 'https://disk7.example.org:2880'));
  assert.ok(await to('https://door.example.org', 'https://door.example.org:444'));
  assert.ok(await to('https://eospublic.cern.ch', 'https://p05.pool.cern.ch:8443'));
  assert.ok(await to('https://se.physics.ox.ac.uk', 'https://disk.ox.ac.uk'));
  assert.ok(!await to('https://ox.ac.uk', 'https://cam.ac.uk'));
  assert.ok(!await to('https://mine.s3.amazonaws.com', 'https://theirs.s3.amazonaws.com'));
  assert.ok(!await to('https://localhost', 'https://127.0.0.1'));
  assert.ok(!await to('https://[::1]', 'https://[::2]'));
  assert.ok(!await to('https://door.example.org', 'https://evil.org'));
  assert.ok(!await to('https://a.co.uk', 'https://b.co.uk'));
  assert.ok(!await to('https://example.org', 'https://other.org'));
  assert.ok(!await to('https://10.0.0.1', 'https://11.0.0.1'));
});
