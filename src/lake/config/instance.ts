// From what was written to an instance that can be used. Nothing is believed: what can't be used is left out, with a
// sentence that says where it stands and what to do.
import { homedir } from 'node:os';
import path from 'node:path';
import type { Instance, ScratchPlace } from '../types.ts';
import { AUTH_TYPES, type Entry, type Key } from './entry.ts';

/** Life of the rules that *Make Available* makes, in days, where nothing else is configured. */
export const DEFAULT_LIFETIME_DAYS = 7;

/** `problem` is a sentence; `source`: where the value stands that it is about. */
type Say = (source: string, problem: string) => void;

/** undefined = unusable, and it was said why. `note`: worth knowing, and nothing that anybody must mend. */
export function instanceOf(entry: Entry, say: Say, note: Say, home = homedir()): Instance | undefined {
  const { origin } = entry;
  const read = (key: Key): unknown => entry.values.get(key)?.value;
  const nameOf = (key: Key): string => entry.values.get(key)?.name ?? entry.nameOf(key);
  const about = (key: Key, problem: string): void => say(entry.values.get(key)?.source ?? origin, `${nameOf(key)} ${problem}`);
  const text = (key: Key): string | undefined => {
    const value = read(key);
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') {
      about(key, 'is ignored: it must be a text.');
      return undefined;
    }
    if (/[\u0000-\u001f\u007f]/.test(value)) {
      about(key, 'is ignored: it has control characters in it.');
      return undefined;
    }
    return value.trim() || undefined;
  };
  const number = (key: Key, fits: (value: number) => boolean, rule: string): number | undefined => {
    const value = read(key);
    if (value === undefined || value === '') return undefined;
    const n = typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
    if (typeof n === 'number' && fits(n)) return n;
    about(key, `is ignored: it must be ${rule}.`);
    return undefined;
  };
  const url = (key: Key): string | undefined => {
    const value = text(key);
    if (value === undefined) return undefined;
    const problem = urlProblem(value);
    if (problem) {
      about(key, problem);
      return undefined;
    }
    return value.replace(/\/+$/, '');
  };
  const file = (key: Key): string | undefined => {
    const value = text(key);
    if (value === undefined) return undefined;
    const full = value === '~' || value.startsWith('~/') ? path.join(home, value.slice(1)) : value;
    if (path.isAbsolute(full)) return full;
    about(key, 'is ignored: it must be a full path.');
    return undefined;
  };

  const name = text('name');
  if (name === undefined) {
    say(origin, `This instance is left out: ${nameOf('name')} is missing. Give it a short name of your own.`);
    return undefined;
  }
  const baseUrl = url('rucio_base_url');
  if (baseUrl === undefined) {
    say(origin, `The instance "${name}" is left out: it needs a usable ${nameOf('rucio_base_url')}, such as https://rucio.example.org.`);
    return undefined;
  }
  const authText = text('rucio_auth_url');
  const authUrl = url('rucio_auth_url');
  if (authText !== undefined && authUrl === undefined) {
    // Never guess where a password goes.
    say(entry.values.get('rucio_auth_url')?.source ?? origin, `The instance "${name}" is left out until ${nameOf('rucio_auth_url')} is corrected or removed.`);
    return undefined;
  }
  const modeText = text('mode') ?? 'replica';
  const mode = modeText === 'download' ? 'download' : 'replica';
  if (modeText !== mode) about('mode', 'is taken as "replica": it must be "replica" or "download".');

  const destinationRse = text('destination_rse');
  const rseMountPath = file('rse_mount_path');
  if (mode === 'replica') {
    const missing = [destinationRse === undefined && nameOf('destination_rse'), rseMountPath === undefined && nameOf('rse_mount_path')].filter((key) => key !== false);
    if (missing.length > 0) (entry.browseOnly ? note : say)(origin, `The instance "${name}" can be browsed only: files can't be made available here without ${missing.join(' and ')}.`);
  }
  const pathBeginsAt = number('path_begins_at', (n) => Number.isInteger(n) && n >= 0 && n <= 100, 'a whole number from 0') ?? 0;
  const davsText = text('xcache_davs_prefix');
  const xcacheDavsPrefix = davsText !== undefined && /^(davs|https):\/\/[^?#@\s]+$/i.test(davsText) ? davsText : undefined;
  if (davsText !== undefined && xcacheDavsPrefix === undefined) about('xcache_davs_prefix', 'is ignored: it must be the address of a cache, such as https://xcache.example.org:1094, without a password.');
  const xcacheText = text('xcache_prefix');
  const xcachePrefix = xcacheText !== undefined && /^x?roots?:\/\/[^/?#@\s]+\/*$/i.test(xcacheText) ? xcacheText.replace(/\/+$/, '') : undefined;
  if (xcacheText !== undefined && xcachePrefix === undefined) about('xcache_prefix', 'is ignored: it must be the address of an XCache, such as root://xcache.example.org:1094.');
  const scratch = scratchOf();
  const days = read('replication_rule_lifetime_days') === null ? 0
    : number('replication_rule_lifetime_days', (n) => Number.isFinite(n) && n >= 0 && n <= 36500, 'a number of days (0 = no end)') ?? DEFAULT_LIFETIME_DAYS;

  const typeText = text('auth_type');
  const authType = AUTH_TYPES.find((type) => type === typeText);
  if (typeText !== undefined && authType === undefined) about('auth_type', `is ignored: it must be one of ${AUTH_TYPES.join(', ')}.`);
  const tokenPlace = text('oidc_auth');
  if (tokenPlace !== undefined && tokenPlace !== 'env' && tokenPlace !== 'file') about('oidc_auth', 'is ignored: it must be "env" or "file".');
  let tokenEnv = text('oidc_env_name');
  if (tokenEnv !== undefined && !/^[A-Za-z_]\w{0,99}$/.test(tokenEnv)) {
    // Not repeated: it may be the token.
    about('oidc_env_name', 'is ignored: it must be the name of a variable, never the token itself.');
    tokenEnv = undefined;
  }
  const tokenFile = file('oidc_file_name');
  if (tokenPlace === 'env' && tokenEnv === undefined) say(origin, `${nameOf('oidc_env_name')} is missing: ${nameOf('oidc_auth')} is "env".`);
  if (tokenPlace === 'file' && tokenFile === undefined) say(origin, `${nameOf('oidc_file_name')} is missing: ${nameOf('oidc_auth')} is "file".`);

  const issuer = url('oidc_issuer');
  const clientId = text('oidc_client_id');
  if (issuer !== undefined && !issuer.startsWith('https:')) about('oidc_issuer', 'is ignored: it must begin with https://.');
  const provider = issuer?.startsWith('https:') && clientId !== undefined;
  if ((issuer === undefined) !== (clientId === undefined)) say(origin, `Signing in with a code is not offered: ${nameOf(issuer === undefined ? 'oidc_issuer' : 'oidc_client_id')} is missing.`);
  const oidcScope = text('oidc_scope');
  const oidcAudience = text('oidc_audience');

  /** Without a mount of its own: SCRATCH is /scratch/<user> in a pod, and the storage is mounted above it. */
  function scratchOf(): ScratchPlace | undefined {
    const rse = text('scratch_rse');
    if (rse === undefined) return undefined;
    const own = file('scratch_folder');
    const mountPath = file('scratch_mount_path') ?? (own === undefined ? undefined : path.dirname(own));
    if (mountPath === undefined || mountPath === path.parse(mountPath).root) {
      say(origin, `The scratch space ${rse} is not used: ${nameOf('scratch_mount_path')} is missing. Write where it is mounted.`);
      return undefined;
    }
    if (own !== undefined && own !== mountPath && !own.startsWith(path.join(mountPath, path.sep))) about('scratch_folder', `is ignored: it is not below ${mountPath}.`);
    const begins = number('scratch_path_begins_at', (n) => Number.isInteger(n) && n >= 0 && n <= 100, 'a whole number from 0');
    return { rse, mountPath, folder: own?.startsWith(path.join(mountPath, path.sep)) ? own : mountPath, ...(begins !== undefined && { pathBeginsAt: begins }) };
  }

  const caCert = file('rucio_ca_cert');
  const webuiUrl = url('rucio_webui_url');
  const vo = text('vo');
  const appId = text('app_id');
  const account = text('account');
  const passwordFile = file('password_file');
  const [sshKey, clientCert, clientKey, clientProxy] = [file('ssh_private_key'), file('client_cert'), file('client_key'), file('client_x509_proxy')];
  return {
    name, displayName: text('display_name') ?? name, baseUrl, authUrl: authUrl ?? baseUrl, mode, pathBeginsAt,
    ruleLifetimeDays: days === 0 ? null : days, origin,
    ...(webuiUrl !== undefined && { webuiUrl }), ...(caCert !== undefined && { caCert }),
    ...(destinationRse !== undefined && { destinationRse }), ...(rseMountPath !== undefined && { rseMountPath }), ...(xcachePrefix !== undefined && { xcachePrefix }), ...(xcacheDavsPrefix !== undefined && { xcacheDavsPrefix }),
    ...(scratch && { scratch }),
    ...(vo !== undefined && { vo }), ...(appId !== undefined && { appId }), ...(account !== undefined && { account }),
    ...(authType !== undefined && { authType }),
    ...(tokenEnv !== undefined && { tokenEnv }), ...(tokenFile !== undefined && { tokenFile }),
    ...(tokenPlace === 'env' && tokenEnv !== undefined && tokenFile !== undefined && { tokenEnvFirst: true }),
    ...(provider && { oidcIssuer: issuer, oidcClientId: clientId }), ...(oidcScope !== undefined && { oidcScope }), ...(oidcAudience !== undefined && { oidcAudience }),
    ...(passwordFile !== undefined && { passwordFile }), ...(sshKey !== undefined && { sshKey }), ...(clientCert !== undefined && { clientCert, ...(clientKey !== undefined && { clientKey }) }), ...(clientProxy !== undefined && { clientProxy }),
  };
}

/** Never repeats the text: an address may hold a password. */
function urlProblem(text: string): string | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'is not an address. Write it in full, such as https://rucio.example.org.';
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// (or http://).';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password. Take them out; you will be asked for them.';
  if (url.search !== '' || url.hash !== '') return 'must not have a part behind "?" or "#".';
  return undefined;
}
