// Sign-in in a browser through the Rucio server, which is the provider's client itself: it gives an address to open, and
// the token once the person was there (rucio 41: web/rest/flaskapi/v1/auth.py, OIDC, RedirectOIDC, RefreshOIDC; core/oidc.py).
import { setTimeout as pause } from 'node:timers/promises';
import { RucioError } from '../errors.ts';
import { checkTexts } from '../rows.ts';
import type { Transport } from '../transport.ts';
import { inBrowser, pageAt } from './browser.ts';
import { checkToken, claimsOf, tokenExpiry } from './token.ts';
import { headerValue, type Grant, type SignInContext, type Way } from './way.ts';

/** With the last one the server can renew the token; every server wants the others. */
const SCOPE = 'openid profile offline_access';
/** ms: what Rucio's own client does, and how long the server keeps the address. */
const POLL = 2000;
const PATIENCE = 300_000;

export class OidcWay implements Way {
  /** The server renews no token that has ended (core/oidc.py, refresh_cli_auth_token). */
  readonly whileGood = true;
  readonly #context: SignInContext;
  readonly #wanted: string | undefined;
  #token: string | undefined;
  #account: string | undefined;
  /** The token is one that the session had from us, not one that was kept from before. */
  #given = false;

  constructor({ token, account }: { readonly token?: string; readonly account?: string }, context: SignInContext) {
    this.#context = context;
    this.#token = token;
    this.#account = account;
    this.#wanted = account ?? context.account;
  }

  async signIn(signal?: AbortSignal): Promise<Grant> {
    const grant = await this.#checked(await this.#visited(this.#wanted, signal), signal);
    if (this.#wanted !== undefined) return grant;
    const { chooseAccount } = this.#context.people;
    const accounts = chooseAccount ? await accountsOf(this.#context.transport, grant.token, signal) : [];
    if (accounts.length < 2) return grant;
    const chosen = await chooseAccount?.(accounts);
    if (!chosen) throw new RucioError('signInNeeded', `You have several accounts (${accounts.join(', ')}), and none was chosen.`);
    // Rucio took the default one, or any; the account is said when the sign-in begins, and the provider knows the person by now.
    return chosen === grant.account ? grant : this.#checked(await this.#visited(chosen, signal), signal);
  }

  async renew(refused: string | undefined, signal?: AbortSignal): Promise<Grant> {
    const token = this.#token;
    if (token !== undefined && !this.#given && token !== refused && (tokenExpiry(token) ?? Infinity) > this.#context.transport.clock.now()) return this.#checked(token, signal);
    const newer = token === undefined || this.#account === undefined ? undefined : await this.#refreshed(token, this.#account, signal);
    if (newer === undefined || newer === token || newer === refused) throw new RucioError('signInNeeded', 'Your sign-in has ended, and the server gives no newer token.');
    return this.#checked(newer, signal);
  }

  secret(): Readonly<Record<string, string>> | null {
    return this.#token === undefined || this.#account === undefined ? null : { token: this.#token, account: this.#account };
  }

  async #checked(token: string, signal: AbortSignal | undefined): Promise<Grant> {
    const { account, expiresAt } = await checkToken(this.#context.transport, token, signal);
    this.#token = token;
    this.#account = account;
    this.#given = true;
    return { token, account, ...(expiresAt !== undefined && { expiresAt }) };
  }

  /** The token that Rucio gives once a person was on the page. */
  async #visited(account: string | undefined, signal: AbortSignal | undefined): Promise<string> {
    const { transport, people } = this.#context;
    const address = new URL((await this.#start(account, signal)).url);
    return inBrowser(people, pageAt(address.href, transport.host), signal, (until) => this.#poll(address.search.slice(1), until));
  }

  /** The address to open. A server whose provider wants other scopes than ours is asked for its own choice. */
  async #start(account: string | undefined, signal: AbortSignal | undefined): Promise<{ readonly url: string }> {
    const { transport, oidc } = this.#context;
    for (const scope of oidc?.scope === undefined ? [SCOPE, undefined] : [oidc.scope]) {
      const headers = {
        'X-Rucio-Client-Authorize-Polling': 'True',
        ...(scope !== undefined && { 'X-Rucio-Client-Authorize-Scope': headerValue('scope', scope) }),
        ...(oidc?.audience !== undefined && { 'X-Rucio-Client-Authorize-Audience': headerValue('audience', oidc.audience) }),
        ...(account !== undefined && { 'X-Rucio-Account': headerValue('account', account) }),
      };
      try {
        const answer = await transport.raw({ path: '/auth/oidc', headers, signIn: true, signal });
        return pageAt(answer.header('X-Rucio-OIDC-Auth-URL') ?? '', transport.host);
      } catch (cause) {
        if (!RucioError.is(cause, 'wrongCredentials', 'serverError')) throw cause;
        if (scope === SCOPE && oidc?.scope === undefined) continue;
        // Its words are the trace of a Python program; the last line is what went wrong.
        const words = cause.message.trim().split('\n').at(-1) ?? '';
        throw new RucioError('wrongCredentials', `${transport.host} offers no sign-in in a browser just now: it is not set up for it, its OpenID provider does not answer, or it knows no such account. It says: ${words}`, { cause, subject: transport.host });
      }
    }
    throw new Error('the last scope returns or throws');
  }

  /**
   * The token, once it is there. Asked for at the server that we know, wherever the address may lead; until then it answers 401,
   * and also when the sign-in failed.
   */
  async #poll(id: string, signal: AbortSignal): Promise<string> {
    const { transport } = this.#context;
    const until = Date.now() + PATIENCE;
    for (;;) {
      await pause(POLL, undefined, { signal });
      try {
        const answer = await transport.raw({ path: '/auth/oidc_redirect', query: id, headers: { 'X-Rucio-Client-Fetch-Token': 'True' }, signIn: true, signal });
        const token = answer.header('X-Rucio-Auth-Token');
        if (token) return token;
      } catch (error) {
        // A network that is away for a moment must not cost the person a second visit.
        if (!RucioError.is(error, 'wrongCredentials', 'unreachable', 'timeout', 'busy')) throw error;
        if (Date.now() > until && !RucioError.is(error, 'wrongCredentials')) throw error;
      }
      if (Date.now() > until) throw new RucioError('signInNeeded', `No token came within ${PATIENCE / 60_000} minutes: nobody signed in on the page, or Rucio knows no account for who did.`, { subject: transport.host });
    }
  }

  async #refreshed(token: string, account: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    try {
      const answer = await this.#context.transport.raw({ path: '/auth/oidc_refresh', headers: { 'X-Rucio-Auth-Token': headerValue('token', token), 'X-Rucio-Account': headerValue('account', account) }, signIn: true, signal });
      return answer.header('X-Rucio-Auth-Token') || undefined;
    } catch (error) {
      // CannotAuthorize: it does not know the token any more.
      if (RucioError.is(error, 'wrongCredentials', 'refused')) return undefined;
      throw error;
    }
  }
}

/**
 * All accounts of the token's identity (rucio 41: web/rest/flaskapi/v1/identities.py, AccountsByIdentity); none where the server does not
 * say: older ones don't know the call.
 */
async function accountsOf(transport: Transport, token: string, signal: AbortSignal | undefined): Promise<string[]> {
  const { sub, iss } = claimsOf(token) ?? {};
  if (typeof sub !== 'string' || typeof iss !== 'string') return [];
  const tokens = { current: async () => token, renew: () => Promise.reject(new RucioError('wrongCredentials', 'The server does not take the token that it gave.')) };
  try {
    return checkTexts(await transport.json({ path: '/identities/accounts', query: { identity_key: `SUB=${sub}, ISS=${iss}`, type: 'OIDC' }, tokens, signal }), 'GET /identities/accounts');
  } catch (error) {
    if (!RucioError.is(error, 'notFound', 'refused', 'accessDenied', 'notRucio', 'serverError')) throw error;
    return [];
  }
}
