// What all connections share: the clients and what each may do with the lakes that are open, and when it all ends.
import { setTimeout as pause } from 'node:timers/promises';
import { RemoteConfigs } from '../lake/config/remote.ts';
import { readSources } from '../lake/config/sources.ts';
import { MountInspector } from '../lake/mounts/inspector.ts';
import { startFrom } from '../lake/programs/find.ts';
import { instanceKey, resolveInstances } from '../lake/instances.ts';
import type { Lake } from '../lake/lake.ts';
import * as protocol from '../protocol.ts';
import type { ClientSettings, Configuration, Instance, ServiceStatus, Welcome } from '../protocol.ts';
import { PageAnswers } from './answers.ts';
import { Attaching } from './attaching.ts';
import { configurationOf } from './configuration.ts';
import { Lakes, type OpenLake } from './lakes.ts';
import { LockTables } from './lockTables.ts';
import { type Log, logTo, News } from './news.ts';
import { Observing } from './observing.ts';
import { Ongoing } from './ongoing.ts';
import { Programs } from './programs.ts';
import { type Client, Questions } from './questions.ts';
import { refusal } from './refusal.ts';
import { Requests } from './requests.ts';
import { type View, Views } from './views.ts';

export interface ServiceOptions {
  readonly version: string;
  readonly mode: 'detached' | 'inWindow';
  /** The folder that is ours alone; without it other programs are given nothing. */
  readonly state?: string;
  /** As in ongoing.ts. */
  readonly elsewhere?: boolean;
  /** Told when the last client has left (how long it may last, in seconds) and when one came (undefined). */
  readonly onIdle: (linger: number | undefined) => void;
  /** *Restart Service*, or another version takes over: end, once the answer has gone out. */
  readonly onShutdown: (successor?: string) => void;
}

/** ms that files under way have to come to their end before another version takes over; then they are cut, and begun again by that. */
const HAND_OVER = 10_000;
/** ms for which a greeting waits for token files: one may lie on a mount that hangs. */
const TOKEN_FILES = 500;
/** Seconds for which a service waits for its first client. */
const NOBODY_CAME = 30;

export class LakeService {
  readonly requests: Requests;
  readonly observing: Observing;
  readonly ongoing: Ongoing;
  readonly programs: Programs;
  readonly attaching: Attaching;
  readonly lockTables = new LockTables();
  readonly #options: ServiceOptions;
  readonly #clients = new Set<Client>();
  readonly #answers = new PageAnswers();
  readonly #inspector = new MountInspector();
  readonly #lakes: Lakes;
  readonly #views: Views;
  readonly #log: Log;
  readonly #remotes: RemoteConfigs;
  readonly #configuring = new Map<Client, symbol>();
  readonly #startedAt = Date.now();
  /** Of the last window, else of the last terminal. */
  #linger: number | undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
    const { state, elsewhere = false, version } = options;
    const log = this.#log = logTo(this.#clients);
    this.#remotes = new RemoteConfigs({ log: (line) => log('trace', line) });
    this.#lakes = new Lakes({
      version, state, questions: new Questions(this.#clients), answers: this.#answers, inspector: this.#inspector, log,
      onSession: (session, info) => {
        news.session(session, info);
        if (info.state === 'signedIn') this.ongoing.settleSoon();
      },
      onProblem: (session, instance, problem) => news.programProblem(session, instance, problem),
    });
    this.#views = new Views(this.#lakes);
    const news = new News(this.#clients, this.#views, log);
    this.requests = new Requests(log);
    this.observing = new Observing(this.#views, this.#lakes);
    this.ongoing = new Ongoing({ state, elsewhere, lakes: this.#lakes, news, onRest: () => this.startIdling(), log });
    this.programs = new Programs(this.#views, this.#lakes);
    this.attaching = new Attaching(state);
  }

  enter(client: Client): Promise<Welcome> {
    this.#clients.add(client);
    this.#options.onIdle(undefined);
    return this.configure(client, client.hello);
  }

  leave(client: Client): void {
    this.#clients.delete(client);
    this.#views.delete(client);
    this.#configuring.delete(client);
    this.observing.leave(client);
    this.programs.leave(client);
    this.lockTables.close(client);
    this.#closeUnused();
    if (client.hello.client === 'window' || this.#linger === undefined) this.#linger = client.hello.linger;
    this.ongoing.settle(); // what goes on keeps the service alive
    this.startIdling();
  }

  /** Also after a start to which nobody came. */
  startIdling(): void {
    if (this.#clients.size === 0 && !this.ongoing.working) this.#options.onIdle(this.#linger ?? NOBODY_CAME);
  }

  /** Reads all sources again. Until that is done, what was known before holds. */
  async configure(client: Client, settings: ClientSettings): Promise<Welcome> {
    if (settings.programs?.paths) startFrom(settings.programs.paths);
    if (settings.throttle !== undefined) this.ongoing.throttle(settings.throttle * 1e6);
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
      if (latest) this.#lakes.use(key, instance, settings);
    }
    const before = this.#views.get(client);
    const view: View = { welcome: { version: this.#options.version, pid: process.pid, instances, problems }, keys, read: { readAt: Date.now(), sources, resolved } };
    if (latest) {
      this.#views.set(client, { ...view, ...(settings.programs ? { programs: settings.programs } : before?.programs && { programs: before.programs }) });
      this.observing.follow(client, before, view);
    }
    this.#closeUnused();
    // The client knows of its instances first.
    if (latest) this.ongoing.settleSoon();
    const sessions = this.#views.lakesOf(view).map(({ lake }) => lake.session);
    await Promise.race([Promise.all(sessions.map((session) => session.signInAsBefore())), pause(TOKEN_FILES, undefined, { ref: false })]);
    return { ...view.welcome, sessions: sessions.map(({ info }) => info) };
  }

  /** @throws a refusal when this client has no such instance. */
  openOf(client: Client, instance: string): OpenLake {
    return this.#views.openOf(client, instance);
  }

  /** Signed in, for what goes on when nobody is there to be asked any more. @throws a refusal when this client has no such instance; RucioError signInNeeded. */
  async signedIn(client: Client, instance: string, signal: AbortSignal): Promise<OpenLake> {
    const open = this.openOf(client, instance);
    await open.lake.session.account(signal);
    return open;
  }

  /** The sign-ins of all instances that this client may speak of. */
  sessionsOf(client: Client): ReadonlySet<string> {
    return this.#views.sessionsOf(client);
  }

  /** @throws a refusal when no sign-in waits for it. */
  signInAnswer(query: string): void {
    if (!this.#answers.take(query)) throw refusal('A page came back that belongs to no sign-in under way here: that sign-in is over, or was begun in a window on another machine. Nothing was taken from it.', 'Sign in again, in this window.', { kind: 'badInput', actions: [] });
  }

  /** False once its settings were changed and no client has it any more. */
  isOpen(lake: Lake): boolean {
    return this.#views.isOpen(lake);
  }

  async configuration(client: Client): Promise<Configuration> {
    const view = this.#views.get(client);
    if (!view) throw refusal('The configuration is being read.', 'Try again in a moment.', { actions: ['retry'] });
    return configurationOf(view.read, (name) => {
      const open = this.#views.lakeIn(view, name);
      const signIn = this.#lakes.sessionOf(open);
      return open && signIn && { lake: open.lake, hub: signIn.hub, settings: signIn.settings };
    });
  }

  status(): ServiceStatus {
    const lakes = this.#lakes.all;
    const problems = this.#views.all.flatMap(([, view]) => view.welcome.problems);
    return {
      version: this.#options.version, pid: process.pid, startedAt: this.#startedAt, mode: this.#options.mode, node: process.version,
      clients: [...this.#clients].map(({ hello, since }) => ({ client: hello.client, label: hello.label, pid: hello.pid, version: hello.version, since })),
      instances: lakes.map(({ lake }) => ({ ...lake.instance, proxy: lake.transport.proxyInForce, certificates: lake.transport.certificatesInForce })),
      problems: problems.filter((problem, i) => problems.findIndex((other) => other.source === problem.source && other.problem === problem.problem) === i),
      sessions: lakes.map(({ lake }) => lake.session.info),
      work: [...this.requests.under(protocol.status.method), ...this.ongoing.work, ...lakes.flatMap(({ lake }) => lake.work)],
      notes: ['proxy auto-configuration (PAC) is not supported; the proxy of http.proxy is'],
    };
  }

  get version(): string {
    return this.#options.version;
  }

  /** To a newer version always; to an older one when nobody is here any more. @throws a refusal. */
  async handOver(version: string): Promise<void> {
    const mine = this.#options.version;
    const cameAndWent = this.#clients.size === 0 && this.#linger !== undefined;
    if (protocol.versionOrder(version, mine) <= 0 && !cameAndWent) {
      throw refusal(`A newer version of this extension (${mine}; here ${version}) runs the lake service of this machine.`, 'Reload the window, so that the newer version runs here, too. In a terminal: open a new one.', { actions: ['reload', 'showLog'] });
    }
    this.#log('info', `the lake service ${mine} hands over to ${version}`);
    await this.ongoing.rest(HAND_OVER);
    setTimeout(() => this.#options.onShutdown(version), 50);
  }

  /** @throws a refusal while others use the service, unless that is known: `used`. */
  shutdown(who: Client, used = false): void {
    const others = [...this.#clients].filter((client) => client !== who);
    if (others.length > 0 && !used) throw refusal(`The lake service is in use by ${others.map(({ hello }) => hello.label).join(', ')}.`, 'Close them first.', { kind: 'refused', actions: [] });
    setTimeout(() => this.#options.onShutdown(), 50); // when the answer has gone out
  }

  /** Resolves when all that is under way is at rest in the journal. */
  async close(): Promise<void> {
    await this.ongoing.close();
    this.#lakes.close();
    this.#inspector.close();
  }

  #closeUnused(): void {
    // Whose configuration is still being read may have the same: nobody shall sign in again for want of a moment.
    if ([...this.#clients].some((client) => !this.#views.get(client))) return;
    const used = new Set(this.#views.all.flatMap(([, view]) => [...view.keys.values()].map(({ key }) => key)));
    // With nobody there they are kept for who comes next, until the service ends.
    this.#lakes.closeUnless(({ key, session }) => used.has(key) || this.#clients.size === 0 || this.ongoing.uses(session));
    this.programs.settle();
  }
}
