/** Attempts on buckets and their settings, on users and roles. */
import { attempts } from "./attempt.ts";
import { BUCKET, BYSTANDER, OTHER_BUCKET, OTHER_ROLE, TOOL_ROLE } from "./stage.ts";

const Bucket = BUCKET;
const ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess";
const EVERYTHING = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
});
const POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam::123456789012:root" },
    Action: "s3:*",
    Resource: `arn:aws:s3:::${BUCKET}/*`,
  }],
});
const OPEN_BLOCK = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};
const EXPIRE_ALL = {
  ID: "all",
  Status: "Enabled",
  Filter: { Prefix: "" },
  Expiration: { Days: 1 },
};
const REPLICATE_ALL = {
  ID: "all",
  Status: "Enabled",
  Prefix: "",
  Destination: { Bucket: `arn:aws:s3:::${OTHER_BUCKET}` },
} as const;

export const bucketAttempts = attempts({
  "get bucket location": ["s3:GetBucketLocation", ({ s3 }) => s3.getBucketLocation({ Bucket })],
  "delete bucket": ["s3:DeleteBucket", ({ s3 }) => s3.deleteBucket({ Bucket })],
  "list buckets": ["s3:ListAllMyBuckets", ({ s3 }) => s3.listBuckets()],
  "create bucket": ["s3:CreateBucket", ({ s3 }) => s3.createBucket({ Bucket: "team-data-new" })],

  "get bucket policy": ["s3:GetBucketPolicy", ({ s3 }) => s3.getBucketPolicy({ Bucket })],
  "put bucket policy": [
    "s3:PutBucketPolicy",
    ({ s3 }) => s3.putBucketPolicy({ Bucket, Policy: POLICY }),
  ],
  "delete bucket policy": ["s3:DeleteBucketPolicy", ({ s3 }) => s3.deleteBucketPolicy({ Bucket })],
  "get bucket policy status": [
    "s3:GetBucketPolicyStatus",
    ({ s3 }) => s3.getBucketPolicyStatus({ Bucket }),
  ],
  "get bucket acl": ["s3:GetBucketAcl", ({ s3 }) => s3.getBucketAcl({ Bucket })],
  "put bucket acl": [
    "s3:PutBucketAcl",
    ({ s3 }) => s3.putBucketAcl({ Bucket, ACL: "public-read" }),
  ],
  "get public access block": [
    "s3:GetBucketPublicAccessBlock",
    ({ s3 }) => s3.getPublicAccessBlock({ Bucket }),
  ],
  "put public access block": [
    "s3:PutBucketPublicAccessBlock",
    ({ s3 }) => s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: OPEN_BLOCK }),
  ],
  "delete public access block": [
    "s3:PutBucketPublicAccessBlock",
    ({ s3 }) => s3.deletePublicAccessBlock({ Bucket }),
  ],
  "get ownership controls": [
    "s3:GetBucketOwnershipControls",
    ({ s3 }) => s3.getBucketOwnershipControls({ Bucket }),
  ],
  "put ownership controls": [
    "s3:PutBucketOwnershipControls",
    ({ s3 }) =>
      s3.putBucketOwnershipControls({
        Bucket,
        OwnershipControls: { Rules: [{ ObjectOwnership: "ObjectWriter" }] },
      }),
  ],
  "get cors": ["s3:GetBucketCORS", ({ s3 }) => s3.getBucketCors({ Bucket })],
  "put cors": [
    "s3:PutBucketCORS",
    ({ s3 }) =>
      s3.putBucketCors({
        Bucket,
        CORSConfiguration: { CORSRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"] }] },
      }),
  ],
  "delete cors": ["s3:PutBucketCORS", ({ s3 }) => s3.deleteBucketCors({ Bucket })],
  "get website": ["s3:GetBucketWebsite", ({ s3 }) => s3.getBucketWebsite({ Bucket })],
  "put website": [
    "s3:PutBucketWebsite",
    ({ s3 }) =>
      s3.putBucketWebsite({
        Bucket,
        WebsiteConfiguration: { IndexDocument: { Suffix: "index.html" } },
      }),
  ],
  "delete website": ["s3:DeleteBucketWebsite", ({ s3 }) => s3.deleteBucketWebsite({ Bucket })],
  "get versioning": ["s3:GetBucketVersioning", ({ s3 }) => s3.getBucketVersioning({ Bucket })],
  "put versioning": [
    "s3:PutBucketVersioning",
    ({ s3 }) => s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
  ],
  "get bucket tagging": ["s3:GetBucketTagging", ({ s3 }) => s3.getBucketTagging({ Bucket })],
  "put bucket tagging": [
    "s3:PutBucketTagging",
    ({ s3 }) => s3.putBucketTagging({ Bucket, Tagging: { TagSet: [{ Key: "a", Value: "b" }] } }),
  ],
  "delete bucket tagging": ["s3:PutBucketTagging", ({ s3 }) => s3.deleteBucketTagging({ Bucket })],
  "get lifecycle": [
    "s3:GetLifecycleConfiguration",
    ({ s3 }) => s3.getBucketLifecycleConfiguration({ Bucket }),
  ],
  "put lifecycle": [
    "s3:PutLifecycleConfiguration",
    ({ s3 }) =>
      s3.putBucketLifecycleConfiguration({
        Bucket,
        LifecycleConfiguration: { Rules: [{ ...EXPIRE_ALL, Status: "Enabled" }] },
      }),
  ],
  "delete lifecycle": [
    "s3:PutLifecycleConfiguration",
    ({ s3 }) => s3.deleteBucketLifecycle({ Bucket }),
  ],
  "get replication": [
    "s3:GetReplicationConfiguration",
    ({ s3 }) => s3.getBucketReplication({ Bucket }),
  ],
  "put replication": [
    "s3:PutReplicationConfiguration",
    ({ s3 }) =>
      s3.putBucketReplication({
        Bucket,
        ReplicationConfiguration: {
          Role: `arn:aws:iam::123456789012:role/${OTHER_ROLE}`,
          Rules: [REPLICATE_ALL],
        },
      }),
  ],
  "get encryption": [
    "s3:GetEncryptionConfiguration",
    ({ s3 }) => s3.getBucketEncryption({ Bucket }),
  ],
  "delete encryption": [
    "s3:PutEncryptionConfiguration",
    ({ s3 }) => s3.deleteBucketEncryption({ Bucket }),
  ],
  "get logging": ["s3:GetBucketLogging", ({ s3 }) => s3.getBucketLogging({ Bucket })],
  "put logging": [
    "s3:PutBucketLogging",
    ({ s3 }) => s3.putBucketLogging({ Bucket, BucketLoggingStatus: {} }),
  ],
  "get notification": [
    "s3:GetBucketNotification",
    ({ s3 }) => s3.getBucketNotificationConfiguration({ Bucket }),
  ],
  "put notification": [
    "s3:PutBucketNotification",
    ({ s3 }) => s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: {} }),
  ],
  "get accelerate": [
    "s3:GetAccelerateConfiguration",
    ({ s3 }) => s3.getBucketAccelerateConfiguration({ Bucket }),
  ],
  "get request payment": [
    "s3:GetBucketRequestPayment",
    ({ s3 }) => s3.getBucketRequestPayment({ Bucket }),
  ],
  "put request payment": [
    "s3:PutBucketRequestPayment",
    ({ s3 }) =>
      s3.putBucketRequestPayment({
        Bucket,
        RequestPaymentConfiguration: { Payer: "Requester" },
      }),
  ],
  "get object lock configuration": [
    "s3:GetBucketObjectLockConfiguration",
    ({ s3 }) => s3.getObjectLockConfiguration({ Bucket }),
  ],
  "list analytics configurations": [
    "s3:GetAnalyticsConfiguration",
    ({ s3 }) => s3.listBucketAnalyticsConfigurations({ Bucket }),
  ],
  "list inventory configurations": [
    "s3:GetInventoryConfiguration",
    ({ s3 }) => s3.listBucketInventoryConfigurations({ Bucket }),
  ],

  "head the other bucket": ["s3:ListBucket", ({ s3 }) => s3.headBucket({ Bucket: OTHER_BUCKET })],
  "get the other bucket's location": [
    "s3:GetBucketLocation",
    ({ s3 }) => s3.getBucketLocation({ Bucket: OTHER_BUCKET }),
  ],
});

export const identityAttempts = attempts({
  "create user": ["iam:CreateUser", ({ iam }) => iam.createUser({ UserName: "intruder" })],
  "create access key": [
    "iam:CreateAccessKey",
    ({ iam }) => iam.createAccessKey({ UserName: BYSTANDER }),
  ],
  "create access key of the administrator": [
    "iam:CreateAccessKey",
    ({ iam }) => iam.createAccessKey({ UserName: "admin" }),
  ],
  "list users": ["iam:ListUsers", ({ iam }) => iam.listUsers()],
  "put user policy": [
    "iam:PutUserPolicy",
    ({ iam }) =>
      iam.putUserPolicy({
        UserName: BYSTANDER,
        PolicyName: "everything",
        PolicyDocument: EVERYTHING,
      }),
  ],
  "attach user policy": [
    "iam:AttachUserPolicy",
    ({ iam }) => iam.attachUserPolicy({ UserName: BYSTANDER, PolicyArn: ADMINISTRATOR }),
  ],
  "attach role policy to the tool's role": [
    "iam:AttachRolePolicy",
    ({ iam }) => iam.attachRolePolicy({ RoleName: TOOL_ROLE, PolicyArn: ADMINISTRATOR }),
  ],
  "create role": [
    "iam:CreateRole",
    ({ iam }) =>
      iam.createRole({
        RoleName: "intruder",
        AssumeRolePolicyDocument: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{
            Effect: "Allow",
            Principal: { AWS: "123456789012" },
            Action: "sts:AssumeRole",
          }],
        }),
      }),
  ],
  "assume another role": [
    "sts:AssumeRole",
    ({ sts }) =>
      sts.assumeRole({
        RoleArn: `arn:aws:iam::123456789012:role/${OTHER_ROLE}`,
        RoleSessionName: "proof",
      }),
  ],
  "assume the tool's role without a session policy": [
    "sts:AssumeRole",
    ({ sts }) =>
      sts.assumeRole({
        RoleArn: `arn:aws:iam::123456789012:role/${TOOL_ROLE}`,
        RoleSessionName: "proof",
      }),
  ],
});
