// The rows of a tree that is read branch by branch when it is opened: what the service lists, and a row about the list itself. Knows
// nothing of VS Code.
import type { Failure } from '../../protocol.ts';
import { type Asked, Listing } from './listing.ts';

export interface Row {
  /** Unique in its tree: holds the way to it. */
  readonly key: string;
  readonly parent: Row | undefined;
  readonly instance: string | undefined;
  readonly branch?: Branch;
}

/** What *Load More*, *Retry* and *Sign In* are told is a row of this kind, in any tree. */
export interface NoteRow extends Row {
  readonly kind: 'note';
  readonly id: string;
  readonly note: 'empty' | 'more' | 'failed';
  readonly about: Branch;
  readonly failure?: Failure;
  readonly shown: number;
}

export interface BranchOptions {
  readonly owner: () => Row | undefined;
  readonly page?: number;
  readonly ask: (asked: Asked<Row>) => Promise<{ readonly more: boolean }>;
  readonly onChange: () => void;
  readonly order?: (a: Row, b: Row) => number;
}

const PAGE = 200;

export class Branch {
  readonly listing: Listing<Row>;
  readonly #options: BranchOptions;

  constructor(options: BranchOptions) {
    this.#options = options;
    this.listing = new Listing<Row>({ page: options.page ?? PAGE, keyOf: (row) => row.key, ask: options.ask, onChange: options.onChange });
  }

  async get(): Promise<readonly Row[]> {
    await this.listing.first();
    return this.now();
  }

  now(): readonly Row[] {
    const { listing } = this;
    const rows = this.#options.order ? [...listing.rows].sort(this.#options.order) : listing.rows;
    if (listing.failure) return listing.withFailure<Row>(rows, this.#note('failed', listing.failure));
    if (listing.more && !listing.loading) return [...rows, this.#note('more')];
    if (rows.length === 0 && listing.asked && !listing.loading && this.#options.owner()) return [this.#note('empty')];
    return rows;
  }

  loadMore(): Promise<void> {
    return this.listing.loadMore();
  }

  #note(note: NoteRow['note'], failure?: Failure): NoteRow {
    const parent = this.#options.owner();
    const key = `${parent?.key ?? ''}/note:${note}`;
    return { kind: 'note', note, key, id: key, parent, instance: parent?.instance, about: this, shown: this.listing.size, ...(failure && { failure }) };
  }
}
