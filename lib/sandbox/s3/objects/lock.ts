/**
 * Retention and legal holds of versions, in buckets that were created with object lock.
 *
 * @module
 */
import type { Answer } from "../../answer.ts";
import type { StoredObject } from "../../account.ts";
import type { May, NeededPermission } from "../../operation.ts";
import { ServiceError } from "../../operation.ts";
import { type Context, emptyAnswer, type S3Call, xmlAnswer } from "../call.ts";
import { accessDenied, invalidArgument, invalidRequest, malformedXml } from "../errors.ts";
import { existingObject } from "./existing.ts";
import { objectAction } from "../route.ts";
import { element, textOf } from "../../xml.ts";

type Lock = Pick<StoredObject, "legalHold" | "retention">;

function checkEnabled(call: S3Call): void {
  if (!call.bucket.objectLock) throw invalidRequest("Bucket is missing Object Lock Configuration");
}

/** Throws where a legal hold or a retention period protects a version that the caller can't bypass. */
export function checkNotLocked(
  { legalHold, retention }: StoredObject,
  now: Date,
  mayBypass: () => boolean,
): void {
  const isRetained = retention !== undefined && retention.retainUntilDate > now &&
    !(retention.mode === "GOVERNANCE" && mayBypass());
  if (legalHold !== "ON" && !isRetained) return;
  throw accessDenied("Access Denied because object protected by object lock.");
}

function retentionOf(mode: string, until: string, now: Date): NonNullable<Lock["retention"]> {
  const retainUntilDate = new Date(until);
  if (mode !== "GOVERNANCE" && mode !== "COMPLIANCE") throw malformedXml();
  if (Number.isNaN(retainUntilDate.getTime())) throw malformedXml();
  if (retainUntilDate <= now) {
    throw invalidArgument(
      "The retain until date must be in the future!",
      "RetainUntilDate",
      until,
    );
  }
  return { mode, retainUntilDate };
}

function legalHoldOf(status: string | undefined): NonNullable<Lock["legalHold"]> {
  if (status !== "ON" && status !== "OFF") throw malformedXml();
  return status;
}

/**
 * Throws where a bucket that retains its new objects, or an upload with a lock, is sent content without
 * anything to check it by: it could not be replaced by the right one.
 */
export function checkHasDigest(call: S3Call): void {
  const { bucket: { defaultRetention }, request: { headers } } = call;
  const names = [...headers.keys()];
  const isLocked = defaultRetention !== undefined ||
    names.some((name) => name.startsWith("x-amz-object-lock-"));
  const hasDigest = ["content-md5", "x-amz-trailer"].some((name) => headers.has(name)) ||
    names.some((name) => name.startsWith("x-amz-checksum-"));
  if (!isLocked || hasDigest) return;
  throw invalidRequest(
    "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object " +
      "Lock parameters",
  );
}

function defaultLockOf({ bucket, account }: S3Call): Lock {
  const { defaultRetention } = bucket;
  if (defaultRetention === undefined) return {};
  const { mode, unit, count } = defaultRetention;
  const retainUntilDate = new Date(account.clock.now());
  if (unit === "Days") retainUntilDate.setUTCDate(retainUntilDate.getUTCDate() + count);
  else retainUntilDate.setUTCFullYear(retainUntilDate.getUTCFullYear() + count);
  return { retention: { mode, retainUntilDate } };
}

/** The lock of a new object: that of the headers, else the bucket's. */
export function lockOf(call: S3Call): Lock {
  const mode = call.header("x-amz-object-lock-mode");
  const until = call.header("x-amz-object-lock-retain-until-date");
  const hold = call.header("x-amz-object-lock-legal-hold");
  if ((mode === undefined) !== (until === undefined)) {
    throw invalidArgument(
      "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
      "x-amz-object-lock-mode",
      mode ?? "null",
    );
  }
  const standard = defaultLockOf(call);
  if (mode === undefined && hold === undefined) return standard;
  checkEnabled(call);
  return {
    retention: mode === undefined
      ? standard.retention
      : retentionOf(mode, until!, call.account.clock.now()),
    legalHold: hold === undefined ? undefined : legalHoldOf(hold),
  };
}

function notLocked(): ServiceError {
  return new ServiceError(
    404,
    "NoSuchObjectLockConfiguration",
    "The specified object does not have a ObjectLock configuration",
  );
}

/** GetObjectLegalHold. */
export function getLegalHold(call: S3Call, may: May): Answer {
  const { legalHold } = existingObject(call, may);
  checkEnabled(call);
  if (legalHold === undefined) throw notLocked();
  return xmlAnswer("LegalHold", element("Status", legalHold));
}

/** What PutObjectLegalHold needs. */
export function putLegalHoldNeeds(call: S3Call): NeededPermission[] {
  const permission = objectAction(call, "s3:PutObjectLegalHold");
  const status = call.request.body.length > 0 && textOf(call.xml("LegalHold"), "Status");
  const context: Context = status ? { "s3:object-lock-legal-hold": status } : {};
  return [{ ...permission, context: { ...permission.context, ...context } }];
}

/** PutObjectLegalHold. */
export function putLegalHold(call: S3Call, may: May): Answer {
  const object = existingObject(call, may);
  checkEnabled(call);
  object.legalHold = legalHoldOf(textOf(call.xml("LegalHold"), "Status"));
  return emptyAnswer();
}

/** GetObjectRetention. */
export function getRetention(call: S3Call, may: May): Answer {
  const { retention } = existingObject(call, may);
  checkEnabled(call);
  if (retention === undefined) throw notLocked();
  return xmlAnswer("Retention", [
    element("Mode", retention.mode),
    element("RetainUntilDate", retention.retainUntilDate.toISOString()),
  ]);
}

/** Whether a request wants to do what governance mode forbids, for which there is a permission. */
export function bypassesGovernance(call: S3Call): boolean {
  return call.header("x-amz-bypass-governance-retention")?.toLowerCase() === "true";
}

/** What PutObjectRetention needs: more if it would shorten a retention in governance mode. */
export function putRetentionNeeds(call: S3Call): NeededPermission[] {
  const actions = ["s3:PutObjectRetention"];
  if (bypassesGovernance(call)) actions.push("s3:BypassGovernanceRetention");
  return actions.map((action) => {
    const permission = objectAction(call, action);
    return { ...permission, context: { ...permission.context, ...retentionContext(call) } };
  });
}

function retentionContext(call: S3Call): Context {
  if (call.request.body.length === 0) return {};
  const root = call.xml("Retention");
  const context: Context = {};
  const mode = textOf(root, "Mode");
  const until = textOf(root, "RetainUntilDate");
  if (mode) context["s3:object-lock-mode"] = mode;
  if (until) context["s3:object-lock-retain-until-date"] = until;
  return context;
}

/** PutObjectRetention. A retention in force can be lengthened; shorter only by bypass. */
export function putRetention(call: S3Call, may: May): Answer {
  const object = existingObject(call, may);
  checkEnabled(call);
  const root = call.xml("Retention");
  const mode = textOf(root, "Mode");
  const wanted = mode === undefined
    ? undefined
    : retentionOf(mode, textOf(root, "RetainUntilDate") ?? "", call.account.clock.now());
  const { retention } = object;
  const isLoosened = retention !== undefined &&
    retention.retainUntilDate > call.account.clock.now() &&
    (wanted === undefined || wanted.retainUntilDate < retention.retainUntilDate ||
      (retention.mode === "COMPLIANCE" && wanted.mode === "GOVERNANCE"));
  if (isLoosened && (retention.mode === "COMPLIANCE" || !bypassesGovernance(call))) {
    throw accessDenied("Access Denied because object protected by object lock.");
  }
  if (wanted === undefined) delete object.retention;
  else object.retention = wanted;
  return emptyAnswer();
}
