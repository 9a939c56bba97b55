// A server that misbehaves on command, for tests of everything that talks HTTP: in front of the real Rucio (faults are put in between),
// or with a handler of the test's own. It counts what it was asked, and can be http or https with good, expired, self-signed or foreign certificates.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { Transform } from 'node:stream';

/** What happens to the calls that a rule is for. Without any of these the call goes through as it is. */
export interface Fault {
  /** The answer, in place of the target's. `retryAfter` in seconds; a body that is no text is sent as JSON. */
  readonly answer?: { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>>; readonly retryAfter?: number };
  /** 200 text/html with this title. */
  readonly html?: string;
  /** 302 to this URL. */
  readonly redirect?: string;
  /** The target's answer, with another Content-Type. */
  readonly contentType?: string;
  /** The connection is destroyed after so many bytes of the target's body. */
  readonly cutAfterBytes?: number;
  /** The same after so many lines; with `half`, in the middle of the next. */
  readonly cutAfterRows?: number;
  readonly half?: boolean;
  /** After the cut the connection is left open and silent, in place of being destroyed. */
  readonly stall?: boolean;
  /** After so many lines of the target's body the rest waits for this. */
  readonly holdAfterRows?: { readonly rows: number; readonly until: Promise<unknown> };
  /** ms before anything happens. */
  readonly delay?: number;
  /** The connection is destroyed without an answer. */
  readonly drop?: boolean;
  /** Of what the client sends, so many bytes reach the target; then both connections end: `fin` in good order, else at once. */
  readonly cutSendingAfter?: number;
  readonly how?: 'fin' | 'at once';
  /** The target does it, and the client never hears of it. */
  readonly loseAnswer?: boolean;
  /** One bit of this byte is turned, of what is sent or of what is answered. */
  readonly flipSent?: number;
  readonly flipAnswered?: number;
  /** The target's answer with another status, or other headers ('' = without). */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FaultRule extends Fault {
  /** Default: all paths. Compared with the path as it came (encoded, no query). */
  readonly path?: string | RegExp;
  readonly method?: string;
  /** Asked for each call that fits so far. */
  readonly when?: (call: Seen) => boolean;
  /** How many calls it holds for; default: all. */
  readonly times?: number;
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: http.IncomingHttpHeaders;
  /** Number of the connection it came on, from 1. */
  readonly connection: number;
  /** Set when the client hung up before the answer's end. */
  abandoned: boolean;
}

export interface FaultyProxy {
  readonly url: string;
  readonly port: number;
  /** Everything asked so far, in order. */
  readonly seen: readonly Seen[];
  /** Connections made so far, and those open now. */
  connections(): { made: number; open: number };
  count(of: { path?: string | RegExp; token?: string }): number;
  /** Later rules go first; a rule whose `times` are used up is gone. Returns what takes it away. */
  add(rule: FaultRule): () => void;
  clear(): void;
  /** From now on calls with this token get 401 CannotAuthenticate, as Rucio gives it. */
  killToken(token: string): void;
  close(): Promise<void>;
}

export interface FaultyOptions {
  /** Of the target, if it is https. */
  readonly ca?: string;
  /** Makes the server https. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** What the server calls itself in its URL; default localhost. */
  readonly host?: string;
}

/** `target`: base URL of the real server, or what answers in its place. Listens on 127.0.0.1, on a free port. */
export async function faultyProxy(target: string | http.RequestListener, options: FaultyOptions = {}): Promise<FaultyProxy> {
  const seen: Seen[] = [];
  const dead = new Set<string>();
  const sockets = new Map<net.Socket, number>();
  let rules: { rule: FaultRule; left: number }[] = [];
  let made = 0;
  const agent = typeof target === 'string' ? (target.startsWith('https:') ? new https.Agent({ keepAlive: true, ...(options.ca && { ca: options.ca }) }) : new http.Agent({ keepAlive: true })) : undefined;

  const serve: http.RequestListener = (request, response) => {
    const [at = '', query = ''] = (request.url ?? '').split('?', 2);
    const one: Seen = { method: request.method ?? '', path: at, query, headers: request.headers, connection: sockets.get(request.socket) ?? sockets.get((request.socket as { _parent?: net.Socket })._parent ?? request.socket) ?? 0, abandoned: false };
    seen.push(one);
    response.once('close', () => { one.abandoned = !response.writableFinished; });
    const found = rules.find(({ rule, left }) => left > 0 && matches(rule, one));
    if (found) found.left--;
    const fault: Fault = found?.rule ?? {};
    const go = (): void => {
      const token = request.headers['x-rucio-auth-token'];
      if (typeof token === 'string' && dead.has(token)) return refuse(response, 401, 'CannotAuthenticate', 'Cannot authenticate with given credentials');
      if (fault.drop) return void request.socket.destroy();
      if (fault.html !== undefined) return void response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(page(fault.html));
      if (fault.redirect !== undefined) return void response.writeHead(302, { Location: fault.redirect }).end();
      if (fault.answer) {
        const { status, body, headers, retryAfter } = fault.answer;
        return void response.writeHead(status, { ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }), ...headers }).end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
      }
      if (typeof target === 'string') forward(request, cutting(response, fault), target, agent, fault);
      else target(request, cutting(response, fault));
    };
    if (!fault.delay) return go();
    const timer = setTimeout(go, fault.delay);
    // Whoever hung up is not kept in mind for ten minutes.
    response.once('close', () => clearTimeout(timer));
  };

  const server = options.tls ? https.createServer({ key: options.tls.key, cert: options.tls.cert }, serve) : http.createServer(serve);
  const onConnection = (socket: net.Socket): void => {
    sockets.set(socket, ++made);
    socket.once('close', () => sockets.delete(socket));
    // A client that hangs up is what these tests are about.
    socket.on('error', () => undefined);
  };
  server.on(options.tls ? 'secureConnection' : 'connection', onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls ? 'https' : 'http'}://${options.host ?? 'localhost'}:${port}`,
    port,
    seen,
    connections: () => ({ made, open: sockets.size }),
    count: ({ path: at, token }) => seen.filter((one) => (at === undefined || samePath(at, one.path)) && (token === undefined || one.headers['x-rucio-auth-token'] === token)).length,
    add: (rule) => {
      const entry = { rule, left: rule.times ?? Infinity };
      rules.unshift(entry);
      return () => { rules = rules.filter((other) => other !== entry); };
    },
    clear: () => { rules = []; dead.clear(); },
    killToken: (token) => { dead.add(token); },
    close: () => new Promise((resolve) => {
      for (const socket of sockets.keys()) socket.destroy();
      agent?.destroy();
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

/** An error as Rucio 41 gives it: JSON as octet-stream, the headers beside it. */
export function refuse(response: http.ServerResponse, status: number, exceptionClass: string, message: string): void {
  const short = message.replaceAll('\n', ' ');
  response.writeHead(status, { 'Content-Type': 'application/octet-stream', ExceptionClass: exceptionClass, ExceptionMessage: short.length > 125 ? `${short.slice(0, 125)}...` : short });
  response.end(JSON.stringify({ ExceptionClass: exceptionClass, ExceptionMessage: message }));
}

/** A stream of rows, each in a chunk of its own as gunicorn sends them. */
export function sendRows(response: http.ServerResponse, rows: Iterable<unknown>): void {
  response.writeHead(200, { 'Content-Type': 'application/x-json-stream' });
  for (const row of rows) response.write(`${JSON.stringify(row)}\n`);
  response.end();
}

function matches(rule: FaultRule, call: Seen): boolean {
  return (rule.method === undefined || rule.method === call.method) && (rule.path === undefined || samePath(rule.path, call.path)) && (rule.when?.(call) ?? true);
}

function samePath(wanted: string | RegExp, at: string): boolean {
  return typeof wanted === 'string' ? at === wanted : wanted.test(at);
}

function page(title: string): string {
  return `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><form action="/login"><input name="user"></form></body></html>\n`;
}

/** Header names and values as they came, without those of the connection. */
function passedOn(raw: readonly string[], without: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) if (!without.includes((raw[i] ?? '').toLowerCase())) kept.push(raw[i] ?? '', raw[i + 1] ?? '');
  return kept;
}

function forward(request: http.IncomingMessage, response: http.ServerResponse, target: string, agent: http.Agent | undefined, fault: Fault): void {
  const base = new URL(target);
  const headers = [...passedOn(request.rawHeaders, ['host', 'connection', 'keep-alive', 'destination']), 'Host', base.host];
  // Where a file is moved to is said in a header: it is at the target, too.
  const destination = request.headers['destination'];
  if (destination !== undefined) headers.push('Destination', `${base.origin}${new URL(String(destination)).pathname}`);
  const upstream = (base.protocol === 'https:' ? https : http).request({ hostname: base.hostname, port: base.port, method: request.method, path: base.pathname.replace(/\/$/, '') + (request.url ?? ''), headers: headers as unknown as http.OutgoingHttpHeaders, ...(agent && { agent }) });
  upstream.on('response', (answer) => {
    if (fault.loseAnswer) return void answer.resume().on('end', () => request.socket.destroy());
    const other = { ...(fault.contentType !== undefined && { 'Content-Type': fault.contentType }), ...fault.headers };
    const kept = passedOn(answer.rawHeaders, ['connection', 'keep-alive', ...Object.keys(other).map((name) => name.toLowerCase())]);
    for (const [name, value] of Object.entries(other)) if (value !== '') kept.push(name, value);
    response.writeHead(fault.status ?? answer.statusCode ?? 502, kept as unknown as http.OutgoingHttpHeaders);
    // A cut on the real side must be a cut on ours.
    answer.on('error', () => response.destroy());
    const body = answer.pipe(flipping(fault.flipAnswered));
    (fault.holdAfterRows ? body.pipe(holding(fault.holdAfterRows)) : body).pipe(response);
  });
  upstream.on('error', () => response.destroy());
  response.once('close', () => upstream.destroy());
  if (fault.cutSendingAfter === undefined) return void request.pipe(flipping(fault.flipSent)).pipe(upstream);
  let left = fault.cutSendingAfter;
  const end = (): void => {
    // What was sent has reached the target before the connections go.
    setTimeout(() => {
      if (fault.how === 'fin') upstream.socket?.end(); else upstream.destroy();
      request.socket.destroy();
    }, 30);
  };
  upstream.flushHeaders();
  if (left === 0) return end();
  request.on('data', (piece: Buffer) => {
    if (left <= 0) return;
    upstream.write(piece.subarray(0, left));
    left -= piece.length;
    if (left <= 0) end();
  });
}

/** Passes everything on, with one bit of the byte `at` turned. */
function flipping(at: number | undefined): Transform {
  let seen = 0;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      const here = at === undefined ? -1 : at - seen;
      seen += piece.length;
      if (here < 0 || here >= piece.length) return done(null, piece);
      const other = Buffer.from(piece);
      other[here] = other[here]! ^ 1;
      done(null, other);
    },
  });
}

/** Passes `rows` lines on, and the rest when it may. */
function holding({ rows, until }: NonNullable<Fault['holdAfterRows']>): Transform {
  let left = rows;
  let free = false;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      if (free) return done(null, piece);
      let at = 0;
      while (left > 0 && (at = piece.indexOf(10, at) + 1) > 0) left--;
      if (left > 0) return done(null, piece);
      this.push(piece.subarray(0, at));
      until.then(() => {
        free = true;
        done(null, piece.subarray(at));
      }, done);
    },
  });
}

/** The response, its body cut as the fault says. */
function cutting(response: http.ServerResponse, { cutAfterBytes, cutAfterRows, half, stall }: Fault): http.ServerResponse {
  if (cutAfterBytes === undefined && cutAfterRows === undefined) return response;
  const write = response.write.bind(response);
  /** Bytes that may still pass; known once the rows that may pass have. */
  let left = cutAfterBytes ?? Infinity;
  let rows = cutAfterRows ?? Infinity;
  let cut = false;
  const rest = (data: unknown): boolean => {
    if (cut || data === undefined || data === null || typeof data === 'function') return true;
    const piece = Buffer.from(data as Uint8Array | string);
    let at = 0;
    while (rows > 0 && (at = piece.indexOf(10, at) + 1) > 0) if (--rows === 0) left = at + (half ? 5 : 0);
    const sent = left > 0 ? write(piece.subarray(0, left)) : true;
    left -= piece.length;
    cut = left <= 0;
    // The bytes are on their way before the connection goes.
    if (cut && !stall) setTimeout(() => response.socket?.destroy(), 20);
    return sent;
  };
  response.write = ((data: unknown) => rest(data)) as typeof response.write;
  const end = response.end.bind(response);
  response.end = ((data?: unknown) => {
    rest(data);
    return cut ? response : end();
  }) as typeof response.end;
  return response;
}

/** A key and certificates for the names `localhost`, 127.0.0.1 and lake.test, all in PEM; `ca` vouches for all but `selfSigned`. */
export interface Certificates {
  readonly ca: string;
  readonly caFile: string;
  readonly good: { readonly key: string; readonly cert: string };
  readonly expired: { readonly key: string; readonly cert: string };
  readonly selfSigned: { readonly key: string; readonly cert: string };
  /** Good itself, but its authority has expired. */
  readonly byExpiredCa: { readonly key: string; readonly cert: string; readonly caFile: string };
  /** Only for other.test. */
  readonly otherName: { readonly key: string; readonly cert: string };
}

/** Made by openssl in `dir`, which must exist; about 0.3 s. */
export function makeCertificates(dir: string): Certificates {
  const file = (name: string): string => path.join(dir, name);
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:lake.test';
  fs.writeFileSync(file('ca.cnf'), `[ca]\ndefault_ca=d\n[d]\ndatabase=${file('index')}\nserial=${file('serial')}\nnew_certs_dir=${dir}\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\n`);
  fs.writeFileSync(file('index'), '');
  fs.writeFileSync(file('serial'), '1000\n');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '30', '-subj', '/CN=Test authority');
  openssl('req', '-x509', ...key, '-keyout', 'self.key', '-out', 'self.pem', '-days', '30', '-subj', '/CN=localhost', '-addext', names);
  openssl('req', ...key, '-keyout', 'oldca.key', '-out', 'oldca.csr', '-subj', '/CN=Old authority', '-addext', 'basicConstraints=critical,CA:TRUE');
  const signed = (name: string, altnames: string, from: string, to: string, by = 'ca'): { key: string; cert: string } => {
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`, '-addext', altnames);
    openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', '-cert', `${by}.pem`, '-keyfile', `${by}.key`, '-in', `${name}.csr`, '-out', `${name}.pem`, '-startdate', from, '-enddate', to);
    return { key: fs.readFileSync(file(`${name}.key`), 'utf8'), cert: fs.readFileSync(file(`${name}.pem`), 'utf8') };
  };
  const day = (offset: number): string => `${new Date(Date.now() + offset * 86_400_000).toISOString().slice(2, 19).replace(/[-T:]/g, '')}Z`;
  openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', '-selfsign', '-keyfile', 'oldca.key', '-in', 'oldca.csr', '-out', 'oldca.pem', '-startdate', day(-20), '-enddate', day(-10));
  return {
    ca: fs.readFileSync(file('ca.pem'), 'utf8'),
    caFile: file('ca.pem'),
    good: signed('good', names, day(-1), day(30)),
    expired: signed('expired', names, day(-20), day(-10)),
    byExpiredCa: { ...signed('orphan', names, day(-15), day(30), 'oldca'), caFile: file('oldca.pem') },
    otherName: signed('other', 'subjectAltName=DNS:other.test', day(-1), day(30)),
    selfSigned: { key: fs.readFileSync(file('self.key'), 'utf8'), cert: fs.readFileSync(file('self.pem'), 'utf8') },
  };
}
