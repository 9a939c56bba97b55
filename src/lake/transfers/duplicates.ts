// Which files of an upload the lake knows already by their names: the same content, or another one.
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { DID, FileReplicas } from '../../rucio/types.ts';
import { impossible } from './names.ts';
import { sumsOf } from './send.ts';

/** Names that are looked up before an upload: five calls. */
export const LOOKED_UP = 5000;
/** Bytes that are read to compare them, before an upload: some seconds. */
const MOST_READ = 2_000_000_000;

/** `unsure`: name and size are known, and reading it now would take too long. */
export type Duplicate = 'same' | 'other' | 'unsure';

/** By path; files that the lake does not know are not in it, nor those that are known and nowhere whole. */
export async function duplicatesAmong(client: Pick<RucioClient, 'listReplicas'>, files: readonly (DID & { readonly path: string; readonly bytes: number; readonly mtime: number })[], signal?: AbortSignal): Promise<ReadonlyMap<string, Duplicate>> {
  const found = new Map<string, Duplicate>();
  // The server fails over names that it can't keep.
  const looked = files.filter(({ name }) => impossible(name) === undefined).slice(0, LOOKED_UP);
  if (looked.length === 0) return found;
  const known = new Map<string, FileReplicas>();
  for await (const rows of client.listReplicas(looked, { allStates: true }, signal)) for (const row of rows) known.set(`${row.scope}:${row.name}`, row);
  let left = MOST_READ;
  for (const file of looked) {
    const row = known.get(`${file.scope}:${file.name}`);
    if (!row) continue;
    if (row.bytes !== file.bytes) {
      found.set(file.path, 'other');
      continue;
    }
    left -= file.bytes;
    if (left < 0 || row.adler32 === null) {
      found.set(file.path, 'unsure');
      continue;
    }
    // One that can't be read, or is written to just now, is told of when it is its turn.
    const sums = await sumsOf(file, signal).catch(() => undefined);
    if (signal?.aborted) throw new RucioError('cancelled', 'Cancelled.');
    if (!sums) found.set(file.path, 'unsure');
    else if (sums.adler32 !== row.adler32.toLowerCase().padStart(8, '0')) found.set(file.path, 'other');
    else if (Object.values(row.states).includes('AVAILABLE')) found.set(file.path, 'same');
  }
  return found;
}
