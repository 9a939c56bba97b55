// What an assistant may do with a data lake: one table, for VS Code's language models and for `datalake mcp`. Each tool is
// its name, its words, its input, and what it asks of the lake service. Answers are bounded; texts in them are the
// server's, and so nobody's orders.
import { ServiceFailure } from '../client/client.ts';
import * as protocol from '../protocol.ts';
import type { DID, DIDRow, Rule } from '../protocol.ts';
import type { ToolContext } from './context.ts';
import { doCreate, ruleEffect, RULE_FIELDS } from './createRule.ts';
import { checkInput, type Input, type Schema, ToolError } from './schema.ts';

export interface Tool {
  readonly name: string;
  /** For people: what the tool is called, and what is going on while it runs. */
  readonly title: string;
  readonly doing: string;
  /** For the model: when to use it, and what it answers. */
  readonly what: string;
  readonly icon: string;
  readonly schema: Schema;
  /** What it would do, exactly, for a person to confirm; undefined: it only reads. @throws ToolError when it can't be done */
  readonly effect?: (context: ToolContext, input: Input) => Promise<string>;
  readonly run: (context: ToolContext, input: Input) => Promise<unknown>;
}

const LONGEST_DID = 600;
const INSTANCE = { instance: { type: 'string', description: 'Name of the Rucio instance; leave it out for the usual one.', maxLength: 200 } } as const;
const ONE_DID = { did: { type: 'string', description: 'A DID, written scope:name.', maxLength: LONGEST_DID } } as const;
const MOST_CHILDREN = 20;
const MOST_RULES = 20;
const MOST_STUCK = 20;
const MOST_RSES = 200;

export const TOOLS: readonly Tool[] = [
  {
    name: 'rucio_search_dids', title: 'Search DIDs', doing: 'Searching the data lake', icon: '$(search)',
    what: 'Searches the catalogue of a Rucio data lake for data identifiers (DIDs): files, datasets, containers. The pattern is scope:name, where * in the name stands for any characters; the scope must be written in full. Answers with at most `limit` DIDs, their type, bytes and number of files; `more` says whether there are others.',
    schema: {
      type: 'object', additionalProperties: false, required: ['pattern'],
      properties: {
        pattern: { type: 'string', description: 'For example user.alice:run2026*', maxLength: LONGEST_DID },
        type: { type: 'string', description: 'Only DIDs of this type.', maxLength: 20, enum: ['all', 'collection', 'dataset', 'container', 'file'] },
        limit: { type: 'integer', description: 'Most DIDs in the answer; 50 when left out.', minimum: 1, maximum: 200 },
        ...INSTANCE,
      },
    },
    async run({ client, instance, signal }, input) {
      const rows: DIDRow[] = [];
      const limit = Number(input['limit'] ?? 50);
      const name = await instance(text(input['instance']));
      const { more } = await client.stream(protocol.searchDids, protocol.didRows, (stream) => ({ instance: name, text: String(input['pattern']), type: (text(input['type']) ?? 'all') as protocol.DIDFilter, limit, rows: stream }),
        (some) => rows.push(...some), { signal, onRestart: () => void (rows.length = 0) });
      return { dids: rows.slice(0, limit).map(rowOf), more };
    },
  },
  {
    name: 'rucio_describe_did', title: 'Describe DID', doing: 'Looking at the DID', icon: '$(info)',
    what: `Says what a DID of a Rucio data lake is: its type, owner, bytes, number of files, checksums of a file, and the first ${MOST_CHILDREN} things in a dataset or container.`,
    schema: { type: 'object', additionalProperties: false, required: ['did'], properties: { ...ONE_DID, ...INSTANCE } },
    async run({ client, instance, signal }, input) {
      const [name, did] = [await instance(text(input['instance'])), didOf(input['did'])];
      const details = await client.request(protocol.getDid, { instance: name, did }, signal);
      const { type, account, bytes, length, open, monotonic, expired_at, adler32, md5 } = details;
      const about = { did: didText(did), type, account, bytes, files: length, open, monotonic, expires: expired_at ?? undefined, adler32: adler32 ?? undefined, md5: md5 ?? undefined };
      if (type === 'FILE') return about;
      const rows: DIDRow[] = [];
      const { more } = await client.stream(protocol.listContent, protocol.didRows, (stream) => ({ instance: name, did, type: 'all' as const, limit: MOST_CHILDREN, rows: stream }),
        (some) => rows.push(...some), { signal, onRestart: () => void (rows.length = 0) });
      return { ...about, holds: rows.map(rowOf), holdsMore: more };
    },
  },
  {
    name: 'rucio_locate_did', title: 'Locate DID', doing: 'Looking where the data is', icon: '$(location)',
    what: 'Says where the data of a DID is: whether it can be read here, by which local path (of a file), or what is happening (a rule that replicates, is stuck, waits for approval), and at which other storages (RSEs) copies are.',
    schema: { type: 'object', additionalProperties: false, required: ['did'], properties: { ...ONE_DID, ...INSTANCE } },
    async run({ client, instance, signal }, input) {
      const [name, did] = [await instance(text(input['instance'])), didOf(input['did'])];
      const glance = await client.request(protocol.glanceAt, { instance: name, did }, signal);
      const { elsewhere, details } = glance;
      // A summary says that it is here; why it is not takes a longer look. Without a storage of this site nothing is here or not.
      const here = glance.here?.state === 'available' || (!glance.here && details.type !== 'CONTAINER') ? glance.here : await client.request(protocol.availability, { instance: name, did }, signal).catch(nothingMounted);
      return { did: didText(did), type: details.type, here: here && { state: here.state, path: here.path, filesHere: here.available, filesInAll: here.total, percent: here.percent, ruleId: here.ruleId, error: here.error, looked: here.looked }, elsewhere };
    },
  },
  {
    name: 'rucio_rule_status', title: 'Rule Status', doing: 'Looking at the replication rule', icon: '$(law)',
    what: `Says how a replication rule is, or all rules on a DID: state, progress, when it ends, Rucio's own error; of a stuck rule the files that keep it so (at most ${MOST_STUCK}), with their last error and where they could come from. Give rule_id or did.`,
    schema: {
      type: 'object', additionalProperties: false,
      properties: { rule_id: { type: 'string', description: 'Id of a rule: 32 hexadecimal digits.', maxLength: 64 }, ...ONE_DID, ...INSTANCE },
    },
    async run({ client, instance, signal }, input) {
      const name = await instance(text(input['instance']));
      const id = text(input['rule_id']);
      if ((id === undefined) === (input['did'] === undefined)) throw new ToolError('Give either rule_id or did.');
      if (id !== undefined && !/^[0-9a-f-]{32,36}$/i.test(id)) throw new ToolError('rule_id must be 32 hexadecimal digits.');
      const rules = id === undefined
        ? (await client.request(protocol.listDidRules, { instance: name, did: didOf(input['did']) }, signal)).slice(0, MOST_RULES)
        : [(await client.request(protocol.getRule, { instance: name, id }, signal)).rule];
      const stuck = rules.find(({ state }) => state === 'STUCK');
      const files = stuck && (await client.request(protocol.stuckFiles, { instance: name, id: stuck.id }, signal)).slice(0, MOST_STUCK);
      return {
        rules: rules.map(ruleOf),
        ...(stuck && files && { stuck: { ruleId: stuck.id, files: files.map(({ scope, name: file, rse, attempts, lastError, lastSource, sources }) => ({ did: `${scope}:${file}`, to: rse, attempts, lastError, lastSource, sources })) } }),
      };
    },
  },
  {
    name: 'rucio_quota', title: 'Quota', doing: 'Looking at your quota', icon: '$(pie-chart)',
    what: 'Says what the signed-in account uses, may use and has left at each storage (RSE) of the data lake, in bytes. No limit given: nothing may be put there.',
    schema: { type: 'object', additionalProperties: false, properties: { ...INSTANCE } },
    async run({ client, instance, signal }, input) {
      const usage = await client.request(protocol.storageUsage, { instance: await instance(text(input['instance'])) }, signal);
      return { storages: usage.slice(0, MOST_RSES).map(({ kind, rse, used, files, limit }) => ({ rse, kind, used, files, limit: limit === null ? 'unlimited' : limit, left: typeof limit === 'number' ? Math.max(0, limit - used) : undefined })), more: usage.length > MOST_RSES };
    },
  },
  {
    name: 'rucio_create_rule', title: 'Create Rule', doing: 'Preparing the replication rule', icon: '$(add)',
    what: 'Makes a replication rule for one or several DIDs: Rucio then brings copies of the data to the storages that the RSE expression means, and keeps them for lifetime_days. It takes quota of the person\'s account. The person is shown exactly what would be done, and confirms it or not; never take a confirmation for granted.',
    schema: { type: 'object', additionalProperties: false, required: ['dids', 'rse_expression', 'lifetime_days'], properties: { ...RULE_FIELDS, ...INSTANCE } },
    effect: (context, input) => ruleEffect(context, input, didOf),
    run: (context, input) => doCreate(context, input, didOf),
  },
];

export const toolOf = (name: string): Tool | undefined => TOOLS.find((tool) => tool.name === name);

/** Characters of one answer. */
const LONGEST_ANSWER = 40_000;

/** Checks the input, does it, and gives the answer as text. @throws ToolError with words for the model */
export async function useTool(tool: Tool, context: ToolContext, raw: unknown): Promise<string> {
  return inWords(async () => {
    const answer = JSON.stringify(await tool.run(context, checkInput(raw, tool.schema)), null, 1);
    return answer.length <= LONGEST_ANSWER ? answer : `${answer.slice(0, LONGEST_ANSWER)}\n… (${answer.length - LONGEST_ANSWER} characters were left out: ask for less)`;
  });
}

/** What a tool that writes would do. @throws ToolError */
export async function effectOf(tool: Tool, context: ToolContext, raw: unknown): Promise<string> {
  return inWords(async () => await tool.effect?.(context, checkInput(raw, tool.schema)) ?? '');
}

async function inWords(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ServiceFailure) throw new ToolError(`${error.failure.what} ${error.failure.next}`.trim());
    throw error;
  }
}

export function didOf(value: unknown): DID {
  const given = String(value);
  const colon = given.indexOf(':');
  if (colon <= 0 || colon === given.length - 1) throw new ToolError(`${JSON.stringify(given)} is no DID: write scope:name.`);
  return { scope: given.slice(0, colon), name: given.slice(colon + 1) };
}

const text = (value: Input[string]): string | undefined => (typeof value === 'string' ? value : undefined);
const didText = ({ scope, name }: DID): string => `${scope}:${name}`;
const rowOf = (row: DIDRow): object => ({ did: didText(row), type: row.type, bytes: row.bytes, files: row.type === 'FILE' ? undefined : row.length });
const ruleOf = ({ id, scope, name, account, rse_expression, copies, state, locks_ok_cnt, locks_replicating_cnt, locks_stuck_cnt, created_at, expires_at, error, comments, activity }: Rule): object =>
  ({ id, did: `${scope}:${name}`, account, rse_expression, copies, state, filesDone: locks_ok_cnt, filesMoving: locks_replicating_cnt, filesStuck: locks_stuck_cnt, created_at, expires_at, error, comments, activity });

function nothingMounted(error: unknown): undefined {
  if (error instanceof ServiceFailure && error.failure.kind === 'configuration') return undefined;
  throw error;
}

/** What the manifest says of them: `languageModelTools`, held to this by a test. `setting`: must be on. */
export function manifestTools(setting: string): readonly object[] {
  return TOOLS.map(({ name, title, what, schema, icon }) => ({
    name, displayName: title, modelDescription: what, userDescription: what.split('. ')[0]?.replace(/\.$/, '') ?? title, toolReferenceName: name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    canBeReferencedInPrompt: true, icon, tags: ['rucio', 'data'], inputSchema: schema, when: `config.${setting}`,
  }));
}
