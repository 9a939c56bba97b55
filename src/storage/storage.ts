// What a transfer needs of a storage, whatever protocol it speaks. Names are URLs as the protocol wants them (see url.ts).

/** What lies there. `adler32`: 8 small hex digits; absent where the storage gave none. Bytes. */
export interface Stored {
  readonly bytes: number;
  readonly adler32?: string;
  readonly md5?: string;
}

/** What a storage's answer to a PUT said of what it took. */
export interface Taken {
  readonly md5?: string;
}

/** Bytes from `from` on; `total` of the whole file, null where the storage did not say. The memory of a chunk is used again once the next one is asked for. */
export interface Piece {
  readonly from: number;
  readonly total: number | null;
  readonly body: AsyncIterable<Uint8Array>;
}

/** All throw RucioError; `signal` ends what is under way as cancelled. */
export interface Storage {
  /** null: nothing there. With `checksum` also that, where the storage has one: it may have to read the file for it. `bytes`: as many as should be there, where that is known. */
  stat(url: URL, options?: { readonly checksum?: boolean; readonly bytes?: number }, signal?: AbortSignal): Promise<Stored | null>;
  /**
   * `bytes` bytes that `body` makes anew for each try (a storage may send us on to another machine); the memory of a piece is used again
   * once the next one is asked for. Folders on the way are made.
   * Nothing is known of what lies there when this throws. Gives what the storage said it took, where it says so.
   */
  put(url: URL, body: () => AsyncIterable<Uint8Array>, bytes: number, signal?: AbortSignal): Promise<Taken | void>;
  /** From byte `from` on, where the storage can; else from 0: `Piece.from` says so. `bytes`: what the whole should have; with `part` where to stop. */
  get(url: URL, from: number, bytes: number, signal?: AbortSignal, part?: boolean): Promise<Piece>;
  /** What lies at `to` is overwritten by many storages, whatever is asked (XRootD 5.5: `Overwrite: F` has no effect): look first. */
  move(from: URL, to: URL, signal?: AbortSignal): Promise<void>;
  /** False: there was nothing. */
  remove(url: URL, signal?: AbortSignal): Promise<boolean>;
  /** Whether a `put` there is all or nothing, and there is no `move`: a file gets its own name at once. Absent: nowhere. */
  atOnce?(url: URL, signal?: AbortSignal): Promise<boolean>;
}
