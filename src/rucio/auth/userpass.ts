// Sign-in with a user name and a password (rucio 41: web/rest/flaskapi/v1/auth.py, UserPass).
import { RucioError } from '../errors.ts';
import type { Transport } from '../transport.ts';
import { checkToken } from './token.ts';
import { forOneAccount, grantIn, headerValue, type AccountAnswer, type Grant, type People, type SignInContext, type Way } from './way.ts';

/**
 * A token for `account`, or for the identity's only or default one. `{accounts}`: the identity has several and no default; ask which, and call again.
 * `expiresAt` in ms since 1970. Throws RucioError wrongCredentials when the server does not take them (an account that is not theirs too).
 */
export async function signInUserpass(
  transport: Transport,
  { username, password, account }: { username: string; password: string; account?: string },
  signal?: AbortSignal,
): Promise<AccountAnswer> {
  const headers = {
    'X-Rucio-Username': headerValue('user name', username),
    'X-Rucio-Password': headerValue('password', password),
    ...(account !== undefined && { 'X-Rucio-Account': headerValue('account', account) }),
  };
  const answer = grantIn(await transport.raw({ path: '/auth/userpass', headers, signIn: true, signal }), transport, 'GET /auth/userpass');
  if ('accounts' in answer) return answer;
  return { ...answer, account: answer.account ?? account ?? (await checkToken(transport, answer.token, signal)).account };
}

/** Renewed with the same password, for the account that it was once for. `call` is {@link signInUserpass}, or stands in for it. */
export class UserpassWay implements Way {
  readonly #context: SignInContext;
  readonly #call: typeof signInUserpass;
  readonly #username: string;
  readonly #password: string;
  #account: string | undefined;

  constructor({ username, password, account }: { readonly username: string; readonly password: string; readonly account?: string }, context: SignInContext, call = signInUserpass) {
    this.#context = context;
    this.#call = call;
    this.#username = username;
    this.#password = password;
    this.#account = account;
  }

  signIn(signal?: AbortSignal): Promise<Grant> {
    return this.#signIn(this.#context.people, signal);
  }

  async renew(_refused: string | undefined, signal?: AbortSignal): Promise<Grant> {
    try {
      return await this.#signIn({}, signal);
    } catch (error) {
      if (!RucioError.is(error, 'wrongCredentials')) throw error;
      throw new RucioError('wrongCredentials', `The server does not accept the remembered password of ${this.#username}.`, { cause: error });
    }
  }

  secret(): Readonly<Record<string, string>> {
    return { username: this.#username, password: this.#password, ...(this.#account !== undefined && { account: this.#account }) };
  }

  async #signIn(people: People, signal: AbortSignal | undefined): Promise<Grant> {
    const who = { username: this.#username, password: this.#password };
    const grant = await forOneAccount((account) => this.#call(this.#context.transport, { ...who, ...(account !== undefined && { account }) }, signal), this.#account ?? this.#context.account, people);
    this.#account = grant.account;
    return grant;
  }
}
