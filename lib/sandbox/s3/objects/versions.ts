/**
 * The versions of objects: the current one is among the bucket's objects, the others and the delete
 * markers are its history, the newest first. See
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Bucket, DeleteMarker, StoredObject } from "../../account.ts";
import { randomHex } from "../../identifiers.ts";
import { invalidArgument } from "../errors.ts";

/** A version of an object, or the marker that it was deleted. */
export type ObjectVersion = StoredObject | DeleteMarker;

/** The id of what was stored while versioning was off. */
const NULL_ID = "null";

/** The id of a version as S3 gives it. */
export function idOf({ versionId = NULL_ID }: ObjectVersion): string {
  return versionId;
}

/** Whether a version is a delete marker. */
export function isMarker(version: ObjectVersion): version is DeleteMarker {
  return "isDeleteMarker" in version;
}

/** All versions of a key, the newest first. */
export function versionsOf(bucket: Bucket, key: string): ObjectVersion[] {
  const current = bucket.objects.get(key);
  const history = bucket.history?.get(key) ?? [];
  return current === undefined ? history : [current, ...history];
}

/** Every key that has a version. */
export function versionedKeys(bucket: Bucket): Set<string> {
  return new Set([...bucket.objects.keys(), ...bucket.history?.keys() ?? []]);
}

/** One version of a key, the current object without an id. Refuses what can't be an id. */
export function findVersion(
  bucket: Bucket,
  key: string,
  versionId: string | null,
): ObjectVersion | undefined {
  if (versionId === null) return bucket.objects.get(key);
  if (versionId === "") {
    throw invalidArgument("Version id cannot be the empty string", "versionId", versionId);
  }
  const found = versionsOf(bucket, key).find((version) => idOf(version) === versionId);
  if (found === undefined && versionId !== NULL_ID && !isId(versionId)) {
    throw invalidArgument("Invalid version id specified", "versionId", versionId);
  }
  return found;
}

/** The header with the id of a version, in a bucket where versioning has been switched on. */
export function versionHeaders(bucket: Bucket, version: ObjectVersion): Record<string, string> {
  return bucket.versioning === undefined ? {} : { "x-amz-version-id": idOf(version) };
}

const ID_LENGTH = 32;
/** How many digits of an id tell when the version was made. */
const ORDER_DIGITS = 12;
/** How many digits of an id tell that it is one. */
const CHECK_DIGITS = 8;
let latestOrder = 0;

/** The digits at the end of an id, by which S3 knows ids that it has given, also those of others. */
function checkDigits(start: string): string {
  return createHash("md5").update(`version ${start}`).digest("hex").slice(0, CHECK_DIGITS);
}

function isId(text: string): boolean {
  const start = text.slice(0, -CHECK_DIGITS);
  return text.length === ID_LENGTH && text === start + checkDigits(start);
}

/**
 * The id of a new version; `undefined` where there is one version only. It begins with the order in
 * which versions were made, so that a list can go on after a version that has been deleted since.
 */
function newId({ versioning }: Bucket): string | undefined {
  if (versioning !== "Enabled") return undefined;
  latestOrder = Math.max(latestOrder + 1, Date.now() * 64);
  const order = latestOrder.toString(16).padStart(ORDER_DIGITS, "0");
  const start = order + randomHex(ID_LENGTH - ORDER_DIGITS - CHECK_DIGITS);
  return start + checkDigits(start);
}

/** Whether a version was made before another one of its key, which may be deleted. */
export function isOlder({ versionId = "" }: ObjectVersion, otherId: string): boolean {
  return versionId.slice(0, ORDER_DIGITS) < otherId.slice(0, ORDER_DIGITS);
}

/** Moves the current object into the history, or drops it if what follows replaces it. */
function retire(bucket: Bucket, key: string, successorId: string | undefined): void {
  const kept = versionsOf(bucket, key).filter((version) =>
    successorId !== undefined || version.versionId !== undefined
  );
  bucket.objects.delete(key);
  setHistory(bucket, key, kept);
}

function setHistory(bucket: Bucket, key: string, versions: ObjectVersion[]): void {
  if (versions.length > 0) (bucket.history ??= new Map()).set(key, versions);
  else bucket.history?.delete(key);
}

/** Notes with the uploads of a key that something else has happened to it. */
function overtakeUploads({ uploads }: Bucket, key: string): void {
  for (const upload of uploads?.values() ?? []) {
    if (upload.key === key) upload.isOvertaken = true;
  }
}

/** Stores an object as the current version of its key. */
export function store(bucket: Bucket, object: StoredObject): void {
  overtakeUploads(bucket, object.key);
  const versionId = newId(bucket);
  if (bucket.versioning !== undefined) retire(bucket, object.key, versionId);
  if (versionId !== undefined) object.versionId = versionId;
  bucket.objects.set(object.key, object);
}

/** Deletes the current object: for good, or with a marker where there are versions. */
export function deleteCurrent(bucket: Bucket, key: string, now: Date): DeleteMarker | undefined {
  overtakeUploads(bucket, key);
  if (bucket.versioning === undefined) {
    bucket.objects.delete(key);
    return undefined;
  }
  const versionId = newId(bucket);
  retire(bucket, key, versionId);
  const marker: DeleteMarker = { key, versionId, lastModified: now, isDeleteMarker: true };
  setHistory(bucket, key, [marker, ...versionsOf(bucket, key)]);
  return marker;
}

/** Deletes one version for good; the newest that is left becomes the current one. */
export function deleteVersion(bucket: Bucket, version: ObjectVersion): void {
  const { key } = version;
  overtakeUploads(bucket, key);
  const [newest, ...others] = versionsOf(bucket, key).filter((other) => other !== version);
  bucket.objects.delete(key);
  if (newest === undefined || isMarker(newest)) {
    setHistory(bucket, key, newest === undefined ? [] : [newest, ...others]);
  } else {
    bucket.objects.set(key, newest);
    setHistory(bucket, key, others);
  }
}
