// root:// with a certificate, and with a grid proxy that one brings along, on a real XRootD that takes nothing else.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type { Identity } from '../../src/rucio/authorities.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import { isProxy } from '../../src/storage/gridProxy.ts';
import { urlOf } from '../../src/storage/url.ts';
import { XrootdStorage } from '../../src/storage/xrootd.ts';
import { adler32 } from '../support/adler32.ts';
import { gsiXrootd } from '../support/gsiXrootd.ts';
import { makeCertificate, makeProxy } from '../support/lake/certificates.ts';
import { sharedLake } from '../support/lake/shared.ts';

const info = await sharedLake();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gsi-'));
fs.chmodSync(folder, 0o755);
const mine = fs.mkdtempSync(path.join(os.tmpdir(), 'gsi-mine-'));
const server = await gsiXrootd(info, folder);
after(async () => {
  await server.close();
  fs.rmSync(folder, { recursive: true, force: true });
  fs.rmSync(mine, { recursive: true, force: true });
});
const { cert, key, dn } = info.accounts.alice.x509!;
const read = (file: string): string => fs.readFileSync(file, 'utf8');
const body = (bytes: Uint8Array) => async function* (): AsyncGenerator<Uint8Array, void, undefined> { yield bytes; };

async function there(identity: Identity, name: string): Promise<void> {
  const storage = new XrootdStorage({ credential: async () => ({ identity }), caFile: info.ca.file });
  try {
    const url = urlOf(`${server.url}${name}`, name);
    const bytes = randomBytes(200_000);
    assert.equal(await storage.stat(url), null);
    await storage.put(url, body(bytes), bytes.length);
    assert.deepEqual(await storage.stat(url, { checksum: true }), { bytes: bytes.length, adler32: adler32(bytes) });
    assert.ok(fs.readFileSync(path.join(server.folder, name)).equals(bytes));
    const parts: Uint8Array[] = [];
    for await (const part of (await storage.get(url, 0, bytes.length)).body) parts.push(part);
    assert.ok(Buffer.concat(parts).equals(bytes));
    assert.equal(await storage.remove(url), true);
  } finally {
    await storage.close();
  }
}
const leftBehind = (): string[] => fs.readdirSync(os.tmpdir()).filter((name) => /^(x509-|proxy-)/.test(name));

test('with a certificate: a proxy is made of it, and nothing of it stays', async () => {
  const before = leftBehind();
  await there({ cert: read(cert), key: read(key) }, 'by-certificate');
  assert.match(server.log(), / login as alice/);
  assert.deepEqual(leftBehind().filter((name) => !before.includes(name)), []);
});

test('with a proxy that one brings along: as it is', async () => {
  const [proxy = '', own = '', issuer = ''] = read(await makeProxy(mine, { cert, key, dn })).match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [];
  assert.ok(isProxy(`${proxy}\n${issuer}\n`) && !isProxy(issuer) && !isProxy(proxy));
  await there({ cert: `${proxy}\n${issuer}\n`, key: own }, 'by-proxy');
});

test('whom the storage does not know, and what can not be made, is said', async () => {
  const { x509 } = info.accounts.bob;
  const bob = new XrootdStorage({ credential: async () => ({ identity: { cert: read(x509!.cert), key: read(x509!.key) } }), caFile: info.ca.file });
  await assert.rejects(bob.stat(urlOf(`${server.url}f`, 'f')), (error) => RucioError.is(error, 'accessDenied'));
  await bob.close();
  const made = await makeCertificate(mine, 'other', { subject: '/DC=org/DC=lake/CN=Another' });
  const mixed = new XrootdStorage({ credential: async () => ({ identity: { cert: read(made.cert), key: read(key) } }), caFile: info.ca.file });
  await assert.rejects(mixed.stat(urlOf(`${server.url}f`, 'f')), (error) => RucioError.is(error, 'configuration') && /voms-proxy-init/.test(error.message));
  await mixed.close();
});
