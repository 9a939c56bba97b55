// What of a wish is in scratch, by which names it becomes known, and where it goes; what is in the way is said before anything is done.
import fs from 'node:fs/promises';
import path from 'node:path';
import { RucioError } from '../../rucio/errors.ts';
import type { TransferLake } from '../transfers/lake.ts';
import { didOf, impossible } from '../transfers/names.ts';
import { localFiles, type Skipped } from '../transfers/source.ts';
import type { ScratchPlace } from '../types.ts';
import type { NewScratchRow } from './journal.ts';
import { openScratch, type Scratch } from './place.ts';
import type { ScratchWish } from './types.ts';

/** An instance as scratch needs it; `scratch` undefined: it has none. */
export interface ScratchLake extends TransferLake {
  readonly scratch?: ScratchPlace | undefined;
  readonly destinationRse?: string | undefined;
  readonly ruleUrl: (id: string) => string | undefined;
}

export interface PlannedScratch {
  readonly files: readonly Pick<NewScratchRow, 'path' | 'pfn' | 'scope' | 'name' | 'bytes' | 'mtime'>[];
  readonly skipped: readonly Skipped[];
  readonly notes: readonly string[];
  readonly scratch: Scratch;
  /** An RSE expression without scratch itself. */
  readonly destination: string;
}

/** @throws RucioError configuration where there is no scratch, badInput for what can't be uploaded from it. */
export async function planScratch(lake: ScratchLake, wish: ScratchWish, signal?: AbortSignal): Promise<PlannedScratch> {
  const scratch = await scratchOf(lake, signal);
  const refused = (why: string): RucioError => new RucioError('badInput', why, { exceptionClass: 'ScratchRefused' });
  const { files: local, skipped } = await localFiles(wish.paths, 'skip', (file) => file, signal);
  const outside: string[] = [];
  const bad: string[] = [];
  const names = new Map<string, string>();
  const seen = new Set<string>();
  const files: PlannedScratch['files'][number][] = [];
  for (const { path: file, parts, bytes, mtime } of local) {
    const real = await fs.realpath(file);
    if (seen.has(real)) continue;
    seen.add(real);
    const place = scratch.pfnOf(real);
    if ('reason' in place) {
      outside.push(`${file}${real === file ? '' : ` (it leads to ${real})`}: ${place.reason}`);
      continue;
    }
    const did = didOf(parts, { scope: wish.scope, names: 'folders', ...(wish.prefix !== undefined && { prefix: wish.prefix }) });
    const problem = impossible(did.name) ?? (names.has(did.name) ? `${names.get(did.name)} would have the same name` : undefined);
    if (problem !== undefined) bad.push(`${file}: ${problem}`);
    names.set(did.name, file);
    files.push({ path: real, pfn: place.pfn, ...did, bytes, mtime });
  }
  if (outside.length > 0) throw refused(`Only what lies in scratch (${scratch.folder}) is uploaded where it lies. ${few(outside)}.`);
  if (bad.length > 0) throw new RucioError('badInput', `Not by these names: ${few(bad)}.`, { exceptionClass: 'PlanRefused' });
  if (files.length === 0) throw refused(skipped.length === 0 ? 'There are no files.' : `There is nothing to upload: ${skipped[0]!.path} is left out (${skipped[0]!.why}).`);
  return { files, skipped, scratch, ...await destinationOf(lake, wish.rse, scratch.rse, signal) };
}

/** @throws RucioError configuration where the instance has no scratch. */
export async function scratchOf(lake: ScratchLake, signal?: AbortSignal): Promise<Scratch> {
  if (!lake.scratch) throw new RucioError('configuration', `“${lake.instance}” has no scratch space here: scratch_rse (RUCIO_SCRATCH_RSE) is not set.`, { subject: lake.instance, exceptionClass: 'NoScratch' });
  return openScratch(lake.client, lake.scratch, signal);
}

/** A copy in scratch is none that is safe: an expression that means scratch too is narrowed. */
async function destinationOf(lake: ScratchLake, wanted: string | undefined, rse: string, signal: AbortSignal | undefined): Promise<{ readonly destination: string; readonly notes: readonly string[] }> {
  const expression = wanted ?? lake.destinationRse;
  if (expression === undefined) throw new RucioError('badInput', 'Say where the files go, with --rse: this instance has no destination_rse.', { exceptionClass: 'PlanRefused' });
  const rses = await lake.client.listRses(expression, signal);
  if (!rses.includes(rse)) return { destination: expression, notes: [] };
  if (rses.length === 1) throw new RucioError('badInput', `${expression} is scratch itself: say another storage with --rse.`, { exceptionClass: 'PlanRefused' });
  return { destination: `(${expression})\\${rse}`, notes: [`${expression} means scratch, too: the rule is made for the others.`] };
}

function few(texts: readonly string[]): string {
  return texts.length <= 3 ? texts.join('; ') : `${texts.slice(0, 3).join('; ')}; and ${texts.length - 3} more`;
}

/** Of the user's own, by a path that may lead through links. */
export async function inScratch(scratch: Scratch, file: string): Promise<string> {
  const real = await fs.realpath(path.resolve(scratch.folder, file)).catch((error: NodeJS.ErrnoException) => { throw new RucioError('badInput', `${file} can't be opened (${error.code}).`); });
  const place = scratch.pfnOf(real);
  if (real !== scratch.folder && real !== scratch.mount && 'reason' in place) throw new RucioError('badInput', `${file} is not in scratch: ${place.reason}.`, { exceptionClass: 'ScratchRefused' });
  return real;
}
