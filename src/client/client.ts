// The window's and the command line's end of the lake service: starts it on the first request, says hello, keeps the
// connection, connects again when the service died, and hands over its questions and news.
import { randomBytes } from 'node:crypto';
import { CancellationTokenSource, ConnectionError, ErrorCodes, type MessageConnection, type NotificationType, type ProgressType, type RequestType, ResponseError } from 'vscode-jsonrpc/node';
import * as protocol from '../protocol.ts';

/** A request that failed, in words (see {@link protocol.Failure}). */
export class ServiceFailure extends Error {
  override readonly name = 'ServiceFailure';
  readonly failure: protocol.Failure;

  constructor(failure: protocol.Failure) {
    super(failure.what);
    this.failure = failure;
  }
}

/** A way to a running service, or to one of this version that is started; rejects with a {@link ServiceFailure} of kind `service` when there is none to be had. */
export type Connect = (signal: AbortSignal, version: string) => Promise<{
  readonly connection: MessageConnection;
  readonly key: string;
  /** Of a service that ends with its connection: when it has. */
  readonly ended?: Promise<void>;
}>;

/** What this client can do for the service. A terminal without a keyboard answers null to every question. */
export interface ClientHandlers {
  getSecret(key: string): Promise<string | null>;
  storeSecret(key: string, value: string | null): Promise<void>;
  askCredentials(question: { instance: string; displayName: string; reason: string; methods: readonly protocol.Credentials['method'][] }): Promise<protocol.Credentials | null>;
  askAccount(question: { instance: string; accounts: readonly string[] }): Promise<string | null>;
  /** False = given up. Ends when `signal` says so, too. */
  openUrl(page: { instance: string; displayName: string; url: string; host: string; userCode?: string }, signal: AbortSignal): Promise<boolean>;
  /** null where a browser can't come back to this client. */
  redirectAddress(): Promise<string | null>;
  askPassphrase(question: { instance: string; displayName: string; file: string; problem?: string }): Promise<string | null>;
}

export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'failed';

export interface ServiceClientOptions {
  readonly connect: Connect;
  readonly handlers: ClientHandlers;
  /** Read anew at every connection, so that changed settings hold. */
  readonly hello: () => Omit<protocol.Hello, 'proof'>;
  /** How long a service may take to answer a greeting; ms. */
  readonly patience?: number;
  /** How long one of another version may take until it has made room; ms. */
  readonly handOver?: number;
  readonly onState?: (state: ConnectionState) => void;
}

interface Disposable { dispose(): void }
type Listener = { readonly type: NotificationType<never>; readonly handler: (params: never) => void };

/** How often a service is greeted that ends while it is greeted. */
const GREETINGS = 5;
/** How many services a stream may outlive, so that one that dies of our request is not started for ever. */
const LIVES = 20;

/**
 * Requests that only read are asked again, once, when the service dies under them; `stream` tells its caller by
 * `onRestart` to forget the rows so far. Requests that write are never repeated: their failure says what is unknown.
 */
export const WRITES: ReadonlySet<string> = new Set([
  protocol.makeAvailable, protocol.createRules, protocol.actOnRule, protocol.claimEnd, protocol.upload, protocol.download, protocol.actOnTransfer, protocol.claimTransferEnd, protocol.actOnScratch, protocol.sweepScratch, protocol.signIn, protocol.signInAnswer, protocol.signOut, protocol.shutdown,
].map(({ method }) => method));

export class ServiceClient {
  readonly #options: ServiceClientOptions;
  readonly #listeners = new Set<Listener>();
  readonly #abort = new AbortController();
  #opening: Promise<MessageConnection> | undefined;
  #current: MessageConnection | undefined;
  #ended: Promise<void> | undefined;
  #welcome: protocol.Welcome | undefined;
  #state: ConnectionState = 'idle';
  #streams = 0;

  constructor(options: ServiceClientOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The service's last answer to hello or configure; undefined before the first connection. */
  get lastWelcome(): protocol.Welcome | undefined {
    return this.#welcome;
  }

  /** Connects (starting the service where needed) and gives its answer to hello. */
  async welcome(): Promise<protocol.Welcome> {
    await this.#connected();
    if (!this.#welcome) throw new ServiceFailure(lost('The lake service ended while it was being greeted.'));
    return this.#welcome;
  }

  /** Tells a running service that the settings changed; does not start one. */
  async reconfigure(): Promise<protocol.Welcome | undefined> {
    if (!this.#opening) return undefined;
    const { instances, network, env, hubTokenUrl, throttle, programs } = this.#options.hello();
    this.#welcome = await this.request(protocol.configure, { instances, network, env, ...(hubTokenUrl !== undefined && { hubTokenUrl }), ...(throttle !== undefined && { throttle }), ...(programs && { programs }) });
    return this.#welcome;
  }

  /** @throws ServiceFailure; a cancelled request fails with kind `cancelled`. */
  async request<P, R>(type: RequestType<P, R, protocol.Failure>, params: P, signal?: AbortSignal): Promise<R> {
    return this.#send(type, params, signal, () => undefined, { left: 1 });
  }

  /**
   * A request whose partial results come as they arrive. `params` is made anew for each try with the token of the stream.
   * @throws ServiceFailure
   */
  async stream<P, T, R>(type: RequestType<P, R, protocol.Failure>, partial: ProgressType<T>, params: (token: string) => P,
    onItems: (items: T) => void, options: { readonly signal?: AbortSignal; readonly onRestart?: () => void } = {}): Promise<R> {
    const token = `${process.pid}.${++this.#streams}`;
    // A long one (a rule is followed for hours) may outlive more than one service, as long as each brought something.
    const tries = { left: 1 };
    let lives = LIVES;
    return this.#send(type, params(token), options.signal, (connection) => connection.onProgress(partial, token, (items) => {
      if (tries.left === 0 && lives-- > 0) tries.left = 1;
      onItems(items);
    }), tries, options.onRestart);
  }

  /** Sent only when there is a connection, or makes one. */
  async notify<P>(type: NotificationType<P>, params: P): Promise<void> {
    const connection = await this.#connected();
    await connection.sendNotification(type as NotificationType<unknown>, params);
  }

  on<P>(type: NotificationType<P>, handler: (params: P) => void): Disposable {
    const listener = { type, handler } as unknown as Listener;
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** Resolves when what ends with this client has ended. */
  async dispose(): Promise<void> {
    this.#abort.abort();
    // A connection that never came to be needs no ending.
    const connection = await this.#opening?.catch(() => undefined);
    connection?.end();
    connection?.dispose();
    await this.#ended;
  }

  async #send<P, R>(type: RequestType<P, R, protocol.Failure>, params: P, signal: AbortSignal | undefined,
    before: (connection: MessageConnection) => Disposable | undefined, tries: { left: number }, onRestart?: () => void): Promise<R> {
    if (signal?.aborted) throw new ServiceFailure(cancelled);
    const connection = await untilAborted(this.#connected(), signal);
    const subscription = before(connection);
    const source = new CancellationTokenSource();
    const cancel = () => source.cancel();
    signal?.addEventListener('abort', cancel);
    // A dead connection answers nothing by itself: the requests under way on it end here.
    let died: Disposable | undefined;
    const closed = new Promise<never>((_, reject) => { died = connection.onClose(() => reject(new ConnectionLost())); });
    try {
      return await Promise.race([connection.sendRequest(type as RequestType<unknown, R, protocol.Failure>, params, source.token), closed]);
    } catch (error) {
      if (signal?.aborted) throw new ServiceFailure(cancelled);
      if (error instanceof ResponseError && error.code === protocol.FAILURE_CODE && error.data) throw new ServiceFailure(error.data as protocol.Failure);
      if (this.#abort.signal.aborted) throw new ServiceFailure(cancelled);
      if (!isLoss(error)) throw new ServiceFailure(bug(error instanceof Error ? error.message : String(error)));
      this.#closed(connection); // it may have been gone before anyone listened
      if (tries.left > 0 && !WRITES.has(type.method)) {
        tries.left--;
        onRestart?.();
        return await this.#send(type, params, signal, before, tries, onRestart);
      }
      throw new ServiceFailure(lost(`The lake service ended during “${type.method}”.`));
    } finally {
      subscription?.dispose();
      died?.dispose();
      signal?.removeEventListener('abort', cancel);
    }
  }

  #connected(): Promise<MessageConnection> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      this.#setState('failed');
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<MessageConnection> {
    this.#setState(this.#welcome ? 'reconnecting' : 'connecting');
    for (let triesLeft = GREETINGS; ; triesLeft--) {
      const { connection, key, ended } = await this.#options.connect(this.#abort.signal, this.#options.hello().version);
      this.#ended = ended;
      this.#listen(connection);
      try {
        this.#welcome = await this.#greet(connection, key);
        this.#current = connection;
        connection.onClose(() => this.#closed(connection));
        this.#setState('connected');
        return connection;
      } catch (error) {
        connection.end();
        connection.dispose();
        if (error instanceof ServiceFailure) throw error;
        if (error instanceof ResponseError && error.data) throw new ServiceFailure(error.data as protocol.Failure);
        // A service that is just dying may still take a connection; the next one is started or found in a moment.
        if (triesLeft <= 1 || !isLoss(error)) throw new ServiceFailure(lost('The lake service did not answer the greeting.'));
        await new Promise((resolve) => { setTimeout(resolve, 100); });
      }
    }
  }

  /** Nothing of ours is said before the other end has proved that it is our service. */
  async #greet(connection: MessageConnection, key: string): Promise<protocol.Welcome> {
    const patience = this.#options.patience ?? 10_000;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new ServiceFailure(lost(`The lake service does not answer (waited ${patience / 1000} s).`))), patience);
    });
    try {
      const nonce = randomBytes(32).toString('hex');
      const theirs = await Promise.race([connection.sendRequest(protocol.greet, { nonce }), late]);
      if (theirs.proof !== protocol.proof(key, 'service', nonce)) throw new ServiceFailure(lost('What answers at the address of the lake service is not ours: it does not know the key. Nothing was sent to it.'));
      const hello = { ...this.#options.hello(), proof: protocol.proof(key, 'client', theirs.nonce) };
      if (protocol.versionOrder(theirs.version, hello.version) !== 0) {
        clearTimeout(timer);
        await this.#takeOver(connection, hello);
      }
      return await Promise.race([connection.sendRequest(protocol.hello, hello), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Rejects with {@link ConnectionLost} when the other version's service has ended: ours can be started. @throws ServiceFailure when it stays. */
  async #takeOver(connection: MessageConnection, { proof, version }: { readonly proof: string; readonly version: string }): Promise<never> {
    const patience = this.#options.handOver ?? 30_000;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new ServiceFailure(lost(`The lake service of another version did not make room for this one (waited ${patience / 1000} s).`))), patience);
        connection.onClose(() => reject(new ConnectionLost()));
        connection.sendRequest(protocol.handOver, { proof, version }).catch(reject); // answered well, it ends in a moment
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Its questions and its news. */
  #listen(connection: MessageConnection): void {
    const { handlers } = this.#options;
    connection.onRequest(protocol.getSecret, ({ key }) => handlers.getSecret(key));
    connection.onRequest(protocol.storeSecret, ({ key, value }) => handlers.storeSecret(key, value));
    connection.onRequest(protocol.askCredentials, (question) => handlers.askCredentials(question));
    connection.onRequest(protocol.askAccount, (question) => handlers.askAccount(question));
    connection.onRequest(protocol.openUrl, (page, token) => {
      const over = new AbortController();
      token.onCancellationRequested(() => over.abort());
      connection.onClose(() => over.abort());
      return handlers.openUrl(page, over.signal);
    });
    connection.onRequest(protocol.askRedirect, () => handlers.redirectAddress());
    connection.onRequest(protocol.askPassphrase, (question) => handlers.askPassphrase(question));
    // All of them: a list of kinds would be forgotten when one is added.
    connection.onNotification((method, params) => {
      for (const listener of this.#listeners) if (listener.type.method === method) (listener.handler as (params: unknown) => void)(params);
    });
    // A connection that is lost rejects what waits on it only when it is disposed of.
    connection.onClose(() => connection.dispose());
    connection.onError(() => connection.end());
    connection.listen();
  }

  /** With nobody asking, a service that ended when idle is no news: the next request starts it again. */
  #closed(connection: MessageConnection): void {
    if (this.#current !== connection) return;
    this.#current = undefined;
    this.#opening = undefined;
    this.#setState('idle');
  }

  #setState(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }
}

class ConnectionLost extends Error {}

/** The connecting goes on for others who wait for it. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new ServiceFailure(cancelled));
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Whether the service is gone; anything else (an answer that is no failure of ours, a request that can't be written) is a bug. */
function isLoss(error: unknown): boolean {
  return error instanceof ConnectionLost || error instanceof ConnectionError
    || (error instanceof ResponseError && (error.code === ErrorCodes.PendingResponseRejected || error.code === ErrorCodes.MessageWriteError));
}

const cancelled: protocol.Failure = { kind: 'cancelled', what: 'Cancelled.', next: '', actions: [] };
const lost = (what: string): protocol.Failure => ({ kind: 'service', what, next: 'Try again; the log says more.', actions: ['retry', 'showLog'] });
const bug = (what: string): protocol.Failure => ({ kind: 'bug', what, next: 'Show the log and report it.', actions: ['showLog'] });
