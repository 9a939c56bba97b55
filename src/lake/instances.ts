// Which Rucio servers there are: from the setting rucio.instances (the JupyterLab extension's keys) and from a DLaaS
// pod's RUCIO_* environment. Everything here is written by others, so nothing is believed: what can't be used is left
// out, with a sentence that says where it stands and what to do.
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import path from 'node:path';
import type { ConfigProblem, Instance, NetworkSettings } from './types.ts';

/** Life of the rules that *Make Available* makes, in days, where nothing else is configured. */
export const DEFAULT_LIFETIME_DAYS = 7;

/** The variables of a DLaaS pod (CERN VRE) that are read here; the ones that name an instance's fields by their setting's key. */
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
  replication_rule_lifetime_days: 'RUCIO_REPLICATION_RULE_LIFETIME_DAYS',
  vo: 'RUCIO_VO',
  app_id: 'RUCIO_APP_ID',
  account: 'RUCIO_ACCOUNT',
  oidc_auth: 'RUCIO_OIDC_AUTH',
  oidc_env_name: 'RUCIO_OIDC_ENV_NAME',
  oidc_file_name: 'RUCIO_OIDC_FILE_NAME',
  oidc_issuer: 'RUCIO_OIDC_ISSUER',
  oidc_client_id: 'RUCIO_OIDC_CLIENT_ID',
  oidc_scope: 'RUCIO_OIDC_SCOPE',
  oidc_audience: 'RUCIO_OIDC_AUDIENCE',
} as const;

type Key = keyof typeof VARIABLES;

/**
 * Instances in the order of the setting, the environment's last (first if RUCIO_DEFAULT_INSTANCE names it). A setting of
 * the same name takes the environment's place without a word: that is how a user corrects a pod.
 */
export function resolveInstances(settings: unknown, env: Readonly<Record<string, string>>): { readonly instances: Instance[]; readonly problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const instances: Instance[] = [];
  const add = (instance: Instance | undefined): void => {
    if (instance) instances.push(instance);
  };
  if (Array.isArray(settings)) {
    for (const [at, entry] of settings.entries()) {
      const origin = `setting rucio.instances[${at}]`;
      const say = (problem: string): void => void problems.push({ source: origin, problem });
      if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
        say('This is not an object. Write { "name": …, "rucio_base_url": … }.');
        continue;
      }
      const instance = instanceOf((key) => Object.hasOwn(entry, key) ? (entry as Record<string, unknown>)[key] : undefined, (key) => key, origin, say);
      if (instance && instances.some((other) => other.name === instance.name)) say(`The name "${instance.name}" is taken by an entry before this one. Give every instance its own name.`);
      else add(instance);
    }
  } else if (settings !== undefined && settings !== null) {
    problems.push({ source: 'setting rucio.instances', problem: 'This is not a list. Write [ { "name": …, "rucio_base_url": … } ].' });
  }
  if (env['RUCIO_BASE_URL']) {
    const origin = 'environment (RUCIO_*)';
    const read = (key: Key): unknown => env[VARIABLES[key]] || (key === 'name' ? 'default' : undefined);
    const instance = instanceOf(read, (key) => VARIABLES[key], origin, (problem) => void problems.push({ source: origin, problem }));
    if (instance && !instances.some((other) => other.name === instance.name)) add(instance);
  }
  const first = instances.findIndex((instance) => instance.name === env['RUCIO_DEFAULT_INSTANCE']);
  if (first > 0) instances.unshift(...instances.splice(first, 1));
  return { instances, problems };
}

/** 16 hex digits: equal for equal connections, tokens and places; two windows with other settings get another key. */
export function instanceKey(instance: Instance, network: NetworkSettings): string {
  const { displayName: _shown, origin: _origin, ...rest } = instance;
  return hashOf([Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)), ...valuesOf(network)]);
}

/** Equal where one sign-in serves: other mounts, lives of rules and names for people need no other. */
export function sessionKey(instance: Instance, network: NetworkSettings): string {
  const { name, baseUrl, authUrl, vo, account, caCert, appId, tokenEnv, tokenFile, oidcIssuer, oidcClientId, oidcScope, oidcAudience } = instance;
  return hashOf([name, baseUrl, authUrl, vo, account, caCert, appId, tokenEnv, tokenFile, oidcIssuer, oidcClientId, oidcScope, oidcAudience, ...valuesOf(network)]);
}

/**
 * Under which it is remembered how to sign in: a password goes to this server for this account, and to no other. What
 * goes to a provider is kept with the provider's name, and goes to no other either.
 */
export function secretKey({ name, baseUrl, authUrl, vo, account }: Instance): string {
  return hashOf([name, baseUrl, authUrl, vo, account]);
}

function valuesOf({ proxy, noProxy, proxyStrictSSL, systemCertificates }: NetworkSettings): unknown[] {
  return [proxy ?? '', noProxy ?? [], proxyStrictSSL ?? true, systemCertificates ?? true];
}

function hashOf(values: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 16);
}

/** `nameOf` is how a person finds the key: the setting's key, or the variable. undefined = unusable, and it was said why. */
function instanceOf(read: (key: Key) => unknown, nameOf: (key: Key) => string, origin: string, say: (problem: string) => void): Instance | undefined {
  const text = (key: Key): string | undefined => {
    const value = read(key);
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') {
      say(`${nameOf(key)} is ignored: it must be a text.`);
      return undefined;
    }
    if (/[\u0000-\u001f\u007f]/.test(value)) {
      say(`${nameOf(key)} is ignored: it has control characters in it.`);
      return undefined;
    }
    return value.trim() || undefined;
  };
  const number = (key: Key, fits: (value: number) => boolean, rule: string): number | undefined => {
    const value = read(key);
    if (value === undefined || value === '') return undefined;
    const n = typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
    if (typeof n === 'number' && fits(n)) return n;
    say(`${nameOf(key)} is ignored: it must be ${rule}.`);
    return undefined;
  };
  const url = (key: Key): string | undefined => {
    const value = text(key);
    if (value === undefined) return undefined;
    const problem = urlProblem(value);
    if (problem) {
      say(`${nameOf(key)} ${problem}`);
      return undefined;
    }
    return value.replace(/\/+$/, '');
  };
  const file = (key: Key): string | undefined => {
    const value = text(key);
    if (value === undefined) return undefined;
    const full = value === '~' || value.startsWith('~/') ? path.join(homedir(), value.slice(1)) : value;
    if (path.isAbsolute(full)) return full;
    say(`${nameOf(key)} is ignored: it must be a full path.`);
    return undefined;
  };

  const name = text('name');
  if (name === undefined) {
    say(`This instance is left out: ${nameOf('name')} is missing. Give it a short name of your own.`);
    return undefined;
  }
  const baseUrl = url('rucio_base_url');
  if (baseUrl === undefined) {
    say(`The instance "${name}" is left out: it needs a usable ${nameOf('rucio_base_url')}, such as https://rucio.example.org.`);
    return undefined;
  }
  const authText = text('rucio_auth_url');
  const authUrl = url('rucio_auth_url');
  if (authText !== undefined && authUrl === undefined) {
    // Never guess where a password goes.
    say(`The instance "${name}" is left out until ${nameOf('rucio_auth_url')} is corrected or removed.`);
    return undefined;
  }
  const modeText = text('mode') ?? 'replica';
  const mode = modeText === 'download' ? 'download' : 'replica';
  if (modeText !== mode) say(`${nameOf('mode')} is taken as "replica": it must be "replica" or "download".`);

  const destinationRse = text('destination_rse');
  const rseMountPath = file('rse_mount_path');
  if (mode === 'replica') {
    const missing = [destinationRse === undefined && nameOf('destination_rse'), rseMountPath === undefined && nameOf('rse_mount_path')].filter((key) => key !== false);
    if (missing.length > 0) say(`The instance "${name}" can be browsed only: files can't be made available here without ${missing.join(' and ')}.`);
  }
  const pathBeginsAt = number('path_begins_at', (n) => Number.isInteger(n) && n >= 0 && n <= 100, 'a whole number from 0') ?? 0;
  const days = read('replication_rule_lifetime_days') === null ? 0
    : number('replication_rule_lifetime_days', (n) => Number.isFinite(n) && n >= 0 && n <= 36500, 'a number of days (0 = no end)') ?? DEFAULT_LIFETIME_DAYS;

  const tokenPlace = text('oidc_auth');
  if (tokenPlace !== undefined && tokenPlace !== 'env' && tokenPlace !== 'file') say(`${nameOf('oidc_auth')} is ignored: it must be "env" or "file".`);
  const tokenEnv = tokenPlace === 'file' ? undefined : text('oidc_env_name');
  const tokenFile = tokenPlace === 'env' ? undefined : file('oidc_file_name');
  if (tokenPlace === 'env' && tokenEnv === undefined) say(`${nameOf('oidc_env_name')} is missing: ${nameOf('oidc_auth')} is "env".`);
  if (tokenPlace === 'file' && tokenFile === undefined) say(`${nameOf('oidc_file_name')} is missing: ${nameOf('oidc_auth')} is "file".`);

  const issuer = url('oidc_issuer');
  const clientId = text('oidc_client_id');
  if (issuer !== undefined && !issuer.startsWith('https:')) say(`${nameOf('oidc_issuer')} is ignored: it must begin with https://.`);
  const provider = issuer?.startsWith('https:') && clientId !== undefined;
  if ((issuer === undefined) !== (clientId === undefined)) say(`Signing in with a code is not offered: ${nameOf(issuer === undefined ? 'oidc_issuer' : 'oidc_client_id')} is missing.`);
  const oidcScope = text('oidc_scope');
  const oidcAudience = text('oidc_audience');

  const caCert = file('rucio_ca_cert');
  const webuiUrl = url('rucio_webui_url');
  const vo = text('vo');
  const appId = text('app_id');
  const account = text('account');
  return {
    name, displayName: text('display_name') ?? name, baseUrl, authUrl: authUrl ?? baseUrl, mode, pathBeginsAt,
    ruleLifetimeDays: days === 0 ? null : days, origin,
    ...(webuiUrl !== undefined && { webuiUrl }), ...(caCert !== undefined && { caCert }),
    ...(destinationRse !== undefined && { destinationRse }), ...(rseMountPath !== undefined && { rseMountPath }),
    ...(vo !== undefined && { vo }), ...(appId !== undefined && { appId }), ...(account !== undefined && { account }),
    ...(tokenEnv !== undefined && { tokenEnv }), ...(tokenFile !== undefined && { tokenFile }),
    ...(provider && { oidcIssuer: issuer, oidcClientId: clientId }), ...(oidcScope !== undefined && { oidcScope }), ...(oidcAudience !== undefined && { oidcAudience }),
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
