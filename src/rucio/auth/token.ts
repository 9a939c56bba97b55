// Ready tokens: from an environment variable, a file, a person's clipboard.
import { whoami } from '../client.ts';
import { RucioError } from '../errors.ts';
import { secrets } from '../secrets.ts';
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

/** The OpenID client that a JWT was given to, by its own word; undefined for other tokens. */
export function clientOf(token: string): string | undefined {
  const claims = claimsOf(token);
  const client = claims?.['client_id'] ?? claims?.['azp'];
  return typeof client === 'string' ? client : undefined;
}

/** Characters of a claim that are shown. */
const SHOWN = 80;
/** So many characters in a row of the token are a part of it; fewer are there by chance. */
const PART = 12;
const MOST_AUDIENCES = 3;

/**
 * Why a server may have refused the token, by the token's own unchecked word (RFC 7519, 4.1): the end of a sentence and what follows it, for
 * "The token was refused by the server". `now` in ms since 1970. Nothing of the token itself is in it.
 */
export function refusedPerhaps(token: string, now: number): string {
  const ends = tokenExpiry(token);
  if (ends !== undefined && ends <= now) return ': it has expired.';
  const { aud, iss } = claimsOf(token) ?? {};
  const audiences = (Array.isArray(aud) ? aud : [aud]).map((one) => shownClaim(one, token)).filter((one) => one !== undefined);
  const issuer = shownClaim(iss, token);
  const named = audiences.slice(0, MOST_AUDIENCES).map((one) => `“${one}”`).join(', ');
  const more = audiences.length - MOST_AUDIENCES;
  const whom = [...(named === '' ? [] : [`for the audience ${named}${more > 0 ? ` and ${more} more` : ''}`]), ...(issuer === undefined ? [] : [`from ${issuer}`])];
  if (whom.length > 0) return `. It is ${whom.join(', ')}: perhaps it ${ends === undefined ? 'has expired, or ' : ''}is meant for another server.`;
  return ends === undefined ? ': it may have expired, or be meant for another server.' : ': perhaps it is meant for another server.';
}

/** Whoever wrote the token wrote this: short, of the characters that names and addresses have, and never the token over again. */
function shownClaim(claim: unknown, token: string): string | undefined {
  if (typeof claim !== 'string') return undefined;
  // The scrubbing sees it whole: of what is cut it would not know what it was.
  const text = secrets.scrub(claim.slice(0, 4096)).replace(/[^\w.:/@+~%&=,; -]/g, '?').trim();
  if (!/\w/.test(text)) return undefined;
  const cut = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  for (let at = 0; at + PART <= cut.length; at++) if (token.includes(cut.slice(at, at + PART))) return undefined;
  return cut;
}

/** The account that the token stands for. Throws RucioError wrongCredentials when the server does not take it. */
export async function checkToken(transport: Transport, token: string, signal?: AbortSignal): Promise<{ account: string; expiresAt?: number }> {
  const account = await whoami(transport, {
    current: () => Promise.resolve(token),
    renew: () => Promise.reject(new RucioError('wrongCredentials', `The server does not accept this token${refusedPerhaps(token, transport.clock.now())}`, { exceptionClass: 'CannotAuthenticate', subject: transport.host })),
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
