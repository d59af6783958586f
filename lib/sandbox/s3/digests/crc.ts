/**
 * The cyclic redundancy checks that S3 takes as checksums, in big-endian order.
 *
 * @module
 */
import * as zlib from "node:zlib";
import type { Content } from "../../content.ts";

const CRC32C = crcTable(0x82f63b78);
const CRC64 = crc64Table(0x9a6c9329ac4bc9b5n);

/** CRC-32, as in zip files. */
export function crc32({ pieces }: Content): Uint8Array {
  return bigEndian(pieces.reduce((crc, piece) => zlib.crc32(piece, crc), 0));
}

function crcTable(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value;
  });
}

/** CRC-32C, with the polynomial of Castagnoli. */
export function crc32c({ pieces }: Content): Uint8Array {
  let crc = 0xffffffff;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at++) {
      crc = (crc >>> 8) ^ CRC32C[(crc ^ piece[at]!) & 0xff]!;
    }
  }
  return bigEndian(~crc >>> 0);
}

/** High and low halves apart, since arithmetic on BigInt is about fifty times slower. */
function crc64Table(polynomial: bigint): { high: Uint32Array; low: Uint32Array } {
  const values = Array.from({ length: 256 }, (_, index) => {
    let value = BigInt(index);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n;
    return value;
  });
  return {
    high: Uint32Array.from(values, (value) => Number(value >> 32n)),
    low: Uint32Array.from(values, (value) => Number(value & 0xffffffffn)),
  };
}

/** CRC-64/NVME. */
export function crc64nvme({ pieces }: Content): Uint8Array {
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const piece of pieces) {
    // An iterator over the bytes takes several times as long.
    for (let at = 0; at < piece.length; at++) {
      const index = (low ^ piece[at]!) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ CRC64.low[index]!;
      high = (high >>> 8) ^ CRC64.high[index]!;
    }
  }
  return bigEndian(~high >>> 0, ~low >>> 0);
}

function bigEndian(...words: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, at) => view.setUint32(4 * at, word));
  return bytes;
}
