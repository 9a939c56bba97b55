// What is being asked for just now, over all connections: in words for `datalake status`, each by a name of its own in the log.
import type { DID, Failure } from '../protocol.ts';
import type { Log } from './news.ts';

export interface Request {
  /** "did/list 12" */
  readonly name: string;
  failed(failure: Failure, error: unknown): void;
  done(): void;
}

export class Requests {
  readonly #log: Log;
  readonly #under = new Map<string, { readonly method: string; readonly words: string }>();
  #made = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Under way until `done`. */
  begin(method: string, params: object): Request {
    const name = `${method} ${++this.#made}`;
    this.#under.set(name, { method, words: [method, subjectOf(params), instanceOf(params)].filter(Boolean).join(' ') });
    return {
      name,
      failed: (failure, error) => {
        if (failure.kind === 'cancelled') return;
        this.#log('warn', `${name}: ${failure.what}${failure.request ? ` [${failure.request}]` : ''}`);
        if (failure.kind === 'bug' && error instanceof Error) this.#log('error', error.stack ?? error.message);
      },
      done: () => void this.#under.delete(name),
    };
  }

  /** In words, without those of `method`: who asks what is under way does not mean the question. */
  under(method: string): readonly string[] {
    return [...this.#under.values()].filter((one) => one.method !== method).map(({ words }) => words);
  }
}

function subjectOf(params: object): string {
  const { text, scope, did, id } = params as { text?: string; scope?: string; did?: DID; id?: string };
  return text ?? (did ? `${did.scope}:${did.name}` : scope ? `${scope}:` : id) ?? '';
}

function instanceOf(params: object): string {
  const { instance } = params as { instance?: string };
  return instance ? `(${instance})` : '';
}
