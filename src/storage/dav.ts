// A storage that speaks HTTP with WebDAV's MOVE and MKCOL: XRootD, dCache, EOS, StoRM.
import { RucioError } from '../rucio/errors.ts';
import { hostOf } from '../rucio/exchange.ts';
import { askedAgain } from './askedAgain.ts';
import { Asking, type DavOptions, type Got, SMALL_BODY } from './asking.ts';
import { digestsIn } from './digest.ts';
import { Few } from './few.ts';
import { expect, one, shown } from './refusals.ts';
import type { Piece, Storage, Stored, Taken } from './storage.ts';

/** Checksums asked for at one time of one storage: beyond a few (`xrootd.chksum max`), XRootD makes whoever asks for one wait for 30 s, whatever the file. */
const CHECKSUMS = 2;

export class DavStorage implements Storage {
  protected readonly asking: Asking;
  readonly #few = new Map<string, Few>();

  constructor(options: DavOptions) {
    this.asking = new Asking(options);
  }

  async stat(url: URL, { checksum = false, bytes = Infinity }: { readonly checksum?: boolean; readonly bytes?: number } = {}, signal?: AbortSignal): Promise<Stored | null> {
    if (!checksum) return this.#stat(url, {}, signal);
    const withSum = (until: AbortSignal | undefined): Promise<Stored | null> => this.#stat(url, { 'Want-Digest': 'adler32' }, until);
    return this.#fewOf(url).turn(() => (bytes > SMALL_BODY ? withSum(signal) : askedAgain(withSum, this.asking.soonMs, signal)), signal);
  }

  #fewOf({ origin }: URL): Few {
    const few = this.#few.get(origin) ?? new Few(CHECKSUMS);
    this.#few.set(origin, few);
    return few;
  }

  async #stat(url: URL, wanted: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Promise<Stored | null> {
    const got = await this.asking.ask({ method: 'HEAD', url, headers: wanted, signal });
    await got.drain();
    if (got.status === 404 || got.status === 410) return null;
    expect(got, 'HEAD', [200, 204]);
    const bytes = Number(got.response.headers['content-length'] ?? NaN);
    if (!Number.isSafeInteger(bytes)) throw new RucioError('notRucio', `${hostOf(got.url)} did not say how large ${shown(url)} is.`, { subject: hostOf(got.url) });
    const { headers } = got.response;
    return { bytes, ...digestsIn(one(headers['repr-digest'])), ...digestsIn(one(headers['digest'])) };
  }

  async put(url: URL, body: () => AsyncIterable<Uint8Array>, bytes: number, signal?: AbortSignal): Promise<Taken | void> {
    const put = async (): Promise<Got> => {
      const got = await this.asking.ask({ method: 'PUT', url, headers: { 'Content-Type': 'application/octet-stream' }, body, bytes, signal });
      const words = await got.drain();
      if (![404, 409].includes(got.status)) expect(got, 'PUT', [200, 201, 204], words);
      return got;
    };
    let got = await put();
    // A folder on the way is missing (dCache, StoRM; XRootD makes them by itself).
    if (got.status === 404 || got.status === 409) {
      await this.#makeFolders(url, signal);
      got = await put();
      expect(got, 'PUT', [200, 201, 204]);
    }
  }

  async get(url: URL, from: number, bytes: number, signal?: AbortSignal, part = false): Promise<Piece> {
    const ranged = from > 0 || part;
    // With its end: XRootD 5.5.3 answers `bytes=10-` with nothing (Content-Range: bytes 10--1).
    const got = await this.asking.ask({ method: 'GET', url, headers: ranged ? { Range: `bytes=${from}-${bytes - 1}` } : {}, signal });
    const { response, status } = got;
    if (status === 206 && ranged) {
      const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(one(response.headers['content-range']) ?? '') ?? [];
      if (Number(start) === from && Number(end) >= from) return { from, total: total === undefined || total === '*' ? Number(end) + 1 : Number(total), body: got.chunks() };
      response.destroy();
      return this.get(url, 0, bytes, signal); // it answered with another piece than was asked for
    }
    if (status === 416) {
      await got.drain();
      return this.get(url, 0, bytes, signal); // what we have is longer than what is there
    }
    if (status !== 200) expect(got, 'GET', [200], await got.drain());
    const length = Number(response.headers['content-length'] ?? NaN);
    return { from: 0, total: Number.isSafeInteger(length) ? length : null, body: got.chunks() };
  }

  async move(from: URL, to: URL, signal?: AbortSignal): Promise<void> {
    const move = async (): Promise<{ got: Got; words: string }> => {
      const got = await this.asking.ask({ method: 'MOVE', url: from, headers: { Destination: to.href, Overwrite: 'F' }, signal });
      return { got, words: await got.drain() };
    };
    let { got, words } = await move();
    if (got.status === 409) {
      await this.#makeFolders(to, signal);
      ({ got, words } = await move());
    }
    expect(got, 'MOVE', [200, 201, 204], words);
  }

  async remove(url: URL, signal?: AbortSignal): Promise<boolean> {
    const got = await this.asking.ask({ method: 'DELETE', url, signal });
    const words = await got.drain();
    if (got.status === 404 || got.status === 410) return false;
    expect(got, 'DELETE', [200, 202, 204], words);
    return true;
  }

  close(): void {
    this.asking.close();
  }

  /** From the outside in; a folder that is there is refused with 405, which is as good. */
  async #makeFolders(url: URL, signal: AbortSignal | undefined): Promise<void> {
    const segments = url.pathname.split('/').filter(Boolean).slice(0, -1);
    for (let n = 1; n <= segments.length; n++) {
      const folder = new URL(url);
      folder.pathname = `/${segments.slice(0, n).join('/')}/`;
      folder.search = '';
      const got = await this.asking.ask({ method: 'MKCOL', url: folder, signal });
      const words = await got.drain();
      // Outer folders may be none of ours to make or to see; the last one has to be there.
      if (n === segments.length) expect(got, 'MKCOL', [200, 201, 204, 405, 409], words);
    }
  }
}
