/**
 * CRC-32 of short content, for which Deno need not load `node:zlib`.
 *
 * @module
 */

/** The CRC of each byte. */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value >>> 1 ^ (value & 1 && 0xedb88320);
  return value;
});

/** CRC-32 of content, in four bytes. */
export function crc32(content: Uint8Array): Uint8Array {
  let value = -1;
  for (const byte of content) value = value >>> 8 ^ TABLE[(value ^ byte) & 0xff]!;
  return bigEndian(~value);
}

/** A number of 32 bits in four bytes. */
export function bigEndian(value: number): Uint8Array {
  return Uint8Array.from([24, 16, 8, 0], (shift) => value >>> shift & 0xff);
}
