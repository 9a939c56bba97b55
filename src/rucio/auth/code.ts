// Sign-in at the OpenID provider itself in a browser that comes back to the editor by an address of the editor's own
// (authorization code with PKCE: RFC 7636, RFC 8252). Only where that address is the same for everybody: on a desktop.
import type { Configuration } from 'openid-client';
import { RucioError } from '../errors.ts';
import { inBrowser, pageAt } from './browser.ts';
import { openid, type OpenidClient, Provider, type ProviderSecret, type TokenAnswer } from './provider.ts';
import type { Grant, SignInContext, Way } from './way.ts';

/** How long a person may take on the provider's page; ms. */
const PATIENCE = 600_000;

export class CodeWay implements Way {
  readonly #context: SignInContext;
  readonly #provider: Provider;
  readonly #patience: number;

  /** Throws RucioError configuration when the instance names no provider. */
  constructor(kept: ProviderSecret, context: SignInContext, patience = PATIENCE) {
    this.#context = context;
    this.#provider = new Provider(kept, context);
    this.#patience = patience;
  }

  async signIn(signal?: AbortSignal): Promise<Grant> {
    const { people } = this.#context;
    const redirect = await people.redirectAddress?.() ?? undefined;
    if (redirect === undefined || !people.answer) throw new RucioError('signInNeeded', 'From its page a browser can\'t come back to this window: no provider can know the window\'s address. Sign in in the browser with a code instead.');
    const { host } = this.#provider;
    const [client, provider] = await Promise.all([openid(), this.#provider.discovered()]);
    if (provider.serverMetadata().authorization_endpoint === undefined) throw new RucioError('configuration', `${host} offers no sign-in in a browser (authorization code).`, { subject: host });
    const state = client.randomState();
    const verifier = client.randomPKCECodeVerifier();
    const asked = this.#provider.asked();
    const page = client.buildAuthorizationUrl(provider, {
      ...asked, redirect_uri: redirect, state, code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
      // Without it providers give no refresh token (OpenID Connect Core, 11).
      ...(asked['scope']?.split(' ').includes('offline_access') && { prompt: 'consent' }),
    });
    const answer = await inBrowser(people, pageAt(page.href, host), signal, async (until) => {
      const fields = await this.#answered(people.answer!(state, until), redirect, until);
      return this.#redeemed(client, provider, { fields, redirect, state, verifier });
    });
    return this.#provider.taken(answer, signal);
  }

  renew(_refused: string | undefined, signal?: AbortSignal): Promise<Grant> {
    return this.#provider.renew(signal);
  }

  secret(): Readonly<Record<string, string>> | null {
    return this.#provider.secret();
  }

  end(): Promise<void> {
    return this.#provider.end();
  }

  async #answered(answer: Promise<ReadonlyMap<string, string>>, redirect: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const { host } = this.#provider;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const why = `No answer of ${host} came within ${Math.round(this.#patience / 60_000)} minutes. If its page said that it does not know the address to come back to, ${redirect} must be registered there for our client (oidc_client_id).`;
      timer = setTimeout(() => reject(new RucioError('signInNeeded', why, { subject: host })), this.#patience);
      signal.addEventListener('abort', () => reject(new RucioError('cancelled', 'Cancelled.')), { once: true });
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The token for the code that came. Whoever sent the person back must be who the person was sent to (RFC 9207). */
  #redeemed({ authorizationCodeGrant }: OpenidClient, provider: Configuration, { fields, redirect, state, verifier }: { readonly fields: ReadonlyMap<string, string>; readonly redirect: string; readonly state: string; readonly verifier: string }): Promise<TokenAnswer> {
    const { host } = this.#provider;
    const { issuer, authorization_response_iss_parameter_supported: always } = provider.serverMetadata();
    const from = fields.get('iss') ?? (always === true ? 'nobody' : issuer);
    if (from !== issuer) throw new RucioError('wrongCredentials', `You were to sign in at ${host}, and the answer came from ${URL.parse(from)?.host ?? 'who does not say so'}: it was not taken, and nothing was sent there. If that happens again, tell those who run ${host}.`, { subject: host });
    const back = new URL(redirect);
    for (const [name, value] of fields) back.searchParams.set(name, value);
    return this.#provider.said(authorizationCodeGrant(provider, back, { pkceCodeVerifier: verifier, expectedState: state }, this.#provider.audience()));
  }
}
