/**
 * An object's ACL, tags and attributes.
 *
 * @module
 */
import type { Answer } from "../../answer.ts";
import type { Grant, StoredObject } from "../../account.ts";
import type { May, NeededPermission } from "../../operation.ts";
import { aclAnswer, cannedGrants, checkAclAllowed, grantsOfRequest } from "../acl.ts";
import { emptyAnswer, GRANT_HEADERS, headerContext, type S3Call, xmlAnswer } from "../call.ts";
import { checksumsIn } from "./checksums.ts";
import { invalidArgument, invalidRequest } from "../errors.ts";
import { limitIn, markerIn } from "../listing.ts";
import { storageClassOf } from "./headers.ts";
import { existingObject, objectButNoMarker } from "./existing.ts";
import { objectOwnerId, ownerId } from "../owners.ts";
import { objectAction } from "../route.ts";
import { versionHeaders } from "./versions.ts";
import { MAX_OBJECT_TAGS, requestTagContext, tagSet, tagsOf } from "../tags.ts";
import { childOf, element, optional, type Xml } from "../../xml.ts";

/** GetObjectAcl. */
export function getObjectAcl(call: S3Call, may: May): Answer {
  const object = existingObject(call, may);
  const owner = objectOwnerId(call.bucket, object, call.account);
  return aclAnswer(grantsOf(call, object, owner), owner);
}

function grantsOf({ bucket }: S3Call, { acl }: StoredObject, owner: string): Grant[] {
  const isOff = bucket.objectOwnership === "BucketOwnerEnforced";
  return isOff || acl === undefined ? cannedGrants("private", owner) : acl;
}

/** What PutObjectAcl needs. */
export function putObjectAclNeeds(call: S3Call): NeededPermission[] {
  const permission = objectAction(call, "s3:PutObjectAcl");
  const headers = headerContext(call, ["x-amz-acl", ...GRANT_HEADERS]);
  return [{ ...permission, context: { ...permission.context, ...headers } }];
}

/** PutObjectAcl. */
export function putObjectAcl(call: S3Call, may: May): Answer {
  const object = objectButNoMarker(call, may);
  const { bucket, account } = call;
  const owner = objectOwnerId(bucket, object, account);
  const grants = grantsOfRequest(call, ownerId(bucket, account), owner);
  checkAclAllowed(call, grants, "set");
  object.acl = grants;
  return emptyAnswer();
}

function tagsOfBody(call: S3Call) {
  return tagsOf(childOf(call.xml("Tagging"), "TagSet"), MAX_OBJECT_TAGS);
}

/** What PutObjectTagging needs. */
export function putObjectTaggingNeeds(call: S3Call): NeededPermission[] {
  const permission = objectAction(call, "s3:PutObjectTagging");
  return [{
    ...permission,
    context: { ...permission.context, ...requestTagContext(tagsOfBody(call)) },
  }];
}

/** PutObjectTagging, which replaces all tags. */
export function putObjectTagging(call: S3Call, may: May): Answer {
  const object = objectButNoMarker(call, may);
  object.tags = tagsOfBody(call);
  return emptyAnswer(200, versionHeaders(call.bucket, object));
}

/** GetObjectTagging. */
export function getObjectTagging(call: S3Call, may: May): Answer {
  const object = objectButNoMarker(call, may);
  return xmlAnswer("Tagging", tagSet(object.tags), versionHeaders(call.bucket, object));
}

/** DeleteObjectTagging. */
export function deleteObjectTagging(call: S3Call, may: May): Answer {
  const object = objectButNoMarker(call, may);
  object.tags = [];
  return emptyAnswer(204, versionHeaders(call.bucket, object));
}

/** What GetObjectAttributes needs. */
export function attributesNeeds(call: S3Call): NeededPermission[] {
  return ["s3:GetObject", "s3:GetObjectAttributes"].map((action) => objectAction(call, action));
}

/** The elements for an object's checksums. */
export function checksumMarkup(headers: Record<string, string>): Xml[] {
  return Object.entries(checksumsIn(headers)).map(([name, value]) =>
    element(`Checksum${name.replace("x-amz-checksum-", "").toUpperCase()}`, value)
  );
}

/** The elements for each attribute that can be requested. */
const ATTRIBUTES: Record<string, (object: StoredObject, call: S3Call) => Xml | undefined> = {
  ETag: ({ etag }) => element("ETag", etag.replaceAll('"', "")),
  Checksum: ({ headers }) =>
    element(
      "Checksum",
      checksumMarkup(withoutCounts(headers)),
      optional("ChecksumType", headers["x-amz-checksum-type"]),
    ),
  ObjectParts: objectParts,
  StorageClass: (object) => element("StorageClass", storageClassOf(object)),
  ObjectSize: ({ body }) => element("ObjectSize", body.length),
};

/** Checksums without the number of parts, which ends those that are made from the parts' checksums. */
function withoutCounts(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace(/-\d+$/, "")]),
  );
}

/** What GetObjectAttributes says about parts; it lists them only if the checksum is made from theirs. */
function objectParts({ parts, headers }: StoredObject, call: S3Call): Xml | undefined {
  if (parts === undefined) return undefined;
  const count = element("PartsCount", parts.length);
  if (headers["x-amz-checksum-type"] !== "COMPOSITE") return element("ObjectParts", count);
  const limit = limitIn(call.header("x-amz-max-parts"), "x-amz-max-parts");
  const marker = markerIn(call.header("x-amz-part-number-marker"), "x-amz-part-number-marker");
  const remaining = parts.filter(({ partNumber }) => partNumber > marker);
  const page = remaining.slice(0, limit);
  return element(
    "ObjectParts",
    count,
    element("PartNumberMarker", marker),
    element("NextPartNumberMarker", page.at(-1)?.partNumber ?? 0),
    element("MaxParts", limit),
    element("IsTruncated", remaining.length > page.length),
    page.map(({ partNumber, size, checksums = {} }) =>
      element(
        "Part",
        element("PartNumber", partNumber),
        element("Size", size),
        checksumMarkup(checksums),
      )
    ),
  );
}

/** GetObjectAttributes. */
export function getObjectAttributes(call: S3Call, may: May): Answer {
  const header = "x-amz-object-attributes";
  const names = (call.header(header) ?? "").split(",").map((name) => name.trim());
  if (names.every((name) => name === "")) {
    throw invalidRequest(
      `The ${header} header specifying the attributes to be retrieved is either missing or empty`,
    );
  }
  const unknown = names.find((name) => !Object.hasOwn(ATTRIBUTES, name));
  if (unknown !== undefined) {
    throw invalidArgument("Invalid attribute name specified.", header, unknown);
  }
  const object = existingObject(call, may);
  const content = Object.entries(ATTRIBUTES)
    .filter(([name]) => names.includes(name))
    .map(([, describe]) => describe(object, call));
  return xmlAnswer("GetObjectAttributesResponse", content, {
    "last-modified": object.lastModified.toUTCString(),
    ...versionHeaders(call.bucket, object),
  });
}
