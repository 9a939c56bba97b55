// ~/.jupyter/jupyter_server_config.json: the configuration of the Rucio JupyterLab extension, as a data lake's image or
// its user has written it (RucioConfig: instances, default_instance, default_auth_type).
import { homedir } from 'node:os';
import path from 'node:path';
import type { ConfigProblem, NetworkSettings } from '../types.ts';
import { type Entry, entryOf, type Key, type Source, shown, type Value } from './entry.ts';
import { readSmallFile } from './files.ts';
import { configLeftOut, keysLeftOut } from './leftOut.ts';
import type { RemoteConfigs } from './remote.ts';

export async function readJupyter(env: Readonly<Record<string, string>>, network: NetworkSettings, remotes: RemoteConfigs): Promise<Source> {
  const home = env['HOME'] || homedir();
  const file = path.join(env['JUPYTER_CONFIG_DIR'] || path.join(home, '.jupyter'), 'jupyter_server_config.json');
  const name = file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file;
  const read = await readSmallFile(file);
  if (!('text' in read)) return { name, state: read.missing ? 'not there' : read.problem, entries: [], problems: read.missing ? [] : [{ source: name, problem: `This file ${read.problem}.` }] };
  let all: unknown;
  try {
    all = JSON.parse(read.text);
  } catch {
    // The parser's words quote the file.
    return { name, state: 'not JSON', entries: [], problems: [{ source: name, problem: 'This file is not JSON, so nothing of it is used. Jupyter does not read it either.' }] };
  }
  const config = own(all, 'RucioConfig');
  if (config === undefined) return { name, state: 'read; it has no RucioConfig', entries: [], problems: [] };
  return { name, ...await sourceOf(config, name, network, remotes) };
}

async function sourceOf(config: unknown, file: string, network: NetworkSettings, remotes: RemoteConfigs): Promise<Omit<Source, 'name'>> {
  const problems: ConfigProblem[] = [];
  const notes = configLeftOut(`${file}: RucioConfig`, config);
  const list = own(config, 'instances');
  if (list !== undefined && !Array.isArray(list)) problems.push({ source: `${file}: RucioConfig.instances`, problem: 'This is not a list. Write [ { "name": …, "rucio_base_url": … } ].' });
  const found = await Promise.all((Array.isArray(list) ? list as unknown[] : []).map(async (item, at): Promise<Entry | undefined> => {
    const origin = `${file}: RucioConfig.instances[${at}]`;
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      problems.push({ source: origin, problem: 'This is not an object. Write { "name": …, "rucio_base_url": … }.' });
      return undefined;
    }
    const local = entryOf(item, origin);
    notes.push(...keysLeftOut(origin, item, { remote: true }));
    const address = own(item, '$url');
    if (address === undefined) return local;
    const { object, problem } = typeof address === 'string' ? await remotes.get(address, network, own(item, 'cache_expires_at')) : { problem: '$url is no text.' };
    if (problem !== undefined) problems.push({ source: origin, problem: object || local.values.has('rucio_base_url') ? problem : `The instance "${shown(local.values.get('name')?.value ?? '')}" is left out: ${problem}` });
    if (object) {
      const remote = `${origin} ($url ${shown(address)})`;
      notes.push(...keysLeftOut(remote, object));
      return withRemote(local, object, remote);
    }
    return local.values.has('rucio_base_url') ? local : undefined;
  }));
  const text = (key: string): string | undefined => {
    const value = own(config, key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [defaultInstance, defaultAuthType] = [text('default_instance'), text('default_auth_type')];
  return { state: 'read', entries: found.filter((entry) => entry !== undefined), problems, notes, ...(defaultInstance !== undefined && { defaultInstance }), ...(defaultAuthType !== undefined && { defaultAuthType }) };
}

/** Local keys override the document's. */
function withRemote(local: Entry, object: object, origin: string): Entry {
  const values = new Map<Key, Value>([...entryOf(object, origin).values, ...local.values]);
  return { ...local, values };
}

function own(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}
