// The checksum of the catalogue, for tests that compare bytes with what Rucio knows of them.

/** As Rucio writes it: eight hexadecimal digits. */
export function adler32(bytes: Uint8Array): string {
  let a = 1, b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return (b * 65_536 + a).toString(16).padStart(8, '0');
}
