// Looking at the mount: one file at the places where its replica may lie, or a few files of a collection.
import type { RucioClient } from '../../rucio/client.ts';
import type { DID, FileReplicas } from '../../rucio/types.ts';
import { unsignedPfn } from '../../storage/signed.ts';
import { askInBulk } from '../availability/bulk.ts';
import type { FileState, MountInspector } from './inspector.ts';
import { mapLimited } from '../limited.ts';
import { keyOf, type Budget, type Memory } from '../availability/memory.ts';
import { placesOf } from './mounts.ts';
import type { Instance } from '../types.ts';

export type Inspector = Pick<MountInspector, 'inspect' | 'inspectMount'>;

export interface LookingContext {
  readonly client: Pick<RucioClient, 'listContent' | 'listReplicas'>;
  readonly instance: Instance;
  readonly inspector: Inspector;
  readonly memory: Memory;
}

/** What is at the mount; `path` is where it is (or should be), with the PFN that says so. */
export interface Look {
  readonly state: FileState | 'noMount' | 'noPath';
  readonly path?: string;
  readonly pfn?: string;
  /** Why there is no path. */
  readonly reason?: string;
}

/** Files of a collection that are looked at. */
export const SAMPLE = 20;
/** The same files are looked at for so long. ms. */
const SAMPLE_AGE = 600_000;

/** PFNs of a replica at an RSE, in the server's order, without the signatures that it adds for accounts that may have them: those are secrets. */
export function pfnsAt(row: FileReplicas, rse: string): readonly string[] {
  return (row.rses[rse] ?? Object.entries(row.pfns).filter(([, replica]) => replica.rse === rse).map(([pfn]) => pfn)).map(unsignedPfn);
}

/** A file that the catalogue has at the RSE. */
export async function lookAtFile({ instance, inspector }: LookingContext, row: FileReplicas, rse: string): Promise<Look> {
  const pfns = pfnsAt(row, rse);
  const { rseMountPath, pathBeginsAt } = instance;
  if (rseMountPath === undefined) return { state: 'noMount', ...(pfns[0] !== undefined && { pfn: pfns[0] }) };
  const places = placesOf(pfns, { rseMountPath, pathBeginsAt }, row.name);
  if ('reason' in places) return { state: 'noPath', reason: places.reason, ...(pfns[0] !== undefined && { pfn: pfns[0] }) };
  let worst: Look | undefined;
  for (const { path, pfn } of places) {
    const state = await inspector.inspect(rseMountPath, path, row.bytes);
    if (state === 'there') return { state, path, pfn };
    if (state === 'notAnswering') return { state, path, pfn };
    // Something under a likelier name says more than nothing under another.
    if (!worst || worst.state === 'missing') worst = { state, path: worst?.path ?? path, pfn: worst?.pfn ?? pfn };
  }
  return worst!;
}

export interface SampleLook {
  /** The mount itself. */
  readonly mount: 'there' | 'missing' | 'notAnswering' | 'denied' | 'noMount';
  readonly looked: number;
  readonly there: number;
  /** The first that is not there, for the tooltip. */
  readonly first?: Look & { readonly did: DID };
}

/** Up to {@link SAMPLE} files of these datasets, which the catalogue says are whole here. */
export async function lookAtSample(context: LookingContext, datasets: readonly DID[], rse: string, options: { readonly polling: boolean; readonly budget: Budget }, signal?: AbortSignal): Promise<SampleLook> {
  const { instance, inspector } = context;
  if (instance.rseMountPath === undefined) return { mount: 'noMount', looked: 0, there: 0 };
  const mount = await inspector.inspectMount(instance.rseMountPath);
  if (mount !== 'there') return { mount, looked: 0, there: 0 };
  // Of a container a few datasets, a few files each.
  const from = datasets.slice(0, 4);
  const each = Math.floor(SAMPLE / Math.max(1, from.length));
  const samples = await mapLimited(from, 4, (did) => context.memory.remember('sample', keyOf(did), options.polling ? SAMPLE_AGE : 0, options.budget, () => sampleOf(context, did, rse, signal), signal));
  const looks = await mapLimited(samples.flatMap((rows) => rows.slice(0, each)), 8, async (row) => ({ did: { scope: row.scope, name: row.name }, ...await lookAtFile(context, row, rse) }));
  const first = looks.find((look) => look.state === 'notAnswering') ?? looks.find((look) => look.state !== 'there');
  return { mount, looked: looks.length, there: looks.filter((look) => look.state === 'there').length, ...(first && { first }) };
}

/** The first files of a dataset as they come, with their replicas at the RSE; the listing is closed after them. */
async function sampleOf({ client }: LookingContext, dataset: DID, rse: string, signal: AbortSignal | undefined): Promise<FileReplicas[]> {
  const files: DID[] = [];
  for await (const rows of client.listContent(dataset, signal)) {
    for (const { scope, name, type } of rows) if (type === 'FILE' && files.length < SAMPLE) files.push({ scope, name });
    if (files.length >= SAMPLE) break;
  }
  if (files.length === 0) return [];
  const replicas: FileReplicas[] = [];
  await askInBulk(files, new Map(), async (some) => {
    for await (const rows of client.listReplicas(some, { rseExpression: rse, allStates: true }, signal)) replicas.push(...rows.filter((row) => row.states[rse] === 'AVAILABLE'));
  });
  return replicas;
}
