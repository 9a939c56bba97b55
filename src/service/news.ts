// News for clients: who hears of what. A client that is going away misses them, and nothing with them: its close ends the work for it.
import type { NotificationType } from 'vscode-jsonrpc/node';
import { withoutSecrets } from '../lake/advice.ts';
import * as protocol from '../protocol.ts';
import type { Instance, SessionInfo, TransferInfo, Watch } from '../protocol.ts';
import type { Client } from './questions.ts';
import type { Views } from './views.ts';

/** Sending throws at once or later when the connection is gone; neither may end what the service does for the others. */
export async function tell(send: () => Promise<void>): Promise<void> {
  try {
    await send();
  } catch {
    return; // see above
  }
}

export function send<P>(client: Client, type: NotificationType<P>, params: P): void {
  void tell(() => client.connection.sendNotification(type as NotificationType<unknown>, params));
}

/** To the log of every client, and what is wrong also to our own. */
export type Log = (level: 'trace' | 'info' | 'warn' | 'error', text: string) => void;

export function logTo(clients: ReadonlySet<Client>): Log {
  return (level, text) => {
    const message = withoutSecrets(text);
    if (level === 'warn' || level === 'error') process.stderr.write(`${new Date().toISOString()} ${level} ${message}\n`);
    for (const client of clients) send(client, protocol.logged, { level, message });
  };
}

export class News {
  readonly #clients: ReadonlySet<Client>;
  readonly #views: Views;
  readonly #log: Log;

  constructor(clients: ReadonlySet<Client>, views: Views, log: Log) {
    this.#clients = clients;
    this.#views = views;
    this.#log = log;
  }

  /** To every client that has an instance with this sign-in. */
  session(session: string, info: SessionInfo): void {
    for (const [client, view] of this.#views.all) {
      if (this.#views.nameOf(view, session) !== undefined) send(client, protocol.sessionChanged, info);
    }
  }

  /** Also to terminals that have no such instance themselves: they may have asked for it by a window's. */
  transfer(session: string, id: string, transfer: TransferInfo | null): void {
    for (const client of this.#clients) {
      const view = this.#views.get(client);
      const name = view && this.#views.nameOf(view, session);
      if (name !== undefined || (client.hello.client === 'terminal' && transfer)) send(client, protocol.transferChanged, { instance: name ?? transfer!.instance, id, transfer });
    }
  }

  /** Something became of what is in scratch. */
  scratch(session: string): void {
    for (const [client, view] of this.#views.all) {
      const instance = this.#views.nameOf(view, session);
      if (instance !== undefined) send(client, protocol.scratchChanged, { instance });
    }
  }

  /** Gives the number of windows that were told. */
  watchEnded(session: string, watch: Watch): number {
    let windows = 0;
    for (const [client, view] of this.#views.all) {
      const name = this.#views.nameOf(view, session);
      if (name === undefined || client.hello.client !== 'window') continue;
      send(client, protocol.watchEnded, { instance: name, watch });
      windows++;
    }
    return windows;
  }

  /** Said to one window: all of them would say the same. */
  programProblem(session: string, { name: instance }: Instance, problem: string): void {
    this.#log('warn', `${instance}: ${problem}`);
    const window = this.#views.all.findLast(([client, view]) => client.hello.client === 'window' && this.#views.nameOf(view, session) !== undefined);
    if (window) send(window[0], protocol.programProblem, { instance, problem });
  }
}
