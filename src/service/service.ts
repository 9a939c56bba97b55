// What all connections share: the clients, the lakes that are open (one for each different configuration, whoever uses
// it), and the news that go to those who use them.
import { type NotificationType, ResponseError } from 'vscode-jsonrpc/node';
import { explain, withoutSecrets } from '../lake/advice.ts';
import { RemoteConfigs } from '../lake/config/remote.ts';
import { readSources } from '../lake/config/sources.ts';
import { HubTokens } from '../lake/session/hub.ts';
import { MountInspector } from '../lake/inspector.ts';
import { instanceKey, resolveInstances, secretKey, sessionKey } from '../lake/instances.ts';
import { Lake, openSession, type LakeOptions } from '../lake/lake.ts';
import type { ProgramKeeper } from '../lake/programs/keeper.ts';
import { openKeeper } from '../lake/programs/open.ts';
import type { Session } from '../lake/session/session.ts';
import type { TransferLake } from '../lake/transfers/engine.ts';
import type { Tell } from '../lake/watcher.ts';
import * as protocol from '../protocol.ts';
import type { ClientSettings, Configuration, DID, DIDType, Failure, Instance, ProgramEnvironment, ServiceStatus, SessionInfo, TransferInfo, Watch, Welcome } from '../protocol.ts';
import { Attaching } from './attaching.ts';
import { PageAnswers } from './answers.ts';
import { configurationOf, type ReadConfiguration } from './configuration.ts';
import { caller, type Client, Questions, request } from './questions.ts';
import { tell } from './news.ts';
import { LockTables } from './lockTables.ts';
import { Programs } from './programs.ts';
import { refusal } from './refusal.ts';
import { Transferring } from './transferring.ts';
import { Watching } from './watching.ts';

export interface ServiceOptions {
  readonly version: string;
  readonly mode: 'detached' | 'inWindow';
  /** The folder that is ours alone; without it other programs are given nothing. */
  readonly state?: string;
  /** Told when the last client has left (how long it may last, in seconds) and when one came (undefined). */
  readonly onIdle: (linger: number | undefined) => void;
  /** *Restart Service*: end, once the answer has gone out. */
  readonly onShutdown: () => void;
}

type TypedDID = DID & { readonly type: DIDType };

interface OpenLake { readonly lake: Lake; readonly key: string; readonly session: string }

/** `settings`: of the client that came last; a pod's variables are what its newest window has. */
interface OpenSession { readonly session: Session; readonly hub: HubTokens; readonly keeper?: ProgramKeeper; settings: ClientSettings }

/** A client's instances by name, as its settings and its pod say. */
interface View {
  readonly welcome: Omit<Welcome, 'sessions'>;
  readonly keys: ReadonlyMap<string, { readonly key: string; readonly instance: Instance }>;
  readonly read: ReadConfiguration;
  readonly programs?: ClientSettings['programs'];
}

/** Seconds for which a service waits for its first client. */
const NOBODY_CAME = 30;

export class LakeService {
  readonly #options: ServiceOptions;
  readonly #clients = new Set<Client>();
  readonly #views = new Map<Client, View>();
  readonly #lakes = new Map<string, OpenLake>();
  /** Sign-ins outlive a change of settings that has nothing to do with them. */
  readonly #sessions = new Map<string, OpenSession>();
  readonly #questions = new Questions(this.#clients);
  readonly #answers = new PageAnswers();
  readonly #inspector = new MountInspector();
  readonly #remotes = new RemoteConfigs();
  readonly #configuring = new Map<Client, symbol>();
  #requests = 0;
  readonly #work = new Map<symbol, string>();
  /** What each client shows of each instance: told again to the lake that takes the place of one whose settings changed. */
  readonly #shown = new Map<Client, Map<string, readonly TypedDID[]>>();
  readonly #programs = new Programs();
  readonly #startedAt = Date.now();
  /** Of the last window, else of the last terminal. */
  #linger: number | undefined;

  readonly #watching: Watching;
  readonly transferring: Transferring;
  readonly lockTables = new LockTables();
  readonly attaching: Attaching;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.attaching = new Attaching(options.state);
    this.transferring = new Transferring({
      state: options.state, tell: (session, id, transfer) => this.#tellTransfer(session, id, transfer),
      onRest: () => this.startIdling(), log: (message) => this.#log('info', message),
    });
    this.#watching = new Watching({ state: options.state, tell: (session, watch) => this.#tellEnded(session, watch), log: (message) => this.#log('info', message) });
  }

  enter(client: Client): Promise<Welcome> {
    this.#clients.add(client);
    this.#options.onIdle(undefined);
    return this.configure(client, client.hello);
  }

  leave(client: Client): void {
    this.#clients.delete(client);
    this.#views.delete(client);
    this.#shown.delete(client);
    this.#configuring.delete(client);
    this.#programs.leave(client);
    this.lockTables.close(client);
    for (const { lake } of this.#lakes.values()) lake.observe(client, [], () => undefined);
    this.#closeUnused();
    if (client.hello.client === 'window' || this.#linger === undefined) this.#linger = client.hello.linger;
    this.startIdling();
  }

  /** Also after a start to which nobody came. */
  startIdling(): void {
    if (this.#clients.size === 0 && !this.transferring.working) this.#options.onIdle(this.#linger ?? NOBODY_CAME);
  }

  /** Reads all sources again. Until that is done, what was known before holds. */
  async configure(client: Client, settings: ClientSettings): Promise<Welcome> {
    const turn = Symbol('configure');
    this.#configuring.set(client, turn);
    const sources = await readSources(settings, this.#remotes);
    const resolved = resolveInstances(sources, settings.env['HOME']);
    const { instances, problems } = resolved;
    // The client went away, or its settings changed once more meanwhile.
    const latest = this.#configuring.get(client) === turn;
    const keys = new Map<string, { key: string; instance: Instance }>();
    for (const instance of instances) {
      const key = instanceKey(instance, settings.network);
      keys.set(instance.name, { key, instance });
      const open = this.#lakes.get(key);
      if (!latest) continue;
      if (open) useSettings(this.#sessions.get(open.session), settings);
      else this.#lakes.set(key, this.#open(key, instance, settings));
    }
    const before = this.#views.get(client);
    const view: View = { welcome: { version: this.#options.version, pid: process.pid, instances, problems }, keys, read: { readAt: Date.now(), sources, resolved } };
    if (latest) {
      this.#views.set(client, { ...view, ...(settings.programs ? { programs: settings.programs } : before?.programs && { programs: before.programs }) });
      this.#showAgain(client, before, view);
    }
    this.#closeUnused();
    // The client knows of its instances first.
    if (latest) setImmediate(() => {
      this.#settleWatches();
      this.#settleTransfers();
    });
    return { ...view.welcome, sessions: this.#lakesOf(view).map(({ lake }) => lake.session.info) };
  }

  /** What was shown of an instance whose settings changed is watched by the lake that took its place. */
  #showAgain(client: Client, before: View | undefined, now: View): void {
    for (const [name, { key }] of before?.keys ?? []) {
      const next = now.keys.get(name);
      if (next?.key === key) continue;
      this.#lakes.get(key)?.lake.observe(client, [], () => undefined);
      const dids = this.#shown.get(client)?.get(name);
      if (next && dids) this.observe(client, name, dids);
    }
  }

  /** @throws a refusal when this client has no such instance. */
  lakeOf(client: Client, instance: string): Lake {
    return this.#openOf(client, instance).lake;
  }

  #openOf(client: Client, instance: string): OpenLake {
    const found = this.#views.get(client)?.keys.get(instance) ?? this.#ofWindows(client, instance);
    const open = found && this.#lakes.get(found.key);
    if (!open) throw refusal(`There is no instance “${instance}” in the setting rucio.instances, in this pod's environment or in its files.`, 'Correct the settings, or choose another instance.', { kind: 'configuration', actions: ['openSettings'] });
    return open;
  }

  /** A terminal has what the windows of its person have, where its own surroundings say nothing. */
  #ofWindows(client: Client, instance: string): { readonly key: string } | undefined {
    if (client.hello.client !== 'terminal') return undefined;
    return [...this.#views].findLast(([other, view]) => other.hello.client === 'window' && view.keys.has(instance))?.[1].keys.get(instance);
  }

  /** @throws a refusal when this client has no such instance. */
  async transferLakeOf(client: Client, instance: string, signal: AbortSignal): Promise<TransferLake> {
    const open = this.#openOf(client, instance);
    await open.lake.session.account(signal); // somebody is there to be asked now, and later not
    return transferLake(open);
  }

  /** The sign-ins of all instances that this client may speak of. */
  sessionsOf(client: Client): ReadonlySet<string> {
    const views = client.hello.client === 'terminal' ? [...this.#views.values()] : [this.#views.get(client)];
    return new Set(views.flatMap((view) => (view ? this.#lakesOf(view).map(({ session }) => session) : [])));
  }

  /** @throws a refusal when no sign-in waits for it. */
  signInAnswer(query: string): void {
    if (!this.#answers.take(query)) throw refusal('A page came back that belongs to no sign-in under way here: that sign-in is over, or was begun in a window on another machine. Nothing was taken from it.', 'Sign in again, in this window.', { kind: 'badInput', actions: [] });
  }

  /** False once its settings were changed and no client has it any more. */
  isOpen(lake: Lake): boolean {
    return [...this.#lakes.values()].some((open) => open.lake === lake);
  }

  async configuration(client: Client): Promise<Configuration> {
    const view = this.#views.get(client);
    if (!view) throw refusal('The configuration is being read.', 'Try again in a moment.', { actions: ['retry'] });
    return configurationOf(view.read, (name) => {
      const open = this.#lakes.get(view.keys.get(name)?.key ?? '');
      const signIn = open && this.#sessions.get(open.session);
      return signIn && { lake: open.lake, hub: signIn.hub, settings: signIn.settings };
    });
  }

  /** null where there is no instance at all. @throws a refusal when this client has no such instance. */
  async programEnvironment(client: Client, instance: string): Promise<ProgramEnvironment | null> {
    const view = this.#views.get(client);
    if (!view || view.welcome.instances.length === 0) return null;
    const keeper = this.#keeperOf(client, instance);
    if (!keeper) {
      this.lakeOf(client, instance || (view.programs?.instance ?? ''));
      throw refusal('The lake service in this window has no folder of its own for files of other programs.', 'Turn rucio.service.inWindow off.');
    }
    this.#programs.give(client, instance);
    this.#settlePrograms();
    return keeper.environment();
  }

  /** Of the instance of this name; '' = the one that was chosen for other programs, else the first. */
  #keeperOf(client: Client, instance: string): ProgramKeeper | undefined {
    const view = this.#views.get(client);
    const wanted = instance || view?.programs?.instance || view?.welcome.instances[0]?.name;
    const open = this.#lakes.get(view?.keys.get(wanted ?? '')?.key ?? '');
    return open && this.#sessions.get(open.session)?.keeper;
  }

  #settlePrograms(): void {
    const clients = new Map([...this.#views].map(([client, { programs }]) => [client, { choice: programs, keeperOf: (instance: string) => this.#keeperOf(client, instance) }]));
    this.#programs.settle(clients, [...this.#sessions.values()].flatMap(({ keeper }) => keeper ?? []));
  }

  observe(client: Client, instance: string, dids: readonly TypedDID[]): void {
    const shown = this.#shown.get(client) ?? new Map<string, readonly TypedDID[]>();
    this.#shown.set(client, shown.set(instance, dids));
    const tell: Tell = (items, error) => send(client, protocol.availabilityChanged, { instance, items, ...(error !== undefined && { failure: error instanceof ResponseError ? error.data as Failure : explain(error, { instance }) }) });
    try {
      const lake = this.lakeOf(client, instance);
      caller.run(client, () => lake.observe(client, dids, tell));
    } catch (error) {
      tell([], error); // a notification has no answer: the news say why nothing will come
    }
  }

  watch(client: Client, instance: string, id: string, signal: AbortSignal): Promise<Watch> {
    const { session, lake } = this.#openOf(client, instance);
    return this.#watching.add(session, lake, id, signal);
  }

  unwatch(client: Client, instance: string, id: string): void {
    this.#watching.remove(this.#openOf(client, instance).session, id);
  }

  claimEnd(client: Client, instance: string, id: string, ended: number): boolean {
    return this.#watching.claim(this.#openOf(client, instance).session, id, ended);
  }

  watches(client: Client, instance: string): readonly Watch[] {
    return this.#watching.list(this.#openOf(client, instance).session);
  }

  /** Notes a piece of work for `datalake status`, until `done`; `name` is unique, for the log. */
  begin(method: string, params: object): { readonly name: string; done(): void } {
    const id = Symbol(method);
    const { instance, text, scope, did, id: rule } = params as { instance?: string; text?: string; scope?: string; did?: DID; id?: string };
    const subject = text ?? (did ? `${did.scope}:${did.name}` : scope ? `${scope}:` : rule) ?? '';
    this.#work.set(id, [method, subject, instance ? `(${instance})` : ''].filter(Boolean).join(' '));
    return { name: `${method} ${++this.#requests}`, done: () => void this.#work.delete(id) };
  }

  status(): ServiceStatus {
    const lakes = [...this.#lakes.values()];
    const problems = [...this.#views.values()].flatMap((view) => view.welcome.problems);
    return {
      version: this.#options.version, pid: process.pid, startedAt: this.#startedAt, mode: this.#options.mode, node: process.version,
      clients: [...this.#clients].map(({ hello, since }) => ({ client: hello.client, label: hello.label, pid: hello.pid, version: hello.version, since })),
      instances: lakes.map(({ lake }) => ({ ...lake.instance, proxy: lake.transport.proxyInForce, certificates: lake.transport.certificatesInForce })),
      problems: problems.filter((problem, i) => problems.findIndex((other) => other.source === problem.source && other.problem === problem.problem) === i),
      sessions: lakes.map(({ lake }) => lake.session.info),
      work: [...[...this.#work.values()].filter((work) => work !== protocol.status.method), ...lakes.flatMap(({ lake }) => lake.work)],
      notes: ['proxy auto-configuration (PAC) is not supported; the proxy of http.proxy is'],
    };
  }

  /** @throws a refusal while others use the service. */
  shutdown(who: Client): void {
    const others = [...this.#clients].filter((client) => client !== who);
    if (others.length > 0) throw refusal(`The lake service is in use by ${others.map(({ hello }) => hello.label).join(', ')}.`, 'Close them first.', { kind: 'refused', actions: [] });
    setTimeout(this.#options.onShutdown, 50); // when the answer has gone out
  }

  logFailure(name: string, failure: Failure, error: unknown): void {
    if (failure.kind === 'cancelled') return;
    this.#log('warn', `${name}: ${failure.what}${failure.request ? ` [${failure.request}]` : ''}`);
    if (failure.kind === 'bug' && error instanceof Error) this.#log('error', error.stack ?? error.message);
  }

  close(): void {
    this.#watching.close();
    this.transferring.close();
    for (const { lake } of this.#lakes.values()) lake.close();
    for (const { session, keeper } of this.#sessions.values()) {
      session.close();
      void keeper?.close();
    }
    this.#inspector.close();
  }

  #open(key: string, instance: Instance, settings: ClientSettings): OpenLake {
    const { network, env } = settings;
    const secret = secretKey(instance);
    const options: LakeOptions = {
      instance, network, version: this.#options.version, env, inspector: this.#inspector,
      secrets: { get: () => this.#questions.getSecret(secret), store: (value) => this.#questions.storeSecret(secret, value) },
      ask: (reason, methods) => this.#questions.askCredentials(instance.name, instance.displayName, reason, methods),
      people: {
        chooseAccount: (accounts) => this.#questions.askAccount(instance.name, accounts),
        openPage: (page, signal) => this.#questions.openPage(instance.name, instance.displayName, page, signal),
        redirectAddress: () => this.#questions.redirectAddress(instance.name),
        answer: (state, signal) => this.#answers.wait(state, signal),
        passphrase: (file, problem) => this.#questions.askPassphrase(instance.name, instance.displayName, file, problem),
      },
      log: (message) => this.#log('trace', `${instance.name}: ${message}${request.getStore() === undefined ? '' : `, for ${request.getStore()}`}`),
    };
    const name = sessionKey(instance, network);
    let open = this.#sessions.get(name);
    if (open) useSettings(open, settings);
    else {
      const hub = new HubTokens({ network, environment: (variable) => this.#sessions.get(name)?.settings.env[variable], tokenUrl: () => this.#sessions.get(name)?.settings.hubTokenUrl, ...(options.log && { log: options.log }) });
      open = { session: openSession({ ...options, hub }), hub, settings };
      const keeper = this.#options.state === undefined ? undefined : openKeeper(options, open.session, {
        state: this.#options.state, key: name, environment: (variable) => this.#sessions.get(name)?.settings.env[variable],
        onProblem: (problem) => this.#tellProblem(name, instance, problem), log: (message) => this.#log('warn', `${instance.name}: ${message}`),
      });
      if (keeper) open = { ...open, keeper };
      open.session.onChange((info) => {
        this.#tell(name, info);
        if (info.state === 'signedIn') {
          this.#settleWatches();
          this.#settleTransfers();
        }
      });
      this.#sessions.set(name, open);
    }
    return { key, session: name, lake: new Lake({ ...options, session: open.session }) };
  }

  #lakesOf(view: View): OpenLake[] {
    return [...view.keys.values()].flatMap(({ key }) => this.#lakes.get(key) ?? []);
  }

  /** To every client that has an instance with this sign-in. */
  #tell(session: string, info: SessionInfo): void {
    for (const [client, view] of this.#views) {
      if (this.#lakesOf(view).some((open) => open.session === session)) send(client, protocol.sessionChanged, info);
    }
  }

  #settleWatches(): void {
    try {
      this.#watching.settle(this.#lakes.values());
    } catch (error) {
      this.#log('warn', `watches can't be read: ${withoutSecrets(error instanceof Error ? error.message : String(error))}`);
    }
  }

  /** What was begun before, by this service or one before it, goes on with the lakes that are open now. */
  #settleTransfers(): void {
    try {
      this.transferring.settle([...this.#lakes.values()].map(transferLake));
    } catch (error) {
      this.#log('warn', `transfers can't be read: ${withoutSecrets(error instanceof Error ? error.message : String(error))}`);
    }
  }

  #tellTransfer(session: string, id: string, transfer: TransferInfo | null): void {
    for (const client of this.#clients) {
      const view = this.#views.get(client);
      const name = view && [...view.keys].find(([, { key }]) => this.#lakes.get(key)?.session === session)?.[0];
      if (name !== undefined || (client.hello.client === 'terminal' && transfer)) send(client, protocol.transferChanged, { instance: name ?? transfer!.instance, id, transfer });
    }
  }

  #tellEnded(session: string, watch: Watch): number {
    let windows = 0;
    for (const [client, view] of this.#views) {
      const name = [...view.keys].find(([, { key }]) => this.#lakes.get(key)?.session === session)?.[0];
      if (name === undefined || client.hello.client !== 'window') continue;
      send(client, protocol.watchEnded, { instance: name, watch });
      windows++;
    }
    return windows;
  }

  /** Said to one window: all of them would say the same. */
  #tellProblem(session: string, { name: instance }: Instance, problem: string): void {
    this.#log('warn', `${instance}: ${problem}`);
    const window = [...this.#views].findLast(([client, view]) => client.hello.client === 'window' && this.#lakesOf(view).some((open) => open.session === session));
    if (window) send(window[0], protocol.programProblem, { instance, problem });
  }

  /** A configuration that no client has any more: its connections and what it knows go. */
  #closeUnused(): void {
    // Whose configuration is still being read may have the same: nobody shall sign in again for want of a moment.
    if ([...this.#clients].some((client) => !this.#views.has(client))) return;
    const used = new Set([...this.#views.values()].flatMap((view) => [...view.keys.values()].map(({ key }) => key)));
    for (const [key, { lake, session }] of this.#lakes) {
      if (used.has(key) || this.#clients.size === 0 || this.transferring.uses(session)) continue; // with nobody there they are kept for who comes next, until the service ends
      lake.close();
      this.#lakes.delete(key);
    }
    const needed = new Set([...this.#lakes.values()].map(({ session }) => session));
    for (const [key, { session, keeper }] of this.#sessions) {
      if (needed.has(key)) continue;
      session.close();
      void keeper?.drop();
      this.#sessions.delete(key);
    }
    this.#settlePrograms();
  }

  #log(level: 'trace' | 'info' | 'warn' | 'error', text: string): void {
    const message = withoutSecrets(text);
    if (level === 'warn' || level === 'error') process.stderr.write(`${new Date().toISOString()} ${level} ${message}\n`);
    for (const client of this.#clients) send(client, protocol.logged, { level, message });
  }
}

function transferLake({ lake, session }: OpenLake): TransferLake {
  return { instance: lake.instance.name, session, client: lake.quietClient, storage: lake.storage, account: (signal) => lake.quietAccount(signal), knownToStorages: (signal) => lake.knownToStorages(signal) };
}

/** A terminal says less than a window; what it does not say stays. */
function useSettings(open: OpenSession | undefined, settings: ClientSettings): void {
  if (!open) return;
  open.settings = { ...open.settings, ...settings, env: { ...open.settings.env, ...settings.env } };
  open.session.useEnvironment(settings.env);
}

/** News for a client that is just going away are lost, and nothing with them. */
function send<P>(client: Client, type: NotificationType<P>, params: P): void {
  void tell(() => client.connection.sendNotification(type as NotificationType<unknown>, params));
}
