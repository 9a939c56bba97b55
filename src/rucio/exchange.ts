// One request and its answer, on node-fetch: deadlines for each phase, cancellation, an answer that ends too early, and one line of log.
import fetch, { type Response } from 'node-fetch';
import type http from 'node:http';
import type { Readable } from 'node:stream';
import type { Answer } from './answers.ts';
import type { Clock } from './clock.ts';
import { RucioError } from './errors.ts';
import { bodyFailure, connectionFailure, deadlinePassed, isBroken } from './failures.ts';
import { secrets } from './secrets.ts';

/** All in ms. */
export interface Timeouts {
  /** Until the connection stands, TLS and the proxy's tunnel included. */
  readonly connect: number;
  /** From sending to the answer's status: Rucio makes whole rules before it answers. */
  readonly firstByte: number;
  /** Between two pieces of an answer that someone is waiting for. */
  readonly idle: number;
}

/** `id`: no other attempt of this process has it; `path` without the query; `error` in words without secrets; `bytes` of the body as read (unpacked). One entry per attempt. */
export interface LogEntry {
  id: number;
  method: string;
  path: string;
  status?: number;
  ms: number;
  bytes?: number;
  error?: string;
}

/** One line of a log. */
export function logLine({ id, method, path, status, error, ms }: LogEntry): string {
  return `${method} ${path} ${error ?? status ?? ''} ${Math.round(ms)} ms #${id}`;
}

export interface Request {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly agent: http.Agent;
  readonly signal: AbortSignal | undefined;
  /** `GET /dids/…`, for errors and log. */
  readonly name: string;
  /** Put right by the answer's Date. */
  readonly clock?: Clock;
}

/** Seconds from which on the time that a call took may be what ended it. */
const LONG = 5;

let attempts = 0;

/** An attempt that failed for a reason that may pass at once, when the same is asked again. Never leaves the transport. */
export class MayPass extends Error {
  readonly failure: RucioError;
  /** The server's Retry-After, ms. */
  readonly after: number | undefined;
  constructor(failure: RucioError, after?: number) {
    super(failure.message);
    this.failure = failure;
    this.after = after;
  }
}

export class Exchange {
  readonly #request: Request;
  readonly #id = ++attempts;
  readonly #timeouts: Timeouts;
  readonly #log: ((entry: LogEntry) => void) | undefined;
  readonly #started = performance.now();
  readonly #controller = new AbortController();
  readonly #cancel = (): void => this.#stop(new RucioError('cancelled', 'Cancelled.', { request: this.#request.name }));
  #timer: NodeJS.Timeout | undefined;
  /** Why we ended it ourselves. */
  #why: Error | undefined;
  #response: Response | undefined;
  #bytes = 0;
  #ended = false;

  constructor(request: Request, timeouts: Timeouts, log: ((entry: LogEntry) => void) | undefined) {
    this.#request = request;
    this.#timeouts = timeouts;
    this.#log = log;
    secrets.learnFrom(Object.entries(request.headers));
  }

  /** As sent. */
  get headers(): Readonly<Record<string, string>> {
    return this.#request.headers;
  }

  get status(): number {
    return this.#response?.status ?? 0;
  }

  header(name: string): string | null {
    return this.#response?.headers.get(name) ?? null;
  }

  /** Until the status and the headers are here. Throws RucioError, or MayPass when the connection broke. */
  async open(): Promise<void> {
    const { url, method, headers, body, agent, signal, clock } = this.#request;
    const began = Date.now();
    if (signal?.aborted) this.#cancel();
    signal?.addEventListener('abort', this.#cancel);
    this.#deadline('did not answer', this.#timeouts.firstByte);
    try {
      this.#response = await fetch(url, { method, headers, body: body ?? null, agent, signal: this.#controller.signal, redirect: 'manual' });
      secrets.learn(this.header('X-Rucio-Auth-Token') ?? '');
      clock?.heard(this.header('Date'), began);
    } catch (error) {
      throw this.#failed(error, connectionFailure);
    } finally {
      clearTimeout(this.#timer);
    }
  }

  /** The body as it comes. Ends without an error only at its proper end; left early, the connection is destroyed. Throws as {@link open}. */
  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    const body = this.#response?.body as Readable | null | undefined;
    if (!body) return this.#end();
    const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    try {
      for (;;) {
        this.#deadline('sent nothing more', this.#timeouts.idle);
        const { done, value } = await iterator.next();
        clearTimeout(this.#timer);
        if (done) return this.#end();
        this.#bytes += value.length;
        yield value;
      }
    } catch (error) {
      throw this.#failed(error, bodyFailure);
    } finally {
      this.drop();
    }
  }

  /** The answer as a whole, its text cut after `limit` bytes (the rest is not waited for). Throws as {@link open}. */
  async answer(limit: number): Promise<Answer & { readonly whole: boolean }> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    let whole = true;
    for await (const chunk of this.chunks()) {
      pieces.push(chunk);
      bytes += chunk.length;
      if (bytes > limit) {
        whole = false;
        break;
      }
    }
    return { status: this.status, header: (name) => this.header(name), text: Buffer.concat(pieces).subarray(0, limit).toString('utf8'), whole };
  }

  /** Ends it now, whatever is still to come. */
  drop(): void {
    if (this.#ended) return;
    (this.#response?.body as Readable | null | undefined)?.destroy();
    this.#controller.abort();
    this.#end();
  }

  #deadline(phase: string, ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#stop(deadlinePassed(phase, ms)), ms);
  }

  #stop(why: Error): void {
    this.#why ??= why;
    this.#controller.abort();
  }

  #failed(error: unknown, inWords: typeof connectionFailure): unknown {
    const { url, name } = this.#request;
    const failure = inWords(this.#why ?? error, hostOf(url), { request: name, ...(this.status > 0 && { status: this.status }) });
    this.#end(failure instanceof RucioError ? failure.message : String(failure));
    const passes = this.#why === undefined && failure instanceof RucioError && (isBroken(error) || failure.kind === 'cutStream');
    const seconds = Math.round((performance.now() - this.#started) / 1000);
    // nginx and its like end what takes longer than they allow (60 s at most sites), without a word.
    return passes ? new MayPass(seconds < LONG ? failure : failure.with({ facts: `It was ended after ${seconds} s: a proxy on the way may allow no more.` })) : failure;
  }

  #end(error?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener('abort', this.#cancel);
    this.#log?.({
      id: this.#id,
      method: this.#request.method,
      path: this.#request.url.pathname,
      ms: Math.round(performance.now() - this.#started),
      ...(this.#response && { status: this.status, bytes: this.#bytes }),
      ...(error !== undefined && { error }),
    });
  }
}

/** `host:port`, the port always written. */
export function hostOf(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
}
