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
import { givenChecksums } from "./checksums.ts";
import { existingObject } from "./existing.ts";
import { objectAction } from "../route.ts";
import { element, textOf } from "../../xml.ts";

const MODE = "x-amz-object-lock-mode";
const UNTIL = "x-amz-object-lock-retain-until-date";
const HOLD = "x-amz-object-lock-legal-hold";

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

type Mode = NonNullable<Lock["retention"]>["mode"];
type Hold = NonNullable<Lock["legalHold"]>;

function isMode(text: string | undefined): text is Mode {
  return text === "GOVERNANCE" || text === "COMPLIANCE";
}

function isHold(text: string | undefined): text is Hold {
  return text === "ON" || text === "OFF";
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text));
}

function futureTime(call: S3Call, text: string, name: string): Date {
  const time = new Date(text);
  if (time > call.account.clock.now()) return time;
  throw invalidArgument("The retain until date must be in the future!", name, text);
}

/**
 * Throws where a bucket that retains its new objects, or an upload with a lock, is sent content without
 * a digest: content damaged on the way could not be replaced.
 */
export function checkHasDigest(call: S3Call): void {
  const isLocked = call.bucket.defaultRetention !== undefined ||
    [MODE, UNTIL, HOLD].some((name) => call.header(name) !== undefined);
  const hasDigest = givenChecksums(call).length > 0 ||
    ["content-md5", "x-amz-trailer"].some((name) => call.header(name) !== undefined);
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
  return { ...defaultLockOf(call), ...lockOfHeaders(call) };
}

/** The lock that the headers of an upload ask for. */
export function lockOfHeaders(call: S3Call): Lock {
  const mode = call.header(MODE);
  const until = call.header(UNTIL);
  const hold = call.header(HOLD);
  if (mode === undefined && until === undefined && hold === undefined) return {};
  const lock: Lock = {};
  if (mode !== undefined || until !== undefined) lock.retention = retentionOf(call, mode, until);
  if (hold !== undefined) {
    if (!isHold(hold)) {
      throw invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", HOLD, hold);
    }
    lock.legalHold = hold;
  }
  checkEnabled(call);
  return lock;
}

function retentionOf(
  call: S3Call,
  mode: string | undefined,
  until: string | undefined,
): NonNullable<Lock["retention"]> {
  if (mode === undefined || until === undefined) {
    throw new ServiceError(
      400,
      "InvalidArgument",
      `${UNTIL} and ${MODE} must both be supplied`,
      { details: { ArgumentName: mode === undefined ? MODE : UNTIL } },
    );
  }
  if (!isMode(mode)) throw invalidArgument("Unknown wormMode directive.", MODE, mode);
  if (!isTime(until)) {
    throw invalidArgument(
      "The retain until date must be provided in ISO 8601 format",
      UNTIL,
      until,
    );
  }
  return { mode, retainUntilDate: futureTime(call, until, UNTIL) };
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
  const status = textOf(call.xml("LegalHold"), "Status");
  if (!isHold(status)) throw malformedXml();
  checkEnabled(call);
  existingObject(call, may).legalHold = status;
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

/**
 * Whether a caller wants to bypass governance. In a bucket without object lock S3 refuses that by now; here
 * it changes nothing, since older test suites clear every bucket that way.
 */
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

/** The retention in the body of PutObjectRetention; an empty one removes the present one. */
function retentionOfBody(call: S3Call): Lock["retention"] {
  const root = call.xml("Retention");
  const mode = textOf(root, "Mode");
  const until = textOf(root, "RetainUntilDate");
  if (mode === undefined && until === undefined) return undefined;
  if (!isMode(mode) || until === undefined || !isTime(until)) throw malformedXml();
  return { mode, retainUntilDate: futureTime(call, until, "RetainUntilDate") };
}

/** PutObjectRetention. A retention in force can be lengthened; anything else takes a bypass. */
export function putRetention(call: S3Call, may: May): Answer {
  const wanted = retentionOfBody(call);
  checkEnabled(call);
  const object = existingObject(call, may);
  const { retention } = object;
  const isChanged = retention !== undefined &&
    retention.retainUntilDate > call.account.clock.now() &&
    (wanted === undefined || wanted.retainUntilDate < retention.retainUntilDate ||
      wanted.mode !== retention.mode);
  if (isChanged && (retention.mode === "COMPLIANCE" || !bypassesGovernance(call))) {
    throw accessDenied("Access Denied because object protected by object lock.");
  }
  if (wanted === undefined) delete object.retention;
  else object.retention = wanted;
  return emptyAnswer();
}
