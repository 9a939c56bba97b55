// One DID in at most two calls, for what is shown while somebody points at it: what it is, whether it is here, where
// else. Believes the catalogue's summary of a large dataset and asks for no rule: availability.ts is the thorough one.
import type { RucioClient } from '../rucio/client.ts';
import type { DID, DIDDetails } from '../rucio/types.ts';
import { ofLook } from './availability/availability.ts';
import { lookAtFile, pfnsAt, type LookingContext } from './mounts/looking.ts';
import type { AvailabilityInfo } from './types.ts';

export interface Glance {
  readonly details: DIDDetails;
  /** Absent: nothing is mounted here (no destination_rse), or it is a container, of which only a longer look can tell. */
  readonly here?: AvailabilityInfo;
  /** RSEs with at least one whole file of it, the mounted one not among them; sorted, at most {@link MOST_RSES}. Containers: not looked up. */
  readonly elsewhere: readonly string[];
}

export const MOST_RSES = 50;
/** Files that the server counts for it; of larger datasets it gives its summary, which knows only the RSEs that a rule has brought it to. */
const MOST_COUNTED = 5000;

export type GlanceContext = LookingContext & { readonly client: Pick<RucioClient, 'getDid' | 'listReplicas' | 'listDatasetReplicas'> };

/** Fails with notFound. */
export async function glance(context: GlanceContext, did: DID, signal?: AbortSignal): Promise<Glance> {
  const details = await context.client.getDid(did, { dynamicDepth: 'FILE' }, signal);
  switch (details.type) {
    case 'FILE': return { details, ...await ofFile(context, did, signal) };
    case 'DATASET': return { details, ...await ofDataset(context, details, signal) };
    case 'CONTAINER': return { details, elsewhere: [] };
  }
}

type Found = Pick<Glance, 'here' | 'elsewhere'>;

async function ofFile(context: GlanceContext, { scope, name }: DID, signal: AbortSignal | undefined): Promise<Found> {
  const rse = context.instance.destinationRse;
  const about = { scope, name, type: 'FILE' as const };
  for await (const rows of context.client.listReplicas([{ scope, name }], { allStates: true }, signal)) {
    const row = rows.find((one) => one.scope === scope && one.name === name);
    if (!row) continue;
    const elsewhere = places(Object.entries(row.states).filter(([, state]) => state === 'AVAILABLE').map(([at]) => at), rse);
    if (rse === undefined) return { elsewhere };
    const state = row.states[rse];
    if (state === 'AVAILABLE') return { elsewhere, here: { ...about, ...ofLook(await lookAtFile(context, row, rse), { rse, mount: context.instance.rseMountPath ?? '', bytes: row.bytes }) } };
    const pfn = pfnsAt(row, rse)[0];
    return { elsewhere, here: { ...about, state: 'notAvailable', looked: `catalogue: ${state === undefined ? `no replica at ${rse}` : `the replica at ${rse} is ${state}`}`, ...(pfn !== undefined && { pfn }) } };
  }
  return { elsewhere: [], ...(rse !== undefined && { here: { ...about, state: 'notAvailable' as const, looked: 'catalogue: it has no replica anywhere' } }) };
}

async function ofDataset(context: GlanceContext, { scope, name, length }: DIDDetails, signal: AbortSignal | undefined): Promise<Found> {
  const rse = context.instance.destinationRse;
  const counted = length !== null && length <= MOST_COUNTED;
  const rows = await context.client.listDatasetReplicas({ scope, name }, { deep: counted }, signal);
  const elsewhere = places(rows.filter(({ available_length: some }) => (some ?? 0) > 0).map(({ rse: at }) => at), rse);
  if (rse === undefined) return { elsewhere };
  const about = { scope, name, type: 'DATASET' as const };
  if (length === 0) return { elsewhere, here: { ...about, state: 'empty', looked: 'catalogue: it holds no files' } };
  const row = rows.find((one) => one.rse === rse);
  const available = row?.available_length ?? 0;
  const total = length ?? row?.length ?? undefined;
  const looked = `catalogue: ${available} of ${total ?? 'an unknown number of'} files at ${rse}`;
  const state = total !== undefined && available >= total ? 'available' : available > 0 ? 'partly' : 'notAvailable';
  return { elsewhere, here: { ...about, state, available, ...(total !== undefined && { total }), looked: `${looked}${counted ? '' : ' by its summary'}; the mount and the rules were not looked at` } };
}

function places(rses: readonly string[], rse: string | undefined): readonly string[] {
  return [...new Set(rses)].filter((at) => at !== rse).sort().slice(0, MOST_RSES);
}
