// Questions for people go to the client that caused them; when it is gone or can't be asked, to the next one that can.
import { AsyncLocalStorage } from 'node:async_hooks';
import { CancellationTokenSource, type MessageConnection } from 'vscode-jsonrpc/node';
import { keepOutOfTexts } from '../lake/advice.ts';
import * as protocol from '../protocol.ts';
import type { Credentials, Hello } from '../protocol.ts';

export interface Client {
  readonly connection: MessageConnection;
  readonly hello: Omit<Hello, 'proof'>;
  readonly since: number;
}

/** The client whose request is being worked on, through every await below it. */
export const caller = new AsyncLocalStorage<Client>();

/** The request that is being worked on, as the log names it: "did/list 12". */
export const request = new AsyncLocalStorage<string>();

/** How long a client's secret store may take; ms. */
const PATIENCE = 3000;

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => { timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms); });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

export class Questions {
  readonly #clients: ReadonlySet<Client>;

  constructor(clients: ReadonlySet<Client>) {
    this.#clients = clients;
  }

  /** null = dismissed, or nobody is there who can be asked. */
  async askCredentials(instance: string, displayName: string, reason: string, methods: readonly Credentials['method'][]): Promise<Credentials | null> {
    const given = await this.#ask((client) => client.connection.sendRequest(protocol.askCredentials, { instance, displayName, reason, methods }));
    keepOutOfTexts(given);
    return given;
  }

  askAccount(instance: string, accounts: readonly string[]): Promise<string | null> {
    return this.#ask((client) => client.connection.sendRequest(protocol.askAccount, { instance, accounts }));
  }

  async askPassphrase(instance: string, displayName: string, file: string, problem?: string): Promise<string | null> {
    const passphrase = await this.#ask((client) => client.connection.sendRequest(protocol.askPassphrase, { instance, displayName, file, ...(problem !== undefined && { problem }) }));
    keepOutOfTexts({ passphrase });
    return passphrase;
  }

  /** null where a browser can't come back to the window that is asked. */
  redirectAddress(instance: string): Promise<string | null> {
    return this.#ask((client) => client.connection.sendRequest(protocol.askRedirect, { instance }));
  }

  /** Ends when `signal` says so, when the person gives up, or when there is nobody (more) to show it to. */
  async openPage(instance: string, displayName: string, page: { readonly url: string; readonly host: string; readonly userCode?: string }, signal: AbortSignal): Promise<void> {
    const source = new CancellationTokenSource();
    const stop = (): void => source.cancel();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await this.#ask(async ({ connection }) => signal.aborted ? null : connection.sendRequest(protocol.openUrl, { instance, displayName, ...page }, source.token));
    } finally {
      signal.removeEventListener('abort', stop);
      source.dispose();
    }
  }

  /** Secret stores are asked quietly, all of them until one knows: a browser's store holds only what was typed there. */
  async getSecret(key: string): Promise<string | null> {
    for (const client of this.#inOrder()) {
      try {
        // In a browser the store is at the other end of a line that may be cut: a sign-in must not wait for it for ever.
        const value = await within(PATIENCE, client.connection.sendRequest(protocol.getSecret, { key }));
        keepOutOfTexts(value);
        if (value !== null) return value;
      } catch {
        continue; // that client went away while it was asked, or its store does not answer
      }
    }
    return null;
  }

  /** A new secret goes to every client at once, so that none keeps an old one. */
  async storeSecret(key: string, value: string | null): Promise<void> {
    keepOutOfTexts(value);
    const [first, ...others] = this.#inOrder();
    const store = (client: Client): Promise<unknown> => within(PATIENCE, client.connection.sendRequest(protocol.storeSecret, { key, value })).catch(() => undefined); // it went away: its own secrets go with it
    for (const client of others) void store(client);
    if (first) await store(first);
  }

  #inOrder(): Client[] {
    const first = caller.getStore();
    const all = [...this.#clients];
    return first && this.#clients.has(first) ? [first, ...all.filter((client) => client !== first)] : all;
  }

  async #ask<T>(question: (client: Client) => Promise<T | null>): Promise<T | null> {
    for (const client of this.#inOrder()) {
      if (!client.hello.interactive) continue;
      try {
        return await question(client);
      } catch {
        continue; // that client went away while it was asked: the next one may answer
      }
    }
    return null;
  }
}
