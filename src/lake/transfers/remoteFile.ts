// A file's bytes without keeping it: from the nearest replica, compared with the catalogue's checksum when all of it was read.
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { DID, FileReplicas } from '../../rucio/types.ts';
import type { Storage } from '../../storage/storage.ts';
import { SCHEMES } from '../../storage/url.ts';
import { Summing } from './checksums.ts';
import { rangeOf } from './range.ts';
import { bytesOf, noSource, onTapeOnly, type Source, sourcesOf } from './sources.ts';

export interface RemoteContext {
  readonly client: Pick<RucioClient, 'getDid' | 'listReplicas'>;
  readonly storage: Storage;
  readonly caches?: readonly string[] | undefined;
}

/** What was read: `bytes` of `total`, from `rse`; `verified`: all of it, and its checksum is the catalogue's. */
export interface RemoteRead {
  readonly bytes: number;
  readonly total: number;
  readonly rse: string;
  readonly verified: boolean;
}

/**
 * The first `limit` bytes, or all (null). `piece` gets them as they come; at 0 it begins anew, where another replica has to help.
 * @throws RucioError badInput for a collection, notFound, and what the last of the storages said.
 */
export async function readRemote({ client, storage, caches }: RemoteContext, did: DID, limit: number | null, piece: (at: number, bytes: Uint8Array) => void, signal?: AbortSignal): Promise<RemoteRead> {
  const about = `${did.scope}:${did.name}`;
  const { type } = await client.getDid(did, {}, signal);
  if (type !== 'FILE') throw new RucioError('badInput', `${about} is a ${type.toLowerCase()}: only files can be opened. Open one of its files.`, { subject: about });
  let replicas: FileReplicas | undefined;
  for await (const rows of client.listReplicas([did], { schemes: SCHEMES }, signal)) replicas ??= rows[0];
  const sources = sourcesOf(replicas, did.name, { ...(caches && { caches }) });
  if (!replicas || sources.length === 0) throw new RucioError('notFound', noSource(about, replicas), { subject: about, exceptionClass: onTapeOnly(replicas) ? 'OnTape' : 'NoSource' });
  let first: unknown;
  for (const source of sources) {
    try {
      const { bytes, verified } = await readOne(storage, source, replicas, limit, piece, signal);
      return { bytes, total: replicas.bytes, rse: source.rse, verified };
    } catch (error) {
      if (!RucioError.is(error) || error.kind === 'cancelled' || error.kind === 'signInNeeded') throw error;
      first ??= error;
    }
  }
  throw first;
}

async function readOne(storage: Storage, source: Source, { bytes: total, adler32, scope, name }: FileReplicas, limit: number | null, piece: (at: number, bytes: Uint8Array) => void, signal?: AbortSignal): Promise<{ readonly bytes: number; readonly verified: boolean }> {
  const wanted = limit === null ? total : Math.min(limit, total);
  const part = wanted < total;
  const body = source.member === undefined && part ? rangeOf(storage, source.url, 0, wanted, signal) : (await bytesOf(storage, source, 0, total, signal)).body;
  const summing = new Summing(wanted, part || adler32 === null ? [] : ['adler32']);
  let at = 0;
  try {
    piece(0, new Uint8Array(0));
    for await (const chunk of body) {
      const some = Buffer.from(chunk.subarray(0, wanted - at)); // whoever gets it may keep it, and the storage uses its memory again
      if (!part && chunk.length > wanted - at) throw new RucioError('cutStream', `${source.url.host} sends more bytes than the ${total} of the catalogue.`, { subject: source.url.host, exceptionClass: 'FarEndDiffers' });
      piece(at, some);
      await summing.add(some);
      at += some.length;
      if (part && at === wanted) break;
    }
    if (at !== wanted) throw new RucioError('cutStream', `${source.url.host} sent ${at} of ${wanted} bytes.`, { subject: source.url.host });
    if (part || adler32 === null) return { bytes: at, verified: false };
    const sums = await summing.sums();
    if (sums.adler32 !== adler32.toLowerCase().padStart(8, '0')) throw new RucioError('cutStream', `What ${source.url.host} sent of ${scope}:${name} is damaged: adler32 ${sums.adler32}, and the catalogue says ${adler32}.`, { subject: source.url.host, exceptionClass: 'FarEndDiffers' });
    return { bytes: at, verified: true };
  } finally {
    await summing.leave();
  }
}
