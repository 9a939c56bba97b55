// The files of a DID with where they can be read, as a stream: the way is chosen here.
import { countContainer, countDatasets } from '../availability/counts.ts';
import { keyOf } from '../availability/memory.ts';
import type { TypedDID } from '../types.ts';
import { askedAddresses, rseOf } from './asked.ts';
import { computedAddresses } from './computed.ts';
import type { AddressContext, AddressStream, AddressWish } from './types.ts';

/** Of fewer files the catalogue's rows come sooner than the answers to what the quick way asks. */
export const FEW = 1000;

/** `files`: how many there are, as far as the catalogue says. Each comes once. */
export async function* addressesOf(context: AddressContext, did: TypedDID, files: number, wish: AddressWish, signal?: AbortSignal): AddressStream {
  if (did.type !== 'FILE' && files >= FEW) {
    const whole = await wholeAt(context, did, wish, signal);
    if (whole.size > 0 && (yield* computedAddresses(context, did, wish, whole, files, signal))) return;
    yield 'again';
  }
  yield* askedAddresses(context, did, wish, files, signal);
}

/** Storages that have all of its files by the catalogue's counts, as far as they matter for the wish. */
async function wholeAt(context: AddressContext, did: TypedDID, wish: AddressWish, signal: AbortSignal | undefined): Promise<ReadonlySet<string>> {
  const rse = rseOf(context, wish);
  if (rse === undefined) {
    // Of a container the server has no such counts (rucio 41.5.1).
    const rows = did.type === 'DATASET' ? await context.client.listDatasetReplicas(did, { deep: true }, signal) : [];
    return new Set(rows.filter(({ available_length, length }) => length !== null && length > 0 && available_length === length).map((row) => row.rse));
  }
  const how = { polling: false, budget: { left: Infinity } };
  const counts = did.type === 'DATASET' ? (await countDatasets(context, [did], rse, how, signal)).get(keyOf(did))! : await countContainer(context, did, rse, how, signal);
  return new Set('error' in counts || counts.bound !== undefined || counts.total === null || counts.available < counts.total ? [] : [rse]);
}
