// `datalake upload`, `scratch`, `sweep`: large output in a pod's scratch space, registered where it lies and brought to safety by Rucio; what lies
// there; and the daily purge of what nobody wants.
import path from 'node:path';
import * as protocol from '../protocol.ts';
import type { ScratchAction, ScratchEntry, ScratchFile } from '../protocol.ts';
import { type Asked, type Command, UsageError, text } from './command.ts';
import { bar, bytesText, count, headed, table } from './words.ts';

export const upload: Command = {
  usage: 'upload -s SCOPE [-p PREFIX] [-t DAYS] [--rse EXPRESSION] [--delay-deletion] PATHS…', what: 'uploads files within the scratch space: registered where they lie, moved by Rucio, then deleted there by Rucio', words: [1, 10_000], completes: 'files',
  options: { scope: { type: 'string', short: 's' }, prefix: { type: 'string', short: 'p' }, lifetime: { type: 'string', short: 't' }, rse: { type: 'string' }, 'delay-deletion': { type: 'boolean' } },
  more: [
    '-s, --scope SCOPE     under which scope', '-p, --prefix PREFIX   before each name', '-t, --lifetime DAYS   of the replication rule; 0 or nothing: no end', '--rse EXPRESSION      where to, an RSE expression; default: this site’s storage',
    '--delay-deletion      the copy in scratch stays for 2 days after it is safe elsewhere; else it is deleted at once', 'Files elsewhere than in scratch are uploaded with datalake put.',
  ],
  async run(asked) {
    const { client, values, positionals, screen, json, signal } = asked;
    const scope = text(values['scope']);
    if (scope === undefined) throw new UsageError('Say under which scope, with -s.');
    const days = text(values['lifetime']) ?? '0';
    if (!/^\d{1,5}$/.test(days)) throw new UsageError(`“${days}” is no number of days: write a whole number; 0 means no end.`);
    const prefix = text(values['prefix']);
    const rse = text(values['rse']);
    const delayDeletion = values['delay-deletion'] === true;
    const instance = await asked.instance();
    const begun = await client.request(protocol.scratchUpload, {
      instance,
      wish: { paths: positionals.map((file) => path.resolve(file)), scope, lifetime: days === '0' ? null : Number(days) * 86_400, delayDeletion, ...(prefix !== undefined && { prefix }), ...(rse !== undefined && { rse }) },
    }, signal);
    if (!json) {
      for (const { path: file, why } of begun.skipped) screen.error(`left out: ${file}: ${why}`);
      for (const note of begun.notes) screen.error(`note: ${note}`);
      screen.line(delayDeletion ? 'Uploaded files will be deleted from scratch 2 days after they are safe elsewhere.' : 'Uploaded files will be deleted from scratch as soon as they are safe elsewhere. Use the --delay-deletion flag to delete after 2 days.');
      screen.line(`Uploading ${count(begun.files.length, 'file')} to Rucio...`);
    }
    const files = await onTheirWay(asked, instance, begun.files);
    if (signal.aborted) {
      screen.error('It goes on without this terminal. How it is: datalake scratch --pending');
      return 130;
    }
    const failed = files.filter(({ failed: over }) => over);
    if (json) screen.line(JSON.stringify({ ...begun, files }, null, 2));
    else {
      const good = files.filter(({ rule }) => rule !== undefined);
      if (good.length > 0) for (const line of headed(['DID', 'Rule ID', 'WebUI URL'], good.map(({ did, rule, webuiUrl }) => [`${did.scope}:${did.name}`, rule ?? '', webuiUrl ?? '']))) screen.line(line);
      for (const { path: file, error } of failed) screen.error(`failed: ${file}: ${error?.what ?? ''} ${error?.next ?? ''}`);
      for (const { did, notes } of files) for (const note of notes) screen.error(`note: ${did.scope}:${did.name}: ${note}`);
      if (failed.length > 0) screen.error('To try those again, the same command once more.');
    }
    return failed.length === 0 ? 0 : 1;
  },
};

/** Until each has its rule, or failed. A service that is killed meanwhile is asked again, and goes on. */
async function onTheirWay({ client, screen, json, signal }: Asked, instance: string, begun: readonly ScratchFile[]): Promise<readonly ScratchFile[]> {
  const ids = begun.map(({ id }) => id);
  const told = new Set<number>();
  let now = begun;
  const over = (file: ScratchFile): boolean => file.failed || file.rule !== undefined || file.step === 'kept';
  let heard: (() => void) | undefined;
  const news = client.on(protocol.scratchChanged, () => heard?.());
  signal.addEventListener('abort', () => heard?.(), { once: true });
  try {
    while (!signal.aborted) {
      if (!json) {
        for (const { id, rule, did } of now) {
          if (rule === undefined || told.has(id)) continue;
          told.add(id);
          screen.over('');
          screen.line(`Successfully added replication rule for ${did.scope}:${did.name}`);
        }
        const waiting = now.find(({ error, failed }) => error !== undefined && !failed);
        screen.over(`${bar(now.filter(over).length / Math.max(1, now.length))} ${now.filter(over).length} of ${count(now.length, 'file')}${waiting ? `  ${waiting.error!.what}` : ''}`);
      }
      if (now.every(over)) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 2000);
        heard = () => {
          clearTimeout(timer);
          resolve();
        };
        if (signal.aborted) heard();
      });
      // 1000 are told at once.
      const parts: ScratchFile[] = [];
      try {
        for (let at = 0; at < ids.length && !signal.aborted; at += 1000) parts.push(...await client.request(protocol.scratchFiles, { instance, ids: ids.slice(at, at + 1000) }));
      } catch (error) {
        if (!isAway(error)) throw error;
        continue;
      }
      now = parts.length === ids.length ? parts : now;
    }
  } finally {
    news.dispose();
    screen.over('');
  }
  return now;
}

/** The service is being replaced: whoever asks again gets the next one. */
function isAway(error: unknown): boolean {
  return error instanceof Error && 'failure' in error && (error as { failure: { kind?: string } }).failure.kind === 'service';
}

const ACTIONS: readonly string[] = ['keep', 'retry', 'forget'];

export const scratch: Command = {
  usage: 'scratch [FOLDER] [--pending] | scratch keep PATH | scratch retry|forget ID', what: 'what lies in the scratch space: in the catalogue or not, safe elsewhere or not, when it is swept', words: [0, 2], completes: 'files',
  options: { pending: { type: 'boolean' }, limit: { type: 'string' } },
  more: ['--pending         files that were uploaded from there, and how far they are', 'keep PATH         what is in no catalogue stays for 2 days more; the copy of an uploaded file is not deleted', 'retry, forget ID  a file of --pending'],
  async run(asked) {
    const { client, values, positionals: [first, second], screen, json, signal } = asked;
    if (second !== undefined && !ACTIONS.includes(first ?? '')) throw new UsageError(`“${first}” can't be done: ${ACTIONS.join(', ')}.`);
    if (second === undefined && ACTIONS.includes(first ?? '')) throw new UsageError('Something is missing.');
    const instance = await asked.instance();
    if (second !== undefined) return act(asked, instance, first as ScratchAction, second);
    if (values['pending']) {
      const files = await client.request(protocol.scratchFiles, { instance }, signal);
      if (json) screen.line(JSON.stringify(files, null, 2));
      else if (files.length === 0) screen.line('Nothing was uploaded from scratch.');
      else for (const file of files) screen.line(pendingLine(file));
      return 0;
    }
    const limit = Number(text(values['limit']) ?? 1000);
    if (!Number.isSafeInteger(limit) || limit < 1) throw new UsageError('--limit is a number from 1.');
    const listing = await client.request(protocol.listScratch, { instance, limit, ...(first !== undefined && { folder: path.resolve(first) }) }, signal);
    if (json) screen.line(JSON.stringify(listing, null, 2));
    else {
      for (const line of table(listing.entries.map((entry) => [entry.kind, entry.kind === 'file' ? bytesText(entry.bytes) : '', entry.kind === 'folder' ? `${entry.name}/` : entry.name, entryState(entry)]), [1])) screen.line(line);
      if (listing.more) screen.error(`Only the first ${listing.entries.length} are shown: --limit N shows more.`);
      if (listing.problem !== undefined) screen.error(`note: ${listing.problem}`);
    }
    return 0;
  },
};

async function act({ client, screen, json, signal }: Asked, instance: string, action: ScratchAction, what: string): Promise<number> {
  let id = Number(what);
  if (action === 'keep') {
    const file = path.resolve(what);
    const entry = (await client.request(protocol.listScratch, { instance, folder: path.dirname(file), limit: 100_000 }, signal)).entries.find(({ name }) => name === path.basename(file));
    if (!entry?.upload) {
      await client.request(protocol.touchScratch, { instance, path: file }, signal);
      screen.line(json ? JSON.stringify({ kept: file }, null, 2) : `${file} stays for 2 days more.`);
      return 0;
    }
    id = entry.upload.id;
  }
  if (!Number.isSafeInteger(id)) throw new UsageError(`“${what}” is no number: datalake scratch --pending names them.`);
  const now = await client.request(protocol.actOnScratch, { instance, id, action }, signal);
  if (json) screen.line(JSON.stringify(now, null, 2));
  else screen.line(now ? pendingLine(now) : 'It is off the list; its rules stay.');
  return 0;
}

function pendingLine({ id, did, bytes, step, destination, ruleState, rule, deletedFrom, error, failed, notes }: ScratchFile): string {
  const state = step === 'released' ? `safe at ${destination}; Rucio deletes it in scratch from ${day(deletedFrom ?? 0)}` : step === 'kept' ? 'stays in scratch' : rule !== undefined ? `to ${destination}: ${ruleState ?? ''}` : failed ? 'not uploaded' : 'being registered';
  return `${String(id).padStart(5)}  ${bytesText(bytes).padStart(9)}  ${did.scope}:${did.name}  ${state}${error ? `\n       ${error.what} ${error.next}` : ''}${notes.map((note) => `\n       ${note}`).join('')}`;
}

function entryState({ kind, did, elsewhere, sweptFrom, upload: file }: ScratchEntry): string {
  if (kind !== 'file') return '';
  const part = file && (file.step === 'released' ? `Rucio deletes it from ${day(file.deletedFrom ?? 0)}` : file.step === 'kept' ? 'kept' : file.failed ? 'upload failed' : 'on its way');
  const known = did === undefined ? 'not known' : did === null ? `not in the catalogue${sweptFrom === undefined ? '' : `, swept from ${day(sweptFrom)}`}` : `${did.scope}:${did.name}, ${elsewhere?.length ? `safe at ${elsewhere.join(', ')}` : 'nowhere else'}`;
  return part === undefined ? known : `${known} (${part})`;
}

/** Local time, to the minute. */
function day(ms: number): string {
  const at = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return at.toISOString().slice(0, 16).replace('T', ' ');
}

export const sweep: Command = {
  usage: 'sweep [--delete] [--days N] [FOLDER]', what: 'the daily purge of scratch: files and empty folders older than 2 days that are in no catalogue; without --delete it only says which', words: [0, 1], completes: 'files',
  options: { delete: { type: 'boolean' }, days: { type: 'string' } },
  more: ['--delete       does it', '--days N       older than so many days, in place of 2', 'What is in the catalogue is Rucio’s to delete. Where anything can’t be known for certain, nothing is deleted.'],
  async run(asked) {
    const { client, values, positionals: [folder], screen, json, signal } = asked;
    const days = text(values['days']);
    if (days !== undefined && !/^[1-9]\d{0,4}$/.test(days)) throw new UsageError('--days is a whole number from 1.');
    const report = await client.request(protocol.sweepScratch, { instance: await asked.instance(), remove: values['delete'] === true, ...(days !== undefined && { days: Number(days) }), ...(folder !== undefined && { folder: path.resolve(folder) }) }, signal);
    if (json) {
      screen.line(JSON.stringify(report, null, 2));
      return 0;
    }
    const { swept, deleted, young } = report;
    screen.line(`${report.folder}, as ${report.as}`);
    for (const { what, path: file, folder: isFolder, why } of swept) screen.line(`${what}: ${file}${isFolder ? '/' : ''} (${why})`);
    if (report.truncated) screen.error(`Only the first ${swept.length} are named.`);
    screen.line(`${values['delete'] ? 'Deleted' : 'Would delete'} ${count(deleted.files, 'file')} (${bytesText(deleted.bytes)}) and ${count(deleted.folders, 'folder')}; ${young} not older than ${count(report.days, 'day')}.${values['delete'] ? '' : ' With --delete it does.'}`);
    return values['delete'] && swept.some(({ what, why }) => what === 'stays' && why.startsWith('it can\'t be taken away')) ? 1 : 0;
  },
};
