/** Cases on the condition keys of S3: headers, owners, tags. */
import {
  ACCOUNT,
  allow,
  BUCKET,
  type Case,
  type Condition,
  DENIED_BY_IDENTITY,
  deny,
  get,
  type Group,
  NOT_GRANTED,
  OBJECTS,
  PARTNER,
  put,
  READ_LOGO,
  remove,
  type Request,
  s3Guide,
  TAGGED_KEY,
  to,
  USER_ARN,
  type Verdict,
} from "./harness.ts";

/** A user who may upload under a condition uploads. */
function uploading(
  name: string,
  condition: Condition,
  more: Record<string, unknown>,
  expect: Verdict,
): Case {
  const user = [
    allow(["s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging"], OBJECTS, condition),
  ];
  return { name, user, request: put("new.txt", more), expect };
}

const OWNED = { StringEquals: { "s3:x-amz-acl": "bucket-owner-full-control" } };
const ENCRYPTED = { StringEquals: { "s3:x-amz-server-side-encryption": "AES256" } };
const RARELY_READ = { StringEquals: { "s3:x-amz-storage-class": ["STANDARD_IA"] } };

const copyFrom = (CopySource: string): Request => ({ s3 }) =>
  s3.copyObject({ Bucket: BUCKET, Key: "copy.png", CopySource });

const COPIES_OF_PUBLIC = [
  allow(["s3:GetObject", "s3:PutObject"], OBJECTS),
  deny("s3:PutObject", OBJECTS, {
    StringNotLike: { "s3:x-amz-copy-source": `${BUCKET}/public/*` },
  }),
];

const createBucket = (LocationConstraint?: "sa-east-1" | "eu-west-1"): Request => ({ s3 }) =>
  s3.createBucket({
    Bucket: "new-bucket",
    ...(LocationConstraint && { CreateBucketConfiguration: { LocationConstraint } }),
  });

const IN_SAO_PAULO = [
  allow("s3:CreateBucket", "arn:aws:s3:::*", {
    StringLike: { "s3:LocationConstraint": "sa-east-1" },
  }),
];

const VERSION = { "s3:VersionId": "AaaHbAQitwiL_h47_44lRO2DDfLlBO5e" };

const getVersion = (VersionId: string): Request => ({ s3 }) =>
  s3.getObject({ Bucket: BUCKET, Key: "secret.txt", VersionId });

/** The owner of the bucket by either of the two keys. */
const owner = (key: string, account: string) => [
  allow("s3:GetObject", OBJECTS, { StringEquals: { [key]: account } }),
];

const S3_KEYS: Group = {
  rule: "The headers of a request, the owner of a bucket and the version of TLS are condition keys",
  page: s3Guide("amazon-s3-policy-keys"),
  cases: [
    uploading("the ACL that is required", OWNED, { ACL: "bucket-owner-full-control" }, "allowed"),
    uploading("another ACL", OWNED, { ACL: "private" }, NOT_GRANTED),
    uploading("no ACL", OWNED, {}, NOT_GRANTED),
    uploading(
      "the encryption that is required",
      ENCRYPTED,
      { ServerSideEncryption: "AES256" },
      "allowed",
    ),
    uploading("no encryption", ENCRYPTED, {}, NOT_GRANTED),
    uploading(
      "the storage class that is required",
      RARELY_READ,
      { StorageClass: "STANDARD_IA" },
      "allowed",
    ),
    uploading("another storage class", RARELY_READ, { StorageClass: "ONEZONE_IA" }, NOT_GRANTED),
    uploading("no storage class", RARELY_READ, {}, NOT_GRANTED),
    {
      name: "a copy of what may be copied",
      user: COPIES_OF_PUBLIC,
      request: copyFrom(`${BUCKET}/public/logo.png`),
      expect: "allowed",
    },
    {
      name: "a copy of something else",
      user: COPIES_OF_PUBLIC,
      request: copyFrom(`${BUCKET}/secret.txt`),
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "an upload where only copies are allowed",
      user: COPIES_OF_PUBLIC,
      request: put("new.txt"),
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "a bucket in the region",
      user: IN_SAO_PAULO,
      request: createBucket("sa-east-1"),
      expect: "allowed",
    },
    {
      name: "a bucket in another region",
      user: IN_SAO_PAULO,
      request: createBucket("eu-west-1"),
      expect: NOT_GRANTED,
    },
    {
      name: "a bucket without a region",
      user: IN_SAO_PAULO,
      request: createBucket(),
      expect: NOT_GRANTED,
    },
    {
      name: "a version that isn't the one",
      user: [allow("s3:GetObjectVersion", OBJECTS, { StringEquals: VERSION })],
      request: getVersion("null"),
      expect: NOT_GRANTED,
    },
    {
      name: "a deny of all versions but one",
      user: [
        allow("s3:GetObjectVersion"),
        deny("s3:GetObjectVersion", "*", { StringNotEquals: VERSION }),
      ],
      request: getVersion("null"),
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "s3:ResourceAccount of the owner",
      user: owner("s3:ResourceAccount", ACCOUNT),
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "s3:ResourceAccount of another account",
      user: owner("s3:ResourceAccount", PARTNER),
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "aws:ResourceAccount of the owner",
      user: owner("aws:ResourceAccount", ACCOUNT),
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "aws:ResourceAccount of another account",
      user: owner("aws:ResourceAccount", PARTNER),
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "aws:ResourceAccount keeps a user from other accounts' buckets",
      user: [
        allow("s3:*"),
        deny("s3:*", "*", { StringNotEquals: { "aws:ResourceAccount": ACCOUNT } }),
      ],
      bucket: [to(USER_ARN, allow("s3:GetObject", OBJECTS))],
      partnerOwned: true,
      request: READ_LOGO,
      expect: "denied",
    },
    {
      name: "TLS later than 1.1",
      user: [allow("s3:GetObject", OBJECTS, { NumericGreaterThan: { "s3:TlsVersion": 1.1 } })],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "a deny of TLS earlier than 1.2",
      user: [
        allow("s3:GetObject"),
        deny("s3:*", "*", { NumericLessThan: { "s3:TlsVersion": 1.2 } }),
      ],
      request: READ_LOGO,
      expect: "allowed",
    },
  ],
};

const IN_PRODUCTION = { StringEquals: { "s3:ExistingObjectTag/environment": "production" } };
const FOR_X = { StringEquals: { "s3:RequestObjectTag/Project": "X" } };

const tag = (Value: string): Request => ({ s3 }) =>
  s3.putObjectTagging({
    Bucket: BUCKET,
    Key: TAGGED_KEY,
    Tagging: { TagSet: [{ Key: "Project", Value }] },
  });

const TAGS: Group = {
  rule:
    "Tags of objects and of requests are condition keys; those of objects not for uploads and deletions",
  page: s3Guide("tagging-and-policies"),
  cases: [
    {
      name: "an object with the tag",
      user: [allow("s3:GetObject", OBJECTS, IN_PRODUCTION)],
      request: get(TAGGED_KEY),
      expect: "allowed",
    },
    {
      name: "an object without the tag",
      user: [allow("s3:GetObject", OBJECTS, IN_PRODUCTION)],
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "an object with another value of the tag",
      user: [
        allow("s3:GetObject", OBJECTS, {
          StringEquals: { "s3:ExistingObjectTag/environment": "test" },
        }),
      ],
      request: get(TAGGED_KEY),
      expect: NOT_GRANTED,
    },
    {
      name: "by bucket policy",
      bucket: [to(USER_ARN, allow("s3:GetObject", OBJECTS, IN_PRODUCTION))],
      request: get(TAGGED_KEY),
      expect: "allowed",
    },
    {
      name: "an upload over an object with the tag",
      user: [allow("s3:PutObject", OBJECTS, IN_PRODUCTION)],
      request: put(TAGGED_KEY),
      expect: NOT_GRANTED,
    },
    {
      name: "the deletion of an object with the tag",
      user: [allow("s3:DeleteObject", OBJECTS, IN_PRODUCTION)],
      request: remove(TAGGED_KEY),
      expect: NOT_GRANTED,
    },
    {
      name: "new tags with the value",
      user: [allow("s3:PutObjectTagging", OBJECTS, FOR_X)],
      request: tag("X"),
      expect: "allowed",
    },
    {
      name: "new tags with another value",
      user: [allow("s3:PutObjectTagging", OBJECTS, FOR_X)],
      request: tag("Y"),
      expect: NOT_GRANTED,
    },
    uploading("an upload with the tag", FOR_X, { Tagging: "Project=X" }, "allowed"),
    uploading(
      "an upload with another value of the tag",
      FOR_X,
      { Tagging: "Project=Y" },
      NOT_GRANTED,
    ),
    uploading("an upload without tags", FOR_X, {}, NOT_GRANTED),
  ],
};

/** The cases of this file. */
export const S3_CONDITION_KEYS: Group[] = [S3_KEYS, TAGS];
