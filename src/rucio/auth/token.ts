// Ready tokens: from an environment variable, a file, a person's clipboard.
import { whoami } from '../client.ts';
import { RucioError } from '../errors.ts';
import type { Transport } from '../transport.ts';
import type { Grant, SignInContext, Way } from './way.ts';

/** What a JWT says of itself, unchecked; undefined for other tokens. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8')) as unknown;
    return typeof claims === 'object' && claims !== null ? claims as Record<string, unknown> : undefined;
  } catch {
    // Three parts with dots, and no JWT: user names in Rucio's own tokens may hold dots.
    return undefined;
  }
}

/** End of a JWT's life (`exp`) in ms since 1970; undefined for other tokens, which only the server knows. */
export function tokenExpiry(token: string): number | undefined {
  const end = claimsOf(token)?.['exp'];
  return typeof end === 'number' && Number.isFinite(end) ? end * 1000 : undefined;
}

/** The account that the token stands for. Throws RucioError wrongCredentials when the server does not take it. */
export async function checkToken(transport: Transport, token: string, signal?: AbortSignal): Promise<{ account: string; expiresAt?: number }> {
  const account = await whoami(transport, {
    current: () => Promise.resolve(token),
    renew: () => Promise.reject(new RucioError('wrongCredentials', 'The server does not accept this token: it may have expired, or be meant for another server.', { exceptionClass: 'CannotAuthenticate', subject: transport.host })),
  }, signal);
  const expiresAt = tokenExpiry(token);
  return { account, ...(expiresAt !== undefined && { expiresAt }) };
}

/** A token that a person pasted: good until it ends, and kept nowhere. `call` is {@link checkToken}, or stands in for it. */
export class TokenWay implements Way {
  readonly #context: SignInContext;
  readonly #call: typeof checkToken;
  readonly #token: string;

  constructor({ token }: { readonly token: string }, context: SignInContext, call = checkToken) {
    this.#context = context;
    this.#call = call;
    this.#token = token.trim();
  }

  async signIn(signal?: AbortSignal): Promise<Grant> {
    const token = this.#token;
    if (token === '' || /[^\x20-\x7e]/.test(token)) throw new RucioError('wrongCredentials', 'This is not a token: it is empty, or has line breaks or other characters that no token has.');
    try {
      return { token, ...await this.#call(this.#context.transport, token, signal) };
    } catch (error) {
      throw RucioError.is(error, 'signInNeeded') ? new RucioError('wrongCredentials', error.message, { cause: error }) : error;
    }
  }

  secret(): null {
    return null;
  }
}
