// Which certificate authorities are believed, and who we are towards a server: TLS contexts made from the system's
// certificates, from an instance's own authorities (a PEM file, or a folder as the grid has them) and a client certificate.
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import tls from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { RucioError } from './errors.ts';

/** A client certificate with its chain, and its key; PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
  /** Where the key is encrypted. */
  readonly passphrase?: string;
}

export interface Trust {
  /** PEM file, or a folder of them such as /etc/grid-security/certificates. */
  readonly ca?: string | undefined;
  /** The authorities of `ca` are believed beside all others, not in their place. */
  readonly beside?: boolean;
  readonly identity?: Identity | undefined;
}

/** Of a folder: grid ones have some hundred. */
const MOST_FILES = 2000;
/** ms; such folders lie on network file systems (CVMFS), which may hang. */
const PATIENCE = 20_000;
/** `1a2b3c4d.0` is how OpenSSL looks authorities up; `.r0` beside it is a revocation list. */
const AUTHORITY = /\.(?:pem|crt|cer|cert)$|^[0-9a-f]{8}\.\d+$/i;
const PEM = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** Node's ciphers, in the order in which they are wanted for files: AES with 128 bits costs three quarters of that with 256, at both ends. */
const FILES = tls.DEFAULT_CIPHERS.split(':').sort((a, b) => Number(b.startsWith('TLS_AES_128_GCM')) - Number(a.startsWith('TLS_AES_128_GCM'))).join(':');

const shared = new Map<string, tls.SecureContext>();

/** `files`: large ones go through it. Throws RucioError configuration when `trust.ca` can't be used. */
export async function contextFor(trust: Trust, system: boolean, files = false): Promise<tls.SecureContext> {
  const { ca, beside, identity } = trust;
  if (ca === undefined && !identity) {
    const key = `${system} ${files}`;
    let context = shared.get(key);
    // Made once, as it takes some 20 ms.
    if (!context) shared.set(key, context = contextOf(usual(system), files));
    return context;
  }
  const own = ca === undefined ? undefined : await readAuthorities(ca);
  const others = own && !beside ? [] : usual(system) ?? tls.rootCertificates;
  return contextOf(own || identity ? [...own ?? [], ...others] : undefined, files, identity);
}

function contextOf(ca: readonly string[] | undefined, files: boolean, identity?: Identity): tls.SecureContext {
  return tls.createSecureContext({ ...(ca && { ca: [...ca] }), ...identity, ...(files && { ciphers: FILES }) });
}

/** Node's own and the system's; undefined where Node can't tell (before 22.15): then only its own count. */
function usual(system: boolean): readonly string[] | undefined {
  return 'getCACertificates' in tls ? [...new Set([...tls.getCACertificates('default'), ...(system ? tls.getCACertificates('system') : [])])] : undefined;
}

async function readAuthorities(place: string): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(problem(place, `does not answer within ${PATIENCE / 1000} s: is it on a file system that hangs?`)), PATIENCE);
  });
  try {
    return await Promise.race([read(place), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function read(place: string): Promise<string[]> {
  try {
    return (await stat(place)).isDirectory() ? await readFolder(place) : certificatesOf(place, await readFile(place, 'latin1'));
  } catch (cause) {
    if (cause instanceof RucioError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw problem(place, code === 'ENOENT' ? 'does not exist.' : `can't be read (${code}).`, cause);
  }
}

/** What is no certificate in a folder of many is passed over: one authority's damaged file must not shut out all servers. */
async function readFolder(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => AUTHORITY.test(name)).slice(0, MOST_FILES);
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'latin1').catch(() => ''))); // a link to nothing
  const certificates = new Set(texts.flatMap((text) => text.match(PEM) ?? []).filter(readable)); // 1a2b3c4d.0 is a link to the file that has a name
  if (certificates.size === 0) throw problem(folder, 'is a folder without any certificate in PEM form.');
  return [...certificates];
}

function certificatesOf(file: string, text: string): string[] {
  const certificates = text.match(PEM) ?? [];
  if (certificates.length === 0) throw problem(file, 'holds no certificate in PEM form.');
  if (!certificates.every(readable)) throw problem(file, 'holds a certificate that can\'t be read.');
  return certificates;
}

function readable(pem: string): boolean {
  try {
    return new X509Certificate(pem) !== undefined;
  } catch {
    return false; // the caller says which file it was
  }
}

function problem(place: string, what: string, cause?: unknown): RucioError {
  return new RucioError('configuration', `The CA ${what.startsWith('is a folder') ? 'folder' : 'file'} ${place} ${what}`, { subject: place, cause });
}
