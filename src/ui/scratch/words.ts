// The words of the rows of *Scratch*.
import type { ScratchEntry } from '../../protocol.ts';
import { bytesText } from '../explorer/words.ts';

export interface ScratchWords {
  /** "until Nov 29, 14:05 · not in the catalogue · 12.3 MB": a side bar shows the beginning, and that is what must not be missed. */
  readonly text: string;
  readonly icon: string;
  /** Whether something is to be done by a person. */
  readonly problem: boolean;
  /** What may be done with it. */
  readonly can: readonly ('keep' | 'upload' | 'retry' | 'forget')[];
  /** For the tooltip: whole sentences. */
  readonly more: readonly string[];
}

/** @param day a moment (ms since 1970) for a person. */
export function scratchWords(entry: ScratchEntry, day: (ms: number) => string): ScratchWords {
  const { kind, bytes, did, elsewhere = [], sweptFrom, upload } = entry;
  if (kind === 'folder') return { text: '', icon: 'folder', problem: false, can: ['upload'], more: [] };
  if (kind === 'other') return { text: 'a link, or no file: left alone', icon: 'file-symlink-file', problem: false, can: [], more: [] };
  const size = bytesText(bytes);
  const known = did ? [`In the catalogue as ${did.scope}:${did.name}.`] : [];
  const notes = [...known, ...upload?.notes ?? []];
  if (upload && upload.step !== 'kept') {
    // Not *Upload Now*: of what is on the list that would go on as before, whatever scope is chosen.
    if (upload.failed) return { text: `stays here: ${upload.error?.what ?? 'the upload failed'} · ${size}`, icon: 'warning', problem: true, can: ['retry', 'forget'], more: [...notes, `${upload.error?.what ?? ''} ${upload.error?.next ?? ''}`.trim()] };
    if (upload.step === 'released') return { text: `safe at ${upload.destination} · Rucio deletes it here from ${day(upload.deletedFrom ?? 0)} · ${size}`, icon: 'pass', problem: false, can: ['keep'], more: notes };
    const how = upload.rule === undefined ? 'being registered' : upload.ruleState === 'OK' ? 'being checked there' : `rule ${upload.ruleState?.toLowerCase().replace('_', ' ') ?? ''}`;
    return { text: `on its way to ${upload.destination} · ${how} · ${size}`, icon: upload.ruleState === 'STUCK' ? 'warning' : 'sync', problem: upload.ruleState === 'STUCK', can: upload.rule === undefined ? [] : ['keep'], more: [...notes, ...(upload.error ? [`${upload.error.what} ${upload.error.next}`] : [])] };
  }
  if (did === undefined) return { text: `the catalogue could not be asked · ${size}`, icon: 'question', problem: false, can: ['upload'], more: [] };
  if (did === null) return { text: `${sweptFrom === undefined ? '' : `until ${day(sweptFrom)} · `}not in the catalogue · ${size}`, icon: 'file', problem: false, can: ['keep', 'upload'], more: sweptFrom === undefined ? [] : [`From ${day(sweptFrom)} on the daily sweep deletes it, where your site has one, unless somebody uploads it. Keep gives it two days more.`] };
  return { text: `${elsewhere.length > 0 ? `safe at ${elsewhere.join(', ')}` : 'nowhere else'}${upload ? ' · kept here' : ''} · ${size}`, icon: elsewhere.length > 0 ? 'pass' : 'file', problem: false, can: elsewhere.length > 0 ? [] : ['upload'], more: notes };
}
