// Keeps the variables of one notebook in its kernel: sets them when the kernel starts or is restarted, when something is attached and
// when data arrives. The Jupyter extension tells no start, so whoever sees a cell run says `look`. Knows nothing of VS Code.
import type { AttachmentCode, Failure } from '../../protocol.ts';
import { toFailure } from '../failures.ts';
import { isAlive, type JupyterKernel, runIn } from './kernel.ts';

/** `waiting`: it starts, or is restarted; `notAsked`: the person has not yet said that we may run code there. */
export type Injected =
  | { readonly state: 'noKernel' | 'waiting' | 'notAsked' | 'setting' | 'set' | 'refused' | 'dead' | 'silent' | 'unsupported' }
  | { readonly state: 'failed'; readonly failure: Failure };

export interface InjectorOptions {
  readonly kernel: () => Promise<JupyterKernel | undefined>;
  /** The program that sets what is attached now; undefined = nothing is. */
  readonly code: (language: string) => Promise<AttachmentCode | undefined>;
  /** Whether the person knows that code will be run in the kernel; asks otherwise, and does not wait for the answer. */
  readonly mayRun: () => boolean;
  readonly onChange: () => void;
  readonly silenceMs?: number;
}

const SILENCE_MS = 20_000;

export class Injector {
  readonly #options: InjectorOptions;
  #kernel: JupyterKernel | undefined;
  #listening: { dispose(): unknown } | undefined;
  #now: Injected = { state: 'noKernel' };
  /** What the kernel has: by variable, the version of its value. */
  readonly #versions = new Map<string, string>();
  #wanted = false;
  #running: Promise<void> | undefined;
  /** Another kernel, or the same one anew: what was under way is void. */
  #life = 0;
  #disposed = false;

  constructor(options: InjectorOptions) {
    this.#options = options;
  }

  get now(): Injected { return this.#now; }
  /** undefined where none runs. */
  get language(): string | undefined { return this.#kernel?.language; }
  /** Resolves when nothing is under way. */
  get settled(): Promise<void> { return this.#running ?? Promise.resolve(); }

  /** Whether the kernel has the present value of this variable. */
  has(variable: string): boolean {
    return this.#versions.has(variable) && !this.#wanted;
  }

  /** Is there a kernel, and is it still the same? True when one runs. */
  async look(): Promise<boolean> {
    const kernel = await this.#options.kernel();
    if (this.#disposed) return false;
    if (kernel !== this.#kernel) {
      this.#listening?.dispose();
      this.#kernel = kernel;
      this.#reborn();
      this.#listening = kernel?.onDidChangeStatus(() => this.#onStatus());
      if (kernel) this.#onStatus();
      else this.#become({ state: 'noKernel' });
    }
    return kernel !== undefined;
  }

  /** What is attached, or its values, may be others; or the person wants it set anew (`force`). */
  again(force = false): Promise<void> {
    if (force) this.#versions.clear();
    this.#wanted = true;
    this.#running ??= this.#pump().finally(() => { this.#running = undefined; });
    return this.#running;
  }

  dispose(): void {
    this.#disposed = true;
    this.#listening?.dispose();
  }

  #reborn(): void {
    this.#life++;
    this.#versions.clear();
    this.#wanted = this.#kernel !== undefined;
  }

  #onStatus(): void {
    const kernel = this.#kernel;
    if (!kernel) return;
    if (isAlive(kernel)) {
      // It goes idle and busy with every cell: only what is still to be set is a reason.
      if (this.#wanted && !this.#running) void this.again();
      return;
    }
    this.#reborn();
    if (kernel.status === 'terminating') {
      this.#listening?.dispose();
      this.#kernel = this.#listening = undefined;
      this.#wanted = false;
      this.#become({ state: 'noKernel' });
    } else this.#become({ state: kernel.status === 'dead' ? 'dead' : 'waiting' });
  }

  async #pump(): Promise<void> {
    while (this.#wanted && !this.#disposed) {
      const kernel = this.#kernel;
      if (!kernel) {
        this.#wanted = false;
        return this.#become({ state: 'noKernel' });
      }
      if (!isAlive(kernel)) return this.#become({ state: kernel.status === 'dead' ? 'dead' : 'waiting' });
      const life = this.#life;
      const next = await this.#inject(kernel, life);
      if (life === this.#life && next) {
        this.#become(next);
        // What failed is tried again when something changes, or by the person; not for ever by itself.
        if (next.state !== 'set') return;
      }
    }
  }

  /** undefined: the kernel is another one by now. */
  async #inject(kernel: JupyterKernel, life: number): Promise<Injected | undefined> {
    this.#wanted = false;
    const failed = (now: Injected): Injected | undefined => {
      if (life !== this.#life) return undefined;
      // They have not the present value, whatever they had.
      this.#versions.clear();
      return now;
    };
    let code: AttachmentCode | undefined;
    try {
      code = await this.#options.code(kernel.language);
    } catch (error) {
      return failed({ state: 'failed', failure: toFailure(error) });
    }
    if (life !== this.#life) return undefined;
    const attached = code?.attached ?? [];
    for (const name of [...this.#versions.keys()]) if (!attached.some(({ variableName }) => variableName === name)) this.#versions.delete(name);
    if (!code || attached.every(({ variableName, version }) => this.#versions.get(variableName) === version)) return { state: 'set' };
    if (code.language === '') return failed({ state: 'unsupported' });
    if (!this.#options.mayRun()) return failed({ state: 'notAsked' });
    this.#become({ state: 'setting' });
    const ran = await runIn(kernel, code.inject, this.#options.silenceMs ?? SILENCE_MS);
    if (life !== this.#life) return undefined;
    switch (ran.how) {
      case 'done':
        for (const { variableName, version } of attached) this.#versions.set(variableName, version);
        return { state: 'set' };
      case 'failed': return failed({ state: 'failed', failure: { kind: 'bug', what: `The kernel could not set the variables: ${ran.message}`, next: 'Insert the code as a cell, or set them again.', actions: [] } });
      case 'gone':
        this.#wanted = true;
        return failed({ state: isAlive(kernel) ? 'silent' : 'waiting' });
      default: return failed({ state: ran.how });
    }
  }

  #become(now: Injected): void {
    this.#now = now;
    this.#options.onChange();
  }
}
