// Sign-in with a client certificate, or a grid proxy (rucio 41: web/rest/flaskapi/v1/auth.py, x509). Files stay where they are
// and are read anew each time, so a renewed certificate or proxy is used without a word; only their paths are remembered.
import { stat } from 'node:fs/promises';
import { RucioError } from '../errors.ts';
import { path } from '../paths.ts';
import type { Identity, Transport } from '../transport.ts';
import { readIdentity, type IdentityFiles } from './identity.ts';
import { checkToken } from './token.ts';
import { forOneAccount, grantIn, headerValue, type AccountAnswer, type Grant, type People, type SignInContext, type Way } from './way.ts';

/** ms. A dozen files ask for it hundreds of times a second; to read and check it each time is more work than to send them. */
const LATELY = 1000;
const PROXY_VARIABLE = 'X509_USER_PROXY';
const NEW_PROXY = 'Make a new one, for example with voms-proxy-init.';

/** As {@link signInUserpass}. `proxy`: where sites have a path of its own for proxies, it is that one. */
async function signInX509(transport: Transport, identity: Identity & { readonly dn: string }, { account, proxy }: { account: string | undefined; proxy: boolean }, signal?: AbortSignal): Promise<AccountAnswer> {
  if (!transport.signInIsSecure) throw new RucioError('configuration', `A certificate can be shown by https only, and the address of ${transport.host} is http.`, { subject: transport.host });
  const headers = { 'X-Rucio-Allow-Return-Multiple-Accounts': 'true', ...(account !== undefined && { 'X-Rucio-Account': headerValue('account', account) }) };
  const where = proxy ? path`/auth/x509_proxy` : path`/auth/x509`;
  try {
    const answer = grantIn(await transport.raw({ path: where, headers, identity, signIn: true, signal }), transport, `GET ${where}`);
    if ('accounts' in answer) return answer;
    return { ...answer, account: answer.account ?? account ?? (await checkToken(transport, answer.token, signal)).account };
  } catch (error) {
    // The server does not say who it took us for, and a person may have several certificates.
    if (RucioError.is(error, 'wrongCredentials')) throw new RucioError('wrongCredentials', `${error.message.replace(/[^.!?)]$/, '$&.')} The certificate shown was that of ${identity.dn}.`, error);
    throw error;
  }
}

export class X509Way implements Way {
  readonly #context: SignInContext;
  /** Absent: a grid proxy, wherever it lies at the time. */
  readonly #files: IdentityFiles | undefined;
  #lately: { readonly at: number; readonly identity: Promise<Identity> } | undefined;
  #passphrase: string | undefined;
  #account: string | undefined;

  constructor({ certificate, key, passphrase, account }: Partial<IdentityFiles> & { readonly account?: string }, context: SignInContext) {
    this.#context = context;
    this.#files = certificate === undefined ? undefined : { certificate, ...(key !== undefined && { key }) };
    this.#passphrase = passphrase;
    this.#account = account;
  }

  signIn(signal?: AbortSignal): Promise<Grant> {
    return this.#signIn(this.#context.people, signal);
  }

  renew(_refused: string | undefined, signal?: AbortSignal): Promise<Grant> {
    return this.#signIn({}, signal);
  }

  secret(): Readonly<Record<string, string>> {
    const account = this.#account !== undefined && { account: this.#account };
    if (!this.#files) return { ...account };
    return { ...this.#files, ...(this.#passphrase !== undefined && { passphrase: this.#passphrase }), ...account };
  }

  /** A certificate or a proxy that was renewed in its place is another one. */
  async version(): Promise<string> {
    const files = this.#files ? [this.#files.certificate, this.#files.key] : [this.#context.proxyFile?.()];
    const versions = files.map(async (file) => file === undefined ? '' : stat(file).then(({ mtimeMs, ino }) => `${file} ${mtimeMs} ${ino}`, () => '')); // not there is a version, too
    return (await Promise.all(versions)).join(' ');
  }

  /** Read anew, for all that ask within a moment: a renewed file is used at once. Nobody is asked. */
  identity(): Promise<Identity> {
    if (!this.#lately || performance.now() - this.#lately.at > LATELY) {
      const lately = this.#lately = { at: performance.now(), identity: this.#read({}) };
      // What was wrong may be put right.
      lately.identity.catch(() => { if (this.#lately === lately) this.#lately = undefined; });
    }
    return this.#lately.identity;
  }

  async #read(people: People): Promise<Identity & { readonly dn: string }> {
    const proxy = this.#files === undefined;
    return readIdentity(
      this.#files ? { ...this.#files, ...(this.#passphrase !== undefined && { passphrase: this.#passphrase }) } : { certificate: this.#proxyFile() },
      { what: proxy ? 'grid proxy' : 'certificate', remedy: proxy ? NEW_PROXY : '', ask: people.passphrase },
    );
  }

  async #signIn(people: People, signal: AbortSignal | undefined): Promise<Grant> {
    const proxy = this.#files === undefined;
    this.#lately = undefined;
    const identity = await this.#read(people);
    const grant = await forOneAccount((account) => signInX509(this.#context.transport, identity, { account, proxy }, signal), this.#account ?? this.#context.account, people);
    this.#account = grant.account;
    this.#passphrase = identity.passphrase;
    return grant;
  }

  #proxyFile(): string {
    const proxyFile = this.#context.proxyFile?.();
    if (proxyFile !== undefined) return proxyFile;
    throw new RucioError('badInput', `It is not known where grid proxies lie here: set the variable ${PROXY_VARIABLE}. ${NEW_PROXY}`);
  }
}

/** Where the grid's tools put a proxy: $X509_USER_PROXY, else /tmp/x509up_u<uid>; undefined where there are no user ids. */
export function proxyFileOf(environment: (name: string) => string | undefined, uid = process.getuid?.()): string | undefined {
  return environment('RUCIO_CLIENT_PROXY') || environment(PROXY_VARIABLE) || (uid === undefined ? undefined : `/tmp/x509up_u${uid}`);
}
