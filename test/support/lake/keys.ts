// The lake's keys: a certificate authority, the host's and the users' certificates, and the key with which the OpenID
// provider signs. Made once for a lake.
import { generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { run } from '../install.ts';
import { HOST } from './hosts.ts';

const BASE = '/DC=org/DC=lake';
const NAMES = { root: 'Rucio Root', service: 'Rucio Service', alice: 'Alice Liddell', bob: 'Bob Dobbs' } as const;
export type KeyOwner = keyof typeof NAMES;

/** The subject as Rucio and XRootD write it. */
export const dnOf = (owner: KeyOwner): string => `${BASE}/CN=${NAMES[owner]}`;

const DAYS = ['-days', '3650'];
const newKey = (file: string): string[] => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', file];

/** Makes <dir>/pki, unless it is there whole. */
export async function makeKeys(dir: string): Promise<void> {
  const pki = path.join(dir, 'pki');
  const done = path.join(pki, 'certs', '.made');
  if (fs.existsSync(done)) return;
  fs.rmSync(pki, { recursive: true, force: true });
  fs.mkdirSync(path.join(pki, 'certs'), { recursive: true });
  const openssl = (...args: string[]): Promise<string> => run('openssl', args, { cwd: pki });
  await openssl('req', '-x509', ...newKey('ca.key'), ...DAYS, '-subj', `${BASE}/CN=Lake Test CA`, '-out', 'ca.pem',
    '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
  const sign = async (name: string, subject: string, ...extensions: string[]): Promise<void> => {
    await openssl('req', '-x509', '-CA', 'ca.pem', '-CAkey', 'ca.key', ...newKey(`${name}.key`), ...DAYS, '-subj', subject, '-out', `${name}.pem`,
      ...['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature', ...extensions].flatMap((e) => ['-addext', e]));
    fs.chmodSync(path.join(pki, `${name}.key`), 0o600);
  };
  await Promise.all([
    sign('host', `${BASE}/CN=${HOST}`, `subjectAltName=DNS:${HOST},DNS:localhost,IP:127.0.0.1`, 'extendedKeyUsage=serverAuth,clientAuth'),
    ...Object.keys(NAMES).map((owner) => sign(owner, dnOf(owner as KeyOwner), 'extendedKeyUsage=clientAuth')),
  ]);
  // what Rucio's daemons hand to gfal: certificate and key in one file
  fs.writeFileSync(path.join(pki, 'service.both.pem'), ['service.pem', 'service.key'].map((f) => fs.readFileSync(path.join(pki, f), 'utf8')).join(''), { mode: 0o600 });
  fs.copyFileSync(path.join(pki, 'ca.pem'), path.join(pki, 'certs', 'ca.pem'));
  await openssl('rehash', 'certs');

  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const about = { use: 'sig', alg: 'RS256', kid: 'lake-1' };
  fs.writeFileSync(path.join(pki, 'jwks.json'), JSON.stringify({ keys: [{ ...pair.privateKey.export({ format: 'jwk' }), ...about }] }), { mode: 0o600 });
  fs.writeFileSync(path.join(pki, 'jwks.public.json'), JSON.stringify({ keys: [{ ...pair.publicKey.export({ format: 'jwk' }), ...about }] }));
  fs.writeFileSync(done, '');
}

/**
 * Tells a storage the issuer's public key beforehand, in the key cache of scitokens-cpp 0.7 (table keycache): then XRootD
 * need not ask the provider for it, and the lake's authority need not be in the machine's own bundle.
 */
export function trustIssuer(cacheHome: string, issuer: string, jwksFile: string): void {
  const folder = path.join(cacheHome, 'scitokens');
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const far = Math.floor(Date.now() / 1000) + 3650 * 86_400;
  const db = new DatabaseSync(path.join(folder, 'scitokens_cpp.sqllite')); // sic
  db.exec('CREATE TABLE IF NOT EXISTS keycache (issuer text UNIQUE PRIMARY KEY NOT NULL, keys text NOT NULL)');
  db.prepare('INSERT OR REPLACE INTO keycache VALUES (?, ?)').run(issuer, JSON.stringify({ expires: far, next_update: far, jwks: JSON.parse(fs.readFileSync(jwksFile, 'utf8')) }));
  db.close();
}
