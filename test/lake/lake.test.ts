// The lake itself: is it what the other suites take it for?
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { before, describe, test } from 'node:test';
import { adler32 } from '../support/adler32.ts';
import { addRule, postForm, removeRule, rest, rows, ruleState, secure, standin, token, waitForRule, type Reply } from '../support/lake/client.ts';
import type { LakeInfo, RuleRole } from '../support/lake/info.ts';
import { upLake } from '../support/lake/lake.ts';
import { sharedLake } from '../support/lake/shared.ts';

const MOUNTED = 'EULAKE-1';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const SCOPE = 'openid profile offline_access';

let lake: LakeInfo;
let alice: string;
before(async () => {
  lake = await sharedLake();
  alice = await token(lake, 'alice');
});

const json = (reply: Reply): Record<string, string> => JSON.parse(reply.text) as Record<string, string>;
/** Who Rucio says the owner of a token is. */
const whoami = async (authToken: string): Promise<string | null> => (await rest(lake, authToken, 'GET', '/accounts/whoami')).headers.get('Location');

/** Names of a dataset's files. */
async function filesOf(did: string): Promise<{ scope: string; name: string; adler32: string; bytes: number }[]> {
  const at = did.indexOf(':');
  return rows(await rest(lake, alice, 'GET', `/dids/${did.slice(0, at)}/${encodeURIComponent(did.slice(at + 1))}/files`));
}

/** Where a file lies at the mount, by its PFN there. */
async function pathAtMount(scope: string, name: string): Promise<string> {
  const [row] = rows<{ pfns: Record<string, object> }>(await rest(lake, alice, 'POST', '/replicas/list', { dids: [{ scope, name }], schemes: ['davs'], rse_expression: MOUNTED }));
  const rse = lake.rses[MOUNTED];
  const pfn = Object.keys(row?.pfns ?? {})[0];
  assert.ok(pfn !== undefined && pfn.startsWith(rse.davs), `a PFN at ${MOUNTED}: ${pfn}`);
  return path.join(rse.mount as string, pfn.slice(rse.davs.length));
}

describe('signing in', () => {
  const signIn = (username: string, password: string, account?: string): Promise<Response> => fetch(`${lake.rucio.http}/auth/userpass`, {
    headers: { 'X-Rucio-Username': username, 'X-Rucio-Password': password, ...(account ? { 'X-Rucio-Account': account } : {}) },
  });

  test('by user name and password', async () => {
    for (const account of ['root', 'alice', 'bob'] as const) assert.equal(await whoami(await token(lake, account)), account);
    assert.equal((await signIn('alice', 'wrong', 'alice')).status, 401);
  });

  test('an identity of two accounts is asked which', async () => {
    const { username, password, accounts } = lake.shared;
    const reply = await signIn(username, password);
    assert.equal(reply.status, 206);
    assert.deepEqual(await reply.json(), accounts);
    assert.equal((await signIn(username, password, 'bob')).status, 200);
  });

  test('by certificate', async () => {
    for (const { account, x509 } of Object.values(lake.accounts)) {
      assert.ok(x509);
      const reply = await secure(lake, `${lake.rucio.https}/auth/x509`, { headers: { 'X-Rucio-Account': account }, cert: x509.cert, key: x509.key });
      assert.equal(reply.status, 200, reply.text);
      assert.equal(await whoami(reply.headers.get('X-Rucio-Auth-Token') ?? ''), account);
    }
  });

  test('by device code, and the token is refreshed', async () => {
    const asked = json(await postForm(lake, '/device/auth', { client_id: lake.idp.clients.public, scope: SCOPE }));
    const poll = (): Promise<Reply> => postForm(lake, '/token', { client_id: lake.idp.clients.public, grant_type: DEVICE, device_code: asked['device_code'] ?? '' });
    assert.equal(json(await poll())['error'], 'authorization_pending');
    assert.equal((await secure(lake, `${lake.idp.approve}?user_code=${asked['user_code']}&login=bob`)).status, 200);
    const got = json(await poll());
    assert.equal(await whoami(got['access_token'] ?? ''), 'bob');
    const again = json(await postForm(lake, '/token', { client_id: lake.idp.clients.public, grant_type: 'refresh_token', refresh_token: got['refresh_token'] ?? '' }));
    assert.equal(await whoami(again['access_token'] ?? ''), 'bob');
  });

  test('by code with PKCE', async () => {
    const verifier = randomBytes(32).toString('base64url');
    const redirect = 'http://127.0.0.1:4711/callback';
    const query = new URLSearchParams({
      client_id: lake.idp.clients.public, response_type: 'code', redirect_uri: redirect, scope: SCOPE, prompt: 'consent', state: 'xyz',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
    });
    const cookies = new Map<string, string>();
    let url = `${lake.idp.issuer}/auth?${query}`;
    for (let hops = 0; !url.startsWith(redirect); hops++) {
      assert.ok(hops < 8, `still redirected to ${url}`);
      const reply = await secure(lake, url, { headers: { Cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join('; ') } });
      for (const cookie of reply.headers.getSetCookie()) cookies.set(...cookie.split(';')[0]?.split(/=(.*)/s).slice(0, 2) as [string, string]);
      assert.equal(reply.status, 303, reply.text);
      url = new URL(reply.headers.get('Location') ?? '', url).href;
    }
    const answer = new URL(url).searchParams;
    assert.equal(answer.get('state'), 'xyz');
    const form = { client_id: lake.idp.clients.public, grant_type: 'authorization_code', code: answer.get('code') ?? '', redirect_uri: redirect };
    const got = json(await postForm(lake, '/token', { ...form, code_verifier: verifier }));
    assert.equal(await whoami(got['access_token'] ?? ''), 'alice');
    assert.ok(got['refresh_token']);
  });

  test('by client credentials and by token exchange', async () => {
    const { rucio, hub } = lake.idp.clients;
    const service = json(await postForm(lake, '/token', { grant_type: 'client_credentials', scope: 'openid profile', audience: 'rucio' }, rucio));
    assert.equal(await whoami(service['access_token'] ?? ''), 'root');
    const hubs = (await secure(lake, `${lake.idp.token}?sub=alice&aud=hub`)).text;
    assert.equal((await rest(lake, hubs, 'GET', '/accounts/whoami')).status, 401);
    const exchanged = json(await postForm(lake, '/token', { grant_type: EXCHANGE, subject_token: hubs, subject_token_type: 'urn:ietf:params:oauth:token-type:access_token', audience: 'rucio' }, hub));
    assert.equal(await whoami(exchanged['access_token'] ?? ''), 'alice');
    const old = (await secure(lake, `${lake.idp.token}?sub=alice&ttl=-600`)).text;
    assert.equal((await rest(lake, old, 'GET', '/accounts/whoami')).status, 401);
  });
});

describe('data', () => {
  test('is found by a search', async () => {
    const found = rows<string>(await rest(lake, alice, 'GET', '/dids/test/dids/search?type=dataset&name=ds.raw*'));
    assert.deepEqual(found.sort(), ['ds.raw.run001', 'ds.raw.run002']);
    assert.deepEqual(rows(await rest(lake, alice, 'GET', '/dids/empty/dids/search?type=all&name=*')), []);
    const scopes = JSON.parse((await rest(lake, alice, 'GET', '/scopes/')).text) as string[];
    for (const scope of lake.seed.scopes) assert.ok(scopes.includes(scope), scope);
  });

  test('is of the kind its name says, at the storage too', async () => {
    const bearer = (await secure(lake, `${lake.idp.token}?sub=alice&aud=lake.test&scope=${encodeURIComponent('storage.read:/')}`)).text;
    for (const [role, magic] of [['demo', 'root'], ['fits', 'SIMPLE  =']] as const) {
      const [file] = await filesOf(lake.seed.dids[role]);
      assert.ok(file);
      const reply = await secure(lake, `${lake.rses.XRD2_DATADISK.davs.replace('davs:', 'https:')}${file.scope}/${file.name}`, { headers: { Authorization: `Bearer ${bearer}`, Range: `bytes=0-${magic.length - 1}` } });
      assert.equal(reply.status, 206);
      assert.equal(reply.text, magic);
    }
  });

  test('with odd names is at the mount', async () => {
    for (const odd of lake.seed.odd.filter((o) => o.path !== undefined)) {
      const data = fs.readFileSync(path.join(lake.rses[MOUNTED].mount as string, odd.path ?? ''));
      assert.deepEqual([data.length, adler32(data)], [odd.bytes, odd.adler32], odd.did);
    }
  });

  test('grows by --scale while the lake runs', async () => {
    const more = await upLake({ dir: lake.dir, scale: 500 });
    assert.equal(more.scale?.files, 500);
    assert.equal((await filesOf('scale:ds.500')).length, 500);
  });
});

describe('rules', () => {
  test('one of every state', async () => {
    const states: Record<RuleRole, string> = { ok: 'OK', replicating: 'REPLICATING', stuck: 'STUCK', waiting: 'WAITING_APPROVAL', suspended: 'SUSPENDED', inject: 'INJECT' };
    for (const [role, state] of Object.entries(states) as [RuleRole, string][]) await waitForRule(lake, alice, lake.seed.rules[role], state);
    const stuck = await ruleState(lake, alice, lake.seed.rules.stuck);
    assert.match(stuck.error ?? '', /404.*no such file or directory/s);
    assert.deepEqual([stuck.locks_ok_cnt, stuck.locks_stuck_cnt], [1, 1]);
  });

  test('move real bytes to the mount, odd names too; a held transfer waits until it is released', async () => {
    const [quick, slow] = await filesOf(lake.seed.dids.spare);
    assert.ok(quick && slow);
    await standin.hold(lake, `/${slow.name}`);
    const held = await addRule(lake, alice, `${slow.scope}:${slow.name}`, MOUNTED);
    const hash = lake.seed.odd.find((o) => o.what === 'hash' && o.path === undefined);
    assert.ok(hash);
    const rules = [await addRule(lake, alice, `${quick.scope}:${quick.name}`, MOUNTED), await addRule(lake, alice, hash.did, MOUNTED)];
    for (const rule of rules) await waitForRule(lake, alice, rule, 'OK');
    for (const [name, sum] of [[quick.name, quick.adler32], [hash.did.slice(hash.did.indexOf(':') + 1), hash.adler32]] as const) {
      assert.equal(adler32(fs.readFileSync(await pathAtMount('test', name))), sum, name);
    }
    await sleep(1500);
    assert.equal((await ruleState(lake, alice, held)).state, 'REPLICATING');
    assert.ok((await standin.state(lake)).waiting.some((url) => url.endsWith(`/${slow.name}`)));
    await standin.release(lake, `/${slow.name}`);
    await waitForRule(lake, alice, held, 'OK');
    assert.equal(adler32(fs.readFileSync(await pathAtMount(slow.scope, slow.name))), slow.adler32);
    await Promise.all([...rules, held].map((rule) => removeRule(lake, alice, rule))); // so that this can run again on the same lake
  });

  test('are refused over the quota and where there is none', async () => {
    const bob = await token(lake, 'bob');
    const quota = /InsufficientAccountLimit/;
    await assert.rejects(addRule(lake, alice, lake.seed.dids['over-quota'], MOUNTED), quota);
    await assert.rejects(addRule(lake, alice, lake.seed.dids.demo, 'XRD2_TAPE'), quota);
    await assert.rejects(addRule(lake, bob, lake.seed.dids.demo, MOUNTED, { account: 'bob' }), quota);
  });

  test('are changed and removed by their owner; the bytes go', async () => {
    const [, , file] = await filesOf(lake.seed.dids.spare);
    assert.ok(file);
    const rule = await addRule(lake, alice, `${file.scope}:${file.name}`, MOUNTED);
    await waitForRule(lake, alice, rule, 'OK');
    const there = await pathAtMount(file.scope, file.name);
    assert.equal((await rest(lake, await token(lake, 'bob'), 'PUT', `/rules/${rule}`, { options: { lifetime: 1 } })).status, 401);
    await removeRule(lake, alice, rule);
    for (let n = 0; fs.existsSync(there); n++) {
      assert.ok(n < 150, `${there} is still there`);
      await sleep(200);
    }
  });
});
