/**
 * Statements like those that AWS's user guides give as examples, with nothing wrong with them.
 *
 * @module
 */
import { allow, BUCKET, OBJECTS, type Statement, when } from "./row.ts";

const BOTH = [BUCKET, OBJECTS];
const POINT = "arn:aws:s3:us-west-2:111122223333:accesspoint/reports";
const KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd";

const deny = (Action: unknown, Resource: unknown, more: Statement): Statement => ({
  Effect: "Deny",
  Principal: "*",
  Action,
  Resource,
  ...more,
});

const to = (Principal: unknown): Statement => ({ Principal });
const account = to({ AWS: "arn:aws:iam::111122223333:root" });
const service = (name: string): Statement => to({ Service: name });

/** By what they are about. */
export const FINE: Record<string, Statement> = {
  "an origin access identity": allow(
    "s3:GetObject",
    OBJECTS,
    to({ AWS: "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EH1HDMB1FH2TC" }),
  ),
  "an origin access control": allow("s3:GetObject", OBJECTS, {
    ...service("cloudfront.amazonaws.com"),
    ...when(
      "StringEquals",
      "AWS:SourceArn",
      "arn:aws:cloudfront::111122223333:distribution/EDFDVBD6EXAMPLE",
    ),
  }),
  "objects through an access point": allow(
    ["s3:GetObject", "s3:PutObject"],
    OBJECTS,
    when("StringEquals", "s3:DataAccessPointArn", POINT),
  ),
  "a listing through access points of an account": allow(
    "s3:ListBucket",
    BUCKET,
    when("StringEquals", "s3:DataAccessPointAccount", "111122223333"),
  ),
  "an access point's own objects": allow("s3:GetObject", `${POINT}/object/jane/*`, account),
  "objects through a multi-Region access point": allow(
    "s3:GetObject",
    "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap/object/*",
  ),
  "tags that an upload has to have": allow("s3:PutObject", OBJECTS, {
    Condition: {
      "ForAllValues:StringEquals": { "s3:RequestObjectTagKeys": ["team", "stage"] },
      Null: { "S3:requestobjecttagkeys": "false" },
    },
  }),
  "all to the access points of an account": allow("*", BOTH, {
    ...to({ AWS: "*" }),
    ...when("StringEquals", "s3:DataAccessPointAccount", "111122223333"),
  }),
  "tags of a bucket": allow(
    "s3:GetObject",
    OBJECTS,
    when("StringEquals", "s3:BucketTag/team", "a"),
  ),
  "tags of a role": allow(
    ["iam:PassRole", "iam:GetRole"],
    "arn:aws:iam::111122223333:role/app-*",
    when("StringEquals", "iam:ResourceTag/team", "a"),
  ),
  "aliases of a KMS key": allow(
    ["kms:Decrypt", "kms:GenerateDataKey"],
    KEY,
    when("ForAnyValue:StringLike", "kms:ResourceAliases", "alias/app-*"),
  ),
  "an encryption context": allow(
    "kms:Decrypt",
    KEY,
    when("StringLike", "kms:EncryptionContext:aws:s3:arn", `${BUCKET}/a*`),
  ),
  "a key policy": allow("kms:*", "*", account),
  "TLS alone": deny("s3:*", BOTH, when("Bool", "aws:SecureTransport", "false")),
  "a version of TLS": deny("s3:*", BOTH, when("NumericLessThan", "s3:TlsVersion", 1.2)),
  "addresses": deny(
    "s3:*",
    BOTH,
    when("NotIpAddress", "aws:SourceIp", ["192.0.2.0/24", "2001:DB8:1234:5678::/64"]),
  ),
  "MFA": deny("s3:*", OBJECTS, when("Null", "aws:MultiFactorAuthAge", true)),
  "encryption": deny(
    "s3:PutObject",
    OBJECTS,
    when("StringNotEquals", "s3:x-amz-server-side-encryption", "aws:kms"),
  ),
  "a KMS key for uploads": deny(
    "s3:PutObject",
    OBJECTS,
    when("ArnNotEqualsIfExists", "s3:x-amz-server-side-encryption-aws-kms-key-id", KEY),
  ),
  "one role and the root user": deny(
    "s3:*",
    BOTH,
    when("StringNotLike", "aws:userId", ["AROAEXAMPLEID:*", "111122223333"]),
  ),
  "a bucket's owner in full control": allow("s3:PutObject", `${BUCKET}/AWSLogs/111122223333/*`, {
    ...service("cloudtrail.amazonaws.com"),
    ...when("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"),
  }),
  "everyone of an organization": allow("s3:GetObject", OBJECTS, {
    ...to("*"),
    ...when("StringEquals", "aws:PrincipalOrgID", "o-aa111bb222"),
  }),
  "everyone on a network": allow("s3:GetObject", OBJECTS, {
    ...to("*"),
    ...when("IpAddress", "aws:SourceIp", "192.0.2.0/24"),
  }),
  "everyone of AWS, in a policy of SNS": allow("SNS:Publish", "arn:aws:sns:us-east-1:1:topic", {
    ...to({ AWS: "*" }),
    ...when("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:b"),
  }),
  "a copy from one place": allow("s3:PutObject", OBJECTS, {
    ...account,
    ...when("StringLike", "s3:x-amz-copy-source", "b/public/*"),
  }),
  "home directories": allow(
    "s3:ListBucket",
    BUCKET,
    when("StringLike", "s3:prefix", ["", "home/", "home/${aws:username}/*"]),
  ),
  "users of Cognito": allow(
    "s3:PutObject",
    `${BUCKET}/app/\${cognito-identity.amazonaws.com:sub}/*`,
  ),
  "a boundary by a pattern": allow(
    "iam:CreateUser",
    "arn:aws:iam::111122223333:user/*",
    when("ArnLike", "iam:PermissionsBoundary", "arn:aws:iam::111122223333:policy/limits/*"),
  ),
  "an external id": {
    Effect: "Allow",
    ...to({ AWS: "111122223333" }),
    Action: "sts:AssumeRole",
    ...when("StringEquals", "sts:ExternalId", "12345"),
  },
  "SAML": {
    Effect: "Allow",
    ...to({ Federated: "arn:aws:iam::111122223333:saml-provider/idp" }),
    Action: "sts:AssumeRoleWithSAML",
    ...when("StringEquals", "SAML:aud", "https://signin.aws.amazon.com/saml"),
  },
};
