// A person's certificate and key from files: PEM, one file or two, the key encrypted or not, or a grid proxy. What is wrong
// with them is said before any server sees them. Keys that others can read are refused.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { RucioError } from '../errors.ts';
import type { Identity } from '../transport.ts';

export interface IdentityFiles {
  readonly certificate: string;
  /** Absent: the key is in the certificate's file. */
  readonly key?: string;
  readonly passphrase?: string;
}

export interface IdentityOptions {
  /** "certificate" or "grid proxy", for sentences. */
  readonly what: string;
  /** What to do when it has ended or is not there: a sentence, or nothing. */
  readonly remedy: string;
  /** For the passphrase of an encrypted key; null = given up. `problem` says what was wrong with the last one. */
  readonly ask?: ((file: string, problem?: string) => Promise<string | null>) | undefined;
  readonly now?: number;
}

const TRIES = 3;

/**
 * `dn` as Rucio writes it: /DC=org/CN=Alice. Throws RucioError badInput, with a sentence that names the file: not there, no PEM,
 * expired, another's key, readable by others, a wrong passphrase where nobody can be asked; cancelled when the person gave up.
 */
export async function readIdentity(files: IdentityFiles, { what, remedy, ask, now = Date.now() }: IdentityOptions): Promise<Identity & { readonly dn: string }> {
  const text = await read(files.certificate, what, remedy);
  const keyFile = files.key ?? files.certificate;
  const keyText = files.key === undefined ? text : await read(keyFile, 'key', '');
  const pem = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const certificate = parse(pem, files.certificate, what);
  const dn = `/${certificate.subject.split('\n').join('/')}`;
  const date = (text: string): string => new Date(text).toISOString().slice(0, 16).replace('T', ' ');
  if (Date.parse(certificate.validTo) <= now) throw bad(files.certificate, `The ${what} ${files.certificate} of ${dn} ended on ${date(certificate.validTo)} UTC.${remedy && ` ${remedy}`}`);
  if (Date.parse(certificate.validFrom) > now) throw bad(files.certificate, `The ${what} ${files.certificate} of ${dn} begins only on ${date(certificate.validFrom)} UTC (or this machine's clock is wrong).`);

  const [keyPem] = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[^]*?-----END \1PRIVATE KEY-----/.exec(keyText) ?? [];
  if (keyPem === undefined) throw bad(keyFile, files.key === undefined ? `The ${what} ${files.certificate} has no key in it: name the file of the key, too.` : `The file ${keyFile} holds no key in PEM form.`);
  await refuseReadable(keyFile);
  const { key, passphrase } = await openKey(keyPem, keyFile, files.passphrase, ask);
  if (!certificate.checkPrivateKey(key)) throw bad(keyFile, `The key in ${keyFile} does not belong to the ${what} in ${files.certificate}.`);
  return { cert: `${pem.join('\n')}\n`, key: keyPem, ...(passphrase !== undefined && { passphrase }), dn };
}

async function read(file: string, what: string, remedy: string): Promise<string> {
  try {
    return await readFile(file, 'latin1');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw bad(file, code === 'ENOENT' ? `There is no ${what} at ${file}.${remedy && ` ${remedy}`}` : `The ${what} ${file} can't be read (${code}).`, cause);
  }
}

function parse([first]: readonly string[], file: string, what: string): X509Certificate {
  const problem = (cause?: unknown): RucioError => bad(file, `The ${what} ${file} is not in PEM form. (A .p12 or .pfx file is turned into PEM by: openssl pkcs12 -in … -out ….pem)`, cause);
  if (first === undefined) throw problem();
  try {
    return new X509Certificate(first);
  } catch (cause) {
    throw problem(cause);
  }
}

/** As ssh and the grid's own tools do. Windows keeps such rights elsewhere. */
export async function refuseReadable(file: string): Promise<void> {
  if (process.platform === 'win32') return;
  const mode = (await stat(file)).mode & 0o777;
  if ((mode & 0o077) !== 0) throw bad(file, `The key ${file} is not used: others can read it (mode ${mode.toString(8)}). Make it yours alone: chmod 600 ${file}`);
}

/** How a kind of key is read; `read` throws for a wrong passphrase, and for what it can't read. */
export interface KeyKind {
  readonly isEncrypted: (text: string) => boolean;
  readonly read: (text: string, passphrase: string | undefined) => KeyObject;
}

const PEM_KEY: KeyKind = {
  isEncrypted: (pem) => pem.startsWith('-----BEGIN ENCRYPTED') || pem.includes('Proc-Type: 4,ENCRYPTED'),
  read: (pem, passphrase) => createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) }),
};

/** Throws RucioError badInput, or cancelled when the person gave up. */
export async function openKey(pem: string, file: string, known: string | undefined, ask: IdentityOptions['ask'], kind = PEM_KEY): Promise<{ readonly key: KeyObject; readonly passphrase: string | undefined }> {
  const encrypted = kind.isEncrypted(pem);
  let passphrase = encrypted ? known : undefined;
  let problem: string | undefined;
  for (let tries = 0; ; tries++) {
    if (!encrypted || passphrase !== undefined) {
      try {
        return { key: kind.read(pem, passphrase), passphrase };
      } catch (cause) {
        // OpenSSL's words for a wrong passphrase differ by the kind of key; of an encrypted one nothing else can be told.
        if (!encrypted) throw bad(file, `The key ${file} can't be read: it is damaged, or of an unknown kind.`, cause);
        problem = `That is not the passphrase of the key ${file}.`;
      }
    }
    if (!ask) throw bad(file, problem ?? `The key ${file} is encrypted: its passphrase is needed.`);
    if (tries >= TRIES) throw bad(file, problem ?? `The key ${file} could not be opened.`);
    const answer = await ask(file, problem);
    if (answer === null) throw new RucioError('cancelled', `The passphrase of the key ${file} was not given.`, { subject: file });
    passphrase = answer;
  }
}

function bad(file: string, message: string, cause?: unknown): RucioError {
  return new RucioError('badInput', message, { subject: file, cause });
}
