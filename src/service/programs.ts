// What programs other than ours are given: which client wants which instance for them, and the keepers of the files.
import type { ProgramKeeper } from '../lake/programs/keeper.ts';
import type { ProgramEnvironment, ProgramSettings } from '../protocol.ts';
import type { Lakes } from './lakes.ts';
import type { Client } from './questions.ts';
import { refusal } from './refusal.ts';
import type { View, Views } from './views.ts';

const OFF: ProgramSettings = { tokenFiles: 'off', rucioTokenFile: '', rucioAudience: '', eosTokenFile: '', eosAudience: '', eosIntrospection: '' };

export class Programs {
  readonly #views: Views;
  readonly #lakes: Pick<Lakes, 'sessionOf' | 'keepers'>;
  /** The instances for which a client's terminals (or kernels, or debuggers) were given variables. */
  readonly #given = new Map<Client, Set<string>>();

  constructor(views: Views, lakes: Pick<Lakes, 'sessionOf' | 'keepers'>) {
    this.#views = views;
    this.#lakes = lakes;
  }

  /** `instance`: '' = the client's default. null where there is no instance at all. @throws a refusal when this client has no such instance. */
  async environment(client: Client, instance: string): Promise<ProgramEnvironment | null> {
    const view = this.#views.get(client);
    if (!view || view.welcome.instances.length === 0) return null;
    const keeper = this.#keeperOf(view, instance);
    if (!keeper) {
      this.#views.openOf(client, instance || (view.programs?.instance ?? ''));
      throw refusal('The lake service in this window has no folder of its own for files of other programs.', 'Turn rucio.service.inWindow off.');
    }
    const given = this.#given.get(client) ?? new Set();
    this.#given.set(client, given.add(instance));
    this.settle();
    return keeper.environment();
  }

  leave(client: Client): void {
    this.#given.delete(client);
  }

  /** Tells every keeper who wants what now. The files of the pod are one for all: the client that came last decides; a terminal says nothing. */
  settle(): void {
    const views = this.#views.all;
    const choices = views.flatMap(([, view]) => {
      const keeper = view.programs && this.#keeperOf(view, view.programs.instance);
      return view.programs && keeper ? { keeper, settings: view.programs.settings } : [];
    });
    const chosen = choices.at(-1);
    const inTerminals = new Set(views.flatMap(([client, view]) => [...this.#given.get(client) ?? []].map((instance) => this.#keeperOf(view, instance))));
    for (const keeper of this.#lakes.keepers) {
      const terminal = inTerminals.has(keeper);
      const settings = keeper === chosen?.keeper ? chosen.settings : undefined;
      keeper.want(terminal || settings ? { terminal, settings: settings ?? OFF } : undefined);
    }
  }

  /** Of the instance of this name; '' = the one that was chosen for other programs, else the first. */
  #keeperOf(view: View, instance: string): ProgramKeeper | undefined {
    const wanted = instance || view.programs?.instance || view.welcome.instances[0]?.name;
    return this.#lakes.sessionOf(this.#views.lakeIn(view, wanted))?.keeper;
  }
}
