// What all connections share: the clients and what each may do with the lakes that are open, the work under way, and when it all ends.
import { ResponseError } from 'vscode-jsonrpc/node';
import { explain, withoutSecrets } from '../lake/advice.ts';
import { RemoteConfigs } from '../lake/config/remote.ts';
import { readSources } from '../lake/config/sources.ts';
import { MountInspector } from '../lake/mounts/inspector.ts';
import { instanceKey, resolveInstances } from '../lake/instances.ts';
import type { Lake } from '../lake/lake.ts';
import type { ProgramKeeper } from '../lake/programs/keeper.ts';
import type { ScratchLake } from '../lake/scratch/plan.ts';
import type { TransferLake } from '../lake/transfers/engine.ts';
import type { Tell } from '../lake/availability/watcher.ts';
import * as protocol from '../protocol.ts';
import type { ClientSettings, Configuration, DID, DIDType, Failure, Instance, ProgramEnvironment, ServiceStatus, SessionInfo, Watch, Welcome } from '../protocol.ts';
import { PageAnswers } from './answers.ts';
import { Attaching } from './attaching.ts';
import { configurationOf } from './configuration.ts';
import { Lakes, scratchLake, transferLake } from './lakes.ts';
import { LockTables } from './lockTables.ts';
import { logTo, News, send } from './news.ts';
import { Programs } from './programs.ts';
import { caller, type Client, Questions } from './questions.ts';
import { refusal } from './refusal.ts';
import { Scratching } from './scratching.ts';
import { Transferring } from './transferring.ts';
import { type View, Views } from './views.ts';
import { Watching } from './watching.ts';

export interface ServiceOptions {
  readonly version: string;
  readonly mode: 'detached' | 'inWindow';
  /** The folder that is ours alone; without it other programs are given nothing. */
  readonly state?: string;
  /** Told when the last client has left (how long it may last, in seconds) and when one came (undefined). */
  readonly onIdle: (linger: number | undefined) => void;
  /** *Restart Service*, or another version takes over: end, once the answer has gone out. */
  readonly onShutdown: (successor?: string) => void;
}

type TypedDID = DID & { readonly type: DIDType };

/** ms that files under way have to come to their end before another version takes over; then they are cut, and begun again by that. */
const HAND_OVER = 10_000;
/** ms after which what was begun before goes on. */
const FIRST_ANSWER = 300;
/** Seconds for which a service waits for its first client. */
const NOBODY_CAME = 30;

export class LakeService {
  readonly #options: ServiceOptions;
  readonly #clients = new Set<Client>();
  readonly #answers = new PageAnswers();
  readonly #inspector = new MountInspector();
  readonly #lakes: Lakes;
  readonly #views: Views;
  readonly #news: News;
  readonly #log = logTo(this.#clients);
  readonly #remotes = new RemoteConfigs();
  readonly #configuring = new Map<Client, symbol>();
  #requests = 0;
  #settling: NodeJS.Timeout | undefined;
  readonly #work = new Map<symbol, string>();
  /** What each client shows of each instance: told again to the lake that takes the place of one whose settings changed. */
  readonly #shown = new Map<Client, Map<string, readonly TypedDID[]>>();
  readonly #programs = new Programs();
  readonly #startedAt = Date.now();
  /** Of the last window, else of the last terminal. */
  #linger: number | undefined;

  readonly #watching: Watching;
  readonly #transferring: Transferring;
  readonly #scratching: Scratching;
  readonly attaching: Attaching;
  readonly lockTables = new LockTables();

  constructor(options: ServiceOptions) {
    this.#options = options;
    const { state } = options;
    const log = (message: string): void => this.#log('info', message);
    this.#lakes = new Lakes({
      version: options.version, state, questions: new Questions(this.#clients), answers: this.#answers, inspector: this.#inspector, log: this.#log,
      onSession: (session, info) => {
        this.#news.session(session, info);
        if (info.state === 'signedIn') this.#settleSoon();
      },
      onProblem: (session, instance, problem) => this.#news.programProblem(session, instance, problem),
    });
    this.#views = new Views(this.#lakes);
    this.#news = new News(this.#clients, this.#views, this.#log);
    this.#transferring = new Transferring({ state, tell: (session, id, transfer) => this.#news.transfer(session, id, transfer), onRest: () => this.startIdling(), log });
    this.#scratching = new Scratching({ state, tell: (session) => this.#news.scratch(session), onRest: () => this.startIdling(), log });
    this.attaching = new Attaching(state);
    this.#watching = new Watching({ state, tell: (session, watch) => this.#news.watchEnded(session, watch), log });
  }

  /** With all that was begun before, also when that is asked for at once. */
  get transferring(): Transferring {
    this.#settleIfDue();
    return this.#transferring;
  }

  /** As {@link transferring}. */
  get scratching(): Scratching {
    this.#settleIfDue();
    return this.#scratching;
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
    for (const { lake } of this.#lakes.all) lake.observe(client, [], () => undefined);
    this.#closeUnused();
    if (client.hello.client === 'window' || this.#linger === undefined) this.#linger = client.hello.linger;
    this.#settleIfDue(); // what goes on keeps the service alive
    this.startIdling();
  }

  /** Also after a start to which nobody came. */
  startIdling(): void {
    if (this.#clients.size === 0 && !this.#transferring.working && !this.#scratching.working) this.#options.onIdle(this.#linger ?? NOBODY_CAME);
  }

  /** Reads all sources again. Until that is done, what was known before holds. */
  async configure(client: Client, settings: ClientSettings): Promise<Welcome> {
    if (settings.throttle !== undefined) this.#transferring.throttle(settings.throttle * 1e6);
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
      this.#showAgain(client, before, view);
    }
    this.#closeUnused();
    // The client knows of its instances first.
    if (latest) this.#settleSoon();
    return { ...view.welcome, sessions: this.#views.lakesOf(view).map(({ lake }) => lake.session.info) };
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
    return this.#views.openOf(client, instance).lake;
  }

  /** @throws a refusal when this client has no such instance. */
  async transferLakeOf(client: Client, instance: string, signal: AbortSignal): Promise<TransferLake> {
    const open = this.#views.openOf(client, instance);
    await open.lake.session.account(signal); // somebody is there to be asked now, and later not
    return transferLake(open);
  }

  /** @throws a refusal when this client has no such instance. */
  async scratchLakeOf(client: Client, instance: string, signal: AbortSignal): Promise<{ readonly lake: ScratchLake; readonly session: SessionInfo }> {
    const open = this.#views.openOf(client, instance);
    await open.lake.session.account(signal); // as for transfers
    return { lake: scratchLake(open), session: open.lake.session.info };
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
    return this.#lakes.sessionOf(this.#views.lakeIn(view, wanted))?.keeper;
  }

  #settlePrograms(): void {
    const clients = new Map(this.#views.all.map(([client, { programs }]) => [client, { choice: programs, keeperOf: (instance: string) => this.#keeperOf(client, instance) }]));
    this.#programs.settle(clients, this.#lakes.keepers);
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
    const { session, lake } = this.#views.openOf(client, instance);
    return this.#watching.add(session, lake, id, signal);
  }

  watchDid(client: Client, instance: string, did: DID, signal: AbortSignal): Promise<Watch> {
    const { session, lake } = this.#views.openOf(client, instance);
    return this.#watching.addDid(session, lake, did, signal);
  }

  unwatch(client: Client, instance: string, id: string): void {
    this.#watching.remove(this.#views.openOf(client, instance).session, id);
  }

  claimEnd(client: Client, instance: string, id: string, ended: number): boolean {
    return this.#watching.claim(this.#views.openOf(client, instance).session, id, ended);
  }

  watches(client: Client, instance: string): readonly Watch[] {
    return this.#watching.list(this.#views.openOf(client, instance).session);
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
    this.#settleIfDue();
    const lakes = this.#lakes.all;
    const problems = this.#views.all.flatMap(([, view]) => view.welcome.problems);
    return {
      version: this.#options.version, pid: process.pid, startedAt: this.#startedAt, mode: this.#options.mode, node: process.version,
      clients: [...this.#clients].map(({ hello, since }) => ({ client: hello.client, label: hello.label, pid: hello.pid, version: hello.version, since })),
      instances: lakes.map(({ lake }) => ({ ...lake.instance, proxy: lake.transport.proxyInForce, certificates: lake.transport.certificatesInForce })),
      problems: problems.filter((problem, i) => problems.findIndex((other) => other.source === problem.source && other.problem === problem.problem) === i),
      sessions: lakes.map(({ lake }) => lake.session.info),
      work: [...[...this.#work.values()].filter((work) => work !== protocol.status.method), ...this.#transferring.work, ...this.#scratching.work, ...lakes.flatMap(({ lake }) => lake.work)],
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
    await this.#transferring.rest(HAND_OVER);
    setTimeout(() => this.#options.onShutdown(version), 50);
  }

  /** @throws a refusal while others use the service, unless that is known: `used`. */
  shutdown(who: Client, used = false): void {
    const others = [...this.#clients].filter((client) => client !== who);
    if (others.length > 0 && !used) throw refusal(`The lake service is in use by ${others.map(({ hello }) => hello.label).join(', ')}.`, 'Close them first.', { kind: 'refused', actions: [] });
    setTimeout(() => this.#options.onShutdown(), 50); // when the answer has gone out
  }

  logFailure(name: string, failure: Failure, error: unknown): void {
    if (failure.kind === 'cancelled') return;
    this.#log('warn', `${name}: ${failure.what}${failure.request ? ` [${failure.request}]` : ''}`);
    if (failure.kind === 'bug' && error instanceof Error) this.#log('error', error.stack ?? error.message);
  }

  /** Resolves when all that is under way is at rest in the journal. */
  async close(): Promise<void> {
    clearTimeout(this.#settling);
    this.#watching.close();
    await Promise.all([this.#transferring.close(), this.#scratching.close()]);
    this.#lakes.close();
    this.#inspector.close();
  }

  /** Once what was asked first is answered: opening the journals takes as long as that answer, and somebody waits for it. */
  #settleSoon(): void {
    this.#settling ??= setTimeout(() => this.#settle(), FIRST_ANSWER);
  }

  #settleIfDue(): void {
    if (this.#settling) this.#settle();
  }

  /** What was begun before, by this service or one before it, goes on with the lakes that are open now. */
  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = undefined;
    const attempt = (what: string, work: () => void): void => {
      try {
        work();
      } catch (error) {
        this.#log('warn', `${what} can't be read: ${withoutSecrets(error instanceof Error ? error.message : String(error))}`);
      }
    };
    attempt('watches', () => this.#watching.settle(this.#lakes.all));
    attempt('transfers', () => this.#transferring.settle(this.#lakes.all.map(transferLake)));
    attempt('uploads from scratch', () => this.#scratching.settle(this.#lakes.all.map(scratchLake)));
  }

  #closeUnused(): void {
    // Whose configuration is still being read may have the same: nobody shall sign in again for want of a moment.
    if ([...this.#clients].some((client) => !this.#views.get(client))) return;
    const used = new Set(this.#views.all.flatMap(([, view]) => [...view.keys.values()].map(({ key }) => key)));
    // With nobody there they are kept for who comes next, until the service ends.
    this.#lakes.closeUnless(({ key, session }) => used.has(key) || this.#clients.size === 0 || this.#transferring.uses(session) || this.#scratching.uses(session));
    this.#settlePrograms();
  }
}
