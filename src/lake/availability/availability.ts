// Can I read this here, and if not, what is happening? By the catalogue's replicas at the mounted RSE, by every rule
// that could bring the data there, and by the mount itself. Bulk calls first; details only for what needs them.
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { DatasetLock, DID, FileReplicas, ReplicaState, Rule, RuleState } from '../../rucio/types.ts';
import { askInBulk } from './bulk.ts';
import { BULK, countContainer, countDatasets, type Counts } from './counts.ts';
import { Kin, LEAST_KIN, type KinClient } from './kin.ts';
import { decidingRule, expressionRses, type DecidingOptions } from './covering.ts';
import { chunks, mapLimited } from '../limited.ts';
import { lookAtFile, lookAtSample, pfnsAt, type Inspector, type Look, type SampleLook } from '../mounts/looking.ts';
import { keyOf, type Budget, type Memory } from './memory.ts';
import { percentOf } from './percent.ts';
import type { Availability, AvailabilityInfo, Instance, TypedDID } from '../types.ts';

export type AvailabilityClient = KinClient & Pick<RucioClient, 'listReplicas' | 'listDatasetReplicas' | 'listDatasetReplicasBulk' | 'listContent' | 'listFiles' | 'getDid' | 'listDidRules' | 'listParents' | 'listRses' | 'getRule' | 'listReplicaLocks' | 'listDatasetLocksBulk'>;

export interface AvailabilityContext {
  readonly client: AvailabilityClient;
  readonly instance: Instance;
  readonly inspector: Inspector;
  readonly memory: Memory;
}

export interface AvailabilityOptions {
  /** A look among many: what was found before is believed while the catalogue says the same, and few old answers are asked for again. */
  readonly polling?: boolean;
  /** Gets each answer as soon as it is known. */
  readonly onInfo?: (info: AvailabilityInfo) => void;
}

/** Old answers that one poll may ask for again: with the three bulk calls and the rules below it makes five requests or so, whatever is shown. */
const POLL_BUDGET = 1;
/** Rules that one poll asks about again, those not heard of for longest first. */
const POLL_RULES = 2;
const AT_ONCE = 6;

/**
 * One answer for each DID, in their order. What concerns one DID only (it vanished, no permission) is in its answer's
 * `error`; a server that can't be asked is thrown. Needs `destination_rse`: else configuration.
 */
export async function availabilityOf(context: AvailabilityContext, dids: readonly TypedDID[], options: AvailabilityOptions = {}, signal?: AbortSignal): Promise<AvailabilityInfo[]> {
  const rse = context.instance.destinationRse;
  if (rse === undefined) throw new RucioError('configuration', `The instance "${context.instance.name}" has no destination_rse, so nothing can be available here.`, { subject: context.instance.name });
  // A misspelt RSE would make everything look "not available": asked every ten minutes.
  if (!(await expressionRses(context, rse, signal)).includes(rse)) throw new RucioError('configuration', `The server knows no storage (RSE) "${rse}", which destination_rse of the instance "${context.instance.name}" names.`, { subject: rse });
  const look = new OneLook(context, rse, dids, options, signal);
  const infos = new Map<string, AvailabilityInfo>();
  const done = (info: AvailabilityInfo): void => {
    infos.set(keyOf(info), info);
    options.onInfo?.(info);
  };
  const unique = [...new Map(dids.map((did) => [keyOf(did), did])).values()];
  // Collections first: a view shows them above its files.
  await look.datasets(unique.filter((did) => did.type === 'DATASET'), done);
  await look.containers(unique.filter((did) => did.type === 'CONTAINER'), done);
  await look.files(unique.filter((did) => did.type === 'FILE'), done);
  return dids.map((did) => infos.get(keyOf(did))!);
}

type Done = (info: AvailabilityInfo) => void;
type Found = Omit<AvailabilityInfo, 'scope' | 'name' | 'type'>;

class OneLook {
  readonly #context: AvailabilityContext;
  readonly #rse: string;
  readonly #how: { readonly polling: boolean; readonly budget: Budget; readonly fresh?: ReadonlySet<string> };
  readonly #signal: AbortSignal | undefined;

  constructor(context: AvailabilityContext, rse: string, dids: readonly DID[], options: AvailabilityOptions, signal: AbortSignal | undefined) {
    const { memory } = context;
    this.#context = context;
    this.#rse = rse;
    this.#how = options.polling
      ? { polling: true, budget: { left: POLL_BUDGET }, fresh: memory.oldest('rule', dids.flatMap((did) => memory.verdicts.get(keyOf(did))?.ruleId ?? []), POLL_RULES) }
      : { polling: false, budget: { left: Infinity } };
    this.#signal = signal;
  }

  async files(files: readonly TypedDID[], done: Done): Promise<void> {
    const { memory } = this.#context;
    for (const part of chunks(files, BULK)) {
      const rows = new Map<string, FileReplicas>();
      const failures = await askInBulk(part, this.#how.polling ? memory.refused : new Map(), (some) => this.#replicas(some, rows));
      for (const [key, error] of failures) memory.refused.set(key, error);
      const kin = await this.#kinOf(part.filter((did) => {
        const row = rows.get(keyOf(did));
        return row !== undefined && COMING.has(row.states[this.#rse]);
      }));
      await this.#each(part, done, async (did) => {
        const error = failures.get(keyOf(did));
        return error ? ofError(error) : this.#file(did, rows.get(keyOf(did)), kin);
      });
    }
  }

  async #replicas(files: readonly DID[], rows: Map<string, FileReplicas>): Promise<void> {
    const asked = files.map(({ scope, name }) => ({ scope, name }));
    for await (const batch of this.#context.client.listReplicas(asked, { rseExpression: this.#rse, allStates: true }, this.#signal)) {
      for (const row of batch) rows.set(keyOf(row), row);
      // A row for each DID: more means that one of them is a collection, and its files don't belong here.
      if (rows.size > 4 * BULK) throw new RucioError('badInput', 'One of these DIDs is not a file.', { subject: keyOf(files[0]!) });
    }
  }

  /** For those that lack here and whose rules were never looked up: together, where they are many. */
  async #kinOf(lacking: readonly TypedDID[]): Promise<FirstLook | undefined> {
    const unknown = lacking.filter((did) => !this.#context.memory.verdicts.has(keyOf(did)));
    const [first] = unknown;
    if (!first || unknown.length < LEAST_KIN) return undefined;
    const kin = new Kin(this.#context.client, first.type, this.#signal);
    if (first.type === 'FILE') await kin.findParents(unknown, this.#rse);
    return { kin, of: new Set(unknown.map(keyOf)) };
  }

  async datasets(datasets: readonly TypedDID[], done: Done): Promise<void> {
    if (datasets.length === 0) return;
    const counts = await countDatasets(this.#context, datasets, this.#rse, this.#how, this.#signal);
    const lacking = datasets.filter((did) => isLacking(counts.get(keyOf(did))));
    const locks = await this.#locks(lacking);
    const kin = await this.#kinOf(lacking.filter((did) => !locks.has(keyOf(did))));
    await this.#each(datasets, done, (did) => this.#collection(did, counts.get(keyOf(did))!, locks.get(keyOf(did)) ?? [], kin));
  }

  /** At the RSE, by dataset: one call for all, whoever's rules made them and wherever those stand. */
  async #locks(datasets: readonly TypedDID[]): Promise<ReadonlyMap<string, readonly DatasetLock[]>> {
    const locks = new Map<string, DatasetLock[]>();
    for (const part of chunks(datasets, BULK)) {
      for (const lock of await this.#context.client.listDatasetLocksBulk(part.map(({ scope, name }) => ({ scope, name, type: 'DATASET' })), this.#signal)) {
        if (lock.rse !== this.#rse) continue;
        const of = locks.get(keyOf(lock));
        if (of) of.push(lock);
        else locks.set(keyOf(lock), [lock]);
      }
    }
    return locks;
  }

  async containers(containers: readonly TypedDID[], done: Done): Promise<void> {
    await this.#each(containers, done, async (did) => this.#collection(did, await countContainer(this.#context, did, this.#rse, this.#how, this.#signal)));
  }

  async #each(dids: readonly TypedDID[], done: Done, find: (did: TypedDID) => Promise<Found>): Promise<void> {
    await mapLimited(dids, AT_ONCE, async (did) => {
      const { scope, name, type } = did;
      let found: Found;
      try {
        found = await find(did);
      } catch (error) {
        if (!RucioError.is(error, 'notFound', 'accessDenied', 'refused')) throw error;
        found = ofError(error);
      }
      done({ scope, name, type, ...found });
    });
  }

  async #file(did: TypedDID, row: FileReplicas | undefined, first?: FirstLook): Promise<Found> {
    const rse = this.#rse;
    if (!row) return ofError(new RucioError('notFound', `Data identifier '${keyOf(did)}' not found`));
    const state = row.states[rse];
    const pfn = pfnsAt(row, rse)[0];
    if (state !== 'AVAILABLE') {
      const words = state === undefined ? `no replica at ${rse}` : `the replica at ${rse} is ${state}`;
      const found = await this.#byRule(did, `catalogue: ${words}`, String(state), 'notAvailable', { spoiled: (rule) => spoiled(state, rse, keyOf(rule) === keyOf(did)), ...kinIn(first, did) });
      return { ...found, ...(pfn !== undefined && { pfn }) };
    }
    return ofLook(await lookAtFile(this.#context, row, rse), { rse, mount: this.#mount, bytes: row.bytes });
  }

  async #collection(did: TypedDID, counts: Counts | { readonly error: RucioError }, locks: readonly DatasetLock[] = [], first?: FirstLook): Promise<Found> {
    if ('error' in counts) return ofError(counts.error);
    const { available, total, bound } = counts;
    const numbers = { available, ...(total !== null && { total }) };
    const counted = `catalogue: ${available} of ${total ?? 'an unknown number of'} files at ${this.#rse}${bound === undefined ? '' : ` (${bound})`}`;
    if (total === 0) return { state: 'empty', ...numbers, looked: 'catalogue: it holds no files' };
    if (total === null || available < total) {
      const locked = locks.map((lock) => `${lock.rule_id} ${lock.state}`).sort().join();
      return { ...await this.#byRule(did, counted, `${available}/${total} ${locked}`, available > 0 ? 'partly' : 'notAvailable', { locks, ...kinIn(first, did) }), ...numbers };
    }
    const sample = await lookAtSample(this.#context, counts.whole, this.#rse, this.#how, this.#signal);
    return { ...numbers, ...this.#ofSample(sample, counted) };
  }

  #ofSample({ mount, looked, there, first }: SampleLook, counted: string): Found {
    switch (mount) {
      case 'noMount': return { state: 'available', looked: `${counted}; no mount is configured (rse_mount_path), so nothing was looked at` };
      case 'notAnswering': return { state: 'mountNotAnswering', looked: `${counted}; the mount ${this.#mount} does not answer` };
      case 'missing': return { state: 'notAtMount', error: `There is no folder ${this.#mount}.`, looked: `${counted}; looked at the mount` };
      case 'denied': return { state: 'notAtMount', error: `You may not look into ${this.#mount}.`, looked: `${counted}; looked at the mount` };
      case 'there': break;
    }
    const words = `${counted}; looked at ${looked} ${looked === 1 ? 'file' : 'files'} at the mount`;
    if (!first) return { state: 'available', looked: words };
    if (first.state === 'notAnswering') return { state: 'mountNotAnswering', looked: `${words}: it stopped answering` };
    const how = first.reason ?? (first.state === 'missing' ? `there is no file ${first.path}` : first.state === 'denied' ? `you may not read ${first.path}` : `${first.path} has another size`);
    return { state: 'notAtMount', error: `${looked - there} of ${looked} files that were looked at are not right at the mount: ${how}`, looked: words };
  }

  /**
   * What is not (wholly) at the RSE: the rule that will bring it says what is happening. `spoiled`: why one that is OK
   * brings nothing more.
   */
  async #byRule(did: TypedDID, counted: string, signature: string, without: Availability, { spoiled, ...known }: Pick<DecidingOptions, 'locks' | 'kin'> & { readonly spoiled?: (rule: Rule) => string | undefined }): Promise<Found> {
    const rule = await decidingRule(this.#context, did, this.#rse, signature, { ...this.#how, ...known }, this.#signal);
    if (!rule) return { state: without, looked: `${counted}; no rule brings it there` };
    const percent = rule.state === 'REPLICATING' || rule.state === 'STUCK' ? percentOf(rule) : null;
    const looked = `${counted}; rule of ${rule.account}${on(rule, did)} is ${rule.state}`;
    const why = rule.state === 'OK' ? spoiled?.(rule) : undefined;
    if (why !== undefined) return { state: without, ruleId: rule.id, error: why, looked };
    return {
      state: STATE_OF[rule.state], ruleId: rule.id, looked,
      ...(percent !== null && { percent }), ...(rule.error !== null && rule.error !== '' && rule.state !== 'OK' && { error: rule.error }),
    };
  }

  get #mount(): string {
    return this.#context.instance.rseMountPath ?? '';
  }
}

/** Of DIDs that are looked at for the first time; others in the same look are not among them. */
interface FirstLook { readonly kin: Kin; readonly of: ReadonlySet<string> }
const kinIn = (first: FirstLook | undefined, did: DID): Pick<DecidingOptions, 'kin'> => (first?.of.has(keyOf(did)) ? { kin: first.kin } : {});

/** A copy in another state is one that its own rule, though OK, has lost. */
const COMING: ReadonlySet<ReplicaState | undefined> = new Set([undefined, 'COPYING', 'UNAVAILABLE']);

/** What a look at the mount says of a file that the catalogue has there. */
export function ofLook(look: Look, { rse, mount, bytes }: { readonly rse: string; readonly mount: string; readonly bytes: number }): Omit<AvailabilityInfo, 'scope' | 'name' | 'type'> {
  const catalogue = `catalogue: available at ${rse}`;
  const place = look.path ?? '';
  const pfnOf = look.pfn === undefined ? {} : { pfn: look.pfn };
  switch (look.state) {
    case 'there': return { state: 'available', path: place, ...pfnOf, looked: `${catalogue}; the file is at the mount with the right size` };
    case 'noMount': return { state: 'available', ...pfnOf, looked: `${catalogue}; no mount is configured (rse_mount_path), so nothing was looked at` };
    case 'noPath': return { state: 'notAtMount', ...pfnOf, error: look.reason ?? 'It has no path here.', looked: `${catalogue}; its path here can't be told` };
    case 'notAnswering': return { state: 'mountNotAnswering', ...pfnOf, looked: `${catalogue}; the mount ${mount} does not answer` };
    case 'missing': return { state: 'notAtMount', ...pfnOf, error: `There is no file ${place}.`, looked: `${catalogue}; looked at ${place}` };
    case 'otherSize': return { state: 'notAtMount', ...pfnOf, error: `${place} has another size than the catalogue's ${bytes} bytes.`, looked: `${catalogue}; looked at ${place}` };
    case 'denied': return { state: 'notAtMount', ...pfnOf, error: `You may not read ${place}.`, looked: `${catalogue}; looked at ${place}` };
  }
}

const STATE_OF: Readonly<Record<RuleState, Availability>> = {
  OK: 'judging', REPLICATING: 'replicating', STUCK: 'stuck', SUSPENDED: 'suspended', WAITING_APPROVAL: 'waitingApproval', INJECT: 'injecting',
};

/** Why a file is not here though its rule is OK; undefined: Rucio's judge has yet to look at it. */
function spoiled(state: ReplicaState | undefined, rse: string, ownRule: boolean): string | undefined {
  if (state === 'BAD') return `The copy at ${rse} is bad: it is corrupt or lost.`;
  if (state === 'TEMPORARY_UNAVAILABLE') return `The copy at ${rse} can't be read for the time being.`;
  // What was attached to a collection since is on its way; a rule of the file itself had put it there.
  return state === undefined && ownRule ? `The copy at ${rse} is gone: it was lost or deleted.` : undefined;
}

/** Whether only a rule can say what comes. */
function isLacking(counts: Counts | { readonly error: RucioError } | undefined): boolean {
  return counts !== undefined && !('error' in counts) && counts.total !== 0 && (counts.total === null || counts.available < counts.total);
}

function on(rule: Rule, did: DID): string {
  return keyOf(rule) === keyOf(did) ? '' : ` on ${keyOf(rule)}`;
}

function ofError(error: RucioError): Found {
  return { state: 'notAvailable', error: error.message, looked: error.kind === 'notFound' ? 'catalogue: there is no such DID' : 'catalogue: the server refused to say' };
}
