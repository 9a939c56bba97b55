// What uploads and downloads have in common while they run: room, retries, progress, and how a file's end is told.
import type { Room } from './budget.ts';
import type { FileRow } from './journal.ts';

export interface RunContext {
  /** Ends the run: paused, cancelled, stopped, or the service ends. */
  readonly signal: AbortSignal;
  /** Resolves when a file of so many bytes may move to or from the storage of this address. */
  readonly room: (bytes: number, url: URL | undefined) => Promise<Room>;
  /** So many bytes more moved to or from the storage of this address; resolves when more may. */
  readonly pass: (bytes: number, url: URL) => Promise<void>;
  /** Where it says that a storage has too much to do, or is silent, less is asked of that at once. */
  readonly trouble: (error: unknown, url: URL) => void;
  /** So many bytes of it have moved in this try. */
  readonly moved: (row: FileRow, bytes: number) => void;
  /** It has so many bytes now, and `row.bytes` before. */
  readonly resized: (row: FileRow, bytes: number) => void;
  /** It is at the storage, and waits to be entered into the catalogue. `fresh`: it has come there just now. */
  readonly arrived: (row: FileRow, fresh: boolean) => void;
  readonly ended: (row: FileRow, state: 'done' | 'failed' | 'skipped') => void;
  /** Written down: this file can't be moved. */
  readonly failed: (row: FileRow, error: unknown) => Promise<void>;
  /**
   * Does it, again after a while where the failure may pass; a failure that does not is that of each of these files. What all
   * others would meet too (no sign-in, no permission, no room) stops the run: thrown. `room` may be another's meanwhile.
   */
  readonly retried: (rows: readonly FileRow[], work: () => Promise<void>, room?: Room) => Promise<void>;
}

export interface Run {
  /** Until all files have ended, or the signal says so. @throws what stops it. */
  go(): Promise<void>;
  /** Takes back what is left of a file that is not to be finished. Gives what is where, when something stays. */
  undo(row: FileRow, afterMs: number): Promise<string | undefined>;
}

/** Work that goes on side by side. What stops the run was told to the engine; here it is only waited for. */
export class Under {
  readonly #work = new Set<Promise<void>>();

  add(work: Promise<void>): void {
    const quiet: Promise<void> = work.catch(() => undefined).finally(() => this.#work.delete(quiet));
    this.#work.add(quiet);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#work);
  }
}
