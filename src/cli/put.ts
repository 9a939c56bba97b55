// `datalake put`: files into the lake, by the same engine as the windows: what the dialog of *Upload* asks is said here by options.
import path from 'node:path';
import * as protocol from '../protocol.ts';
import { type Asked, type Command, didOf, text, UsageError } from './command.ts';
import { follow } from './move.ts';
import { bytesText, count, daysOf, table } from './words.ts';

const TAKEN = ['skip', 'number'] as const;
const SAME = ['rule', 'skip'] as const;

export const put: Command = {
  usage: 'put --rse RSE -s SCOPE [-p PREFIX] [-d DATASET | -c CONTAINER] [-t DAYS] [-m KEY=VALUE]… [--folders] [--follow-links] [--taken skip|number] [--same rule|skip] [--dry-run] PATHS…', what: 'uploads files and folders: sent, verified at the storage, in the catalogue, with a rule', words: [1, 10_000], completes: 'files',
  options: {
    rse: { type: 'string' }, scope: { type: 'string', short: 's' }, prefix: { type: 'string', short: 'p' }, dataset: { type: 'string', short: 'd' }, container: { type: 'string', short: 'c' }, lifetime: { type: 'string', short: 't' },
    meta: { type: 'string', short: 'm', multiple: true }, folders: { type: 'boolean' }, 'follow-links': { type: 'boolean' }, taken: { type: 'string' }, same: { type: 'string' }, 'dry-run': { type: 'boolean' },
  },
  more: [
    '--rse RSE      to which storage; without it those that take your files are named', '-s SCOPE       under which scope', '-p PREFIX      before each name', '-d DATASET     into this dataset, made when it is not there',
    '-c CONTAINER   each folder becomes a dataset in this container, made when it is not there', '-t DAYS        for how long (7, 12h); 0 or nothing: no end', '-m KEY=VALUE   metadata of the container, else the dataset, else each file; more than once for more',
    '--folders      names of folders are part of the names', '--follow-links links that lead out of a folder are followed', '--taken HOW    files whose names mean another file in the lake: skip leaves them out, number makes a.root a_2.root; without it nothing is sent',
    '--same HOW     files that are in the lake already, byte for byte: rule (the usual) gives them one, skip leaves them out', '--dry-run      says what would be uploaded, and sends nothing',
  ],
  async run(asked) {
    const { client, values, positionals, screen, json, signal } = asked;
    const instance = await asked.instance();
    const [rse, scope] = [text(values['rse']), text(values['scope'])];
    if (rse === undefined) {
      const targets = await client.request(protocol.uploadTargets, { instance }, signal);
      throw new UsageError(targets.length === 0 ? 'No storage takes files of yours from here: your account has no quota at any that can be written to.' : `Say to which storage, with --rse: ${targets.map(({ rse: name, quotaLeft }) => `${name} (${quotaLeft === null ? 'no limit' : `${bytesText(quotaLeft)} left`})`).join(', ')}.`);
    }
    if (scope === undefined) throw new UsageError(`Say under which scope, with -s: yours are ${(await client.request(protocol.listScopes, { instance, mine: true }, signal)).join(', ')}.`);
    const wish = putWish({ rse, scope }, values, positionals);
    const plan = await client.request(protocol.planUpload, { instance, wish }, signal);
    if (!json) {
      for (const { path: file, why } of plan.skipped) screen.error(`left out: ${file}: ${why}`);
      for (const warning of plan.warnings) screen.error(`note: ${warning}`);
      if (plan.taken > 0 && wish.taken === undefined) screen.error(`note: --taken skip leaves ${plan.taken === 1 ? 'it' : 'them'} out, --taken number gives ${plan.taken === 1 ? 'it another name' : 'them other names'}.`);
    }
    if (values['dry-run']) {
      if (json) screen.line(JSON.stringify(plan, null, 2));
      else {
        for (const line of table(plan.files.map(({ path: file, did, bytes, problem, note }) => [bytesText(bytes), `${did.scope}:${did.name}`, problem ?? (note === undefined ? file : `${file} (${note})`)]), [0])) screen.line(line);
        for (const { did, files } of plan.datasets) screen.line(`dataset ${did.scope}:${did.name}: ${count(files, 'file')}`);
        for (const problem of plan.problems) screen.error(problem);
      }
      return plan.problems.length > 0 ? 1 : 0;
    }
    return follow(asked, await client.request(protocol.upload, { instance, wish }, signal));
  },
};

/** What the other words say. @throws UsageError for those that say nothing. */
export function putWish({ rse, scope }: Pick<protocol.UploadWish, 'rse' | 'scope'>, values: Asked['values'], paths: readonly string[]): protocol.UploadWish {
  const lifetime = values['lifetime'] === undefined ? null : daysOf(String(values['lifetime']));
  if (lifetime === undefined) throw new UsageError(`“${String(values['lifetime'])}” is no number of days: write 7, 0.5 or 12h; 0 means no end.`);
  const [dataset, container, prefix] = [text(values['dataset']), text(values['container']), text(values['prefix'])];
  if (dataset !== undefined && container !== undefined) throw new UsageError('Say either a dataset or a container: in a container each folder becomes a dataset of its own.');
  const taken = oneOf(values['taken'], '--taken', TAKEN);
  const same = oneOf(values['same'], '--same', SAME);
  const metadata = metadataOf(values['meta']);
  const inScope = (name: string): protocol.DID => (name.includes(':') ? didOf(name) : { scope, name });
  return {
    paths: paths.map((file) => path.resolve(file)), rse, scope, lifetime, names: values['folders'] ? 'folders' : 'flat', links: values['follow-links'] ? 'follow' : 'skip',
    ...(prefix !== undefined && { prefix }), ...(dataset !== undefined && { dataset: inScope(dataset) }), ...(container !== undefined && { container: inScope(container) }),
    ...(taken && { taken }), ...(same === 'skip' && { same }), ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

function oneOf<T extends string>(value: Asked['values'][string], option: string, all: readonly T[]): T | undefined {
  const known = all.find((one) => one === value);
  if (value !== undefined && known === undefined) throw new UsageError(`${option} takes ${all.join(' or ')}, not “${String(value)}”.`);
  return known;
}

function metadataOf(value: Asked['values'][string]): Readonly<Record<string, string>> {
  const metadata = new Map<string, string>();
  for (const pair of Array.isArray(value) ? value as readonly string[] : []) {
    const at = pair.indexOf('=');
    const [key, said] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    if (at < 0 || said === '' || !/^[\w.-]{1,100}$/.test(key)) throw new UsageError(`“${pair}” is no metadata: write -m key=value; a key has letters, digits, “.”, “-” and “_”.`);
    if (metadata.has(key)) throw new UsageError(`The metadata “${key}” is said twice.`);
    metadata.set(key, said);
  }
  return Object.fromEntries(metadata);
}
