// A token for another audience in exchange for the one we have (RFC 8693), at the provider that gave it: what a hub's
// set-up does for the programs of a pod.
import type { ResponseBodyError } from 'openid-client';
import { RucioError } from '../errors.ts';
import type { Transport } from '../transport.ts';
import { openid, Provider } from './provider.ts';

export interface ExchangedToken {
  readonly token: string;
  /** ms since 1970; undefined when the provider did not say. */
  readonly expiresAt?: number;
}

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

export class TokenExchange {
  readonly #provider: Provider;
  readonly #clientId: string;

  constructor({ issuer, clientId }: { readonly issuer: string; readonly clientId: string }, transport: Transport) {
    this.#provider = new Provider({}, { transport, people: {}, oidc: { issuer, clientId } });
    this.#clientId = clientId;
  }

  /**
   * Throws RucioError configuration when the provider refuses (asking again would not help), with its words; other kinds for
   * what may pass.
   */
  async exchange(token: string, audience: string): Promise<ExchangedToken> {
    const [{ genericGrantRequest, ResponseBodyError }, provider] = await Promise.all([openid(), this.#provider.discovered()]);
    const grant = genericGrantRequest(provider, GRANT, {
      subject_token: token, subject_token_type: ACCESS_TOKEN, requested_token_type: ACCESS_TOKEN, audience,
    });
    const answer = await this.#provider.said(grant.catch((error: unknown) => {
      throw error instanceof ResponseBodyError ? this.#refusal(error, audience) : error;
    }));
    return { token: answer.access_token, ...(answer.expires_in !== undefined && { expiresAt: Date.now() + answer.expires_in * 1000 }) };
  }

  /** The provider's address for looking at a token, as EOS wants it: without https://. undefined = it has none. */
  async introspection(): Promise<string | undefined> {
    return (await this.#provider.discovered()).serverMetadata().introspection_endpoint?.replace(/^https?:\/\//, '');
  }

  #refusal(error: ResponseBodyError, audience: string): RucioError {
    const { host } = this.#provider;
    const words = `${error.error}${error.error_description ? `: ${error.error_description.slice(0, 300)}` : ''}`;
    // The token that was shown ended on its way: the next one may do.
    const kind = error.error === 'invalid_grant' ? 'signInNeeded' : 'configuration';
    return new RucioError(kind, `${host} gives the client “${this.#clientId}” no token for the audience “${audience}” in exchange (${words}).`, { cause: error, subject: host });
  }
}
