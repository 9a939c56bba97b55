// The tools for assistants by themselves: inputs that are anybody's, answers that are bounded, and nothing written that no
// person has confirmed, whatever a client of the protocol sends.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { allowAssistants, assistantsAllowed } from '../../../src/assistants/allowed.ts';
import { effectText } from '../../../src/assistants/createRule.ts';
import { McpServer } from '../../../src/assistants/mcp.ts';
import { checkInput, ToolError } from '../../../src/assistants/schema.ts';
import type { ToolContext } from '../../../src/assistants/context.ts';
import { manifestTools, TOOLS, toolOf, useTool } from '../../../src/assistants/tools.ts';
import { ServiceFailure } from '../../../src/client/client.ts';
import { settings } from '../../../src/ui/contributions.ts';

const root = path.join(import.meta.dirname, '../../..');

class Lake {
  readonly asked: string[] = [];
  bytes = 1000;
  readonly client = {
    request: async (type: { readonly method: string }, params: { dids?: readonly { scope: string; name: string }[]; did?: { scope: string; name: string } }): Promise<unknown> => {
      this.asked.push(type.method);
      switch (type.method) {
        case 'rule/previewCreate': return { rses: [{ rse: 'RSE1', quotaLeft: 5e9, quotaUnlimited: false, filesHere: 0, bytesHere: 0 }], dids: (params.dids ?? []).map((did) => ({ ...did, type: 'DATASET', files: 8, bytes: this.bytes })), files: 8, bytes: this.bytes, overQuota: false };
        case 'rule/create': return (params.dids ?? []).map((did) => ({ did, progress: { rule: { id: 'r1', state: 'REPLICATING', expires_at: null }, notes: [] } }));
        case 'did/get': throw new ServiceFailure({ kind: 'notFound', what: `There is no ${params.did?.scope}:${params.did?.name}.`, next: 'Check the name.', actions: [] });
        default: return [];
      }
    },
    stream: async (_type: unknown, _partial: unknown, _params: unknown, onItems: (rows: readonly object[]) => void): Promise<unknown> => {
      onItems(Array.from({ length: 200 }, (_, i) => ({ scope: 'test', name: `${'n'.repeat(400)}${i}`, type: 'FILE', bytes: 1, length: 1 })));
      return { more: true };
    },
  };
  context(signal = new AbortController().signal): ToolContext {
    return { client: this.client as never, instance: async () => 'lake', signal };
  }
}

const RULE = { dids: ['test:ds.raw'], rse_expression: 'RSE1', lifetime_days: 7 };

/** A client of the protocol; `answers`: what its person says to a question. */
function session(lake: Lake, answers?: () => unknown, options: { readonly refusal?: () => string | undefined; readonly now?: () => number } = {}) {
  const said: { id?: unknown; method?: string; params?: { message?: string }; result?: { content?: { text: string }[]; isError?: boolean; tools?: { name: string }[]; protocolVersion?: string }; error?: { code: number } }[] = [];
  const server = new McpServer({
    version: '1', refusal: options.refusal ?? (() => undefined), context: (signal) => lake.context(signal), ...(options.now && { now: options.now }),
    send: (line) => {
      assert.ok(!line.includes('\n'));
      const message = JSON.parse(line) as (typeof said)[number];
      said.push(message);
      if (message.method === 'elicitation/create' && answers) void server.receive(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: answers() }));
    },
  });
  const send = async (message: object): Promise<(typeof said)[number]> => {
    await server.receive(JSON.stringify({ jsonrpc: '2.0', ...message }));
    return said.at(-1)!;
  };
  const call = async (name: string, input: object): Promise<string> => (await send({ id: said.length + 100, method: 'tools/call', params: { name, arguments: input } })).result?.content?.[0]?.text ?? '';
  return { server, said, send, call };
}

describe('inputs', () => {
  it('of any shape are taken or refused in words, and what is taken fits', () => {
    fc.assert(fc.property(fc.constantFrom(...TOOLS), fc.oneof(fc.anything(), fc.dictionary(fc.constantFrom('did', 'dids', 'pattern', 'limit', 'rule_id', 'copies', '__proto__', 'x'), fc.anything())), ({ schema }, value) => {
      let input;
      try {
        input = checkInput(value, schema);
      } catch (error) {
        assert.ok(error instanceof ToolError, String(error));
        return;
      }
      for (const key of Object.keys(input)) assert.ok(Object.hasOwn(schema.properties, key), key);
      for (const key of schema.required ?? []) assert.ok(input[key] !== undefined);
    }), { numRuns: 500 });
  });

  it('that are wrong say what would be right', async () => {
    const lake = new Lake();
    const said = (name: string, input: object) => useTool(toolOf(name)!, lake.context(), input).then(() => '', (error: unknown) => (error as Error).message);
    assert.match(await said('rucio_search_dids', {}), /pattern is missing/);
    assert.match(await said('rucio_search_dids', { pattern: 'a:b', limit: 1e9 }), /from 1 to 200/);
    assert.match(await said('rucio_describe_did', { did: 'nonsense' }), /write scope:name/);
    assert.match(await said('rucio_describe_did', { did: 'a:b\n' }), /without line breaks/);
    assert.match(await said('rucio_describe_did', { did: 'a:b', evil: 1 }), /no input "evil"/);
    assert.match(await said('rucio_rule_status', {}), /either rule_id or did/);
    assert.match(await said('rucio_describe_did', { did: 'test:none' }), /There is no test:none\. Check the name\./);
    assert.equal(lake.asked.filter((method) => method.startsWith('rule/')).length, 0);
  });

  it('of the manifest are those of the table', () => {
    const { contributes } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { contributes: { languageModelTools: unknown } };
    assert.deepEqual(contributes.languageModelTools, JSON.parse(JSON.stringify(manifestTools(settings.assistantsEnabled))));
  });
});

describe('answers', () => {
  it('are bounded, and say so', async () => {
    const answer = await useTool(toolOf('rucio_search_dids')!, new Lake().context(), { pattern: 'test:*', limit: 200 });
    assert.ok(answer.length < 41_000);
    assert.match(answer, /characters were left out: ask for less/);
  });

  it('an effect names everything that will be', () => {
    const preview = { rses: [{ rse: 'A', quotaLeft: null, quotaUnlimited: true, filesHere: 0, bytesHere: 0 }], dids: [{ scope: 's', name: 'n', type: 'FILE' as const, files: 1, bytes: 4_100_000 }], files: 1, bytes: 1, overQuota: false };
    const text = effectText('lake', preview, { rse_expression: 'tier=1', copies: 2, lifetime: null, grouping: 'DATASET', comment: 'why' });
    assert.equal(text, 'Make 1 replication rule in “lake”: 2 copies, with no end, at “tier=1”, which now means A (your quota there is unlimited), with the comment “why”:\n- s:n (file, 1 file, 4.1 MB)');
  });
});

describe('the protocol', () => {
  it('greets, lists, calls, and answers what it does not know with an error', async () => {
    const { send, call } = session(new Lake());
    assert.equal((await send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-03-26', capabilities: {} } })).result?.protocolVersion, '2025-03-26');
    assert.equal((await send({ id: 2, method: 'initialize', params: { protocolVersion: '1999' } })).result?.protocolVersion, '2025-06-18');
    assert.deepEqual((await send({ id: 3, method: 'tools/list' })).result?.tools?.map(({ name }) => name), TOOLS.map(({ name }) => name));
    assert.deepEqual((await send({ id: 4, method: 'ping' })).result, {});
    assert.equal((await send({ id: 5, method: 'resources/list' })).error?.code, -32601);
    assert.equal((await send({ id: 6, method: 'tools/call', params: { name: 'rm' } })).error?.code, -32602);
    assert.match(await call('rucio_search_dids', { pattern: 'test:*', limit: 1 }), /"dids"/);
  });

  it('whatever line comes: it never fails, and nothing is written', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.string(), fc.json(), fc.record({ jsonrpc: fc.constant('2.0'), id: fc.anything(), method: fc.constantFrom('tools/call', 'initialize', 'notifications/cancelled', 'x'), params: fc.oneof(fc.anything(), fc.record({ name: fc.constantFrom('rucio_create_rule', 'rucio_quota'), arguments: fc.anything() })) }).map((message) => JSON.stringify(message))), { maxLength: 6 }), async (lines) => {
      const lake = new Lake();
      const { server } = session(lake);
      for (const line of lines) await server.receive(line);
      assert.ok(!lake.asked.includes('rule/create'));
    }), { numRuns: 200 });
  });

  it('turned off: no tools, and calls are refused', async () => {
    const lake = new Lake();
    const { send, call } = session(lake, undefined, { refusal: () => 'It is off.' });
    assert.deepEqual((await send({ id: 1, method: 'tools/list' })).result?.tools, []);
    assert.equal(await call('rucio_quota', {}), 'It is off.');
    assert.deepEqual(lake.asked, []);
  });

  it('a call that is cancelled is not answered', async () => {
    const lake = new Lake();
    const { server, said } = session(lake);
    Object.assign(lake.client, { request: () => new Promise((_, reject) => { setTimeout(() => reject(new Error('late')), 30); }) });
    const call = server.receive(JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'rucio_quota', arguments: {} } }));
    await server.receive(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } }));
    await call;
    assert.deepEqual(said, []);
  });
});

describe('a rule', () => {
  it('is made when the client\'s person confirms the exact effect, and only then', async () => {
    for (const [answer, made] of [[{ action: 'accept', content: { confirm: true } }, true], [{ action: 'accept', content: { confirm: false } }, false], [{ action: 'accept' }, false], [{ action: 'decline' }, false], [{ action: 'cancel' }, false], [null, false]] as const) {
      const lake = new Lake();
      const { send, call, said } = session(lake, () => answer);
      await send({ id: 1, method: 'initialize', params: { capabilities: { elicitation: {} } } });
      const text = await call('rucio_create_rule', RULE);
      const question = said.find(({ method }) => method === 'elicitation/create')?.params?.message ?? '';
      assert.match(question, /Make 1 replication rule in “lake”: 1 copy, for 7 days, at “RSE1”, .*5\.0 GB of your quota left.*\n- test:ds\.raw \(dataset, 8 files, 1\.0 kB\)/);
      assert.equal(lake.asked.includes('rule/create'), made, JSON.stringify(answer));
      assert.match(text, made ? /"ruleId": "r1"/ : /Nothing was done/);
    }
  });

  it('without such questions a second call must repeat the effect, once, soon, and of the same call', async () => {
    const lake = new Lake();
    let now = 0;
    const { call } = session(lake, undefined, { now: () => now });
    const offer = async (): Promise<string> => (await call('rucio_create_rule', RULE)).split('\n').at(-1)!;
    const created = (): number => lake.asked.filter((method) => method === 'rule/create').length;
    let confirm = await offer();
    assert.match(confirm, /^Make 1 replication rule .*test:ds\.raw.*\[[0-9a-f]{12}\]$/);
    assert.match(await call('rucio_create_rule', { ...RULE, confirm: 'yes' }), /confirms nothing/);
    assert.match(await call('rucio_create_rule', { ...RULE, lifetime_days: 0, confirm }), /confirms nothing/);
    assert.match(await call('rucio_create_rule', { ...RULE, confirm }), /confirms nothing/, 'it was used up');
    confirm = await offer();
    now += 600_001;
    assert.match(await call('rucio_create_rule', { ...RULE, confirm }), /confirms nothing/, 'too late');
    confirm = await offer();
    lake.bytes = 2000;
    assert.match(await call('rucio_create_rule', { ...RULE, confirm }), /confirms nothing/, 'the effect is another now');
    assert.equal(created(), 0);
    confirm = await offer();
    assert.match(await call('rucio_create_rule', { ...RULE, confirm }), /"ruleId": "r1"/);
    assert.match(await call('rucio_create_rule', { ...RULE, confirm }), /confirms nothing/);
    assert.equal(created(), 1);
  });
});

it('turned off in a window holds for those without settings', () => {
  const state = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'allowed-')), 'state');
  assert.equal(assistantsAllowed({ state }), true);
  allowAssistants({ state }, false);
  assert.equal(assistantsAllowed({ state }), false);
  allowAssistants({ state }, true);
  allowAssistants({ state }, true);
  assert.equal(assistantsAllowed({ state }), true);
  fs.rmSync(path.dirname(state), { recursive: true });
});
