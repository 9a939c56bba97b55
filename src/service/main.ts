// The lake service's life: one for each user and machine. It owns its state folder by a database lock that dies with it,
// listens on a socket (or serves one window from a worker thread), and ends when it has neither clients nor work.
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { isMainThread, type MessagePort, workerData } from 'node:worker_threads';
import { run } from '../compiled.ts';
import type * as whole from './whole.ts';

declare const RUCIO_DATALAKE_VERSION: string;
const version = typeof RUCIO_DATALAKE_VERSION === 'string' ? RUCIO_DATALAKE_VERSION : '0.0.0';

/** ms in which what moves comes to rest when the service ends; a storage that does not answer is not waited for any longer: the journal has it all. */
const PATIENCE = 5000;
/** ms for which a service in a window waits for the one before it. */
const BEFORE = 2000;
/** ms after the start, when what came first is answered. */
const SETTLED = 3000;
/** ms. A client of another version that copied its program just now may be about to start it. */
const FRESH = 60_000;
/** ms for which a service that handed over keeps older clients from starting their own. */
const SUCCESSION = 15_000;

/** Until the whole is loaded no secret is known. */
let withoutSecrets: typeof whole.withoutSecrets = (text) => text;

/** To the log in the state folder, or of the window. */
function cry(what: string, error: unknown): void {
  process.stderr.write(`${new Date().toISOString()} error ${what}: ${withoutSecrets(error instanceof Error ? error.stack ?? error.message : String(error))}\n`);
}
// What nobody foresaw ends one piece of work, not the transfers and sign-ins of all windows. It stands in the log.
process.on('unhandledRejection', (error) => cry('nobody handled this', error));
// Nothing can be relied on any more; Node's own last words would not be looked through.
process.on('uncaughtException', failed);

/** What the service can do, loaded once it listens: whoever started us connects meanwhile. `keep`: as of {@link run}. */
function load(state: string): typeof whole & { readonly keep: (() => void) | undefined } {
  const { exports, keep } = run<typeof whole>(path.join(__dirname, 'later-service.cjs'), path.join(state, 'compiled'), require);
  ({ withoutSecrets } = exports);
  return { ...exports, keep };
}

function failed(error: unknown): void {
  cry('the service ends', error);
  process.exit(1);
}

const { inWindow: window } = (workerData ?? {}) as { readonly inWindow?: Parameters<typeof inWindow>[0] };
if (!isMainThread && window) inWindow(window).catch(failed);
else alone().catch(failed);

async function inWindow({ port, state }: { readonly port: MessagePort; readonly state: string }): Promise<void> {
  const windowEnds = once(port, 'close');
  const lock = await ownInTime(state);
  const { LakeService, servePort, keep } = load(state);
  const end = async (): Promise<void> => {
    await atRest(service);
    lock?.close();
    process.exit(0); // in a worker that ends the worker
  };
  const service = new LakeService({ version, mode: 'inWindow', ...(lock ? { state } : { elsewhere: true }), onIdle: () => undefined, onShutdown: () => void end() });
  servePort(port, service);
  if (keep) setTimeout(keep, SETTLED).unref();
  await windowEnds;
  await end();
}

/** The window before this one may be coming to rest. */
async function ownInTime(state: string): Promise<DatabaseSync | undefined> {
  for (const until = Date.now() + BEFORE; ; await pause(50)) {
    const lock = ownFolder(state);
    if (lock || Date.now() > until) return lock;
  }
}

function atRest(service: { close(): Promise<void> }): Promise<void> {
  return Promise.race([service.close(), pause(PATIENCE)]);
}

async function alone(): Promise<void> {
  // For this process only, never for what it starts.
  delete process.env['ELECTRON_RUN_AS_NODE'];
  const { values } = parseArgs({ options: { state: { type: 'string' }, socket: { type: 'string' } } });
  if (!values.state || !values.socket) throw new Error('usage: service --state FOLDER --socket PATH');
  const { state, socket } = values;
  const lock = ownFolder(state);
  if (!lock) process.exit(0); // another service owns the folder: whoever started us will find that one
  const key = fs.readFileSync(path.join(state, 'key'), 'utf8');
  const address = path.join(state, 'address');

  const write = (content: object): void => {
    const fresh = `${address}.${process.pid}`;
    fs.writeFileSync(fresh, JSON.stringify(content), { mode: 0o600 });
    fs.renameSync(fresh, address);
  };
  const peers: net.Socket[] = [];
  let serveSocket = (peer: net.Socket): void => void peers.push(peer);
  const server = net.createServer((peer) => {
    peer.on('error', () => peer.destroy()); // the reader of its words ends the connection; the client is gone
    serveSocket(peer);
  });
  // We own the folder, so a socket that lies there is left over from a killed service.
  if (process.platform !== 'win32') fs.rmSync(socket, { force: true });
  server.listen(socket);
  await once(server, 'listening');
  if (process.platform !== 'win32') fs.chmodSync(socket, 0o600);
  write({ socket, pid: process.pid, version });

  const { LakeService, serveSocket: serve, keep } = load(state);
  let due = keep;
  const keepOnce = (): void => {
    due?.(); // for the next start
    due = undefined;
  };
  let timer: NodeJS.Timeout | undefined;
  let ending = false;
  /** To whom comes next, or to the service of another version, which is to be started by its own clients only. */
  const end = async (successor?: string): Promise<void> => {
    if (ending) return;
    ending = true;
    // First the address, then the socket: nobody is sent to a place where nothing answers.
    if (successor === undefined) fs.rmSync(address, { force: true });
    else write({ successor, until: Date.now() + SUCCESSION });
    server.close();
    await atRest(service);
    keepOnce();
    lock.close();
    process.exit(0);
  };
  const service = new LakeService({
    version, mode: 'detached', state,
    onIdle: (linger) => {
      clearTimeout(timer);
      if (linger !== undefined) timer = setTimeout(() => void end(), linger * 1000);
    },
    onShutdown: (successor) => void end(successor),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end());
  process.on('SIGHUP', () => undefined); // the terminal that started us was closed; transfers go on
  serveSocket = (peer) => serve(peer, service, key);
  for (const peer of peers.splice(0)) serveSocket(peer);
  // Nobody came: the window that started us died meanwhile.
  service.startIdling();
  setTimeout(() => {
    removeOldCopies(state);
    keepOnce(); // this one may be killed
  }, SETTLED).unref();
}

/** Copies of programs that came before. Nobody runs them: the folder is ours, and with it the right to run. */
function removeOldCopies(state: string): void {
  for (const name of fs.readdirSync(state)) {
    const copy = path.join(state, name);
    if (!/^service-[0-9a-f]{12}(\.|$)/.test(name) || copy === __dirname) continue;
    try {
      const found = fs.statSync(copy, { throwIfNoEntry: false });
      if (found && Date.now() - found.mtimeMs > FRESH) fs.rmSync(copy, { recursive: true, force: true });
    } catch (error) {
      cry(`${copy} stays`, error);
    }
  }
}

/** An exclusive lock that the system lets go when the process ends, however it ends; undefined when another holds it. */
function ownFolder(state: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path.join(state, 'owner.db'));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (/locked|busy/i.test((error as Error).message)) return undefined;
    throw error;
  }
}
