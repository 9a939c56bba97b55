// From the catalogue's word that a file is at the mounted storage to its path: of few files each is looked at, of very many a sample
// that is spread over them.
import type { FileReplicas } from '../../rucio/types.ts';
import { lookAtFile, pfnsAt } from '../mounts/looking.ts';
import { mapLimited } from '../limited.ts';
import { keyOf } from '../availability/memory.ts';
import { placesOf } from '../mounts/mounts.ts';
import { problemOf } from '../mounts/paths.ts';
import type { AddressContext, AddressedFile } from './types.ts';

/** Files of one DID that are looked at. */
const MOST_LOOKS = 200;
const AT_ONCE = 16;

export class At {
  readonly #context: AddressContext;
  /** Every so many files one is looked at. */
  readonly #step: number;
  #count = 0;

  constructor(context: AddressContext, files: number) {
    this.#context = context;
    this.#step = Math.max(1, Math.ceil(files / MOST_LOOKS));
  }

  /** Rows of the catalogue's at this storage, in whatever state. */
  here(rows: readonly FileReplicas[], rse: string): Promise<AddressedFile[]> {
    return mapLimited(rows.map((row) => ({ row, look: this.#next() })), AT_ONCE, ({ row, look }) => (row.states[rse] === 'AVAILABLE' ? this.#path(row, rse, look) : this.#away(row, rse)));
  }

  #next(): boolean {
    return this.#count++ % this.#step === 0;
  }

  #away(row: FileReplicas, rse: string, problem?: string): Promise<AddressedFile> {
    return Promise.resolve({ did: keyOf(row), size: row.bytes, adler32: row.adler32 ?? '', path: '', pfn: pfnsAt(row, rse)[0] ?? '', rse, ...(problem !== undefined && { problem }) });
  }

  async #path(row: FileReplicas, rse: string, look: boolean): Promise<AddressedFile> {
    const { instance } = this.#context;
    const facts = { did: keyOf(row), size: row.bytes, adler32: row.adler32 ?? '', rse };
    if (instance.rseMountPath === undefined) return this.#away(row, rse, `The instance "${instance.name}" has no rse_mount_path, so its files have no path here.`);
    const places = placesOf(pfnsAt(row, rse), { rseMountPath: instance.rseMountPath, pathBeginsAt: instance.pathBeginsAt }, row.name);
    if ('reason' in places) return this.#away(row, rse, places.reason);
    // Where it may lie at several places only the mount knows which.
    if (!look && places.length === 1) return { ...facts, path: places[0]!.path, pfn: places[0]!.pfn };
    const found = await lookAtFile(this.#context, row, rse);
    if (found.state === 'there') return { ...facts, path: found.path!, pfn: found.pfn ?? '' };
    return this.#away(row, rse, problemOf(found, instance.rseMountPath, rse));
  }
}
