// The state behind *Rules*: instances, the states of their rules, a page of the rules in each. Knows nothing of VS Code.
import type { ServiceClient } from '../../client/client.ts';
import * as protocol from '../../protocol.ts';
import type { Rule, RuleState, Watch } from '../../protocol.ts';
import type { DidRef } from '../context.ts';
import { segment } from '../explorer/ids.ts';
import type { SessionStore } from '../sessions.ts';
import { Signal } from '../signal.ts';
import { signedIn } from '../signedIn.ts';
import { Branch, type NoteRow, type Row } from '../tree/branch.ts';
import { type InstanceRow, InstanceRows } from '../tree/instanceRows.ts';
import type { Asked } from '../tree/listing.ts';
import { type RulesFilter, STATES } from './filter.ts';

export interface GroupRow extends Row { readonly kind: 'group'; readonly instance: string; readonly state: RuleState; readonly branch: Branch }
/** `ref` and `ruleId` are what the commands on DIDs and on rules take from it. */
export interface RuleRow extends Row { readonly kind: 'rule'; readonly instance: string; readonly ruleId: string; readonly ref: DidRef; readonly rule: Rule }
/** What is watched, whatever the filter says. */
export interface WatchedRow extends Row { readonly kind: 'watched'; readonly instance: string; readonly count: number; readonly branch: Branch }
export interface WatchRow extends Row { readonly kind: 'watch'; readonly instance: string; readonly ruleId: string; readonly ref: DidRef; readonly watch: Watch }
export type RulesRow = InstanceRow | GroupRow | RuleRow | WatchedRow | WatchRow | NoteRow;

type LakeClient = Pick<ServiceClient, 'request' | 'stream' | 'welcome'>;

/** Rules of these are read again on each poll, as somebody waits for them. */
const MOVING: ReadonlySet<RuleState> = new Set<RuleState>(['STUCK', 'WAITING_APPROVAL', 'REPLICATING', 'INJECT']);

export class RulesModel {
  readonly #client: LakeClient;
  readonly #sessions: SessionStore;
  readonly #changed = new Signal<Row | undefined>();
  readonly onDidChange = this.#changed.event;
  #filter: RulesFilter;
  readonly #instances: InstanceRows;
  readonly #groups = new Map<string, GroupRow>();

  constructor(client: LakeClient, sessions: SessionStore, filter: RulesFilter = {}) {
    this.#client = client;
    this.#sessions = sessions;
    this.#filter = filter;
    this.#instances = new InstanceRows({ client, sessions, ask: (instance, asked) => this.#askGroups(instance, asked), onChange: (row) => this.#changed.fire(row), onAccount: (row) => this.#again(row) });
  }

  get root(): Branch {
    return this.#instances.root;
  }

  get filter(): RulesFilter { return this.#filter; }

  setFilter(filter: RulesFilter): void {
    this.#filter = filter;
    for (const row of this.#instances.all) this.#again(row);
  }

  instances(): readonly InstanceRow[] {
    return this.#instances.all;
  }

  /** Stuck ones among those that are shown; `more`: there are others. */
  stuck(): { readonly count: number; readonly more: boolean } {
    const groups = [...this.#groups.values()].filter(({ state }) => state === 'STUCK');
    return { count: groups.reduce((sum, { branch }) => sum + branch.listing.size, 0), more: groups.some(({ branch }) => branch.listing.more) };
  }

  async refresh(): Promise<void> {
    await this.#instances.refresh();
  }

  /** Reads again what moves; what else is shown only when a rule came to it or left. Answers whether anything changed. */
  async poll(): Promise<boolean> {
    const before = this.#fingerprint();
    const groups = this.#shownGroups();
    await Promise.all(groups.filter(({ state }) => MOVING.has(state)).map(({ branch }) => branch.listing.refresh()));
    if (this.#fingerprint() === before) return false;
    await Promise.all(this.#instances.all.filter(({ instance }) => groups.some((group) => group.instance === instance)).map(({ branch }) => branch.listing.refresh()));
    return true;
  }

  /** Whether anybody has seen anything of it. */
  get shown(): boolean {
    return this.#shownGroups().length > 0;
  }

  #shownGroups(): readonly GroupRow[] {
    return [...this.#groups.values()].filter(({ instance, branch }) => branch.listing.asked && this.#sessions.get(instance)?.state === 'signedIn');
  }

  #fingerprint(): string {
    return JSON.stringify([...this.#groups.values()].filter(({ state }) => MOVING.has(state)).map(({ key, branch }) => [key, branch.listing.failure?.kind, (branch.listing.rows as readonly RuleRow[]).map(({ rule }) => [rule.id, rule.locks_ok_cnt, rule.locks_stuck_cnt, rule.expires_at])]));
  }

  #again(row: InstanceRow): void {
    for (const [key, group] of this.#groups) {
      if (group.instance !== row.instance) continue;
      group.branch.listing.cancel();
      this.#groups.delete(key);
    }
    row.branch.listing.reset();
    this.#changed.fire(row);
  }

  /** Each state's first page at once: a state without rules has no row. */
  async #askGroups(instance: string, asked: Asked<Row>): Promise<{ readonly more: boolean }> {
    await signedIn(this.#client, this.#sessions, instance, asked.signal);
    const watches = await this.#client.request(protocol.listWatches, { instance }, asked.signal);
    const groups = STATES.filter((state) => !this.#filter.state || state === this.#filter.state).map((state) => this.#group(instance, state));
    await Promise.all(groups.map(async ({ branch }) => {
      if (branch.listing.asked) await branch.listing.refresh();
      else await branch.get();
      await branch.listing.settled;
    }));
    const failure = groups.find(({ branch }) => branch.listing.failure)?.branch.listing.failure;
    const shown = groups.filter(({ branch }) => branch.listing.size > 0);
    asked.rows([...(watches.length > 0 ? [watchedRow(this.#instances.get(instance), instance, watches)] : []), ...shown]);
    if (failure) throw failure;
    return { more: false };
  }

  #group(instance: string, state: RuleState): GroupRow {
    const parent = this.#instances.get(instance);
    const key = `${parent?.key ?? ''}/${state}`;
    const known = this.#groups.get(key);
    if (known) return known;
    const group: GroupRow = {
      kind: 'group', key, parent, instance, state,
      branch: new Branch({
        owner: () => group, onChange: () => this.#changed.fire(group), order: newestFirst,
        ask: (asked) => this.#client.stream(protocol.listRules, protocol.ruleRows, (rows) => ({ instance, ...this.#filter, state, limit: asked.limit, rows }),
          (rules) => asked.rows(rules.map((rule) => ruleRow(group, rule))), { signal: asked.signal, onRestart: () => asked.restart() }),
      }),
    };
    this.#groups.set(key, group);
    return group;
  }
}

function watchedRow(parent: Row | undefined, instance: string, watches: readonly Watch[]): WatchedRow {
  const row: WatchedRow = {
    kind: 'watched', key: `${parent?.key ?? ''}/watched`, parent, instance, count: watches.length,
    branch: new Branch({
      owner: () => row, onChange: () => undefined, page: Number.MAX_SAFE_INTEGER,
      ask: async (asked) => {
        asked.rows(watches.map((watch): WatchRow => ({ kind: 'watch', key: `${row.key}/${segment(watch.id)}`, parent: row, instance, ruleId: watch.id, ref: { instance, ...watch.did }, watch })));
        return { more: false };
      },
    }),
  };
  return row;
}

function ruleRow(parent: GroupRow, rule: Rule): RuleRow {
  const { instance } = parent;
  return { kind: 'rule', key: `${parent.key}/${segment(rule.id)}`, parent, instance, ruleId: rule.id, ref: { instance, scope: rule.scope, name: rule.name, type: rule.did_type }, rule };
}

function newestFirst(a: Row, b: Row): number {
  const made = (row: Row): number => Date.parse((row as RuleRow).rule.created_at) || 0;
  return made(b) - made(a) || (a.key < b.key ? -1 : 1);
}
