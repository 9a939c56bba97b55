// From files at a storage to files in the catalogue: replicas, dataset, rules, in calls of up to a thousand. Each call may have been done
// before a kill, or its answer lost: what the server refuses is looked up before anything is called a failure, and nothing is made twice.
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { DID, FileReplicas, NewRule } from '../../rucio/types.ts';
import type { FileRow } from './journal.ts';
import { datasetOf } from './names.ts';
import type { UploadWish } from './types.ts';

export type CatalogueClient = Pick<RucioClient, 'listReplicas' | 'addReplicas' | 'updateReplicaStates' | 'getDid' | 'addDid' | 'attachDids' | 'listContent' | 'listDidRules' | 'addRule' | 'setMetadata'>;
/** What of an upload's wish the catalogue has to know. */
type CatalogueWish = Pick<UploadWish, 'rse' | 'dataset' | 'container' | 'paths' | 'lifetime' | 'metadata'>;

/** Which files are in, and which the catalogue does not take. */
export interface Entered {
  readonly done: readonly FileRow[];
  readonly refused: readonly { readonly file: FileRow; readonly error: RucioError }[];
}

const keyOf = ({ scope, name }: DID): string => `${scope}:${name}`;

export class Catalogue {
  readonly #client: CatalogueClient;
  readonly #wish: CatalogueWish;
  readonly #account: string;
  /** What is made or looked at once: the container, each dataset, their metadata. */
  readonly #once = new Map<string, Promise<void>>();

  constructor(client: CatalogueClient, wish: CatalogueWish, account: string) {
    this.#client = client;
    this.#wish = wish;
    this.#account = account;
  }

  /** What the catalogue knows of them, by `scope:name`; of unknown ones nothing. */
  async known(dids: readonly DID[], signal?: AbortSignal): Promise<ReadonlyMap<string, FileReplicas>> {
    const known = new Map<string, FileReplicas>();
    for await (const rows of this.#client.listReplicas(dids, { allStates: true }, signal)) for (const row of rows) known.set(keyOf(row), row);
    return known;
  }

  /**
   * Files that lie under their final names; `registeredNow` writes down those that the catalogue has, before rules are made for them.
   * @throws RucioError when nothing can be said of any (server away, not allowed).
   */
  async enter(files: readonly FileRow[], registeredNow: (files: readonly FileRow[]) => Promise<void>, signal?: AbortSignal): Promise<Entered> {
    const refused: { file: FileRow; error: RucioError }[] = [];
    const registered = await this.#register(files, refused, signal);
    if (registered.length === 0) return { done: [], refused };
    await registeredNow(registered);
    await this.#place(registered, signal);
    try {
      await this.#describe(registered, signal);
    } catch (error) {
      if (!RucioError.is(error, 'accessDenied', 'badInput', 'refused', 'notFound')) throw error;
      const words = `The metadata was not taken: ${error.message}`;
      return { done: [], refused: registered.map((file) => ({ file, error: new RucioError('refused', words, { subject: keyOf(file), exceptionClass: 'MetadataRefused', cause: error }) })) };
    }
    // The server's own word on it, last of all.
    let known = await this.known(registered, signal);
    const copying = registered.filter((file) => known.get(keyOf(file))?.states[this.#wish.rse] === 'COPYING');
    if (copying.length > 0) {
      await this.#repair(copying, signal);
      known = await this.known(registered, signal);
    }
    const done: FileRow[] = [];
    for (const file of registered) {
      const row = known.get(keyOf(file));
      if (row && row.states[this.#wish.rse] === 'AVAILABLE' && sameFile(row, file)) done.push(file);
      else refused.push({ file, error: new RucioError('refused', `The catalogue does not have ${keyOf(file)} at ${this.#wish.rse} as it was uploaded, though it took it: ${row ? `it says ${row.states[this.#wish.rse] ?? 'nothing of it there'}` : 'it does not know it'}.`, { subject: keyOf(file), exceptionClass: 'NotEntered' }) });
    }
    return { done, refused };
  }

  /** A rule for files that are in the catalogue elsewhere, in place of sending them. */
  async rulesFor(files: readonly FileRow[], signal?: AbortSignal): Promise<void> {
    await this.#place(files, signal);
  }

  /** Into their datasets, or a rule for each. */
  async #place(files: readonly FileRow[], signal?: AbortSignal): Promise<void> {
    const datasets = new Map<string, { readonly dataset: DID; readonly files: FileRow[] }>();
    for (const file of files) {
      const dataset = datasetOf(file.path, this.#wish);
      if (!dataset) return this.#rules(files, signal);
      const group = datasets.get(keyOf(dataset)) ?? { dataset, files: [] };
      group.files.push(file);
      datasets.set(keyOf(dataset), group);
    }
    for (const { dataset, files: some } of datasets.values()) await this.#attach(dataset, some, signal);
  }

  async #describe(files: readonly FileRow[], signal?: AbortSignal): Promise<void> {
    const { metadata, container, dataset } = this.#wish;
    if (!metadata || Object.keys(metadata).length === 0) return;
    const collection = container ?? dataset;
    if (collection) await this.#onlyOnce('metadata', () => this.#client.setMetadata([collection], metadata, signal));
    else await this.#client.setMetadata(files, metadata, signal);
  }

  /** What failed is done again by the next that needs it. */
  #onlyOnce(what: string, work: () => Promise<void>): Promise<void> {
    let done = this.#once.get(what);
    if (!done) this.#once.set(what, done = work().catch((error: unknown) => {
      this.#once.delete(what);
      throw error;
    }));
    return done;
  }

  async #register(files: readonly FileRow[], refused: { file: FileRow; error: RucioError }[], signal?: AbortSignal): Promise<readonly FileRow[]> {
    const { rse } = this.#wish;
    try {
      await this.#client.addReplicas(rse, files.map(({ scope, name, bytes, adler32, md5 }) => ({ scope, name, bytes, adler32: adler32!, ...(md5 !== null && { md5 }), state: 'A' })), signal);
      return files;
    } catch (error) {
      if (!RucioError.is(error) || RucioError.is(error, 'cancelled', 'signInNeeded', 'configuration')) throw error;
      const known = await this.known(files, signal);
      const there: FileRow[] = [];
      const missing: FileRow[] = [];
      const copying: FileRow[] = [];
      for (const file of files) {
        const row = known.get(keyOf(file));
        if (!row) missing.push(file);
        else if (!sameFile(row, file)) refused.push({ file, error: new RucioError('refused', `There is another file called ${keyOf(file)} in the catalogue (${row.bytes} bytes, adler32 ${row.adler32 ?? 'not known'}).`, { subject: keyOf(file), exceptionClass: 'NameTaken' }) });
        else if (row.states[rse] === 'AVAILABLE') there.push(file);
        else if (row.states[rse] === undefined) missing.push(file);
        else copying.push(file); // half-registered by another tool
      }
      there.push(...copying); // put right when all is done
      if (missing.length === 0) return there;
      if (missing.length === files.length && (files.length === 1 || !RucioError.is(error, 'refused', 'badInput', 'notFound'))) {
        if (files.length > 1 || !RucioError.is(error, 'refused', 'badInput')) throw error;
        refused.push({ file: files[0]!, error });
        return there;
      }
      // All or none is the server's way: the one that it does not take is found by halves.
      const half = Math.ceil(missing.length / 2);
      for (const some of [missing.slice(0, half), missing.slice(half)]) if (some.length > 0) there.push(...await this.#register(some, refused, signal));
      return there;
    }
  }

  /** Left half-registered by another tool, and whole at the storage: it was seen there under its final name. */
  async #repair(files: readonly FileRow[], signal?: AbortSignal): Promise<void> {
    try {
      await this.#client.updateReplicaStates(this.#wish.rse, files.map(({ scope, name }) => ({ scope, name, state: 'A' })), signal);
    } catch (error) {
      if (!RucioError.is(error)) throw error;
      const one = files.length === 1;
      throw error.with({ facts: `${one ? keyOf(files[0]!) : `${files.length} files`} ${one ? 'is' : 'are'} at the storage, whole; another tool registered ${one ? 'it' : 'them'} as being copied, and only an administrator can change that.` });
    }
  }

  async #attach(dataset: DID, files: readonly FileRow[], signal?: AbortSignal): Promise<void> {
    await this.#onlyOnce(keyOf(dataset), () => this.#ready(dataset, signal));
    try {
      await this.#client.attachDids(dataset, files, signal);
    } catch (error) {
      if (!RucioError.is(error, 'refused', 'timeout', 'unreachable', 'cutStream', 'serverError', 'busy')) throw error;
      const inside = new Set<string>();
      for await (const rows of this.#client.listContent(dataset, signal)) for (const row of rows) inside.add(keyOf(row));
      const missing = files.filter((file) => !inside.has(keyOf(file)));
      if (missing.length === files.length) throw error;
      if (missing.length > 0) await this.#client.attachDids(dataset, missing, signal);
    }
  }

  /** The dataset is there and open, in its container where there is one, and a rule of ours keeps its files at the RSE. */
  async #ready(dataset: DID, signal?: AbortSignal): Promise<void> {
    const { container } = this.#wish;
    if (!container) return this.#collection(dataset, 'DATASET', true, signal);
    await this.#onlyOnce(keyOf(container), () => this.#collection(container, 'CONTAINER', true, signal));
    await this.#collection(dataset, 'DATASET', false, signal);
    try {
      await this.#client.attachDids(container, [dataset], signal);
    } catch (error) {
      if (!RucioError.is(error, 'refused', 'timeout', 'unreachable', 'cutStream', 'serverError', 'busy')) throw error;
      for await (const rows of this.#client.listContent(container, signal)) if (rows.some((row) => keyOf(row) === keyOf(dataset))) return;
      throw error;
    }
  }

  async #collection(did: DID, type: 'DATASET' | 'CONTAINER', ruled: boolean, signal?: AbortSignal): Promise<void> {
    const { rse, lifetime } = this.#wish;
    const word = type.toLowerCase();
    const rule: Omit<NewRule, 'dids'> = { account: this.#account, copies: 1, rse_expression: rse, grouping: 'DATASET', lifetime };
    try {
      const details = await this.#client.getDid(did, {}, signal);
      if (details.type !== type) throw new RucioError('badInput', `${keyOf(did)} is a ${details.type.toLowerCase()}, and a ${word} is needed there.`, { subject: keyOf(did) });
      if (details.open === false) throw new RucioError('badInput', `The ${word} ${keyOf(did)} is closed: it takes nothing more.`, { subject: keyOf(did) });
    } catch (error) {
      if (!RucioError.is(error, 'notFound')) throw error;
      try {
        await this.#client.addDid(did, type, ruled ? [rule] : [], signal);
        return;
      } catch (problem) {
        if (!RucioError.is(problem) || problem.exceptionClass !== 'DataIdentifierAlreadyExists') throw problem;
      }
    }
    if (!ruled) return;
    const rules = await this.#client.listDidRules(did, signal);
    if (rules.some(({ account, rse_expression: expression }) => account === this.#account && expression === rse)) return;
    await this.#addRule({ ...rule, dids: [did] }, signal);
  }

  async #rules(files: readonly FileRow[], signal?: AbortSignal): Promise<void> {
    const { rse, lifetime } = this.#wish;
    // Resumed: which of them have theirs already is asked one by one.
    const without: FileRow[] = [];
    for (const file of files) {
      const has = file.step === 'registered' && (await this.#client.listDidRules(file, signal)).some(({ account, rse_expression: expression }) => account === this.#account && expression === rse);
      if (!has) without.push(file);
    }
    if (without.length > 0) await this.#addRule({ account: this.#account, copies: 1, rse_expression: rse, grouping: 'NONE', lifetime, dids: without }, signal);
  }

  async #addRule(rule: NewRule, signal?: AbortSignal): Promise<void> {
    try {
      await this.#client.addRule(rule, signal);
    } catch (error) {
      if (!RucioError.is(error, 'duplicateRule')) throw error;
      // All or none again: one at a time, and the one that has a rule has what was wanted.
      if (rule.dids.length > 1) for (const did of rule.dids) await this.#addRule({ ...rule, dids: [did] }, signal);
    }
  }
}

function sameFile(row: FileReplicas, file: FileRow): boolean {
  return row.bytes === file.bytes && (row.adler32 === null || row.adler32.toLowerCase().padStart(8, '0') === file.adler32);
}
