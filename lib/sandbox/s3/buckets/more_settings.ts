/**
 * Settings of a bucket that change little or nothing here: who pays for requests, acceleration, which
 * requests are counted; and what S3 says of settings that can't be made in the sandbox.
 *
 * @module
 */
import type { Answer } from "../../answer.ts";
import { ServiceError } from "../../operation.ts";
import { emptyAnswer, type S3Call, xmlAnswer } from "../call.ts";
import {
  accessDenied,
  invalidRequest,
  malformedXml,
  notConfigured,
  notImplemented,
} from "../errors.ts";
import type { Run } from "../route.ts";
import { childOf, element, optional, textOf, written, type XmlElement } from "../../xml.ts";

const PAYER_HEADER = "x-amz-request-payer";

/** GetBucketRequestPayment. */
export function getBucketRequestPayment({ bucket }: S3Call): Answer {
  const payer = bucket.requestPayer ?? "BucketOwner";
  return xmlAnswer("RequestPaymentConfiguration", element("Payer", payer));
}

/** PutBucketRequestPayment. */
export function putBucketRequestPayment(call: S3Call): Answer {
  const payer = textOf(call.xml("RequestPaymentConfiguration"), "Payer");
  if (payer === "Requester") call.bucket.requestPayer = payer;
  else if (payer === "BucketOwner") delete call.bucket.requestPayer;
  else throw malformedXml();
  return emptyAnswer();
}

/** Refuses callers who would have to pay if they don't agree to, or are anonymous. */
export function checkPayer(call: S3Call): void {
  if (!isOthers(call)) return;
  const saysSo = call.header(PAYER_HEADER)?.toLowerCase() === "requester";
  if (call.caller.type === "anonymous" || !saysSo) throw accessDenied();
}

/** The header by which S3 says that the requester pays. */
export function chargeHeaders(call: S3Call): Record<string, string> {
  return isOthers(call) ? { "x-amz-request-charged": "requester" } : {};
}

function isOthers({ bucket, account, caller }: S3Call): boolean {
  if (bucket.requestPayer !== "Requester") return false;
  return caller.type === "anonymous" || account.id !== bucket.ownerAccountId;
}

/** GetBucketAccelerateConfiguration. */
export function getBucketAcceleration({ bucket }: S3Call): Answer {
  return xmlAnswer("AccelerateConfiguration", optional("Status", bucket.acceleration));
}

/** PutBucketAccelerateConfiguration. */
export function putBucketAcceleration(call: S3Call): Answer {
  const status = textOf(call.xml("AccelerateConfiguration"), "Status");
  if (call.bucket.name.includes(".")) {
    throw invalidRequest(
      "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
    );
  }
  if (status !== "Enabled" && status !== "Suspended") throw malformedXml();
  call.bucket.acceleration = status;
  return emptyAnswer();
}

const MAX_METRICS = 1000;
const PAGE_SIZE = 100;
const FILTERS = ["Prefix", "Tag", "AccessPointArn", "And"];

/** PutBucketMetricsConfiguration, which replaces the one of that id. */
export function putBucketMetrics(call: S3Call): Answer {
  const configuration = call.xml("MetricsConfiguration");
  checkMetrics(configuration);
  const id = idOf(call);
  if (textOf(configuration, "Id") !== id) {
    throw new ServiceError(
      400,
      "IdMismatch",
      "Document ID does not match the specified configuration ID.",
    );
  }
  const metrics = call.bucket.metrics ??= new Map();
  if (metrics.size >= MAX_METRICS && !metrics.has(id)) {
    throw new ServiceError(
      400,
      "TooManyConfigurations",
      "You are attempting to create a new configuration but have already reached the " +
        "1,000-configuration limit.",
    );
  }
  metrics.set(id, configuration);
  return emptyAnswer(204);
}

/** A filter has one condition, or several inside `And`. */
function checkMetrics(configuration: XmlElement): void {
  const filter = childOf(configuration, "Filter");
  if (filter === undefined) return;
  const [condition, ...others] = filter.children;
  if (condition === undefined || others.length > 0) throw malformedXml();
  if (!FILTERS.includes(condition.name)) throw malformedXml();
  const inside = condition.name === "And" ? condition.children : [condition];
  if (condition.name === "And" && inside.length < 2) throw malformedXml();
  for (const { name } of inside) if (!FILTERS.slice(0, 3).includes(name)) throw malformedXml();
}

/** GetBucketMetricsConfiguration. */
export function getBucketMetrics(call: S3Call): Answer {
  const configuration = call.bucket.metrics?.get(idOf(call));
  if (configuration === undefined) throw noSuchConfiguration();
  return xmlAnswer("MetricsConfiguration", configuration.children.map(written));
}

/** DeleteBucketMetricsConfiguration. */
export function deleteBucketMetrics(call: S3Call): Answer {
  if (!call.bucket.metrics?.delete(idOf(call))) throw noSuchConfiguration();
  return emptyAnswer(204);
}

/** ListBucketMetricsConfigurations, in pages. */
export function listBucketMetrics({ bucket, query }: S3Call): Answer {
  const token = query.get("continuation-token");
  const after = token === null ? "" : atob(token);
  const rest = [...bucket.metrics ?? []]
    .filter(([id]) => id > after)
    .sort(([a], [b]) => a < b ? -1 : 1);
  const page = rest.slice(0, PAGE_SIZE);
  const isTruncated = rest.length > page.length;
  return xmlAnswer("ListMetricsConfigurationsResult", [
    page.map(([, configuration]) => written(configuration)),
    element("IsTruncated", isTruncated),
    optional("ContinuationToken", token ?? undefined),
    isTruncated ? element("NextContinuationToken", btoa(page.at(-1)![0])) : undefined,
  ]);
}

function idOf({ query }: S3Call): string {
  const id = query.get("id") ?? "";
  if (/^[\w.-]{1,64}$/.test(id)) return id;
  throw new ServiceError(
    400,
    "InvalidConfigurationId",
    "The specified configuration ID is invalid.",
  );
}

function noSuchConfiguration(): ServiceError {
  const message = "The specified configuration does not exist.";
  return new ServiceError(404, "NoSuchConfiguration", message);
}

/** Throws that there is no setting with the id of the request. */
export const noneOfThatId: Run = () => {
  throw noSuchConfiguration();
};

/** Lists settings of which there are none. */
export function emptyList(root: string): Run {
  return () => xmlAnswer(root, element("IsTruncated", false));
}

/** A setting that isn't made: a document without content. */
export function unset(root: string): Run {
  return () => xmlAnswer(root, undefined);
}

/** Accepts a document without content, which removes the setting; refuses any other. */
export function onlyUnset(root: string, what: string): Run {
  return (call) => {
    if (call.xml(root).children.length > 0) {
      throw notImplemented(`${what} is not part of the sandbox`);
    }
    return emptyAnswer();
  };
}

/** GetBucketReplication: there is none. */
export function getBucketReplication({ bucket }: S3Call): Answer {
  throw notConfigured(
    "ReplicationConfigurationNotFoundError",
    "The replication configuration was not found",
    bucket.name,
  );
}

/** DeleteBucketReplication, which doesn't mind that there is none. */
export function deleteBucketReplication(): Answer {
  return emptyAnswer(204);
}
