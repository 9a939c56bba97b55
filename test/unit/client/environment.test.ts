import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { podEnvironment, proxyEnvironment } from '../../../src/client/environment.ts';

test('what says where tokens and a grid proxy lie is handed over, and nothing else', () => {
  const env = { HOME: '/nowhere', AWS_SECRET: 's', RUCIO_BASE_URL: 'https://r', RUCIO_OIDC_ENV_NAME: 'POD', POD: 'p', MINE: 'm', OTHER: 'o', X509_USER_PROXY: '/tmp/proxy', X509_CERT_DIR: '/certs', X509_USER_KEY: 'k', JUPYTERHUB_USER: undefined };
  assert.deepEqual(podEnvironment(env, [{ oidc_env_name: 'MINE' }, null]), { HOME: '/nowhere', RUCIO_BASE_URL: 'https://r', RUCIO_OIDC_ENV_NAME: 'POD', POD: 'p', MINE: 'm', X509_USER_PROXY: '/tmp/proxy', X509_CERT_DIR: '/certs' });
});

test('the proxy of the usual variables: for https before http, in small letters before capitals; an empty one is none', () => {
  const all = { https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:2', http_proxy: 'http://c:3', HTTP_PROXY: 'http://d:4' };
  const { https_proxy: _a, ...capitals } = all;
  const { HTTPS_PROXY: _b, ...plain } = capitals;
  const { http_proxy: _c, ...last } = plain;
  assert.deepEqual([all, capitals, plain, last, {}].map((env) => proxyEnvironment(env).proxy), ['http://a:1', 'http://b:2', 'http://c:3', 'http://d:4', undefined]);
  for (const empty of [{ https_proxy: '' }, { HTTP_PROXY: '', no_proxy: '' }, { NO_PROXY: ' , ' }]) assert.ok(!('proxy' in proxyEnvironment(empty)), JSON.stringify(empty));
  assert.deepEqual(proxyEnvironment({ ALL_PROXY: 'socks5://a:1', NOPROXY: 'b' }), {});
});

test('a variable in small letters that is empty hides neither the one in capitals nor the one for http', () => {
  assert.equal(proxyEnvironment({ https_proxy: '', HTTPS_PROXY: 'http://b:2' }).proxy, 'http://b:2');
  assert.equal(proxyEnvironment({ HTTPS_PROXY: '', http_proxy: 'http://c:3' }).proxy, 'http://c:3');
  assert.deepEqual(proxyEnvironment({ no_proxy: '', NO_PROXY: 'b' }).noProxy, ['b']);
});

test('NO_PROXY is a list with commas, with or without blanks', () => {
  assert.deepEqual(proxyEnvironment({ NO_PROXY: 'localhost, .cern.ch,,127.0.0.1:8443 ,[::1]' }), { noProxy: ['localhost', '.cern.ch', '127.0.0.1:8443', '[::1]'] });
  assert.deepEqual(proxyEnvironment({ no_proxy: '*', NO_PROXY: 'other' }), { noProxy: ['*'] });
  const names = fc.array(fc.stringMatching(/^[a-z0-9.*:[\]-]{1,20}$/), { minLength: 1, maxLength: 8 });
  fc.assert(fc.property(names, fc.constantFrom(',', ', ', ' ,', ',,'), (hosts, comma) => assert.deepEqual(proxyEnvironment({ NO_PROXY: hosts.join(comma) }).noProxy, hosts)));
});
