// The token files of a pod, for programs other than ours: Rucio's (the JWT) and EOS's (`oauth2:<JWT>:<introspection>`), as
// the hub of a data lake writes them at the pod's start. Tokens come from the provider in exchange for the one of the
// sign-in (RFC 8693). A file that somebody else keeps fresh is theirs.
import path from 'node:path';
import { claimsOf, clientOf, tokenExpiry } from '../../rucio/auth/token.ts';
import type { ExchangedToken, TokenExchange } from '../../rucio/auth/tokenExchange.ts';
import type { Clock } from '../../rucio/clock.ts';
import { RucioError } from '../../rucio/errors.ts';
import { readSmallFile } from '../config/files.ts';
import { type Environment, tokenPlaces } from '../session/podTokens.ts';
import type { Instance, ProgramSettings, SessionInfo } from '../types.ts';
import { removeSecretFile, writeSecretFile } from './secretFile.ts';

type Kind = 'rucio' | 'eos';

/** What was signed in, as far as it matters here. */
export interface SignedIn {
  readonly token: string;
  readonly method: NonNullable<SessionInfo['method']>;
  /** The file that the token came from. */
  readonly path?: string;
}

export interface PodFilesOptions {
  readonly instance: Instance;
  readonly environment: Environment;
  /** The server's. */
  readonly clock?: Clock;
  /** Absent where the instance names no provider. */
  readonly exchange?: Pick<TokenExchange, 'exchange' | 'introspection'>;
}

export interface Outcome {
  /** When the first of them ends, ms since 1970; undefined when none was written, or nobody said. */
  readonly ends?: number;
  /** Why one was not written: sentences for a person. */
  readonly problems: readonly string[];
  /** What was left alone on purpose. */
  readonly notes: readonly string[];
  /** Something may pass: to be tried again soon. */
  readonly again?: boolean;
}

interface Target { readonly kind: Kind; readonly file: string; readonly audience: string }

/** With these the provider's client is ours, and so is the renewal. */
const OURS: ReadonlySet<string> = new Set(['device', 'code', 'oidc']);
/** Accepted everywhere (WLCG token profile 1.0). */
const ANY_AUDIENCE = 'https://wlcg.cern.ch/jwt/v1/any';
const SMALL_CLOCK_DIFFERENCE = 5000;

export class PodFiles {
  readonly #options: PodFilesOptions;
  /** What we wrote, by file. */
  readonly #written = new Map<string, { readonly kind: Kind; readonly text: string }>();
  /** Audiences that the provider gives no token for, and why; until another sign-in or other settings. */
  readonly #refused = new Map<string, string>();

  constructor(options: PodFilesOptions) {
    this.#options = options;
  }

  /** Variables that programs need to find the files. */
  variables(): Readonly<Record<string, string>> {
    const eos = [...this.#written].find(([, { kind }]) => kind === 'eos');
    return eos === undefined ? {} : { OAUTH2_TOKEN: `FILE:${eos[0]}` };
  }

  /** To be asked anew: settings changed, or a person signed in. */
  forget(): void {
    this.#refused.clear();
  }

  /** Writes what the settings want. Never rejects for what is wrong with a file or a provider. */
  async write(settings: ProgramSettings, signedIn: SignedIn): Promise<Outcome> {
    const problems: string[] = [];
    const notes: string[] = [];
    let ends = Infinity;
    let again = false;
    for (const target of this.#targets(settings, signedIn)) {
      try {
        if (settings.tokenFiles === 'auto' && !await this.#isFree(target.file)) {
          notes.push(`${target.file} is kept by something else (the hub, or what set this pod up), and is left alone. Set rucio.programs.tokenFiles to “on” to have it written here.`);
          continue;
        }
        const { token, expiresAt } = await this.#tokenFor(target, signedIn.token);
        const text = target.kind === 'rucio' ? token : await this.#eosText(token, settings);
        await writeSecretFile(target.file, text);
        this.#written.set(target.file, { kind: target.kind, text });
        ends = Math.min(ends, expiresAt ?? this.#endOf(token) ?? Infinity);
      } catch (error) {
        if (!RucioError.is(error)) throw error;
        if (error.kind !== 'configuration') again = true;
        problems.push(error.message);
      }
    }
    return { problems, notes, ...(ends < Infinity && { ends }), ...(again && { again }) };
  }

  /** The person signed out: what is ours goes, also from before a restart; nothing of anybody else's. */
  async remove(settings: ProgramSettings): Promise<readonly string[]> {
    const problems: string[] = [];
    const files = new Set([...this.#written.keys(), ...this.#places(settings).map(({ file }) => file)]);
    for (const file of files) {
      try {
        const read = await readSmallFile(file);
        if ('text' in read && this.#isOurs(file, read.text)) await removeSecretFile(file);
      } catch (error) {
        if (!RucioError.is(error)) throw error;
        problems.push(error.message);
      }
      this.#written.delete(file);
    }
    return problems;
  }

  #places({ rucioTokenFile, rucioAudience, eosTokenFile, eosAudience }: ProgramSettings): Target[] {
    const all: Target[] = [{ kind: 'rucio', file: rucioTokenFile, audience: rucioAudience }, { kind: 'eos', file: eosTokenFile, audience: eosAudience }];
    return all.filter(({ file, audience }) => audience !== '' && path.isAbsolute(file));
  }

  #targets(settings: ProgramSettings, { method, path: source }: SignedIn): Target[] {
    const { tokenFiles } = settings;
    if (tokenFiles === 'off' || (tokenFiles === 'auto' && !OURS.has(method))) return [];
    const { instance, environment } = this.#options;
    // Where tokens don't tell whose they are, one of ours would be taken for the pod's at the next start, also after a sign-out.
    const theirs = instance.oidcClientId === undefined ? tokenPlaces(instance, environment).map(({ at }) => at) : [instance.tokenFile];
    return this.#places(settings).filter(({ kind, file }) => {
      if (file === source) return false;
      if (tokenFiles === 'on') return true;
      // What the instance names as the place of its token is the pod's to fill.
      return !theirs.includes(file) && (kind !== 'eos' || this.#usesEos());
    });
  }

  /** Else every sign-in at a provider that knows no EOS would be told about it. */
  #usesEos(): boolean {
    const { instance, environment } = this.#options;
    return environment('OAUTH2_TOKEN') !== undefined || instance.rseMountPath?.startsWith('/eos/') === true;
  }

  async #tokenFor({ kind, audience }: Target, token: string): Promise<ExchangedToken> {
    const refused = this.#refused.get(audience);
    let why: string;
    if (refused !== undefined) why = refused;
    else if (!this.#options.exchange) why = 'This instance names no OpenID provider (oidc_issuer, oidc_client_id) that could give one.';
    else {
      try {
        return await this.#options.exchange.exchange(token, audience);
      } catch (error) {
        if (!RucioError.is(error, 'configuration')) throw error;
        why = error.message;
        this.#refused.set(audience, why);
      }
    }
    if (kind === 'rucio' && (this.#endOf(token) ?? Infinity) >= Date.now() + SMALL_CLOCK_DIFFERENCE && fits(token, audience)) return { token };
    throw new RucioError('configuration', `There is no token for ${kind === 'eos' ? 'EOS' : 'other Rucio programs'} (audience “${audience}”). ${why} Ask your provider to allow token exchange for this client, correct rucio.programs.${kind}Audience, or empty it to do without.`);
  }

  async #eosText(token: string, { eosIntrospection }: ProgramSettings): Promise<string> {
    const endpoint = eosIntrospection.replace(/^https?:\/\//, '') || await this.#options.exchange?.introspection();
    if (!endpoint) throw new RucioError('configuration', 'The provider names no address at which EOS could look at a token. Write it into rucio.programs.eosIntrospection, or empty rucio.programs.eosAudience to do without.');
    return `oauth2:${token}:${endpoint}`;
  }

  /** On this machine's clock, ms since 1970. */
  #endOf(token: string): number | undefined {
    const end = tokenExpiry(token);
    return end === undefined ? undefined : this.#options.clock?.here(end) ?? end;
  }

  /** Not there, or ours, also from before a restart. */
  async #isFree(file: string): Promise<boolean> {
    const read = await readSmallFile(file);
    // What can't be read is for the writer to judge.
    return !('text' in read) || this.#isOurs(file, read.text);
  }

  /** Tokens say which client they were given to; a hub has a client of its own. */
  #isOurs(file: string, text: string): boolean {
    if (this.#written.get(file)?.text === text) return true;
    const client = clientOf(text.startsWith('oauth2:') ? text.slice('oauth2:'.length).split(':')[0] ?? '' : text.trim());
    return client !== undefined && client === this.#options.instance.oidcClientId;
  }
}

/** For Rucio's own programs as it is: the audience is in it, or it is for everybody. */
function fits(token: string, audience: string): boolean {
  const claims = claimsOf(token);
  if (!claims) return false;
  const given = [claims['aud']].flat();
  return given.includes(audience) || given.includes(ANY_AUDIENCE);
}
