/**
 * Signatures and encoded paths of requests.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type BinaryLike, createHmac } from "node:crypto";
import fc from "fast-check";
import { encodePath, Signer } from "../../../lib/aws/requests/signature.ts";
import { anyCharacter } from "../../support/arbitraries.ts";

const KEYS = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const NOW = new Date("2013-05-24T00:00:00Z");

Deno.test("Signer: signs the example of AWS's documentation", () => {
  const signed = new Signer("us-east-1", "s3").sign(
    {
      method: "GET",
      path: "/test.txt",
      query: {},
      headers: { host: "examplebucket.s3.amazonaws.com", range: "bytes=0-9" },
      payloadHash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    },
    KEYS,
    NOW,
  );
  assert.match(
    signed.authorization!,
    /Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41$/,
  );
});

Deno.test("Signer: presigns the example of AWS's documentation", () => {
  const query = new Signer("us-east-1", "s3").presign(
    {
      method: "GET",
      path: "/test.txt",
      query: {},
      headers: { host: "examplebucket.s3.amazonaws.com" },
    },
    KEYS,
    NOW,
    86_400,
  );
  assert.equal(
    query["X-Amz-Signature"],
    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  );
});

Deno.test("encodePath: normalizes nothing", () => {
  assert.equal(encodePath("a/../b//c d+é'"), "a/../b//c%20d%2B%C3%A9%27");
});

Deno.test("Signer: signs a text by HMAC with keys of any length", () => {
  const hmac = (key: BinaryLike, text: string) => createHmac("sha256", key).update(text).digest();
  fc.assert(fc.property(
    fc.string({ unit: anyCharacter, minLength: 1, maxLength: 200 }),
    fc.string({ unit: anyCharacter }),
    (secretAccessKey, text) => {
      const key = ["20130524", "us-east-1", "s3", "aws4_request"]
        .reduce(hmac, Buffer.from(`AWS4${secretAccessKey}`));
      const signed = new Signer("us-east-1", "s3").signText(
        text,
        { ...KEYS, secretAccessKey },
        NOW,
      );
      assert.equal(signed, hmac(key, text).toString("hex"));
    },
  ));
});
