import assert from "node:assert/strict";
import { s3Room } from "./helpers.ts";

/** Request line, operation, permissions. */
const REQUESTS: [string, string, string][] = [
  ["GET /", "ListBuckets", "s3:ListAllMyBuckets"],
  ["PUT /new-bucket", "CreateBucket", "s3:CreateBucket"],
  ["GET /mine", "ListObjects", "s3:ListBucket"],
  ["GET /mine/", "ListObjects", "s3:ListBucket"],
  ["GET /mine?list-type=2&prefix=a", "ListObjectsV2", "s3:ListBucket"],
  ["GET /mine?versions", "ListObjectVersions", "s3:ListBucketVersions"],
  ["GET /mine?uploads", "ListMultipartUploads", "s3:ListBucketMultipartUploads"],
  ["DELETE /mine", "DeleteBucket", "s3:DeleteBucket"],
  ["GET /mine?location", "GetBucketLocation", "s3:GetBucketLocation"],
  ["GET /mine?policyStatus", "GetBucketPolicyStatus", "s3:GetBucketPolicyStatus"],
  ["DELETE /mine?cors", "DeleteBucketCors", "s3:PutBucketCORS"],
  ["DELETE /mine?website", "DeleteBucketWebsite", "s3:DeleteBucketWebsite"],
  ["DELETE /mine?publicAccessBlock", "DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock"],
  [
    "DELETE /mine?ownershipControls",
    "DeleteBucketOwnershipControls",
    "s3:PutBucketOwnershipControls",
  ],
  ["DELETE /mine?tagging", "DeleteBucketTagging", "s3:PutBucketTagging"],
  ["DELETE /mine?lifecycle", "DeleteBucketLifecycle", "s3:PutLifecycleConfiguration"],
  ["PUT /mine?replication", "PutBucketReplication", "s3:PutReplicationConfiguration"],
  ["PUT /mine?encryption", "PutBucketEncryption", "s3:PutEncryptionConfiguration"],
  ["PUT /mine?logging", "PutBucketLogging", "s3:PutBucketLogging"],
  ["PUT /mine?notification", "PutBucketNotificationConfiguration", "s3:PutBucketNotification"],
  ["PUT /mine?accelerate", "PutBucketAccelerateConfiguration", "s3:PutAccelerateConfiguration"],
  ["PUT /mine?requestPayment", "PutBucketRequestPayment", "s3:PutBucketRequestPayment"],
  ["PUT /mine?inventory&id=1", "PutBucketInventoryConfiguration", "s3:PutInventoryConfiguration"],
  ["GET /mine?analytics&id=1", "GetBucketAnalyticsConfiguration", "s3:GetAnalyticsConfiguration"],
  ["GET /mine?metrics&id=1", "GetBucketMetricsConfiguration", "s3:GetMetricsConfiguration"],
  ["GET /mine?object-lock", "GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"],
  ["GET /mine/k", "GetObject", "s3:GetObject"],
  ["GET /mine/k?x-id=GetObject", "GetObject", "s3:GetObject"],
  ["GET /mine/k?versionId=null", "GetObject", "s3:GetObjectVersion"],
  ["DELETE /mine/k?versionId=null", "DeleteObject", "s3:DeleteObjectVersion"],
  ["GET /mine/k?acl&versionId=null", "GetObjectAcl", "s3:GetObjectVersionAcl"],
  ["GET /mine/k?tagging&versionId=null", "GetObjectTagging", "s3:GetObjectVersionTagging"],
  ["GET /mine/k?attributes", "GetObjectAttributes", "s3:GetObject s3:GetObjectAttributes"],
  ["GET /mine/k?torrent", "GetObjectTorrent", "s3:GetObjectTorrent"],
  ["GET /mine/k?uploadId=1", "ListParts", "s3:ListMultipartUploadParts"],
  ["POST /mine/k?uploads", "CreateMultipartUpload", "s3:PutObject"],
  ["POST /mine/k?uploadId=1", "CompleteMultipartUpload", "s3:PutObject"],
  ["DELETE /mine/k?uploadId=1", "AbortMultipartUpload", "s3:AbortMultipartUpload"],
  ["POST /mine/k?restore", "RestoreObject", "s3:RestoreObject"],
  ["POST /mine/k?select&select-type=2", "SelectObjectContent", "s3:GetObject"],
];

for (const [line, operation, actions] of REQUESTS) {
  Deno.test(`findRoute: ${line} is ${operation} and needs ${actions}`, async () => {
    await using room = await s3Room({ buckets: ["mine"] });
    const [method = "", path = ""] = line.split(" ");
    const response = await fetch(room.sandbox.url + path, { method });
    await response.body?.cancel();
    assert.equal(response.status, 403);
    const record = room.sandbox.requests.at(-1);
    assert.equal(record?.operation, operation);
    assert.deepEqual(record?.permissions.map(({ action }) => action), actions.split(" "));
    const [, bucket, key] = /^\/([^/?]*)\/?([^?]*)/.exec(path) ?? [];
    const arn = bucket ? `arn:aws:s3:::${bucket}${key ? `/${key}` : ""}` : "*";
    assert.equal(record?.permissions[0]?.resource, arn);
  });
}

for (
  const line of [
    "POST /",
    "POST /mine/k",
    "DELETE /mine?acl",
    "PUT /mine/k?uploadId=1",
    "DELETE /mine/k?acl",
  ]
) {
  Deno.test(`findRoute: S3 has no ${line}`, async () => {
    await using room = await s3Room({ buckets: ["mine"] });
    const [method = "", path = ""] = line.split(" ");
    const response = await fetch(room.sandbox.url + path, { method });
    assert.equal(response.status, 405);
    assert.match(await response.text(), /<Code>MethodNotAllowed<\/Code>/);
  });
}

const MISPLACED: [line: string, code: string, headers?: Record<string, string>][] = [
  ["PUT /mine/k?partNumber=1", "InvalidArgument"],
  ["GET /mine/k?uploads", "InvalidRequest"],
  ["GET /mine/k?versions", "InvalidRequest"],
  ["GET /mine/k", "InvalidArgument", { "x-amz-copy-source": "mine/other" }],
  ["POST /mine/k?uploadId=1", "InvalidArgument", { "x-amz-copy-source": "mine/other" }],
  ["DELETE /mine", "InvalidArgument", { "x-amz-copy-source": "mine/other" }],
];
for (const [line, code, headers = {}] of MISPLACED) {
  Deno.test(`findRoute: ${line} ${JSON.stringify(headers)} is ${code}`, async () => {
    await using room = await s3Room({ buckets: ["mine"] });
    const [method = "", path = ""] = line.split(" ");
    const response = await fetch(room.sandbox.url + path, { method, headers });
    assert.equal(response.status, 400);
    assert.match(await response.text(), new RegExp(`<Code>${code}</Code>`));
  });
}

Deno.test("findRoute: a path that isn't UTF-8 is an invalid URI", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const fromBrowser = { headers: { origin: "https://example.com" } };
  for (const init of [{}, fromBrowser]) {
    for (const path of ["/mine/%ff", "/%ff"]) {
      const response = await fetch(room.sandbox.url + path, init);
      assert.equal(response.status, 400);
      assert.match(await response.text(), /<Code>InvalidURI<\/Code>/);
    }
  }
});

Deno.test("findRoute: an upload from a form needs permission on the form's key", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const body = new FormData();
  body.set("key", "photos/1");
  body.set("file", "x");
  const response = await fetch(`${room.sandbox.url}/mine`, { method: "POST", body });
  await response.body?.cancel();
  assert.equal(response.status, 403);
  const record = room.sandbox.requests.at(-1);
  assert.deepEqual(record?.permissions, [
    { action: "s3:PutObject", resource: "arn:aws:s3:::mine/photos/1" },
  ]);
});
