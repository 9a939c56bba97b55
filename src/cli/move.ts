// `datalake put`, `get`, `transfers`: files there and back, by the same engine as the windows, and what becomes of them.
import path from 'node:path';
import * as protocol from '../protocol.ts';
import type { TransferAction, TransferInfo } from '../protocol.ts';
import { type Asked, type Command, didOf, UsageError } from './command.ts';
import { bar, bytesText, count, daysOf, table, timeText } from './words.ts';

const text = (value: string | boolean | undefined): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

export const put: Command = {
  usage: 'put --rse RSE -s SCOPE [-p PREFIX] [-d DATASET] [-t DAYS] [--folders] [--follow-links] [--dry-run] PATHS…', what: 'uploads files and folders: sent, verified at the storage, in the catalogue, with a rule', words: [1, 10_000], completes: 'files',
  options: {
    rse: { type: 'string' }, scope: { type: 'string', short: 's' }, prefix: { type: 'string', short: 'p' }, dataset: { type: 'string', short: 'd' }, lifetime: { type: 'string', short: 't' },
    folders: { type: 'boolean' }, 'follow-links': { type: 'boolean' }, 'dry-run': { type: 'boolean' },
  },
  more: ['--rse RSE      to which storage; without it those that take your files are named', '-s SCOPE       under which scope', '-p PREFIX      before each name', '-d DATASET     into this dataset, made when it is not there', '-t DAYS        for how long (7, 12h); 0 or nothing: no end', '--folders      names of folders are part of the names', '--dry-run      says what would be uploaded, and sends nothing'],
  async run(asked) {
    const { client, values, positionals, screen, json, signal } = asked;
    const instance = await asked.instance();
    const rse = text(values['rse']);
    if (rse === undefined) {
      const targets = await client.request(protocol.uploadTargets, { instance }, signal);
      throw new UsageError(targets.length === 0 ? 'No storage takes files of yours from here: your account has no quota at any that can be written to.' : `Say to which storage, with --rse: ${targets.map(({ rse: name, quotaLeft }) => `${name} (${quotaLeft === null ? 'no limit' : `${bytesText(quotaLeft)} left`})`).join(', ')}.`);
    }
    const scope = text(values['scope']);
    if (scope === undefined) throw new UsageError(`Say under which scope, with -s: yours are ${(await client.request(protocol.listScopes, { instance, mine: true }, signal)).join(', ')}.`);
    const lifetime = values['lifetime'] === undefined ? null : daysOf(String(values['lifetime']));
    if (lifetime === undefined) throw new UsageError(`“${String(values['lifetime'])}” is no number of days: write 7, 0.5 or 12h; 0 means no end.`);
    const dataset = text(values['dataset']);
    const prefix = text(values['prefix']);
    const wish: protocol.UploadWish = {
      paths: positionals.map((file) => path.resolve(file)), rse, scope, lifetime, names: values['folders'] ? 'folders' : 'flat', links: values['follow-links'] ? 'follow' : 'skip',
      ...(prefix !== undefined && { prefix }), ...(dataset !== undefined && { dataset: dataset.includes(':') ? didOf(dataset) : { scope, name: dataset } }),
    };
    const plan = await client.request(protocol.planUpload, { instance, wish }, signal);
    if (!json) {
      for (const { path: file, why } of plan.skipped) screen.error(`left out: ${file}: ${why}`);
      for (const warning of plan.warnings) screen.error(`note: ${warning}`);
    }
    if (values['dry-run']) {
      if (json) screen.line(JSON.stringify(plan, null, 2));
      else {
        for (const line of table(plan.files.map(({ path: file, did, bytes, problem }) => [bytesText(bytes), `${did.scope}:${did.name}`, problem ?? file]), [0])) screen.line(line);
        for (const problem of plan.problems) screen.error(problem);
      }
      return plan.problems.length > 0 ? 1 : 0;
    }
    return follow(asked, await client.request(protocol.upload, { instance, wish }, signal));
  },
};

export const get: Command = {
  usage: 'get [-o FOLDER] [--pattern P] [--flat] SCOPE:NAME…', what: 'fetches files and datasets, whole by the catalogue’s checksum', words: [1, 10_000],
  options: { output: { type: 'string', short: 'o' }, pattern: { type: 'string' }, flat: { type: 'boolean' } },
  more: ['-o FOLDER      where to; default: here', '--pattern P    only files whose names fit; * and ?', '--flat         without folders for datasets and scopes'],
  async run(asked) {
    const { client, values, positionals, signal } = asked;
    const pattern = text(values['pattern']);
    const wish: protocol.DownloadWish = { dids: positionals.map(didOf), folder: path.resolve(text(values['output']) ?? '.'), ...(pattern !== undefined && { pattern }), ...(values['flat'] === true && { flat: true }) };
    return follow(asked, await client.request(protocol.download, { instance: await asked.instance(), wish }, signal));
  },
};

const ACTIONS: readonly string[] = ['pause', 'resume', 'retry', 'cancel', 'first', 'clear'];

export const transfers: Command = {
  usage: 'transfers [pause|resume|retry|cancel|first|clear ID | ID]', what: 'uploads and downloads of all windows and terminals; one of them with its files; or does something with it', words: [0, 2], completes: ['pause', 'resume', 'retry', 'cancel', 'first', 'clear'],
  async run(asked) {
    const { client, positionals: [first, second], screen, json, signal } = asked;
    await asked.instance(); // the service knows whose they are by the instances
    if (first !== undefined && second !== undefined) {
      if (!ACTIONS.includes(first)) throw new UsageError(`A transfer can't be told to “${first}”: ${ACTIONS.join(', ')}.`);
      const now = await client.request(protocol.actOnTransfer, { id: second, action: first as TransferAction }, signal);
      if (json) screen.line(JSON.stringify(now, null, 2));
      else screen.line(now ? stateLine(now) : 'It is off the list.');
      return 0;
    }
    if (first !== undefined) {
      const files = await client.request(protocol.transferFiles, { id: first, limit: 1000 }, signal);
      if (json) screen.line(JSON.stringify(files, null, 2));
      else for (const { state, bytes, did, note, error } of files) screen.line(`${state.padEnd(9)}  ${bytesText(bytes).padStart(9)}  ${did.scope}:${did.name}${error ? `\n             ${error.what} ${error.next}` : note === undefined ? '' : `  (${note})`}`);
      return 0;
    }
    const all = await client.request(protocol.listTransfers, {}, signal);
    if (json) screen.line(JSON.stringify(all, null, 2));
    else if (all.length === 0) screen.line('There are no transfers.');
    else for (const transfer of all) screen.line(stateLine(transfer));
    return 0;
  },
};

function stateLine(transfer: TransferInfo): string {
  const { id, kind, title, state, files, bytes, error } = transfer;
  const failed = files.failed > 0 ? `, ${files.failed} failed` : '';
  return `${id}  ${kind === 'upload' ? 'up  ' : 'down'}  ${state.padEnd(9)}  ${files.done + files.skipped} of ${count(files.total, 'file')}${failed}, ${bytesText(bytes.done)} of ${bytesText(bytes.total)}  ${title}${error ? `\n               ${error.what} ${error.next}` : ''}`;
}

/** Until it ends or needs a person. Ctrl-C leaves it going. */
async function follow({ client, screen, json, signal }: Asked, begun: TransferInfo): Promise<number> {
  const { id } = begun;
  let now = begun;
  let told = -1;
  const say = (): void => {
    const { files, bytes, rate, secondsLeft } = now;
    const part = bytes.total > 0 ? bytes.done / bytes.total : (files.done + files.skipped) / Math.max(1, files.total);
    const words = `${bar(part)} ${String(Math.floor(part * 100)).padStart(3)} %  ${files.done + files.skipped} of ${count(files.total, 'file')}${rate === undefined ? '' : `  ${bytesText(rate)}/s`}${secondsLeft === undefined ? '' : `  ${timeText(secondsLeft)} left`}${files.failed > 0 ? `  ${files.failed} failed` : ''}`;
    if (json) return;
    screen.over(words);
    // Where lines can't be written over, one for each tenth.
    const tenth = Math.floor(part * 10);
    if (!screen.terminal && tenth > told) screen.line(words);
    told = Math.max(told, tenth);
  };
  await new Promise<void>((resolve) => {
    const check = (): void => {
      say();
      if (now.state !== 'running' || signal.aborted) {
        heard.dispose();
        clearInterval(again);
        resolve();
      }
    };
    const heard = client.on(protocol.transferChanged, ({ id: other, transfer }) => {
      if (other !== id || !transfer) return;
      now = transfer;
      check();
    });
    // A service that was killed tells nothing by itself; asked, it goes on.
    const again = setInterval(() => {
      client.request(protocol.listTransfers, {}).then((all) => {
        now = all.find((one) => one.id === id) ?? now;
        check();
      }, () => undefined);
    }, 2000);
    signal.addEventListener('abort', check, { once: true });
    check();
  });
  screen.over('');
  if (signal.aborted) {
    screen.error(`It goes on without this terminal. How it is: datalake transfers ${id}. To end it: datalake transfers cancel ${id}.`);
    return 130;
  }
  const failed = await client.request(protocol.transferFiles, { id, states: ['failed'], limit: 100 });
  if (json) screen.line(JSON.stringify({ ...now, failed }, null, 2));
  else {
    const { files, bytes } = now;
    if (now.state === 'done') screen.line(`${count(files.done + files.skipped, 'file')}, ${bytesText(bytes.done)}: ${now.kind === 'upload' ? 'uploaded, verified and in the catalogue' : 'here, verified'}${files.skipped > 0 ? ` (${files.skipped} ${files.skipped === 1 ? 'was' : 'were'} here already)` : ''}.`);
    else screen.error(`It is ${now.state}. ${now.error ? `${now.error.what} ${now.error.next} ` : ''}To go on: datalake transfers resume ${id}.`);
    for (const { did, error } of failed) screen.error(`failed: ${did.scope}:${did.name}: ${error?.what ?? ''} ${error?.next ?? ''}`);
    if (files.failed > failed.length) screen.error(`… and ${files.failed - failed.length} more: datalake transfers ${id} names them.`);
    if (files.failed > 0) screen.error(`To try those again: datalake transfers retry ${id}.`);
  }
  return now.state === 'done' && now.files.failed === 0 ? 0 : 1;
}
