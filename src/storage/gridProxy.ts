// XRootD takes no certificate of a person as it is, only a proxy that it signed (RFC 3820): a key of its own for some hours. Where one signed in with a
// certificate, such a proxy is made here, by openssl; whoever brings one along (voms-proxy-init) uses that.
import { execFile } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Identity } from '../rucio/authorities.ts';
import { RucioError } from '../rucio/errors.ts';

/** ms after which another one is made; openssl counts in days. */
const AGE = 6 * 3_600_000;

/** Whether it is signed by a person's certificate, which comes along, and not by an authority. */
export function isProxy(cert: string): boolean {
  const [first, second] = (cert.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((pem) => new X509Certificate(pem));
  return first !== undefined && second !== undefined && !second.ca && first.checkIssued(second);
}

export class GridProxies {
  #made: { readonly cert: string; readonly until: number; readonly pem: Promise<string> } | undefined;

  readonly #place: string;

  /** `place`: where openssl is given its files, for as long as it works. */
  constructor(place: string) {
    this.#place = place;
  }

  /** Certificates and key in one text, as programs of the grid read it. @throws RucioError configuration where openssl can't make it. */
  async of(identity: Identity): Promise<string> {
    const { cert, key } = identity;
    if (isProxy(cert)) return `${cert.trim()}\n${key.trim()}\n`;
    if (this.#made?.cert === cert && performance.now() < this.#made.until) return this.#made.pem;
    const made = { cert, until: performance.now() + AGE, pem: make(identity, this.#place) };
    this.#made = made;
    made.pem.catch(() => { if (this.#made === made) this.#made = undefined; });
    return made.pem;
  }
}

async function make({ cert, key }: Identity, place: string): Promise<string> {
  await fs.mkdir(place, { recursive: true, mode: 0o700 });
  const folder = await fs.mkdtemp(path.join(place, 'proxy-')); // 0700
  const at = (name: string): string => path.join(folder, name);
  const openssl = (...args: string[]): Promise<unknown> => promisify(execFile)('openssl', args, { cwd: folder });
  try {
    const serial = String(randomBytes(4).readUInt32BE() % 2 ** 31 + 1);
    const subject = subjectOf(new X509Certificate(cert));
    await fs.writeFile(at('cert'), `${cert.trim()}\n`);
    await fs.writeFile(at('key'), `${key.trim()}\n`, { mode: 0o600 });
    await fs.writeFile(at('extensions'), 'keyUsage=critical,digitalSignature,keyEncipherment\nproxyCertInfo=critical,language:id-ppl-inheritAll\n');
    await openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-utf8', '-keyout', 'proxy.key', '-subj', `${subject}/CN=${serial}`, '-out', 'request');
    await openssl('x509', '-req', '-in', 'request', '-CA', 'cert', '-CAkey', 'key', '-set_serial', serial, '-days', '1', '-extfile', 'extensions', '-out', 'proxy');
    const [proxy, own] = await Promise.all([fs.readFile(at('proxy'), 'utf8'), fs.readFile(at('proxy.key'), 'utf8')]);
    return `${proxy.trim()}\n${own.trim()}\n${cert.trim()}\n`;
  } catch (cause) {
    throw new RucioError('configuration', 'XRootD takes a certificate only by a proxy that it signed, and openssl could not make one here. Make it with voms-proxy-init, and sign in with that.', { exceptionClass: 'NoXrootd', cause });
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

/** As openssl takes it: /DC=org/DC=lake/CN=A Name. */
function subjectOf({ subject }: X509Certificate): string {
  return subject.split('\n').map((part) => `/${part.replace(/\\(.)/g, '$1').replace(/[\\/]/g, '\\$&')}`).join('');
}
