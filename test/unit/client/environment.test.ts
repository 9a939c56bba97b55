import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podEnvironment } from '../../../src/client/environment.ts';

test('what says where tokens and a grid proxy lie is handed over, and nothing else', () => {
  const env = { HOME: '/nowhere', AWS_SECRET: 's', RUCIO_BASE_URL: 'https://r', RUCIO_OIDC_ENV_NAME: 'POD', POD: 'p', MINE: 'm', OTHER: 'o', X509_USER_PROXY: '/tmp/proxy', X509_CERT_DIR: '/certs', X509_USER_KEY: 'k', JUPYTERHUB_USER: undefined };
  assert.deepEqual(podEnvironment(env, [{ oidc_env_name: 'MINE' }, null]), { HOME: '/nowhere', RUCIO_BASE_URL: 'https://r', RUCIO_OIDC_ENV_NAME: 'POD', POD: 'p', MINE: 'm', X509_USER_PROXY: '/tmp/proxy', X509_CERT_DIR: '/certs' });
});
