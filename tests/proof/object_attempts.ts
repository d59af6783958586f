/** Attempts on objects and on lists of them. */
import type { S3 } from "@aws-sdk/client-s3";
import { type Attempt, attempts } from "./attempt.ts";
import { BUCKET, type Clients, OTHER_BUCKET } from "./stage.ts";

const KEPT = { Bucket: BUCKET, Key: "reports/kept.txt" };
const LOCKED = { Bucket: BUCKET, Key: "reports/locked.txt" };
const ARCHIVED = { Bucket: BUCKET, Key: "reports/archived.txt" };
const TAGGED = { Bucket: BUCKET, Key: "reports/tagged.txt" };
const NEW = { Bucket: BUCKET, Key: "reports/new.txt" };
const LARGE = { Bucket: BUCKET, Key: "reports/large.bin" };
const Body = "new content";

type Run = Attempt["run"];

function list(Prefix?: string, Bucket = BUCKET): Run {
  return ({ s3 }) => s3.listObjectsV2({ Bucket, ...(Prefix !== undefined && { Prefix }) });
}

async function get(s3: S3, Key: string, Bucket = BUCKET): Promise<string | undefined> {
  const { Body } = await s3.getObject({ Bucket, Key });
  return await Body?.transformToString();
}

/** S3 answers 200 to DeleteObjects and lists its refusals inside. */
async function deleteMany(s3: S3, keys: string[]): Promise<void> {
  const Delete = { Objects: keys.map((Key) => ({ Key })) };
  const { Errors = [] } = await s3.deleteObjects({ Bucket: BUCKET, Delete });
  if (Errors.length < keys.length) return;
  const httpStatusCode = Errors.every(({ Code }) => Code === "AccessDenied") ? 403 : 200;
  throw Object.assign(new Error(JSON.stringify(Errors)), { $metadata: { httpStatusCode } });
}

async function startUpload({ s3 }: Clients): Promise<string> {
  return (await s3.createMultipartUpload(LARGE)).UploadId!;
}

async function startUploadWithPart(admin: Clients): Promise<string> {
  const UploadId = await startUpload(admin);
  const { ETag } = await admin.s3.uploadPart({ ...LARGE, UploadId, PartNumber: 1, Body });
  return `${UploadId} ${ETag}`;
}

function complete({ s3 }: Clients, prepared: string): Promise<unknown> {
  const [UploadId, ETag] = prepared.split(" ");
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  return s3.completeMultipartUpload({ ...LARGE, UploadId, MultipartUpload });
}

const tomorrow = () => new Date(Date.now() + 2 * 86_400_000);

export const objectAttempts = attempts({
  "list without prefix": ["s3:ListBucket", list()],
  "list with an empty prefix": ["s3:ListBucket", list("")],
  "list prefix reports/": ["s3:ListBucket", list("reports/")],
  "list prefix reports/2026/": ["s3:ListBucket", list("reports/2026/")],
  "list prefix reports": ["s3:ListBucket", list("reports")],
  "list prefix rep": ["s3:ListBucket", list("rep")],
  "list prefix reports-old/": ["s3:ListBucket", list("reports-old/")],
  "list prefix Reports/": ["s3:ListBucket", list("Reports/")],
  "list prefix archive/reports/": ["s3:ListBucket", list("archive/reports/")],
  "list folders by a delimiter": [
    "s3:ListBucket",
    ({ s3 }) => s3.listObjectsV2({ Bucket: BUCKET, Delimiter: "/" }),
  ],
  "list prefix reports/ by version 1 of the call": [
    "s3:ListBucket",
    ({ s3 }) => s3.listObjects({ Bucket: BUCKET, Prefix: "reports/" }),
  ],
  "head bucket": ["s3:ListBucket", ({ s3 }) => s3.headBucket({ Bucket: BUCKET })],
  "list versions": [
    "s3:ListBucketVersions",
    ({ s3 }) => s3.listObjectVersions({ Bucket: BUCKET, Prefix: "reports/" }),
  ],

  "get object": ["s3:GetObject", ({ s3 }) => get(s3, KEPT.Key)],
  "head object": ["s3:GetObject", ({ s3 }) => s3.headObject(KEPT)],
  "get a range of an object": [
    "s3:GetObject",
    ({ s3 }) => s3.getObject({ ...KEPT, Range: "bytes=0-3" }),
  ],
  "get object acl": ["s3:GetObjectAcl", ({ s3 }) => s3.getObjectAcl(KEPT)],
  "get object legal hold": ["s3:GetObjectLegalHold", ({ s3 }) => s3.getObjectLegalHold(LOCKED)],
  "get object retention": ["s3:GetObjectRetention", ({ s3 }) => s3.getObjectRetention(LOCKED)],
  "get object tagging": ["s3:GetObjectTagging", ({ s3 }) => s3.getObjectTagging(TAGGED)],
  "get object version": [
    "s3:GetObjectVersion",
    ({ s3 }) => s3.getObject({ ...KEPT, VersionId: "null" }),
  ],
  "get object attributes": [
    "s3:GetObjectAttributes",
    ({ s3 }) => s3.getObjectAttributes({ ...KEPT, ObjectAttributes: ["ETag"] }),
  ],
  "get object torrent": ["s3:GetObjectTorrent", ({ s3 }) => s3.getObjectTorrent(KEPT)],
  "get the folder's own key reports/": ["s3:GetObject", ({ s3 }) => get(s3, "reports/")],
  "get the key reports": ["s3:GetObject", ({ s3 }) => get(s3, "reports")],
  "get from the sibling reports-old/": [
    "s3:GetObject",
    ({ s3 }) => get(s3, "reports-old/kept.txt"),
  ],
  "get from Reports/ in capitals": ["s3:GetObject", ({ s3 }) => get(s3, "Reports/kept.txt")],
  "get from archive/reports/": ["s3:GetObject", ({ s3 }) => get(s3, "archive/reports/kept.txt")],
  "get from the root": ["s3:GetObject", ({ s3 }) => get(s3, "secret.txt")],

  "put a new object": ["s3:PutObject", ({ s3 }) => s3.putObject({ ...NEW, Body })],
  "overwrite an object": ["s3:PutObject", ({ s3 }) => s3.putObject({ ...KEPT, Body })],
  "put the key reports": [
    "s3:PutObject",
    ({ s3 }) => s3.putObject({ Bucket: BUCKET, Key: "reports", Body }),
  ],
  "put into the sibling reports-old/": [
    "s3:PutObject",
    ({ s3 }) => s3.putObject({ Bucket: BUCKET, Key: "reports-old/new.txt", Body }),
  ],
  "put into the root": [
    "s3:PutObject",
    ({ s3 }) => s3.putObject({ Bucket: BUCKET, Key: "new.txt", Body }),
  ],
  "put an object with an acl": [
    "s3:PutObjectAcl",
    ({ s3 }) => s3.putObject({ ...NEW, Body, ACL: "public-read" }),
  ],
  "put an object with tags": [
    "s3:PutObjectTagging",
    ({ s3 }) => s3.putObject({ ...NEW, Body, Tagging: "public=yes" }),
  ],
  "put an object with a legal hold": [
    "s3:PutObjectLegalHold",
    ({ s3 }) => s3.putObject({ ...NEW, Body, ObjectLockLegalHoldStatus: "ON" }),
  ],
  "put an object with a retention": [
    "s3:PutObjectRetention",
    ({ s3 }) =>
      s3.putObject({
        ...NEW,
        Body,
        ObjectLockMode: "GOVERNANCE",
        ObjectLockRetainUntilDate: tomorrow(),
      }),
  ],
  "copy inside the prefix": [
    "s3:PutObject",
    ({ s3 }) => s3.copyObject({ ...NEW, CopySource: `${BUCKET}/reports/kept.txt` }),
  ],
  "copy an object with its tags": [
    "s3:PutObjectTagging",
    ({ s3 }) => s3.copyObject({ ...NEW, CopySource: `${BUCKET}/reports/tagged.txt` }),
  ],
  "copy from the sibling reports-old/": [
    "s3:GetObject",
    ({ s3 }) => s3.copyObject({ ...NEW, CopySource: `${BUCKET}/reports-old/kept.txt` }),
  ],
  "copy from the other bucket": [
    "s3:GetObject",
    ({ s3 }) => s3.copyObject({ ...NEW, CopySource: `${OTHER_BUCKET}/reports/kept.txt` }),
  ],
  "copy into the other bucket": [
    "s3:PutObject",
    ({ s3 }) =>
      s3.copyObject({
        Bucket: OTHER_BUCKET,
        Key: "reports/new.txt",
        CopySource: `${BUCKET}/reports/kept.txt`,
      }),
  ],

  "delete object": ["s3:DeleteObject", ({ s3 }) => s3.deleteObject(KEPT)],
  "delete several objects": [
    "s3:DeleteObject",
    ({ s3 }) => deleteMany(s3, [KEPT.Key, "reports/2026/january.txt"]),
  ],
  "delete object version": [
    "s3:DeleteObjectVersion",
    ({ s3 }) => s3.deleteObject({ ...KEPT, VersionId: "null" }),
  ],
  "delete the key reports": [
    "s3:DeleteObject",
    ({ s3 }) => s3.deleteObject({ Bucket: BUCKET, Key: "reports" }),
  ],
  "delete from the sibling reports-old/": [
    "s3:DeleteObject",
    ({ s3 }) => s3.deleteObject({ Bucket: BUCKET, Key: "reports-old/kept.txt" }),
  ],
  "delete several from the root": [
    "s3:DeleteObject",
    ({ s3 }) => deleteMany(s3, ["secret.txt", "reports-old/kept.txt"]),
  ],

  "put object acl": [
    "s3:PutObjectAcl",
    ({ s3 }) => s3.putObjectAcl({ ...KEPT, ACL: "public-read" }),
  ],
  "put object tagging": [
    "s3:PutObjectTagging",
    ({ s3 }) =>
      s3.putObjectTagging({ ...TAGGED, Tagging: { TagSet: [{ Key: "public", Value: "yes" }] } }),
  ],
  "delete object tagging": ["s3:DeleteObjectTagging", ({ s3 }) => s3.deleteObjectTagging(TAGGED)],
  "put object legal hold": [
    "s3:PutObjectLegalHold",
    ({ s3 }) => s3.putObjectLegalHold({ ...LOCKED, LegalHold: { Status: "OFF" } }),
  ],
  "put object retention": [
    "s3:PutObjectRetention",
    ({ s3 }) =>
      s3.putObjectRetention({
        ...LOCKED,
        Retention: { Mode: "GOVERNANCE", RetainUntilDate: tomorrow() },
      }),
  ],
  "lift a retention before its time": [
    "s3:BypassGovernanceRetention",
    ({ s3 }) =>
      s3.putObjectRetention({ ...LOCKED, Retention: {}, BypassGovernanceRetention: true }),
  ],
  "restore object": [
    "s3:RestoreObject",
    ({ s3 }) => s3.restoreObject({ ...ARCHIVED, RestoreRequest: { Days: 1 } }),
  ],

  "start a multipart upload": ["s3:PutObject", ({ s3 }) => s3.createMultipartUpload(LARGE)],
  "upload a part": [
    "s3:PutObject",
    ({ s3 }, UploadId) => s3.uploadPart({ ...LARGE, UploadId, PartNumber: 1, Body }),
    startUpload,
  ],
  "copy a part from the sibling reports-old/": [
    "s3:GetObject",
    ({ s3 }, UploadId) =>
      s3.uploadPartCopy({
        ...LARGE,
        UploadId,
        PartNumber: 1,
        CopySource: `${BUCKET}/reports-old/kept.txt`,
      }),
    startUpload,
  ],
  "complete a multipart upload": ["s3:PutObject", complete, startUploadWithPart],
  "list the parts of an upload": [
    "s3:ListMultipartUploadParts",
    ({ s3 }, UploadId) => s3.listParts({ ...LARGE, UploadId }),
    startUpload,
  ],
  "abort a multipart upload": [
    "s3:AbortMultipartUpload",
    ({ s3 }, UploadId) => s3.abortMultipartUpload({ ...LARGE, UploadId }),
    startUpload,
  ],
  "list multipart uploads": [
    "s3:ListBucketMultipartUploads",
    ({ s3 }) => s3.listMultipartUploads({ Bucket: BUCKET, Prefix: "reports/" }),
  ],

  "list the other bucket": ["s3:ListBucket", list("reports/", OTHER_BUCKET)],
  "get from the other bucket": [
    "s3:GetObject",
    ({ s3 }) => get(s3, "reports/kept.txt", OTHER_BUCKET),
  ],
  "put into the other bucket": [
    "s3:PutObject",
    ({ s3 }) => s3.putObject({ Bucket: OTHER_BUCKET, Key: "reports/new.txt", Body }),
  ],
  "delete from the other bucket": [
    "s3:DeleteObject",
    ({ s3 }) => s3.deleteObject({ Bucket: OTHER_BUCKET, Key: "reports/kept.txt" }),
  ],
});
