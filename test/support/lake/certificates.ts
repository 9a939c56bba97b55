// Certificates of people for tests: signed by the lake's authority, by another one, expired, with an encrypted key; grid
// proxies (RFC 3820) of the lake's people.
import fs from 'node:fs';
import path from 'node:path';
import { run } from '../install.ts';
import type { LakeInfo } from './info.ts';

export interface Made { readonly cert: string; readonly key: string }

/** In `dir`. `subject` as /DC=org/DC=lake/CN=Name. `days` may be negative. Without `lake` it is signed by nobody known. */
export async function makeCertificate(dir: string, name: string, { subject, days = 1, passphrase, lake }: { subject: string; days?: number; passphrase?: string; lake?: LakeInfo }): Promise<Made> {
  const [cert, key, csr] = ['pem', 'key', 'csr'].map((end) => path.join(dir, `${name}.${end}`)) as [string, string, string];
  const pki = lake && path.dirname(lake.ca.file);
  await run('openssl', ['req', '-newkey', 'rsa:2048', ...(passphrase === undefined ? ['-noenc'] : ['-passout', `pass:${passphrase}`]), '-keyout', key, '-subj', subject, '-out', csr]);
  fs.chmodSync(key, 0o600);
  const signer = pki ? ['-CA', path.join(pki, 'ca.pem'), '-CAkey', path.join(pki, 'ca.key'), '-set_serial', String(Date.now())]
    : ['-key', key, ...(passphrase === undefined ? [] : ['-passin', `pass:${passphrase}`])];
  await run('openssl', ['x509', '-req', '-in', csr, ...signer, '-days', String(days), '-out', cert]);
  return { cert, key };
}

/** Certificate, key and the issuer's certificate in one file, as voms-proxy-init writes it; a proxy that alice or bob signed. */
export async function makeProxy(dir: string, { cert, key, dn }: { readonly cert: string; readonly key: string; readonly dn: string }, days = 1): Promise<string> {
  const at = (name: string): string => path.join(dir, name);
  const serial = String(Date.now());
  await run('openssl', ['req', '-newkey', 'rsa:2048', '-noenc', '-keyout', at('proxy.key'), '-subj', `${dn}/CN=${serial}`, '-out', at('proxy.csr')]);
  fs.writeFileSync(at('proxy.ext'), 'keyUsage=critical,digitalSignature,keyEncipherment\nproxyCertInfo=critical,language:id-ppl-inheritAll\n');
  await run('openssl', ['x509', '-req', '-in', at('proxy.csr'), '-CA', cert, '-CAkey', key, '-set_serial', serial, '-days', String(days), '-extfile', at('proxy.ext'), '-out', at('proxy.pem')]);
  const file = at('x509up');
  fs.writeFileSync(file, [at('proxy.pem'), at('proxy.key'), cert].map((part) => fs.readFileSync(part, 'utf8')).join(''), { mode: 0o600 });
  return file;
}
