// Sign-in at the OpenID provider itself, with a code that a person types on its page (RFC 8628): needs no address to come
// back to, so it works in a browser, behind a hub and over SSH. Rucio takes the provider's token as it is. The refresh token
// is what is remembered.
import * as client from 'openid-client';
import { setTimeout as pause } from 'node:timers/promises';
import { RucioError } from '../errors.ts';
import { inBrowser, pageAt } from './browser.ts';
import { checkToken } from './token.ts';
import type { Grant, SignInContext, Way } from './way.ts';

interface Answer {
  readonly access_token: string;
  readonly refresh_token?: string;
  /** s */
  readonly expires_in?: number;
}

/** With the last one a refresh token comes. */
const SCOPE = 'openid profile offline_access';
/** ms between two tries while the network is away. */
const PATIENCE = 5000;

export class DeviceWay implements Way {
  readonly #context: SignInContext;
  readonly #issuer: string;
  readonly #clientId: string;
  /** host of the issuer, for sentences */
  readonly #host: string;
  readonly #wanted: string | undefined;
  #provider: client.Configuration | undefined;
  #refreshToken: string | undefined;
  #renewing: Promise<Grant> | undefined;

  /** Throws RucioError configuration when the instance names no provider. A refresh token of another provider or client is not taken. */
  constructor({ account, refreshToken, issuer, clientId }: { readonly account?: string; readonly refreshToken?: string; readonly issuer?: string; readonly clientId?: string }, context: SignInContext) {
    const { oidc } = context;
    if (oidc?.issuer === undefined || oidc.clientId === undefined) throw new RucioError('configuration', 'To sign in with a code, oidc_issuer and oidc_client_id of this instance are needed.');
    this.#context = context;
    this.#issuer = oidc.issuer;
    this.#clientId = oidc.clientId;
    this.#host = new URL(oidc.issuer).host;
    this.#wanted = account ?? context.account;
    this.#refreshToken = issuer === oidc.issuer && clientId === oidc.clientId ? refreshToken : undefined;
  }

  async signIn(signal?: AbortSignal): Promise<Grant> {
    const provider = await this.#discovered();
    if (provider.serverMetadata().device_authorization_endpoint === undefined) throw new RucioError('configuration', `${this.#host} offers no sign-in with a code (device authorization).`, { subject: this.#host });
    const started = await this.#said(client.initiateDeviceAuthorization(provider, this.#asked()));
    const page = pageAt(started.verification_uri_complete ?? started.verification_uri, this.#host, started.user_code);
    const answer = await inBrowser(this.#context.people, page, signal, (until) => this.#poll(provider, started, until));
    return this.#taken(answer, signal);
  }

  /** One at a time: most providers take a refresh token once only. */
  renew(_refused: string | undefined, signal?: AbortSignal): Promise<Grant> {
    this.#renewing ??= this.#renew(signal).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  secret(): Readonly<Record<string, string>> | null {
    return this.#refreshToken === undefined ? null : { refreshToken: this.#refreshToken, issuer: this.#issuer, clientId: this.#clientId };
  }

  /** Tells the provider that the refresh token is needed no more, if it wants to know. */
  async end(): Promise<void> {
    const token = this.#refreshToken;
    if (token === undefined) return;
    this.#refreshToken = undefined;
    const provider = await this.#discovered();
    if (provider.serverMetadata().revocation_endpoint !== undefined) await this.#said(client.tokenRevocation(provider, token, { token_type_hint: 'refresh_token' }));
  }

  async #renew(signal: AbortSignal | undefined): Promise<Grant> {
    if (this.#refreshToken === undefined) throw new RucioError('signInNeeded', `Your sign-in has ended, and ${this.#host} gave nothing to renew it with.`);
    return this.#taken(await this.#said(client.refreshTokenGrant(await this.#discovered(), this.#refreshToken, this.#asked())), signal);
  }

  #asked(): Record<string, string> {
    return { scope: this.#context.oidc?.scope ?? SCOPE, ...this.#audience() };
  }

  /** Some providers look at it when the code is asked for, some when the token is. */
  #audience(): Record<string, string> {
    const audience = this.#context.oidc?.audience;
    return audience === undefined ? {} : { audience };
  }

  /** What the provider gave, as Rucio takes it. */
  async #taken(answer: Answer, signal: AbortSignal | undefined): Promise<Grant> {
    const { transport } = this.#context;
    this.#refreshToken = answer.refresh_token ?? this.#refreshToken;
    let checked: Awaited<ReturnType<typeof checkToken>>;
    try {
      checked = await checkToken(transport, answer.access_token, signal);
    } catch (error) {
      if (!RucioError.is(error, 'wrongCredentials', 'signInNeeded')) throw error;
      throw new RucioError('wrongCredentials', `${this.#host} signed you in, but the Rucio server does not take its token: it knows no account for you there, or wants another audience or scope (oidc_audience, oidc_scope).`, { cause: error, subject: this.#host });
    }
    // Rucio takes a provider's token for the identity's default account, whatever else is asked for (rucio 41: core/oidc.py).
    if (this.#wanted !== undefined && checked.account !== this.#wanted) throw new RucioError('wrongCredentials', `With this sign-in Rucio takes you for the account ${checked.account}, and ${this.#wanted} is wanted. Sign in in the browser through Rucio, which can be told the account.`);
    return { token: answer.access_token, ...(answer.expires_in !== undefined && { expiresAt: Date.now() + answer.expires_in * 1000 }), ...checked };
  }

  async #poll(provider: client.Configuration, started: Awaited<ReturnType<typeof client.initiateDeviceAuthorization>>, signal: AbortSignal): Promise<Answer> {
    const until = Date.now() + started.expires_in * 1000;
    for (;;) {
      try {
        return await this.#said(client.pollDeviceAuthorizationGrant(provider, started, this.#audience(), { signal }));
      } catch (error) {
        // A network that is away for a moment must not cost the person a second code.
        if (signal.aborted || Date.now() > until || !RucioError.is(error, 'unreachable', 'timeout', 'busy')) throw error;
        await pause(PATIENCE, undefined, { signal });
      }
    }
  }

  /** The provider's own description of itself; issuers are written with and without a slash at their end. */
  async #discovered(): Promise<client.Configuration> {
    if (this.#provider) return this.#provider;
    const options = { [client.customFetch]: this.#context.transport.elsewhere.fetch };
    const discover = (issuer: string): Promise<client.Configuration> => client.discovery(new URL(issuer), this.#clientId, undefined, client.None(), options);
    const bare = this.#issuer.replace(/\/+$/, '');
    this.#provider = await this.#said(discover(bare).catch((error: unknown) => {
      if (new URL(bare).pathname !== '/' && error instanceof client.ClientError && error.code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED') return discover(`${bare}/`);
      throw error;
    }));
    return this.#provider;
  }

  async #said<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw inWords(error, this.#host, this.#clientId);
    }
  }
}

/** What openid-client throws, as a RucioError; a fault in a program stays what it is. */
function inWords(error: unknown, host: string, clientId: string): unknown {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) if (cause instanceof RucioError) return cause;
  const raise = (kind: RucioError['kind'], message: string): RucioError => new RucioError(kind, message, { cause: error, subject: host });
  if (error instanceof client.ResponseBodyError) {
    const words = `${error.error}${error.error_description ? `: ${error.error_description.slice(0, 300)}` : ''}`;
    switch (error.error) {
      case 'access_denied': return raise('wrongCredentials', `The sign-in was declined at ${host}. (${words})`);
      case 'expired_token': return raise('signInNeeded', 'Nobody entered the code in time.');
      case 'invalid_grant': return raise('signInNeeded', `Your sign-in at ${host} has ended. (${words})`);
      case 'invalid_client': case 'unauthorized_client': return raise('configuration', `${host} does not let the client “${clientId}” (oidc_client_id) sign people in with a code. (${words})`);
      case 'invalid_scope': case 'invalid_target': return raise('configuration', `${host} does not give what is asked for (oidc_scope, oidc_audience). (${words})`);
      default: return raise('configuration', `${host} does not sign you in. (${words})`);
    }
  }
  if (!(error instanceof client.ClientError)) return error;
  if (error.code === 'OAUTH_ABORT') return raise('cancelled', 'Cancelled.');
  if (error.code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED') return raise('configuration', `What answers at ${host} says that it is another OpenID provider, so nothing was asked of it. Correct oidc_issuer, exactly as the provider writes it.`);
  return raise('configuration', `${host} does not answer as an OpenID provider does (${error.message}). Is oidc_issuer right?`);
}
