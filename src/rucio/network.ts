// The way to one server: sockets kept alive, through a proxy or not, with the certificates that are to be trusted.
// The tunnel is made here and not by https-proxy-agent: that one drops the agent's CA on its way to the server and has no deadline.
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import type { Duplex } from 'node:stream';
import { contextFor, type Trust } from './authorities.ts';
import { bypassable } from './bypass.ts';
import { RucioError } from './errors.ts';
import { connectionFailure, deadlinePassed, ownFailure } from './failures.ts';

/** As the editor's `http.*` settings have it. */
export interface NetworkOptions {
  /** `http.proxy`: http:// or https://, with or without `user:password@`. */
  proxy?: string;
  /** Hosts that are asked directly; see {@link bypasses}. */
  noProxy?: readonly string[];
  /** Default true. False: certificates are not checked on the way through the proxy (some proxies open TLS); without a proxy it has no effect. */
  proxyStrictSSL?: boolean;
  /** Default true: the system's certificates beside those that come with Node. */
  systemCertificates?: boolean;
}

/** Connections to the server at one time, of calls and of streams: two pools, so that open listings can't keep a small call waiting. */
const CALLS = 8;
const STREAMS = 12;

type OnSocket = (error: Error | null, socket: Duplex) => void;

export class Network {
  /** "none" or "http://host:port"; never the password. */
  readonly proxyInForce: string;
  /** A sentence's part: "system and Node's", "/path/ca.pem". */
  readonly certificatesInForce: string;
  /** For calls that are read at once; for listings that are read while someone looks; and a new connection for each call, none kept. */
  readonly calls: http.Agent;
  readonly streams: http.Agent;
  readonly fresh: http.Agent;
  readonly #trust: Trust;
  readonly #files: boolean;
  readonly #secure: boolean;
  readonly #system: boolean;
  readonly #problem: RucioError | undefined;
  readonly #secureProxy: boolean;
  #context: tls.SecureContext | undefined;
  #proxyContext: tls.SecureContext | undefined;

  /** Never throws: what is wrong with the settings is raised by {@link ready}. `connectTimeout` in ms; `files`: they come by `streams`, and large ones may go past Node's parser (bypass.ts). */
  constructor(base: URL | undefined, options: NetworkOptions, trust: Trust, connectTimeout: number, { files = false }: { readonly files?: boolean } = {}) {
    const { proxy, problem } = base && options.proxy && !isLocal(base) && !bypasses(base, options.noProxy ?? []) ? parseProxy(options.proxy) : {};
    this.#problem = problem;
    this.#trust = trust;
    this.#files = files;
    this.#secure = base?.protocol === 'https:';
    this.#secureProxy = proxy?.protocol === 'https:';
    this.#system = options.systemCertificates ?? true;
    const unchecked = proxy !== undefined && options.proxyStrictSSL === false;
    this.proxyInForce = problem ? 'not usable' : proxy ? proxy.origin : 'none';
    const usual = this.#system && 'getCACertificates' in tls ? 'system and Node\'s' : 'Node\'s';
    this.certificatesInForce = unchecked ? 'not checked (http.proxyStrictSSL is off, and a proxy is in force)' : trust.ca === undefined ? usual : trust.beside ? `${trust.ca}, beside ${usual}` : trust.ca;
    const connect: ConnectOptions = {
      timeout: connectTimeout,
      proxy,
      tls: () => ({ secureContext: this.#context, rejectUnauthorized: !unchecked }),
      proxyTls: () => ({ secureContext: this.#proxyContext, rejectUnauthorized: !unchecked }),
    };
    const agent = (options: http.AgentOptions, files = false): http.Agent => {
      // On a slow line the standard 250 ms for each of a host's addresses can be too short for all of them.
      const all = { ...options, scheduling: 'lifo', autoSelectFamilyAttemptTimeout: 1000 } as const;
      if (this.#secure) return new SecureAgent(all, { ...connect, files });
      return proxy ? new ForwardAgent(all, connect, proxy) : new PlainAgent(all, { ...connect, files });
    };
    this.calls = agent({ keepAlive: true, maxSockets: CALLS });
    this.streams = agent({ keepAlive: true, maxSockets: STREAMS, maxFreeSockets: files ? STREAMS : 2 }, files);
    this.fresh = agent({ keepAlive: false });
  }

  /** To be awaited before each use. Reads the authorities, once they can be read. Throws RucioError configuration. */
  async ready(): Promise<void> {
    if (this.#problem) throw this.#problem;
    if (this.#secure) this.#context ??= await contextFor(this.#trust, this.#system, this.#files);
    if (this.#secureProxy) this.#proxyContext ??= await contextFor({}, this.#system);
  }

  close(): void {
    for (const agent of [this.calls, this.streams, this.fresh]) agent.destroy();
  }
}

interface ConnectOptions {
  readonly timeout: number;
  readonly files?: boolean;
  readonly proxy: URL | undefined;
  readonly tls: () => tls.ConnectionOptions;
  readonly proxyTls: () => tls.ConnectionOptions;
}

class PlainAgent extends http.Agent {
  readonly #connect: ConnectOptions;
  constructor(options: http.AgentOptions, connect: ConnectOptions) {
    super(options);
    this.#connect = connect;
  }
  override createConnection(options: http.ClientRequestArgs, callback?: OnSocket): Duplex | null | undefined {
    const { timeout, files } = this.#connect;
    return withDeadline(files ? bypassable(options, (some) => super.createConnection(some, callback)) : super.createConnection(options, callback), 'connect', timeout);
  }
}

/** https, directly or through a tunnel. */
class SecureAgent extends https.Agent {
  readonly #connect: ConnectOptions;
  constructor(options: http.AgentOptions, connect: ConnectOptions) {
    super(options);
    this.#connect = connect;
  }
  override createConnection(options: https.RequestOptions, callback?: OnSocket): Duplex | null | undefined {
    const secured = { ...options, ...this.#connect.tls() };
    const { timeout, files } = this.#connect;
    if (!this.#connect.proxy) return withDeadline(files ? bypassable(secured, (some) => super.createConnection(some)) : super.createConnection(secured), 'secureConnect', timeout);
    tunnel(this.#connect.proxy, `${options.host?.includes(':') ? `[${options.host}]` : options.host}:${options.port ?? 443}`, this.#connect).then(
      (socket) => {
        const through = { ...secured, socket };
        const secure = withDeadline(super.createConnection(through), 'secureConnect', this.#connect.timeout);
        if (secure) callback?.(null, secure);
      },
      // The callback's type wants a socket where there is none.
      (error: Error) => (callback as ((error: Error) => void) | undefined)?.(error),
    );
    return undefined;
  }
}

/** http through a proxy: the request line names the whole URL, the connection goes to the proxy. */
class ForwardAgent extends http.Agent {
  readonly #connect: ConnectOptions;
  readonly #proxy: URL;
  constructor(options: http.AgentOptions, connect: ConnectOptions, proxy: URL) {
    super(options);
    this.#connect = connect;
    this.#proxy = proxy;
  }
  /** What http calls for each request; not in its documentation, and what http-proxy-agent has overridden for many years. */
  addRequest(request: http.ClientRequest, options: http.RequestOptions): void {
    request.path = `http://${String(request.getHeader('host'))}${request.path}`;
    const authorization = proxyAuthorization(this.#proxy);
    if (authorization) request.setHeader('Proxy-Authorization', authorization);
    const base = http.Agent.prototype as unknown as { addRequest(request: http.ClientRequest, options: http.RequestOptions): void };
    base.addRequest.call(this, request, { ...options, host: unbracketed(this.#proxy.hostname), port: portOf(this.#proxy) });
  }
  override createConnection(options: http.ClientRequestArgs): Duplex | null | undefined {
    const socket = this.#proxy.protocol === 'https:'
      ? tls.connect({ ...(options as tls.ConnectionOptions), ...this.#connect.proxyTls(), ...serverName(this.#proxy) })
      : super.createConnection(options);
    return withDeadline(socket, this.#proxy.protocol === 'https:' ? 'secureConnect' : 'connect', this.#connect.timeout);
  }
}

function withDeadline<S extends Duplex | null | undefined>(socket: S, event: 'connect' | 'secureConnect', ms: number): S {
  if (!socket) return socket;
  const timer = setTimeout(() => socket.destroy(deadlinePassed('did not accept the connection', ms)), ms);
  const stop = (): void => clearTimeout(timer);
  socket.once(event, stop);
  socket.once('close', stop);
  return socket;
}

/** A connection to `target` (host:port) through the proxy, by CONNECT. Rejects with a failure that names the proxy. */
function tunnel(proxy: URL, target: string, connect: ConnectOptions): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const authorization = proxyAuthorization(proxy);
    const options: https.RequestOptions = {
      host: unbracketed(proxy.hostname),
      port: portOf(proxy),
      method: 'CONNECT',
      path: target,
      agent: false,
      headers: { Host: target, ...(authorization && { 'Proxy-Authorization': authorization }) },
    };
    const request = proxy.protocol === 'https:' ? https.request({ ...options, ...connect.proxyTls(), ...serverName(proxy) }) : http.request(options);
    const timer = setTimeout(() => request.destroy(deadlinePassed('did not open a tunnel', connect.timeout)), connect.timeout);
    request.once('close', () => clearTimeout(timer));
    request.once('error', (error) => {
      const failure = connectionFailure(error, `the proxy ${proxy.origin}`);
      reject(ownFailure('RUCIO_PROXY', failure instanceof Error ? failure.message : String(failure)));
    });
    request.once('connect', (answer, socket, head) => {
      clearTimeout(timer);
      const status = answer.statusCode ?? 0;
      if (status >= 200 && status < 300) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket as net.Socket);
        return;
      }
      socket.destroy();
      // The server has not been reached: a 401 is the proxy's, too. tinyproxy answers so to a wrong password.
      reject(status === 407 || status === 401
        ? ownFailure('RUCIO_PROXY_PASSWORD', `The proxy ${proxy.origin} asks for a user name and a password${authorization ? ', and does not accept those in its address' : ''}.`)
        : ownFailure('RUCIO_PROXY', `The proxy ${proxy.origin} does not let us through to ${target} (${status} ${answer.statusMessage ?? ''}).`));
    });
    request.end();
  });
}

function parseProxy(text: string): { proxy?: URL; problem?: RucioError } {
  const problem = (why: string): { problem: RucioError } => ({ problem: new RucioError('configuration', `The proxy of the setting http.proxy can't be used: ${why}.`, { subject: 'http.proxy' }) });
  // The text may hold a password: it is not repeated.
  const proxy = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (!proxy || proxy.hostname === '') return problem('it is no URL');
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') return problem(`${proxy.protocol}// is not supported, only http:// and https://`);
  try {
    decodeURIComponent(proxy.username + proxy.password);
  } catch {
    return problem('its user name or password holds a “%” that is not written as %25');
  }
  return { proxy };
}

/** What VS Code never sends through a proxy (@vscode/proxy-agent). */
function isLocal(url: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}

/**
 * Whether an entry of `http.noProxy` / NO_PROXY names this server: `*`, `host` (and all below it), `.domain`, `*.domain`,
 * each with or without `:port`; in any case.
 */
export function bypasses(url: URL, noProxy: readonly string[]): boolean {
  const host = `.${unbracketed(url.hostname).toLowerCase()}`;
  return noProxy.some((entry) => {
    const text = entry.trim().toLowerCase();
    const [, name = '', port] = net.isIPv6(text) ? [text, text] : /^(.*?|\[.*\])(?::(\d+))?$/.exec(text) ?? [];
    if (name === '' || (port !== undefined && Number(port) !== portOf(url))) return false;
    if (name === '*') return true;
    const domain = unbracketed(name).replace(/^\*?\.?/, '.');
    return host.endsWith(domain);
  });
}

function proxyAuthorization(proxy: URL): string | undefined {
  if (proxy.username === '' && proxy.password === '') return undefined;
  return `Basic ${Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64')}`;
}

function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

function unbracketed(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function serverName(url: URL): { servername?: string } {
  const host = unbracketed(url.hostname);
  return net.isIP(host) ? {} : { servername: host };
}
