// A small catalogue in memory with the client's methods, for the logic of lake/; the real server's answers are checked in test/lake.
import type { AvailabilityContext } from '../../../src/lake/availability/availability.ts';
import type { FileState } from '../../../src/lake/mounts/inspector.ts';
import { keyOf, Memory } from '../../../src/lake/availability/memory.ts';
import type { RulesClient } from '../../../src/lake/rules/makeAvailable.ts';
import type { AvailabilityClient } from '../../../src/lake/availability/availability.ts';
import type { Instance } from '../../../src/lake/types.ts';
import { RucioError } from '../../../src/rucio/errors.ts';
import type { AccountGlobalUsage, AccountUsage, DatasetLock, DatasetReplica, DID, DIDContentRow, DIDFileRow, DIDType, FileReplicas, NewRule, ReplicaLock, ReplicaState, Rule } from '../../../src/rucio/types.ts';

export const RSE = 'EULAKE-1';
export const INSTANCE: Instance = { name: 'lake', displayName: 'Lake', baseUrl: 'https://r', authUrl: 'https://r', webuiUrl: 'https://ui', mode: 'replica', destinationRse: RSE, rseMountPath: '/eos/eulake', pathBeginsAt: 1, ruleLifetimeDays: 7, origin: 'test' };

export const did = (text: string): DID => ({ scope: text.slice(0, text.indexOf(':')), name: text.slice(text.indexOf(':') + 1) });

let ids = 0;
export function rule(on: string, more: Partial<Rule> = {}): Rule {
  return {
    ...did(on), id: `r${++ids}`, account: 'alice', did_type: 'DATASET', state: 'REPLICATING', error: null, rse_expression: RSE, copies: 1, expires_at: null, weight: null, locked: false,
    locks_ok_cnt: 1, locks_replicating_cnt: 3, locks_stuck_cnt: 0, source_replica_expression: null, activity: 'User Subscriptions', grouping: 'DATASET', notification: 'NO', stuck_at: null, purge_replicas: false,
    ignore_availability: false, ignore_account_limit: false, priority: 3, comments: null, child_rule_id: null, eol_at: null, split_container: false, meta: null, subscription_id: null, created_at: '', updated_at: '', ...more,
  };
}

interface Node { readonly type: DIDType; readonly children: string[]; state?: ReplicaState; bytes: number }

/** Counts calls by method. Files have 10 bytes. */
export class Catalogue {
  readonly nodes = new Map<string, Node>();
  readonly rules: Rule[] = [];
  readonly locks: ReplicaLock[] = [];
  readonly datasetLocks: DatasetLock[] = [];
  readonly expressions = new Map<string, string[]>([[RSE, [RSE]]]);
  readonly summaries = new Map<string, DatasetReplica>();
  readonly calls: string[] = [];
  /** What is at a path, by the file's name; else it is there. */
  readonly atMount = new Map<string, FileState>();
  mount: 'there' | 'missing' | 'notAnswering' | 'denied' = 'there';
  usage: AccountUsage[] = [];
  globalUsage: AccountGlobalUsage[] = [];
  added: NewRule[] = [];
  addError: RucioError | undefined;
  /** Changes the rule that was asked for, as a server's policy may. */
  grant: (rule: Rule) => Rule = (granted) => granted;
  now = Date.now();

  file(text: string, state?: ReplicaState): this {
    this.nodes.set(text, { type: 'FILE', children: [], bytes: 10, ...(state && { state }) });
    return this;
  }

  dataset(text: string, files: Readonly<Record<string, ReplicaState | undefined>> = {}): this {
    for (const [name, state] of Object.entries(files)) this.file(name, state);
    this.nodes.set(text, { type: 'DATASET', children: Object.keys(files), bytes: 0 });
    return this;
  }

  container(text: string, children: readonly string[]): this {
    this.nodes.set(text, { type: 'CONTAINER', children: [...children], bytes: 0 });
    return this;
  }

  count(method: string): number {
    return this.calls.filter((call) => call === method).length;
  }

  #files(text: string, above: readonly string[] = []): string[] {
    const node = this.nodes.get(text);
    if (!node || above.includes(text)) return [];
    return node.type === 'FILE' ? [text] : node.children.flatMap((child) => this.#files(child, [...above, text]));
  }

  #node(of: DID): Node {
    const node = this.nodes.get(keyOf(of));
    if (!node) throw new RucioError('notFound', `Data identifier '${keyOf(of)}' not found`, { exceptionClass: 'DataIdentifierNotFound' });
    return node;
  }

  #row(of: DID, rse: string, available: number, length: number): DatasetReplica {
    return { ...of, rse, bytes: length * 10, length, available_bytes: available * 10, available_length: available, state: available === length ? 'AVAILABLE' : 'UNAVAILABLE', updated_at: null };
  }

  /** The lock that the rule has on this dataset at the RSE. */
  lock(text: string, by: Rule, state: DatasetLock['state'] = 'REPLICATING', rse = RSE): this {
    this.datasetLocks.push({ ...did(text), rse, rule_id: by.id, account: by.account, state, length: null, bytes: null });
    return this;
  }

  /** The server's summary of a dataset at the RSE; without numbers the true one. */
  summary(text: string, available?: number, length?: number): this {
    const files = this.#files(text);
    this.summaries.set(text, this.#row(did(text), RSE, available ?? files.filter((file) => this.nodes.get(file)!.state === 'AVAILABLE').length, length ?? files.length));
    return this;
  }

  readonly client: AvailabilityClient & RulesClient = {
    getDid: async (of, options = {}) => {
      this.calls.push('getDid');
      const node = this.#node(of);
      const files = this.#files(keyOf(of)).length;
      return { ...of, type: node.type, account: 'root', bytes: node.type === 'FILE' ? node.bytes : options.dynamicDepth ? files * 10 : null, length: node.type === 'FILE' ? 1 : options.dynamicDepth ? files : null };
    },
    listContent: (of) => this.#stream('listContent', () => (this.nodes.get(keyOf(of))?.children ?? []).map((child): DIDContentRow => ({ ...did(child), type: this.nodes.get(child)!.type, bytes: 10, adler32: null, md5: null }))),
    listFiles: (of) => this.#stream('listFiles', () => this.#files(keyOf(of)).map((file): DIDFileRow => ({ ...did(file), bytes: 10, adler32: null }))),
    listParents: async (of) => {
      this.calls.push('listParents');
      return [...this.nodes].filter(([, node]) => node.children.includes(keyOf(of))).map(([key, { type }]) => ({ ...did(key), type }));
    },
    listReplicas: (dids, options) => this.#stream('listReplicas', () => dids.map((of) => {
      if (of.name.includes('..')) throw new RucioError('refused', 'Problem validating r_dids', { exceptionClass: 'InvalidObject' });
      return of;
    // As the server does (rucio 41): of a collection, files without a replica at the asked RSE have no row; a file that is asked for has one.
    }).flatMap((of) => this.#files(keyOf(of)).filter((file) => file === keyOf(of) || options?.rseExpression === undefined || this.nodes.get(file)!.state !== undefined)).map((file): FileReplicas => {
      const { state, bytes } = this.nodes.get(file)!;
      const pfn = `root://h:1094//eulake/${did(file).scope}/${did(file).name}`;
      const here = state !== undefined && (options?.allStates === true || state === 'AVAILABLE');
      const above = (of: string): string[] => [...this.nodes].filter(([, node]) => node.children.includes(of)).flatMap(([key]) => [key, ...above(key)]);
      return { ...(options?.resolveParents && { parents: above(file) }), ...did(file), bytes, adler32: null, md5: null, pfns: {}, rses: here ? { [RSE]: [pfn] } : {}, states: here ? { [RSE]: state } : {} };
    })),
    listDatasetReplicasBulk: async (dids) => {
      this.calls.push('listDatasetReplicasBulk');
      return dids.flatMap((of) => this.summaries.get(keyOf(of)) ?? []);
    },
    listDatasetLocksBulk: async (dids) => {
      this.calls.push('listDatasetLocksBulk');
      return this.datasetLocks.filter((lock) => dids.some((of) => keyOf(of) === keyOf(lock)));
    },
    listDatasetReplicas: async (of) => {
      this.calls.push('listDatasetReplicas');
      const files = this.#files(keyOf(of));
      const here = files.filter((file) => this.nodes.get(file)!.state === 'AVAILABLE').length;
      return here > 0 ? [this.#row(of, RSE, here, files.length)] : [];
    },
    listDidRules: async (of) => {
      this.calls.push('listDidRules');
      return this.rules.filter((one) => keyOf(one) === keyOf(of));
    },
    listRules: ({ scope, did_type: type, state }) => this.#stream('listRules', () => this.rules.filter((one) => one.scope === scope && this.nodes.get(keyOf(one))?.type === type && one.state === state)),
    getRule: async (id) => {
      this.calls.push('getRule');
      const found = this.rules.find((one) => one.id === id);
      if (!found) throw new RucioError('notFound', `No rule with the id ${id} found`, { exceptionClass: 'RuleNotFound' });
      return found;
    },
    listRses: async (expression) => {
      this.calls.push('listRses');
      const rses = this.expressions.get(expression ?? '*');
      if (!rses) throw new RucioError('refused', 'RSE Expression resulted in an empty set.', { exceptionClass: 'InvalidRSEExpression' });
      return rses;
    },
    listReplicaLocks: (id) => this.#stream('listReplicaLocks', () => this.locks.filter((lock) => lock.rule_id === id)),
    accountUsage: async () => this.usage,
    accountGlobalUsage: async () => this.globalUsage,
    getRseLimits: async () => ({}),
    listRseUsage: async () => [],
    addRule: async (asked) => {
      this.calls.push('addRule');
      if (this.addError) throw this.addError;
      this.added.push(asked);
      const made = this.grant(rule(keyOf(asked.dids[0]!), { rse_expression: asked.rse_expression, copies: asked.copies, expires_at: asked.lifetime === null ? null : new Date(this.now + asked.lifetime * 1000).toUTCString().replace('GMT', 'UTC') }));
      this.rules.push(made);
      return [made.id];
    },
  };

  context(instance: Instance = INSTANCE): AvailabilityContext & { readonly client: RulesClient & AvailabilityClient } {
    return {
      client: this.client, instance, memory: new Memory(() => this.now),
      inspector: {
        inspect: async (_mount, path) => (this.mount === 'notAnswering' ? 'notAnswering' : this.atMount.get(path.slice(path.lastIndexOf('/') + 1)) ?? 'there'),
        inspectMount: async () => this.mount,
      },
    };
  }

  async *#stream<T>(method: string, rows: () => T[]): AsyncGenerator<T[], void, undefined> {
    this.calls.push(method);
    const all = rows();
    for (let i = 0; i < all.length; i += 7) yield all.slice(i, i + 7);
  }
}
