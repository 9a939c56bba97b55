// The rows and objects of Rucio's REST API, as the server sends them (seen on 41.5.1). Dates are RFC 1123 texts with "UTC".

export type DIDType = 'FILE' | 'DATASET' | 'CONTAINER';

/** Scope and name. Either may hold any character that a community's schema allows; never build a path from it by hand. */
export interface DID {
  readonly scope: string;
  readonly name: string;
}

/** `GET /dids/<scope>/dids/search?long=1`. `bytes` and `length` are null for open collections and containers. */
export interface DIDSearchRow extends DID {
  readonly did_type: DIDType;
  readonly bytes: number | null;
  readonly length: number | null;
}

/** `GET /dids/<scope>/<name>/dids`: one level, unordered. */
export interface DIDContentRow extends DID {
  readonly type: DIDType;
  readonly bytes: number | null;
  readonly adler32: string | null;
  readonly md5: string | null;
}

/** `GET /dids/<scope>/<name>/files`. */
export interface DIDFileRow extends DID {
  readonly bytes: number;
  readonly adler32: string | null;
}

/** `GET /dids/<scope>/<name>/parents`. */
export interface DIDParentRow extends DID {
  readonly type: DIDType;
}

/** `GET /dids/<scope>/<name>[?dynamic_depth=FILE]`; checksums for files, `open` for collections. */
export interface DIDDetails extends DID {
  readonly type: DIDType;
  readonly account: string;
  readonly bytes: number | null;
  readonly length: number | null;
  readonly open?: boolean;
  readonly monotonic?: boolean;
  readonly expired_at?: string | null;
  readonly adler32?: string | null;
  readonly md5?: string | null;
}

export type ReplicaState = 'AVAILABLE' | 'UNAVAILABLE' | 'COPYING' | 'BEING_DELETED' | 'BAD' | 'SOURCE' | 'TEMPORARY_UNAVAILABLE';

/**
 * A row of `POST /replicas/list`: one file. Without replicas (at the asked RSEs) a file that was asked for itself has a row with empty
 * `rses`, one that was asked for by its dataset or container has no row (seen on 41.5.1). An unknown DID has none.
 */
export interface FileReplicas extends DID {
  readonly bytes: number;
  readonly adler32: string | null;
  readonly md5: string | null;
  readonly pfns: Readonly<Record<string, { readonly rse: string; readonly type: string; readonly domain: string; readonly priority: number }>>;
  readonly rses: Readonly<Record<string, readonly string[]>>;
  readonly states: Readonly<Record<string, ReplicaState>>;
  /** With `resolveParents`: "scope:name" of what holds it, on any level, each followed by what holds that. */
  readonly parents?: readonly string[];
}

/** A row of `GET /replicas/<scope>/<name>/datasets` and `POST /replicas/datasets_bulk`: one dataset at one RSE. */
export interface DatasetReplica extends DID {
  readonly rse: string;
  readonly bytes: number | null;
  readonly length: number | null;
  readonly available_bytes: number | null;
  readonly available_length: number | null;
  readonly state: ReplicaState;
  readonly updated_at: string | null;
}

export type RuleState = 'OK' | 'REPLICATING' | 'STUCK' | 'SUSPENDED' | 'WAITING_APPROVAL' | 'INJECT';

/** `GET /rules/<id>`; the list calls add `bytes`. */
export interface Rule extends DID {
  readonly id: string;
  readonly account: string;
  readonly did_type: DIDType;
  readonly state: RuleState;
  /** Why it is stuck, in the server's words; the only useful text it keeps (rucio 41: `/analysis` says less). */
  readonly error: string | null;
  readonly rse_expression: string;
  readonly copies: number;
  readonly expires_at: string | null;
  readonly weight: string | null;
  readonly locked: boolean;
  readonly locks_ok_cnt: number;
  readonly locks_replicating_cnt: number;
  readonly locks_stuck_cnt: number;
  readonly source_replica_expression: string | null;
  readonly activity: string;
  readonly grouping: 'DATASET' | 'ALL' | 'NONE';
  readonly notification: string;
  readonly stuck_at: string | null;
  readonly purge_replicas: boolean;
  readonly ignore_availability: boolean;
  readonly ignore_account_limit: boolean;
  readonly priority: number;
  readonly comments: string | null;
  readonly child_rule_id: string | null;
  readonly eol_at: string | null;
  readonly split_container: boolean;
  readonly meta: unknown;
  readonly subscription_id: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly bytes?: number | null;
}

/** A row of `GET /rules/<id>/locks`: one file at one RSE. */
export interface ReplicaLock extends DID {
  readonly rse: string;
  readonly state: 'OK' | 'REPLICATING' | 'STUCK';
  readonly rule_id: string;
}

/** What `GET /rules/` takes; `*` stands for any characters in account and scope. Times as `Sun, 01 Feb 2026 12:00:00 UTC` (rucio 41: core/rule.py list_rules). */
export interface RuleFilter {
  readonly account?: string;
  readonly scope?: string;
  readonly name?: string;
  readonly did_type?: DIDType;
  readonly state?: RuleState;
  readonly rse_expression?: string;
  readonly activity?: string;
  readonly created_before?: string;
  readonly created_after?: string;
  readonly updated_before?: string;
  readonly updated_after?: string;
}

/** `GET /rules/<id>/analysis`; `sources`: RSEs with a good replica, and whether they can be read now. */
export interface RuleAnalysis {
  readonly rule_error?: string | null;
  readonly transfers?: readonly (DID & {
    readonly rse: string;
    readonly attempts?: number;
    readonly last_error?: string | null;
    readonly last_source?: string | null;
    readonly last_time?: string | null;
    readonly sources?: readonly (readonly [rse: string, readable: boolean])[];
  })[];
}

/** A row of `GET /locks/<scope>/<name>` and `POST /locks/bulk_locks_for_dids`: one dataset at one RSE for one rule. Bytes. */
export interface DatasetLock extends DID {
  readonly rse: string;
  readonly rule_id: string;
  readonly account: string;
  readonly state: 'OK' | 'REPLICATING' | 'STUCK';
  readonly length: number | null;
  readonly bytes: number | null;
}

/** `GET /requests/<scope>/<name>/<rse>`: the fields we use. */
export interface TransferRequest {
  readonly state?: string;
  readonly retry_count?: number;
  readonly err_msg?: string | null;
  readonly source_rse?: string | null;
  readonly activity?: string | null;
  readonly updated_at?: string | null;
}

/** A row of `GET /rses/<rse>/usage`. Bytes. */
export interface RSEUsage {
  readonly source: string;
  readonly used?: number | null;
  readonly free?: number | null;
  readonly total?: number | null;
  readonly files?: number | null;
}

/** `GET /accounts/<account>/usage/local`; a limit of -1 arrives as Infinity. Bytes. */
export interface AccountUsage {
  readonly rse: string;
  readonly bytes: number;
  readonly files: number;
  readonly bytes_limit: number;
  readonly bytes_remaining: number;
}

/** A row of `GET /accounts/<account>/usage/global`: the limits set on RSE expressions. Bytes. */
export interface AccountGlobalUsage {
  readonly rse_expression: string;
  readonly bytes: number;
  readonly files: number;
  readonly bytes_limit: number;
  readonly bytes_remaining: number;
}

/** A value of `GET /accounts/<account>/limits/global`. Bytes. */
export interface AccountGlobalLimit {
  readonly limit: number;
  readonly resolved_rses?: readonly string[];
}

/** Priorities: 1 (and 0, which is better still) best; null = this protocol does not do it. */
export interface RSEProtocol {
  readonly scheme: string;
  readonly hostname: string;
  readonly port: number;
  readonly prefix: string;
  readonly impl: string;
  readonly domains: Readonly<Record<'lan' | 'wan', Readonly<Record<'read' | 'write' | 'delete' | 'third_party_copy_read' | 'third_party_copy_write', number | null>>>>;
  readonly extended_attributes: unknown;
}

/** `GET /rses/<rse>`: the fields we use of it. */
export interface RSEDetails {
  readonly rse: string;
  readonly id?: string;
  readonly rse_type?: 'DISK' | 'TAPE';
  readonly deterministic?: boolean;
  readonly lfn2pfn_algorithm?: string;
  readonly availability_read?: boolean;
  readonly availability_write?: boolean;
  readonly availability_delete?: boolean;
  readonly protocols?: readonly RSEProtocol[];
  /** `s3`, `gcs`, `swift`: its https addresses have to be signed by the server. */
  readonly sign_url?: string | null;
}

/** `GET /rses/<rse>/attr/`: true, false, numbers and texts, as the site set them. */
export type RSEAttributes = Readonly<Record<string, unknown>>;

/** Body of `POST /rules/`. `lifetime` in seconds, null = none. */
export interface NewRule {
  readonly dids: readonly DID[];
  readonly copies: number;
  readonly rse_expression: string;
  readonly lifetime: number | null;
  readonly account?: string | null;
  readonly grouping?: 'DATASET' | 'ALL' | 'NONE';
  readonly activity?: string;
  readonly comment?: string | null;
  readonly ask_approval?: boolean;
  readonly asynchronous?: boolean;
  readonly priority?: number;
  readonly source_replica_expression?: string | null;
  readonly notify?: 'Y' | 'N' | 'C' | 'P';
}

/** A file of `POST /replicas`. Bytes; `state`: A available, C copying. */
export interface NewReplica extends DID {
  readonly bytes: number;
  readonly adler32: string;
  readonly md5?: string;
  readonly state: 'A' | 'C';
  /** Where it lies, at an RSE that is not deterministic, which needs it; none elsewhere. */
  readonly pfn?: string;
  readonly meta?: Readonly<Record<string, unknown>>;
}
