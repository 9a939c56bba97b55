// Sign-in at the OpenID provider itself, with a code that a person types on its page (RFC 8628): needs no address to come
// back to, so it works in a browser, behind a hub and over SSH.
import type { Configuration, DeviceAuthorizationResponse } from 'openid-client';
import { setTimeout as pause } from 'node:timers/promises';
import { RucioError } from '../errors.ts';
import { inBrowser, pageAt } from './browser.ts';
import { openid, type OpenidClient, Provider, type ProviderSecret, type TokenAnswer } from './provider.ts';
import type { Grant, People, SignInContext, Way } from './way.ts';

/** ms between two tries while the network is away. */
const PATIENCE = 5000;

export class DeviceWay implements Way {
  readonly #people: People;
  readonly #provider: Provider;

  /** Throws RucioError configuration when the instance names no provider. */
  constructor(kept: ProviderSecret, context: SignInContext) {
    this.#people = context.people;
    this.#provider = new Provider(kept, context);
  }

  async signIn(signal?: AbortSignal): Promise<Grant> {
    const { host } = this.#provider;
    const [client, provider] = await Promise.all([openid(), this.#provider.discovered()]);
    if (provider.serverMetadata().device_authorization_endpoint === undefined) throw new RucioError('configuration', `${host} offers no sign-in with a code (device authorization).`, { subject: host });
    const started = await this.#provider.said(client.initiateDeviceAuthorization(provider, this.#provider.asked()));
    const page = pageAt(started.verification_uri_complete ?? started.verification_uri, host, started.user_code);
    const answer = await inBrowser(this.#people, page, signal, (until) => this.#poll(client, provider, started, until));
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

  async #poll({ pollDeviceAuthorizationGrant }: OpenidClient, provider: Configuration, started: DeviceAuthorizationResponse, signal: AbortSignal): Promise<TokenAnswer> {
    const until = Date.now() + started.expires_in * 1000;
    for (;;) {
      try {
        return await this.#provider.said(pollDeviceAuthorizationGrant(provider, started, this.#provider.audience(), { signal }));
      } catch (error) {
        // A network that is away for a moment must not cost the person a second code.
        if (signal.aborted || Date.now() > until || !RucioError.is(error, 'unreachable', 'timeout', 'busy')) throw error;
        await pause(PATIENCE, undefined, { signal });
      }
    }
  }
}
