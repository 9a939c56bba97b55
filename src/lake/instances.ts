// Which Rucio servers there are: from all that was written about them (config/sources.ts) to a list, with a reason for
// everything that is not in it.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { AUTH_TYPES, type Entry, KEYS, type Source, shown } from './config/entry.ts';
import { instanceOf } from './config/instance.ts';
import { type Merged, mergeSources } from './config/merge.ts';
import type { AuthType, ConfigProblem, ConfiguredInstance, Instance, NetworkSettings } from './types.ts';

export interface Resolved {
  readonly instances: Instance[];
  readonly problems: ConfigProblem[];
  /** The same instances, value by value, for *Show Configuration*; no secret in it. */
  readonly explained: ConfiguredInstance[];
  /** What was done, and is nobody's mistake. */
  readonly notes: ConfigProblem[];
}

/** Pure. Sources in the order of precedence; the default instance comes first, the others as they were written. */
export function resolveInstances(sources: readonly Source[], home?: string): Resolved {
  const problems: ConfigProblem[] = sources.flatMap((source) => source.problems);
  const notes: ConfigProblem[] = [];
  const found: { instance: Instance; merged: Merged }[] = [];
  const merged = mergeSources(sources.map(withOwnDefault), (entry: Entry, name) => problems.push({ source: entry.origin, problem: `The name "${name}" is taken by an entry before this one. Give every instance its own name.` }));
  const authType = defaultAuthType(sources, problems);
  const caFolder = machinesAuthorities(sources, notes);
  for (const entry of merged) {
    const instance = instanceOf(entry, (source, problem) => problems.push({ source, problem }), (source, problem) => notes.push({ source, problem }), home);
    if (!instance) continue;
    const ca = instance.caCert === undefined && [instance.baseUrl, instance.authUrl].some((url) => url.startsWith('https:')) ? caFolder : undefined;
    found.push({ merged: entry, instance: { ...instance, ...(instance.authType === undefined && authType && { authType: authType.value }), ...(ca && { caFolder: ca.value }) } });
  }
  notes.push(...sources.flatMap((source) => source.notes ?? []));
  const first = sources.find((source) => source.defaultInstance !== undefined);
  const at = found.findIndex(({ merged: { names } }) => names.has(first?.defaultInstance ?? ''));
  if (first && at < 0 && found.length > 0) notes.push({ source: first.name, problem: `The default instance "${shown(first.defaultInstance)}" is none of those that are there.` });
  if (at > 0) found.unshift(...found.splice(at, 1));
  return {
    instances: found.map(({ instance }) => instance), problems, notes,
    explained: found.map(({ instance, merged: { values, ignored } }) => ({
      name: instance.name, displayName: instance.displayName, origin: instance.origin, ignored,
      values: [
        ...KEYS.flatMap((key) => {
          const value = values.get(key);
          return value && value.value !== '' ? [{ key, value: key === 'password_file' ? 'set' : shown(value.value), source: value.name === key ? value.source : `${value.source}, ${value.name}` }] : [];
        }),
        ...(authType && !values.has('auth_type') ? [{ key: 'auth_type', value: authType.value, source: authType.source }] : []),
        ...(caFolder && instance.caFolder !== undefined ? [{ key: 'rucio_ca_cert', value: shown(caFolder.value), source: caFolder.source }] : []),
      ],
    })),
  };
}

/** 16 hex digits: equal for equal connections, tokens and places; two windows with other settings get another key. */
export function instanceKey(instance: Instance, network: NetworkSettings): string {
  const { displayName: _shown, origin: _origin, ...rest } = instance;
  return hashOf([Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)), ...valuesOf(network)]);
}

/** Equal where one sign-in serves: other mounts, lives of rules and names for people need no other, nor does a terminal that has X509_CERT_DIR beside a window without. */
export function sessionKey(instance: Instance, network: NetworkSettings): string {
  const { name, baseUrl, authUrl, vo, account, caCert, appId, authType, tokenEnv, tokenFile, tokenEnvFirst, passwordFile, sshKey, clientCert, clientKey, clientProxy, oidcIssuer, oidcClientId, oidcScope, oidcAudience } = instance;
  return hashOf([name, baseUrl, authUrl, vo, account, caCert, appId, authType, tokenEnv, tokenFile, tokenEnvFirst, passwordFile, sshKey, clientCert, clientKey, clientProxy, oidcIssuer, oidcClientId, oidcScope, oidcAudience, ...valuesOf(network)]);
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

/** A default is its source's word: what that source says of a server stands before what a weaker one says of it. */
function withOwnDefault(source: Source): Source {
  const value = AUTH_TYPES.find((type) => type === source.defaultAuthType);
  if (value === undefined) return source;
  const entries = source.entries.map((entry) => {
    const there = entry.values.get('auth_type')?.value ?? '';
    return there === '' ? { ...entry, values: new Map(entry.values).set('auth_type', { value, source: source.name, name: source.defaultAuthTypeName ?? 'default_auth_type' }) } : entry;
  });
  return { ...source, entries };
}

/** For instances that name no way to sign in, and whose source has no default either. "null" is how an image writes that there is none. */
function defaultAuthType(sources: readonly Source[], problems: ConfigProblem[]): { value: AuthType; source: string } | undefined {
  const source = sources.find((one) => one.defaultAuthType !== undefined && one.defaultAuthType !== 'null');
  if (!source) return undefined;
  const value = AUTH_TYPES.find((type) => type === source.defaultAuthType);
  if (value === undefined) problems.push({ source: source.name, problem: `The default way to sign in is ignored: it must be one of ${AUTH_TYPES.join(', ')}.` });
  return value && { value, source: `${source.name}, ${source.defaultAuthTypeName ?? 'default_auth_type'}` };
}

/**
 * X509_CERT_DIR, which rucio takes, too (rucio 41: client/baseclient.py, where no ca_cert is passed). There it stands before the ca_cert
 * of rucio.cfg; here what somebody named for this one server holds.
 */
function machinesAuthorities(sources: readonly Source[], notes: ConfigProblem[]): { value: string; source: string } | undefined {
  const source = sources.find((one) => one.caFolder !== undefined);
  if (source?.caFolder === undefined) return undefined;
  if (path.isAbsolute(source.caFolder)) return { value: source.caFolder, source: 'environment, X509_CERT_DIR' };
  notes.push({ source: 'environment', problem: 'X509_CERT_DIR is ignored: it must be a full path.' });
  return undefined;
}
