// One Rucio server as seen from here: calls go out (calls.ts), answers come back parsed, or a RucioError says why not.
import { ERROR_BODY, htmlFailure, isHtml, type Answer } from './answers.ts';
import { Caller, nameOf, REDIRECTS, wrongAnswer, type Call, type TransportOptions } from './calls.ts';
import type { Clock } from './clock.ts';
import { Elsewhere } from './elsewhere.ts';
import type { RucioError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { NdjsonReader, parseJson } from './ndjson.ts';
import { checkRows } from './rows.ts';

export type { Identity } from './authorities.ts';
export type { Call, TokenSource, TransportOptions } from './calls.ts';
export type { LogEntry, Timeouts } from './exchange.ts';
export type { NetworkOptions } from './network.ts';

/** `texts`: names of the fields that must be texts in each row; empty where rows are no objects. */
export interface RowsCall extends Call {
  readonly texts: readonly string[];
}

/** Of a list that is short by nature; the longest known are some thousands. */
const MOST_ROWS = 1_000_000;

/** Of an answer that is read as one; the largest known (all scopes of a big community) have some MB. Bytes. */
const LARGEST_JSON = 64 << 20;

export class Transport {
  /** "none" or "http://host:port", without the password. */
  readonly proxyInForce: string;
  /** e.g. "system and Node's", "/path/ca.pem". */
  readonly certificatesInForce: string;
  /** host:port of the server. */
  readonly host: string;
  /** Whether a client certificate can be shown where one signs in. */
  readonly signInIsSecure: boolean;
  /** The server's time. */
  readonly clock: Clock;
  /** The same network's way to other servers; no token of this one goes there. */
  readonly elsewhere: Elsewhere;
  readonly #caller: Caller;

  /** Never throws: wrong settings are raised by each call, as RucioError configuration. */
  constructor(options: TransportOptions) {
    this.#caller = new Caller(options);
    this.clock = this.#caller.clock;
    this.host = this.#caller.api.host;
    this.signInIsSecure = this.#caller.auth.secure;
    this.elsewhere = new Elsewhere(options);
    this.proxyInForce = this.#caller.api.network.proxyInForce;
    this.certificatesInForce = this.#caller.api.network.certificatesInForce;
  }

  /** One JSON value, whatever its Content-Type (POST /rules/ says text/html). Throws RucioError, as all the others. */
  json<T>(call: Call): Promise<T> {
    return this.#caller.call(call, async (exchange) => {
      const answer = await this.#whole(exchange, call);
      try {
        return parseJson(answer.text) as T;
      } catch (cause) {
        if (!(cause instanceof SyntaxError)) throw cause;
        throw isHtml(answer) ? htmlFailure(answer, this.#caller.asked(call)) : wrongAnswer(this.#caller.asked(call), 'answered with something that is no JSON', answer.status);
      }
    });
  }

  text(call: Call): Promise<string> {
    return this.#caller.call(call, async (exchange) => (await this.#whole(exchange, call)).text);
  }

  /** For calls whose answer says nothing but "done" (PUT and DELETE of Rucio's are empty). */
  async done(call: Call): Promise<void> {
    return this.#caller.call(call, async (exchange) => {
      const answer = await this.#whole(exchange, call);
      if (isHtml(answer)) throw htmlFailure(answer, this.#caller.asked(call));
    });
  }

  /** Status below 400, headers and body as they came. For the calls whose answer is in the headers; with `follow: false` a redirect may be the answer. */
  raw(call: Call, { follow = true }: { readonly follow?: boolean } = {}): Promise<Answer> {
    return this.#caller.call(call, async (exchange) => {
      const answer = await this.#whole(exchange, call);
      if (isHtml(answer) && !REDIRECTS.has(answer.status)) throw htmlFailure(answer, this.#caller.asked(call));
      return answer;
    }, { follow });
  }

  /**
   * The rows of a stream, in batches as they arrive; each has the texts it must have. Leaving the generator early destroys the connection.
   * An answer that is cut raises cutStream after the rows before the cut: what was yielded is then no whole.
   * A call is repeated and its token renewed only before the first row.
   */
  async *rows<T>(call: RowsCall): AsyncGenerator<T[], void, undefined> {
    yield* this.#rows<T>(call, true);
  }

  /** All rows at once, for lists that are short by nature. */
  async allRows<T>(call: RowsCall): Promise<T[]> {
    const all: T[] = [];
    for await (const rows of this.#rows<T>(call, false)) {
      for (const row of rows) all.push(row);
      if (all.length > MOST_ROWS) throw wrongAnswer(this.#caller.asked(call), `answered with more than ${MOST_ROWS} rows where a short list was due`, 200);
    }
    return all;
  }

  /** Ends all that is under way (as cancelled) and all connections. */
  close(): void {
    this.#caller.close();
    this.elsewhere.close();
  }

  async *#rows<T>(call: RowsCall, stream: boolean): AsyncGenerator<T[], void, undefined> {
    const exchange = await this.#caller.call(call, (opened) => Promise.resolve(opened), { stream });
    const reader = new NdjsonReader(nameOf(call));
    let first = true;
    let count = 0;
    const check = (rows: unknown[]): T[] => {
      checkRows(rows, call.texts, count, nameOf(call));
      count += rows.length;
      return rows as T[];
    };
    try {
      const chunks = exchange.chunks();
      for await (const chunk of chunks) {
        if (first && isHtml({ text: chunk.toString('utf8', 0, 256) })) throw await this.#page(exchange, chunk, chunks, call);
        first = false;
        for (const rows of reader.push(chunk)) yield check(rows);
      }
      const last = reader.end();
      if (last.length > 0) yield check(last);
    } catch (error) {
      throw this.#caller.failureOf(error, call, exchange);
    } finally {
      this.#caller.release(exchange);
    }
  }

  /** A page that came in place of rows, read for its title. */
  async #page(exchange: Exchange, first: Buffer, chunks: AsyncGenerator<Buffer>, call: Call): Promise<RucioError> {
    const pieces = [first];
    for (let bytes = first.length; bytes < ERROR_BODY;) {
      const { done, value } = await chunks.next();
      if (done) break;
      pieces.push(value);
      bytes += value.length;
    }
    return htmlFailure({ status: exchange.status, header: (name) => exchange.header(name), text: Buffer.concat(pieces).toString('utf8') }, this.#caller.asked(call));
  }

  async #whole(exchange: Exchange, call: Call): Promise<Answer> {
    const answer = await exchange.answer(LARGEST_JSON);
    if (!answer.whole) throw wrongAnswer(this.#caller.asked(call), `answered with more than ${LARGEST_JSON >> 20} MB where a short answer was due`, answer.status);
    return answer;
  }
}
