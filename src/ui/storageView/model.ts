// The state behind *Storage*: instances, the RSEs where the account has a quota or data, and what lies there; each read when it is opened.
import type { ServiceClient } from '../../client/client.ts';
import * as protocol from '../../protocol.ts';
import type { StorageDetails, StorageRule, StorageUsage } from '../../protocol.ts';
import type { DidRef } from '../context.ts';
import { segment } from '../explorer/ids.ts';
import type { SessionStore } from '../sessions.ts';
import { Signal } from '../signal.ts';
import { signedIn } from '../signedIn.ts';
import { Branch, type NoteRow, type Row } from '../tree/branch.ts';
import { type InstanceRow, InstanceRows } from '../tree/instanceRows.ts';
import type { Asked } from '../tree/listing.ts';

/** Global ones have no branch: theirs is the sum over RSEs, which have rows of their own. */
export interface UsageRow extends Row { readonly kind: 'usage'; readonly instance: string; readonly usage: StorageUsage }
export interface PartRow extends Row { readonly kind: 'expiring' | 'biggest'; readonly instance: string; readonly rows: number; readonly details: StorageDetails; readonly branch: Branch }
export interface HeldRow extends Row { readonly kind: 'held'; readonly instance: string; readonly why: 'expiring' | 'biggest'; readonly ruleId: string; readonly ref: DidRef; readonly held: StorageRule }
export type StorageRow = InstanceRow | UsageRow | PartRow | HeldRow | NoteRow;

export class StorageModel {
  readonly #client: Pick<ServiceClient, 'request' | 'welcome'>;
  readonly #sessions: SessionStore;
  readonly #changed = new Signal<Row | undefined>();
  readonly onDidChange = this.#changed.event;
  readonly #instances: InstanceRows;
  readonly #branches = new Map<string, Branch>();

  constructor(client: Pick<ServiceClient, 'request' | 'welcome'>, sessions: SessionStore) {
    this.#client = client;
    this.#sessions = sessions;
    this.#instances = new InstanceRows({ client, sessions, ask: (instance, asked) => this.#askUsage(instance, asked), onChange: (row) => this.#changed.fire(row), onAccount: (row) => this.#again(row) });
  }

  get root(): Branch {
    return this.#instances.root;
  }

  instances(): readonly InstanceRow[] {
    return this.#instances.all;
  }

  async refresh(): Promise<void> {
    await this.#instances.refresh();
    await Promise.all([...this.#branches.values()].filter(({ listing }) => listing.asked).map(({ listing }) => listing.refresh()));
  }

  #again(row: InstanceRow): void {
    for (const key of [...this.#branches.keys()]) if (key.startsWith(`${row.key}/`)) this.#branches.delete(key);
    row.branch.listing.reset();
  }

  async #askUsage(instance: string, asked: Asked<Row>): Promise<{ readonly more: boolean }> {
    await signedIn(this.#client, this.#sessions, instance, asked.signal);
    const usages = await this.#client.request(protocol.storageUsage, { instance }, asked.signal);
    const parent = this.#instances.get(instance);
    asked.rows(usages.slice(0, asked.limit).map((usage): UsageRow => {
      const key = `${parent?.key ?? ''}/${usage.kind}:${segment(usage.rse)}`;
      const bare = { kind: 'usage', key, parent, instance, usage } as const;
      if (usage.kind === 'global') return bare;
      const row: UsageRow = { ...bare, branch: this.#branch(key, () => row, (inner) => this.#askDetails(row, inner)) };
      return row;
    }));
    return { more: usages.length > asked.limit };
  }

  async #askDetails(parent: UsageRow, asked: Asked<Row>): Promise<{ readonly more: boolean }> {
    const { instance } = parent;
    const details = await this.#client.request(protocol.storageDetails, { instance, rse: parent.usage.rse }, asked.signal);
    asked.rows((['expiring', 'biggest'] as const).map((kind): PartRow => {
      const key = `${parent.key}/${kind}`;
      const rows = details[kind];
      // A row of what was read already: nothing is asked for it, so it is as new as its parent.
      const row: PartRow = {
        kind, key, parent, instance, rows: rows.length, details,
        branch: new Branch({ owner: () => row, onChange: () => undefined, ask: async (inner) => { inner.rows(rows.map((held) => heldRow(row, held))); return { more: false }; } }),
      };
      return row;
    }));
    return { more: false };
  }

  #branch(key: string, owner: () => Row, ask: (asked: Asked<Row>) => Promise<{ readonly more: boolean }>): Branch {
    const known = this.#branches.get(key);
    if (known) return known;
    const branch = new Branch({ owner, ask, onChange: () => this.#changed.fire(owner()) });
    this.#branches.set(key, branch);
    return branch;
  }
}

function heldRow(parent: PartRow, held: StorageRule): HeldRow {
  const { instance, kind: why } = parent;
  const { id, scope, name, did_type: type } = held.rule;
  return { kind: 'held', key: `${parent.key}/${segment(id)}`, parent, instance, why, ruleId: id, ref: { instance, scope, name, type }, held };
}
