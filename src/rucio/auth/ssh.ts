// Sign-in with an SSH key (rucio 41: core/authentication.py, get_auth_token_ssh): the server gives a text for ten seconds, the key
// signs it. RSA keys only, as the server takes no others. The key stays in its file and is read anew each time; its path is remembered.
import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { RucioError } from '../errors.ts';
import { openKey, refuseReadable, type KeyKind } from './identity.ts';
import { grantIn, headerValue, type Grant, type People, type SignInContext, type Way } from './way.ts';

export class SshWay implements Way {
  readonly #context: SignInContext;
  readonly #key: string;
  readonly #account: string;
  #passphrase: string | undefined;

  /** @throws RucioError badInput without an account: the server wants to know whose key it is. */
  constructor({ key, passphrase, account }: { readonly key: string; readonly passphrase?: string; readonly account?: string }, context: SignInContext) {
    const whose = account ?? context.account;
    if (whose === undefined || whose === '') throw new RucioError('badInput', 'To sign in with an SSH key, say for which Rucio account.');
    this.#context = context;
    this.#key = key;
    this.#account = whose;
    this.#passphrase = passphrase;
  }

  signIn(signal?: AbortSignal): Promise<Grant> {
    return this.#signIn(this.#context.people, signal);
  }

  renew(_refused: string | undefined, signal?: AbortSignal): Promise<Grant> {
    return this.#signIn({}, signal);
  }

  secret(): Readonly<Record<string, string>> {
    return { key: this.#key, account: this.#account, ...(this.#passphrase !== undefined && { passphrase: this.#passphrase }) };
  }

  /** A key that was made anew in its place is another one. */
  async version(): Promise<string> {
    return stat(this.#key).then(({ mtimeMs, ino }) => `${mtimeMs} ${ino}`, () => ''); // not there is a version, too
  }

  async #signIn(people: People, signal: AbortSignal | undefined): Promise<Grant> {
    const { transport } = this.#context;
    const key = await this.#read(people);
    const headers = { 'X-Rucio-Account': headerValue('account', this.#account) };
    const challenge = (await transport.raw({ path: '/auth/ssh_challenge_token', headers, signIn: true, signal })).header('X-Rucio-SSH-Challenge-Token');
    if (!challenge) throw new RucioError('notRucio', `${transport.host} gave nothing to be signed: it takes no SSH keys.`, { subject: transport.host });
    const signature = Buffer.concat([field('rsa-sha2-256'), field(sign('sha256', Buffer.from(challenge), key))]).toString('base64');
    try {
      const grant = grantIn(await transport.raw({ path: '/auth/ssh', headers: { ...headers, 'X-Rucio-SSH-Signature': signature }, signIn: true, signal }), transport, 'GET /auth/ssh');
      if ('accounts' in grant) throw new RucioError('notRucio', 'The server asked for an account that it was given.');
      return { ...grant, account: grant.account ?? this.#account };
    } catch (error) {
      if (!RucioError.is(error, 'wrongCredentials')) throw error;
      throw new RucioError('wrongCredentials', `The server does not accept the key ${this.#key} for the account ${this.#account}: is its public part registered there, as an RSA key?`, { cause: error });
    }
  }

  async #read(people: People): Promise<KeyObject> {
    const bad = (what: string): RucioError => new RucioError('badInput', what, { subject: this.#key });
    let text: string;
    try {
      text = await readFile(this.#key, 'utf8');
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
      throw bad(code === 'ENOENT' ? `There is no key ${this.#key}.` : `The key ${this.#key} can't be read (${code}).`);
    }
    if (!text.includes('PRIVATE KEY')) throw bad(`The file ${this.#key} holds no private key: give the key itself, not its public part.`);
    await refuseReadable(this.#key);
    const { key, passphrase } = await openKey(text.trim(), this.#key, this.#passphrase, people.passphrase, text.includes('BEGIN OPENSSH') ? await opensshKey() : undefined);
    this.#passphrase = passphrase;
    if (key.asymmetricKeyType !== 'rsa') throw bad(`The key ${this.#key} is of the kind ${key.asymmetricKeyType ?? 'unknown'}; Rucio takes RSA keys only. Make one with: ssh-keygen -t rsa -b 4096`);
    return key;
  }
}

/** What ssh-keygen writes today, and Node's own crypto can't read. Its reader is large, and loaded by the first such key. */
async function opensshKey(): Promise<KeyKind> {
  const { default: sshpk } = await import('sshpk');
  return {
    isEncrypted(text) {
      try {
        sshpk.parsePrivateKey(text, 'openssh');
        return false;
      } catch (error) {
        return error instanceof Error && error.name === 'KeyEncryptedError';
      }
    },
    read: (text, passphrase) => createPrivateKey(sshpk.parsePrivateKey(text, 'openssh', { ...(passphrase !== undefined && { passphrase }) }).toString('pkcs8')),
  };
}

/** Of SSH's own format: its length, and the bytes. */
function field(bytes: string | Buffer): Buffer {
  const data = Buffer.from(bytes as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, data]);
}
