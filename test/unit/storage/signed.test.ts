// Signed addresses: known as such, known when they end, and asked for only where a storage says that it needs them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownAddress } from '../../../src/lake/addresses/asked.ts';
import { pfnsAt } from '../../../src/lake/mounts/looking.ts';
import { RucioSigner } from '../../../src/lake/signing.ts';
import { RucioError } from '../../../src/rucio/errors.ts';
import { secrets } from '../../../src/rucio/secrets.ts';
import type { FileReplicas, RSEDetails } from '../../../src/rucio/types.ts';
import { endOf, isSigned, unsigned, unsignedPfn } from '../../../src/storage/signed.ts';

const SIGNED = [
  ['https://s3.example.org/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F20261128&X-Amz-Date=20261128T010203Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-Signature=abc0123456', Date.UTC(2026, 10, 28, 1, 12, 3)],
  ['https://s3.example.org/b/k?AWSAccessKeyId=AK&Signature=abc%3D0123456&Expires=1795829523', 1795829523000],
  ['https://storage.googleapis.com/b/k?GoogleAccessId=a@b&Expires=1795829523&Signature=abc%2B0123456', 1795829523000],
  ['https://swift.example.org/v1/a/c/k?temp_url_sig=abc0123456&temp_url_expires=1795829523', 1795829523000],
] as const;

test('addresses for people, code and file lists come without the signatures that the catalogue adds', () => {
  const [[signed]] = SIGNED;
  const bare = signed.slice(0, signed.indexOf('?'));
  const row: FileReplicas = { scope: 's', name: 'n', bytes: 1, adler32: '00000001', md5: null, rses: { S3: [signed] }, states: { S3: 'AVAILABLE' }, pfns: { [signed]: { rse: 'S3', type: 'DISK', volatile: false, domain: 'wan', priority: 1, client_extract: false } } } as unknown as FileReplicas;
  assert.deepEqual(pfnsAt(row, 'S3'), [bare]);
  assert.equal(knownAddress({ instance: {} as never }, row, { at: 'nearest' }).pfn, bare);
});

test('each kind is known, ends when it says, and is told without its signature', () => {
  for (const [text, end] of SIGNED) {
    const url = new URL(text);
    assert.equal(isSigned(url), true);
    assert.equal(endOf(url), end, text);
    assert.equal(unsigned(url).href, text.slice(0, text.indexOf('?')));
    assert.doesNotMatch(secrets.scrub(`GET ${text} failed`), /abc|AK%2F/);
    assert.match(secrets.scrub(`GET ${text} failed`), / failed$/);
  }
  assert.equal(unsignedPfn('root://door:1094//a?b c#d'), 'root://door:1094//a?b c#d', 'as it is to the letter');
  const plain = new URL('https://door.example.org/f?authz=abc');
  assert.equal(isSigned(plain), false);
  assert.equal(unsigned(plain), plain);
  assert.equal(endOf(plain), undefined);
});

function signer(answers: { fails?: RucioError | undefined; signed?: string; refuses?: RucioError }): { readonly calls: string[]; readonly signer: RucioSigner; time: number } {
  const calls: string[] = [];
  const details: RSEDetails = { rse: 'S3', sign_url: 's3', protocols: [{ scheme: 'https', hostname: 'Store.example.org', port: 443, prefix: '//bucket/rucio/', impl: '', domains: { lan: {}, wan: {} } as never, extended_attributes: null }] };
  const clock = { calls, time: 0 };
  return Object.assign(clock, {
    signer: new RucioSigner({
      listRses: async (expression) => {
        calls.push(`list ${expression}`);
        if (answers.fails) throw answers.fails;
        return ['S3'];
      },
      getRse: async (rse) => (calls.push(`get ${rse}`), details),
      getSignedUrl: async (rse, url, { service, operation }) => {
        calls.push(`sign ${rse} ${url} ${service} ${operation}`);
        if (answers.refuses) throw answers.refuses;
        return answers.signed ?? `${url.replace('#', '%23')}?X-Amz-Signature=1`;
      },
    }, () => clock.time),
  });
}

test('looked up once, by the longest prefix; again after a failure, and after ten minutes', async () => {
  const answers: { fails?: RucioError | undefined } = { fails: new RucioError('unreachable', 'away') };
  const made = signer(answers);
  const inside = new URL('https://store.example.org/bucket/rucio/s/a%20b');
  await assert.rejects(made.signer.signs(inside), (error) => RucioError.is(error, 'unreachable'));
  answers.fails = undefined;
  assert.deepEqual(await Promise.all([inside, new URL('https://store.example.org/bucket/other/f'), new URL('https://store.example.org:8443/bucket/rucio/f'), inside].map((url) => made.signer.signs(url))), [true, false, false, true]);
  assert.deepEqual(made.calls, ['list sign_url=s3|sign_url=gcs|sign_url=swift', 'list sign_url=s3|sign_url=gcs|sign_url=swift', 'get S3']);
  assert.equal((await made.signer.sign(inside, 'write')).searchParams.get('X-Amz-Signature'), '1');
  assert.equal(made.calls.at(-1), 'sign S3 https://store.example.org/bucket/rucio/s/a b s3 write');
  made.time = 600_001;
  answers.fails = new RucioError('refused', 'an empty set');
  assert.equal(await made.signer.signs(inside), false);
});

test('whoever may not have one is told, and no other address than the asked one is taken', async () => {
  const inside = new URL('https://store.example.org/bucket/rucio/f');
  const failing = async (answers: Parameters<typeof signer>[0], exceptionClass: string): Promise<void> => {
    await assert.rejects(signer(answers).signer.sign(inside, 'read'), (error) => RucioError.is(error) && error.exceptionClass === exceptionClass && error.message.includes('S3'));
  };
  await failing({ refuses: new RucioError('accessDenied', 'no') }, 'MayNotSign');
  await failing({ refuses: new RucioError('serverError', 'no key') }, 'NotSigned');
  for (const signed of ['https://evil.example.org/bucket/rucio/f?Signature=1', 'https://store.example.org/bucket/rucio/g?Signature=1', 'http://store.example.org/bucket/rucio/f?Signature=1', 'no address']) await failing({ signed }, 'NotSigned');
  // Swift's, without its port.
  assert.equal((await signer({ signed: 'https://store.example.org/bucket/rucio/f?temp_url_sig=1&temp_url_expires=2' }).signer.sign(inside, 'read')).host, 'store.example.org');
  const over = AbortSignal.abort();
  await assert.rejects(signer({}).signer.signs(inside, over), (error) => RucioError.is(error, 'cancelled'));
});
