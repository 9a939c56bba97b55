// What the tests of the transport share: short deadlines, a token source, an error that must come.
import assert from 'node:assert/strict';
import { RucioError, type ErrorKind } from '../../../src/rucio/errors.ts';
import { Transport, type LogEntry, type TokenSource, type TransportOptions } from '../../../src/rucio/transport.ts';

export function transportTo(url: string, options: Partial<TransportOptions> = {}): Transport & { entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const transport = new Transport({ baseUrl: url, version: '0.0.0-test', network: {}, retry: { baseDelay: 5, maxDelay: 50 }, log: (entry) => entries.push(entry), ...options });
  return Object.assign(transport, { entries });
}

/** Gives `tokens` one after the other as the server refuses them. */
export function tokensFrom(...tokens: readonly string[]): TokenSource & { readonly refused: string[] } {
  const refused: string[] = [];
  let at = 0;
  return {
    refused,
    current: () => Promise.resolve(tokens[at] ?? ''),
    renew: (token) => {
      refused.push(token);
      if (token === tokens[at]) at++;
      const next = tokens[at];
      return next === undefined ? Promise.reject(new RucioError('signInNeeded', 'nobody to ask')) : Promise.resolve(next);
    },
  };
}

/** The RucioError that the work must end in. */
export async function failing(work: Promise<unknown>, kind: ErrorKind): Promise<RucioError> {
  try {
    await work;
  } catch (error) {
    if (!RucioError.is(error)) throw error;
    assert.equal(error.kind, kind, `${error.kind}: ${error.message}`);
    return error;
  }
  assert.fail(`no error, where ${kind} was due`);
}

export async function all<T>(rows: AsyncIterable<T[]>, into: T[] = []): Promise<T[]> {
  for await (const batch of rows) into.push(...batch);
  return into;
}
