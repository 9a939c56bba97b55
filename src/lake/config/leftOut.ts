// What a source says and nobody here reads: by name and never by value, for *Show Configuration*. A misspelt key would
// vanish without a word otherwise.
import type { ConfigProblem } from '../types.ts';
import { KEYS, PASSWORD_KEYS, type Source, shown } from './entry.ts';

/** Of the JupyterLab extension: searches may always use `*` here, and no proxy is made here. */
const FOR_JUPYTERLAB = ['site_name', 'wildcard_enabled', 'voms_enabled', 'voms_vomses_path', 'voms_certdir_path', 'voms_vomsdir_path'];
const OF_CONFIG = ['instances', 'default_instance', 'default_auth_type'];
/** Beside those that name an instance's fields. */
const VARIABLES = ['RUCIO_CONFIG', 'RUCIO_HOME', 'RUCIO_DEFAULT_INSTANCE', 'RUCIO_DEFAULT_AUTH_TYPE', 'RUCIO_CLIENT_CERT', 'RUCIO_CLIENT_KEY', 'RUCIO_CLIENT_PROXY'];
const VARIABLES_FOR_JUPYTERLAB = ['RUCIO_LOG_LEVEL', 'RUCIO_CACHE_DIR', ...FOR_JUPYTERLAB.map((key) => `RUCIO_${key.toUpperCase()}`)];

/** A list that somebody generated does not fill the page. */
const MOST_NAMES = 20;

/** `remote`: the entry may name a document elsewhere. */
export function keysLeftOut(source: string, object: object, { remote = false } = {}): ConfigProblem[] {
  const known: readonly string[] = remote ? [...KEYS, '$url', 'cache_expires_at'] : KEYS;
  const names = Object.keys(object);
  const elsewhere = names.filter((name) => PASSWORD_KEYS.some((key) => key === name));
  return [
    ...leftOut(source, names, known, FOR_JUPYTERLAB),
    ...(elsewhere.length === 0 ? [] : [{ source, problem: `Taken from rucio.cfg only: ${listed(elsewhere)}.` }]),
  ];
}

export function configLeftOut(source: string, config: unknown): ConfigProblem[] {
  return typeof config !== 'object' || config === null || Array.isArray(config) ? [] : leftOut(source, Object.keys(config), OF_CONFIG, ['log_level']);
}

/** `fields`: the variables that name an instance's fields; `sources`: those that may name a variable as the place of a token. */
export function variablesLeftOut(source: string, env: Readonly<Record<string, string>>, fields: readonly string[], sources: readonly Source[]): ConfigProblem[] {
  const tokens = sources.flatMap(({ entries }) => entries.flatMap(({ values }) => {
    const name = values.get('oidc_env_name')?.value;
    return typeof name === 'string' ? [name.trim()] : [];
  }));
  return leftOut(source, Object.keys(env).filter((name) => name.startsWith('RUCIO_')), [...fields, ...VARIABLES, ...tokens], VARIABLES_FOR_JUPYTERLAB);
}

function leftOut(source: string, names: readonly string[], known: readonly string[], forJupyterLab: readonly string[]): ConfigProblem[] {
  const strange = names.filter((name) => !known.includes(name) && !forJupyterLab.includes(name));
  const idle = names.filter((name) => forJupyterLab.includes(name));
  return [
    ...(strange.length === 0 ? [] : [{ source, problem: `Not known here: ${listed(strange)}. Is it misspelt?` }]),
    ...(idle.length === 0 ? [] : [{ source, problem: `For the JupyterLab extension, and of no effect here: ${listed(idle)}.` }]),
  ];
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).map(shown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
