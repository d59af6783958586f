/** Cases on how a request is made: conditional writes, signatures, who calls. */
import {
  ACCOUNT,
  allow,
  BUCKET,
  type Case,
  type Condition,
  DENIED_BY_BUCKET,
  deny,
  EVERYTHING,
  get,
  type Group,
  iamGuide,
  NOT_GRANTED,
  OBJECTS,
  put,
  READ_LOGO,
  type Request,
  s3Guide,
  TAGGED_KEY,
  to,
  USER_ARN,
  type Verdict,
} from "./harness.ts";

const copyFrom = (CopySource: string): Request => ({ s3 }) =>
  s3.copyObject({ Bucket: BUCKET, Key: "copy.png", CopySource });

const ONLY_NEW = [
  to(USER_ARN, allow("s3:PutObject", OBJECTS, { Null: { "s3:if-none-match": "false" } })),
  to(USER_ARN, allow("s3:PutObject", OBJECTS, { Bool: { "s3:ObjectCreationOperation": "false" } })),
];

const UPLOAD = { Bucket: BUCKET, Key: "large.bin" };

const CONDITIONAL_WRITES: Group = {
  rule: "A bucket policy can ask for If-None-Match wherever an object comes into being",
  page: s3Guide("conditional-writes-enforce"),
  cases: [
    {
      name: "an upload with the header",
      bucket: ONLY_NEW,
      request: put("new.txt", { IfNoneMatch: "*" }),
      expect: "allowed",
    },
    { name: "an upload without", bucket: ONLY_NEW, request: put("new.txt"), expect: NOT_GRANTED },
    {
      name: "the start of a multipart upload",
      bucket: ONLY_NEW,
      request: ({ s3 }) => s3.createMultipartUpload(UPLOAD),
      expect: "allowed",
    },
    {
      name: "a part",
      bucket: ONLY_NEW,
      prepare: async ({ s3 }) => (await s3.createMultipartUpload(UPLOAD)).UploadId!,
      request: ({ s3 }, UploadId) =>
        s3.uploadPart({ ...UPLOAD, UploadId, PartNumber: 1, Body: "x" }),
      expect: "allowed",
    },
    {
      name: "the end of a multipart upload without the header",
      bucket: ONLY_NEW,
      prepare: async ({ s3 }) => (await s3.createMultipartUpload(UPLOAD)).UploadId!,
      request: ({ s3 }, UploadId) =>
        s3.completeMultipartUpload({
          ...UPLOAD,
          UploadId,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag: "x" }] },
        }),
      expect: NOT_GRANTED,
    },
    {
      name: "a copy without the header",
      user: [allow("s3:GetObject")],
      bucket: ONLY_NEW,
      request: copyFrom(`${BUCKET}/secret.txt`),
      expect: NOT_GRANTED,
    },
  ],
};

/** A bucket policy denies to everyone under a condition; the user may do everything else. */
function denied(
  name: string,
  action: string,
  condition: Condition,
  request: Request,
  expect: Verdict,
): Case {
  const resources = action === "s3:*" ? EVERYTHING : OBJECTS;
  return {
    name,
    user: [allow("s3:*")],
    bucket: [to("*", deny(action, resources, condition))],
    request,
    expect,
  };
}

const SIGNATURES: Group = {
  rule: "How a request is signed is a condition key",
  page: "https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html",
  cases: [
    denied(
      "any version but 4",
      "s3:*",
      { StringNotEquals: { "s3:signatureversion": "AWS4-HMAC-SHA256" } },
      READ_LOGO,
      "allowed",
    ),
    denied(
      "version 4",
      "s3:*",
      { StringEquals: { "s3:signatureversion": "AWS4-HMAC-SHA256" } },
      READ_LOGO,
      DENIED_BY_BUCKET,
    ),
    denied(
      "anything but a header",
      "s3:*",
      { StringNotEquals: { "s3:authType": "REST-HEADER" } },
      READ_LOGO,
      "allowed",
    ),
    denied(
      "anything but a query string",
      "s3:*",
      { StringNotEquals: { "s3:authType": "REST-QUERY-STRING" } },
      READ_LOGO,
      DENIED_BY_BUCKET,
    ),
    denied(
      "unsigned payloads",
      "s3:PutObject",
      { StringEquals: { "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD" } },
      put("new.txt"),
      "allowed",
    ),
  ],
};

const EXAMPLES: Group = {
  rule: "The examples of bucket policies",
  page: s3Guide("example-bucket-policies"),
  cases: [
    denied(
      "uploads without a KMS key",
      "s3:PutObject",
      { Null: { "s3:x-amz-server-side-encryption-aws-kms-key-id": "true" } },
      put("new.txt"),
      DENIED_BY_BUCKET,
    ),
    denied(
      "another KMS key, where none is named",
      "s3:PutObject",
      {
        ArnNotEqualsIfExists: {
          "s3:x-amz-server-side-encryption-aws-kms-key-id":
            "arn:aws:kms:us-east-2:111122223333:key/01234567-89ab-cdef-0123-456789abcdef",
        },
      },
      put("new.txt"),
      DENIED_BY_BUCKET,
    ),
    denied(
      "requests without MFA",
      "s3:*",
      { Null: { "aws:MultiFactorAuthAge": "true" } },
      READ_LOGO,
      DENIED_BY_BUCKET,
    ),
    denied(
      "requests that are not over HTTPS",
      "s3:*",
      { Bool: { "aws:SecureTransport": "false" } },
      READ_LOGO,
      "allowed",
    ),
    {
      ...denied(
        "requests over HTTP",
        "s3:*",
        { Bool: { "aws:SecureTransport": "false" } },
        READ_LOGO,
        DENIED_BY_BUCKET,
      ),
      insecure: true,
    },
    denied(
      "other addresses",
      "s3:*",
      { NotIpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
      READ_LOGO,
      DENIED_BY_BUCKET,
    ),
    {
      name: "everyone in an organization, for an account that is in none",
      bucket: [
        to(
          { AWS: "*" },
          allow("s3:GetObject", OBJECTS, {
            StringEquals: { "aws:PrincipalOrgID": ["o-aa111bb222"] },
          }),
        ),
      ],
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "a referring page, requested without one",
      anonymous: true,
      open: true,
      bucket: [
        to(
          "*",
          allow("s3:GetObject", OBJECTS, {
            StringLike: { "aws:Referer": "http://www.example.com/*" },
          }),
        ),
      ],
      request: READ_LOGO,
      expect: "denied",
    },
  ],
};

const GLOBAL_KEYS: Group = {
  rule: "Who the caller is, as global condition keys have it",
  page: iamGuide("reference_policies_condition-keys"),
  cases: [
    {
      name: "aws:PrincipalArn of a session is the role's",
      role: [
        allow("s3:GetObject", OBJECTS, {
          ArnEquals: { "aws:PrincipalArn": `arn:aws:iam::${ACCOUNT}:role/reader` },
        }),
      ],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "aws:PrincipalArn of a session is not the session's",
      role: [
        allow("s3:GetObject", OBJECTS, {
          ArnEquals: { "aws:PrincipalArn": `arn:aws:sts::${ACCOUNT}:assumed-role/reader/monday` },
        }),
      ],
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "aws:userid of a session ends in its name",
      role: [allow("s3:GetObject", OBJECTS, { StringLike: { "aws:userid": "AROA*:monday" } })],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "aws:PrincipalType of a user",
      user: [allow("s3:GetObject", OBJECTS, { StringEquals: { "aws:PrincipalType": "User" } })],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "aws:PrincipalType of a session",
      role: [
        allow("s3:GetObject", OBJECTS, { StringEquals: { "aws:PrincipalType": "AssumedRole" } }),
      ],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "aws:MultiFactorAuthPresent is not there for a user's own keys",
      user: [allow("s3:GetObject", OBJECTS, { Bool: { "aws:MultiFactorAuthPresent": "false" } })],
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "aws:MultiFactorAuthPresent is there for temporary credentials",
      role: [allow("s3:GetObject", OBJECTS, { Bool: { "aws:MultiFactorAuthPresent": "false" } })],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "aws:RequestedRegion",
      user: [
        allow("s3:GetObject", OBJECTS, { StringEquals: { "aws:RequestedRegion": "us-east-1" } }),
      ],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "another aws:RequestedRegion",
      user: [
        allow("s3:GetObject", OBJECTS, { StringEquals: { "aws:RequestedRegion": "eu-west-1" } }),
      ],
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "aws:ViaAWSService is false for a direct call",
      user: [allow("s3:GetObject", OBJECTS, { Bool: { "aws:ViaAWSService": "false" } })],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "aws:PrincipalTag as the tag of the object",
      user: [
        allow("s3:GetObject", OBJECTS, {
          StringEquals: { "s3:ExistingObjectTag/environment": "${aws:PrincipalTag/environment}" },
        }),
      ],
      tags: ["environment=production"],
      request: get(TAGGED_KEY),
      expect: "allowed",
    },
  ],
};

/** The cases of this file. */
export const REQUESTS: Group[] = [CONDITIONAL_WRITES, SIGNATURES, EXAMPLES, GLOBAL_KEYS];
