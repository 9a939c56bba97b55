// What is told of transfers: how each stands, in the words and numbers that windows and terminals show, not more often than they can use.
import type { Journal, TransferRow } from './journal.ts';
import { Progress } from './progress.ts';
import type { TransferInfo } from './types.ts';

/** ms. */
const TELL = 250;

export class Telling {
  readonly #journal: Journal;
  /** null: it is off the list. */
  readonly #onChange: (session: string, id: string, transfer: TransferInfo | null) => void;
  readonly #progress = new Map<string, Progress>();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(journal: Journal, onChange: (session: string, id: string, transfer: TransferInfo | null) => void) {
    this.#journal = journal;
    this.#onChange = onChange;
  }

  /** Counted from the journal when nobody asked before. */
  progress(id: string): Progress {
    let progress = this.#progress.get(id);
    if (!progress) this.#progress.set(id, progress = new Progress(this.#journal.counts(id)));
    return progress;
  }

  /** Bytes of a file that moves now. */
  movedOf(id: string, n: number): number | undefined {
    return this.#progress.get(id)?.movedOf(n);
  }

  /** The journal was changed past it: it is counted anew. */
  forget(id: string): void {
    this.#progress.delete(id);
  }

  info(id: string): TransferInfo | undefined {
    const transfer = this.#journal.transfer(id);
    return transfer && this.#infoOf(transfer);
  }

  #infoOf({ id, instance, kind, state, made, ended, error, wish }: TransferRow): TransferInfo {
    const progress = this.progress(id);
    const { files } = progress;
    const count = `${files.total} ${files.total === 1 ? 'file' : 'files'}`;
    const into = 'rse' in wish ? wish.container ?? wish.dataset : undefined;
    const more = 'rse' in wish
      ? { title: `${into ? `${into.scope}:${into.name}` : count} to ${wish.rse}`, rse: wish.rse, ...(wish.dataset && { dataset: wish.dataset }) }
      : { title: wish.dids.length === 1 ? `${wish.dids[0]!.scope}:${wish.dids[0]!.name}` : `${wish.dids.length} DIDs`, folder: wish.folder };
    return {
      id, instance, kind, state, made, files, bytes: progress.bytes, ...more,
      ...(state === 'running' && progress.rate()), ...(ended !== null && { ended }), ...(error && { error }),
    };
  }

  /** In a moment, with all else that changes until then. */
  soon(id: string): void {
    if (!this.#timers.has(id)) this.#timers.set(id, setTimeout(() => this.now(id), TELL));
  }

  now(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    const transfer = this.#journal.transfer(id);
    if (transfer) this.#onChange(transfer.session, id, this.#infoOf(transfer));
  }

  gone(session: string, id: string): void {
    this.#progress.delete(id);
    this.#onChange(session, id, null);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }
}
