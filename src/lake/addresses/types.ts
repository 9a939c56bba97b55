// Where the files of a DID can be read: their paths here, or their addresses (PFNs) at a storage.
import type { RucioClient } from '../../rucio/client.ts';
import type { CountingClient } from '../availability/counts.ts';
import type { LookingContext } from '../mounts/looking.ts';
import type { Instance } from '../types.ts';

export interface AddressContext extends LookingContext {
  readonly client: CountingClient & Pick<RucioClient, 'listContent' | 'listReplicas' | 'listFiles' | 'getDid' | 'getRse' | 'lfns2pfns' | 'listRses'>;
}

/** `here`: paths at the mount; `nearest`: where the server would send us; else at one storage. */
export interface AddressWish {
  readonly at: 'here' | 'nearest' | { readonly rse: string };
  /** The scheme of addresses; undefined = {@link SCHEMES}, in their order. */
  readonly protocol?: string;
}

/** For programs that read from afar, the best first. */
export const SCHEMES = ['root', 'davs', 'https'] as const;

export interface AddressedFile {
  /** scope:name */
  readonly did: string;
  /** Bytes. */
  readonly size: number;
  /** '' = the catalogue has none. */
  readonly adler32: string;
  /** At the mount; '' = it can't be read here, or was not asked for. */
  readonly path: string;
  /** '' = there is none. */
  readonly pfn: string;
  /** Where the PFN is; '' as above. */
  readonly rse: string;
  /** Why it can't be read as wished: a sentence; undefined = it can, or it is just not there. */
  readonly problem?: string;
}

/** Files in batches, each once; `again`: what came so far was wrong, all of it comes once more. */
export type AddressStream = AsyncGenerator<readonly AddressedFile[] | 'again', void, undefined>;

/** As it is read from afar: through the XCache of this site, where there is one and the protocol is its. */
export function throughCache({ xcachePrefix }: Pick<Instance, 'xcachePrefix'>, pfn: string): string {
  return xcachePrefix !== undefined && /^x?roots?:/i.test(pfn) && !pfn.startsWith(`${xcachePrefix}/`) ? `${xcachePrefix}//${pfn}` : pfn;
}

/** Whether it can be read as wished. */
export function isThere({ path, pfn }: AddressedFile, { at }: AddressWish): boolean {
  return (at === 'here' ? path : pfn) !== '';
}
