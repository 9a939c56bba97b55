// A person's OpenID provider, where we are a public client: what it offers, what it gives for a code or a refresh token, and
// what it says when it gives nothing. Rucio takes its token as it is. The refresh token is what is remembered.
import type * as library from 'openid-client';
import { RucioError } from '../errors.ts';
import { secrets } from '../secrets.ts';
import { checkToken } from './token.ts';
import type { Grant, SignInContext } from './way.ts';

export type OpenidClient = typeof library;

/** Loaded by the first sign-in at a provider. */
export const openid = (): Promise<OpenidClient> => import('openid-client');

/** Of the token endpoint. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly refresh_token?: string;
  /** s */
  readonly expires_in?: number;
}

/** What was kept of a sign-in, or what a person chose. */
export interface ProviderSecret { readonly account?: string; readonly refreshToken?: string; readonly issuer?: string; readonly clientId?: string }

/** With the last one a refresh token comes. */
const SCOPE = 'openid profile offline_access';

export class Provider {
  /** Of the issuer, for sentences. */
  readonly host: string;
  readonly #context: SignInContext;
  readonly #issuer: string;
  readonly #clientId: string;
  readonly #wanted: string | undefined;
  #found: library.Configuration | undefined;
  #refreshToken: string | undefined;
  #renewing: Promise<Grant> | undefined;

  /** Throws RucioError configuration when the instance names no provider. A refresh token of another provider or client is not taken. */
  constructor({ account, refreshToken, issuer, clientId }: ProviderSecret, context: SignInContext) {
    const { oidc } = context;
    if (oidc?.issuer === undefined || oidc.clientId === undefined) throw new RucioError('configuration', 'To sign in at your OpenID provider, oidc_issuer and oidc_client_id of this instance are needed.');
    this.#context = context;
    this.#issuer = oidc.issuer;
    this.#clientId = oidc.clientId;
    this.host = new URL(oidc.issuer).host;
    this.#wanted = account ?? context.account;
    this.#refreshToken = issuer === oidc.issuer && clientId === oidc.clientId ? refreshToken : undefined;
  }

  /** The provider's own description of itself; issuers are written with and without a slash at their end. */
  async discovered(): Promise<library.Configuration> {
    if (this.#found) return this.#found;
    const client = await openid();
    const options = { [client.customFetch]: this.#context.transport.elsewhere.fetch };
    const discover = (issuer: string): Promise<library.Configuration> => client.discovery(new URL(issuer), this.#clientId, undefined, client.None(), options);
    const bare = this.#issuer.replace(/\/+$/, '');
    const found = await this.said(discover(bare).catch((error: unknown) => {
      if (new URL(bare).pathname !== '/' && error instanceof client.ClientError && error.code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED') return discover(`${bare}/`);
      throw error;
    }));
    return this.#found = this.#byItsClock(client, found);
  }

  /** What is asked for. */
  asked(): Record<string, string> {
    return { scope: this.#context.oidc?.scope ?? SCOPE, ...this.audience() };
  }

  /** Some providers look at it when the sign-in begins, some when the token is asked for. */
  audience(): Record<string, string> {
    const audience = this.#context.oidc?.audience;
    return audience === undefined ? {} : { audience };
  }

  /** What the provider gave, as Rucio takes it. */
  async taken(answer: TokenAnswer, signal: AbortSignal | undefined): Promise<Grant> {
    const { transport } = this.#context;
    secrets.learnFrom(Object.entries(answer));
    this.#refreshToken = answer.refresh_token ?? this.#refreshToken;
    let checked: Awaited<ReturnType<typeof checkToken>>;
    try {
      checked = await checkToken(transport, answer.access_token, signal);
    } catch (error) {
      if (!RucioError.is(error, 'wrongCredentials', 'signInNeeded')) throw error;
      throw new RucioError('wrongCredentials', `${this.host} signed you in, but the Rucio server does not take its token: it knows no account for you there, or wants another audience or scope (oidc_audience, oidc_scope).`, { cause: error, subject: this.host });
    }
    // Rucio takes a provider's token for the identity's default account, whatever else is asked for (rucio 41: core/oidc.py).
    if (this.#wanted !== undefined && checked.account !== this.#wanted) throw new RucioError('wrongCredentials', `With this sign-in Rucio takes you for the account ${checked.account}, and ${this.#wanted} is wanted. Sign in in the browser through Rucio, which can be told the account.`);
    return { token: answer.access_token, ...(answer.expires_in !== undefined && { expiresAt: transport.clock.now() + answer.expires_in * 1000 }), ...checked };
  }

  /** One at a time: most providers take a refresh token once only. */
  renew(signal?: AbortSignal): Promise<Grant> {
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
    const [client, provider] = await Promise.all([openid(), this.discovered()]);
    if (provider.serverMetadata().revocation_endpoint !== undefined) await this.said(client.tokenRevocation(provider, token, { token_type_hint: 'refresh_token' }));
  }

  /** Its tokens say when they begin and end: that is for its clock, not for this machine's. */
  #byItsClock(client: OpenidClient, found: library.Configuration): library.Configuration {
    const { clock, fetch } = this.#context.transport.elsewhere;
    if (clock.fast === 0) return found;
    const corrected = new client.Configuration(found.serverMetadata(), this.#clientId, { [client.clockSkew]: Math.round(-clock.fast / 1000) }, client.None());
    corrected[client.customFetch] = fetch;
    return corrected;
  }

  /** What openid-client throws, as a RucioError; a fault in a program stays what it is. */
  async said<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw inWords(await openid(), error, this.host, this.#clientId);
    }
  }

  async #renew(signal: AbortSignal | undefined): Promise<Grant> {
    if (this.#refreshToken === undefined) throw new RucioError('signInNeeded', `Your sign-in has ended, and ${this.host} gave nothing to renew it with.`);
    const [client, provider] = await Promise.all([openid(), this.discovered()]);
    return this.taken(await this.said(client.refreshTokenGrant(provider, this.#refreshToken, this.asked())), signal);
  }
}

function inWords({ AuthorizationResponseError, ClientError, ResponseBodyError }: OpenidClient, error: unknown, host: string, clientId: string): unknown {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) if (cause instanceof RucioError) return cause;
  const raise = (kind: RucioError['kind'], message: string): RucioError => new RucioError(kind, message, { cause: error, subject: host });
  if (error instanceof ResponseBodyError || error instanceof AuthorizationResponseError) {
    const words = `${error.error}${error.error_description ? `: ${error.error_description.slice(0, 300)}` : ''}`;
    switch (error.error) {
      case 'access_denied': return raise('wrongCredentials', `The sign-in was declined at ${host}. (${words})`);
      case 'expired_token': return raise('signInNeeded', 'Nobody entered the code in time.');
      case 'invalid_grant': return raise('signInNeeded', `Your sign-in at ${host} has ended. (${words})`);
      case 'invalid_client': case 'unauthorized_client': return raise('configuration', `${host} does not let the client “${clientId}” (oidc_client_id) sign people in this way. (${words})`);
      case 'invalid_scope': case 'invalid_target': return raise('configuration', `${host} does not give what is asked for (oidc_scope, oidc_audience). (${words})`);
      default: return raise('configuration', `${host} does not sign you in. (${words})`);
    }
  }
  if (!(error instanceof ClientError)) return error;
  if (error.code === 'OAUTH_ABORT') return raise('cancelled', 'Cancelled.');
  if (error.code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED') return raise('configuration', `What answers at ${host} says that it is another OpenID provider, so nothing was asked of it. Correct oidc_issuer, exactly as the provider writes it.`);
  return raise('configuration', `${host} does not answer as an OpenID provider does (${error.message}). Is oidc_issuer right?`);
}
