/**
 * The hashes of short content, which must be those of the system's library.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { crc32 as systemCrc32 } from "node:zlib";
import { crc32 } from "../lib/crc32.ts";
import { md5 } from "../lib/md5.ts";

for (
  const [name, hash, expected] of [
    ["md5", md5, (content: Uint8Array) => createHash("md5").update(content).digest("hex")],
    ["crc32", crc32, (content: Uint8Array) => systemCrc32(content).toString(16).padStart(8, "0")],
  ] as const
) {
  Deno.test(`${name}: is the system's, for every length around the ends of blocks, and for long content`, () => {
    for (const length of [...Array(260).keys(), 4_095, 65_535]) {
      const content = crypto.getRandomValues(new Uint8Array(length));
      assert.equal(hash(content).toHex(), expected(content), `${length} bytes`);
    }
  });
}
