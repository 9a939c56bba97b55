// One storage for all protocols: what an address begins with says who speaks to it.
import { DavStorage, type DavOptions } from './dav.ts';
import type { Piece, Storage, Stored } from './storage.ts';
import { XrootdStorage } from './xrootd.ts';

export class Storages implements Storage {
  readonly #dav: DavStorage;
  readonly #xrootd: XrootdStorage;

  constructor(options: DavOptions) {
    this.#dav = new DavStorage(options);
    const { credential, caFile, log } = options;
    this.#xrootd = new XrootdStorage({ credential, ...(caFile !== undefined && { caFile }), ...(log && { log }) });
  }

  #of({ protocol }: URL): Storage {
    return protocol.startsWith('root') ? this.#xrootd : this.#dav;
  }

  stat(url: URL, options?: { readonly checksum?: boolean }, signal?: AbortSignal): Promise<Stored | null> {
    return this.#of(url).stat(url, options, signal);
  }

  put(url: URL, body: () => AsyncIterable<Uint8Array>, bytes: number, signal?: AbortSignal): Promise<void> {
    return this.#of(url).put(url, body, bytes, signal);
  }

  get(url: URL, from: number, bytes: number, signal?: AbortSignal, part?: boolean): Promise<Piece> {
    return this.#of(url).get(url, from, bytes, signal, part);
  }

  move(from: URL, to: URL, signal?: AbortSignal): Promise<void> {
    return this.#of(from).move(from, to, signal);
  }

  remove(url: URL, signal?: AbortSignal): Promise<boolean> {
    return this.#of(url).remove(url, signal);
  }

  close(): void {
    this.#dav.close();
    void this.#xrootd.close();
  }
}
