// The scratch space for all clients. Its journal is opened when something is asked about it, or was left by a service before this one.
import fs from 'node:fs';
import path from 'node:path';
import type { ScratchLake } from '../lake/scratch/plan.ts';
import { SCRATCH_JOURNAL } from '../lake/scratch/journal.ts';
import { ScratchSpace } from '../lake/scratch/scratch.ts';

export interface ScratchingOptions {
  readonly state: string | undefined;
  /** To all clients that have this sign-in; at most every {@link TELL} ms. */
  readonly tell: (session: string) => void;
  /** Nothing is on its way any more. */
  readonly onRest: () => void;
  readonly log: (message: string) => void;
}

const TELL = 250;

export class Scratching {
  readonly #options: ScratchingOptions;
  readonly #told = new Map<string, NodeJS.Timeout>();
  #space: ScratchSpace | undefined;

  constructor(options: ScratchingOptions) {
    this.#options = options;
  }

  get space(): ScratchSpace {
    const { state, tell, onRest, log } = this.#options;
    return this.#space ??= new ScratchSpace({
      state, log,
      onChange: (session) => {
        if (!this.#told.has(session)) {
          this.#told.set(session, setTimeout(() => {
            this.#told.delete(session);
            tell(session);
          }, TELL));
        }
        if (!this.working) onRest();
      },
    });
  }

  get working(): boolean {
    return this.#space?.uploads.working ?? false;
  }

  get work(): readonly string[] {
    return this.#space?.uploads.work ?? [];
  }

  uses(session: string): boolean {
    return this.#space?.uploads.uses(session) ?? false;
  }

  /** These instances are open: what waits for one of them goes on. */
  settle(lakes: readonly ScratchLake[]): void {
    if (!this.#space && (this.#options.state === undefined || !fs.existsSync(path.join(this.#options.state, SCRATCH_JOURNAL)))) return;
    for (const lake of lakes) this.space.uploads.serve(lake);
  }

  /** Resolves when all that is under way is at rest in the journal. */
  async close(): Promise<void> {
    await this.#space?.uploads.close();
    for (const timer of this.#told.values()) clearTimeout(timer);
  }
}
