// `datalake mcp` as an assistant's program starts it: the bundled program on standard input and output, the real service,
// the real lake.
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { after, test } from 'node:test';
import { allowAssistants } from '../../src/assistants/allowed.ts';
import { TOOLS } from '../../src/assistants/tools.ts';
import { choosePlace } from '../../src/client/place.ts';
import { node24, root } from '../support/install.ts';
import { rest, token } from '../support/lake/client.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { podIn, podToken } from '../support/pod.ts';
import { testService } from '../support/service.ts';

const info = await sharedLake();
const service = testService();
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'mcp-'));
const programs: ChildProcessWithoutNullStreams[] = [];
after(async () => {
  for (const program of programs) program.kill();
  await service.stop();
  fs.rmSync(home, { recursive: true, force: true });
});
// The program finds the service by the machine's name.
fs.mkdirSync(path.join(service.folder, 'state', 'rucio-datalake'), { recursive: true, mode: 0o700 });
const pod = podIn(home, info);
fs.mkdirSync(path.dirname(pod.tokenFile), { recursive: true });
pod.renew(await podToken(info, 3600));
const surroundings = { XDG_STATE_HOME: path.join(service.folder, 'state'), XDG_RUNTIME_DIR: path.join(service.folder, 'run') };

interface Reply { readonly id?: number | string; readonly method?: string; readonly params?: { readonly message: string }; readonly result?: { readonly content?: readonly { readonly text: string }[]; readonly isError?: boolean; readonly tools?: readonly { readonly name: string }[]; readonly serverInfo?: { readonly name: string } } }

/** `person`: what is answered to a question; without it the client can't ask. */
async function assistant(person?: (message: string) => object) {
  const child = spawn(node24, [path.join(root, 'dist', 'cli.cjs'), 'mcp'], { cwd: home, env: { ...pod.env, PATH: process.env['PATH'] ?? '', ...surroundings } });
  programs.push(child);
  let err = '';
  child.stderr.on('data', (data: Buffer) => { err += data.toString(); });
  const waiting = new Map<number | string, (reply: Reply) => void>();
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as Reply; // anything else on standard output is a mistake
    if (message.method === 'elicitation/create') child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: message.id, result: person?.(message.params?.message ?? '') })}\n`);
    else waiting.get(message.id ?? '')?.(message);
  });
  const failed: ((error: Error) => void)[] = [];
  child.once('exit', (code) => { for (const fail of failed) fail(new Error(`it ended with ${code}: ${err}`)); });
  let last = 0;
  const ask = (method: string, params: object): Promise<Reply> => new Promise((resolve, reject) => {
    const id = ++last;
    waiting.set(id, resolve);
    failed.push(reject);
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
  });
  const begun = await ask('initialize', { protocolVersion: '2025-06-18', capabilities: person ? { elicitation: {} } : {}, clientInfo: { name: 'test', version: '1' } });
  assert.equal(begun.result?.serverInfo?.name, 'rucio-datalake');
  child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
  return {
    ask,
    call: async (name: string, input: object): Promise<{ readonly text: string; readonly failed: boolean }> => {
      const { result } = await ask('tools/call', { name, arguments: input });
      return { text: result?.content?.[0]?.text ?? '', failed: result?.isError === true };
    },
    end: () => new Promise<{ readonly code: number | null; readonly err: string }>((resolve) => {
      child.once('exit', (code) => resolve({ code, err }));
      child.stdin.end();
    }),
  };
}

const { available, elsewhere } = info.seed.dids;
const stuck = info.seed.rules.stuck.did;
const rulesOf = async (did: string): Promise<readonly string[]> => {
  const reply = await rest(info, await token(info, 'alice'), 'GET', `/dids/${did.split(':').map(encodeURIComponent).join('/')}/rules`);
  return reply.text.trim().split('\n').filter(Boolean).map((line) => (JSON.parse(line) as { id: string }).id);
};

test('it searches, describes, locates, explains a stuck rule, tells the quota; then ends with its input', async () => {
  const { ask, call, end } = await assistant();
  assert.deepEqual((await ask('tools/list', {})).result?.tools?.map(({ name }) => name), TOOLS.map(({ name }) => name));
  const found = JSON.parse((await call('rucio_search_dids', { pattern: `${stuck.slice(0, -2)}*` })).text) as { dids: { did: string }[] };
  assert.ok(found.dids.some(({ did }) => did === stuck), JSON.stringify(found));
  const about = JSON.parse((await call('rucio_describe_did', { did: available })).text) as { type: string; files: number; holds: unknown[] };
  assert.deepEqual([about.type, about.files > 0, about.holds.length > 0], ['DATASET', true, true]);
  const here = JSON.parse((await call('rucio_locate_did', { did: available })).text) as { here: { state: string } };
  assert.equal(here.here.state, 'available');
  const away = JSON.parse((await call('rucio_locate_did', { did: elsewhere })).text) as { here: { state: string; looked: string }; elsewhere: string[] };
  assert.equal(away.here.state, 'notAvailable');
  assert.ok(away.elsewhere.length > 0, JSON.stringify(away));
  const rules = JSON.parse((await call('rucio_rule_status', { did: stuck })).text) as { rules: { state: string }[]; stuck: { files: { did: string; lastError?: string }[] } };
  assert.ok(rules.rules.some(({ state }) => state === 'STUCK'));
  assert.ok(rules.stuck.files.length > 0 && rules.stuck.files.length <= 20, JSON.stringify(rules));
  assert.match((await call('rucio_quota', {})).text, /EULAKE-1/);
  const none = await call('rucio_describe_did', { did: 'test:no.such.did' });
  assert.ok(none.failed && /no\.such\.did/.test(none.text), none.text);
  assert.match((await call('rucio_quota', { instance: 'nowhere' })).text, /There is no instance “nowhere”: there is escape/);
  assert.deepEqual(await end(), { code: 0, err: '' });
});

test('a rule is made only when the person says yes to what it would do', async () => {
  // A rule that was deleted stands in the way of its like for a while.
  const did = `user.alice:mcp.${Date.now()}`;
  await rest(info, await token(info, 'alice'), 'POST', `/dids/${did.replace(':', '/')}`, { type: 'DATASET' });
  const rule = { dids: [did], rse_expression: 'XRD1_SCRATCHDISK', lifetime_days: 1, comment: `asked ${Date.now()}` };
  const asked: string[] = [];
  const unwilling = await assistant((message) => { asked.push(message); return { action: 'decline' }; });
  assert.match((await unwilling.call('rucio_create_rule', rule)).text, /Nothing was done/);
  assert.match(asked[0] ?? '', new RegExp(`Make 1 replication rule in “escape”: 1 copy, for 1 day, at “XRD1_SCRATCHDISK”.*\\n- ${did.replaceAll('.', '\\.')} \\(`));
  assert.deepEqual(await rulesOf(did), []);
  await unwilling.end();

  const deaf = await assistant();
  const offer = await deaf.call('rucio_create_rule', rule);
  assert.deepEqual(await rulesOf(did), [], offer.text);
  const made = await deaf.call('rucio_create_rule', { ...rule, confirm: offer.text.split('\n').at(-1) });
  const { rules: [{ ruleId }] } = JSON.parse(made.text) as { rules: [{ ruleId: string }] };
  assert.deepEqual(await rulesOf(did), [ruleId]);
  await deaf.end();
});

test('turned off in a window, it refuses at once, also what runs already', async () => {
  const { ask, call, end } = await assistant();
  const place = choosePlace({ platform: process.platform, env: surroundings, home, hostname: os.hostname(), tmp: os.tmpdir(), uid: process.getuid?.() });
  allowAssistants(place, false);
  assert.deepEqual((await ask('tools/list', {})).result?.tools, []);
  assert.match((await call('rucio_quota', {})).text, /rucio\.assistants\.enabled is off/);
  allowAssistants(place, true);
  assert.match((await call('rucio_quota', {})).text, /EULAKE-1/);
  await end();
});
