// What a command of `datalake` is: its words, its options, and what it does with the lake service.
import type { ParseArgsConfig } from 'node:util';
import type { ServiceClient } from '../client/client.ts';

export interface Asked {
  readonly client: ServiceClient;
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly json: boolean;
  /** Ends with Ctrl-C. */
  readonly signal: AbortSignal;
  readonly screen: Screen;
  /** By --instance, else the pod's first, else that of the windows. @throws UsageError when there is none, or not that one. */
  instance(): Promise<string>;
  /** The same for one that was named in another way. */
  instanceOf(wanted: string | undefined): Promise<string>;
  /** Ours. */
  readonly version: string;
}

export interface Command {
  /** "put [-s SCOPE] … PATHS…", without `datalake`. */
  readonly usage: string;
  /** One line. */
  readonly what: string;
  /** How many words must and may stand there. */
  readonly words: readonly [least: number, most: number];
  readonly options?: NonNullable<ParseArgsConfig['options']>;
  /** What a shell offers for its words: paths, or these. */
  readonly completes?: 'files' | readonly string[];
  /** Lines about the options. */
  readonly more?: readonly string[];
  /** The exit code: 0 done, 1 not all of it. */
  run(asked: Asked): Promise<number>;
}

/** Where it is said; a terminal has one line that is written over again. */
export interface Screen {
  readonly terminal: boolean;
  line(text: string): void;
  /** On a terminal, in place of the last one; elsewhere nothing. */
  over(text: string): void;
  error(text: string): void;
}

/** Wrong words: told with the usage, exit code 2. */
export class UsageError extends Error {}

export function didOf(text: string): { scope: string; name: string } {
  const at = text.indexOf(':');
  if (at <= 0 || at === text.length - 1) throw new UsageError(`“${text}” is no DID: write scope:name.`);
  return { scope: text.slice(0, at), name: text.slice(at + 1) };
}

/** Of an option that takes a text; undefined = not said, or empty. */
export function text(value: Asked['values'][string]): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
