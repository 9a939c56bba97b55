// An object store (S3, Google Cloud, Swift) that takes requests only by addresses that Rucio signed for one operation and some minutes.
// Who has such an address may do what it says: it is asked for when it is needed, and never written down, logged or shown.
// There a PUT is all or nothing, a name is there at once, and there is no MOVE. Nothing else is shown: no token of ours belongs there.
import { RucioError } from '../rucio/errors.ts';
import { hostOf } from '../rucio/exchange.ts';
import type { DavOptions } from './asking.ts';
import { DavStorage } from './dav.ts';
import { digestsIn } from './digest.ts';
import { expect, one, shown } from './refusals.ts';
import type { Piece, Stored, Taken } from './storage.ts';

export type SignedOperation = 'read' | 'write' | 'delete';

export interface Signer {
  /** Whether requests there have to be signed. */
  signs(url: URL, signal?: AbortSignal): Promise<boolean>;
  /** @throws RucioError accessDenied where the account may not have it. */
  sign(url: URL, operation: SignedOperation, signal?: AbortSignal): Promise<URL>;
}

/** Fields of a query that hold a signature: S3 (v4, v2), Google Cloud, Swift. What is hidden wherever it is written: rucio/secrets.ts. */
const SIGNATURES: readonly string[] = ['X-Amz-Signature', 'X-Goog-Signature', 'Signature', 'temp_url_sig'];
/** The md5 of no bytes: with them no store sends its own. */
const OF_NOTHING = 'd41d8cd98f00b204e9800998ecf8427e';
/** ms that a signature has to be good for, at least, when it is used. */
const LEFT = 60_000;

export class SignedStorage extends DavStorage {
  readonly #signer: Signer;

  constructor(options: DavOptions, signer: Signer) {
    super({ ...options, credential: async () => undefined });
    this.#signer = signer;
  }

  async takes(url: URL, signal?: AbortSignal): Promise<boolean> {
    return url.protocol === 'https:' && (isSigned(url) || await this.#signer.signs(url, signal));
  }

  /** By a GET of the first byte: a signature is for one method, and Rucio signs no HEAD. */
  override async stat(url: URL, _options?: { readonly checksum?: boolean }, signal?: AbortSignal): Promise<Stored | null> {
    const got = await this.asking.ask({ method: 'GET', url: await this.#signed(url, 'read', signal), headers: { Range: 'bytes=0-0' }, signal });
    const { response, status } = got;
    const { headers } = response;
    const words = status === 200 ? '' : await got.drain();
    if (status === 404) return null;
    // Of an empty file there is no first byte.
    if (status !== 416) expect(got, 'GET', [200, 206], words);
    if (status === 200) response.destroy(); // the whole of it, for which nobody asked
    const bytes = status === 200 ? Number(headers['content-length'] ?? NaN) : Number(/\/(\d+)$/.exec(one(headers['content-range']) ?? '')?.[1] ?? (status === 416 ? 0 : NaN));
    if (!Number.isSafeInteger(bytes)) throw new RucioError('notRucio', `${hostOf(url)} did not say how large ${shown(url)} is.`, { subject: hostOf(url) });
    const md5 = bytes === 0 ? OF_NOTHING : md5In(headers);
    return { bytes, ...(md5 !== undefined && { md5 }) };
  }

  /** Without a Content-Type, which would have to be signed, too. */
  override async put(url: URL, body: () => AsyncIterable<Uint8Array>, bytes: number, signal?: AbortSignal): Promise<Taken> {
    const got = await this.asking.ask({ method: 'PUT', url: await this.#signed(url, 'write', signal), body, bytes, signal });
    expect(got, 'PUT', [200, 201, 204], await got.drain());
    const md5 = md5In(got.response.headers);
    return { ...(md5 !== undefined && { md5 }) };
  }

  override async get(url: URL, from: number, bytes: number, signal?: AbortSignal, part = false): Promise<Piece> {
    return super.get(await this.#signed(url, 'read', signal), from, bytes, signal, part);
  }

  override async move(from: URL): Promise<void> {
    throw new RucioError('refused', `The storage ${hostOf(from)} can't give a file another name.`, { subject: hostOf(from), exceptionClass: 'StorageFailed' });
  }

  override async remove(url: URL, signal?: AbortSignal): Promise<boolean> {
    const got = await this.asking.ask({ method: 'DELETE', url: await this.#signed(url, 'delete', signal), signal });
    const words = await got.drain();
    if (got.status === 404) return false;
    expect(got, 'DELETE', [200, 202, 204], words);
    return true;
  }

  /** One that the catalogue's list brought along will do for reading, as long as it is good. */
  async #signed(url: URL, operation: SignedOperation, signal: AbortSignal | undefined): Promise<URL> {
    const ready = isSigned(url) && operation === 'read' && (endOf(url) ?? 0) - Date.now() > LEFT;
    return ready ? url : this.#signer.sign(unsigned(url), operation, signal);
  }
}

export function isSigned(url: URL): boolean {
  return url.search !== '' && SIGNATURES.some((name) => url.searchParams.has(name));
}

/** The address itself, which is no secret. */
export function unsigned(url: URL): URL {
  if (!isSigned(url)) return url;
  const bare = new URL(url);
  bare.search = '';
  return bare;
}

/** The same for a PFN as the catalogue has it, of whatever protocol; one without a signature stays as it is to the letter. */
export function unsignedPfn(pfn: string): string {
  const url = pfn.includes('?') ? URL.parse(pfn) : null;
  return url && isSigned(url) ? unsigned(url).href : pfn;
}

/** Until when it is good, ms since 1970; undefined = it does not say. */
export function endOf({ searchParams }: URL): number | undefined {
  const [, year, month, day, hours, minutes, seconds] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(searchParams.get('X-Amz-Date') ?? searchParams.get('X-Goog-Date') ?? '') ?? [];
  const lasts = Number(searchParams.get('X-Amz-Expires') ?? searchParams.get('X-Goog-Expires') ?? NaN);
  if (year !== undefined && Number.isFinite(lasts)) return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hours), Number(minutes), Number(seconds)) + lasts * 1000;
  const end = Number(searchParams.get('Expires') ?? searchParams.get('temp_url_expires') ?? NaN);
  return Number.isFinite(end) && end > 0 ? end * 1000 : undefined;
}

/** An ETag is the file's md5 where it was put in one piece and the store does not encrypt it with a key of its own service. */
function md5In(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  const google = digestsIn(one(headers['x-goog-hash'])).md5;
  if (google !== undefined) return google;
  const encrypted = (one(headers['x-amz-server-side-encryption']) ?? '').startsWith('aws:kms') || headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined;
  const [, md5] = /^"?([0-9a-f]{32})"?$/i.exec(one(headers['etag']) ?? '') ?? [];
  return encrypted ? undefined : md5?.toLowerCase();
}
