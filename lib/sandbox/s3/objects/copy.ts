/**
 * CopyObject, and the source of a copy.
 *
 * @module
 */
import type { Answer } from "../../answer.ts";
import type { StoredObject } from "../../account.ts";
import type { May, NeededPermission } from "../../operation.ts";
import { uploadAcl } from "../acl.ts";
import { isoTime, onObject, type S3Call, xmlAnswer } from "../call.ts";
import {
  algorithmIn,
  checksum,
  checksumHeader,
  DEFAULT_ALGORITHM,
  requestedAlgorithm,
} from "./checksums.ts";
import { checkReadable } from "./archive.ts";
import { checkWriteConditions, unchangedBy } from "./conditions.ts";
import { invalidArgument, invalidRequest, noSuchBucket, preconditionFailed } from "../errors.ts";
import { decryptNeeds, encryptionIn } from "../encryption.ts";
import { existingObject, type ObjectAddress } from "./existing.ts";
import { metadataOf, settingsOf, withoutChecksums } from "./headers.ts";
import { lockOf } from "./lock.ts";
import { checksumMarkup } from "./settings.ts";
import { etagOf, putNeeds } from "./objects.ts";
import { findVersion, isMarker, store, versionHeaders } from "./versions.ts";
import { checkOwner, newOwner, objectOwner } from "../owners.ts";
import { tagsOfHeader } from "../tags.ts";
import { element } from "../../xml.ts";
import { percentDecode } from "../../wire.ts";

const SOURCE = "x-amz-copy-source";

/**
 * Reads `x-amz-copy-source`: `bucket/key` with an optional version, encoded as a value of a query, so
 * that a plus sign stands for a space.
 */
function copySource(call: S3Call): ObjectAddress {
  const text = call.header(SOURCE) ?? "";
  const [path = "", versionId = null] = text.split("?versionId=");
  const decoded = decodedSource(path, text).replace(/^\//, "");
  const slash = decoded.indexOf("/");
  if (slash < 0) throw invalidArgument("Invalid copy source object key", SOURCE, SOURCE);
  if (slash < 1 || slash === decoded.length - 1 || decoded.startsWith("arn:")) {
    throw invalidArgument(
      "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
      SOURCE,
      text,
    );
  }
  const name = decoded.slice(0, slash);
  const bucket = call.account.buckets.get(name);
  if (bucket === undefined) throw noSuchBucket(name);
  const owner = call.header("x-amz-source-expected-bucket-owner");
  checkOwner(bucket, owner);
  return { bucket, key: decoded.slice(slash + 1), versionId };
}

function decodedSource(path: string, text: string): string {
  try {
    return percentDecode(path.replaceAll("+", " "));
  } catch {
    throw invalidArgument("Invalid copy source encoding", SOURCE, text);
  }
}

function sourceObject({ bucket, key, versionId }: ObjectAddress): StoredObject | undefined {
  const version = findVersion(bucket, key, versionId);
  return version === undefined || isMarker(version) ? undefined : version;
}

/** The header with the version of a source. */
export function sourceVersion(call: S3Call, source: StoredObject): Record<string, string> {
  const { "x-amz-version-id": id } = versionHeaders(copySource(call).bucket, source);
  return id === undefined || id === "null" ? {} : { "x-amz-copy-source-version-id": id };
}

/** The permissions to read a source. */
export function sourceNeeds(call: S3Call): NeededPermission[] {
  const source = copySource(call);
  const { versionId } = source;
  const object = sourceObject(source);
  const { tags = [], acl: objectAcl } = object ?? {};
  const owned = { objectAcl, objectOwner: object && objectOwner(source.bucket, object) };
  const context = Object.fromEntries(
    tags.map(({ key, value }) => [`s3:ExistingObjectTag/${key}`, value]),
  );
  const read = (what: string): NeededPermission => {
    const [action, version] = versionId === null
      ? [`s3:GetObject${what}`, {}]
      : [`s3:GetObjectVersion${what}`, { "s3:versionid": versionId }];
    return { ...onObject(call, action, { ...context, ...version }, source), ...owned };
  };
  const takesTags = tags.length > 0 && isCopied(call, "x-amz-tagging-directive");
  return takesTags && !call.query.has("uploadId") ? [read(""), read("Tagging")] : [read("")];
}

function isCopied(call: S3Call, directive: string): boolean {
  const value = call.header(directive) ?? "COPY";
  if (value === "COPY" || value === "REPLACE") return value === "COPY";
  throw invalidArgument(`Unknown ${directive.replace("x-amz-", "")}.`, directive, value);
}

/** What CopyObject needs: to read the source, tags included, and to write the target. */
export function copyNeeds(call: S3Call): NeededPermission[] {
  const source = sourceNeeds(call);
  const target = putNeeds(call);
  const takesTags = source.length > 1;
  const hasTagging = target.some(({ action }) => action === "s3:PutObjectTagging");
  const needs = [...source, ...sourceKeyNeeds(call), ...target];
  return takesTags && !hasTagging ? [...needs, onObject(call, "s3:PutObjectTagging")] : needs;
}

/** The permission to decrypt a source. */
export function sourceKeyNeeds(call: S3Call): NeededPermission[] {
  const source = copySource(call);
  return decryptNeeds(call, sourceObject(source), source);
}

/** The object that a copy reads, with the conditions on it checked. */
export function existingSource(call: S3Call, may: May): StoredObject {
  const address = copySource(call);
  const version = findVersion(address.bucket, address.key, address.versionId);
  if (version !== undefined && isMarker(version)) {
    throw invalidRequest(
      "The source of a copy request may not specifically refer to a delete marker by version id.",
    );
  }
  const object = existingObject(call, may, address);
  const condition = unchangedBy(call, object, `${SOURCE}-`);
  if (condition !== undefined) throw preconditionFailed(condition);
  checkReadable(call, object, "Operation is not valid for the source object's storage class");
  return object;
}

/** CopyObject. */
export function copyObject(call: S3Call, may: May): Answer {
  const keepsMetadata = isCopied(call, "x-amz-metadata-directive");
  const keepsTags = isCopied(call, "x-amz-tagging-directive");
  const requested = requestedAlgorithm(call, "x-amz-checksum-algorithm");
  const settings = settingsOf(call);
  const givenMetadata = metadataOf(call);
  const source = existingSource(call, may);
  checkWriteConditions(call);
  if (keepsMetadata && source === call.object && !changesSettings(call)) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without " +
        "changing the object's metadata, storage class, website redirect location or encryption " +
        "attributes.",
    );
  }
  const algorithm = requested ?? algorithmIn(source.headers) ?? DEFAULT_ALGORITHM;
  const checksums = {
    [checksumHeader(algorithm)]: checksum(algorithm, source.body),
    "x-amz-checksum-type": "FULL_OBJECT",
  };
  const metadata = keepsMetadata ? copiedMetadata(source) : givenMetadata;
  const acl = uploadAcl(call);
  const copy: StoredObject = {
    key: call.key,
    body: source.body,
    etag: etagOf(source.body),
    lastModified: call.account.clock.now(),
    headers: { ...metadata, ...settings, ...checksums },
    tags: keepsTags ? [...source.tags] : tagsOfHeader(call),
    acl,
    ...newOwner(call),
    ...lockOf(call),
  };
  store(call.bucket, copy);
  const result = [copyResult(copy, checksums), element("ChecksumType", "FULL_OBJECT")];
  return xmlAnswer("CopyObjectResult", result, {
    ...versionHeaders(call.bucket, copy),
    ...sourceVersion(call, source),
    ...encryptionIn(settings),
  });
}

function changesSettings(call: S3Call): boolean {
  const names = ["storage-class", "website-redirect-location", "server-side-encryption"];
  return call.bucket.encryption !== undefined ||
    names.some((name) => call.header(`x-amz-${name}`) !== undefined);
}

/** Storage class, redirect and the keys of KMS and of the bucket are not copied. */
function copiedMetadata({ headers }: StoredObject): Record<string, string> {
  const {
    "x-amz-storage-class": _class,
    "x-amz-website-redirect-location": _redirect,
    "x-amz-server-side-encryption-aws-kms-key-id": _key,
    "x-amz-server-side-encryption-bucket-key-enabled": _bucketKey,
    ...rest
  } = withoutChecksums(headers);
  return rest;
}

/** The elements of CopyObject's and UploadPartCopy's answers. */
export function copyResult(
  copy: { lastModified: Date; etag: string },
  checksums: Record<string, string>,
) {
  return [
    element("LastModified", isoTime(copy.lastModified)),
    element("ETag", copy.etag),
    checksumMarkup(checksums),
  ];
}
