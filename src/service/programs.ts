// What programs other than ours are given: which client wants which instance for them, and the keepers of the files.
import type { ProgramKeeper } from '../lake/programs/keeper.ts';
import type { ProgramChoice, ProgramSettings } from '../protocol.ts';
import type { Client } from './questions.ts';

/** A client that is there. */
interface Asker {
  /** As the client said last; a terminal says nothing. */
  readonly choice: ProgramChoice | undefined;
  /** Of an instance of its own; '' = its default. */
  readonly keeperOf: (instance: string) => ProgramKeeper | undefined;
}

const OFF: ProgramSettings = { tokenFiles: 'off', rucioTokenFile: '', rucioAudience: '', eosTokenFile: '', eosAudience: '', eosIntrospection: '' };

export class Programs {
  /** The instances for which a client's terminals (or kernels, or debuggers) were given variables. */
  readonly #given = new Map<Client, Set<string>>();

  leave(client: Client): void {
    this.#given.delete(client);
  }

  /** Tells every keeper who wants what now. The files of the pod are one for all: the client that came last decides. */
  settle(clients: ReadonlyMap<Client, Asker>, all: Iterable<ProgramKeeper>): void {
    const deciding = [...clients.values()].findLast(({ choice, keeperOf }) => choice !== undefined && keeperOf(choice.instance) !== undefined);
    const inTerminals = new Set([...clients].flatMap(([client, { keeperOf }]) => [...this.#given.get(client) ?? []].map(keeperOf)));
    const chosen = deciding?.keeperOf(deciding.choice?.instance ?? '');
    for (const keeper of all) {
      const terminal = inTerminals.has(keeper);
      const settings = keeper === chosen && deciding?.choice ? deciding.choice.settings : undefined;
      keeper.want(terminal || settings ? { terminal, settings: settings ?? OFF } : undefined);
    }
  }

  /** From now on; {@link settle} then tells the keeper. */
  give(client: Client, instance: string): void {
    const given = this.#given.get(client) ?? new Set();
    this.#given.set(client, given.add(instance));
  }
}
