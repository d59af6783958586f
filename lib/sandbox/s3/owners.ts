/**
 * Whom buckets and objects belong to. See
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Bucket, Cloud, StoredObject } from "../account.ts";
import { ServiceError } from "../operation.ts";
import type { S3Call } from "./call.ts";
import { accessDenied } from "./errors.ts";

/** Stands for those who signed nothing, whose canonical user id AWS documents. */
const ANONYMOUS = "anonymous";
const ANONYMOUS_ID = "65a011a29cdf8ec533ec3d1ccaae921c";

type Owned = Pick<StoredObject, "ownerAccountId">;

/** The canonical user id of an account; for one that isn't there, one derived from its number. */
function canonicalId(accountId: string, { accounts }: Cloud): string {
  if (accountId === ANONYMOUS) return ANONYMOUS_ID;
  return accounts.get(accountId)?.canonicalUserId ??
    createHash("sha256").update(accountId).digest("hex");
}

/** The canonical user id of a bucket's owner. */
export function ownerId(bucket: Bucket, cloud: Cloud): string {
  return canonicalId(bucket.ownerAccountId, cloud);
}

/** The account that owns an object: that of its bucket, unless another one stored it. */
export function objectOwner(bucket: Bucket, { ownerAccountId }: Owned): string {
  if (bucket.objectOwnership === "BucketOwnerEnforced") return bucket.ownerAccountId;
  return ownerAccountId ?? bucket.ownerAccountId;
}

/** The canonical user id of an object's owner. */
export function objectOwnerId(bucket: Bucket, object: Owned, cloud: Cloud): string {
  return canonicalId(objectOwner(bucket, object), cloud);
}

/** Throws where a request names another account as the owner of a bucket than its own. */
export function checkOwner(bucket: Bucket, expected: string | undefined): void {
  if (expected === undefined || expected === bucket.ownerAccountId) return;
  if (/^\d{12}$/.test(expected)) throw accessDenied();
  throw new ServiceError(
    400,
    "InvalidBucketOwnerAWSAccountID",
    `The value of the expected bucket owner parameter must be an AWS Account ID... [${expected}]`,
  );
}

/** The account that a new object will belong to, if it is another one than that of its bucket. */
export function newOwner(call: S3Call): Owned {
  const { bucket, caller, account } = call;
  const writer = caller.type === "anonymous" ? ANONYMOUS : account.id;
  const isLeft = bucket.objectOwnership === "BucketOwnerPreferred" &&
    call.header("x-amz-acl") === "bucket-owner-full-control";
  const isOthers = bucket.objectOwnership !== "BucketOwnerEnforced" && !isLeft &&
    writer !== bucket.ownerAccountId;
  return isOthers ? { ownerAccountId: writer } : {};
}
