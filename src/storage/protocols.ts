// One storage for all protocols: what an address begins with says who speaks to it.
import type { DavOptions } from './asking.ts';
import { DavStorage } from './dav.ts';
import { SignedStorage, type Signer } from './signed.ts';
import type { Piece, Storage, Stored, Taken } from './storage.ts';
import { XrootdStorage, type XrootdOptions } from './xrootd.ts';

export class Storages implements Storage {
  readonly #dav: DavStorage;
  readonly #signed: SignedStorage | undefined;
  readonly #xrootd: XrootdStorage;

  constructor(options: DavOptions & Pick<XrootdOptions, 'folder'> & { readonly signer?: Signer }) {
    this.#dav = new DavStorage(options);
    this.#signed = options.signer && new SignedStorage(options, options.signer);
    const { credential, caFile, folder, log } = options;
    this.#xrootd = new XrootdStorage({ credential, ...(caFile !== undefined && { caFile }), ...(folder !== undefined && { folder }), ...(log && { log }) });
  }

  async #of(url: URL, signal: AbortSignal | undefined): Promise<Storage> {
    if (url.protocol.startsWith('root')) return this.#xrootd;
    return this.#signed && await this.#signed.takes(url, signal) ? this.#signed : this.#dav;
  }

  async atOnce(url: URL, signal?: AbortSignal): Promise<boolean> {
    return await this.#of(url, signal) === this.#signed;
  }

  async stat(url: URL, options?: { readonly checksum?: boolean }, signal?: AbortSignal): Promise<Stored | null> {
    return (await this.#of(url, signal)).stat(url, options, signal);
  }

  async put(url: URL, body: () => AsyncIterable<Uint8Array>, bytes: number, signal?: AbortSignal): Promise<Taken | void> {
    return (await this.#of(url, signal)).put(url, body, bytes, signal);
  }

  async get(url: URL, from: number, bytes: number, signal?: AbortSignal, part?: boolean): Promise<Piece> {
    return (await this.#of(url, signal)).get(url, from, bytes, signal, part);
  }

  async move(from: URL, to: URL, signal?: AbortSignal): Promise<void> {
    return (await this.#of(from, signal)).move(from, to, signal);
  }

  async remove(url: URL, signal?: AbortSignal): Promise<boolean> {
    return (await this.#of(url, signal)).remove(url, signal);
  }

  close(): void {
    this.#dav.close();
    this.#signed?.close();
    void this.#xrootd.close();
  }
}
