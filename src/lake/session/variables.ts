// The variables of a pod, as clients hand them over: what a later one says holds, what it does not say stays.
import type { Instance } from '../types.ts';

export class Variables {
  readonly #first: ((name: string) => string | undefined) | undefined;
  readonly #later = new Map<string, string>();

  constructor(first: ((name: string) => string | undefined) | undefined) {
    this.#first = first;
  }

  readonly get = (name: string): string | undefined => this.#later.get(name) ?? this.#first?.(name);

  /** True: a variable that may hold a token of this instance is another one now. */
  take(env: Readonly<Record<string, string>>, { tokenEnv = '' }: Pick<Instance, 'tokenEnv'>): boolean {
    const tokens = (): string => JSON.stringify([tokenEnv, 'BEARER_TOKEN'].map(this.get));
    const before = tokens();
    for (const [name, value] of Object.entries(env)) if (value !== '') this.#later.set(name, value);
    return tokens() !== before;
  }

  forget(): void {
    this.#later.clear();
  }
}
