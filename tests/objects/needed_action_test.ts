import assert from "node:assert/strict";
import { neededAction, refusalHint } from "../../lib/objects/needed_action.ts";
import { findAction } from "../../lib/policy/actions.ts";

const CASES: [method: string, key: string | undefined, query: string, action: string][] = [
  ["GET", undefined, "list-type=2", "s3:ListBucket"],
  ["HEAD", undefined, "", "s3:ListBucket"],
  ["GET", undefined, "versions=", "s3:ListBucketVersions"],
  ["GET", undefined, "uploads=", "s3:ListBucketMultipartUploads"],
  ["DELETE", undefined, "", "s3:DeleteBucket"],
  ["GET", "k", "", "s3:GetObject"],
  ["HEAD", "k", "", "s3:GetObject"],
  ["GET", "k", "versionId=v", "s3:GetObjectVersion"],
  ["PUT", "k", "", "s3:PutObject"],
  ["PUT", "k", "partNumber=1&uploadId=u", "s3:PutObject"],
  ["POST", "k", "uploads=", "s3:PutObject"],
  ["POST", "k", "uploadId=u", "s3:PutObject"],
  ["DELETE", "k", "uploadId=u", "s3:AbortMultipartUpload"],
  ["DELETE", "k", "", "s3:DeleteObject"],
  ["DELETE", "k", "versionId=v", "s3:DeleteObjectVersion"],
];

for (const [method, key, query, action] of CASES) {
  Deno.test(`neededAction: ${method} ${key ?? "the bucket"} ${query} takes ${action}`, () => {
    const request = { method, key, query: Object.fromEntries(new URLSearchParams(query)) };
    assert.equal(neededAction(request), action);
    assert.ok(findAction(action), "AWS has such an action");
  });
}

Deno.test("refusalHint: says nothing where the server says more than no", () => {
  for (const words of ["", "Access Denied", "Access denied.", "AccessDenied", "Forbidden"]) {
    assert.match(refusalHint(words, "s3:PutObject", "b-b") ?? "", /^The server .* s3:PutObject\./);
  }
  for (
    const words of [
      "Not on Sundays",
      "not authorized to perform: s3:PutObject",
      "Request has expired",
    ]
  ) {
    assert.equal(refusalHint(words, "s3:PutObject", "b-b"), undefined);
  }
});
