// A lake service of a test's own: in a folder of its own, with clients that answer questions as the test says.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type ClientHandlers, type ConnectionState, ServiceClient } from '../../src/client/client.ts';
import { connectToService } from '../../src/client/connect.ts';
import { choosePlace, type Place } from '../../src/client/place.ts';
import type { Credentials, Hello } from '../../src/protocol.ts';
import { root } from './install.ts';

export interface TestService {
  readonly folder: string;
  readonly place: Place;
  readonly log: string[];
  /** A new client, as one window would have; ended with the service. */
  client(options?: ClientOptions): TestClient;
  /** Process id from the address file; undefined when none runs. */
  pid(): number | undefined;
  /** The client leaves, and the service is asked to end; its folder stays for the next. */
  end(client: TestClient): Promise<void>;
  stop(): Promise<void>;
}

export interface ClientOptions {
  readonly instances?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly network?: Hello['network'];
  readonly hubTokenUrl?: string;
  readonly programs?: Hello['programs'];
  readonly label?: string;
  /** Of the client, and the program that it would start. */
  readonly version?: string;
  readonly program?: string;
  readonly interactive?: boolean;
  /** Its secret store never answers, as a browser's whose line is cut. */
  readonly secretsHang?: boolean;
  readonly credentials?: () => Promise<Credentials | null>;
  readonly account?: (accounts: readonly string[]) => Promise<string | null>;
  readonly openUrl?: ClientHandlers['openUrl'];
  readonly redirectAddress?: ClientHandlers['redirectAddress'];
  readonly passphrase?: ClientHandlers['askPassphrase'];
}

export interface TestClient extends ServiceClient {
  readonly states: ConnectionState[];
  /** The reasons with which a person was asked for credentials. */
  readonly questions: string[];
  readonly secrets: Map<string, string>;
}

export function testService(options: { linger?: number; inWindow?: boolean } = {}): TestService {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lake-service-'));
  const place = choosePlace({ platform: process.platform, env: { XDG_STATE_HOME: path.join(folder, 'state'), XDG_RUNTIME_DIR: path.join(folder, 'run') }, home: folder, hostname: 'test', tmp: os.tmpdir(), uid: process.getuid?.() });
  fs.mkdirSync(path.join(folder, 'run'), { mode: 0o700 });
  const log: string[] = [];
  const clients: ServiceClient[] = [];
  const pid = (): number | undefined => {
    try {
      return (JSON.parse(fs.readFileSync(path.join(place.state, 'address'), 'utf8')) as { pid: number }).pid;
    } catch {
      return undefined; // none runs
    }
  };
  return {
    folder, place, log, pid,
    client: (clientOptions = {}) => {
      const client = new RecordingClient({ place, log, linger: options.linger ?? 5, inWindow: options.inWindow ?? false }, clientOptions);
      clients.push(client);
      return client;
    },
    end: async (client) => {
      const running = pid();
      await client.dispose();
      await ended(running);
    },
    stop: async () => {
      const running = pid();
      await Promise.all(clients.map((client) => client.dispose()));
      await ended(running);
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A service of this process id is asked to end, and has. */
async function ended(pid: number | undefined): Promise<void> {
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGTERM');
    for (let n = 0; n < 500; n++) {
      process.kill(pid, 0);
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
  } catch {
    // it is gone
  }
}

class RecordingClient extends ServiceClient implements TestClient {
  readonly states: ConnectionState[];
  readonly questions: string[];
  readonly secrets: Map<string, string>;

  constructor({ place, log, linger, inWindow }: { place: Place; log: string[]; linger: number; inWindow: boolean }, options: ClientOptions) {
    const states: ConnectionState[] = [];
    const questions: string[] = [];
    const secrets = new Map<string, string>();
    const handlers: ClientHandlers = {
      getSecret: (key) => options.secretsHang ? new Promise(() => undefined) : Promise.resolve(secrets.get(key) ?? null),
      storeSecret: async (key, value) => void (value === null ? secrets.delete(key) : secrets.set(key, value)),
      askCredentials: async ({ reason }) => { questions.push(reason); return options.credentials?.() ?? null; },
      askAccount: async ({ accounts }) => options.account?.(accounts) ?? null,
      openUrl: async (page, signal) => options.openUrl?.(page, signal) ?? false,
      redirectAddress: async () => options.redirectAddress?.() ?? null,
      askPassphrase: async (question) => options.passphrase?.(question) ?? null,
    };
    super({
      connect: connectToService({ program: options.program ?? path.join(root, 'dist', 'service.cjs'), place, inWindow: () => inWindow, log: (line) => log.push(line) }),
      patience: 3000,
      handlers,
      hello: () => ({ version: options.version ?? 'test', client: 'window', label: options.label ?? 'test window', pid: process.pid, interactive: options.interactive ?? true, linger, instances: options.instances ?? [], network: options.network ?? {}, env: options.env ?? {}, hubTokenUrl: options.hubTokenUrl ?? '', ...(options.programs && { programs: options.programs }) }),
      onState: (state) => states.push(state),
    });
    this.states = states;
    this.questions = questions;
    this.secrets = secrets;
  }
}
