// What the calls of all resources share: the transport with the session's token, and how DIDs are sent and named.
import type { Call, RowsCall, TokenSource, Transport } from '../transport.ts';
import type { DID } from '../types.ts';

/** Most DIDs that the server takes in one call (rucio 41: common/schema/generic.py, r_dids). */
export const MOST_DIDS = 1000;
export const ND_JSON = { Accept: 'application/x-json-stream' } as const;
export const DID_TEXTS = ['scope', 'name'] as const;
export const DID_TYPE_TEXTS = ['scope', 'name', 'type'] as const;

/** Calls with a token. */
export class TokenCaller {
  readonly #transport: Transport;
  readonly #tokens: TokenSource;

  constructor(transport: Transport, tokens: TokenSource) {
    this.#transport = transport;
    this.#tokens = tokens;
  }

  json(call: Call): Promise<unknown> {
    return this.#transport.json({ ...call, tokens: this.#tokens });
  }

  text(call: Call): Promise<string> {
    return this.#transport.text({ ...call, tokens: this.#tokens });
  }

  done(call: Call): Promise<void> {
    return this.#transport.done({ ...call, tokens: this.#tokens });
  }

  rows<T>(call: RowsCall): AsyncGenerator<T[], void, undefined> {
    return this.#transport.rows<T>({ ...call, tokens: this.#tokens });
  }

  allRows<T>(call: RowsCall): Promise<T[]> {
    return this.#transport.allRows<T>({ ...call, tokens: this.#tokens });
  }
}

/** The server refuses items with other keys (InvalidObject). */
export function bare({ scope, name }: DID): DID {
  return { scope, name };
}

export function text({ scope, name }: DID): string {
  return `${scope}:${name}`;
}

export function aboutDids(dids: readonly DID[]): string {
  const [first] = dids;
  return first === undefined ? 'no DIDs' : dids.length === 1 ? text(first) : `${text(first)} and ${dids.length - 1} more`;
}

export function* chunksOf<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size);
}
