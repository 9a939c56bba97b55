// What all connections share: the clients, the lakes that are open (one for each different configuration, whoever uses
// it), and the news that go to those who use them.
import { type NotificationType, ResponseError } from 'vscode-jsonrpc/node';
import { explain } from '../lake/advice.ts';
import { RemoteConfigs } from '../lake/config/remote.ts';
import { readSources } from '../lake/config/sources.ts';
import { HubTokens } from '../lake/hub.ts';
import { MountInspector } from '../lake/inspector.ts';
import { instanceKey, resolveInstances } from '../lake/instances.ts';
import { Lake } from '../lake/lake.ts';
import type { Tell } from '../lake/watcher.ts';
import * as protocol from '../protocol.ts';
import type { ClientSettings, Configuration, DID, DIDType, Failure, Instance, ServiceStatus, SessionInfo, Welcome } from '../protocol.ts';
import { configurationOf, type ReadConfiguration } from './configuration.ts';
import { caller, type Client, Questions } from './questions.ts';
import { refusal } from './refusal.ts';

export interface ServiceOptions {
  readonly version: string;
  readonly mode: 'detached' | 'inWindow';
  /** Told each time when there begins or ends to be nothing to do and nobody there. */
  readonly onIdle: (idle: boolean) => void;
}

/** `settings`: of the client that came last; a pod's variables are what its newest window has. */
interface OpenLake { readonly lake: Lake; readonly key: string; readonly hub: HubTokens; settings: ClientSettings }

/** A client's instances by name, as its settings and its pod say. */
interface View {
  readonly welcome: Omit<Welcome, 'sessions'>;
  readonly keys: ReadonlyMap<string, { readonly key: string; readonly instance: Instance }>;
  readonly read: ReadConfiguration;
}

export class LakeService {
  readonly #options: ServiceOptions;
  readonly #clients = new Set<Client>();
  readonly #views = new Map<Client, View>();
  readonly #lakes = new Map<string, OpenLake>();
  readonly #questions = new Questions(this.#clients);
  readonly #inspector = new MountInspector();
  readonly #remotes = new RemoteConfigs();
  readonly #configuring = new Map<Client, symbol>();
  readonly #work = new Map<symbol, string>();
  readonly #startedAt = Date.now();

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  enter(client: Client): Promise<Welcome> {
    this.#clients.add(client);
    this.#options.onIdle(false);
    return this.configure(client, client.hello);
  }

  leave(client: Client): void {
    this.#clients.delete(client);
    this.#views.delete(client);
    this.#configuring.delete(client);
    for (const { lake } of this.#lakes.values()) lake.observe(client, [], () => undefined);
    this.#closeUnused();
    this.startIdling();
  }

  /** Also after a start to which nobody came. */
  startIdling(): void {
    this.#options.onIdle(this.#clients.size === 0);
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
      // A terminal says less than a window; what it does not say stays.
      if (latest && open) open.settings = { ...open.settings, ...settings, env: { ...open.settings.env, ...settings.env } };
      else if (latest) this.#lakes.set(key, this.#open(key, instance, settings));
    }
    const view: View = { welcome: { version: this.#options.version, pid: process.pid, instances, problems }, keys, read: { readAt: Date.now(), sources, resolved } };
    if (latest) this.#views.set(client, view);
    this.#closeUnused();
    return { ...view.welcome, sessions: this.#lakesOf(view).map(({ lake }) => lake.session.info) };
  }

  /** @throws a refusal when this client has no such instance. */
  lakeOf(client: Client, instance: string): Lake {
    const found = this.#views.get(client)?.keys.get(instance);
    const open = found && this.#lakes.get(found.key);
    if (!open) throw refusal(`There is no instance “${instance}” in the setting rucio.instances, in this pod's environment or in its files.`, 'Correct the settings, or choose another instance.', { kind: 'configuration', actions: ['openSettings'] });
    return open.lake;
  }

  async configuration(client: Client): Promise<Configuration> {
    const view = this.#views.get(client);
    if (!view) throw refusal('The configuration is being read.', 'Try again in a moment.', { actions: ['retry'] });
    return configurationOf(view.read, (name) => this.#lakes.get(view.keys.get(name)?.key ?? ''));
  }

  observe(client: Client, instance: string, dids: readonly (DID & { type: DIDType })[]): void {
    const tell: Tell = (items, error) => send(client, protocol.availabilityChanged, { instance, items, ...(error !== undefined && { failure: error instanceof ResponseError ? error.data as Failure : explain(error, { instance }) }) });
    try {
      const lake = this.lakeOf(client, instance);
      caller.run(client, () => lake.observe(client, dids, tell));
    } catch (error) {
      tell([], error); // a notification has no answer: the news say why nothing will come
    }
  }

  /** Notes a piece of work for `datalake status`; the returned function ends it. */
  begin(method: string, params: object): () => void {
    const id = Symbol(method);
    const { instance, text, scope, did, id: rule } = params as { instance?: string; text?: string; scope?: string; did?: DID; id?: string };
    const subject = text ?? (did ? `${did.scope}:${did.name}` : scope ? `${scope}:` : rule) ?? '';
    this.#work.set(id, [method, subject, instance ? `(${instance})` : ''].filter(Boolean).join(' '));
    return () => this.#work.delete(id);
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
      work: [...[...this.#work.values()].filter((work) => work !== protocol.status.method), ...lakes.flatMap(({ lake }) => lake.watcher.size > 0 ? [`watching ${lake.watcher.size} DIDs (${lake.instance.name})`] : [])],
      notes: ['proxy auto-configuration (PAC) is not supported; the proxy of http.proxy is'],
    };
  }

  /** @throws a refusal while others use the service. */
  shutdown(who: Client): void {
    const others = [...this.#clients].filter((client) => client !== who);
    if (others.length > 0) throw refusal(`The lake service is in use by ${others.map(({ hello }) => hello.label).join(', ')}.`, 'Close them first.', { kind: 'refused', actions: [] });
    // After the answer has gone out.
    setImmediate(() => process.emit('SIGTERM', 'SIGTERM'));
  }

  logFailure(method: string, failure: Failure, error: unknown): void {
    if (failure.kind === 'cancelled') return;
    this.#log('warn', `${method}: ${failure.what}${failure.request ? ` [${failure.request}]` : ''}`);
    if (failure.kind === 'bug' && error instanceof Error) this.#log('error', error.stack ?? error.message);
  }

  close(): void {
    for (const { lake } of this.#lakes.values()) lake.close();
    this.#inspector.close();
  }

  #open(key: string, instance: Instance, settings: ClientSettings): OpenLake {
    const { network } = settings;
    const hub = new HubTokens({ network, environment: (name) => open.settings.env[name], tokenUrl: () => open.settings.hubTokenUrl });
    const lake = new Lake({
      instance, network, version: this.#options.version, hub, inspector: this.#inspector,
      get env() { return open.settings.env; },
      secrets: { get: () => this.#questions.getSecret(key), store: (value) => this.#questions.storeSecret(key, value) },
      ask: (reason) => this.#questions.askCredentials(instance.name, instance.displayName, reason),
      chooseAccount: (accounts) => this.#questions.askAccount(instance.name, accounts),
      log: (message) => this.#log('trace', `${instance.name}: ${message}`),
    });
    lake.session.onChange((session) => this.#tell(key, session));
    const open: OpenLake = { lake, key, hub, settings };
    return open;
  }

  #lakesOf(view: View): OpenLake[] {
    return [...view.keys.values()].flatMap(({ key }) => this.#lakes.get(key) ?? []);
  }

  /** To every client whose view has this lake. */
  #tell(key: string, session: SessionInfo): void {
    for (const [client, view] of this.#views) {
      if ([...view.keys.values()].some((entry) => entry.key === key)) send(client, protocol.sessionChanged, session);
    }
  }

  /** A configuration that no client has any more: its connections and what it knows go. */
  #closeUnused(): void {
    const used = new Set([...this.#views.values()].flatMap((view) => [...view.keys.values()].map(({ key }) => key)));
    for (const [key, { lake }] of this.#lakes) {
      if (used.has(key) || this.#clients.size === 0) continue; // with nobody there they are kept for who comes next, until the service ends
      lake.close();
      this.#lakes.delete(key);
    }
  }

  #log(level: 'trace' | 'info' | 'warn' | 'error', message: string): void {
    if (level === 'warn' || level === 'error') process.stderr.write(`${new Date().toISOString()} ${level} ${message}\n`);
    for (const client of this.#clients) send(client, protocol.logged, { level, message });
  }
}

/** News for a client that is just going away are lost, and nothing with them. */
function send<P>(client: Client, type: NotificationType<P>, params: P): void {
  client.connection.sendNotification(type as NotificationType<unknown>, params).catch(() => undefined);
}
