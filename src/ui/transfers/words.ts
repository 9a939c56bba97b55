// The words for a transfer and its files: one place, so that the view, the status bar and the notifications say the same.
import type { Failure, TransferFile, TransferInfo } from '../../protocol.ts';
import { bytesText, count, didText } from '../explorer/words.ts';

const STATES: Readonly<Record<TransferInfo['state'], string>> = {
  running: 'running', paused: 'paused', waiting: 'waits for you', stopped: 'stopped', done: 'done', cancelled: 'cancelled',
};

/** "Upload of 3 files to XRD1_SCRATCHDISK". */
export const transferTitle = ({ kind, title }: Pick<TransferInfo, 'kind' | 'title'>): string => `${kind === 'upload' ? 'Upload of' : 'Download of'} ${title}`;

/** Short enough for a narrow side bar: "↑ run1", "↓ 3 DIDs"; what it is, stands in the tooltip. */
export function transferName({ kind, title, dataset, files }: Pick<TransferInfo, 'kind' | 'title' | 'dataset' | 'files'>): string {
  const name = kind === 'upload' ? dataset?.name ?? count(files.total, 'file') : title.slice(title.indexOf(':') + 1);
  return `${kind === 'upload' ? '↑' : '↓'} ${name}`;
}

export function percentOf({ files, bytes }: Pick<TransferInfo, 'files' | 'bytes'>): number {
  const ended = files.done + files.failed + files.skipped + files.cancelled;
  if (files.total > 0 && ended === files.total) return 100;
  const part = bytes.total > 0 ? bytes.done / bytes.total : ended / Math.max(1, files.total);
  return Math.min(99, Math.floor(part * 100));
}

/** "done, 2 failed"; "42 %, 45 MB/s, 2 min left"; "paused, 3 of 30 files". */
export function transferState(transfer: TransferInfo): string {
  const { state, files, rate, secondsLeft } = transfer;
  const failed = files.failed > 0 ? `${files.failed.toLocaleString('en-US')} failed` : undefined;
  const parts = state === 'running' ? [`${percentOf(transfer)} %`, rate === undefined ? undefined : `${bytesText(rate)}/s`, secondsLeft === undefined ? undefined : `${timeText(secondsLeft)} left`, failed]
    : state === 'done' ? [failed === undefined ? STATES.done : `${(files.done + files.skipped).toLocaleString('en-US')} done`, failed]
    : [STATES[state], `${(files.done + files.skipped).toLocaleString('en-US')} of ${count(files.total, 'file')}`, failed];
  return parts.filter(Boolean).join(', ');
}

/** "20 s", "5 min", "2 h 10 min". */
export function timeText(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 90) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function fileState(file: TransferFile): string {
  switch (file.state) {
    case 'queued': return 'waits';
    case 'running': return file.bytes > 0 ? `${Math.floor(((file.moved ?? 0) / file.bytes) * 100)} % of ${bytesText(file.bytes)}` : 'running';
    case 'done': return [bytesText(file.bytes), file.note].filter(Boolean).join(', ');
    case 'failed': return 'failed';
    case 'skipped': return file.note ?? 'was here already';
    case 'cancelled': return 'cancelled';
  }
}

/** For screen readers. */
export const transferLabel = (transfer: TransferInfo): string => `${transferTitle(transfer)}, ${transferState(transfer)}${transfer.error ? `. ${transfer.error.what}` : ''}`;
export const fileLabel = (file: TransferFile): string => `${didText(file.did)}, ${fileState(file)}${file.error ? `. ${file.error.what} ${file.error.next}` : ''}`;

/** For the status bar. */
export const startWords = ({ kind, files: { total } }: Pick<TransferInfo, 'kind' | 'files'>): string => `$(cloud-${kind}) ${count(total, 'file')} ${total === 1 ? 'is' : 'are'} being ${kind === 'upload' ? 'uploaded' : 'fetched'}; it goes on when this window is closed`;

/** What is told once it ended, or needs a person; undefined = nothing. */
export function endWords(transfer: TransferInfo, failed: readonly TransferFile[] = []): { readonly look: 'information' | 'warning'; readonly text: string } | undefined {
  const { state, files, bytes, error } = transfer;
  const title = transferTitle(transfer);
  if (state === 'stopped' || state === 'waiting') return { look: 'warning', text: `${title} ${state === 'waiting' ? 'waits' : 'was stopped'}: ${[error && brief(error.what), error?.next].filter(Boolean).join(' ')}`.trim() };
  if (state !== 'done') return undefined;
  const good = files.done + files.skipped;
  if (files.failed === 0) return { look: 'information', text: `${title} is done: ${count(good, 'file')}, ${bytesText(bytes.total)}${transfer.kind === 'upload' ? ', verified and in the catalogue' : ', verified'}.` };
  return { look: 'warning', text: `${title}: ${count(files.failed, 'file')} of ${files.total.toLocaleString('en-US')} failed, ${good.toLocaleString('en-US')} ${good === 1 ? 'is' : 'are'} done. ${reasons(failed, files.failed)}` };
}

/** Letters of a reason in a notification: a longer one hides what to do about it. */
const BRIEF = 300;

/** The first sentences; the whole stands beside the transfer. */
function brief(what: string): string {
  if (what.length <= BRIEF) return what;
  const [first = '', ...sentences] = what.split(/(?<=\.) (?=\p{Lu})/u);
  let told = first;
  for (const sentence of sentences) {
    if (told.length + sentence.length >= BRIEF) break;
    told += ` ${sentence}`;
  }
  return told === what ? told : `${told} More about it stands in Transfers.`;
}

/** The text in lines of so many letters at most, broken between words; a longer word has a line of its own. */
export function linesOf(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > letters) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** Reasons that are told; each stands beside its file, too. */
const REASONS = 2;

/** "part0.bin: The storage … (and 3 more files)." `all`: how many failed, of which `failed` are some. */
function reasons(failed: readonly TransferFile[], all: number): string {
  const same = new Map<string, TransferFile[]>();
  for (const file of failed) {
    // What differs by the file's own name alone is one reason.
    const why = (file.error?.what ?? 'It is not known why.').replaceAll(didText(file.did), '…').replaceAll(file.path, '…');
    same.set(why, [...same.get(why) ?? [], file]);
  }
  const groups = [...same.values()].sort((a, b) => b.length - a.length);
  const told = groups.slice(0, REASONS).map(([first, ...others]) => `${first!.did.name}${others.length === 0 ? '' : ` and ${count(others.length, 'more file')}`}: ${first!.error?.what ?? 'it is not known why.'} ${first!.error?.next ?? ''}`.trim());
  const left = all - groups.slice(0, REASONS).reduce((sum, group) => sum + group.length, 0);
  return [...told, ...(left > 0 ? [`For the other ${left.toLocaleString('en-US')} it stands beside each.`] : [])].join(' ');
}

/** In the status bar: what moves, over all; undefined = nothing to say. `failure`: why nothing is heard of them now. */
export function statusText(transfers: readonly TransferInfo[], failure?: Pick<Failure, 'what' | 'next'>): { readonly text: string; readonly tooltip: string; readonly trouble: boolean } | undefined {
  const open = transfers.filter(({ state }) => state === 'running' || state === 'stopped' || state === 'waiting');
  if (open.length === 0) return undefined;
  if (failure) return { text: '$(warning) Transfers: nothing is heard', tooltip: `How ${open.length === 1 ? 'the transfer stands' : `the ${open.length} transfers stand`} is not known now. ${failure.what} ${failure.next}`.trim(), trouble: true };
  const running = open.filter(({ state }) => state === 'running');
  const sum = (of: (transfer: TransferInfo) => number): number => running.reduce((total, transfer) => total + of(transfer), 0);
  const rate = sum((transfer) => transfer.rate ?? 0);
  const trouble = open.length > running.length;
  const icon = trouble ? '$(warning)' : running.every(({ kind }) => kind === 'download') ? '$(cloud-download)' : '$(cloud-upload)';
  const moving = running.length === 0 ? `${count(open.length, 'transfer')} ${open.length === 1 ? 'needs' : 'need'} you` : `${sum(({ files }) => files.done + files.skipped + files.failed).toLocaleString('en-US')} of ${count(sum(({ files }) => files.total), 'file')}${rate > 0 ? `, ${bytesText(rate)}/s` : ''}`;
  return { text: `${icon} ${moving}`, tooltip: open.map(transferLabel).join('\n'), trouble };
}
