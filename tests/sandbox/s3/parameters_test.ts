/** What S3's calls take, by the SDK's own description of them: all is heeded or refused. */
import * as sdk from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { bucketRoutes } from "../../../lib/sandbox/s3/buckets/routes.ts";
import { objectRoutes } from "../../../lib/sandbox/s3/objects/routes.ts";
import { refusedHeaders, WITHOUT_VERSION } from "../../../lib/sandbox/s3/parameters.ts";
import { refusal } from "../helpers.ts";
import { s3Room } from "./helpers.ts";

/**
 * Headers that the sandbox heeds, and some that have no effect where nothing is restored from
 * archives, no notification is sent, and objects keep their storage class.
 */
const HEEDED = new Set([
  ...["cache-control", "content-disposition", "content-encoding", "content-language"],
  ...["content-length", "content-md5", "content-type", "expires", "range"],
  ...["if-match", "if-modified-since", "if-none-match", "if-unmodified-since"],
  ...[
    "acl",
    "bucket-object-lock-enabled",
    "bypass-governance-retention",
    "checksum-algorithm",
    "checksum-crc32",
    "checksum-crc32c",
    "checksum-crc64nvme",
    "checksum-md5",
    "checksum-mode",
    "checksum-sha1",
    "checksum-sha256",
    "checksum-sha512",
    "checksum-type",
    "checksum-xxhash128",
    "checksum-xxhash3",
    "checksum-xxhash64",
    "confirm-remove-self-bucket-access",
    "copy-source",
    "copy-source-if-match",
    "copy-source-if-modified-since",
    "copy-source-if-none-match",
    "copy-source-if-unmodified-since",
    "copy-source-range",
    "expected-bucket-owner",
    "grant-full-control",
    "grant-read",
    "grant-read-acp",
    "grant-write",
    "grant-write-acp",
    "max-parts",
    "meta-",
    "metadata-directive",
    "mp-object-size",
    "object-attributes",
    "object-lock-legal-hold",
    "object-lock-mode",
    "object-lock-retain-until-date",
    "object-ownership",
    "optional-object-attributes",
    "part-number-marker",
    "request-payer",
    "sdk-checksum-algorithm",
    "server-side-encryption",
    "server-side-encryption-aws-kms-key-id",
    "server-side-encryption-bucket-key-enabled",
    "skip-destination-validation",
    "source-expected-bucket-owner",
    "storage-class",
    "tagging",
    "tagging-directive",
    "transition-default-minimum-object-size",
    "website-redirect-location",
  ].map((name) => `x-amz-${name}`),
]);
const HEEDED_PARAMETERS = new Set([
  ...["bucket-region", "continuation-token", "delimiter", "encoding-type", "fetch-owner", "id"],
  ...["key-marker", "marker", "max-buckets", "max-keys", "max-uploads", "prefix", "start-after"],
  ...["upload-id-marker", "version-id-marker"],
  ...["max-parts", "part-number-marker", "partNumber", "uploadId", "versionId"],
  ...["cache-control", "content-disposition", "content-encoding", "content-language"]
    .map((name) => `response-${name}`),
  ...["response-content-type", "response-expires"],
]);
const REFUSED = new Set(Object.values(refusedHeaders).flat());

interface Member {
  operation: string;
  name: string;
  /** 0 of a text, 1 of a number, 4 and more of a time. */
  type: unknown;
  header: string | undefined;
  parameter: string | undefined;
}

interface Traits {
  httpHeader?: string;
  httpPrefixHeaders?: string;
  httpQuery?: string;
}

/** The members of an operation's input, by the schema that the SDK writes requests by. */
function membersOf(operation: string): Member[] {
  // deno-lint-ignore no-explicit-any
  const schema = (sdk as any)[`${operation}$`];
  assert.ok(schema, `the SDK has no ${operation}`);
  const [, , , , names = [], members] = schema[4]();
  return names.map((name: string, at: number) => {
    const [type, traits = {}] = Array.isArray(members[at]) ? members[at] : [members[at]];
    const { httpHeader, httpPrefixHeaders, httpQuery } = traits as Traits;
    const header = (httpHeader ?? httpPrefixHeaders)?.toLowerCase();
    return { operation, name, type, header, parameter: httpQuery };
  });
}

/** Names of operations that the SDK has under others, the only ones that it doesn't know. */
const RENAMED: Record<string, string> = {
  GetBucketLifecycle: "GetBucketLifecycleConfiguration",
  PutBucketLifecycle: "PutBucketLifecycleConfiguration",
};
/** PostObject is a form, which the SDK doesn't know. */
const OBJECT_OPERATIONS = objectRoutes.map(({ name }) => name)
  .filter((name) => name !== "PostObject");
/** The public access block of the account has the name of a bucket's. */
const BUCKET_OPERATIONS = bucketRoutes.filter(({ level }) => level !== "control")
  .map(({ name }) => RENAMED[name] ?? name);
const MEMBERS = [...BUCKET_OPERATIONS, ...OBJECT_OPERATIONS].flatMap(membersOf);

Deno.test("parameters: every header and query parameter of a call is heeded or refused", () => {
  const headers = MEMBERS.flatMap(({ header }) => header ?? []);
  const parameters = MEMBERS.flatMap(({ parameter }) => parameter ?? []);
  assert.ok(headers.length > 200 && parameters.length > 20);
  const unknown = headers.filter((name) => HEEDED.has(name) === REFUSED.has(name));
  assert.deepEqual(unknown, []);
  assert.deepEqual(parameters.filter((name) => !HEEDED_PARAMETERS.has(name)), []);
  assert.deepEqual([...REFUSED].filter((name) => !headers.includes(name)), []);
});

function sample(type: unknown): unknown {
  if (type === 1) return 1;
  return typeof type === "number" && type >= 4 ? new Date() : "x";
}

Deno.test("parameters: what isn't heeded is refused by name, after the permission was asked for", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  await room.s3.putObject({ Bucket: "mine", Key: "a", Body: "x" });
  const { UploadId } = await room.s3.createMultipartUpload({ Bucket: "mine", Key: "a" });
  const input = {
    Bucket: "mine",
    Key: "a",
    Body: "x",
    CopySource: "mine/a",
    Delete: { Objects: [{ Key: "a" }] },
    ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" },
    VersioningConfiguration: { Status: "Enabled" },
    MultipartUpload: { Parts: [{ PartNumber: 1, ETag: '"x"' }] },
    ObjectAttributes: ["ETag"],
    PartNumber: 1,
    UploadId,
  };
  const refused = MEMBERS.filter(({ header }) => header !== undefined && REFUSED.has(header));
  assert.ok(refused.length > 40);
  for (const { operation, name, type, header } of refused) {
    // deno-lint-ignore no-explicit-any
    const Command = (sdk as any)[`${operation}Command`];
    const fields = Object.fromEntries(
      membersOf(operation).map(({ name }) => [name, input[name as keyof typeof input]]),
    );
    const { status, code, message } = await refusal(
      room.s3.send(new Command({ ...fields, [name]: sample(type) })),
    );
    assert.equal(status, 501, `${operation} ${header}`);
    if (operation === "HeadObject") continue;
    assert.equal(code, "NotImplemented");
    assert.match(message, /^x-amz-[\w-]+ is not part of the sandbox$/);
    assert.equal(room.sandbox.requests.at(-1)?.operation, operation);
    // DeleteObjects asks for each key.
    const asked = room.sandbox.requests.at(-1)?.permissions.length;
    assert.equal(asked === 0, operation === "DeleteObjects");
  }
  const [upload] = (await room.s3.listMultipartUploads({ Bucket: "mine" })).Uploads ?? [];
  assert.equal(upload?.UploadId, UploadId);
});

Deno.test("parameters: calls about objects to be take no version, all others do", async () => {
  for (const operation of OBJECT_OPERATIONS) {
    const takesVersion = membersOf(operation).some(({ parameter }) => parameter === "versionId");
    assert.equal(WITHOUT_VERSION.has(operation), !takesVersion, operation);
  }
  await using room = await s3Room({ buckets: ["mine"] });
  room.s3.middlewareStack.add(
    (next) => (args) => {
      (args.request as { query: Record<string, string> }).query.versionId = "null";
      return next(args);
    },
    { step: "build" },
  );
  const { status, code, message } = await refusal(
    room.s3.putObject({ Bucket: "mine", Key: "a", Body: "x" }),
  );
  assert.deepEqual([status, code], [400, "InvalidArgument"]);
  assert.match(message, /does not accept a version-id/);
});
