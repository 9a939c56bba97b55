// The window's and the command line's end of the lake service: starts it on the first request, says hello, keeps the
// connection, connects again when the service died, and hands over its questions and news.
import { CancellationTokenSource, ErrorCodes, type MessageConnection, type NotificationType, type ProgressType, type RequestType, ResponseError } from 'vscode-jsonrpc/node';
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

/** A way to a running service; rejects with a {@link ServiceFailure} of kind `service` when there is none to be had. */
export type Connect = (signal: AbortSignal) => Promise<{ readonly connection: MessageConnection; readonly key: string }>;

/** What this client can do for the service. A terminal without a keyboard answers null to every question. */
export interface ClientHandlers {
  getSecret(key: string): Promise<string | null>;
  storeSecret(key: string, value: string | null): Promise<void>;
  askCredentials(question: { instance: string; displayName: string; reason: string }): Promise<protocol.Credentials | null>;
  askAccount(question: { instance: string; accounts: readonly string[] }): Promise<string | null>;
}

export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'failed';

export interface ServiceClientOptions {
  readonly connect: Connect;
  readonly handlers: ClientHandlers;
  /** Read anew at every connection, so that changed settings hold. */
  readonly hello: () => Omit<protocol.Hello, 'key'>;
  readonly onState?: (state: ConnectionState) => void;
}

interface Disposable { dispose(): void }
type Listener = { readonly type: NotificationType<never>; readonly handler: (params: never) => void };

/**
 * Requests that only read are asked again, once, when the service dies under them; `stream` tells its caller by
 * `onRestart` to forget the rows so far. Requests that write are never repeated: their failure says what is unknown.
 */
const WRITES = new Set<string>([protocol.makeAvailable.method, protocol.signIn.method, protocol.signOut.method, protocol.shutdown.method]);

export class ServiceClient {
  readonly #options: ServiceClientOptions;
  readonly #listeners = new Set<Listener>();
  readonly #abort = new AbortController();
  #opening: Promise<MessageConnection> | undefined;
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
    const { instances, network, env, hubTokenUrl } = this.#options.hello();
    this.#welcome = await this.request(protocol.configure, { instances, network, env, ...(hubTokenUrl !== undefined && { hubTokenUrl }) });
    return this.#welcome;
  }

  /** @throws ServiceFailure; a cancelled request fails with kind `cancelled`. */
  async request<P, R>(type: RequestType<P, R, protocol.Failure>, params: P, signal?: AbortSignal): Promise<R> {
    return this.#send(type, params, signal, () => undefined, 1);
  }

  /**
   * A request whose partial results come as they arrive. `params` is made anew for each try with the token of the stream.
   * @throws ServiceFailure
   */
  async stream<P, T, R>(type: RequestType<P, R, protocol.Failure>, partial: ProgressType<T>, params: (token: string) => P,
    onItems: (items: T) => void, options: { readonly signal?: AbortSignal; readonly onRestart?: () => void } = {}): Promise<R> {
    const token = `${process.pid}.${++this.#streams}`;
    return this.#send(type, params(token), options.signal, (connection) => connection.onProgress(partial, token, onItems), 1, options.onRestart);
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

  dispose(): void {
    this.#abort.abort();
    // A connection that never came to be needs no ending.
    void this.#opening?.then((connection) => { connection.end(); connection.dispose(); }, () => undefined);
  }

  async #send<P, R>(type: RequestType<P, R, protocol.Failure>, params: P, signal: AbortSignal | undefined,
    before: (connection: MessageConnection) => Disposable | undefined, triesLeft: number, onRestart?: () => void): Promise<R> {
    if (signal?.aborted) throw new ServiceFailure(cancelled);
    const connection = await this.#connected();
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
      if (error instanceof ResponseError && error.code !== ErrorCodes.PendingResponseRejected) throw new ServiceFailure(bug(error.message));
      if (this.#abort.signal.aborted) throw new ServiceFailure(cancelled);
      if (triesLeft > 0 && !WRITES.has(type.method)) {
        onRestart?.();
        return await this.#send(type, params, signal, before, triesLeft - 1, onRestart);
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
    const { connection, key } = await this.#options.connect(this.#abort.signal);
    const { handlers } = this.#options;
    connection.onRequest(protocol.getSecret, ({ key: secret }) => handlers.getSecret(secret));
    connection.onRequest(protocol.storeSecret, ({ key: secret, value }) => handlers.storeSecret(secret, value));
    connection.onRequest(protocol.askCredentials, (question) => handlers.askCredentials(question));
    connection.onRequest(protocol.askAccount, (question) => handlers.askAccount(question));
    for (const type of [protocol.sessionChanged, protocol.availabilityChanged, protocol.logged] as unknown as NotificationType<unknown>[]) {
      connection.onNotification(type, (params: unknown) => {
        for (const listener of this.#listeners) if (listener.type.method === type.method) (listener.handler as (params: unknown) => void)(params);
      });
    }
    connection.onClose(() => {
      this.#opening = undefined;
      connection.dispose();
      // With nobody asking, a service that ended when idle is no news: the next request starts it again.
      this.#setState('idle');
    });
    connection.onError(() => connection.end());
    connection.listen();
    const greeting = connection.sendRequest(protocol.hello, { ...this.#options.hello(), key });
    try {
      this.#welcome = await greeting;
    } catch (error) {
      connection.end();
      connection.dispose();
      if (error instanceof ResponseError && error.data) throw new ServiceFailure(error.data as protocol.Failure);
      throw new ServiceFailure(lost('The lake service did not answer the greeting.'));
    }
    this.#setState('connected');
    return connection;
  }

  #setState(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }
}

class ConnectionLost extends Error {}

const cancelled: protocol.Failure = { kind: 'cancelled', what: 'Cancelled.', next: '', actions: [] };
const lost = (what: string): protocol.Failure => ({ kind: 'service', what, next: 'Try again; the log says more.', actions: ['retry', 'showLog'] });
const bug = (what: string): protocol.Failure => ({ kind: 'bug', what, next: 'Show the log and report it.', actions: ['showLog'] });
