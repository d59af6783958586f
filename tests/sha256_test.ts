/**
 * SHA-256 and HMAC, which must be those of the system's library.
 */
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { Hmac, sha256 } from "../lib/sha256.ts";

function expectedHash(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Texts with characters of one to four bytes, and half a surrogate pair. */
const text = fc.string({ unit: fc.constantFrom("a", "é", "€", "😀", "\ud83d"), maxLength: 200 });

Deno.test("sha256: is the system's, for every length around the ends of blocks", () => {
  for (let length = 0; length <= 260; length++) {
    const bytes = crypto.getRandomValues(new Uint8Array(length));
    assert.equal(sha256(bytes), expectedHash(bytes), `${length} bytes`);
  }
});

Deno.test("sha256: is the system's, for texts and for bytes longer than its memory was", () => {
  fc.assert(fc.property(text, (text) => assert.equal(sha256(text), expectedHash(text))));
  for (const length of [4_000, 100_000, 300_000]) {
    const bytes = new Uint8Array(length).fill(length);
    assert.equal(sha256(bytes), expectedHash(bytes), `${length} bytes`);
    assert.equal(sha256("€".repeat(length)), expectedHash("€".repeat(length)));
  }
});

Deno.test("Hmac: is the system's, for keys of any length and several texts", () => {
  const key = fc.uint8Array({ maxLength: 130 });
  fc.assert(fc.property(key, text, text, (key, one, other) => {
    const hmac = new Hmac(key);
    for (const text of [one, other, one]) {
      assert.equal(hmac.sign(text), createHmac("sha256", key).update(text).digest("hex"));
    }
  }));
});
