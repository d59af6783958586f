/**
 * Objects: put, get, look at, delete.
 *
 * @module
 */
import { Answer } from "../../answer.ts";
import type { DeleteMarker, StoredObject } from "../../account.ts";
import type { Content } from "../../content.ts";
import type { May, NeededPermission } from "../../operation.ts";
import { ServiceError } from "../../operation.ts";
import { uploadAcl } from "../acl.ts";
import {
  type Context,
  emptyAnswer,
  GRANT_HEADERS,
  headerContext,
  onObject,
  type S3Call,
  xmlAnswer,
} from "../call.ts";
import { DEFAULT_ALGORITHM, keptChecksums, requestedAlgorithm } from "./checksums.ts";
import { checkReadable } from "./archive.ts";
import { type ByteRange, byteRange, checkWriteConditions, unchangedBy } from "./conditions.ts";
import { decryptNeeds, encryptionIn, encryptNeeds } from "../encryption.ts";
import { expirationHeader } from "../buckets/lifecycle.ts";
import { accessDenied, invalidRequest, malformedXml, noSuchVersion } from "../errors.ts";
import { existingObject } from "./existing.ts";
import { partNumberOf } from "./part_number.ts";
import { bypassesGovernance, checkHasDigest, checkNotLocked, lockOf } from "./lock.ts";
import { answerHeaders, metadataOf, settingsOf, withoutChecksums } from "./headers.ts";
import { newOwner } from "../owners.ts";
import { objectAction } from "../route.ts";
import {
  deleteCurrent,
  deleteVersion,
  findVersion,
  idOf,
  isMarker,
  type ObjectVersion,
  store,
  versionHeaders,
} from "./versions.ts";
import { requestTagContext, tagsOfHeader } from "../tags.ts";
import { childrenOf, element, optional, textOf, type Xml } from "../../xml.ts";

const MAX_DELETED_KEYS = 1000;

/** Request headers that are condition keys of PutObject. */
const PUT_CONDITIONS = [
  "if-match",
  "if-none-match",
  "x-amz-acl",
  "x-amz-copy-source",
  "x-amz-metadata-directive",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id",
  "x-amz-server-side-encryption-customer-algorithm",
  "x-amz-storage-class",
  "x-amz-website-redirect-location",
  ...GRANT_HEADERS,
];
const LOCK_CONDITIONS = ["mode", "retain-until-date", "legal-hold"];

/** The quoted MD5 of a payload. */
export function etagOf(body: Content): string {
  return `"${body.digest("md5", "hex")}"`;
}

/** What any kind of upload needs: more where its headers set tags, an ACL or a lock. */
export function putNeeds(call: S3Call): NeededPermission[] {
  const has = (name: string) => call.header(name) !== undefined;
  const tags = tagsOfHeader(call);
  const context: Context = {
    ...headerContext(call, PUT_CONDITIONS),
    ...requestTagContext(tags),
  };
  for (const name of LOCK_CONDITIONS) {
    const value = call.header(`x-amz-object-lock-${name}`);
    if (value !== undefined) context[`s3:object-lock-${name}`] = value;
  }
  const further: [string, boolean][] = [
    ["s3:PutObjectTagging", tags.length > 0],
    ["s3:PutObjectRetention", has("x-amz-object-lock-mode")],
    ["s3:PutObjectLegalHold", has("x-amz-object-lock-legal-hold")],
  ];
  const actions = ["s3:PutObject", ...further.filter(([, needed]) => needed).map(([one]) => one)];
  const setsAcl = ["x-amz-acl", ...GRANT_HEADERS].some(has) && call.caller.type !== "anonymous";
  // It is up to the account that uploads, as AWS's policies for uploads by other accounts show.
  const aclNeed = { ...onObject(call, "s3:PutObjectAcl", context), objectOwner: call.account.id };
  return [
    ...actions.map((action) => onObject(call, action, context)),
    ...(setsAcl ? [aclNeed] : []),
    ...encryptNeeds(call),
  ];
}

/** What GetObject needs: of an encrypted object, the use of its key too. */
export function getNeeds(call: S3Call): NeededPermission[] {
  return [objectAction(call, "s3:GetObject"), ...decryptNeeds(call, call.object)];
}

/** PutObject. */
export function putObject(call: S3Call): Answer {
  const lock = lockOf(call);
  checkHasDigest(call);
  checkWriteConditions(call);
  const { body } = call.request;
  const requested = requestedAlgorithm(call, "x-amz-sdk-checksum-algorithm");
  const checksums = {
    ...keptChecksums(call, requested ?? DEFAULT_ALGORITHM),
    "x-amz-checksum-type": "FULL_OBJECT",
  };
  const settings = settingsOf(call);
  const acl = uploadAcl(call);
  const etag = etagOf(body);
  const object: StoredObject = {
    key: call.key,
    body,
    etag,
    lastModified: call.account.clock.now(),
    headers: { ...metadataOf(call), ...settings, ...checksums },
    tags: tagsOfHeader(call),
    acl,
    ...newOwner(call),
    ...lock,
  };
  store(call.bucket, object);
  return emptyAnswer(200, {
    etag,
    ...encryptionIn(settings),
    ...expirationHeader(call.bucket, object),
    // Of uploads, only those of whole objects don't name the version "null".
    ...(object.versionId !== undefined && versionHeaders(call.bucket, object)),
    ...checksums,
  });
}

/** GetObject and HeadObject, which differ only in the body. */
export function getObject(call: S3Call, may: May): Answer {
  const partNumber = call.query.has("partNumber") ? partNumberOf(call) : undefined;
  const object = existingObject(call, may);
  const headers = answerHeaders(call, object);
  if (unchangedBy(call, object) !== undefined) {
    const { etag, "last-modified": modified } = headers;
    return emptyAnswer(304, { etag: etag!, "last-modified": modified! });
  }
  const isHead = call.request.method === "HEAD";
  if (!isHead) checkReadable(call, object);
  const size = object.body.length;
  const part = partNumber === undefined ? undefined : partRange(call, partNumber, object, headers);
  const range = part ?? byteRange(call.header("range"), size);
  if (range === undefined) {
    headers["content-length"] = String(size);
    return new Answer(isHead ? null : object.body, { headers });
  }
  const isWhole = range.last - range.first + 1 === size;
  const ranged = part !== undefined && object.parts !== undefined
    ? partHeaders(headers, object.parts[partNumber! - 1]!)
    : isWhole
    ? headers
    : withoutChecksums(headers);
  ranged["content-length"] = String(range.last - range.first + 1);
  ranged["content-range"] = `bytes ${range.first}-${range.last}/${size}`;
  const slice = object.body.slice(range.first, range.last + 1);
  return new Answer(isHead ? null : slice, { status: 206, headers: ranged });
}

/** The headers of an object with the checksum of one of its parts in the place of its own. */
function partHeaders(
  headers: Record<string, string>,
  { checksums = {} }: NonNullable<StoredObject["parts"]>[number],
): Record<string, string> {
  const own = Object.entries(checksums).filter(([name]) => name in headers);
  const { "x-amz-checksum-type": type } = headers;
  return {
    ...withoutChecksums(headers),
    ...Object.fromEntries(own),
    ...(own.length > 0 && type !== undefined && { "x-amz-checksum-type": type }),
  };
}

/** The range of a part. */
function partRange(
  call: S3Call,
  partNumber: number,
  object: StoredObject,
  headers: Record<string, string>,
): ByteRange | undefined {
  if (call.header("range") !== undefined) {
    throw invalidRequest("Cannot specify both Range header and partNumber query parameter");
  }
  const index = partNumber - 1;
  const parts = object.parts ?? [{ partNumber: 1, size: object.body.length }];
  const part = parts[index];
  if (part === undefined) {
    throw new ServiceError(
      416,
      "InvalidPartNumber",
      "The requested partnumber is not satisfiable",
      {
        details: { ActualPartCount: String(parts.length), PartNumberRequested: String(partNumber) },
      },
    );
  }
  if (object.parts) headers["x-amz-mp-parts-count"] = String(parts.length);
  if (part.size === 0) return undefined;
  const first = parts.slice(0, index).reduce((sum, { size }) => sum + size, 0);
  return { first, last: first + part.size - 1 };
}

/** What became of a deletion: the version that is gone, or the marker that was left. */
interface Deletion {
  deleted?: ObjectVersion | undefined;
  marker?: DeleteMarker | undefined;
}

/** Removes an object or a version of it, which succeeds for a missing one too. */
function remove(
  { bucket, account }: S3Call,
  key: string,
  versionId: string | undefined,
  mayBypass: () => boolean,
): Deletion {
  const now = account.clock.now();
  if (versionId === undefined) return { marker: deleteCurrent(bucket, key, now) };
  const deleted = findVersion(bucket, key, versionId);
  if (deleted === undefined) return {};
  if (!isMarker(deleted)) checkNotLocked(deleted, now, mayBypass);
  deleteVersion(bucket, deleted);
  return { deleted };
}

/** What DeleteObject needs. */
export function deleteNeeds(call: S3Call): NeededPermission[] {
  const permission = objectAction(call, "s3:DeleteObject");
  const context = headerContext(call, ["if-match"]);
  const actions = [permission.action];
  if (bypassesGovernance(call)) {
    actions.push("s3:BypassGovernanceRetention");
  }
  return actions.map((action) => ({
    ...permission,
    action,
    context: { ...permission.context, ...context },
  }));
}

/** DeleteObject. */
export function deleteObject(call: S3Call): Answer {
  if (call.header("if-match") !== undefined) checkWriteConditions(call);
  const versionId = call.query.get("versionId") ?? undefined;
  const { deleted, marker } = remove(call, call.key, versionId, () => bypassesGovernance(call));
  const version = deleted ?? marker;
  return emptyAnswer(204, {
    ...(version && versionHeaders(call.bucket, version)),
    ...(version && isMarker(version) && { "x-amz-delete-marker": "true" }),
  });
}

/** DeleteObjects: each key is allowed or refused for itself. */
export function deleteObjects(call: S3Call, may: May): Answer {
  const root = call.xml("Delete");
  const named = childrenOf(root, "Object");
  if (named.length === 0 || named.length > MAX_DELETED_KEYS) throw malformedXml();
  const targets = named.map((object) => {
    const key = textOf(object, "Key");
    if (!key) throw malformedXml();
    return { key, versionId: textOf(object, "VersionId") };
  });
  const isQuiet = textOf(root, "Quiet")?.trim() === "true";
  const results: Xml[] = [];
  for (const { key, versionId } of targets) {
    const outcome = deleteOne(call, may, key, versionId);
    const id = [element("Key", key), optional("VersionId", versionId)];
    if (outcome instanceof ServiceError) {
      const { code, message } = outcome;
      results.push(element("Error", id, element("Code", code), element("Message", message)));
    } else if (!isQuiet) {
      results.push(element("Deleted", id, markerElements(outcome)));
    }
  }
  return xmlAnswer("DeleteResult", results);
}

function deleteOne(
  call: S3Call,
  may: May,
  key: string,
  versionId: string | undefined,
): ServiceError | Deletion {
  const target = { bucket: call.bucket, key };
  const permission = versionId === undefined
    ? onObject(call, "s3:DeleteObject", {}, target)
    : onObject(call, "s3:DeleteObjectVersion", { "s3:versionid": versionId }, target);
  if (!may(permission)) return accessDenied();
  const mayBypass = () =>
    bypassesGovernance(call) && may({ ...permission, action: "s3:BypassGovernanceRetention" });
  try {
    return remove(call, key, versionId, mayBypass);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    // Here S3 doesn't say that an id can't be one.
    const isWrongId = versionId && error.code === "InvalidArgument";
    return isWrongId ? noSuchVersion(key, versionId) : error;
  }
}

/** Which marker was left or deleted. */
function markerElements({ deleted, marker }: Deletion): Xml[] {
  const found = marker ?? (deleted && isMarker(deleted) ? deleted : undefined);
  if (found === undefined) return [];
  return [element("DeleteMarker", true), element("DeleteMarkerVersionId", idOf(found))];
}
