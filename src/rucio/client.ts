// Rucio's REST API, one method for each call, named as Rucio names it. Rows and objects come as the server sends them (types.ts).
// All methods throw RucioError; a generator that is left early ends its connection.
import { RucioError } from './errors.ts';
import { path, type UrlPath } from './paths.ts';
import { checkObject, checkTexts } from './rows.ts';
import { searchPattern } from './search.ts';
import type { Call, RowsCall, TokenSource, Transport } from './transport.ts';
import type { AccountGlobalUsage, AccountUsage, DatasetReplica, DID, DIDContentRow, DIDDetails, DIDParentRow, DIDSearchRow, FileReplicas, NewRule, ReplicaLock, RSEAttributes, RSEDetails, Rule } from './types.ts';

/** Most DIDs that the server takes in one call (rucio 41: common/schema/generic.py, r_dids). */
const MOST_DIDS = 1000;
/** Of a query string, so that the request line stays below the 4094 bytes of gunicorn and the 8190 of Apache. */
const LONGEST_QUERY = 3000;
const ND_JSON = { Accept: 'application/x-json-stream' } as const;
const DID_TEXTS = ['scope', 'name'] as const;
const DID_TYPE_TEXTS = ['scope', 'name', 'type'] as const;
const RULE_TEXTS = ['id', 'scope', 'name', 'state', 'rse_expression', 'account'] as const;
const DATASET_REPLICA_TEXTS = ['scope', 'name', 'rse', 'state'] as const;

export interface ListReplicasOptions {
  rseExpression?: string;
  /** Without them the server names only the best protocol of each RSE. */
  schemes?: readonly string[];
  /** Also replicas that are not AVAILABLE: a file whose copy failed has state UNAVAILABLE, and a PFN like any other. */
  allStates?: boolean;
  domain?: 'wan' | 'lan' | 'all';
}

export class RucioClient {
  readonly #transport: Transport;
  readonly #tokens: TokenSource;

  constructor(transport: Transport, tokens: TokenSource) {
    this.#transport = transport;
    this.#tokens = tokens;
  }

  /** No token needed: tells whether a Rucio server is there. */
  async ping(signal?: AbortSignal): Promise<{ version: string }> {
    const call: Call = { path: '/ping', signal };
    return checkObject(await this.#transport.json(call), ['version'], 'GET /ping');
  }

  /** The account that the token stands for. */
  whoami(signal?: AbortSignal): Promise<string> {
    return whoami(this.#transport, this.#tokens, signal);
  }

  async listScopes(signal?: AbortSignal): Promise<string[]> {
    return checkTexts(await this.#json({ path: '/scopes/', signal }), 'GET /scopes/');
  }

  /** An account without scopes has none (the server says 404 ScopeNotFound); an unknown account is notFound. */
  async listAccountScopes(account: string, signal?: AbortSignal): Promise<string[]> {
    const call: Call = { path: path`/scopes/${account}/scopes`, about: account, signal };
    try {
      return checkTexts(await this.#json(call), `GET ${call.path}`);
    } catch (error) {
      if (RucioError.is(error, 'notFound') && error.exceptionClass === 'ScopeNotFound') return [];
      throw error;
    }
  }

  /**
   * DIDs of a scope, in no order. `name`: `*` stands for any characters, `*` alone for all; `limit`: at most so many rows.
   * An unknown scope has no rows. DIDs that the server suppresses are not among them.
   */
  async *searchDids(scope: string, { name, type, limit }: { name: string; type: 'all' | 'collection' | 'dataset' | 'container' | 'file'; limit?: number }, signal?: AbortSignal): AsyncGenerator<DIDSearchRow[], void, undefined> {
    const pattern = searchPattern(name);
    let left = pattern.exact ? 1 : limit ?? Infinity;
    if (left <= 0) return;
    const query = {
      type,
      long: 'true',
      name: pattern.sent,
      // With a filter of ours the server can't count: we read until we have enough, and hang up.
      limit: Number.isFinite(left) && !pattern.keeps ? left : undefined,
    };
    for await (const rows of this.#rows<DIDSearchRow>({ path: path`/dids/${scope}/dids/search`, query, about: scope, signal, texts: ['scope', 'name', 'did_type'] })) {
      const { keeps } = pattern;
      const kept = keeps ? rows.filter((row) => keeps(row.name)) : rows;
      const batch = kept.length > left ? kept.slice(0, left) : kept;
      left -= batch.length;
      if (batch.length > 0) yield batch;
      // Where the server counts too it ends by itself, and the connection can be used again.
      if (left <= 0 && query.limit === undefined) return;
    }
  }

  /** `dynamicDepth` makes the server count bytes and length of open collections and containers, down to files or datasets. */
  async getDid(did: DID, options: { dynamicDepth?: 'FILE' | 'DATASET' } = {}, signal?: AbortSignal): Promise<DIDDetails> {
    return checkObject(await this.#json({ path: path`/dids/${did.scope}/${did.name}`, query: { dynamic_depth: options.dynamicDepth }, about: text(did), signal }), DID_TYPE_TEXTS, 'GET /dids/…');
  }

  /** Direct children, in no order; of a file: none. */
  listContent(did: DID, signal?: AbortSignal): AsyncGenerator<DIDContentRow[], void, undefined> {
    return this.#rows({ path: path`/dids/${did.scope}/${did.name}/dids`, about: text(did), signal, texts: DID_TYPE_TEXTS });
  }

  listParents(did: DID, signal?: AbortSignal): Promise<DIDParentRow[]> {
    return this.#allRows({ path: path`/dids/${did.scope}/${did.name}/parents`, about: text(did), signal, texts: DID_TYPE_TEXTS });
  }

  /** One row per file, collections opened; asked for 1000 DIDs at a time. Which files without replicas have a row: {@link FileReplicas}. */
  async *listReplicas(dids: readonly DID[], options: ListReplicasOptions = {}, signal?: AbortSignal): AsyncGenerator<FileReplicas[], void, undefined> {
    for (const some of chunksOf(dids, MOST_DIDS)) {
      const body = {
        dids: some.map(bare),
        ...(options.schemes && { schemes: options.schemes }),
        ...(options.rseExpression !== undefined && { rse_expression: options.rseExpression }),
        ...(options.allStates !== undefined && { all_states: options.allStates }),
        ...(options.domain !== undefined && { domain: options.domain }),
      };
      yield* this.#rows<FileReplicas>({ method: 'POST', reads: true, path: '/replicas/list', headers: ND_JSON, body, about: aboutDids(dids), signal, texts: DID_TEXTS });
    }
  }

  /**
   * One row per RSE that holds some of the dataset. Not `deep`: what the server keeps book of (RSEs with a rule or a dataset replica);
   * `deep`: counted from the files. Of a container: none (rucio 41.5.1).
   */
  listDatasetReplicas(did: DID, options: { deep?: boolean } = {}, signal?: AbortSignal): Promise<DatasetReplica[]> {
    return this.#allRows({ path: path`/replicas/${did.scope}/${did.name}/datasets`, query: { deep: options.deep ? 'true' : undefined }, about: text(did), signal, texts: DATASET_REPLICA_TEXTS });
  }

  /** The same, not deep, for many datasets; containers and unknown DIDs have no rows. */
  async listDatasetReplicasBulk(dids: readonly DID[], signal?: AbortSignal): Promise<DatasetReplica[]> {
    const all: DatasetReplica[] = [];
    for (const some of chunksOf(dids, MOST_DIDS)) {
      const rows = await this.#allRows<DatasetReplica>({ method: 'POST', reads: true, path: '/replicas/datasets_bulk', body: { dids: some.map(bare) }, about: aboutDids(dids), signal, texts: DATASET_REPLICA_TEXTS });
      for (const row of rows) all.push(row);
    }
    return all;
  }

  /** Rules on the DID itself. */
  listDidRules(did: DID, signal?: AbortSignal): Promise<Rule[]> {
    return this.#allRows({ path: path`/dids/${did.scope}/${did.name}/rules`, about: text(did), signal, texts: RULE_TEXTS });
  }

  /** Rules, on the file or on what holds it, that lock a replica of it. */
  listAssociatedRules(did: DID, signal?: AbortSignal): Promise<Rule[]> {
    return this.#allRows({ path: path`/dids/${did.scope}/${did.name}/associated_rules`, about: text(did), signal, texts: RULE_TEXTS });
  }

  async getRule(id: string, signal?: AbortSignal): Promise<Rule> {
    return checkObject(await this.#json({ path: path`/rules/${id}`, about: id, signal }), RULE_TEXTS, 'GET /rules/…');
  }

  /** One row per file and RSE: 10^5 for a large set. */
  listReplicaLocks(id: string, signal?: AbortSignal): AsyncGenerator<ReplicaLock[], void, undefined> {
    return this.#rows({ path: path`/rules/${id}/locks`, about: id, signal, texts: ['scope', 'name', 'rse', 'state'] });
  }

  /** The ids of the rules made: one for each DID. Never repeated, whatever happens on the way. */
  async addRule(rule: NewRule, signal?: AbortSignal): Promise<string[]> {
    // `account` must be there; null means the token's own.
    const body = { ...rule, account: rule.account ?? null, dids: rule.dids.map(bare) };
    return checkTexts(await this.#json({ method: 'POST', path: '/rules/', body, about: aboutDids(rule.dids), signal }), 'POST /rules/');
  }

  /** `options` as Rucio names them: lifetime (s from now, null = none), comment, priority, state, boost_rule, … (rucio 41: core/rule.py update_rule). */
  updateRule(id: string, options: Record<string, unknown>, signal?: AbortSignal): Promise<void> {
    return this.#transport.done({ method: 'PUT', path: path`/rules/${id}`, body: { options }, about: id, tokens: this.#tokens, signal });
  }

  /** Soft: the rule ends an hour later (rucio 41: core/rule.py delete_rule), and can be seen until then. */
  deleteRule(id: string, signal?: AbortSignal): Promise<void> {
    // The server wants a body.
    return this.#transport.done({ method: 'DELETE', path: path`/rules/${id}`, body: { purge_replicas: null }, about: id, tokens: this.#tokens, signal });
  }

  /** Names of all RSEs, or of those that an RSE expression means (refused with InvalidRSEExpression when it means none). */
  async listRses(expression?: string, signal?: AbortSignal): Promise<string[]> {
    const rows = await this.#allRows<{ rse: string }>({ path: '/rses/', query: { expression }, about: expression ?? 'all RSEs', signal, texts: ['rse'] });
    return rows.map((row) => row.rse);
  }

  async getRse(rse: string, signal?: AbortSignal): Promise<RSEDetails> {
    return checkObject(await this.#json({ path: path`/rses/${rse}`, about: rse, signal }), ['rse'], 'GET /rses/…');
  }

  async getRseAttributes(rse: string, signal?: AbortSignal): Promise<RSEAttributes> {
    return checkObject(await this.#json({ path: path`/rses/${rse}/attr/`, about: rse, signal }), [], 'GET /rses/…/attr/');
  }

  /** PFNs as the RSE's own algorithm makes them (deterministic RSEs), by `scope:name`. */
  async lfns2pfns(rse: string, dids: readonly DID[], options: { scheme: string; operation: string; domain?: string }, signal?: AbortSignal): Promise<Record<string, string>> {
    const pfns: Record<string, string> = Object.create(null) as Record<string, string>;
    const ask = async (lfn: readonly string[]): Promise<void> => {
      const call: Call = { path: path`/rses/${rse}/lfns2pfns`, query: { lfn, scheme: options.scheme, operation: options.operation, domain: options.domain }, about: rse, signal };
      Object.assign(pfns, checkObject<Record<string, string>>(await this.#json(call), lfn, 'GET /rses/…/lfns2pfns'));
    };
    let some: string[] = [];
    let length = 0;
    for (const lfn of dids.map(text)) {
      const more = encodeURIComponent(lfn).length + 5;
      if (some.length > 0 && length + more > LONGEST_QUERY) {
        await ask(some);
        some = [];
        length = 0;
      }
      some.push(lfn);
      length += more;
    }
    if (some.length > 0) await ask(some);
    return pfns;
  }

  accountUsage(account: string, signal?: AbortSignal): Promise<AccountUsage[]> {
    return this.#allRows({ path: path`/accounts/${account}/usage/local`, about: account, signal, texts: ['rse'] });
  }

  accountGlobalUsage(account: string, signal?: AbortSignal): Promise<AccountGlobalUsage[]> {
    return this.#allRows({ path: path`/accounts/${account}/usage/global`, about: account, signal, texts: ['rse_expression'] });
  }

  #json(call: Call): Promise<unknown> {
    return this.#transport.json({ ...call, tokens: this.#tokens });
  }

  #rows<T>(call: RowsCall): AsyncGenerator<T[], void, undefined> {
    return this.#transport.rows<T>({ ...call, tokens: this.#tokens });
  }

  #allRows<T>(call: RowsCall): Promise<T[]> {
    return this.#transport.allRows<T>({ ...call, tokens: this.#tokens });
  }
}

/** `GET /accounts/whoami` answers 303 with `Location: <account>`; that account's page need not be asked for (rucio 41: web/rest/flaskapi/v1/accounts.py). */
export async function whoami(transport: Transport, tokens: TokenSource, signal?: AbortSignal): Promise<string> {
  const request: UrlPath = '/accounts/whoami';
  const answer = await transport.raw({ path: request, tokens, signal });
  const location = answer.header('Location');
  // Servers behind a front end may name themselves by another scheme or port; nothing is sent there, so only the name counts.
  const to = location === null ? null : URL.parse(location, `http://${transport.host}${request}`);
  const account = to && to.hostname === URL.parse(`http://${transport.host}`)?.hostname ? /\/accounts\/([^/]+)\/?$/.exec(to.pathname)?.[1] : undefined;
  if (answer.status !== 303 || account === undefined) {
    const elsewhere = to && to.hostname !== transport.host.replace(/:\d+$/, '') ? ` It sends us on to ${to.origin}: a log-in page on the way?` : '';
    throw new RucioError('notRucio', `${transport.host} did not say which account the token stands for (status ${answer.status}).${elsewhere}`, { status: answer.status, request: `GET ${request}`, subject: transport.host });
  }
  return decodeURIComponent(account);
}

/** The server refuses items with other keys (InvalidObject). */
function bare({ scope, name }: DID): DID {
  return { scope, name };
}

function text({ scope, name }: DID): string {
  return `${scope}:${name}`;
}

function aboutDids(dids: readonly DID[]): string {
  const [first] = dids;
  return first === undefined ? 'no DIDs' : dids.length === 1 ? text(first) : `${text(first)} and ${dids.length - 1} more`;
}

function* chunksOf<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size);
}
