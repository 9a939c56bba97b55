// The files of a DID with where they can be read, as a stream: the way is chosen here.
import type { TypedDID } from '../types.ts';
import { askedAddresses } from './asked.ts';
import type { AddressContext, AddressStream, AddressWish } from './types.ts';

/** `files`: how many there are, as far as the catalogue says. */
export function addressesOf(context: AddressContext, did: TypedDID, files: number, wish: AddressWish, signal?: AbortSignal): AddressStream {
  return askedAddresses(context, did, wish, files, signal);
}
