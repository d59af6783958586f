/**
 * Access control lists of buckets and objects. New buckets have them switched off.
 *
 * @module
 */
import type { Answer } from "../answer.ts";
import type { Grant } from "../account.ts";
import { ownerOfBucket } from "../accounts.ts";
import type { NeededPermission } from "../operation.ts";
import { ServiceError } from "../operation.ts";
import {
  emptyAnswer,
  GRANT_HEADERS,
  headerContext,
  onBucket,
  type S3Call,
  xmlAnswer,
} from "./call.ts";
import { newOwner, objectOwnerId, ownerId } from "./owners.ts";
import { accessDenied, invalidArgument, invalidRequest } from "./errors.ts";
import { childOf, childrenOf, element, optional, textOf, Xml, type XmlElement } from "../xml.ts";

const GROUPS = "http://acs.amazonaws.com/groups/";
const ALL_USERS = `${GROUPS}global/AllUsers`;
const AUTHENTICATED_USERS = `${GROUPS}global/AuthenticatedUsers`;
const LOG_DELIVERY = `${GROUPS}s3/LogDelivery`;
const PERMISSIONS = ["FULL_CONTROL", "READ", "READ_ACP", "WRITE", "WRITE_ACP"];

/** What a canned ACL grants in addition to the owner's full control: group, permission. */
const CANNED: Record<string, [string, string][]> = {
  "private": [],
  "public-read": [[ALL_USERS, "READ"]],
  "public-read-write": [[ALL_USERS, "READ"], [ALL_USERS, "WRITE"]],
  "authenticated-read": [[AUTHENTICATED_USERS, "READ"]],
  "log-delivery-write": [[LOG_DELIVERY, "WRITE"], [LOG_DELIVERY, "READ_ACP"]],
  "aws-exec-read": [],
  "bucket-owner-read": [],
  "bucket-owner-full-control": [],
};

/** What a canned ACL of an object grants its bucket's owner, if that is somebody else. */
const TO_BUCKET_OWNER: Record<string, string> = {
  "bucket-owner-read": "READ",
  "bucket-owner-full-control": "FULL_CONTROL",
};

/** The grants that a canned ACL stands for. */
export function cannedGrants(name: string, owner: string, bucketOwner = owner): Grant[] {
  const groups = Object.hasOwn(CANNED, name) ? CANNED[name] : undefined;
  if (groups === undefined) throw invalidArgument("", "x-amz-acl", name);
  const toBucketOwner = bucketOwner === owner ? undefined : TO_BUCKET_OWNER[name];
  return [
    { grantee: { type: "CanonicalUser", id: owner }, permission: "FULL_CONTROL" },
    ...(toBucketOwner === undefined ? [] : [{
      grantee: { type: "CanonicalUser" as const, id: bucketOwner },
      permission: toBucketOwner,
    }]),
    ...groups.map(([uri, permission]): Grant => ({ grantee: { type: "Group", uri }, permission })),
  ];
}

/** The headers that grant a permission: name, permission. */
const GRANTING = GRANT_HEADERS.map((name) =>
  [name, name.replace("x-amz-grant-", "").replace("-", "_").toUpperCase()] as const
);

/** The grants in a request's headers; `undefined` if there are none. */
export function grantsOfHeaders(
  call: S3Call,
  owner = call.account.canonicalUserId,
  bucketOwner = owner,
): Grant[] | undefined {
  const canned = call.header("x-amz-acl");
  const listed = GRANTING.flatMap(([name, permission]) =>
    (call.header(name) ?? "").split(",").filter((grantee) => grantee.trim() !== "")
      .map((grantee): Grant => ({ grantee: granteeOfHeader(grantee.trim(), name), permission }))
  );
  if (canned !== undefined && listed.length > 0) {
    throw invalidRequest("Specifying both Canned ACLs and Header Grants is not allowed");
  }
  if (canned !== undefined) return cannedGrants(canned, owner, bucketOwner);
  return listed.length > 0 ? listed : undefined;
}

function granteeOfHeader(text: string, header: string): Grant["grantee"] {
  const [, kind, value = ""] = /^(id|uri|emailAddress)\s*=\s*"?([^"]*)"?$/.exec(text) ?? [];
  if (kind === "id") return canonicalUser(value, "id");
  if (kind === "uri") return group(value, "uri");
  if (kind === "emailAddress") throw emailGrantee();
  throw invalidArgument("Argument format not recognized", header, text);
}

function canonicalUser(id: string, argument = "CanonicalUser/ID"): Grant["grantee"] {
  if (!/^[0-9a-f]{64}$/.test(id)) throw invalidArgument("Invalid id", argument, id);
  return { type: "CanonicalUser", id };
}

/** Since October 2025 S3 refuses grants to an email address. */
function emailGrantee(): ServiceError {
  return new ServiceError(
    405,
    "MethodNotAllowed",
    "The specified method is not allowed against this resource.",
  );
}

function group(uri: string, argument = "Group/URI"): Grant["grantee"] {
  if (![ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY].includes(uri)) {
    throw invalidArgument("Invalid group uri", argument, uri);
  }
  return { type: "Group", uri };
}

/** A document that isn't an ACL. */
function malformedAcl(): ServiceError {
  return new ServiceError(
    400,
    "MalformedACLError",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

function grantsOfXml(root: XmlElement): Grant[] {
  const owner = textOf(childOf(root, "Owner"), "ID");
  if (owner === undefined) throw malformedAcl();
  canonicalUser(owner);
  return childrenOf(childOf(root, "AccessControlList"), "Grant").map((grant) => {
    const grantee = childOf(grant, "Grantee");
    const permission = textOf(grant, "Permission") ?? "";
    const id = textOf(grantee, "ID");
    const uri = textOf(grantee, "URI");
    if (!PERMISSIONS.includes(permission)) throw malformedAcl();
    if (childOf(grantee, "EmailAddress")) throw emailGrantee();
    const { type } = grantee?.attributes ?? {};
    if (type === "CanonicalUser" && id !== undefined) {
      return { grantee: canonicalUser(id), permission };
    }
    if (type === "Group" && uri !== undefined) return { grantee: group(uri), permission };
    throw malformedAcl();
  });
}

/** The grants that PutBucketAcl or PutObjectAcl sets, in headers or in the body. */
export function grantsOfRequest(
  call: S3Call,
  bucketOwner = ownerId(call.bucket, call.account),
  owner = bucketOwner,
): Grant[] {
  const grants = grantsOfHeaders(call, owner, bucketOwner);
  const hasBody = call.request.body.length > 0;
  if (grants !== undefined && hasBody) {
    const message = "This request does not support content";
    throw new ServiceError(400, "UnexpectedContent", message);
  }
  if (grants !== undefined) return grants;
  if (!hasBody) {
    throw new ServiceError(
      400,
      "MissingSecurityHeader",
      "Your request was missing a required header",
      { details: { MissingHeaderName: "x-amz-acl" } },
    );
  }
  return grantsOfXml(call.xml("AccessControlPolicy"));
}

/** Whether an ACL grants something to everyone, or to everyone with an account. */
export function isPublicAcl(grants: Grant[]): boolean {
  return grants.some(({ grantee }) =>
    "uri" in grantee && [ALL_USERS, AUTHENTICATED_USERS].includes(grantee.uri)
  );
}

/** Whether an ACL grants nothing to anyone but that canonical user. */
export function grantsOnlyTo(grants: Grant[], owner: string): boolean {
  return grants.every(({ grantee }) => "id" in grantee && grantee.id === owner);
}

/** Refuses ACLs if the bucket has them switched off, and public ones if they are blocked. */
export function checkAclAllowed(
  { bucket, account }: S3Call,
  grants: Grant[],
  what: "set" | "upload",
): void {
  const isHarmless = what === "upload" && grantsOnlyTo(grants, ownerId(bucket, account));
  if (bucket.objectOwnership === "BucketOwnerEnforced" && !isHarmless) {
    throw new ServiceError(400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
  }
  const blocks = bucket.publicAccessBlock?.BlockPublicAcls ||
    ownerOfBucket(bucket, account)?.publicAccessBlock?.BlockPublicAcls;
  if (blocks && isPublicAcl(grants)) throw accessDenied();
}

/** Reads and checks the ACL that an upload sets in its headers. */
export function uploadAcl(call: S3Call): Grant[] | undefined {
  const { bucket, account } = call;
  const owner = objectOwnerId(bucket, newOwner(call), account);
  const grants = grantsOfHeaders(call, owner, ownerId(bucket, account));
  if (grants === undefined) return undefined;
  const canned = call.header("x-amz-acl");
  const accepted = canned === undefined || canned === "bucket-owner-full-control";
  checkAclAllowed(call, grants, accepted ? "upload" : "set");
  return grants;
}

/** GetBucketAcl's and GetObjectAcl's answer. */
export function aclAnswer(grants: Grant[], owner: string): Answer {
  return xmlAnswer("AccessControlPolicy", [
    element("Owner", element("ID", owner)),
    element("AccessControlList", grants.map(grantMarkup)),
  ]);
}

function grantMarkup({ grantee, permission }: Grant): Xml {
  const inner = [
    optional("ID", "id" in grantee ? grantee.id : undefined),
    optional("URI", "uri" in grantee ? grantee.uri : undefined),
  ].map((part) => part?.markup ?? "").join("");
  const type = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ' +
    `xsi:type="${grantee.type}"`;
  return element(
    "Grant",
    new Xml(`<Grantee ${type}>${inner}</Grantee>`),
    element("Permission", permission),
  );
}

/** GetBucketAcl. */
export function getBucketAcl({ bucket, account }: S3Call): Answer {
  const owner = ownerId(bucket, account);
  const isOff = bucket.objectOwnership === "BucketOwnerEnforced";
  return aclAnswer(isOff ? cannedGrants("private", owner) : bucket.acl, owner);
}

/** What PutBucketAcl needs. */
export function putBucketAclNeeds(call: S3Call): NeededPermission[] {
  return [onBucket(call, "s3:PutBucketAcl", headerContext(call, ["x-amz-acl", ...GRANT_HEADERS]))];
}

/** PutBucketAcl. */
export function putBucketAcl(call: S3Call): Answer {
  const grants = grantsOfRequest(call);
  checkAclAllowed(call, grants, "set");
  call.bucket.acl = grants;
  return emptyAnswer();
}
