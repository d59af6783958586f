import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { Content } from "../../../lib/sandbox/content.ts";
import { crc32, crc32c, crc64nvme } from "../../../lib/sandbox/s3/digests/crc.ts";
import { xxh128, xxh3, xxh64 } from "../../../lib/sandbox/s3/digests/xxhash.ts";

/**
 * XXH64, XXH3 and XXH128 of as many bytes, by the Go packages github.com/cespare/xxhash v2.3.0 and
 * github.com/zeebo/xxh3 v1.1.0: around each length from which on another way of computing is used.
 */
const COMPUTED: [length: number, xxh64: string, xxh3: string, xxh128: string][] = [
  [0, "ef46db3751d8e999", "2d06800538d394c2", "99aa06d3014798d86001c324468d497f"],
  [1, "8a4127811b21e730", "e12ef9d2eb86ceeb", "51025a4491835505e12ef9d2eb86ceeb"],
  [3, "a020f3294a68c3b2", "b7391e018153d37a", "86e7dba8d8de1e21b7391e018153d37a"],
  [4, "a8188be5a1f61651", "7377645c07fde2aa", "3fc993213409299b195e4b3268362605"],
  [8, "3456b604e277ed2b", "b0a45d172a710285", "ec9e93706c062bc96102e29ab9c9a231"],
  [9, "2ef0be1ff0789faf", "5bc4aa87599ecbf3", "511b5d1bd0c5809ee29e2d4a7e3e9921"],
  [16, "c5d3fb97cc2d3f35", "6bf6d7a1b765505e", "f09adf25973709e0344345a81e76d553"],
  [17, "8c894579c35922be", "912c75fab81d5c97", "5ac8ad4df4faf0a8b00eae8212eab836"],
  [128, "3ffa8d0e73f1a0ce", "5b1f0f3471cbd227", "926298144ef4757d89b6163f4f0c9a64"],
  [129, "bc5b09e80671c77a", "15993ac954c7b2b7", "f0edd271373e5f55a23016424774f9eb"],
  [240, "325bea70e6351417", "0eb238944f24571e", "d6c015426623b087760c548541773468"],
  [241, "76ad7b2ee41dee96", "2d977b085ccf0c9b", "4b2ea509fa98dad32d977b085ccf0c9b"],
  [1024, "721197462701e06f", "6e80c57e2997ccd2", "f2ad2da33bd567536e80c57e2997ccd2"],
  [1025, "f80d00a3f2e7753f", "3b95c314ae57c3d9", "ab36620b0775060a3b95c314ae57c3d9"],
  [4850, "333d40c2fa17323f", "5b35e6851f9a08c3", "db3b975c039806ef5b35e6851f9a08c3"],
];

Deno.test("xxhash: what other programs compute, for each kind of length", () => {
  for (const [length, ...expected] of COMPUTED) {
    const body = Uint8Array.from({ length }, (_, at) => (31 * at * at + 7 * at + length) % 251);
    const computed = [xxh64, xxh3, xxh128].map((hash) => Buffer.from(hash(body)).toString("hex"));
    assert.deepEqual(computed, expected, `${length} bytes`);
  }
});

/** A cyclic redundancy check, bit by bit as in its definition. */
function bitByBit(bytes: Uint8Array, bits: number, polynomial: bigint): string {
  const ones = (1n << BigInt(bits)) - 1n;
  let crc = ones;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
  }
  return (crc ^ ones).toString(16).padStart(bits / 4, "0");
}

const CHECKS = [
  [crc32, 32, 0xedb88320n],
  [crc32c, 32, 0x82f63b78n],
  [crc64nvme, 64, 0x9a6c9329ac4bc9b5n],
] as const;

for (const [compute, bits, polynomial] of CHECKS) {
  Deno.test(`${compute.name}: of bytes in any pieces it is what its polynomial says`, () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 12 })), (pieces) => {
      const computed = Buffer.from(compute(new Content(pieces))).toString("hex");
      assert.equal(computed, bitByBit(Buffer.concat(pieces), bits, polynomial));
    }));
  });
}
