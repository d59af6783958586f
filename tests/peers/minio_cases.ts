/**
 * Where MinIO is not AWS: what it has no call for, what it asks by another name, and where it decides
 * otherwise. Everything else of the proof must end on MinIO as in the sandbox.
 *
 * @module
 */
import type { AttemptName } from "../proof/cases.ts";

/** What MinIO answers alike to everyone, without a look at their rights. */
export const NOT_OFFERED: Partial<Record<AttemptName, string>> = {
  "get object torrent": "MinIO has no torrents",
  "get public access block": "MinIO has no public access block",
  "put public access block": "MinIO takes the call for CreateBucket, and its body for malformed",
  "get ownership controls": "MinIO has no ownership controls",
  "put ownership controls": "MinIO takes the call for CreateBucket, and its body for malformed",
  "put website": "MinIO takes the call for CreateBucket, and its body for malformed",
  "delete website": "MinIO answers that it has deleted, and has no websites",
  "put logging": "MinIO takes the call for CreateBucket, and its body for malformed",
  "put request payment": "MinIO takes the call for CreateBucket, and its body for malformed",
  "list analytics configurations": "MinIO has no analytics",
  "list inventory configurations": "MinIO has no inventories",
  "create user": "MinIO has no IAM API",
  "create access key": "MinIO has no IAM API",
  "create access key of the administrator": "MinIO has no IAM API",
  "list users": "MinIO has no IAM API",
  "put user policy": "MinIO has no IAM API",
  "attach user policy": "MinIO has no IAM API",
  "attach role policy to the tool's role": "MinIO has no IAM API",
  "create role": "MinIO has no IAM API",
};

/** Where MinIO looks at another permission than AWS, and its verdict is the same all the same. */
export const ASKED_BY_ANOTHER_NAME: Partial<Record<AttemptName, string>> = {
  "get bucket acl": "s3:GetBucketPolicy",
  "put bucket acl": "s3:PutBucketPolicy",
  "put object acl": "s3:PutBucketPolicy",
  "get website": "s3:GetBucketPolicy",
  "get logging": "s3:GetBucketPolicy",
  "get accelerate": "s3:GetBucketPolicy",
  "get request payment": "s3:GetBucketPolicy",
  "delete public access block": "s3:DeleteBucket",
};

/** What MinIO decides otherwise: its own columns, in the form of the proof's table, and why. */
export const DIFFERENT: Partial<
  Record<AttemptName, { minio: readonly [wholeBucket: string, prefix: string]; why: string }>
> = {
  "list versions": {
    minio: ["++-", "++-"],
    why: "whoever has s3:ListBucket may list versions too",
  },
  "get object acl": {
    minio: ["---", "---"],
    why: "MinIO knows no s3:GetObjectAcl, and asks for s3:GetBucketPolicy",
  },
  "get object version": {
    minio: ["++-", "++-"],
    why: "the version null takes s3:GetObject only",
  },
  "put an object with an acl": { minio: ["+-+", "+-+"], why: "MinIO has no ACLs, and drops them" },
  "put an object with tags": {
    minio: ["+-+", "+-+"],
    why: "s3:PutObject alone is enough for an object with tags",
  },
  "copy an object with its tags": {
    minio: ["+--", "+--"],
    why: "s3:PutObject alone is enough for an object with tags",
  },
  "lift a retention before its time": {
    minio: ["+++", "+++"],
    why: "an empty retention passes MinIO's check without a permission, a flaw of MinIO's",
  },
  "list buckets": {
    minio: ["++-", "++-"],
    why: "MinIO lists, to anyone, the buckets that they may list or locate",
  },
};
