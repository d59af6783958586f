/**
 * Finding an object, with the error that the caller may see if it doesn't exist.
 *
 * @module
 */
import type { Bucket, StoredObject } from "../../account.ts";
import type { May } from "../../operation.ts";
import { onBucket, type S3Call } from "../call.ts";
import { accessDenied, noSuchKey, noSuchVersion } from "../errors.ts";

/** Where an object is stored. */
export interface ObjectAddress {
  bucket: Bucket;
  key: string;
  versionId: string | null;
}

/**
 * The object, or the error that the caller may see: only callers who may list the bucket with that
 * key as the prefix learn that it doesn't exist. AWS documents that it takes s3:ListBucket; that the
 * key then is `s3:prefix` is what Ceph's s3-tests expect of AWS.
 */
export function existingObject(
  call: S3Call,
  may: May,
  { bucket, key, versionId }: ObjectAddress = {
    bucket: call.bucket,
    key: call.key,
    versionId: call.query.get("versionId"),
  },
): StoredObject {
  const object = bucket.objects.get(key);
  if (object !== undefined && (versionId === null || versionId === "null")) return object;
  if (!may(onBucket(call, "s3:ListBucket", { "s3:prefix": key }, bucket))) throw accessDenied();
  throw versionId === null ? noSuchKey(key) : noSuchVersion(key, versionId);
}
