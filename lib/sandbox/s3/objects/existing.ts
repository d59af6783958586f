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
 * The object, or the error that the caller may see: only callers who may list the bucket learn that
 * a key doesn't exist.
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
  if (!may(onBucket(call, "s3:ListBucket", {}, bucket))) throw accessDenied();
  throw versionId === null ? noSuchKey(key) : noSuchVersion(key, versionId);
}
