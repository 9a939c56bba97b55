// The way of signing in that a person took last (a password, a certificate, a refresh token, …), kept in the secret store for
// the next start, and what a rucio.cfg holds or names: what gives a token without anybody being asked.
import type { Grant, SignInContext } from '../../rucio/auth/way.ts';
import { proxyFileOf } from '../../rucio/auth/x509.ts';
import { RucioError } from '../../rucio/errors.ts';
import { readPassword } from '../config/rucioCfg.ts';
import { CoolDown, type CoolDownOptions } from './coolDown.ts';
import type { Held } from './podSignIn.ts';
import type { Credentials, Instance } from '../types.ts';
import { methodsFor, rememberedWay, secretOf, wayOf, type NamedWay, type SignInCalls } from './ways.ts';

/** The client's secret store for this session: one text, null = none. */
export interface SecretStore {
  get(): Promise<string | null>;
  store(value: string | null): Promise<void>;
}

export interface KeptOptions extends CoolDownOptions {
  readonly instance: Instance;
  readonly secrets: SecretStore;
  readonly context: Omit<SignInContext, 'account' | 'oidc'> & { readonly calls: SignInCalls };
}

/** These ask for a person, and mean that the same must not be sent again. */
const REFUSALS = ['wrongCredentials', 'signInNeeded', 'badInput'] as const;

export class KeptWay {
  readonly #instance: Instance;
  readonly #secrets: SecretStore;
  readonly #context: Parameters<typeof wayOf>[1];
  #way: NamedWay | undefined;
  /** Remembered secrets that the server refused, and why: sent again they could lock the account. Until a person signs in. */
  readonly #refused = new Map<string, string>();
  readonly #coolDown: CoolDown;

  constructor({ instance, secrets, context, now, coolDownMs }: KeptOptions) {
    this.#instance = instance;
    this.#secrets = secrets;
    this.#coolDown = new CoolDown({ now, coolDownMs });
    const { account, oidcIssuer: issuer, oidcClientId: clientId, oidcScope: scope, oidcAudience: audience } = instance;
    this.#context = { ...context, account, oidc: { issuer, clientId, scope, audience } };
  }

  /** How to get the next token. */
  get way(): NamedWay | undefined {
    return this.#way;
  }

  /** The way by which `held` was had; undefined = it came from elsewhere. */
  wayOf(held: Held | undefined): NamedWay | undefined {
    return held && this.#way?.method === held.method ? this.#way : undefined;
  }

  from(credentials: Credentials): NamedWay {
    return wayOf(credentials, this.#context);
  }

  /** The ways of signing in that are on offer here, the best first. */
  methods(): Promise<readonly Credentials['method'][]> {
    return methodsFor(this.#instance, this.#context);
  }

  /** A person signed in by this one. */
  take(way: NamedWay): void {
    this.#way = way;
    this.#refused.clear();
    this.#coolDown.over();
  }

  /** The server refused a token, wherever it came from. */
  refuse(token: string): void {
    this.#coolDown.refused(token);
  }

  /** The server did not get to see it: to be tried with the next token. */
  tryLater(way: NamedWay): void {
    this.#way = way;
  }

  /** What a person signed in with takes the place of what was remembered: an old password must not come back as another account. */
  async remember(way: NamedWay | undefined): Promise<void> {
    await this.#secrets.store(way ? secretOf(way) : null);
  }

  async remembered(): Promise<NamedWay | undefined> {
    const text = await this.#secrets.get();
    return text === null ? undefined : rememberedWay(text, this.#context);
  }

  /** The way goes; refusals are kept unless `all`. */
  forget(all = false): void {
    this.#way = undefined;
    if (all) this.#refused.clear();
  }

  /** What brought nothing was asked too early. */
  async mayTryAgain(way: NamedWay): Promise<void> {
    this.#refused.delete(await sentBy(way));
  }

  /**
   * A token by the way that was signed in last, unless what it sends was refused once; else why not. `isCurrent`: nobody signed in or out
   * meanwhile; `refused`: a token that must not come again; `held`: the one that is to be renewed.
   */
  async renewed(isCurrent: () => boolean, refused: string | undefined, held: () => Held | undefined): Promise<Held | string | undefined> {
    const kept = this.#way ? undefined : await this.remembered();
    // Who signed in or out meanwhile wants another one, or none.
    if (isCurrent()) this.#way ??= kept;
    const way = this.#way;
    if (!way?.renew) return undefined;
    const early = this.#coolDown.reason;
    if (early !== undefined) return early;
    let reason = this.#refused.get(await sentBy(way));
    if (reason === undefined) {
      const before = secretOf(way);
      try {
        return this.#given(heldBy(way, await way.renew(refused)));
      } catch (error) {
        if (!RucioError.is(error, ...REFUSALS)) throw error;
        reason = error.message;
        // What can't be sent (a file that is not there) is no danger, and may be put right at any time.
        if (error.kind !== 'badInput' && isCurrent()) this.#refused.set(await sentBy(way), reason);
      } finally {
        // Providers give a new refresh token for the old one. Who signed out meanwhile wants nothing stored.
        if (isCurrent() && secretOf(way) !== before) await this.remember(way);
      }
    }
    // The store may hold another one by the next time. A token that is still good is renewed by its own way only.
    if (this.#way === way && !(way.whileGood && held()?.method === way.method)) this.#way = undefined;
    return reason;
  }

  /** By what a rucio.cfg holds or names for its auth_type, as `rucio` does: its password is read each time and kept nowhere; keys stay in their files. */
  async fromConfig(isCurrent: () => boolean): Promise<Held | string | undefined> {
    const early = this.#coolDown.reason;
    if (early !== undefined) return early;
    const { passwordFile, authType = 'userpass', sshKey, clientCert, clientKey, account } = this.#instance;
    const whose = account !== undefined && { account };
    switch (authType) {
      case 'userpass': return passwordFile === undefined ? undefined : this.#byPassword(passwordFile);
      case 'ssh': return sshKey === undefined ? undefined : this.#byFile({ method: 'ssh', key: sshKey, ...whose }, isCurrent);
      case 'x509': return clientCert === undefined ? undefined : this.#byFile({ method: 'x509', certificate: clientCert, ...(clientKey !== undefined && { key: clientKey }), ...whose }, isCurrent);
      case 'x509_proxy': return this.#byFile({ method: 'proxy', ...whose }, isCurrent);
      default: return undefined;
    }
  }

  #given(held: Held): Held {
    this.#coolDown.given(held);
    return held;
  }

  async #byPassword(file: string): Promise<Held | string | undefined> {
    const found = await readPassword(file);
    if (!found) return `There is no password in ${file} any more.`;
    const grant = await this.#unlessRefused(this.from({ method: 'userpass', ...found }), () => `The server does not accept the password in ${file}.`);
    return typeof grant === 'object' ? this.#given({ ...grant, method: 'config' }) : grant;
  }

  /** It is the way of the next token, too, and shown to storages. */
  async #byFile(credentials: Credentials, isCurrent: () => boolean): Promise<Held | string | undefined> {
    try {
      const way = this.from(credentials);
      const grant = await this.#unlessRefused(way, (error) => error.message);
      if (typeof grant !== 'object') return grant;
      if (isCurrent()) this.#way = way;
      return this.#given(heldBy(way, grant));
    } catch (error) {
      if (!RucioError.is(error, 'badInput')) throw error;
      return error.message; // no account is named, say
    }
  }

  async #unlessRefused(way: NamedWay, reasonOf: (error: RucioError) => string): Promise<Grant | string | undefined> {
    const key = await sentBy(way);
    const refused = this.#refused.get(key);
    if (refused !== undefined || !way.renew) return refused;
    try {
      return await way.renew(undefined);
    } catch (error) {
      if (!RucioError.is(error, ...REFUSALS)) throw error;
      const reason = error.kind === 'wrongCredentials' ? reasonOf(error) : error.message;
      // What can't be sent (a file that is not there) may be put right at any time.
      if (error.kind !== 'badInput') this.#refused.set(key, reason);
      return reason;
    }
  }
}

export function heldBy({ method }: NamedWay, grant: Grant): Held {
  return { ...grant, method };
}

/** Equal where the same would be sent again. */
async function sentBy(way: NamedWay): Promise<string> {
  return `${secretOf(way)} ${await way.version?.() ?? ''}`;
}

/** Where a grid proxy lies: as the instance says, else where the grid's tools put it. */
export function proxyFileIn({ clientProxy }: Pick<Instance, 'clientProxy'>, environment: (name: string) => string | undefined): string | undefined {
  return clientProxy ?? proxyFileOf(environment);
}
