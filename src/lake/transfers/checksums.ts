// adler32 and md5 of bytes as they pass by. adler32 is zlib's (RFC 1950) in plain code; md5 is OpenSSL's.
import { createHash } from 'node:crypto';

export interface Sums { readonly adler32: string; readonly md5: string }

const MOD = 65521;
/** So many bytes may be added before the sums outgrow 32 bits (zlib: NMAX). */
const MOST = 5552;

export class Summing {
  readonly #md5 = createHash('md5');
  #a = 1;
  #b = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    this.#md5.update(bytes);
    let a = this.#a;
    let b = this.#b;
    const { length } = bytes;
    for (let i = 0; i < length;) {
      const end = Math.min(i + MOST, length);
      const even = end - ((end - i) & 7);
      for (; i < even; i += 8) {
        b += a += bytes[i]!;
        b += a += bytes[i + 1]!;
        b += a += bytes[i + 2]!;
        b += a += bytes[i + 3]!;
        b += a += bytes[i + 4]!;
        b += a += bytes[i + 5]!;
        b += a += bytes[i + 6]!;
        b += a += bytes[i + 7]!;
      }
      for (; i < end; i++) b += a += bytes[i]!;
      a %= MOD;
      b %= MOD;
    }
    this.#a = a;
    this.#b = b;
  }

  /** Once, at the end. Small hex digits. */
  sums(): Sums {
    return { adler32: ((this.#b * 65536 + this.#a) >>> 0).toString(16).padStart(8, '0'), md5: this.#md5.digest('hex') };
  }
}
