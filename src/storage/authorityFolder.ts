// Programs of the grid trust the authorities of a folder in which each has the hash of its name (OpenSSL's). From a file of authorities
// such a folder is made for ourselves; without one, what the machine has is taken.
import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { RucioError } from '../rucio/errors.ts';

/** Where programs of the grid look by themselves, and where Debian, Red Hat and their like keep theirs. */
const USUAL = ['/etc/grid-security/certificates', '/etc/ssl/certs'];

export class AuthorityFolder {
  readonly #file: string | undefined;
  readonly #place: string;
  #made: Promise<string> | undefined;

  /** `place`: where the folder is made, itself made where it is missing. */
  constructor(file: string | undefined, place: string) {
    this.#file = file;
    this.#place = place;
  }

  /** undefined: there is none that we know of. @throws RucioError configuration when the file can't be used. */
  async path(): Promise<string | undefined> {
    if (this.#file !== undefined) return this.#made ??= this.#make(this.#file);
    for (const folder of USUAL) if (await fs.access(folder).then(() => true, () => false)) return folder;
    return undefined;
  }

  async #make(file: string): Promise<string> {
    await fs.mkdir(this.#place, { recursive: true, mode: 0o700 });
    const folder = await fs.mkdtemp(path.join(this.#place, 'authorities-'));
    try {
      const all = (await fs.readFile(file, 'utf8')).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
      const taken = new Map<string, number>();
      for (const [n, pem] of all.entries()) {
        const one = path.join(folder, `${n}.pem`);
        await fs.writeFile(one, `${pem}\n`);
        const { stdout } = await promisify(execFile)('openssl', ['x509', '-noout', '-hash', '-in', one]);
        const hash = stdout.trim();
        taken.set(hash, (taken.get(hash) ?? -1) + 1);
        await fs.symlink(`${n}.pem`, path.join(folder, `${hash}.${taken.get(hash)}`));
      }
      return folder;
    } catch (cause) {
      await fs.rm(folder, { recursive: true, force: true });
      this.#made = undefined;
      throw new RucioError('configuration', `The authorities of ${file} can't be given to xrdcp: ${cause instanceof Error ? cause.message : String(cause)}. Set X509_CERT_DIR to a folder of authorities, or install openssl.`, { subject: file, exceptionClass: 'NoXrootd', cause });
    }
  }

  async remove(): Promise<void> {
    const made = await this.#made?.catch(() => undefined);
    if (made !== undefined) await fs.rm(made, { recursive: true, force: true });
  }
}
