/**
 * Names that are accepted, and what is said of those that are not.
 */
import assert from "node:assert/strict";
import { bucketsPolicy } from "@s3creds/cli/policy";
import { checkArn, checkBucketName, checkUserName } from "../lib/names.ts";
import { parseEndpointUrl } from "../lib/aws/endpoint_url.ts";
import { unsupportedCharacter } from "../lib/policy/limits.ts";

Deno.test("checkBucketName: an existing bucket may have an old name, a new one may not", () => {
  checkBucketName("Old_Bucket");
  assert.throws(() => checkBucketName("Old_Bucket", { forNewBucket: true }), RangeError);
  assert.throws(() => checkBucketName("logs/*"), RangeError);
});

Deno.test("checkUserName: takes IAM's characters only", () => {
  checkUserName("backup@example.com");
  for (const name of ["back up", "", "a/b", "a".repeat(65)]) {
    assert.throws(() => checkUserName(name), RangeError, name);
  }
});

Deno.test("checkArn: takes an ARN of the kind only", () => {
  const arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
  checkArn(arn, "policy");
  assert.throws(() => checkArn(arn, "role"), RangeError);
  assert.throws(() => checkArn("AmazonS3FullAccess", "policy"), RangeError);
});

Deno.test("parseEndpointUrl: takes host, port and path only", () => {
  assert.equal(parseEndpointUrl("http://localhost:9000"), "http://localhost:9000");
  for (const url of ["localhost:9000", "http://localhost:9000?a=b", "ftp://localhost"]) {
    assert.throws(() => parseEndpointUrl(url), RangeError, url);
  }
});

Deno.test("unsupportedCharacter: finds what IAM does not accept in a policy", () => {
  assert.equal(unsupportedCharacter(bucketsPolicy(["logs"], { prefix: "日/" })), "日");
  assert.equal(unsupportedCharacter(bucketsPolicy(["logs"], { prefix: "größe/" })), undefined);
});
