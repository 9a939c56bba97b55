// What one source says about one Rucio server, before anything of it is believed: values by the JupyterLab extension's
// keys, each with where it came from and how a person finds it there.
import type { AuthType, ConfigProblem } from '../types.ts';

export const AUTH_TYPES: readonly AuthType[] = ['userpass', 'x509', 'x509_proxy', 'oidc', 'ssh', 'gss', 'saml'];

/** The keys of rucio.instances that are read, and those that only other sources have. */
export const KEYS = [
  'name', 'display_name', 'rucio_base_url', 'rucio_auth_url', 'rucio_webui_url', 'rucio_ca_cert', 'mode', 'destination_rse', 'rse_mount_path', 'path_begins_at', 'xcache_prefix', 'xcache_davs_prefix',
  'replication_rule_lifetime_days', 'vo', 'app_id', 'account', 'oidc_auth', 'oidc_env_name', 'oidc_file_name', 'oidc_issuer', 'oidc_client_id', 'oidc_scope', 'oidc_audience', 'auth_type', 'username', 'password_file', 'ssh_private_key', 'client_cert', 'client_key', 'client_x509_proxy',
  'scratch_rse', 'scratch_mount_path', 'scratch_path_begins_at', 'scratch_folder',
] as const;

export type Key = (typeof KEYS)[number];

/** Never a secret itself: `password_file` is the rucio.cfg that holds one. */
export interface Value {
  readonly value: unknown;
  /** As in {@link Entry.origin}. */
  readonly source: string;
  /** How the key is called there: "rucio_base_url", "RUCIO_BASE_URL", "rucio_host". */
  readonly name: string;
}

export interface Entry {
  /** For a person: "setting rucio.instances[0]", "environment (RUCIO_*)". */
  readonly origin: string;
  readonly values: ReadonlyMap<Key, Value>;
  /** Of a key that is missing: where a person would add it. */
  readonly nameOf: (key: Key) => string;
  /** This source can't say where data is mounted: that it can be browsed only is no problem then. */
  readonly browseOnly?: boolean;
}

/** One source, whether it is there or not; stronger ones stand before weaker ones. */
export interface Source {
  readonly name: string;
  /** What became of it, for *Show Configuration*: "read", "not there". */
  readonly state: string;
  readonly entries: readonly Entry[];
  readonly problems: readonly ConfigProblem[];
  /** What was left out, and is nobody's mistake for sure. */
  readonly notes?: readonly ConfigProblem[];
  readonly defaultInstance?: string;
  readonly defaultAuthType?: string;
  /** Of the machine: a folder of authorities for servers that no source names one for. */
  readonly caFolder?: string;
  /** How it is called there, where that is not `default_auth_type`. */
  readonly defaultAuthTypeName?: string;
}

/** Own properties only, and only known keys: what else an object holds (a password, say) is never looked at. */
export function entryOf(object: object, origin: string, known: readonly Key[] = SETTING_KEYS): Entry {
  const values = new Map<Key, Value>();
  for (const key of known) {
    const value = Object.hasOwn(object, key) ? (object as Partial<Record<Key, unknown>>)[key] : undefined;
    if (value !== undefined) values.set(key, { value, source: origin, name: key });
  }
  return { origin, values, nameOf: (key) => key };
}

/** What a setting or a JSON file may not say: only rucio.cfg names places of passwords and keys, itself among them. */
export const PASSWORD_KEYS: readonly Key[] = ['username', 'password_file', 'ssh_private_key', 'client_cert', 'client_key', 'client_x509_proxy'];
const SETTING_KEYS: readonly Key[] = KEYS.filter((key) => !PASSWORD_KEYS.includes(key));

export function textOf(entry: Pick<Entry, 'values'>, key: Key): string | undefined {
  const value = entry.values.get(key)?.value;
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** As a person may see it: no password of an address, no query, no token, one line, not endless. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value) ?? typeof value;
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
    .replace(/(:\/\/)[^/?#\s]*@/g, '$1(not shown)@')
    .replace(/[?#].*$/, (rest) => (text.includes('://') ? `${rest[0]}(not shown)` : rest))
    .replace(/[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,}/g, (token) => (/^eyJ/.test(token) ? '(a token, not shown)' : token));
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}
