// Where instances come from, all at once. The order is the order of precedence: what a person set in this editor, what
// was written for the Rucio extension of Jupyter, what the pod says, what is there for Rucio's own client.
import type { ConfigProblem, NetworkSettings } from '../types.ts';
import { type Entry, entryOf, type Key, type Source, type Value } from './entry.ts';
import { readJupyter } from './jupyter.ts';
import { keysLeftOut, variablesLeftOut } from './leftOut.ts';
import type { RemoteConfigs } from './remote.ts';
import { readRucioCfg } from './rucioCfg.ts';

/** What a client hands over about itself. */
export interface Given {
  /** The setting rucio.instances as written. */
  readonly instances: unknown;
  readonly network: NetworkSettings;
  readonly env: Readonly<Record<string, string>>;
}

/** The variables of a DLaaS pod (CERN VRE) that name an instance's fields. */
const VARIABLES = {
  name: 'RUCIO_NAME',
  display_name: 'RUCIO_DISPLAY_NAME',
  rucio_base_url: 'RUCIO_BASE_URL',
  rucio_auth_url: 'RUCIO_AUTH_URL',
  rucio_webui_url: 'RUCIO_WEBUI_URL',
  rucio_ca_cert: 'RUCIO_CA_CERT',
  mode: 'RUCIO_MODE',
  destination_rse: 'RUCIO_DESTINATION_RSE',
  rse_mount_path: 'RUCIO_RSE_MOUNT_PATH',
  path_begins_at: 'RUCIO_PATH_BEGINS_AT',
  xcache_prefix: 'RUCIO_XCACHE_PREFIX', xcache_davs_prefix: 'RUCIO_XCACHE_DAVS_PREFIX',
  replication_rule_lifetime_days: 'RUCIO_REPLICATION_RULE_LIFETIME_DAYS',
  scratch_rse: 'RUCIO_SCRATCH_RSE',
  scratch_mount_path: 'RUCIO_SCRATCH_MOUNT_PATH',
  scratch_path_begins_at: 'RUCIO_SCRATCH_PATH_BEGINS_AT',
  scratch_folder: 'SCRATCH',
  vo: 'RUCIO_VO',
  app_id: 'RUCIO_APP_ID',
  account: 'RUCIO_ACCOUNT',
  auth_type: 'RUCIO_AUTH_TYPE',
  oidc_auth: 'RUCIO_OIDC_AUTH',
  oidc_env_name: 'RUCIO_OIDC_ENV_NAME',
  oidc_file_name: 'RUCIO_OIDC_FILE_NAME',
  oidc_issuer: 'RUCIO_OIDC_ISSUER',
  oidc_client_id: 'RUCIO_OIDC_CLIENT_ID',
  oidc_scope: 'RUCIO_OIDC_SCOPE',
  oidc_audience: 'RUCIO_OIDC_AUDIENCE',
} as const satisfies Partial<Record<Key, string>>;

/** Files are read here and now; nothing is kept but what a `$url` said. Never rejects. */
export async function readSources({ instances, network, env }: Given, remotes: RemoteConfigs): Promise<Source[]> {
  const [jupyter, cfg] = await Promise.all([readJupyter(env, network, remotes), readRucioCfg(env)]);
  const [setting, environment] = [settingSource(instances), environmentSource(env)];
  const notes = variablesLeftOut(environment.name, env, Object.values(VARIABLES), [setting, jupyter, environment]);
  return [setting, jupyter, { ...environment, notes }, cfg];
}

export function settingSource(settings: unknown): Source {
  const name = 'setting rucio.instances';
  const entries: Entry[] = [];
  const problems: ConfigProblem[] = [];
  const notes: ConfigProblem[] = [];
  if (Array.isArray(settings)) {
    for (const [at, entry] of (settings as unknown[]).entries()) {
      const origin = `${name}[${at}]`;
      if (typeof entry === 'object' && entry !== null && !Array.isArray(entry)) {
        entries.push(entryOf(entry, origin));
        notes.push(...keysLeftOut(origin, entry));
      } else problems.push({ source: origin, problem: 'This is not an object. Write { "name": …, "rucio_base_url": … }.' });
    }
  } else if (settings !== undefined && settings !== null) {
    problems.push({ source: name, problem: 'This is not a list. Write [ { "name": …, "rucio_base_url": … } ].' });
  }
  return { name, state: entries.length > 0 ? 'read' : 'empty', entries, problems, notes };
}

/** One instance, where RUCIO_BASE_URL is. RUCIO_NAME is its name, else "default" as in the JupyterLab extension's image. */
export function environmentSource(env: Readonly<Record<string, string>>): Source {
  const origin = 'environment (RUCIO_*)';
  const [defaultInstance, defaultAuthType, caFolder] = [env['RUCIO_DEFAULT_INSTANCE'], env['RUCIO_DEFAULT_AUTH_TYPE'], env['X509_CERT_DIR']];
  const rest = { name: origin, problems: [], ...(caFolder && { caFolder }), ...(defaultInstance && { defaultInstance }), ...(defaultAuthType && { defaultAuthType, defaultAuthTypeName: 'RUCIO_DEFAULT_AUTH_TYPE' }) };
  if (!env['RUCIO_BASE_URL']) return { ...rest, state: 'names no server (RUCIO_BASE_URL)', entries: [] };
  const values = new Map<Key, Value>();
  for (const [key, name] of Object.entries(VARIABLES) as [Key, string][]) {
    const value = env[name] || (key === 'name' ? 'default' : undefined);
    if (value !== undefined) values.set(key, { value, source: origin, name });
  }
  return { ...rest, state: 'read', entries: [{ origin, values, nameOf: (key) => (VARIABLES as Partial<Record<Key, string>>)[key] ?? key }] };
}
