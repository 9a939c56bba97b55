// The quick way to the addresses of a collection that is whole at a storage: the names of its files are all that is read (125 bytes each,
// where a row with replicas has 540), and PFNs follow from them by the storage's algorithm. What we make of it is held against the catalogue's own
// rows of some files at its beginning and over the rest; wherever they differ it is not used.
import type { DID, DIDFileRow, FileReplicas } from '../../rucio/types.ts';
import { chunks, mapLimited } from '../limited.ts';
import { keyOf } from '../availability/memory.ts';
import type { TypedDID } from '../types.ts';
import { knownAddress, listingOptions } from './asked.ts';
import { At } from './at.ts';
import { algorithmOf } from './lfn2pfn.ts';
import type { AddressContext, AddressedFile, AddressWish } from './types.ts';

/** Files that are compared at the beginning, and over the rest. */
const FIRST = 10;
const REST = 10;
/** A storage whose PFNs did not follow is not tried again for so long. ms. */
const ODD_AGE = 600_000;
/** DIDs of one call to the server's own algorithm come in parts (the query line is short); so many parts at once. */
const PART = 160;
const AT_ONCE = 4;

type PfnMaker = (files: readonly DIDFileRow[]) => Promise<readonly string[]>;

/** Gives false when it can't be done so, perhaps after some batches: they are then wrong. `whole`: storages that have all of it. */
export async function* computedAddresses(context: AddressContext, did: TypedDID, wish: AddressWish, whole: ReadonlySet<string>, files: number, signal?: AbortSignal): AsyncGenerator<readonly AddressedFile[], boolean, undefined> {
  const { memory } = context;
  const seen = did.type === 'DATASET' ? undefined : new Set<string>(); // a file is once in a dataset
  const at = new At(context, files);
  const spread = new Spread(files);
  let rse = '';
  let make: PfnMaker | undefined;
  for await (const batch of context.client.listFiles(did, signal)) {
    const rows = seen ? batch.filter((row) => !seen.has(keyOf(row)) && seen.add(keyOf(row))) : batch;
    if (rows.length === 0) continue;
    if (!make) {
      const first = await sampled(context, rows.slice(0, FIRST), wish, signal);
      rse = first[0]?.rse ?? '';
      if (!whole.has(rse) || memory.now() - (memory.odd.get(rse) ?? -Infinity) < ODD_AGE) return false;
      make = await makerFor(context, rse, rows, first, signal);
      if (!make) {
        memory.odd.set(rse, memory.now());
        return false;
      }
    }
    const pfns = await make(rows);
    rows.forEach((row, n) => spread.offer(row, pfns[n]!));
    yield wish.at === 'here' ? await at.here(rows.map((row, n) => replicaOf(row, rse, pfns[n]!)), rse) : rows.map((row, n) => ({ ...factsOf(row), path: '', pfn: pfns[n]!, rse }));
  }
  const known = await sampled(context, spread.files, wish, signal);
  if (spread.files.every((_, n) => known[n]?.rse === rse && known[n].pfn === spread.pfns[n])) return true;
  memory.odd.set(rse, memory.now());
  return false;
}

/** By the catalogue, in the order of the files; undefined = it has none there. */
async function sampled(context: AddressContext, files: readonly DID[], wish: AddressWish, signal: AbortSignal | undefined): Promise<readonly (AddressedFile | undefined)[]> {
  const known = new Map<string, AddressedFile>();
  if (files.length > 0) for await (const rows of context.client.listReplicas(files.map(({ scope, name }) => ({ scope, name })), listingOptions(context, wish), signal)) for (const row of rows) known.set(keyOf(row), knownAddress(context, row, wish));
  return files.map((file) => known.get(keyOf(file)));
}

/** undefined: the PFNs of the sample do not follow from the names. */
async function makerFor({ client }: AddressContext, rse: string, rows: readonly DIDFileRow[], sample: readonly (AddressedFile | undefined)[], signal: AbortSignal | undefined): Promise<PfnMaker | undefined> {
  const { deterministic, lfn2pfn_algorithm } = await client.getRse(rse, signal);
  const pfn = sample[0]?.pfn;
  if (deterministic === false || pfn === undefined || sample.some((one) => one?.rse !== rse)) return undefined;
  const algorithm = algorithmOf(lfn2pfn_algorithm);
  let make: PfnMaker;
  if (algorithm) {
    // Host, port and prefix are as the catalogue writes them, whatever the protocol makes of its settings.
    const path = algorithm(rows[0]!);
    if (!pfn.endsWith(`/${path}`)) return undefined;
    const prefix = pfn.slice(0, -path.length);
    make = (files) => Promise.resolve(files.map((file) => prefix + algorithm(file)));
  } else {
    const scheme = pfn.slice(0, pfn.indexOf(':'));
    make = async (files) => (await mapLimited(chunks(files, PART), AT_ONCE, async (part) => {
      const pfns = await client.lfns2pfns(rse, part, { scheme, operation: 'read', domain: 'wan' }, signal);
      return part.map((file) => pfns[keyOf(file)]!);
    })).flat();
  }
  const made = await make(rows.slice(0, sample.length));
  return made.every((text, n) => text === sample[n]?.pfn) ? make : undefined;
}

/** Some files, evenly from all. */
class Spread {
  readonly files: DIDFileRow[] = [];
  readonly pfns: string[] = [];
  readonly #step: number;
  #count = 0;

  constructor(files: number) {
    this.#step = Math.max(1, Math.floor(files / REST));
  }

  offer(file: DIDFileRow, pfn: string): void {
    if (++this.#count % this.#step !== 0 || this.files.length >= REST) return;
    this.files.push(file);
    this.pfns.push(pfn);
  }
}

const factsOf = (row: DIDFileRow): Pick<AddressedFile, 'did' | 'size' | 'adler32'> => ({ did: keyOf(row), size: row.bytes, adler32: row.adler32 ?? '' });

/** As the catalogue would write it. */
function replicaOf({ scope, name, bytes, adler32 }: DIDFileRow, rse: string, pfn: string): FileReplicas {
  return { scope, name, bytes, adler32, md5: null, pfns: {}, rses: { [rse]: [pfn] }, states: { [rse]: 'AVAILABLE' } };
}
