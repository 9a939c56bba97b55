// Lists of files in each form, whatever is in a name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FORMATS, type ListedFile } from '../../../../src/lake/fileLists/formats.ts';
import { anyText } from '../../../support/anyText.ts';

const file: ListedFile = { did: 'test:a b/#1.root', size: 12, adler32: '0000abcd', place: 'davs://host:443/rucio/test/aa/bb/a b/#1.root', local: false, rse: 'XRD1' };

test('text is a line for each; JSON has all that is known; Metalink is for downloaders, which know https and encoded names', () => {
  assert.equal(FORMATS.txt.row(file), 'davs://host:443/rucio/test/aa/bb/a b/#1.root\n');
  assert.deepEqual(JSON.parse(FORMATS.json.row(file)!), { did: 'test:a b/#1.root', pfn: file.place, rse: 'XRD1', bytes: 12, adler32: '0000abcd' });
  assert.deepEqual(JSON.parse(FORMATS.json.row({ ...file, local: true, place: '/eos/x', rse: '', adler32: '' })!), { did: 'test:a b/#1.root', path: '/eos/x', bytes: 12 });
  const text = FORMATS.metalink.row(file)!;
  assert.match(text, /<file name="a b\/#1\.root">/);
  assert.match(text, /<url location="XRD1" priority="1">https:\/\/host\/rucio\/test\/aa\/bb\/a%20b\/%231\.root<\/url>/);
  assert.match(text, /<hash type="adler32">0000abcd<\/hash>/);
  assert.match(FORMATS.metalink.row({ ...file, place: 'root://host:1094//rucio/x&y' })!, />root:\/\/host:1094\/\/rucio\/x&#38;y</);
  assert.match(FORMATS.metalink.row({ ...file, local: true, rse: '', place: '/eos/a b' })!, /<url priority="1">file:\/\/\/eos\/a%20b</);
});

test('a line break in a name is no second line', () => {
  assert.equal(FORMATS.txt.row({ ...file, place: 'root://h//a\nb' }), undefined);
});

test('a downloader is never led out of its folder', () => {
  for (const name of ['../../etc/passwd', '/etc/passwd', 'a/../../b', './.', '']) {
    const [, written = ''] = /<file name="([^"]*)">/.exec(FORMATS.metalink.row({ ...file, did: `test:${name}` })!) ?? [];
    assert.ok(written !== '' && !written.startsWith('/') && !written.split('/').includes('..'), written);
  }
});

test('whatever the names, a list is what its form says', () => {
  fc.assert(fc.property(fc.array(fc.tuple(anyText({ minLength: 1 }), anyText({ minLength: 1 }))), (names) => {
    const files = names.map(([name, place]) => ({ ...file, did: `test:${name}`, place: `root://host//${place}` }));
    const whole = (form: keyof typeof FORMATS): string => FORMATS[form].head + files.map((one) => FORMATS[form].row(one)).filter((row) => row !== undefined).join(FORMATS[form].between) + FORMATS[form].tail;
    assert.deepEqual((JSON.parse(whole('json')) as { did: string; pfn: string }[]).map(({ did, pfn }) => [did, pfn]), files.map(({ did, place }) => [did, place]));
    assert.deepEqual(whole('txt').split('\n').slice(0, -1), files.map(({ place }) => place).filter((place) => !/[\r\n]/.test(place)));
    const xml = whole('metalink');
    assert.equal(xml.split('<file ').length - 1, files.length);
    assert.doesNotMatch(xml, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
    assert.doesNotMatch(xml.replace(/&#\d+;/g, ''), /&/);
  }));
});
