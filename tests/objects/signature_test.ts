/**
 * Signatures and encoded paths of requests for objects.
 */
import assert from "node:assert/strict";
import { encodePath, Signer } from "../../lib/objects/signature.ts";

Deno.test("Signer: signs the example of AWS's documentation", () => {
  const signed = new Signer("us-east-1").sign({
    method: "GET",
    path: "/test.txt",
    query: {},
    headers: { host: "examplebucket.s3.amazonaws.com", range: "bytes=0-9" },
    payloadHash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  }, {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  }, new Date("2013-05-24T00:00:00Z"));
  assert.match(
    signed.authorization!,
    /Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41$/,
  );
});

Deno.test("encodePath: normalizes nothing", () => {
  assert.equal(encodePath("a/../b//c d+é'"), "a/../b//c%20d%2B%C3%A9%27");
});
