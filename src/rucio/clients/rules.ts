// Rules and the locks that they hold: one method for each call of `/rules/` and `/locks/`.
import { RucioError } from '../errors.ts';
import { path } from '../paths.ts';
import { checkObject, checkTexts } from '../rows.ts';
import type { DatasetLock, DID, DIDType, NewRule, ReplicaLock, Rule, RuleAnalysis, RuleFilter, RuleState, TransferRequest } from '../types.ts';
import { aboutDids, bare, chunksOf, MOST_DIDS, text, type TokenCaller } from './caller.ts';

/** How the server writes states in filters (rucio 41: db/sqla/constants.py, RuleState). */
const STATE_LETTERS: Readonly<Record<RuleState, string>> = { OK: 'O', REPLICATING: 'R', STUCK: 'S', SUSPENDED: 'U', WAITING_APPROVAL: 'W', INJECT: 'I' };
/** The same for DIDType. */
const TYPE_LETTERS: Readonly<Record<DIDType, string>> = { FILE: 'F', DATASET: 'D', CONTAINER: 'C' };
const LOCK_TEXTS = ['scope', 'name', 'rse', 'state', 'rule_id'] as const;
const RULE_TEXTS = ['id', 'scope', 'name', 'state', 'rse_expression', 'account'] as const;

export type RuleCalls = ReturnType<typeof ruleCalls>;

export function ruleCalls(caller: TokenCaller) {
  return {
    /** Rules on the DID itself. */
    listDidRules(did: DID, signal?: AbortSignal): Promise<Rule[]> {
      return caller.allRows({ path: path`/dids/${did.scope}/${did.name}/rules`, about: text(did), signal, texts: RULE_TEXTS });
    },

    /** Rules, on the file or on what holds it, that lock a replica of it. */
    listAssociatedRules(did: DID, signal?: AbortSignal): Promise<Rule[]> {
      return caller.allRows({ path: path`/dids/${did.scope}/${did.name}/associated_rules`, about: text(did), signal, texts: RULE_TEXTS });
    },

    async getRule(id: string, signal?: AbortSignal): Promise<Rule> {
      return checkObject(await caller.json({ path: path`/rules/${id}`, about: id, signal }), RULE_TEXTS, 'GET /rules/…');
    },

    /** One row per file and RSE: 10^5 for a large set. */
    listReplicaLocks(id: string, signal?: AbortSignal): AsyncGenerator<ReplicaLock[], void, undefined> {
      return caller.rows({ path: path`/rules/${id}/locks`, about: id, signal, texts: ['scope', 'name', 'rse', 'state'] });
    },

    /** The ids of the rules made: one for each DID. Never repeated, whatever happens on the way. */
    async addRule(rule: NewRule, signal?: AbortSignal): Promise<string[]> {
      // `account` must be there; null means the token's own.
      const body = { ...rule, account: rule.account ?? null, dids: rule.dids.map(bare) };
      return checkTexts(await caller.json({ method: 'POST', path: '/rules/', body, about: aboutDids(rule.dids), signal }), 'POST /rules/');
    },

    /** `options` as Rucio names them: lifetime (s from now, null = none), comment, priority, state, boost_rule, … (rucio 41: core/rule.py update_rule). */
    updateRule(id: string, options: Record<string, unknown>, signal?: AbortSignal): Promise<void> {
      return caller.done({ method: 'PUT', path: path`/rules/${id}`, body: { options }, about: id, signal });
    },

    /** Soft: the rule ends an hour later (rucio 41: core/rule.py delete_rule), and can be seen until then. */
    deleteRule(id: string, signal?: AbortSignal): Promise<void> {
      // The server wants a body.
      return caller.done({ method: 'DELETE', path: path`/rules/${id}`, body: { purge_replicas: null }, about: id, signal });
    },

    /** Rules that fit all of the filter, in no order, with the bytes that the DID has by the catalogue's book (null for open ones). */
    listRules(filter: RuleFilter, signal?: AbortSignal): AsyncGenerator<Rule[], void, undefined> {
      const { state, did_type: type, ...others } = filter;
      const query = { ...others, ...(state && { state: STATE_LETTERS[state] }), ...(type && { did_type: TYPE_LETTERS[type] }) };
      return caller.rows({ path: '/rules/', query, about: filter.account ?? filter.scope ?? 'rules', signal, texts: RULE_TEXTS });
    },

    /** Of a stuck rule: each stuck file with its attempts and last source; of any other `rule_error` says its state (rucio 41: core/rule.py examine_rule). */
    async examineRule(id: string, signal?: AbortSignal): Promise<RuleAnalysis> {
      return checkObject(await caller.json({ path: path`/rules/${id}/analysis`, about: id, signal }), [], 'GET /rules/…/analysis');
    },

    /** The dataset's locks, by RSE and rule; of a container or file none. */
    listDatasetLocks(did: DID, signal?: AbortSignal): Promise<DatasetLock[]> {
      return caller.allRows({ path: path`/locks/${did.scope}/${did.name}`, query: { did_type: 'dataset' }, about: text(did), signal, texts: LOCK_TEXTS });
    },

    /** Of all datasets that are locked at an RSE, by whichever rule. */
    listRseDatasetLocks(rse: string, signal?: AbortSignal): Promise<DatasetLock[]> {
      return caller.allRows({ path: path`/locks/${rse}`, query: { did_type: 'dataset' }, about: rse, signal, texts: LOCK_TEXTS });
    },

    /** The same for many datasets and containers (those are opened: rows are of their datasets). With `type` the server need not look it up. With a file among them the server fails. */
    async listDatasetLocksBulk(dids: readonly (DID & { readonly type?: 'DATASET' | 'CONTAINER' })[], signal?: AbortSignal): Promise<DatasetLock[]> {
      const all: DatasetLock[] = [];
      for (const some of chunksOf(dids, MOST_DIDS)) {
        const rows = await caller.allRows<DatasetLock>({ method: 'POST', reads: true, path: '/locks/bulk_locks_for_dids', body: { dids: some.map((did) => ({ ...bare(did), ...(did.type && { type: did.type.toLowerCase() }) })) }, about: aboutDids(dids), signal, texts: LOCK_TEXTS });
        for (const row of rows) all.push(row);
      }
      return all;
    },

    /** The transfer under way for a file (or null); not for every account to see: accessDenied. */
    async getRequest(did: DID, rse: string, signal?: AbortSignal): Promise<TransferRequest | null> {
      return await caller.json({ path: path`/requests/${did.scope}/${did.name}/${rse}`, about: text(did), signal }) as TransferRequest | null;
    },

    /** Allows a rule that waits for it. The server says nothing when it waits no more (rucio 41: core/rule.py approve_rule). */
    approveRule(id: string, signal?: AbortSignal): Promise<void> {
      return caller.done({ method: 'PUT', path: path`/rules/${id}`, body: { options: { approve: true } }, about: id, signal });
    },

    /** The rule is gone at once. */
    denyRule(id: string, reason: string, signal?: AbortSignal): Promise<void> {
      return caller.done({ method: 'PUT', path: path`/rules/${id}`, body: { options: { approve: false, comment: reason } }, about: id, signal });
    },

    /** Makes another rule with fewer copies in place of this one, which must be OK. The new rule's id. */
    async reduceRule(id: string, copies: number, signal?: AbortSignal): Promise<string> {
      return oneId(await caller.json({ method: 'POST', path: path`/rules/${id}/reduce`, body: { copies }, about: id, signal }), 'POST /rules/…/reduce');
    },

    /** Makes a rule at other RSEs; this one ends when that is OK. The new rule's id. */
    async moveRule(id: string, rseExpression: string, signal?: AbortSignal): Promise<string> {
      return oneId(await caller.json({ method: 'POST', path: path`/rules/${id}/move`, body: { rule_id: id, rse_expression: rseExpression }, about: id, signal }), 'POST /rules/…/move');
    },
  };
}

/** Answered as a text, by the documentation as a list of them. */
function oneId(answer: unknown, request: string): string {
  const [id] = checkTexts(typeof answer === 'string' ? [answer] : answer, request);
  if (id === undefined) throw new RucioError('notRucio', 'The server made a rule and did not say which.', { request });
  return id;
}
