// What storages say of a file's checksum, in the spellings that are about (RFC 3230, RFC 9530; xrootd: tests/XRootD/http.sh).

export interface Digests { readonly adler32?: string; readonly md5?: string }

/** Eight small hex digits: some storages drop leading zeros. undefined for what is no adler32. */
export function adler32Of(text: string): string | undefined {
  const hex = text.trim().replace(/^0x/i, '');
  return /^[0-9a-f]{1,8}$/i.test(hex) ? hex.toLowerCase().padStart(8, '0') : undefined;
}

/** `Digest: adler32=1a2b3c4d,md5=…` (md5 in base64), `Repr-Digest: adler=:…:` (all in base64). */
export function digestsIn(header: string | undefined): Digests {
  const found: { adler32?: string; md5?: string } = {};
  for (const part of (header ?? '').split(',')) {
    const [, kind = '', raw = ''] = /^\s*([a-z0-9-]+)\s*=\s*(.*?)\s*$/i.exec(part) ?? [];
    const base64 = /^:(.*):$/.exec(raw)?.[1];
    const text = raw.replace(/^"|"$/g, '');
    if (/^adler(32)?$/i.test(kind)) {
      const adler32 = base64 === undefined ? adler32Of(text) : adler32Of(Buffer.from(base64, 'base64').toString('hex'));
      if (adler32 !== undefined) found.adler32 = adler32;
    } else if (/^md5$/i.test(kind)) {
      const hex = base64 === undefined && /^[0-9a-f]{32}$/i.test(text) ? text.toLowerCase() : Buffer.from(base64 ?? text, 'base64').toString('hex');
      if (hex.length === 32) found.md5 = hex;
    }
  }
  return found;
}
