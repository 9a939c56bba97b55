// The long way to addresses: a row of the catalogue's for each file with its replicas (540 bytes a file, and the server takes 0.3 ms for each).
import type { ListReplicasOptions } from '../../rucio/clients/replicas.ts';
import type { FileReplicas } from '../../rucio/types.ts';
import { unsignedPfn } from '../../storage/signed.ts';
import { pfnsAt } from '../mounts/looking.ts';
import { keyOf } from '../availability/memory.ts';
import type { TypedDID } from '../types.ts';
import { At } from './at.ts';
import { type AddressContext, type AddressedFile, type AddressStream, type AddressWish, SCHEMES } from './types.ts';

/** `files`: how many there are, as far as the catalogue says. */
export async function* askedAddresses(context: AddressContext, did: TypedDID, wish: AddressWish, files: number, signal?: AbortSignal): AddressStream {
  const seen = new Set<string>();
  const at = new At(context, files);
  for await (const batch of context.client.listReplicas([{ scope: did.scope, name: did.name }], listingOptions(context, wish), signal)) {
    const fresh = batch.filter((row) => !seen.has(keyOf(row)) && seen.add(keyOf(row)));
    yield wish.at === 'here' ? await at.here(fresh, rseOf(context, wish)!) : fresh.map((row) => knownAddress(context, row, wish));
  }
  // A collection's files without a replica at the asked storages have no row.
  if (did.type === 'FILE' || seen.size === files) return;
  for await (const batch of context.client.listFiles(did, signal)) {
    const rest = batch.filter((row) => !seen.has(keyOf(row)) && seen.add(keyOf(row)));
    if (rest.length > 0) yield rest.map((row) => ({ did: keyOf(row), size: row.bytes, adler32: row.adler32 ?? '', path: '', pfn: '', rse: '' }));
  }
}

/** The only storage that counts; undefined = any. */
export function rseOf({ instance }: Pick<AddressContext, 'instance'>, { at }: AddressWish): string | undefined {
  return at === 'here' ? instance.destinationRse : at === 'nearest' ? undefined : at.rse;
}

/** How the catalogue is asked. At the mount any protocol tells the path. */
export function listingOptions(context: Pick<AddressContext, 'instance'>, wish: AddressWish): ListReplicasOptions {
  const rse = rseOf(context, wish);
  return { ...(rse !== undefined && { rseExpression: rse }), ...(wish.at === 'here' ? { allStates: true } : { schemes: schemesOf(wish) }) };
}

const schemesOf = ({ protocol }: AddressWish): readonly string[] => (protocol === undefined ? SCHEMES : [protocol]);

/** What the catalogue's row says. In the server's order the nearest comes first; a tape is no place to read from. */
export function knownAddress(context: Pick<AddressContext, 'instance'>, row: FileReplicas, wish: AddressWish): AddressedFile {
  const facts = { did: keyOf(row), size: row.bytes, adler32: row.adler32 ?? '', path: '' };
  const rse = rseOf(context, wish);
  if (wish.at === 'here') return row.states[rse!] === 'AVAILABLE' ? { ...facts, pfn: pfnsAt(row, rse!)[0] ?? '', rse: rse! } : { ...facts, pfn: '', rse: '' };
  const all = Object.entries(row.pfns).filter(([, replica]) => rse === undefined || replica.rse === rse).sort(([, a], [, b]) => a.priority - b.priority);
  const disk = all.filter(([, { type }]) => type !== 'TAPE');
  const nearest = disk[0]?.[1].rse ?? '';
  const schemes = schemesOf(wish);
  const [best] = disk.filter(([, replica]) => replica.rse === nearest).map(([pfn]) => pfn).sort((a, b) => rank(a, schemes) - rank(b, schemes));
  if (best !== undefined) return { ...facts, pfn: unsignedPfn(best), rse: nearest };
  const tape = all[0]?.[1].rse;
  return { ...facts, pfn: '', rse: '', ...(tape !== undefined && { problem: `${facts.did} is on tape only (${tape}): it must be brought to a disk first.` }) };
}

function rank(pfn: string, schemes: readonly string[]): number {
  const at = schemes.indexOf(pfn.slice(0, pfn.indexOf(':')).toLowerCase());
  return at < 0 ? schemes.length : at;
}
