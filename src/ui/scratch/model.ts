// The state behind *Scratch*: the scratch space of each instance that has one, folder by folder, read when it is opened. Told by the service what
// becomes of uploads, it reads again what is seen; nothing polls.
import type { ServiceClient } from '../../client/client.ts';
import * as protocol from '../../protocol.ts';
import type { ScratchEntry } from '../../protocol.ts';
import type { DidRef } from '../context.ts';
import { segment } from '../explorer/ids.ts';
import type { SessionStore } from '../sessions.ts';
import { Signal } from '../signal.ts';
import { signedIn } from '../signedIn.ts';
import { Branch, type NoteRow, type Row } from '../tree/branch.ts';
import { type InstanceRow, InstanceRows } from '../tree/instanceRows.ts';
import type { Asked } from '../tree/listing.ts';

export interface EntryRow extends Row { readonly kind: 'entry'; readonly instance: string; readonly entry: ScratchEntry; readonly ruleId?: string; readonly ref?: DidRef }
export type ScratchRow = InstanceRow | EntryRow | NoteRow;

export class ScratchModel {
  readonly #client: Pick<ServiceClient, 'request' | 'welcome'>;
  readonly #sessions: SessionStore;
  readonly #changed = new Signal<Row | undefined>();
  readonly onDidChange = this.#changed.event;
  readonly #branches = new Map<string, Branch>();
  /** Of each instance, the last reason why the catalogue could not be asked. */
  readonly #problems = new Map<string, string>();
  readonly #instances: InstanceRows;

  constructor(client: Pick<ServiceClient, 'request' | 'welcome'>, sessions: SessionStore) {
    this.#client = client;
    this.#sessions = sessions;
    this.#instances = new InstanceRows({
      client, sessions, shows: ({ scratch }) => scratch !== undefined, onChange: (row) => this.#changed.fire(row),
      ask: (instance, asked) => this.#askFolder(instance, () => this.#instances.get(instance), undefined, asked),
    });
  }

  get root(): Branch {
    return this.#instances.root;
  }

  instances(): readonly InstanceRow[] {
    return this.#instances.all;
  }

  problem(instance: string): string | undefined {
    return this.#problems.get(instance);
  }

  async refresh(): Promise<void> {
    await this.#instances.refresh();
    await Promise.all([...this.#branches.values()].filter(({ listing }) => listing.asked).map(({ listing }) => listing.refresh()));
  }

  async #askFolder(instance: string, owner: () => Row | undefined, folder: string | undefined, asked: Asked<Row>): Promise<{ readonly more: boolean }> {
    await signedIn(this.#client, this.#sessions, instance, asked.signal);
    const { entries, more, problem } = await this.#client.request(protocol.listScratch, { instance, limit: asked.limit, ...(folder !== undefined && { folder }) }, asked.signal);
    if (problem === undefined) this.#problems.delete(instance);
    else this.#problems.set(instance, problem);
    const parent = owner();
    asked.rows(entries.map((entry): EntryRow => {
      const key = `${parent?.key ?? ''}/${segment(entry.name)}`;
      const { did, upload } = entry;
      const row: EntryRow = {
        kind: 'entry', key, parent, instance, entry,
        ...(upload?.rule !== undefined && { ruleId: upload.rule }), ...(did && { ref: { instance, ...did, type: 'FILE' } }),
        ...(entry.kind === 'folder' && { branch: this.#branch(key, () => row, (inner) => this.#askFolder(instance, () => row, entry.path, inner)) }),
      };
      return row;
    }));
    return { more };
  }

  #branch(key: string, owner: () => Row | undefined, ask: (asked: Asked<Row>) => Promise<{ readonly more: boolean }>): Branch {
    const known = this.#branches.get(key);
    if (known) return known;
    const branch = new Branch({ owner, ask, onChange: () => this.#changed.fire(owner()) });
    this.#branches.set(key, branch);
    return branch;
  }
}
