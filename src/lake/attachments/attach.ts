// One attached DID: what of it can be read, as a manifest for programs and a few facts for a person.
import path from 'node:path';
import { RucioError } from '../../rucio/errors.ts';
import type { DIDDetails } from '../../rucio/types.ts';
import { addressesOf } from '../addresses/addresses.ts';
import { type AddressContext, type AddressedFile, type AddressWish, isThere, throughCache } from '../addresses/types.ts';
import { someAre } from '../mounts/paths.ts';
import { ManifestWriter } from './manifest.ts';
import { type Attached, type AttachedFile, type Attachment, MOST_IN_CELL, MOST_MISSING } from './types.ts';

/** Never fails for what concerns this DID alone: that is its reason. `folder`: of manifests; made when it is needed. */
export async function attach(context: AddressContext, attachment: Attachment, folder: string, signal?: AbortSignal): Promise<Attached> {
  const { instance } = context;
  const writer = await ManifestWriter.open(path.resolve(folder), [instance.name, attachment.did, ...(attachment.remote ? ['remote', attachment.protocol ?? ''] : [])]);
  try {
    const tally = new Tally(attachment, writer, (pfn) => throughCache(instance, pfn));
    const wish: AddressWish = attachment.remote ? { at: 'nearest', ...(attachment.protocol !== undefined && { protocol: attachment.protocol }) } : { at: 'here' };
    const problem = await read(context, attachment, wish, tally, signal);
    return await tally.end(problem, instance.destinationRse ?? '');
  } catch (error) {
    await writer.drop();
    throw error;
  }
}

/** For an attachment that nothing can be asked about: its reason. */
export async function unattached(attachment: Attachment, reason: string, folder: string): Promise<Attached> {
  const writer = await ManifestWriter.open(path.resolve(folder), ['', attachment.instance ?? '', attachment.did]);
  try {
    return await new Tally(attachment, writer, (pfn) => pfn).end(reason, '');
  } catch (error) {
    await writer.drop();
    throw error;
  }
}

/** A sentence, where nothing can be read at all. */
async function read(context: AddressContext, { did: text, remote }: Attachment, wish: AddressWish, tally: Tally, signal: AbortSignal | undefined): Promise<string> {
  const { client, instance } = context;
  if (!remote && (instance.destinationRse === undefined || instance.rseMountPath === undefined)) return `The instance "${instance.name}" has no ${instance.destinationRse === undefined ? 'destination_rse' : 'rse_mount_path'}, so its files have no path here.`;
  const colon = text.indexOf(':');
  const did = { scope: text.slice(0, colon), name: text.slice(colon + 1) };
  if (colon < 1 || did.name === '') return `${text} is no DID: it is written scope:name.`;
  let found: DIDDetails;
  try {
    found = await client.getDid(did, { dynamicDepth: 'FILE' }, signal);
    tally.type = found.type === 'FILE' ? 'file' : 'collection';
    for await (const batch of addressesOf(context, { ...did, type: found.type }, found.length ?? 0, wish, signal)) await tally.add(batch, wish);
  } catch (error) {
    if (!RucioError.is(error, 'notFound', 'accessDenied', 'refused', 'badInput')) throw error;
    await tally.add('again', wish); // half of it is nothing
    return error.kind === 'notFound' ? `There is no ${text} in this Rucio.` : error.message;
  }
  return '';
}

class Tally {
  /** As the catalogue says: a notebook of others may say otherwise. */
  type: Attachment['type'];
  readonly #attachment: Attachment;
  readonly #writer: ManifestWriter;
  readonly #fromAfar: (pfn: string) => string;
  #here = 0;
  #missing = 0;
  #size = 0;
  #problem = '';
  #files: AttachedFile[] = [];

  constructor(attachment: Attachment, writer: ManifestWriter, fromAfar: (pfn: string) => string) {
    this.#attachment = attachment;
    this.#writer = writer;
    this.#fromAfar = fromAfar;
    this.type = attachment.type;
  }

  async add(batch: readonly AddressedFile[] | 'again', wish: AddressWish): Promise<void> {
    if (batch === 'again') {
      this.#here = this.#missing = this.#size = 0;
      this.#problem = '';
      this.#files = [];
      return this.#writer.again();
    }
    const kept: AttachedFile[] = [];
    for (const file of batch) {
      const { did, size, adler32, pfn } = file;
      const there = isThere(file, wish);
      const row = { did, size, adler32, pfn, path: there ? (wish.at === 'here' ? file.path : this.#fromAfar(file.pfn)) : '' };
      if (there) {
        this.#here++;
        this.#size += size;
        if (this.#files.length < MOST_IN_CELL) this.#files.push(row);
      } else {
        this.#missing++;
        this.#problem ||= file.problem ?? '';
      }
      if (there || this.#missing <= MOST_MISSING) kept.push(row);
    }
    await this.#writer.add(kept);
  }

  async end(problem: string, rse: string): Promise<Attached> {
    const { type } = this;
    const all = this.#here + this.#missing;
    const state = this.#here === 0 ? 'notHere' : this.#missing > 0 ? 'partly' : 'here';
    const missing = state === 'notHere' && type === 'file' ? 1 : this.#missing;
    const reason = state === 'here' ? '' : problem || [this.#why(all, rse), this.#problem].filter(Boolean).join(' ');
    const version = await this.#writer.end({ did: this.#attachment.did, type, state, missing, reason });
    return { ...this.#attachment, type, state, reason, missing, here: this.#here, size: this.#size, files: this.#files, version, manifest: this.#writer.file };
  }

  #why(all: number, rse: string): string {
    const { did, remote, protocol } = this.#attachment;
    const where = remote ? `at a storage that can be read ${protocol === undefined ? 'from here' : `by ${protocol}`}` : `at ${rse} yet`;
    if (this.type === 'file') return this.#problem ? '' : `${did} is not ${where}.`;
    if (all === 0) return `${did} holds no files.`;
    return `${someAre(this.#missing, all)} not ${where}.`;
  }
}
