// The lakes that are open: one for each different configuration, whoever uses it, and one sign-in for all that have the same.
import fs from 'node:fs';
import path from 'node:path';
import type { MountInspector } from '../lake/mounts/inspector.ts';
import { secretKey, sessionKey } from '../lake/instances.ts';
import { Lake, openSession, type LakeOptions } from '../lake/lake.ts';
import type { ProgramKeeper } from '../lake/programs/keeper.ts';
import { openKeeper } from '../lake/programs/open.ts';
import { HubTokens } from '../lake/session/hub.ts';
import { KnownTokens } from '../lake/session/knownTokens.ts';
import type { Session } from '../lake/session/session.ts';
import { webuiRuleUrl } from '../lake/rules/makeAvailable.ts';
import type { ScratchLake } from '../lake/scratch/plan.ts';
import type { TransferLake } from '../lake/transfers/lake.ts';
import type { ClientSettings, Instance, SessionInfo } from '../protocol.ts';
import type { PageAnswers } from './answers.ts';
import { type Questions, request } from './questions.ts';

export interface OpenLake { readonly lake: Lake; readonly key: string; readonly session: string }

/** `settings`: of the client that came last; a pod's variables are what its newest window has. */
export interface OpenSession { readonly session: Session; readonly hub: HubTokens; readonly keeper?: ProgramKeeper; settings: ClientSettings }

export interface LakesOptions {
  readonly version: string;
  /** Without it other programs are given nothing. */
  readonly state: string | undefined;
  readonly questions: Questions;
  readonly answers: PageAnswers;
  readonly inspector: MountInspector;
  readonly onSession: (session: string, info: SessionInfo) => void;
  /** Why other programs are not given something. */
  readonly onProblem: (session: string, instance: Instance, problem: string) => void;
  readonly log: (level: 'trace' | 'warn', message: string) => void;
}

export class Lakes {
  readonly #options: LakesOptions;
  /** What xrdcp and xrdfs are given. */
  readonly #folder: string | undefined;
  readonly #known: KnownTokens;
  readonly #lakes = new Map<string, OpenLake>();
  /** Sign-ins outlive a change of settings that has nothing to do with them. */
  readonly #sessions = new Map<string, OpenSession>();

  constructor(options: LakesOptions) {
    this.#options = options;
    this.#known = new KnownTokens(options.state === undefined ? undefined : path.join(options.state, 'tokens.json'), (problem) => options.log('warn', problem));
    this.#folder = options.state === undefined ? undefined : path.join(options.state, 'xrootd');
    // Certificates and authorities of a service that was killed; none other than us uses this folder.
    if (this.#folder !== undefined) fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  get all(): readonly OpenLake[] {
    return [...this.#lakes.values()];
  }

  get(key: string | undefined): OpenLake | undefined {
    return key === undefined ? undefined : this.#lakes.get(key);
  }

  /** Of an open lake. */
  sessionOf(open: OpenLake | undefined): OpenSession | undefined {
    return open && this.#sessions.get(open.session);
  }

  get keepers(): readonly ProgramKeeper[] {
    return [...this.#sessions.values()].flatMap(({ keeper }) => keeper ?? []);
  }

  /** Opens it, or gives the one that is open what a client's surroundings hold now. */
  use(key: string, instance: Instance, settings: ClientSettings): void {
    const open = this.#lakes.get(key);
    if (open) useSettings(this.sessionOf(open), settings);
    else this.#lakes.set(key, this.#open(key, instance, settings));
  }

  /** Configurations that no client has any more: their connections and what they know go. */
  closeUnless(needed: (lake: OpenLake) => boolean): void {
    for (const open of this.all) {
      if (needed(open)) continue;
      open.lake.close();
      this.#lakes.delete(open.key);
    }
    const sessions = new Set(this.all.map(({ session }) => session));
    for (const [name, { session, keeper }] of this.#sessions) {
      if (sessions.has(name)) continue;
      session.close();
      void keeper?.drop();
      this.#sessions.delete(name);
    }
  }

  close(): void {
    for (const { lake } of this.all) lake.close();
    for (const { session, keeper } of this.#sessions.values()) {
      session.close();
      void keeper?.close();
    }
  }

  #open(key: string, instance: Instance, settings: ClientSettings): OpenLake {
    const { questions, answers, log } = this.#options;
    const { network, env } = settings;
    const secret = secretKey(instance);
    const options: LakeOptions = {
      instance, network, version: this.#options.version, env, inspector: this.#options.inspector, ...(this.#folder !== undefined && { folder: this.#folder }),
      secrets: { get: () => questions.getSecret(secret), store: (value) => questions.storeSecret(secret, value) },
      ask: (reason, methods) => questions.askCredentials(instance.name, instance.displayName, reason, methods),
      people: {
        chooseAccount: (accounts) => questions.askAccount(instance.name, accounts),
        openPage: (page, signal) => questions.openPage(instance.name, instance.displayName, page, signal),
        redirectAddress: () => questions.redirectAddress(instance.name),
        answer: (state, signal) => answers.wait(state, signal),
        passphrase: (file, problem) => questions.askPassphrase(instance.name, instance.displayName, file, problem),
      },
      log: (message) => log('trace', `${instance.name}: ${message}${request.getStore() === undefined ? '' : `, for ${request.getStore()}`}`),
    };
    const name = sessionKey(instance, network);
    const open = this.#sessions.get(name);
    if (open) useSettings(open, settings);
    else this.#sessions.set(name, this.#signIn(name, options, settings));
    return { key, session: name, lake: new Lake({ ...options, session: this.#sessions.get(name)!.session }) };
  }

  #signIn(name: string, options: LakeOptions, settings: ClientSettings): OpenSession {
    const { instance, network } = options;
    const { state, onSession, onProblem, log } = this.#options;
    const environment = (variable: string): string | undefined => this.#sessions.get(name)?.settings.env[variable];
    const hub = new HubTokens({ network, environment, tokenUrl: () => this.#sessions.get(name)?.settings.hubTokenUrl, ...(options.log && { log: options.log }) });
    const session = openSession({ ...options, hub, known: this.#known });
    const keeper = state === undefined ? undefined : openKeeper(options, session, {
      state, key: name, environment, onProblem: (problem) => onProblem(name, instance, problem), log: (message) => log('warn', `${instance.name}: ${message}`),
    });
    session.onChange((info) => onSession(name, info));
    return { session, hub, ...(keeper && { keeper }), settings };
  }
}

/** What is put before addresses of the same protocol when something is fetched. */
function cachesOf({ xcachePrefix, xcacheDavsPrefix }: Instance): readonly string[] {
  return [xcachePrefix, xcacheDavsPrefix].flatMap((prefix) => (prefix === undefined ? [] : [`${prefix.replace(/\/+$/, '')}//`]));
}

export function transferLake({ lake, session }: OpenLake): TransferLake {
  return { instance: lake.instance.name, session, client: lake.quietClient, storage: lake.storage, caches: cachesOf(lake.instance), account: (signal) => lake.quietAccount(signal), knownToStorages: (signal) => lake.knownToStorages(signal) };
}

export function scratchLake(open: OpenLake): ScratchLake {
  const { scratch, destinationRse, webuiUrl } = open.lake.instance;
  return { ...transferLake(open), scratch, destinationRse, ruleUrl: (id) => (webuiUrl === undefined ? undefined : webuiRuleUrl(webuiUrl, id)) };
}

/** A terminal says less than a window; what it does not say stays. */
function useSettings(open: OpenSession | undefined, settings: ClientSettings): void {
  if (!open) return;
  open.settings = { ...open.settings, ...settings, env: { ...open.settings.env, ...settings.env } };
  open.session.useEnvironment(settings.env);
}
