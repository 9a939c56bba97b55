// The words for what a person sees of a DID: its state, type, size. One place, so that tree, badges, notifications and
// screen readers say the same.
import type { Availability, AvailabilityInfo, DID, DIDFilter, DIDType } from '../../protocol.ts';
import { colors } from '../contributions.ts';

export interface StateWords {
  /** At most two characters: what a decoration has room for. Never the only bearer of the state, nor is the colour. */
  readonly badge: string;
  readonly color: (typeof colors)[keyof typeof colors];
  /** "Partly available (3 of 8 files)". */
  readonly title: string;
  /** One sentence for the tooltip: what it means for the one who wants to read the data. */
  readonly meaning: string;
  /** For the row itself while something moves or stopped moving: "replicating 42 %". Undefined: the badge is enough. */
  readonly inRow?: string;
}

type Fixed = Omit<StateWords, 'inRow'> & { readonly inRow?: boolean };

const FIXED: Readonly<Record<Availability, Fixed>> = {
  available: { badge: '✓', color: colors.available, title: 'Available', meaning: 'Can be read here, by a local path.' },
  partly: { badge: '½', color: colors.partly, title: 'Partly available', meaning: 'Some of its files can be read here. Make Available brings the others.' },
  notAvailable: { badge: '–', color: colors.notAvailable, title: 'Not available', meaning: 'Cannot be read here yet. Make Available brings it.' },
  replicating: { badge: 'R', color: colors.replicating, title: 'Replicating', meaning: 'On its way here.', inRow: true },
  stuck: { badge: '!', color: colors.stuck, title: 'Stuck', meaning: 'The replication rule cannot go on; Rucio tries again now and then. Show Rule says why.', inRow: true },
  waitingApproval: { badge: 'W', color: colors.waiting, title: 'Waiting for approval', meaning: 'Somebody has to approve the replication rule first.', inRow: true },
  suspended: { badge: 'S', color: colors.stuck, title: 'Suspended', meaning: 'The replication rule was suspended; it does not go on by itself.', inRow: true },
  injecting: { badge: 'I', color: colors.waiting, title: 'Injecting', meaning: 'Rucio has accepted the replication rule and has not started on it.', inRow: true },
  judging: { badge: 'J', color: colors.waiting, title: 'Judging', meaning: 'Files were attached since; Rucio has not looked at them yet.', inRow: true },
  mountNotAnswering: { badge: 'M', color: colors.mountProblem, title: 'Mount not answering', meaning: 'The catalogue says it is here, but the mounted storage does not answer.', inRow: true },
  notAtMount: { badge: 'X', color: colors.mountProblem, title: 'Not at its path', meaning: 'The catalogue says it is here, but the file is not at its path or has another size.', inRow: true },
  empty: { badge: '∅', color: colors.notAvailable, title: 'Empty', meaning: 'A collection without files.' },
};

export function stateWords(info: Pick<AvailabilityInfo, 'state' | 'available' | 'total' | 'percent'>): StateWords {
  // A service newer than this window may know a state that we don't: its own word is better than none.
  const fixed: Fixed = FIXED[info.state] ?? { badge: '•', color: colors.waiting, title: String(info.state), meaning: '', inRow: true };
  const title = `${fixed.title}${detail(info)}`;
  const badge = info.state === 'replicating' && info.percent !== undefined ? String(Math.min(99, wholePercent(info.percent))) : fixed.badge;
  return { badge, color: fixed.color, title, meaning: fixed.meaning, ...(fixed.inRow ? { inRow: lowerFirst(title) } : {}) };
}

function detail({ state, available, total, percent }: Pick<AvailabilityInfo, 'state' | 'available' | 'total' | 'percent'>): string {
  if (state === 'partly' && available !== undefined && total !== undefined) return ` (${number(available)} of ${count(total, 'file')})`;
  if (state === 'replicating' && percent !== undefined) return ` ${wholePercent(percent)} %`;
  return '';
}

/** Never 100 before it is: what is nearly done is not done. */
function wholePercent(percent: number): number {
  return Math.max(0, Math.min(100, Math.floor(percent)));
}

export const typeWord = (type: DIDType): string => type.toLowerCase();

export const filterWords: Readonly<Record<DIDFilter, { readonly title: string; readonly only: string }>> = {
  all: { title: 'Everything', only: 'everything' },
  collection: { title: 'Collections', only: 'collections only' },
  dataset: { title: 'Datasets', only: 'datasets only' },
  container: { title: 'Containers', only: 'containers only' },
  file: { title: 'Files', only: 'files only' },
};

export const isFilter = (value: unknown): value is DIDFilter => typeof value === 'string' && Object.hasOwn(filterWords, value);

export const didText = ({ scope, name }: DID): string => `${scope}:${name}`;

/** "4.1 MB"; powers of 1000, as Rucio's own tools count. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let value = bytes;
  let unit = 0;
  // 999.95 rounds to "1000.0": the next unit reads better.
  while (value >= (unit === 0 ? 1000 : 999.95) && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`;
}

/** "1 file", "100,000 files". */
export const count = (n: number, noun: string): string => `${number(n)} ${noun}${n === 1 ? '' : 's'}`;

const number = (n: number): string => n.toLocaleString('en-US');

export const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

interface Sized { readonly type: DIDType; readonly bytes: number | null; readonly length: number | null }

/** "4.1 MB · 8 files"; empty where the server does not know (open collections, containers). */
export function sizeText({ type, bytes, length }: Sized): string {
  const parts = [];
  if (bytes !== null) parts.push(bytesText(bytes));
  if (type !== 'FILE' && length !== null) parts.push(count(length, 'file'));
  return parts.join(' · ');
}

/** What a row shows beside the name. */
export function rowDescription(did: Sized, info: AvailabilityInfo | undefined): string {
  const moving = info && stateWords(info).inRow;
  return [sizeText(did), moving].filter(Boolean).join(' · ');
}

/** For screen readers: "dataset test:ds.raw, 4.1 MB, 8 files, available". `awaited`: its state will be known. */
export function spokenLabel(did: DID & Sized, info: AvailabilityInfo | undefined, awaited = true): string {
  const state = info ? lowerFirst(stateWords(info).title) : awaited ? 'state not known yet' : undefined;
  return [`${typeWord(did.type)} ${didText(did)}`, ...sizeText(did).split(' · '), state].filter(Boolean).join(', ');
}
