// `datalake get`, `transfers`: files from the lake, by the same engine as the windows, and what becomes of transfers.
import path from 'node:path';
import * as protocol from '../protocol.ts';
import type { TransferAction, TransferInfo } from '../protocol.ts';
import { type Asked, type Command, didOf, UsageError, text } from './command.ts';
import { bar, bytesText, count, timeText } from './words.ts';

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
export async function follow({ client, screen, json, signal }: Asked, begun: TransferInfo): Promise<number> {
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
