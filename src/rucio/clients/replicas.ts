// Replicas: one method for each call of `/replicas/`.
import { RucioError } from '../errors.ts';
import { path } from '../paths.ts';
import type { DatasetReplica, DID, FileReplicas, NewReplica } from '../types.ts';
import { aboutDids, bare, chunksOf, DID_TEXTS, MOST_DIDS, ND_JSON, text, type TokenCaller } from './caller.ts';

/** DIDs that are not asked for in smaller pieces. */
const FEW = 200;

const DATASET_REPLICA_TEXTS = ['scope', 'name', 'rse', 'state'] as const;

export interface ListReplicasOptions {
  rseExpression?: string;
  /** Without them the server names only the best protocol of each RSE. */
  schemes?: readonly string[];
  /** Also replicas that are not AVAILABLE: a file whose copy failed has state UNAVAILABLE, and a PFN like any other. */
  allStates?: boolean;
  domain?: 'wan' | 'lan' | 'all';
  /** Also what holds each file: a look-up each in the server. */
  resolveParents?: boolean;
}

export type ReplicaCalls = ReturnType<typeof replicaCalls>;

export function replicaCalls(caller: TokenCaller) {
  return {
    /** One row per file, collections opened; asked for 1000 DIDs at a time. Which files without replicas have a row: {@link FileReplicas}. */
    async *listReplicas(dids: readonly DID[], options: ListReplicasOptions = {}, signal?: AbortSignal): AsyncGenerator<FileReplicas[], void, undefined> {
      const open = [...chunksOf(dids, MOST_DIDS)];
      for (let some = open.shift(); some; some = open.shift()) {
        const body = {
          dids: some.map(bare),
          ...(options.schemes && { schemes: options.schemes }),
          ...(options.rseExpression !== undefined && { rse_expression: options.rseExpression }),
          ...(options.allStates !== undefined && { all_states: options.allStates }),
          ...(options.resolveParents && { resolve_parents: true }),
          ...(options.domain !== undefined && { domain: options.domain }),
        };
        let begun = false;
        try {
          for await (const rows of caller.rows<FileReplicas>({ method: 'POST', reads: true, path: '/replicas/list', headers: ND_JSON, body, about: aboutDids(dids), signal, texts: DID_TEXTS })) {
            begun = true;
            yield rows;
          }
        } catch (error) {
          // What takes too long for a proxy on the way is asked for in smaller pieces.
          if (begun || some.length < FEW || !RucioError.is(error, 'timeout', 'busy', 'unreachable', 'cutStream')) throw error;
          const half = some.length >> 1;
          open.unshift(some.slice(0, half), some.slice(half));
        }
      }
    },

    /**
     * One row per RSE that holds some of the dataset. Not `deep`: what the server keeps book of (RSEs with a rule or a dataset replica);
     * `deep`: counted from the files. Of a container: none (rucio 41.5.1).
     */
    listDatasetReplicas(did: DID, options: { deep?: boolean } = {}, signal?: AbortSignal): Promise<DatasetReplica[]> {
      return caller.allRows({ path: path`/replicas/${did.scope}/${did.name}/datasets`, query: { deep: options.deep ? 'true' : undefined }, about: text(did), signal, texts: DATASET_REPLICA_TEXTS });
    },

    /** The same, not deep, for many datasets; containers and unknown DIDs have no rows. */
    async listDatasetReplicasBulk(dids: readonly DID[], signal?: AbortSignal): Promise<DatasetReplica[]> {
      const all: DatasetReplica[] = [];
      for (const some of chunksOf(dids, MOST_DIDS)) {
        const rows = await caller.allRows<DatasetReplica>({ method: 'POST', reads: true, path: '/replicas/datasets_bulk', body: { dids: some.map(bare) }, about: aboutDids(dids), signal, texts: DATASET_REPLICA_TEXTS });
        for (const row of rows) all.push(row);
      }
      return all;
    },

    /**
     * Registers files at an RSE, and the files themselves where the catalogue does not know them; at most 1000. Never repeated,
     * whatever happens on the way. All or none of a call (one transaction): a file that is there already is DuplicateReplica, or DataIdentifierAlreadyExists
     * when its checksum is another.
     */
    addReplicas(rse: string, files: readonly NewReplica[], signal?: AbortSignal): Promise<void> {
      return caller.done({ method: 'POST', path: '/replicas', body: { rse, files }, about: aboutDids(files), signal });
    },

    /** `A` available. Not for every account: AccessDenied (rucio 41: core/permission/generic.py: administrators only). */
    updateReplicaStates(rse: string, files: readonly (DID & { readonly state: 'A' })[], signal?: AbortSignal): Promise<void> {
      return caller.done({ method: 'PUT', path: '/replicas', body: { rse, files }, about: aboutDids(files), signal });
    },
  };
}
