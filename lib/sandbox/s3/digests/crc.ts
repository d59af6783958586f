/**
 * The cyclic redundancy checks that S3 takes as checksums, in big-endian order.
 *
 * @module
 */
import * as zlib from "node:zlib";
import type { Content } from "../../content.ts";

/**
 * The remainders of each byte, followed by those of a byte with one, two and three zeros behind it.
 * High and low halves are apart, since arithmetic on BigInt is about fifty times slower.
 */
interface CrcTable {
  high: Uint32Array;
  low: Uint32Array;
}

const CRC32C = crcTable(0x82f63b78n);
const CRC64 = crcTable(0x9a6c9329ac4bc9b5n);

function crcTable(polynomial: bigint): CrcTable {
  const [high, low] = [new Uint32Array(1024), new Uint32Array(1024)];
  for (let index = 0; index < 256; index++) {
    let value = BigInt(index);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n;
    high[index] = Number(value >> 32n);
    low[index] = Number(value & 0xffffffffn);
  }
  for (let index = 256; index < 1024; index++) {
    const [highBefore, lowBefore] = [high[index - 256]!, low[index - 256]!];
    high[index] = (highBefore >>> 8) ^ high[lowBefore & 0xff]!;
    low[index] = ((lowBefore >>> 8) | (highBefore << 24)) ^ low[lowBefore & 0xff]!;
  }
  return { high, low };
}

/** The remainder of pieces of content, from the one to begin with. */
function remainder(
  table: CrcTable,
  pieces: readonly Uint8Array[],
  start: { high: number; low: number },
): { high: number; low: number } {
  let { high, low } = start;
  for (const piece of pieces) {
    let at = 0;
    // Four bytes at a time. An iterator over them takes several times as long.
    for (const end = piece.length - 3; at < end; at += 4) {
      const four = low ^
        (piece[at]! | (piece[at + 1]! << 8) | (piece[at + 2]! << 16) | (piece[at + 3]! << 24));
      const first = 768 | (four & 0xff);
      const second = 512 | ((four >>> 8) & 0xff);
      const third = 256 | ((four >>> 16) & 0xff);
      const last = four >>> 24;
      low = high ^ table.low[first]! ^ table.low[second]! ^ table.low[third]! ^ table.low[last]!;
      high = table.high[first]! ^ table.high[second]! ^ table.high[third]! ^ table.high[last]!;
    }
    for (; at < piece.length; at++) {
      const index = (low ^ piece[at]!) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ table.low[index]!;
      high = (high >>> 8) ^ table.high[index]!;
    }
  }
  return { high, low };
}

/** CRC-32, as in zip files. */
export function crc32({ pieces }: Content): Uint8Array {
  return bigEndian(pieces.reduce((crc, piece) => zlib.crc32(piece, crc), 0));
}

/** CRC-32C, with the polynomial of Castagnoli. */
export function crc32c({ pieces }: Content): Uint8Array {
  const { low } = remainder(CRC32C, pieces, { high: 0, low: ~0 });
  return bigEndian(~low);
}

/** CRC-64/NVME. */
export function crc64nvme({ pieces }: Content): Uint8Array {
  const { high, low } = remainder(CRC64, pieces, { high: ~0, low: ~0 });
  return bigEndian(~high, ~low);
}

function bigEndian(...words: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, at) => view.setUint32(4 * at, word));
  return bytes;
}
