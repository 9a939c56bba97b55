// The configuration of Rucio's own client, looked for where that looks (rucio 41: common/config.py get_config_dirs,
// client/baseclient.py). Its password is read when it is needed and kept nowhere.
import fs from 'node:fs/promises';
import path from 'node:path';
import type { ConfigProblem } from '../types.ts';
import { type Entry, type Key, type Source, shown, type Value } from './entry.ts';
import { readSmallFile } from './files.ts';
import { type Ini, parseIni } from './ini.ts';

type Env = Readonly<Record<string, string>>;

const OPTIONS = {
  rucio_base_url: 'rucio_host', rucio_auth_url: 'auth_host', rucio_ca_cert: 'ca_cert', account: 'account', vo: 'vo', auth_type: 'auth_type',
  username: 'username', oidc_file_name: 'auth_token_file_path', ssh_private_key: 'ssh_private_key', client_cert: 'client_cert', client_key: 'client_key', client_x509_proxy: 'client_x509_proxy',
} as const satisfies Partial<Record<Key, string>>;

/** rucio takes these before its file. */
const OVERRIDES = { account: 'RUCIO_ACCOUNT', vo: 'RUCIO_VO', auth_type: 'RUCIO_AUTH_TYPE', client_cert: 'RUCIO_CLIENT_CERT', client_key: 'RUCIO_CLIENT_KEY', client_x509_proxy: 'RUCIO_CLIENT_PROXY' } as const satisfies Partial<Record<Key, string>>;

/** One file: the first that is there, or the one that RUCIO_CONFIG names and no other. */
export async function readRucioCfg(env: Env): Promise<Source> {
  const named = env['RUCIO_CONFIG'];
  const usual = [...['RUCIO_HOME', 'VIRTUAL_ENV', 'CONDA_PREFIX'].flatMap((name) => (env[name] ? [path.join(env[name], 'etc', 'rucio.cfg')] : [])), '/opt/rucio/etc/rucio.cfg'];
  const places = named ? [named] : usual;
  for (const [at, file] of places.entries()) {
    const read = await readSmallFile(file);
    if ('text' in read) return { name: file, ...sourceOf(parseIni(read.text), file, env), notes: await passedOver(file, named ? usual : places.slice(at + 1), named !== undefined) };
    if (!read.missing || named) {
      // rucio goes no further either: it takes the first that is there.
      const problem = { source: named ? `${shown(file)} (RUCIO_CONFIG)` : file, problem: `This rucio.cfg ${read.problem}.` };
      return { name: shown(file), state: read.problem, entries: [], problems: [problem] };
    }
  }
  return { name: 'rucio.cfg', state: `not there; looked for ${places.map(shown).join(', ')}`, entries: [], problems: [] };
}

/** Others that are there: who changes one of them would wait in vain. */
async function passedOver(first: string, others: readonly string[], named: boolean): Promise<ConfigProblem[]> {
  const rest = [...new Set(others)].filter((file) => path.resolve(file) !== path.resolve(first));
  const there = await Promise.all(rest.map(async (file) => fs.access(file).then(() => true, () => false)));
  const why = named ? `RUCIO_CONFIG names ${shown(first)}` : `${shown(first)} comes before it`;
  return rest.filter((_, at) => there[at]).map((file) => ({ source: shown(file), problem: `This rucio.cfg is not read, as ${why}.` }));
}

function sourceOf(ini: Ini, file: string, env: Env): Pick<Source, 'state' | 'entries' | 'problems'> {
  const problems: ConfigProblem[] = [];
  const option = (name: string): string | undefined => {
    const value = ini.get('client', name);
    if (typeof value !== 'object') return value || undefined;
    problems.push({ source: file, problem: `${name} is ignored: ${value.problem}.` });
    return undefined;
  };
  const values = new Map<Key, Value>();
  const host = option(OPTIONS.rucio_base_url);
  if (host === undefined) return { state: 'read; it names no server (rucio_host in the section [client])', entries: [], problems };
  const name = URL.canParse(host) ? new URL(host).host : 'rucio.cfg';
  for (const key of ['name', 'display_name'] as const) values.set(key, { value: name, source: file, name: 'rucio_host' });
  for (const [key, at] of Object.entries(OPTIONS) as [keyof typeof OPTIONS, string][]) {
    const value = option(at);
    if (value !== undefined) values.set(key, { value: /^(rucio_ca_cert|oidc_file_name|ssh_private_key|client_cert|client_key|client_x509_proxy)$/.test(key) ? withVariables(value, env) : value, source: file, name: at });
  }
  for (const [key, variable] of Object.entries(OVERRIDES) as [Key, string][]) {
    if (env[variable]) values.set(key, { value: env[variable], source: `environment (${variable})`, name: variable });
  }
  if (option('password') !== undefined && values.has('username')) values.set('password_file', { value: file, source: file, name: 'password' });
  const entry: Entry = { origin: file, values, nameOf: (key) => (OPTIONS as Partial<Record<Key, string>>)[key] ?? key, browseOnly: true };
  return { state: 'read', entries: [entry], problems };
}

/** The user name and password of a rucio.cfg as it is now. undefined = it holds none any more. */
export async function readPassword(file: string): Promise<{ readonly username: string; readonly password: string } | undefined> {
  const read = await readSmallFile(file);
  if (!('text' in read)) return undefined;
  const ini = parseIni(read.text);
  const [username, password] = [ini.get('client', 'username'), ini.get('client', 'password')];
  return typeof username === 'string' && typeof password === 'string' && username !== '' && password !== '' ? { username, password } : undefined;
}

/** `$NAME` and `${NAME}`, as rucio does for paths; of the variables that were handed over. */
function withVariables(text: string, env: Env): string {
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, bare: string | undefined) => env[braced ?? bare ?? ''] ?? whole);
}
