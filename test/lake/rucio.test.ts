// Every call of the client against a real Rucio: over http, over https, and through a proxy that misbehaves.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { checkToken } from '../../src/rucio/auth/token.ts';
import { signInUserpass } from '../../src/rucio/auth/userpass.ts';
import { rucioClient } from '../../src/rucio/client.ts';
import { Transport, type TokenSource, type TransportOptions } from '../../src/rucio/transport.ts';
import type { DID, DIDSearchRow, NewRule } from '../../src/rucio/types.ts';
import { faultyProxy } from '../support/faults.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { all, failing, tokensFrom } from '../unit/rucio/helpers.ts';

const lake = await sharedLake();
const transports: Transport[] = [];
after(() => { for (const transport of transports) transport.close(); });

function to(baseUrl: string, options: Partial<TransportOptions> = {}): Transport {
  const transport = new Transport({ baseUrl, version: '0.0.0-test', network: {}, retry: { baseDelay: 20, maxDelay: 200 }, ...options });
  transports.push(transport);
  return transport;
}
async function tokenOf(account: 'alice' | 'root', transport = to(lake.rucio.http)): Promise<string> {
  const signed = await signInUserpass(transport, lake.accounts[account].userpass);
  assert.ok('token' in signed);
  return signed.token;
}
function did(text: string): DID {
  const colon = text.indexOf(':');
  return { scope: text.slice(0, colon), name: text.slice(colon + 1) };
}
const names = (rows: readonly { name: string }[]): string[] => rows.map((row) => row.name).sort();

const token = await tokenOf('alice');
const client = rucioClient(to(lake.rucio.https, { caFile: lake.ca.file }), tokensFrom(token));
const { dids, rules } = lake.seed;
const MOUNTED = 'EULAKE-1';

test('ping, whoami, scopes', async () => {
  assert.equal((await client.ping()).version, lake.rucio.version);
  assert.equal(await client.whoami(), 'alice');
  const scopes = await client.listScopes();
  assert.ok(lake.seed.scopes.every((scope) => scopes.includes(scope)));
  assert.ok((await client.listAccountScopes('alice')).includes('user.alice')); // other tests add scopes of hers
  assert.equal((await failing(client.listAccountScopes('nobody'), 'notFound')).exceptionClass, 'AccountNotFound');
});

test('sign-in: the account and the end of the token; several accounts; wrong password; a token that is none', async () => {
  const transport = to(lake.rucio.https, { caFile: lake.ca.file });
  const signed = await signInUserpass(transport, { ...lake.accounts.alice.userpass, account: 'alice' });
  assert.ok('token' in signed && signed.account === 'alice');
  assert.ok(signed.expiresAt && Math.abs(signed.expiresAt - Date.now() - 3_600_000) < 120_000);
  assert.deepEqual(await checkToken(transport, signed.token), { account: 'alice' });
  const { username, password, accounts } = lake.shared;
  const several = await signInUserpass(transport, { username, password });
  assert.ok('accounts' in several);
  assert.deepEqual([...several.accounts].sort(), [...accounts].sort());
  const bob = await signInUserpass(transport, { username, password, account: 'bob' });
  assert.ok('token' in bob && bob.account === 'bob');
  for (const wrong of [{ username: 'alice', password: 'wrong' }, { username: 'nobody', password: 'x' }, { ...lake.accounts.alice.userpass, account: 'root' }]) {
    const error = await failing(signInUserpass(transport, wrong), 'wrongCredentials');
    assert.ok(error.exceptionClass && !error.message.includes('alice-pw'));
  }
  await failing(checkToken(transport, 'alice-alice-unknown-0000'), 'wrongCredentials');
  await failing(rucioClient(transport, tokensFrom('alice-alice-unknown-0000')).listScopes(), 'signInNeeded');
});

test('search: types, patterns, limits, an empty and an unknown scope', async () => {
  const search = (name: string, type: 'all' | 'collection' | 'dataset' | 'container' | 'file' = 'all', limit?: number, scope = 'test'): Promise<DIDSearchRow[]> => all(client.searchDids(scope, { name, type, ...(limit !== undefined && { limit }) }));
  assert.deepEqual(names(await search('cont.*', 'container')), ['cont.all', 'cont.aod', 'cont.empty', 'cont.raw']);
  assert.equal((await search('raw.run001*', 'file')).length, 8);
  assert.equal((await search('raw.run001*', 'file', 3)).length, 3);
  const everything = await search('*');
  assert.equal((await search('*', 'collection')).length + (await search('*', 'file')).length, everything.length);
  const [exact, ...more] = await search('ds.raw.run001');
  assert.deepEqual([exact?.did_type, exact?.length, more.length], ['DATASET', 8, 0]);
  assert.deepEqual(await search('*', 'all', undefined, 'empty'), []);
  assert.deepEqual(await search('*', 'all', undefined, 'no.such.scope'), []);
  assert.deepEqual(await search('ds.raw.run00'), []);
  // The server's own words are searched as they are written.
  assert.deepEqual(names(await search('mc26.truetop*', 'all', undefined, 'mc26')), ['mc26.truetop.001.root', 'mc26.truetop.002.root', 'mc26.truetop.ds']);
  assert.equal((await search('mc26.truetop*', 'all', 1, 'mc26')).length, 1);
  assert.deepEqual(names(await search('12345')), ['12345']);
  assert.deepEqual(names(await search('12345', 'collection')), []);
  for (const nothing of ['1234', 'None', '2026-01-01 00:00:00', '1.5', '{[]:1}', 'mc26.Truetop*']) assert.deepEqual(await search(nothing), [], nothing);
});

test('odd names: found, looked up, their replicas listed', async () => {
  for (const odd of lake.seed.odd) {
    const one = did(odd.did);
    const details = await client.getDid(one);
    assert.deepEqual([details.scope, details.name, details.adler32, details.bytes], [one.scope, one.name, odd.adler32, odd.bytes], odd.what);
    assert.deepEqual(names(await all(client.searchDids(one.scope, { name: one.name, type: 'all' }))), [one.name], odd.what);
    const found = names(await all(client.searchDids(one.scope, { name: `${one.name.slice(0, -4)}*`, type: 'file' })));
    assert.ok(found.includes(one.name) && found.every((name) => name.startsWith(one.name.slice(0, -4))), odd.what);
    const [row] = await all(client.listReplicas([one]));
    assert.deepEqual([row?.name, Object.keys(row?.rses ?? {})], [one.name, [odd.rse]], odd.what);
    assert.ok((await client.listParents(one)).length > 0, odd.what);
  }
  const dataset = did(dids['odd-dataset']);
  assert.equal((await client.getDid(dataset)).type, 'DATASET');
  assert.ok((await all(client.listContent(dataset))).length > 0);
  await client.listDidRules(dataset);
  await client.listDatasetReplicas(dataset);
  assert.equal((await all(client.listContent(did(dids.hostile)))).every((row) => typeof row.name === 'string'), true);
});

test('a DID, its content, its parents', async () => {
  const dataset = did(dids['two-sites']);
  const details = await client.getDid(dataset, { dynamicDepth: 'FILE' });
  assert.deepEqual([details.type, details.open, details.length], ['DATASET', false, 8]);
  const files = await all(client.listContent(dataset));
  assert.equal(files.length, 8);
  assert.equal(files.reduce((sum, file) => sum + (file.bytes ?? 0), 0), details.bytes);
  assert.deepEqual(names(await client.listParents(dataset)), ['cont.raw']);
  assert.deepEqual(await all(client.listContent(did(dids['empty-container']))), []);
  const missing = await failing(client.getDid({ scope: 'test', name: 'no/such/name' }), 'notFound');
  assert.deepEqual([missing.exceptionClass, missing.subject], ['DataIdentifierNotFound', 'test:no/such/name']);
  await failing(all(client.listContent({ scope: 'test', name: 'nope' })), 'notFound');
});

test('replicas of files and of datasets', async () => {
  const files = await all(client.listContent(did(dids.partly)));
  const rows = await all(client.listReplicas(files, { rseExpression: MOUNTED, schemes: ['davs', 'https', 'root'], allStates: true }));
  assert.equal(rows.length, 6);
  assert.equal(rows.filter((row) => row.states[MOUNTED] === 'AVAILABLE').length, 3);
  assert.ok(Object.keys(rows.find((row) => row.rses[MOUNTED])?.pfns ?? {}).some((pfn) => pfn.startsWith('davs://')));
  // Asked for by their dataset, files that are not there have no row.
  assert.equal((await all(client.listReplicas([did(dids.partly)], { rseExpression: MOUNTED }))).length, 3);
  assert.deepEqual(await all(client.listReplicas([{ scope: 'test', name: 'nope' }])), []);
  assert.equal((await all(client.listReplicas([did(dids['two-sites']), did(dids.demo)]))).length, 12);
  const deep = await client.listDatasetReplicas(did(dids.partly), { deep: true });
  assert.deepEqual(deep.map((row) => [row.rse, row.available_length]).sort(), [[MOUNTED, 3], ['XRD2_DATADISK', 6]]);
  const bulk = await client.listDatasetReplicasBulk([did(dids.demo), did(dids['two-sites']), { scope: 'test', name: 'nope' }]);
  assert.deepEqual([...new Set(bulk.map((row) => row.name))].sort(), ['ds.demo.zmumu', 'ds.raw.run001']);
  const many = Array.from({ length: 1001 }, (_, i) => ({ scope: 'test', name: `nope.${i}` }));
  assert.deepEqual(await client.listDatasetReplicasBulk([...many, did(dids.demo)]), bulk.filter((row) => row.name === 'ds.demo.zmumu'));
  assert.deepEqual(await client.listDatasetReplicasBulk([]), []);
  await failing(all(client.listReplicas([did(dids.demo)], { rseExpression: 'NO_SUCH' })), 'refused');
});

test('rules: of every state, their locks, those of a DID and of a file', async () => {
  const states = { ok: 'OK', replicating: 'REPLICATING', stuck: 'STUCK', waiting: 'WAITING_APPROVAL', suspended: 'SUSPENDED', inject: 'INJECT' } as const;
  for (const [role, state] of Object.entries(states) as [keyof typeof states, string][]) {
    const rule = await client.getRule(rules[role].id);
    assert.deepEqual([rule.state, `${rule.scope}:${rule.name}`, rule.rse_expression], [state, rules[role].did, rules[role].rse]);
    assert.ok((await client.listDidRules(did(rules[role].did))).some((one) => one.id === rule.id));
  }
  assert.match((await client.getRule(rules.stuck.id)).error ?? '', /TRANSFER_FAILED/);
  const locks = await all(client.listReplicaLocks(rules.ok.id));
  assert.deepEqual([...new Set(locks.map((lock) => `${lock.rse} ${lock.state}`))], [`${MOUNTED} OK`]);
  const [file] = await all(client.listContent(did(dids.available)));
  assert.ok(file && (await client.listAssociatedRules(file)).some((rule) => rule.id === rules.ok.id));
  await failing(client.getRule('0'.repeat(32)), 'notFound');
  await failing(client.getRule('zzz'), 'refused');
});

test('a rule made, changed, ended; and refused: twice, over quota, no such RSE, not for others', async () => {
  // Where the data is already: nothing moves.
  const rule: NewRule = { dids: [did(dids.spare)], copies: 1, rse_expression: 'XRD2_DATADISK', lifetime: 3600, comment: 'rucio.test' };
  const [id = '', ...more] = await client.addRule(rule);
  try {
    assert.deepEqual([id.length, more.length], [32, 0]);
    const made = await client.getRule(id);
    assert.deepEqual([made.account, made.comments, made.state], ['alice', 'rucio.test', 'OK']);
    await client.updateRule(id, { comment: 'changed', lifetime: 7200 });
    assert.equal((await client.getRule(id)).comments, 'changed');
    await failing(client.addRule(rule), 'duplicateRule');
  } finally {
    await client.deleteRule(id);
  }
  const end = Date.parse((await client.getRule(id)).expires_at ?? '');
  assert.ok(Math.abs(end - Date.now() - 3_600_000) < 120_000, 'ends in an hour');
  // Over at once, so that the next run can make it again.
  await client.updateRule(id, { lifetime: 1 });

  const quota = await failing(client.addRule({ ...rule, dids: [did(dids['over-quota'])], rse_expression: MOUNTED }), 'quota');
  assert.match(quota.message, /quota/);
  assert.equal((await failing(client.addRule({ ...rule, rse_expression: 'NO_SUCH' }), 'refused')).exceptionClass, 'InvalidRSEExpression');
  await failing(client.addRule({ ...rule, account: 'bob' }), 'accessDenied');
  await failing(client.addRule({ ...rule, dids: [{ scope: 'test', name: 'nope' }] }), 'notFound');
  const { message } = await failing(client.addRule({ ...rule, copies: 'many' as unknown as number }), 'refused');
  assert.ok(!message.includes('\n') && message.length < 1000, message);
});

test('RSEs, their attributes, paths; quotas with Infinity', async () => {
  // Another test may have added one of its own.
  assert.deepEqual((await client.listRses()).filter((rse) => rse in lake.rses).sort(), Object.keys(lake.rses).sort());
  assert.deepEqual(await client.listRses(MOUNTED), [MOUNTED]);
  await failing(client.listRses('NO_SUCH'), 'refused');
  const rse = await client.getRse(MOUNTED);
  assert.ok(rse.deterministic && rse.protocols?.some((protocol) => protocol.scheme === 'davs' && protocol.domains.wan.read !== null));
  assert.equal(typeof (await client.getRseAttributes(MOUNTED)), 'object');
  assert.equal((await failing(client.getRse('NO_SUCH'), 'notFound')).exceptionClass, 'RSENotFound');
  const some = [did('test:a.b'), did('test:/x y#1'), ...Array.from({ length: 200 }, (_, i) => did(`test:file.with.a.long.name.${i}`))];
  const pfns = await client.lfns2pfns(MOUNTED, some, { scheme: 'davs', operation: 'write', domain: 'wan' });
  assert.equal(Object.keys(pfns).length, some.length);
  assert.ok(pfns['test:a.b']?.startsWith(lake.rses[MOUNTED].davs));
  const usage = await client.accountUsage('alice');
  assert.ok(usage.some((row) => row.bytes_limit === Infinity && row.bytes_remaining === Infinity));
  assert.ok(usage.some((row) => Number.isInteger(row.bytes_limit)));
  assert.ok((await client.accountGlobalUsage('alice')).every((row) => typeof row.rse_expression === 'string'));
});

test('an unknown host, an authority that is not known, a CA file that is none', async () => {
  await failing(rucioClient(to('https://no-such-host.invalid'), tokensFrom(token)).ping(), 'unreachable');
  const error = await failing(rucioClient(to(lake.rucio.https), tokensFrom(token)).ping(), 'certificate');
  assert.match(error.message, /lake\.test:\d+ was not accepted: the authority that signed it is not known here/);
  const file = path.join(os.tmpdir(), `no-ca-${process.pid}.pem`);
  fs.writeFileSync(file, 'nothing');
  await failing(rucioClient(to(lake.rucio.https, { caFile: file }), tokensFrom(token)).ping(), 'configuration');
  fs.rmSync(file);
});

test('behind a proxy that misbehaves: HTML, 503, cut streams, a token that dies, a wrong Content-Type', async () => {
  const proxy = await faultyProxy(lake.rucio.http);
  try {
    let renewals = 0;
    const tokens: TokenSource = { current: () => Promise.resolve(token), renew: async () => { renewals++; return tokenOf('alice'); } };
    const behind = rucioClient(to(proxy.url), tokens);
    assert.equal(await behind.whoami(), 'alice');
    const dataset = did(dids['two-sites']);

    let remove = proxy.add({ html: 'Please log in' });
    assert.match((await failing(behind.listScopes(), 'notRucio')).message, /Please log in/);
    await failing(all(behind.listContent(dataset)), 'notRucio');
    await failing(behind.whoami(), 'notRucio');
    remove();

    proxy.add({ path: '/scopes/alice/scopes', answer: { status: 404, body: { ExceptionClass: 'ScopeNotFound', ExceptionMessage: 'no scopes found for account ID \'alice\'' } }, times: 1 });
    assert.deepEqual(await behind.listAccountScopes('alice'), []);
    proxy.add({ path: '/scopes/', answer: { status: 503, retryAfter: 0, body: 'Currently there are too many requests' }, times: 2 });
    assert.ok((await behind.listScopes()).length > 0);
    remove = proxy.add({ answer: { status: 503 } });
    await failing(behind.listScopes(), 'busy');
    remove();

    for (const half of [false, true]) {
      remove = proxy.add({ path: /\/dids$/, cutAfterRows: 3, half });
      const rows: unknown[] = [];
      await failing(all(behind.listContent(dataset), rows), 'cutStream');
      assert.equal(rows.length, 3);
      remove();
    }
    remove = proxy.add({ contentType: 'text/plain' });
    assert.equal((await all(behind.listContent(dataset))).length, 8);
    remove();

    proxy.killToken(token);
    assert.equal((await all(behind.listContent(dataset))).length, 8);
    assert.equal(renewals, 1);
    const left = behind.searchDids('test', { name: '*', type: 'all' });
    await left.next();
    await left.return();
  } finally {
    await proxy.close();
  }
});
