// The state behind *Transfers*: what the service has, kept up by its news; files of a transfer are read when it is opened. Knows nothing of VS Code.
import type { ServiceClient } from '../../client/client.ts';
import * as protocol from '../../protocol.ts';
import type { FileState, TransferFile, TransferInfo } from '../../protocol.ts';
import { Signal } from '../signal.ts';
import { Branch, type NoteRow, type Row } from '../tree/branch.ts';

export interface TransferRow extends Row { readonly kind: 'transfer'; readonly instance: string; readonly transferId: string; readonly branch: Branch }
export interface FileRow extends Row { readonly kind: 'file'; readonly instance: string; readonly file: TransferFile }
export type TransfersRow = TransferRow | FileRow | NoteRow;

/** What a person looks for first, asked for first: a list of 100 000 shows 200. */
const SHOWN_IN_ORDER: readonly (readonly FileState[])[] = [['failed'], ['running'], ['queued'], ['cancelled', 'done', 'skipped']];
/** ms between two looks at files that move. */
const LOOK_MS = 1000;

type LakeClient = Pick<ServiceClient, 'request' | 'on'>;

/** Those that a person looks for first. */
const ORDER: readonly FileState[] = ['failed', 'running', 'queued', 'cancelled', 'done', 'skipped'];

export class TransfersModel {
  readonly #client: LakeClient;
  readonly #changed = new Signal<Row | undefined>();
  /** Beneath which row; undefined = the list. */
  readonly onDidChange = this.#changed.event;
  /** What is known of a transfer now; of one that is gone there is none. */
  readonly news = new Signal<TransferInfo>();
  readonly root: Branch;
  readonly #rows = new Map<string, TransferRow>();
  /** When the files of a transfer were read last. */
  readonly #looked = new Map<string, number>();
  #transfers = new Map<string, TransferInfo>();
  readonly #listening: { dispose(): void };

  constructor(client: LakeClient) {
    this.#client = client;
    this.root = new Branch({
      owner: () => undefined, page: Number.MAX_SAFE_INTEGER, onChange: () => this.#changed.fire(undefined),
      ask: async (asked) => {
        const transfers = await client.request(protocol.listTransfers, {}, asked.signal);
        this.#transfers = new Map(transfers.map((transfer) => [transfer.id, transfer]));
        asked.rows(transfers.map((transfer) => this.#row(transfer)));
        for (const transfer of transfers) this.news.fire(transfer);
        return { more: false };
      },
    });
    this.#listening = client.on(protocol.transferChanged, ({ id, transfer }) => this.#hear(id, transfer));
  }

  get(id: string): TransferInfo | undefined {
    return this.#transfers.get(id);
  }

  /** Its row, where it is in the list. */
  row(id: string): TransferRow | undefined {
    return this.#rows.get(id);
  }

  all(): readonly TransferInfo[] {
    return [...this.#transfers.values()];
  }

  async refresh(): Promise<void> {
    await this.root.listing.refresh();
    await Promise.all([...this.#rows.values()].filter(({ branch }) => branch.listing.asked).map(({ branch }) => branch.listing.refresh()));
  }

  dispose(): void {
    this.#listening.dispose();
    this.root.listing.cancel();
  }

  #hear(id: string, transfer: TransferInfo | null): void {
    const before = this.#transfers.get(id);
    if (!transfer) {
      this.#transfers.delete(id);
      this.#rows.delete(id);
      this.#looked.delete(id);
      this.#relist();
      return;
    }
    this.#transfers.set(id, transfer);
    const row = this.#rows.get(id);
    if (row) {
      this.#changed.fire(row);
      // Files that were opened change with it: at once when one ends, else as often as an eye follows.
      const due = before?.state !== transfer.state || ended(before) !== ended(transfer) || Date.now() - (this.#looked.get(id) ?? 0) >= LOOK_MS;
      if (due && row.branch.listing.asked && !row.branch.listing.loading) {
        this.#looked.set(id, Date.now());
        void row.branch.listing.refresh();
      }
    } else this.#relist();
    this.news.fire(transfer);
  }

  /** Rows came or went. Where nobody saw the list yet, it is not asked for. */
  #relist(): void {
    if (this.root.listing.asked) void this.root.listing.refresh();
    else this.#changed.fire(undefined);
  }

  #row({ id, instance }: TransferInfo): TransferRow {
    const known = this.#rows.get(id);
    if (known) return known;
    const row: TransferRow = {
      kind: 'transfer', key: `/${id}`, parent: undefined, instance, transferId: id,
      branch: new Branch({
        owner: () => row, onChange: () => this.#changed.fire(row), order: troubleFirst,
        ask: async (asked) => {
          let rows = 0;
          // Failed ones first, then what moves, whatever their number: nobody should have to look for them.
          for (const states of SHOWN_IN_ORDER) {
            for (let after: number | undefined; rows < asked.limit;) {
              const files = await this.#client.request(protocol.transferFiles, { id, states, limit: Math.min(1000, asked.limit - rows + 1), ...(after !== undefined && { after }) }, asked.signal);
              const some = files.slice(0, asked.limit - rows);
              rows += some.length;
              asked.rows(some.map((file): FileRow => ({ kind: 'file', key: `${row.key}/${file.n}`, parent: row, instance, file })));
              if (some.length < files.length) return { more: true };
              if (files.length === 0 || states[0] === 'running') break; // of those there are a dozen
              after = files.at(-1)!.n;
            }
          }
          return { more: (this.#transfers.get(id)?.files.total ?? 0) > rows };
        },
      }),
    };
    this.#rows.set(id, row);
    return row;
  }
}

const ended = ({ files }: TransferInfo): number => files.done + files.failed + files.skipped + files.cancelled + files.running;

function troubleFirst(a: Row, b: Row): number {
  const [x, y] = [(a as FileRow).file, (b as FileRow).file];
  return ORDER.indexOf(x.state) - ORDER.indexOf(y.state) || x.n - y.n;
}
