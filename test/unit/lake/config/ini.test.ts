import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseIni } from '../../../../src/lake/config/ini.ts';

const get = (text: string, option: string): unknown => parseIni(`[client]\n${text}`).get('client', option);

describe('rucio.cfg is read as Python\'s configparser reads it', () => {
  it('with = or :, comments on lines of their own, names in any case, the rest of the line as it is', () => {
    const ini = parseIni('\ufeff# c\n[common]\nrucio_host = other\r\n[client]\nrucio_host=https://r:443/x = y ; z\n; c\nAuth_Host : https://a\nempty =\nnonsense\n[client]\naccount = late');
    assert.equal(ini.get('client', 'rucio_host'), 'https://r:443/x = y ; z');
    assert.equal(ini.get('client', 'auth_host'), 'https://a');
    assert.deepEqual([ini.get('client', 'empty'), ini.get('client', 'nonsense'), ini.get('nowhere', 'x'), ini.get('client', 'account')], ['', undefined, undefined, 'late']);
  });
  it('with values that go on in lines further in, and the section DEFAULT', () => {
    assert.equal(get('a = one\n  two\n# c\n  three\nb = 2', 'a'), 'one\ntwo\nthree');
    assert.equal(parseIni('[DEFAULT]\nhost = h\n[client]\nx = https://%(host)s/%%').get('client', 'x'), 'https://h/%');
  });
  it('says what can\'t be used, without it', () => {
    for (const text of ['password = hid%den', 'password = %(x)s', 'password = %(password)s', 'password = hidden%']) {
      const value = get(text, 'password');
      assert.equal(typeof (value as { problem: string }).problem, 'string', text);
      assert.doesNotMatch(JSON.stringify(value), /hid|den/);
    }
  });
  it('whatever is written, it ends and nothing is thrown', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom('[client]', '[DEFAULT]', '[', ']', 'a = %(b)s%(b)s%(b)s', 'b = %(a)s%(a)s', 'b = %(c)s%(c)s%(c)s%(c)s', 'c = %(d)s%(d)s%(d)s%(d)s', '  more', '__proto__ = 1', 'constructor: x'));
    fc.assert(fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      const ini = parseIni(lines.join('\n'));
      for (const option of ['a', 'b', '__proto__', 'toString']) {
        const value = ini.get('client', option);
        assert.ok(value === undefined || typeof value === 'string' || typeof value.problem === 'string');
      }
    }), { numRuns: 300 });
  });
});
