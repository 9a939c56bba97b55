// Each way of signing in, at the real server and the real provider: through a site's proxy with a password, past it, and
// with the VO in every call.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { explain } from '../../src/lake/advice.ts';
import type { LakeOptions } from '../../src/lake/lake.ts';
import type { Credentials } from '../../src/lake/types.ts';
import type { Page } from '../../src/rucio/auth/way.ts';
import { apt } from '../support/install.ts';
import { faultyProxy, makeCertificates } from '../support/faults.ts';
import { rest, secure, token } from '../support/lake/client.ts';
import { makeProxy } from '../support/lake/certificates.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake, temporaryFolder } from '../support/lake/shared.ts';
import { visit } from '../support/lake/visit.ts';
import { podToken } from '../support/pod.ts';
import { siteProxy } from '../support/proxy.ts';
import { openLake, type Opened } from './open-lake.ts';

const REDIRECT = 'vscode://rucio.rucio-datalake/callback';
let info: LakeInfo;
let dir: string;
let ways: readonly Credentials[];
let gridProxy: string;
before(async () => {
  info = await sharedLake();
  dir = temporaryFolder();
  const x509 = info.accounts.alice.x509!;
  gridProxy = await makeProxy(dir, x509);
  await apt({ 'openssh-client': fs.existsSync('/usr/bin/ssh-keygen') }, 'the tests of signing in with an SSH key');
  const key = path.join(dir, 'id_rsa');
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-C', 'alice@test', '-f', key]);
  const known = await rest(info, await token(info, 'root'), 'POST', '/accounts/alice/identities', { identity: fs.readFileSync(`${key}.pub`, 'utf8').trim(), authtype: 'SSH', email: 'alice@example.org' });
  assert.equal(known.status, 201, known.text);
  ways = [
    { method: 'userpass', ...info.accounts.alice.userpass }, { method: 'token', token: await podToken(info, 3000) }, { method: 'x509', certificate: x509.cert, key: x509.key },
    { method: 'proxy' }, { method: 'ssh', key, account: 'alice' }, { method: 'oidc' }, { method: 'device' }, { method: 'code' },
  ];
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));

/** A person who does what the page wants, in a browser that needs no proxy. */
function open(settings: Readonly<Record<string, unknown>> = {}, network: LakeOptions['network'] = {}): Opened {
  let came: (fields: ReadonlyMap<string, string>) => void = () => undefined;
  const answer = new Promise<ReadonlyMap<string, string>>((resolve) => { came = resolve; });
  const openPage = async (page: Page, signal: AbortSignal): Promise<void> => {
    if (page.userCode === undefined) {
      const { url } = await visit(info, page.url);
      if (url.startsWith(REDIRECT)) came(new Map(new URL(url).searchParams));
    } else assert.equal((await secure(info, `${info.idp.approve}?user_code=${page.userCode}`)).status, 200);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
    });
  };
  return openLake(info, null, {
    network, env: { X509_USER_PROXY: gridProxy }, people: { openPage, redirectAddress: async () => REDIRECT, answer: () => answer },
    settings: { oidc_issuer: info.idp.issuer, oidc_client_id: info.idp.clients.public, ...settings },
  });
}

test('through a proxy that wants a password: each way in, and nothing of it past the proxy', async () => {
  const proxy = await siteProxy({ password: 'p@ss word' });
  try {
    await Promise.all(ways.map(async (credentials) => {
      const { lake, calls } = open({}, { proxy: proxy.withPassword });
      const session = await lake.session.signIn(credentials);
      assert.equal(session.account, 'alice', credentials.method);
      assert.ok((await lake.listScopes(true)).includes('user.alice'), credentials.method);
      assert.ok(!calls.join().includes('p@ss') && !calls.join().includes('p%40ss'));
      lake.close();
    }));
    const hosts = new Set(proxy.seen);
    assert.deepEqual([...hosts].sort(), [`CONNECT ${new URL(info.rucio.https).host}`, `CONNECT ${new URL(info.idp.issuer).host}`].sort(), 'the server and the provider, by nothing but tunnels');

    const before = proxy.seen.length;
    for (const credentials of ways) {
      const { lake } = open({}, { proxy: proxy.url });
      await assert.rejects(lake.session.signIn(credentials), (error) => {
        const { kind, what } = explain(error);
        return kind === 'configuration' && /^The proxy \S+ wants (a|another) (user name and )?password|the proxy .* password/i.test(what);
      }, credentials.method);
      lake.close();
    }
    assert.ok(proxy.seen.length >= before + ways.length, 'the proxy was asked each time');
  } finally {
    proxy.close();
  }
});

test('past the proxy, for those whom NO_PROXY names', async () => {
  const proxy = await siteProxy({ password: 'secret' });
  try {
    await Promise.all(ways.map(async (credentials) => {
      const { lake } = open({}, { proxy: proxy.url, noProxy: ['.example.org', 'lake.test'] });
      assert.equal((await lake.session.signIn(credentials)).account, 'alice', credentials.method);
      lake.close();
    }));
    assert.deepEqual(proxy.seen, []);
  } finally {
    proxy.close();
  }
});

test('the VO is in every call to the server, whatever the way', async () => {
  const plain = await faultyProxy(info.rucio.http);
  // Certificates are shown by TLS only: here by one of our own, which hands them on to nobody, so that the way ends in a refusal.
  const certificates = makeCertificates(dir);
  const tls = await faultyProxy(info.rucio.http, { tls: certificates.good, host: 'lake.test' });
  try {
    for (const credentials of ways) {
      const certified = credentials.method === 'x509' || credentials.method === 'proxy';
      const server = certified ? tls : plain;
      const from = server.seen.length;
      const { lake } = open({ rucio_base_url: server.url, rucio_auth_url: server.url, vo: 'def', ...(certified && { rucio_ca_cert: certificates.caFile }) });
      if (certified) await assert.rejects(lake.session.signIn(credentials));
      else assert.equal((await lake.session.signIn(credentials)).account, 'alice', credentials.method);
      const asked = server.seen.slice(from);
      assert.ok(asked.length > 0, credentials.method);
      for (const { path: at, headers } of asked) assert.equal(headers['x-rucio-vo'], 'def', `${credentials.method}: ${at}`);
      lake.close();
    }
  } finally {
    await Promise.all([plain.close(), tls.close()]);
  }
});
