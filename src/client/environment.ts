// Which variables of its environment a client hands to the lake service: those that describe a pod, never all of them;
// and the proxy that they name.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { NetworkSettings } from '../protocol.ts';

/** The few beside RUCIO_* that say where configuration and tokens lie, how to ask the hub for tokens, and where a grid proxy and the grid's authorities lie. */
const OTHERS = [
  'OAUTH2_TOKEN', 'HOME', 'JUPYTER_CONFIG_DIR', 'VIRTUAL_ENV', 'CONDA_PREFIX', 'SCRATCH',
  'BEARER_TOKEN', 'BEARER_TOKEN_FILE', 'XDG_RUNTIME_DIR', 'X509_USER_PROXY', 'X509_CERT_DIR',
  'JUPYTERHUB_USER', 'JUPYTERHUB_API_URL', 'JUPYTERHUB_API_TOKEN', 'JUPYTERHUB_HOST', 'JUPYTERHUB_BASE_URL', 'JUPYTERHUB_PUBLIC_HUB_URL', 'VSCODE_PROXY_URI',
];

/** A configuration file is small; what is larger is none. Bytes. */
const LARGEST = 1 << 20;

/** In our terminals: the names of the variables that we set there, with commas. */
export const OWN_VARIABLES = 'DATALAKE_VARIABLES';

/** Without what a terminal of ours was given: a program started there must not take our own answer for the machine's word. */
export function withoutOurs(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>> {
  const ours = new Set([OWN_VARIABLES, ...(env[OWN_VARIABLES] ?? '').split(',')]);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.has(name)));
}

/** Also the variables that a setting, the pod or ~/.jupyter's RucioConfig names as the place of a token (`oidc_env_name`). */
export function podEnvironment(whole: Readonly<Record<string, string | undefined>>, instances: unknown): Record<string, string> {
  const env = withoutOurs(whole);
  const names = new Set([...Object.keys(env).filter((name) => name.startsWith('RUCIO_')), ...OTHERS]);
  if (env['RUCIO_OIDC_ENV_NAME']) names.add(env['RUCIO_OIDC_ENV_NAME']);
  for (const name of [...tokenNames(instances), ...tokenNames(jupyterInstances(env))]) names.add(name);
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}

function tokenNames(instances: unknown): string[] {
  return (Array.isArray(instances) ? instances as unknown[] : []).flatMap((instance) => {
    const name = typeof instance === 'object' && instance !== null && 'oidc_env_name' in instance ? instance.oidc_env_name : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}

/** The service reads that file for all it says; only we can look up the variables that it names. */
function jupyterInstances(env: Readonly<Record<string, string | undefined>>): unknown {
  const file = path.join(env['JUPYTER_CONFIG_DIR'] || path.join(env['HOME'] || os.homedir(), '.jupyter'), 'jupyter_server_config.json');
  try {
    const stat = fs.statSync(file);
    if (!stat.isFile() || stat.size > LARGEST) return undefined;
    const config = JSON.parse(fs.readFileSync(file, 'utf8')) as { RucioConfig?: { instances?: unknown } | null } | null;
    return config?.RucioConfig?.instances;
  } catch {
    return undefined; // not there, or not readable: the service says so, to whom it may concern
  }
}

/** The usual variables for a proxy: what a terminal goes by, and a window where `http.proxy` is empty (as VS Code does, for which an empty variable is none). */
export function proxyEnvironment(env: Readonly<Record<string, string | undefined>>): Pick<NetworkSettings, 'proxy' | 'noProxy'> {
  const proxy = env['https_proxy'] || env['HTTPS_PROXY'] || env['http_proxy'] || env['HTTP_PROXY'];
  const noProxy = env['no_proxy'] || env['NO_PROXY'];
  return { ...(proxy ? { proxy } : {}), ...(noProxy ? { noProxy: noProxy.split(',').map((host) => host.trim()).filter(Boolean) } : {}) };
}
