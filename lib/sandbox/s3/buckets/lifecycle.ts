/**
 * Lifecycle rules of a bucket: what expires, by the sandbox's clock. Objects of another storage class
 * don't exist here, so rules that move objects are not a part of it. See
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 *
 * @module
 */
import type { Answer } from "../../answer.ts";
import type { Bucket, LifecycleRule, StoredObject } from "../../account.ts";
import { ServiceError } from "../../operation.ts";
import { emptyAnswer, isoTime, type S3Call, xmlAnswer } from "../call.ts";
import { invalidArgument, invalidRequest, malformedXml, notImplemented } from "../errors.ts";
import {
  deleteCurrent,
  deleteVersion,
  isMarker,
  versionedKeys,
  versionsOf,
} from "../objects/versions.ts";
import { childOf, childrenOf, element, textOf, type XmlElement } from "../../xml.ts";

const MAX_RULES = 1000;
const MAX_ID = 255;
/** Which objects are too small to be moved. */
const MINIMUM = "x-amz-transition-default-minimum-object-size";
const MINIMUMS = ["all_storage_classes_128K", "varies_by_storage_class"];
const DAY_MS = 86_400_000;

/** PutBucketLifecycleConfiguration, which replaces all rules. */
export function putBucketLifecycle(call: S3Call): Answer {
  const rules = childrenOf(call.xml("LifecycleConfiguration"), "Rule").map(readRule);
  if (rules.length === 0 || rules.length > MAX_RULES) throw malformedXml();
  const ids = rules.map(({ id }) => id);
  if (new Set(ids).size < ids.length) {
    throw invalidArgument("Rule ID must be unique. Found same ID for more than one rule", "ID", "");
  }
  const minimum = call.header(MINIMUM) ?? MINIMUMS[0]!;
  if (!MINIMUMS.includes(minimum)) {
    throw invalidRequest(`Invalid TransitionDefaultMinimumObjectSize found: ${minimum}`);
  }
  call.bucket.lifecycle = rules;
  call.bucket.transitionMinimum = minimum === MINIMUMS[0] ? undefined : minimum;
  return emptyAnswer(200, { [MINIMUM]: minimum });
}

function readRule(rule: XmlElement): LifecycleRule {
  const id = textOf(rule, "ID") ?? crypto.randomUUID();
  if (id.length > MAX_ID) {
    throw invalidArgument("ID length should not exceed allowed limit of 255", "ID", id);
  }
  const status = textOf(rule, "Status");
  if (status !== "Enabled" && status !== "Disabled") throw malformedXml();
  if (childOf(rule, "Transition") || childOf(rule, "NoncurrentVersionTransition")) {
    throw notImplemented("Storage classes are not part of the sandbox");
  }
  const expiration = childOf(rule, "Expiration");
  const noncurrent = childOf(rule, "NoncurrentVersionExpiration");
  if (noncurrent?.children.length === 0) throw malformedXml();
  if (textOf(noncurrent, "NewerNoncurrentVersions") !== undefined) {
    throw notImplemented("NewerNoncurrentVersions is not part of the sandbox");
  }
  const date = textOf(expiration, "Date");
  const read: LifecycleRule = {
    id,
    isEnabled: status === "Enabled",
    prefix: prefixOf(rule),
    days: daysOf(expiration, "Days"),
    date: date === undefined ? undefined : midnightOf(date),
    removesMarkers: textOf(expiration, "ExpiredObjectDeleteMarker") === "true",
    noncurrentDays: daysOf(noncurrent, "NoncurrentDays"),
    abortDays: daysOf(childOf(rule, "AbortIncompleteMultipartUpload"), "DaysAfterInitiation"),
  };
  const { days, removesMarkers, noncurrentDays, abortDays } = read;
  const ends = [days, read.date, removesMarkers || undefined].filter((one) => one !== undefined);
  if (expiration !== undefined && ends.length !== 1) throw malformedXml();
  if (ends.length === 0 && noncurrentDays === undefined && abortDays === undefined) {
    throw invalidRequest("At least one action needs to be specified in a rule");
  }
  return read;
}

/** The prefix of a rule's filter, or in its old form that of the rule itself. */
function prefixOf(rule: XmlElement): string {
  const filter = childOf(rule, "Filter");
  const old = textOf(rule, "Prefix");
  if (filter === undefined && old === undefined) throw malformedXml();
  if (filter?.children.some(({ name }) => name !== "Prefix")) {
    throw notImplemented("Of a lifecycle rule's filters, the sandbox has the prefix only");
  }
  return textOf(filter, "Prefix") ?? old ?? "";
}

function midnightOf(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw malformedXml();
  if (date.getTime() % DAY_MS !== 0) {
    throw invalidArgument("'Date' must be at midnight GMT", "Date", text);
  }
  return date;
}

function daysOf(parent: XmlElement | undefined, name: string): number | undefined {
  const text = textOf(parent, name);
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text.trim())) {
    throw invalidArgument(`'${name}' must be a positive integer`, name, text);
  }
  return Number(text);
}

/** GetBucketLifecycleConfiguration. */
export function getBucketLifecycle({ bucket }: S3Call): Answer {
  if (bucket.lifecycle === undefined) {
    throw new ServiceError(
      404,
      "NoSuchLifecycleConfiguration",
      "The lifecycle configuration does not exist",
      { details: { BucketName: bucket.name } },
    );
  }
  return xmlAnswer("LifecycleConfiguration", bucket.lifecycle.map(ruleMarkup), {
    [MINIMUM]: bucket.transitionMinimum ?? MINIMUMS[0]!,
  });
}

function ruleMarkup(rule: LifecycleRule) {
  const { id, isEnabled, prefix, days, date, removesMarkers, noncurrentDays, abortDays } = rule;
  const expiration = [
    days === undefined ? undefined : element("Days", days),
    date === undefined ? undefined : element("Date", isoTime(date)),
    removesMarkers ? element("ExpiredObjectDeleteMarker", true) : undefined,
  ].filter((one) => one !== undefined);
  return element("Rule", [
    element("ID", id),
    element("Filter", element("Prefix", prefix)),
    element("Status", isEnabled ? "Enabled" : "Disabled"),
    expiration.length === 0 ? undefined : element("Expiration", expiration),
    noncurrentDays === undefined
      ? undefined
      : element("NoncurrentVersionExpiration", element("NoncurrentDays", noncurrentDays)),
    abortDays === undefined
      ? undefined
      : element("AbortIncompleteMultipartUpload", element("DaysAfterInitiation", abortDays)),
  ]);
}

/** DeleteBucketLifecycle. */
export function deleteBucketLifecycle({ bucket }: S3Call): Answer {
  bucket.lifecycle = undefined;
  bucket.transitionMinimum = undefined;
  return emptyAnswer(204);
}

/** Removes what has expired by now; S3 does so with a delay, the sandbox before the next request. */
export function applyLifecycle(bucket: Bucket, now: Date): void {
  for (const rule of bucket.lifecycle ?? []) {
    if (!rule.isEnabled) continue;
    for (const key of versionedKeys(bucket)) {
      if (key.startsWith(rule.prefix)) applyToKey(bucket, key, rule, now);
    }
    for (const upload of bucket.uploads?.values() ?? []) {
      if (!upload.key.startsWith(rule.prefix)) continue;
      if (isOver(upload.initiated, rule.abortDays, now)) bucket.uploads!.delete(upload.uploadId);
    }
  }
}

/** What an answer about a current object says about its expiration: when, and by which rule. */
export function expirationHeader(bucket: Bucket, object: StoredObject): Record<string, string> {
  const ends = (bucket.lifecycle ?? []).flatMap(({ id, isEnabled, prefix, date, days }) => {
    const end = date ?? endOf(object.lastModified, days);
    return isEnabled && end !== undefined && object.key.startsWith(prefix) ? [{ id, end }] : [];
  });
  const first = ends.sort((a, b) => a.end.getTime() - b.end.getTime())[0];
  if (first === undefined) return {};
  const rule = encodeURIComponent(first.id);
  return {
    "x-amz-expiration": `expiry-date="${first.end.toUTCString()}", rule-id="${rule}"`,
  };
}

function applyToKey(bucket: Bucket, key: string, rule: LifecycleRule, now: Date): void {
  const current = bucket.objects.get(key);
  if (current !== undefined) {
    const end = rule.date ?? endOf(current.lastModified, rule.days);
    if (end !== undefined && end <= now) deleteCurrent(bucket, key, end);
  }
  const versions = versionsOf(bucket, key);
  for (const [index, version] of versions.entries()) {
    if (index === 0 || isProtected(version as StoredObject, now)) continue;
    // It became noncurrent when the next one came.
    const since = versions[index - 1]!.lastModified;
    if (isOver(since, rule.noncurrentDays, now)) deleteVersion(bucket, version);
  }
  const [only, ...others] = versionsOf(bucket, key);
  if (only === undefined || !isMarker(only) || others.length > 0) return;
  if (rule.removesMarkers || isOver(only.lastModified, rule.days, now)) deleteVersion(bucket, only);
}

function isProtected({ legalHold, retention }: StoredObject, now: Date): boolean {
  return legalHold === "ON" || retention !== undefined && retention.retainUntilDate > now;
}

function isOver(since: Date, days: number | undefined, now: Date): boolean {
  const end = endOf(since, days);
  return end !== undefined && end <= now;
}

/** So many days later, rounded up to the next midnight UTC. */
function endOf(since: Date, days: number | undefined): Date | undefined {
  if (days === undefined) return undefined;
  return new Date(Math.ceil((since.getTime() + days * DAY_MS) / DAY_MS) * DAY_MS);
}
