// The tables of files that rule pages have open: each belongs to one client, and goes with it.
import type { Lake } from '../lake/lake.ts';
import { LockTable, type LocksQuery, type LocksSummary, type LocksWindow } from '../lake/rules/locks.ts';
import { refusal } from './refusal.ts';

/** Pages of one window with their table open. */
const MOST = 20;

export class LockTables {
  readonly #tables = new Map<object, Map<string, LockTable>>();

  /** Fills a new table, in place of one of the same name. */
  async open(client: object, name: string, rucio: Lake['client'], id: string, onRead: (summary: LocksSummary) => void, signal: AbortSignal): Promise<LocksSummary> {
    const mine = this.#tables.get(client) ?? new Map<string, LockTable>();
    this.#tables.set(client, mine);
    if (mine.size >= MOST && !mine.has(name)) throw refusal('Too many rule pages of this window have their table of files open.', 'Close some of them.', { kind: 'badInput', actions: [] });
    mine.get(name)?.close();
    const table = new LockTable();
    mine.set(name, table);
    return table.fill(rucio, id, onRead, signal);
  }

  /** @throws a refusal when the table went with a service that ended. */
  window(client: object, name: string, query: LocksQuery): LocksWindow {
    const table = this.#tables.get(client)?.get(name);
    if (!table) throw refusal('The table of files is gone.', 'Read the files again.', { actions: ['retry'] });
    return table.window(query);
  }

  close(client: object, name?: string): void {
    const mine = this.#tables.get(client);
    for (const [key, table] of mine ?? []) {
      if (name !== undefined && key !== name) continue;
      table.close();
      mine?.delete(key);
    }
    if (mine?.size === 0) this.#tables.delete(client);
  }
}
