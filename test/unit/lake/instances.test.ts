import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { environmentSource, settingSource } from '../../../src/lake/config/sources.ts';
import { instanceKey, resolveInstances, secretKey, sessionKey } from '../../../src/lake/instances.ts';
import type { ConfigProblem, Instance } from '../../../src/lake/types.ts';

/** By setting and environment only. */
const resolve = (settings: unknown, env: Readonly<Record<string, string>> = {}): { instances: Instance[]; problems: ConfigProblem[] } => {
  const { instances, problems } = resolveInstances([settingSource(settings), environmentSource(env)]);
  return { instances, problems };
};
const one = (entry: unknown): { instance: Instance | undefined; problems: string[] } => {
  const { instances, problems } = resolve([entry]);
  return { instance: instances[0], problems: problems.map((problem) => problem.problem) };
};
const GOOD = { name: 'lake', rucio_base_url: 'https://rucio.example.org/', destination_rse: 'EULAKE-1', rse_mount_path: '/eos/eulake' };

// What a pod of the CERN VRE has in 2026.
const POD = {
  RUCIO_MODE: 'replica', RUCIO_WILDCARD_ENABLED: '1', RUCIO_BASE_URL: 'https://vre-rucio.cern.ch', RUCIO_AUTH_URL: 'https://vre-rucio-auth.cern.ch', RUCIO_WEBUI_URL: 'https://vre-rucio-ui.cern.ch/',
  RUCIO_DISPLAY_NAME: 'ESCAPE', RUCIO_NAME: 'escape', RUCIO_SITE_NAME: 'CERN', RUCIO_VO: 'escape', RUCIO_OIDC_AUTH: 'file', RUCIO_OIDC_ENV_NAME: 'RUCIO_ACCESS_TOKEN', RUCIO_OIDC_FILE_NAME: '/tmp/rucio_oauth.token',
  RUCIO_DESTINATION_RSE: 'CERN-EOSPILOT', RUCIO_RSE_MOUNT_PATH: '/eos/eulake', RUCIO_PATH_BEGINS_AT: '5', RUCIO_CA_CERT: '/certs/rucio_ca.pem', RUCIO_REPLICATION_RULE_LIFETIME_DAYS: '',
};

describe('instances', () => {
  it('come from settings in the JupyterLab extension\'s keys', () => {
    const { instance, problems } = one({ ...GOOD, display_name: 'The Lake', rucio_auth_url: 'https://auth.example.org', rucio_webui_url: 'https://ui.example.org', rucio_ca_cert: '~/ca.pem', mode: 'replica', path_begins_at: 4, replication_rule_lifetime_days: 30, vo: 'def', app_id: 'lab', account: 'alice', oidc_auth: 'env', oidc_env_name: 'TOKEN', wildcard_enabled: true });
    assert.deepEqual(problems, []);
    assert.deepEqual(instance, {
      name: 'lake', displayName: 'The Lake', baseUrl: 'https://rucio.example.org', authUrl: 'https://auth.example.org', webuiUrl: 'https://ui.example.org', caCert: path.join(homedir(), 'ca.pem'), mode: 'replica',
      destinationRse: 'EULAKE-1', rseMountPath: '/eos/eulake', pathBeginsAt: 4, ruleLifetimeDays: 30, vo: 'def', appId: 'lab', account: 'alice', tokenEnv: 'TOKEN', origin: 'setting rucio.instances[0]',
    });
  });

  it('name an XCache, as the place before root:// addresses; anything else is said', () => {
    assert.equal(one({ ...GOOD, xcache_prefix: 'root://xcache.example.org:1094//' }).instance?.xcachePrefix, 'root://xcache.example.org:1094');
    assert.equal(resolve(undefined, { ...POD, RUCIO_XCACHE_PREFIX: 'roots://xcache' }).instances[0]?.xcachePrefix, 'roots://xcache');
    for (const wrong of ['https://xcache', 'root://', 'root://x/path', 'root://me:secret@x', 5]) {
      const { instance, problems } = one({ ...GOOD, xcache_prefix: wrong });
      assert.equal(instance?.xcachePrefix, undefined);
      assert.match(problems.join(), /xcache_prefix is ignored/);
      assert.doesNotMatch(problems.join(), /secret/);
    }
  });

  it('name an OpenID provider with its public client, both or none', () => {
    const oidc = { oidc_issuer: 'https://iam.example.org/', oidc_client_id: 'editor', oidc_scope: 'openid', oidc_audience: 'rucio' };
    const { instance, problems } = one({ ...GOOD, ...oidc });
    assert.deepEqual(problems, []);
    assert.deepEqual([instance?.oidcIssuer, instance?.oidcClientId, instance?.oidcScope, instance?.oidcAudience], ['https://iam.example.org', 'editor', 'openid', 'rucio']);
    for (const [change, sentence] of [[{ oidc_client_id: '' }, /not offered: oidc_client_id is missing/], [{ oidc_issuer: '' }, /not offered: oidc_issuer is missing/], [{ oidc_issuer: 'http://iam.example.org' }, /oidc_issuer is ignored: it must begin with https/]] as const) {
      const wrong = one({ ...GOOD, ...oidc, ...change });
      assert.equal(wrong.problems.length, 1);
      assert.match(wrong.problems[0]!, sentence);
      assert.deepEqual([wrong.instance?.oidcIssuer, wrong.instance?.oidcClientId], [undefined, undefined]);
    }
  });

  it('come from a pod', () => {
    const { instances, problems } = resolve(undefined, POD);
    assert.deepEqual(problems, []);
    assert.deepEqual(instances, [{
      name: 'escape', displayName: 'ESCAPE', baseUrl: 'https://vre-rucio.cern.ch', authUrl: 'https://vre-rucio-auth.cern.ch', webuiUrl: 'https://vre-rucio-ui.cern.ch', caCert: '/certs/rucio_ca.pem', mode: 'replica',
      destinationRse: 'CERN-EOSPILOT', rseMountPath: '/eos/eulake', pathBeginsAt: 5, ruleLifetimeDays: 7, vo: 'escape', tokenEnv: 'RUCIO_ACCESS_TOKEN', tokenFile: '/tmp/rucio_oauth.token', origin: 'environment (RUCIO_*)',
    }]);
    assert.equal(resolve([], { RUCIO_BASE_URL: 'https://r', RUCIO_DESTINATION_RSE: 'A', RUCIO_RSE_MOUNT_PATH: '/a' }).instances[0]!.name, 'default');
    assert.deepEqual(resolve([], { RUCIO_NAME: 'x' }), { instances: [], problems: [] });
  });

  it('of a setting take the place of the pod\'s of the same name; RUCIO_DEFAULT_INSTANCE comes first', () => {
    const { instances, problems } = resolve([{ ...GOOD, name: 'escape' }], POD);
    assert.deepEqual([instances.map((instance) => instance.origin), problems], [['setting rucio.instances[0]'], []]);
    assert.deepEqual(resolve([GOOD], { ...POD, RUCIO_DEFAULT_INSTANCE: 'escape' }).instances.map((instance) => instance.name), ['escape', 'lake']);
  });

  it('have a scratch space where its storage is named: in a pod that is enough', () => {
    const pod = { RUCIO_BASE_URL: 'https://rucio.example.org', RUCIO_SCRATCH_RSE: 'SCRATCH-RSE', SCRATCH: '/scratch/alice' };
    const scratchOf = (settings: unknown[], env: Record<string, string> = {}) => resolve(settings, env).instances[0]!.scratch;
    assert.deepEqual(scratchOf([], pod), { rse: 'SCRATCH-RSE', mountPath: '/scratch', folder: '/scratch/alice' });
    assert.deepEqual(scratchOf([], { ...pod, RUCIO_SCRATCH_MOUNT_PATH: '/scratch/alice', RUCIO_SCRATCH_PATH_BEGINS_AT: '4' }), { rse: 'SCRATCH-RSE', mountPath: '/scratch/alice', folder: '/scratch/alice', pathBeginsAt: 4 });
    assert.equal(scratchOf([], { ...pod, RUCIO_SCRATCH_RSE: '' }), undefined);
    assert.deepEqual(scratchOf([{ ...GOOD, scratch_rse: 'S', scratch_mount_path: '/s', scratch_folder: '/elsewhere' }]), { rse: 'S', mountPath: '/s', folder: '/s' });
    assert.match(one({ ...GOOD, scratch_rse: 'S' }).problems.join(), /scratch space S is not used: scratch_mount_path is missing/);
  });

  it('have a life of rules: 7 days unless said, null and 0 = no end', () => {
    for (const [days, life] of [[undefined, 7], [null, null], [0, null], [1.5, 1.5], ['14', 14]] as const) assert.equal(one({ ...GOOD, replication_rule_lifetime_days: days }).instance!.ruleLifetimeDays, life);
    for (const days of [-1, 'x', true, {}, NaN, Infinity, 1e9]) {
      const { instance, problems } = one({ ...GOOD, replication_rule_lifetime_days: days });
      assert.equal(instance!.ruleLifetimeDays, 7);
      assert.match(problems.join(), /replication_rule_lifetime_days is ignored/);
    }
  });

  it('that can\'t be used are left out, and it is said where and what to do', () => {
    for (const [entry, problem] of [
      [null, /not an object/], [[], /not an object/], ['x', /not an object/], [{}, /name is missing/],
      [{ name: 'x' }, /needs a usable rucio_base_url/], [{ ...GOOD, rucio_base_url: 5 }, /must be a text/], [{ ...GOOD, rucio_base_url: 'rucio.example.org' }, /not an address/],
      [{ ...GOOD, rucio_base_url: 'ftp://x' }, /must begin with https/], [{ ...GOOD, rucio_base_url: 'https://u:hidden@x' }, /user name or password/], [{ ...GOOD, rucio_base_url: 'https://x?y=1' }, /behind "\?"/],
      [{ ...GOOD, rucio_auth_url: 'nonsense' }, /left out until rucio_auth_url/], [{ ...GOOD, name: ' ' }, /name is missing/], [{ ...GOOD, name: 'a\u0000' }, /control characters/],
    ] as const) {
      const { instance, problems } = one(entry);
      assert.equal(instance, undefined, JSON.stringify(entry));
      assert.match(problems.join(' '), problem);
      assert.doesNotMatch(problems.join(' '), /hidden/);
    }
    assert.match(resolve({}, {}).problems[0]!.problem, /not a list/);
    const twice = resolve([GOOD, GOOD], {});
    assert.equal(twice.instances.length, 1);
    assert.deepEqual(twice.problems, [{ source: 'setting rucio.instances[1]', problem: 'The name "lake" is taken by an entry before this one. Give every instance its own name.' }]);
  });

  it('with a wrong value keep the rest', () => {
    for (const [more, problem] of [
      [{ path_begins_at: -1 }, /path_begins_at is ignored/], [{ path_begins_at: 1.5 }, /path_begins_at is ignored/], [{ mode: 'copy' }, /mode is taken as "replica"/], [{ rse_mount_path: 'eos' }, /rse_mount_path is ignored: it must be a full path/],
      [{ destination_rse: 5 }, /destination_rse is ignored/], [{ destination_rse: undefined }, /browsed only.*destination_rse/], [{ rucio_ca_cert: [] }, /rucio_ca_cert is ignored/], [{ rucio_webui_url: 'x' }, /rucio_webui_url is not an address/],
      [{ oidc_auth: 'magic' }, /oidc_auth is ignored/], [{ oidc_auth: 'env' }, /oidc_env_name is missing/], [{ oidc_auth: 'file' }, /oidc_file_name is missing/],
    ] as const) {
      const { instance, problems } = one({ ...GOOD, ...more });
      assert.equal(instance?.name, 'lake');
      assert.match(problems.join(' '), problem);
    }
    assert.deepEqual(one({ ...GOOD, mode: 'download', destination_rse: undefined, rse_mount_path: undefined }).problems, []);
  });

  it('whatever is written, nothing is thrown', () => {
    const value = fc.oneof(fc.anything(), fc.webUrl(), fc.constant('/x'));
    const entry = fc.record(Object.fromEntries(['name', 'rucio_base_url', 'rucio_auth_url', 'mode', 'destination_rse', 'rse_mount_path', 'path_begins_at', 'replication_rule_lifetime_days', 'oidc_auth', 'oidc_file_name'].map((key) => [key, value])), { requiredKeys: [] });
    fc.assert(fc.property(fc.oneof(fc.anything(), fc.array(fc.oneof(fc.anything(), entry))), (settings) => {
      const { instances, problems } = resolve(settings, {});
      assert.equal(new Set(instances.map((instance) => instance.name)).size, instances.length);
      assert.doesNotThrow(() => JSON.stringify([instances, problems]));
    }), { numRuns: 500 });
  });

  it('have one key for what makes connections and tokens the same', () => {
    const instance = one(GOOD).instance!;
    const key = instanceKey(instance, {});
    assert.match(key, /^[0-9a-f]{16}$/);
    assert.equal(instanceKey({ ...instance, displayName: 'other', origin: 'elsewhere' }, { proxyStrictSSL: true, noProxy: [] }), key);
    assert.notEqual(instanceKey({ ...instance, account: 'bob' }, {}), key);
    assert.notEqual(instanceKey(instance, { proxy: 'http://p' }), key);
  });

  it('keep the sign-in when only mounts, rules or names for people change', () => {
    const instance = one(GOOD).instance!;
    const key = sessionKey(instance, {});
    assert.match(key, /^[0-9a-f]{16}$/);
    assert.equal(sessionKey({ ...instance, displayName: 'x', origin: 'x', rseMountPath: '/x', destinationRse: 'X', pathBeginsAt: 9, ruleLifetimeDays: null, webuiUrl: 'https://x', mode: 'download' }, { proxyStrictSSL: true, noProxy: [] }), key);
    for (const more of [{ name: 'x' }, { baseUrl: 'https://x' }, { authUrl: 'https://x' }, { vo: 'x' }, { account: 'x' }, { caCert: '/x' }, { appId: 'x' }, { tokenEnv: 'X' }, { tokenFile: '/x' }, { authType: 'oidc' as const }, { tokenEnvFirst: true }, { passwordFile: '/x' }, { oidcIssuer: 'https://x' }, { oidcClientId: 'x' }, { oidcScope: 'x' }, { oidcAudience: 'x' }]) assert.notEqual(sessionKey({ ...instance, ...more }, {}), key, JSON.stringify(more));
    assert.notEqual(sessionKey(instance, { proxy: 'http://p' }), key);
  });

  it('keep the remembered password where it goes to the same server, and give it to no other', () => {
    const instance = one(GOOD).instance!;
    const key = secretKey(instance);
    assert.match(key, /^[0-9a-f]{16}$/);
    assert.equal(secretKey({ ...instance, displayName: 'x', rseMountPath: '/x', ruleLifetimeDays: null, caCert: '/x', tokenFile: '/x' }), key);
    for (const more of [{ name: 'x' }, { baseUrl: 'https://x' }, { authUrl: 'https://x' }, { vo: 'x' }, { account: 'x' }]) assert.notEqual(secretKey({ ...instance, ...more }), key, JSON.stringify(more));
  });
});
