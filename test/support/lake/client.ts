// What tests need of a running lake: signing in, a call of the REST API, the stand-in's controls. Plain on purpose: this
// is the yardstick for the extension's own client, and shares no code with it.
import fs from 'node:fs';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LakeInfo, LakeRule } from './info.ts';

type AccountName = keyof LakeInfo['accounts'];
export interface Reply { readonly status: number; readonly headers: Headers; readonly text: string }

/** Signs an account in with user name and password; gives its Rucio token. */
export async function token(lake: LakeInfo, account: AccountName): Promise<string> {
  const { username, password } = lake.accounts[account].userpass;
  const reply = await fetch(`${lake.rucio.http}/auth/userpass`, { headers: { 'X-Rucio-Account': account, 'X-Rucio-Username': username, 'X-Rucio-Password': password } });
  const got = reply.headers.get('X-Rucio-Auth-Token');
  if (got === null) throw new Error(`sign-in as ${account} failed: ${reply.status} ${await reply.text()}`);
  return got;
}

/** One call of the REST API, by http. `path` is written as it goes over the wire. */
export async function rest(lake: LakeInfo, authToken: string, method: string, path: string, body?: unknown): Promise<Reply> {
  const reply = await fetch(`${lake.rucio.http}${path}`, {
    // Its own connection: one that was kept may be closed by the server at the moment it is used.
    method, headers: { 'X-Rucio-Auth-Token': authToken, Connection: 'close' }, redirect: 'manual', ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
}

/** The rows of an answer in lines of JSON (application/x-json-stream). */
export const rows = <T>(reply: Reply): T[] => reply.text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as T);

/** https with the lake's authority: the provider, a storage, Rucio with a client certificate. */
export function secure(lake: LakeInfo, url: string, options: { method?: string; headers?: Record<string, string>; body?: string; cert?: string; key?: string } = {}): Promise<Reply> {
  const { cert, key, body, ...rest } = options;
  const files = cert && key ? { cert: fs.readFileSync(cert), key: fs.readFileSync(key) } : {};
  return new Promise((resolve, reject) => {
    const req = https.request(url, { ...rest, ...files, ca: fs.readFileSync(lake.ca.file), agent: false }, (res) => {
      const parts: Buffer[] = [];
      res.on('data', (part: Buffer) => parts.push(part));
      res.on('error', reject);
      res.on('end', () => {
        const headers = new Headers();
        for (let i = 0; i + 1 < res.rawHeaders.length; i += 2) headers.append(res.rawHeaders[i] as string, res.rawHeaders[i + 1] as string);
        resolve({ status: res.statusCode ?? 0, headers, text: Buffer.concat(parts).toString() });
      });
    });
    req.on('error', reject);
    req.end(body);
  });
}

/** Posts a form to the OpenID provider. */
export const postForm = (lake: LakeInfo, path: string, form: Readonly<Record<string, string>>, basic?: { id: string; secret: string }): Promise<Reply> => secure(lake, `${lake.idp.issuer}${path}`, {
  method: 'POST', body: new URLSearchParams(form).toString(),
  headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...(basic ? { Authorization: `Basic ${Buffer.from(`${basic.id}:${basic.secret}`).toString('base64')}` } : {}) },
});

/** Makes a rule and gives its id; throws with the server's words when it is refused. */
export async function addRule(lake: LakeInfo, authToken: string, did: string, rse: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const at = did.indexOf(':');
  const reply = await rest(lake, authToken, 'POST', '/rules/', { dids: [{ scope: did.slice(0, at), name: did.slice(at + 1) }], copies: 1, rse_expression: rse, account: 'alice', ...more });
  const [id] = reply.status === 201 ? JSON.parse(reply.text) as string[] : [];
  if (id === undefined) throw new Error(`no rule for ${did}: ${reply.status} ${reply.text}`);
  return id;
}

/** Ends a rule's life, as its owner, and waits until it is gone (within seconds; a removed rule would stay for an hour). */
export async function removeRule(lake: LakeInfo, authToken: string, rule: string): Promise<void> {
  const reply = await rest(lake, authToken, 'PUT', `/rules/${rule}`, { options: { lifetime: 1 } });
  if (reply.status !== 200) throw new Error(`the rule stays: ${reply.status} ${reply.text}`);
  for (let n = 0; (await rest(lake, authToken, 'GET', `/rules/${rule}`)).status !== 404; n++) {
    if (n > 100) throw new Error('the rule is still there after 20 s');
    await sleep(200);
  }
}

export interface RuleState { readonly state: string; readonly error: string | null; readonly locks_ok_cnt: number; readonly locks_replicating_cnt: number; readonly locks_stuck_cnt: number }

export async function ruleState(lake: LakeInfo, authToken: string, rule: LakeRule | string): Promise<RuleState> {
  const reply = await rest(lake, authToken, 'GET', `/rules/${typeof rule === 'string' ? rule : rule.id}`);
  if (reply.status !== 200) throw new Error(`no such rule: ${reply.status} ${reply.text}`);
  return JSON.parse(reply.text) as RuleState;
}

/** Waits until the rule is in this state; throws with its last state after `seconds`. */
export async function waitForRule(lake: LakeInfo, authToken: string, rule: LakeRule | string, state: string, seconds = 60): Promise<RuleState> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const now = await ruleState(lake, authToken, rule);
    if (now.state === state) return now;
    if (Date.now() > until) throw new Error(`the rule is ${now.state}, not ${state}, after ${seconds} s${now.error ? `: ${now.error}` : ''}`);
    await sleep(200);
  }
}

export interface StandinState { readonly holds: readonly string[]; readonly delay: number; readonly running: number; readonly waiting: readonly string[]; readonly jobs: number }

/** Controls of the stand-in for FTS. */
export const standin = {
  /** Lets no transfer begin whose destination URL contains this text. */
  hold: (lake: LakeInfo, destination: string): Promise<StandinState> => tell(lake, 'hold', { destination }),
  /** Takes a hold back. */
  release: (lake: LakeInfo, destination: string): Promise<StandinState> => tell(lake, 'release', { destination }),
  /** Every transfer takes at least this long. */
  delay: (lake: LakeInfo, seconds: number): Promise<StandinState> => tell(lake, 'delay', { seconds }),
  state: (lake: LakeInfo): Promise<StandinState> => tell(lake),
};

async function tell(lake: LakeInfo, what?: string, body?: object): Promise<StandinState> {
  const reply = await fetch(what ? `${lake.standin.control}/${what}` : lake.standin.control, what ? { method: 'POST', body: JSON.stringify(body) } : {});
  if (!reply.ok) throw new Error(`the FTS stand-in said ${reply.status}: ${await reply.text()}`);
  return await reply.json() as StandinState;
}

/** A scope of its own for tests that fill it: the others are looked at by people, and by other tests, as they are. */
export async function addScope(lake: LakeInfo, account: AccountName, scope: string): Promise<string> {
  const reply = await rest(lake, await token(lake, 'root'), 'POST', `/scopes/${account}/${scope}`);
  if (reply.status !== 201 && reply.status !== 409) throw new Error(`no scope ${scope}: ${reply.status} ${reply.text}`);
  return scope;
}
