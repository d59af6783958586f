/**
 * Finding an object, with the error that the caller may see if it doesn't exist.
 *
 * @module
 */
import type { Bucket, StoredObject } from "../../account.ts";
import type { May } from "../../operation.ts";
import { onBucket, type S3Call } from "../call.ts";
import { accessDenied, methodNotAllowed, noSuchKey, noSuchVersion } from "../errors.ts";
import { findVersion, idOf, isMarker, versionsOf } from "./versions.ts";

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
  const version = findVersion(bucket, key, versionId);
  if (version !== undefined && !isMarker(version)) return version;
  const marker = version ?? (versionId === null ? versionsOf(bucket, key)[0] : undefined);
  const headers: Record<string, string> = marker === undefined
    ? {}
    : { "x-amz-delete-marker": "true", "x-amz-version-id": idOf(marker) };
  if (version !== undefined) {
    throw methodNotAllowed(call.request.method, {
      details: { ResourceType: "DeleteMarker" },
      headers: { ...headers, allow: "DELETE" },
    });
  }
  if (!may(onBucket(call, "s3:ListBucket", { "s3:prefix": key }, bucket))) throw accessDenied();
  throw versionId === null ? noSuchKey(key, headers) : noSuchVersion(key, versionId);
}

/** The object, where a deleted one isn't missing: what is asked can't be asked of a delete marker. */
export function objectButNoMarker(call: S3Call, may: May): StoredObject {
  const [newest] = versionsOf(call.bucket, call.key);
  if (call.query.get("versionId") === null && newest !== undefined && isMarker(newest)) {
    throw methodNotAllowed(call.request.method, { details: { ResourceType: "DeleteMarker" } });
  }
  return existingObject(call, may);
}
