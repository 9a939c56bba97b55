// A pod's files on disk, as the images of a data lake write them, and what becomes of them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { shown } from '../../../../src/lake/config/entry.ts';
import { RemoteConfigs } from '../../../../src/lake/config/remote.ts';
import { readPassword } from '../../../../src/lake/config/rucioCfg.ts';
import { readSources } from '../../../../src/lake/config/sources.ts';
import { type Resolved, resolveInstances, sessionKey } from '../../../../src/lake/instances.ts';
import { proxyFileIn } from '../../../../src/lake/session/kept.ts';
import { podEnvironment } from '../../../../src/client/environment.ts';

let home: string;
let server: http.Server;
let base: string;
const asked: string[] = [];
before(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'sources-'));
  server = http.createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/moved') return void response.writeHead(302, { Location: '/good.json' }).end();
    if (request.url === '/away') return void response.writeHead(302, { Location: 'http://elsewhere.test/good.json' }).end();
    if (request.url === '/page') return void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>log in');
    if (request.url === '/list') return void response.end('[]');
    if (request.url?.startsWith('/good.json')) return void response.end(JSON.stringify({ name: 'theirs', rucio_base_url: 'https://remote.example.org', destination_rse: 'R', rse_mount_path: '/r', password: 'planted' }));
    response.writeHead(500).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  fs.rmSync(home, { recursive: true });
});

const write = (file: string, text: string): string => {
  const full = path.join(home, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, text);
  return full;
};
const jupyter = (config: unknown): string => write('.jupyter/jupyter_server_config.json', typeof config === 'string' ? config : JSON.stringify({ RucioConfig: config, ServerApp: { password: 'planted' } }));
const cfg = (text: string): string => write('rucio/etc/rucio.cfg', text);
const without = (...files: string[]): void => files.forEach((file) => fs.rmSync(path.join(home, file), { force: true }));
const JUPYTER = '.jupyter/jupyter_server_config.json';
const CFG = 'rucio/etc/rucio.cfg';
const read = async (env: Record<string, string> = {}, instances: unknown = [], remotes = new RemoteConfigs()): Promise<Resolved> =>
  resolveInstances(await readSources({ instances, network: {}, env: { HOME: home, RUCIO_HOME: path.join(home, 'rucio'), ...env } }, remotes), home);

const PLACE = { destination_rse: 'A', rse_mount_path: '/a' };
const ENV = { RUCIO_NAME: 'escape', RUCIO_BASE_URL: 'https://rucio.example.org', RUCIO_DESTINATION_RSE: 'A', RUCIO_RSE_MOUNT_PATH: '/a', RUCIO_OIDC_FILE_NAME: '/tmp/t' };

describe('instances from all sources', () => {
  it('stand there together, each with where it came from; the default first', async () => {
    jupyter({ instances: [{ name: 'j', display_name: 'J', rucio_base_url: 'https://j.example.org', ...PLACE }], default_instance: 'j', default_auth_type: 'oidc' });
    const file = cfg('[client]\nrucio_host = https://c.example.org:443\nauth_host = https://auth.c.example.org\nauth_type = x509\n');
    const { instances, problems, notes } = await read(ENV, [{ name: 's', rucio_base_url: 'https://s.example.org', ...PLACE }]);
    assert.deepEqual(problems, []);
    assert.deepEqual(instances.map(({ name, origin, authType }) => [name, origin, authType]), [
      ['j', '~/.jupyter/jupyter_server_config.json: RucioConfig.instances[0]', 'oidc'], ['s', 'setting rucio.instances[0]', 'oidc'], ['escape', 'environment (RUCIO_*)', 'oidc'], ['c.example.org', file, 'x509'],
    ]);
    assert.match(notes[0]!.problem, /c\.example\.org" can be browsed only/);
    without(JUPYTER, CFG);
  });

  it('of which three come by $url: the broken one says why, local keys override', async () => {
    jupyter({ instances: [
      { name: 'one', $url: `${base}/good.json`, destination_rse: 'MINE' }, { name: 'two', rucio_base_url: 'https://two.example.org', ...PLACE },
      { name: 'three', $url: `${base}/broken` }, { name: 'four', $url: `${base}/page` }, { name: 'five', $url: `${base}/list` }, { name: 'six', $url: `${base}/away` }, { name: 'seven', $url: 'http://config.example.org/x' },
      { name: 'eight', $url: 'https://u:planted@x' }, { name: 'nine', $url: 9 }, { name: 'ten', $url: `${base}/moved`, rucio_base_url: 'https://ten.example.org' }, { name: 'eleven', $url: 'http://127.0.0.1:1/x?token=planted' },
    ] });
    const log: string[] = [];
    asked.length = 0;
    const remotes = new RemoteConfigs({ log: (line) => log.push(line) });
    const { instances, problems, explained } = await read({}, [], remotes);
    assert.deepEqual(instances.map(({ name, baseUrl, destinationRse }) => [name, baseUrl, destinationRse]), [['one', 'https://remote.example.org', 'MINE'], ['two', 'https://two.example.org', 'A'], ['ten', 'https://ten.example.org', 'R']]);
    const texts = problems.map(({ problem }) => problem);
    for (const pattern of [/"three" is left out: \$url http.*status 500/, /"four".*no JSON object/, /"five".*no JSON object/, /"six".*sends us elsewhere/, /"seven".*must begin with https/, /"eight".*password/, /"nine".*no text/, /"eleven".*refused the connection/]) assert.ok(texts.some((text) => pattern.test(text)), `${pattern} in ${texts.join('\n')}`);
    assert.equal(texts.length, 8);
    assert.doesNotMatch(JSON.stringify([problems, explained, log]), /planted/);
    const host = base.replace('http://', '').replaceAll('.', '\\.');
    for (const line of [`GET /good\\.json 200 \\d+ ms #\\d+ \\(${host}\\)`, `GET /broken 500 .*\\(${host}\\)`, 'GET /x 127\\.0\\.0\\.1:1 can\'t be reached: .*\\(127\\.0\\.0\\.1:1\\)']) assert.ok(log.some((one) => new RegExp(`^${line}$`).test(one)), `${line} in ${log.join('\n')}`);
    assert.equal(log.length, asked.length + 1, 'one line for each call');
    assert.ok(explained[0]!.values.some(({ key, source }) => key === 'rse_mount_path' && source.includes('($url ')));
    asked.length = 0;
    await read({}, [], remotes);
    assert.deepEqual(asked, [], 'once a day, and a broken one not for each window');
    without(JUPYTER);
  });

  it('use what a $url said earlier when it can\'t be read any more', async () => {
    let now = 0;
    let broken = false;
    const remotes = new RemoteConfigs({ now: () => now, fetch: async () => ({ status: broken ? 503 : 200, value: { rucio_base_url: 'https://r' } }) });
    assert.ok((await remotes.get('https://c/x', {}, undefined)).object);
    now = 25 * 3_600_000;
    broken = true;
    const later = await remotes.get('https://c/x', {}, undefined);
    assert.ok(later.object);
    assert.match(later.problem!, /status 503\. What it said earlier is used/);
    broken = false;
    now += 31_000;
    assert.equal((await remotes.get('https://c/x', {}, undefined)).problem, undefined);
  });

  it('describe one server once: the stronger holds, the weaker completes, and it is said', async () => {
    jupyter({ instances: [{ name: 'mine', rucio_base_url: 'https://RUCIO.example.org:443/', path_begins_at: 4 }] });
    const file = cfg('[client]\nrucio_host = https://rucio.example.org\nauth_host = https://rucio.example.org\nca_cert = $RUCIO_HOME/ca.pem\naccount = root\n');
    const { instances: [instance, ...more], explained: [configured], problems } = await read({ ...ENV, RUCIO_PATH_BEGINS_AT: '5', RUCIO_DEFAULT_INSTANCE: 'escape' });
    assert.deepEqual([more, problems], [[], []]);
    assert.deepEqual([instance!.name, instance!.destinationRse, instance!.pathBeginsAt, instance!.tokenFile, instance!.caCert, instance!.account], ['mine', 'A', 4, '/tmp/t', path.join(home, 'rucio', 'ca.pem'), 'root']);
    assert.equal(instance!.origin, `~/.jupyter/jupyter_server_config.json: RucioConfig.instances[0], completed by environment (RUCIO_*) and ${file}`);
    assert.deepEqual(configured!.values.find(({ key }) => key === 'destination_rse'), { key: 'destination_rse', value: 'A', source: 'environment (RUCIO_*), RUCIO_DESTINATION_RSE' });
    assert.ok(configured!.ignored.some(({ key, value, why }) => key === 'RUCIO_PATH_BEGINS_AT' && value === '5' && /instances\[0\] is stronger/.test(why)));
    without(JUPYTER, CFG);
  });

  it('sign in as the stronger source says, also where that is its default; what a weaker one says otherwise is shown as ignored', async () => {
    const file = cfg('[client]\nrucio_host = https://rucio.example.org\nauth_type = x509_proxy\n');
    const pod = { ...ENV, RUCIO_DEFAULT_AUTH_TYPE: 'oidc' };
    const first = await read(pod);
    assert.deepEqual(first.instances.map(({ authType }) => authType), ['oidc']);
    assert.deepEqual(first.explained[0]!.values.find(({ key }) => key === 'auth_type'), { key: 'auth_type', value: 'oidc', source: 'environment (RUCIO_*), RUCIO_DEFAULT_AUTH_TYPE' });
    assert.deepEqual(first.explained[0]!.ignored.filter(({ key }) => key !== 'rucio_host'), [{ key: 'auth_type', value: 'x509_proxy', source: file, why: 'environment (RUCIO_*) is stronger' }]);
    // What is said of one server stands before its own source's default; a default that is none leaves the word to the next.
    assert.equal((await read({ ...pod, RUCIO_AUTH_TYPE: 'ssh' })).instances[0]!.authType, 'ssh');
    for (const none of ['', 'null', 'magic']) assert.equal((await read({ ...pod, RUCIO_DEFAULT_AUTH_TYPE: none })).instances[0]!.authType, 'x509_proxy');
    jupyter({ instances: [{ name: 'escape', auth_type: '' }], default_auth_type: 'userpass' });
    const { instances, explained } = await read(pod);
    assert.deepEqual(instances.map(({ authType }) => authType), ['userpass']);
    assert.deepEqual(explained[0]!.ignored.flatMap(({ key, value }) => (/auth_type/i.test(key) ? [[key, value]] : [])), [['RUCIO_DEFAULT_AUTH_TYPE', 'oidc'], ['auth_type', 'x509_proxy']]);
    without(JUPYTER, CFG);
  });

  it('take RUCIO_CLIENT_PROXY before what rucio.cfg names, as rucio does', async () => {
    cfg('[client]\nrucio_host = https://c.example.org\nauth_type = x509_proxy\nclient_x509_proxy = /cfg/proxy\n');
    assert.equal((await read()).instances[0]!.clientProxy, '/cfg/proxy');
    const { instances, explained } = await read({ RUCIO_CLIENT_PROXY: '/mine' });
    assert.equal(instances[0]!.clientProxy, '/mine');
    assert.deepEqual(explained[0]!.values.find(({ key }) => key === 'client_x509_proxy'), { key: 'client_x509_proxy', value: '/mine', source: 'environment (RUCIO_CLIENT_PROXY), RUCIO_CLIENT_PROXY' });
    without(CFG);
    const variables = { X509_USER_PROXY: '/grid', RUCIO_CLIENT_PROXY: '/mine' };
    assert.equal(proxyFileIn({}, (name) => Object.entries(variables).find(([one]) => one === name)?.[1]), '/mine', 'also without a rucio.cfg');
  });

  it('believe the machine’s authorities (X509_CERT_DIR) where none is named for the server, and only over https', async () => {
    const all = [{ name: 'a', rucio_base_url: 'https://a.example.org', ...PLACE }, { name: 'b', rucio_base_url: 'https://b.example.org', rucio_ca_cert: '/b.pem', ...PLACE }, { name: 'c', rucio_base_url: 'http://c.example.org', ...PLACE }];
    const { instances, explained } = await read({ X509_CERT_DIR: '/certs' }, all);
    assert.deepEqual(instances.map(({ caCert, caFolder }) => [caCert, caFolder]), [[undefined, '/certs'], ['/b.pem', undefined], [undefined, undefined]]);
    assert.deepEqual(explained.map(({ values }) => values.find(({ key }) => key === 'rucio_ca_cert')?.source), ['environment, X509_CERT_DIR', 'setting rucio.instances[1]', undefined]);
    assert.equal(sessionKey(instances[0]!, {}), sessionKey((await read({}, all)).instances[0]!, {}), 'a terminal that has the variable shares the sign-in of a window that has not');
    const wrong = await read({ X509_CERT_DIR: 'certs' }, all);
    assert.deepEqual([wrong.instances[0]!.caFolder, wrong.notes], [undefined, [{ source: 'environment', problem: 'X509_CERT_DIR is ignored: it must be a full path.' }]]);
  });

  it('never mix two OpenID providers; that of a rucio.cfg is a nickname, and none', async () => {
    const provider = { RUCIO_OIDC_ISSUER: 'https://iam.example.org', RUCIO_OIDC_CLIENT_ID: 'editor', RUCIO_OIDC_AUDIENCE: 'rucio' };
    const oidc = async (setting: object): Promise<unknown> => {
      const { instances, explained } = await read({ ...ENV, ...provider }, [{ name: 'escape', ...setting }]);
      return instances.map(({ oidcIssuer, oidcClientId, oidcAudience }) => [oidcIssuer, oidcClientId, oidcAudience, explained[0]!.ignored.length > 0]);
    };
    assert.deepEqual(await oidc({ path_begins_at: 3 }), [['https://iam.example.org', 'editor', 'rucio', false]]);
    assert.deepEqual(await oidc({ oidc_issuer: 'https://mine.example.org', oidc_client_id: 'me' }), [['https://mine.example.org', 'me', undefined, true]]);
    assert.deepEqual(await oidc({ rucio_auth_url: 'https://auth.elsewhere.org' }), [[undefined, undefined, undefined, true]]);
    cfg('[client]\nrucio_host = https://c.example.org\noidc_issuer = wlcg\n');
    const { instances, problems } = await read();
    assert.deepEqual([instances.map(({ name, oidcIssuer }) => [name, oidcIssuer]), problems], [[['c.example.org', undefined]], []]);
    without(CFG);
  });

  it('never mix two servers of one name, two storages, two ways to the same sign-in', async () => {
    const { instances, explained } = await read({ ...ENV, RUCIO_OIDC_ENV_NAME: 'T' }, [{ name: 'escape', rucio_base_url: 'https://other.example.org' }]);
    assert.deepEqual(instances.map(({ baseUrl, tokenFile }) => [baseUrl, tokenFile]), [['https://other.example.org', undefined]]);
    assert.match(explained[0]!.ignored[0]!.why, /another server of the same name/);
    const two = (await read(ENV, [{ name: 'b', rucio_base_url: ENV.RUCIO_BASE_URL, destination_rse: 'B', rse_mount_path: '/b' }])).instances;
    assert.deepEqual(two.map(({ name, destinationRse, tokenFile }) => [name, destinationRse, tokenFile]), [['b', 'B', '/tmp/t'], ['escape', 'A', '/tmp/t']]);
    const elsewhere = (await read(ENV, [{ name: 'b', rucio_base_url: ENV.RUCIO_BASE_URL, rucio_auth_url: 'https://auth.elsewhere.org' }])).instances;
    assert.deepEqual(elsewhere.map(({ tokenFile }) => tokenFile), [undefined]);
    const vo = (await read({ ...ENV, RUCIO_VO: 'a' }, [{ name: 'b', rucio_base_url: ENV.RUCIO_BASE_URL, vo: 'b', ...PLACE }])).instances;
    assert.deepEqual(vo.map((one) => [one.name, one.vo, one.tokenFile]), [['b', 'b', undefined], ['escape', 'a', '/tmp/t']]);
    const corrected = (await read(ENV, [{ name: 'escape', path_begins_at: 3 }])).instances;
    assert.deepEqual(corrected.map((one) => [one.baseUrl, one.pathBeginsAt, one.destinationRse]), [['https://rucio.example.org', 3, 'A']]);
  });

  it('take the password of a rucio.cfg as a place, for its own account and server only', async () => {
    const file = cfg('[client]\nrucio_host = https://rucio.example.org\nauth_host = https://auth.example.org\nauth_type = userpass\nusername = ddmlab\npassword = planted%%\naccount = root\n');
    const { instances: [instance], explained } = await read();
    assert.equal(instance!.passwordFile, file);
    assert.doesNotMatch(JSON.stringify([instance, explained]), /planted/);
    assert.deepEqual(explained[0]!.values.find(({ key }) => key === 'password_file'), { key: 'password_file', value: 'set', source: `${file}, password` });
    assert.deepEqual(await readPassword(file), { username: 'ddmlab', password: 'planted%' });
    assert.equal((await read({ RUCIO_ACCOUNT: 'other' })).instances[0]!.account, 'other', 'as rucio does');
    for (const more of [{ account: 'alice' }, { rucio_auth_url: 'https://evil.example.org' }]) assert.equal((await read({}, [{ name: 'x', rucio_base_url: 'https://rucio.example.org', ...more }])).instances[0]!.passwordFile, undefined);
    assert.equal((await read({}, [{ name: 'x', rucio_base_url: 'https://rucio.example.org', password_file: '/etc/x' }])).instances[0]!.passwordFile, file);
    without(CFG);
  });

  it('look for rucio.cfg where rucio looks, and for no other when RUCIO_CONFIG names one', async () => {
    const venv = write('venv/etc/rucio.cfg', '[client]\nrucio_host = https://venv.example.org');
    assert.equal((await read({ VIRTUAL_ENV: path.join(home, 'venv') })).instances[0]!.origin, venv);
    const { instances, problems } = await read({ VIRTUAL_ENV: path.join(home, 'venv'), RUCIO_CONFIG: path.join(home, 'nowhere') });
    assert.deepEqual(instances, []);
    assert.match(problems[0]!.problem, /can't be read \(ENOENT\)/);
    assert.match((await read({ RUCIO_CONFIG: home })).problems[0]!.problem, /is no file/);
  });

  it('say by name what is not known here, and never its value', async () => {
    jupyter({ instances: [{ name: 'j', rucio_bas_url: 'planted', $url: `${base}/good.json`, cache_expires_at: 1, site_name: 'planted' }], default_instnace: 'planted', log_level: 'debug' });
    const { notes, instances, problems, explained } = await read({ ...ENV, RUCIO_SITE_NAME: 'planted', RUCIO_WILDCARD_ENABLED: '1', RUCIO_DESTINATOIN_RSE: 'planted', RUCIO_LAKE_TOKEN: 'planted', RUCIO_OTHER_TOKEN: 'planted' }, [
      { name: 's', rucio_base_url: 'https://s.example.org', oidc_env_name: 'RUCIO_LAKE_TOKEN', ...PLACE, 'rse_mont\npath': 'planted', wildcard_enabled: true, username: 'planted', ['eyJhbGciOi.eyJzdWIiOi.sig_planted']: 1 },
    ]);
    assert.deepEqual([instances.length, problems], [3, []]);
    const file = '~/.jupyter/jupyter_server_config.json: RucioConfig';
    assert.deepEqual(notes.map(({ source, problem }) => [source, problem]), [
      ['setting rucio.instances[0]', 'Not known here: rse_mont path, (a token, not shown). Is it misspelt?'],
      ['setting rucio.instances[0]', 'For the JupyterLab extension, and of no effect here: wildcard_enabled.'],
      ['setting rucio.instances[0]', 'Taken from rucio.cfg only: username.'],
      [file, 'Not known here: default_instnace. Is it misspelt?'],
      [file, 'For the JupyterLab extension, and of no effect here: log_level.'],
      [`${file}.instances[0]`, 'Not known here: rucio_bas_url. Is it misspelt?'],
      [`${file}.instances[0]`, 'For the JupyterLab extension, and of no effect here: site_name.'],
      [`${file}.instances[0] ($url ${base}/good.json)`, 'Not known here: password. Is it misspelt?'],
      ['environment (RUCIO_*)', 'Not known here: RUCIO_DESTINATOIN_RSE, RUCIO_OTHER_TOKEN. Is it misspelt?'],
      ['environment (RUCIO_*)', 'For the JupyterLab extension, and of no effect here: RUCIO_SITE_NAME, RUCIO_WILDCARD_ENABLED.'],
    ]);
    assert.doesNotMatch(JSON.stringify([notes, explained]), /planted/);
    const many = await read({}, [{ name: 's', rucio_base_url: 'https://s.example.org', ...PLACE, ...Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`x${n}`, 1])) }]);
    assert.match(many.notes[0]!.problem, /x19 and 10 more\./);
    without(JUPYTER);
  });

  it('say which rucio.cfg is there and not read', async () => {
    const first = cfg('[client]\nrucio_host = https://first.example.org');
    const second = write('conda/etc/rucio.cfg', '[client]\nrucio_host = https://second.example.org');
    const env = { CONDA_PREFIX: path.join(home, 'conda'), VIRTUAL_ENV: path.join(home, 'conda', '.') };
    const notRead = async (more: Record<string, string>): Promise<unknown> => (await read({ ...env, ...more })).notes.flatMap(({ source, problem }) => (/is not read/.test(problem) && !source.startsWith('/opt/') ? [[source, problem]] : []));
    assert.deepEqual(await notRead({}), [[second, `This rucio.cfg is not read, as ${first} comes before it.`]]);
    assert.deepEqual(await notRead({ RUCIO_CONFIG: second }), [[first, `This rucio.cfg is not read, as RUCIO_CONFIG names ${second}.`]]);
    without(CFG);
    assert.deepEqual(await notRead({}), []);
    without('conda/etc/rucio.cfg');
  });

  it('whatever stands in the files, nothing is thrown and what is right still holds', async () => {
    const value = fc.oneof(fc.jsonValue(), fc.webUrl(), fc.constantFrom('/x', 'http://127.0.0.1:1/x'));
    const entry = fc.dictionary(fc.constantFrom('name', 'rucio_base_url', '$url', 'mode', 'oidc_env_name', 'oidc_file_name', '__proto__', 'path_begins_at'), value);
    const config = fc.oneof(fc.jsonValue(), fc.record({ instances: fc.oneof(fc.jsonValue(), fc.array(entry)), default_instance: value, default_auth_type: value }, { requiredKeys: [] }));
    const remotes = new RemoteConfigs({ fetch: async () => ({ status: 200, value: null }) });
    await fc.assert(fc.asyncProperty(config, fc.string(), async (written, ini) => {
      jupyter(written);
      cfg(`[client]\n${ini}`);
      const { instances, problems, explained } = await read(ENV, [], remotes);
      assert.ok(instances.some(({ baseUrl }) => baseUrl === 'https://rucio.example.org') || explained.some(({ ignored }) => ignored.length > 0));
      assert.ok(problems.every(({ source, problem }) => source !== '' && problem !== ''));
      podEnvironment({ HOME: home }, written);
    }), { numRuns: 150 });
    for (const text of ['', '{', 'null', '[]', '{"RucioConfig":null}', '"x"']) {
      jupyter(text);
      assert.equal((await read(ENV)).instances.length, 1);
    }
    without(JUPYTER, CFG);
  });

  it('get from the client the variables that its files name, and no others', () => {
    jupyter({ instances: [{ name: 'x', oidc_env_name: 'ESCAPE_TOKEN' }, null, { oidc_env_name: 5 }] });
    const env = { HOME: home, ESCAPE_TOKEN: 't', AWS_SECRET: 's', RUCIO_X: 'r', JUPYTERHUB_API_TOKEN: 'h' };
    assert.deepEqual(podEnvironment(env, [{ oidc_env_name: 'toString' }]), { HOME: home, ESCAPE_TOKEN: 't', RUCIO_X: 'r', JUPYTERHUB_API_TOKEN: 'h' });
    without(JUPYTER);
  });

  it('show no secret that somebody wrote in the wrong place', () => {
    assert.equal(shown('https://u:planted@h/x?token=planted#planted'), 'https://(not shown)@h/x?(not shown)');
    assert.equal(shown('eyJhbGciOi.eyJzdWIiOi.sig_planted'), '(a token, not shown)');
    assert.equal(shown('a\nb'), 'a b');
    assert.equal(shown('x'.repeat(300)).length, 201);
  });
});
