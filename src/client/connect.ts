// The way to the lake service: the one that runs already, or a new one; beside the editor behind a socket, or as a worker
// thread of this process (setting rucio.service.inWindow, and where nothing may be spawned).
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { createMessageConnection, type Message, type MessageConnection, PortMessageReader, PortMessageWriter, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node';
import { versionOrder } from '../protocol.ts';
import { type Connect, ServiceFailure } from './client.ts';
import { isOurs, type Place, privateFolder, readKey } from './place.ts';

export interface ServiceOptions {
  /** The bundled service program, as delivered. */
  readonly program: string;
  readonly place: Place;
  /** As a worker thread of this process: work ends with the window. Asked at every connection: it is a setting. */
  readonly inWindow: () => boolean;
  readonly log: (line: string) => void;
  /** How long a started service may take until it answers; ms. */
  readonly patience?: number;
}

/** ms that a thread has to come to rest when its window ends; it has a shorter patience itself. */
const REST = 8000;

/** Written by the service beside its key once it listens; by one that hands over, for a while: to which version. */
type Address = { readonly socket: string; readonly pid: number; readonly version: string } | Succession;
interface Succession { readonly successor: string; /** ms since 1970. */ readonly until: number }

export function connectToService(options: ServiceOptions): Connect {
  return async (signal, version) => {
    if (options.inWindow()) return inWindow(options);
    const { place } = options;
    privateFolder(place.state);
    if (process.platform !== 'win32') privateFolder(path.dirname(place.socket));
    const key = readKey(place.state);
    const running = await knock(place) ?? await successor(place, version, signal);
    if (running) return { connection: overSocket(running), key };
    return { connection: overSocket(await start(options, signal)), key };
  };
}

function overSocket(socket: net.Socket): MessageConnection {
  return createMessageConnection(new SocketMessageReader(socket), new QuietWriter(socket));
}

/**
 * A write that fails is the end of its socket, and the connection hears of that end by itself. Thrown, it would besides be
 * a rejection that nobody can catch (vscode-jsonrpc 8: `sendRequest` throws inside the executor of its promise).
 */
export class QuietWriter extends SocketMessageWriter {
  override async write(message: Message): Promise<void> {
    await super.write(message).catch(() => undefined);
  }
}

/** A socket to the service that runs, or undefined when none does (its address may be left over from a dead one). */
async function knock(place: Place): Promise<net.Socket | undefined> {
  const address = addressOf(place);
  if (!address || 'successor' in address) return undefined;
  // A dead service's address may lie where others can put something in its place.
  if (process.platform !== 'win32' && !isOurs(path.dirname(address.socket))) return undefined;
  return new Promise((resolve) => {
    const socket = net.connect(address.socket);
    socket.once('connect', () => { socket.removeAllListeners('error'); resolve(socket); });
    socket.once('error', () => resolve(undefined));
  });
}

function addressOf(place: Place): Address | undefined {
  try {
    return JSON.parse(fs.readFileSync(path.join(place.state, 'address'), 'utf8')) as Address;
  } catch {
    return undefined; // none written yet, or torn by a kill: the same to us
  }
}

/** One version's service has just made room for another's: who is of neither waits for that one, in place of starting a third. */
async function successor(place: Place, version: string, signal: AbortSignal): Promise<net.Socket | undefined> {
  for (;;) {
    const address = addressOf(place);
    if (!address || !('successor' in address)) return knock(place);
    if (signal.aborted || Date.now() > address.until || versionOrder(address.successor, version) === 0) return undefined;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

/** Of the memory for what is new in a service, where V8 lets 100 MB of rubbish lie before it looks (a file of 100 000 rows): one may run for days beside a pod's work. From the start, as V8 would clear up a dozen times while it loads. */
const YOUNG_MB = 4;

/** A service that was started; what became of it. */
interface Child { readonly pid: number | undefined; /** Why it is no more. */ ended?: string; /** It found the state folder in another one's hands, and went. */ steppedBack?: boolean }

function spawned(program: string, { state, socket }: Place, out: number): Child {
  const child = spawn(process.execPath, [`--min-semi-space-size=${YOUNG_MB}`, `--max-semi-space-size=${YOUNG_MB}`, program, '--state', state, '--socket', socket], {
    detached: true, stdio: ['ignore', out, out], cwd: state, env: { ...withoutSecrets(process.env), ELECTRON_RUN_AS_NODE: '1' }, windowsHide: true,
  });
  const made: Child = { pid: child.pid };
  child.on('error', (error) => { made.ended = error.message; });
  child.on('exit', (code, by) => {
    if (code === 0) made.steppedBack = true;
    else made.ended = by ? `ended by ${by}` : `ended with code ${code}`;
  });
  child.unref();
  return made;
}

async function start(options: ServiceOptions, signal: AbortSignal): Promise<net.Socket> {
  const { place, log } = options;
  const program = copyProgram(options);
  const output = path.join(place.state, 'service.log');
  // Its words are kept over restarts, but not for ever.
  const before = fs.existsSync(output) ? fs.statSync(output).size : 0;
  const out = fs.openSync(output, before > 1_000_000 ? 'w' : 'a', 0o600);
  const from = before > 1_000_000 ? 0 : before;
  const started = Date.now();
  const patience = options.patience ?? 15_000;
  try {
    let child = spawned(program, place, out);
    // It takes about 0.1 s; a look costs next to nothing, and somebody waits.
    for (let wait = 8; !signal.aborted; wait = Date.now() - started < 500 ? 8 : Math.min(wait * 1.5, 200)) {
      const socket = await knock(place);
      if (socket) {
        log(`lake service ${child.pid ?? ''} answered after ${Date.now() - started} ms`);
        return socket;
      }
      if (child.ended !== undefined || Date.now() - started > patience) {
        const said = lastLines(output, from);
        throw new ServiceFailure({
          kind: 'service', what: `The lake service could not be started: ${child.ended ?? `no answer within ${patience / 1000} s`}.${said ? ` It said: ${said}` : ''}`,
          next: 'Try again. If nothing may be started beside the editor here, turn on the setting “rucio.service.inWindow”.', actions: ['retry', 'openSettings', 'showLog'],
        });
      }
      await new Promise((resolve) => { setTimeout(resolve, wait); });
      // The other one was quicker, and answers; or it was about to end, and ours came too early.
      if (child.steppedBack) child = spawned(program, place, out);
    }
  } finally {
    fs.closeSync(out);
  }
  throw new ServiceFailure({ kind: 'cancelled', what: 'Cancelled.', next: '', actions: [] });
}

/** The program and what it loads later, started from a copy of their own: an update may delete the extension's folder under a running service, which removes old copies. */
function copyProgram({ program, place }: ServiceOptions): string {
  const from = path.dirname(program);
  const files = [path.basename(program), ...fs.readdirSync(from).filter((name) => /^later-.*\.cjs$/.test(name))];
  const bytes = files.map((file) => fs.readFileSync(path.join(from, file)));
  const hash = createHash('sha256');
  for (const one of bytes) hash.update(one);
  const copy = path.join(place.state, `service-${hash.digest('hex').slice(0, 12)}`);
  try {
    const now = new Date();
    fs.utimesSync(copy, now, now); // in use again
  } catch {
    // Not there yet. Whole under another name first: two windows may start together.
    const fresh = `${copy}.${process.pid}`;
    fs.mkdirSync(fresh, { mode: 0o700 });
    files.forEach((file, n) => fs.writeFileSync(path.join(fresh, file), bytes[n]!, { mode: 0o600 }));
    try {
      fs.renameSync(fresh, copy);
    } catch (error) {
      fs.rmSync(fresh, { recursive: true, force: true });
      if (!fs.existsSync(copy)) throw error;
    }
  }
  return path.join(copy, path.basename(program));
}

/** What it said since `from` (bytes). */
function lastLines(file: string, from: number): string {
  return fs.readFileSync(file).subarray(from).toString('utf8').trimEnd().split('\n').slice(-3).join(' ').slice(-500);
}

/** A process that outlives the window keeps no secret in its environment: tokens come with hello, and go with the service. */
function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/token|password|passwd|secret|credential|^NODE_OPTIONS$|^VSCODE_/i.test(name)));
}

/** A port whose other end is closed, or gone with its thread, is a connection that closed (vscode-jsonrpc 8 does not say so). */
class PortReader extends PortMessageReader {
  constructor(port: MessagePort) {
    super(port);
    port.once('close', () => this.fireClose());
  }
}

/** Over a channel of its own: when that is closed the thread brings to rest what moves, and ends. */
async function inWindow({ program, place, log }: ServiceOptions): ReturnType<Connect> {
  privateFolder(place.state);
  const { port1: port, port2: theirs } = new MessageChannel();
  const worker = new Worker(program, { workerData: { inWindow: { port: theirs, state: place.state } }, transferList: [theirs], env: { ...process.env } });
  worker.on('error', (error) => log(`the lake service in this window failed: ${error.message}`));
  const ended = new Promise<void>((resolve) => { worker.once('exit', () => resolve()); });
  const connection = createMessageConnection(new PortReader(port), new PortMessageWriter(port));
  connection.onDispose(() => {
    port.close();
    const late = setTimeout(() => void worker.terminate(), REST);
    void ended.then(() => clearTimeout(late));
  });
  worker.unref();
  port.unref();
  return { connection, key: '', ended };
}
