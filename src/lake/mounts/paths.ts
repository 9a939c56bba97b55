// Where a DID lies on this machine: for Copy Path, Open, Reveal in File Explorer.
import { RucioError } from '../../rucio/errors.ts';
import type { DID, FileReplicas } from '../../rucio/types.ts';
import type { AvailabilityContext } from '../availability/availability.ts';
import { lookAtFile, pfnsAt, type Look } from './looking.ts';
import { mapLimited } from '../limited.ts';
import { keyOf } from '../availability/memory.ts';
import type { LocalPath } from '../types.ts';

/** Files of a collection whose paths are given. */
export const MOST_PATHS = 1000;
/** Files of a collection whose rows are read to find them, and of which those that are not there are counted. */
export const MOST_SEEN = 5000;

/** `problem` says in a sentence why there is no path, or not all. Fails with notFound, or configuration without an RSE. */
export async function localPathOf(context: AvailabilityContext, did: DID, signal?: AbortSignal): Promise<LocalPath> {
  const { client, instance } = context;
  const rse = instance.destinationRse;
  if (rse === undefined || instance.rseMountPath === undefined) {
    throw new RucioError('configuration', `The instance "${instance.name}" has no ${rse === undefined ? 'destination_rse' : 'rse_mount_path'}, so its files have no path here.`, { subject: instance.name });
  }
  const { type } = await client.getDid(did, {}, signal);
  const { scope, name } = did;
  // Collections are opened by the server; their rows stream, and the answer is closed once there are enough.
  const rows: FileReplicas[] = [];
  let missing = 0;
  let more = false;
  let cut = false;
  const seen = new Set<string>();
  for await (const batch of client.listReplicas([{ scope, name }], { rseExpression: rse, allStates: true }, signal)) {
    for (const row of batch) {
      if (seen.has(keyOf(row))) continue;
      cut = seen.size === MOST_SEEN;
      if (cut) break;
      seen.add(keyOf(row));
      if (row.states[rse] !== 'AVAILABLE') missing++;
      else if (rows.length < MOST_PATHS) rows.push(row);
      else more = true;
    }
    if (more || cut) break;
  }
  // The server leaves out a collection's files that have no replica at the asked RSE.
  const elsewhere = type === 'FILE' || more || cut ? 0 : await others(context, did, seen, signal);
  missing += elsewhere;
  const uncounted = elsewhere > MOST_SEEN;
  const looks = await mapLimited(rows, 8, async (row) => ({ row, look: await lookAtFile(context, row, rse) }));

  if (type === 'FILE') {
    const found = looks[0];
    if (!found) return { scope, name, problem: `${keyOf(did)} is not at ${rse} yet. Make it available first.` };
    const { look, row } = found;
    const pfn = look.pfn ?? pfnsAt(row, rse)[0];
    if (look.state === 'there') return { scope, name, path: look.path!, ...(pfn !== undefined && { pfn }) };
    return { scope, name, problem: problemOf(look, instance.rseMountPath, rse), ...(pfn !== undefined && { pfn }) };
  }

  const files = looks.filter(({ look }) => look.state === 'there').map(({ row, look }) => ({ did: { scope: row.scope, name: row.name }, path: look.path! }));
  const bad = looks.find(({ look }) => look.state !== 'there');
  const problems = [
    cut && (looks.length === 0 ? `Of the first ${MOST_SEEN} files, none is at ${rse}.` : `Of the first ${MOST_SEEN} files, ${missing} are not at ${rse}; no more were looked at.`),
    uncounted && (looks.length === 0 ? `None of its files is at ${rse}.` : `Only ${looks.length} of its files ${looks.length === 1 ? 'is' : 'are'} at ${rse}.`),
    !cut && !uncounted && missing > 0 && (looks.length === 0 && missing > 1 ? `None of its ${missing} files is at ${rse}.` : `${someAre(missing, more ? undefined : seen.size)} not at ${rse}.`),
    bad && `${someAre(looks.length - files.length, more || cut || uncounted ? undefined : seen.size)} not right at the mount: ${problemOf(bad.look, instance.rseMountPath, rse)}`,
    more && `Only the first ${MOST_PATHS} files are named.`,
    seen.size === 0 && 'It holds no files.',
  ].filter((text) => typeof text === 'string');
  return { scope, name, files, ...(problems.length > 0 && { problem: problems.join(' ') }) };
}

/** Files of the collection beside those that were seen, which are added to them; one more than {@link MOST_SEEN} where there are more. */
async function others({ client }: AvailabilityContext, did: DID, seen: Set<string>, signal: AbortSignal | undefined): Promise<number> {
  const { length } = await client.getDid(did, { dynamicDepth: 'FILE' }, signal);
  if (length === seen.size) return 0;
  // Counted anew: a file that is in two datasets of a container is two for the server.
  const before = seen.size;
  for await (const batch of client.listFiles(did, signal)) {
    for (const row of batch) if (seen.add(keyOf(row)).size - before > MOST_SEEN) return seen.size - before;
  }
  return seen.size - before;
}

/** Begins a sentence about files of a collection: “Its only file is”, “3 of its 6 files are”. `all`: undefined where nobody counted them. */
export function someAre(some: number, all: number | undefined): string {
  return all === 1 ? 'Its only file is' : `${some} of its ${all === undefined ? '' : `${all} `}files ${some === 1 ? 'is' : 'are'}`;
}

/** Why there is no path: a sentence. */
export function problemOf(look: Look, mount: string, rse: string): string {
  switch (look.state) {
    case 'there': return '';
    case 'missing': return `The catalogue has it at ${rse}, but there is no file ${look.path}.`;
    case 'otherSize': return `The file ${look.path} has another size than the catalogue says: it is not whole.`;
    case 'denied': return `You may not read ${look.path}.`;
    case 'notAnswering': return `The mount ${mount} does not answer.`;
    case 'noMount': return 'No mount is configured (rse_mount_path).';
    case 'noPath': return look.reason ?? 'It has no path here.';
  }
}
