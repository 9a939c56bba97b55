// Which variables of its environment a client hands to the lake service: those that describe a pod, never all of them;
// and the proxy that they name.
import type { NetworkSettings } from '../protocol.ts';

/** The few beside RUCIO_*: those that a DLaaS pod sets and lake/instances reads, and the one that says where a grid proxy lies. */
const OTHERS = ['JUPYTERHUB_USER', 'SCRATCH', 'X509_USER_PROXY'];

/** Also the variables that a setting or the pod names as the place of a token (`oidc_env_name`). */
export function podEnvironment(env: Readonly<Record<string, string | undefined>>, instances: unknown): Record<string, string> {
  const names = new Set([...Object.keys(env).filter((name) => name.startsWith('RUCIO_')), ...OTHERS]);
  if (env['RUCIO_OIDC_ENV_NAME']) names.add(env['RUCIO_OIDC_ENV_NAME']);
  for (const instance of Array.isArray(instances) ? instances as unknown[] : []) {
    const name = typeof instance === 'object' && instance !== null && 'oidc_env_name' in instance ? instance.oidc_env_name : undefined;
    if (typeof name === 'string') names.add(name);
  }
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = env[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}

/** The usual variables for a proxy: what a terminal goes by, and a window where `http.proxy` is empty (as VS Code does). */
export function proxyEnvironment(env: Readonly<Record<string, string | undefined>>): Pick<NetworkSettings, 'proxy' | 'noProxy'> {
  const proxy = env['https_proxy'] ?? env['HTTPS_PROXY'] ?? env['http_proxy'] ?? env['HTTP_PROXY'];
  const noProxy = env['no_proxy'] ?? env['NO_PROXY'];
  return { ...(proxy ? { proxy } : {}), ...(noProxy ? { noProxy: noProxy.split(',').map((host) => host.trim()).filter(Boolean) } : {}) };
}
