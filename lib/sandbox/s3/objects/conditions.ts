/**
 * Conditional requests and byte ranges.
 *
 * @module
 */
import type { MultipartUpload, StoredObject } from "../../account.ts";
import { ServiceError } from "../../operation.ts";
import type { S3Call } from "../call.ts";
import { preconditionFailed, unsupportedHeader } from "../errors.ts";

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

function matchesEtag(header: string, etag: string): boolean {
  return header.split(",").map((tag) => tag.trim().replace(/^W\//, "")).some((tag) =>
    tag === "*" || tag.replaceAll('"', "") === etag.replaceAll('"', "")
  );
}

/** The date of a header; one that can't be read has no effect. */
function dateOf(header: string | undefined): number | undefined {
  const time = header === undefined ? NaN : Date.parse(header);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}

/**
 * Checks the four conditions of a read in HTTP's order of precedence. The names of their headers start
 * with `prefix`: nothing, or `x-amz-copy-source-`. Returns the header by which the client's copy is
 * current, to which GetObject responds with 304.
 */
export function unchangedBy(call: S3Call, object: StoredObject, prefix = ""): string | undefined {
  const header = (name: string) => call.header(`${prefix}${name}`);
  const modified = seconds(object.lastModified);
  const match = header("if-match");
  const unmodifiedSince = dateOf(header("if-unmodified-since"));
  if (match !== undefined) {
    if (!matchesEtag(match, object.etag)) throw preconditionFailed(`${prefix}If-Match`);
  } else if (unmodifiedSince !== undefined && modified > unmodifiedSince) {
    throw preconditionFailed(`${prefix}If-Unmodified-Since`);
  }
  const noneMatch = header("if-none-match");
  if (noneMatch !== undefined) {
    return matchesEtag(noneMatch, object.etag) ? `${prefix}If-None-Match` : undefined;
  }
  const modifiedSince = dateOf(header("if-modified-since"));
  // A date in the future has no effect.
  const isPast = modifiedSince !== undefined && modifiedSince <= seconds(call.account.clock.now());
  return isPast && modified <= modifiedSince ? `${prefix}If-Modified-Since` : undefined;
}

/** Checks the conditions of a write: that the key doesn't exist, or that its object is the expected one. */
export function checkWriteConditions(call: S3Call): void {
  const { object } = call;
  const noneMatch = call.header("if-none-match");
  const match = call.header("if-match");
  if (noneMatch !== undefined && match !== undefined) {
    throw unsupportedHeader(
      "If-Match,If-None-Match",
      "Multiple conditional request headers present in the request",
    );
  }
  if (noneMatch !== undefined && noneMatch !== "*") throw unsupportedCondition("If-None-Match");
  if (match === "*") throw unsupportedCondition("If-Match");
  if (noneMatch !== undefined && object) throw preconditionFailed("If-None-Match");
  if (match === undefined) return;
  if (object === undefined) {
    throw new ServiceError(404, "NoSuchKey", "The specified key does not exist.", {
      details: { Key: call.key },
    });
  }
  if (!matchesEtag(match, object.etag)) throw preconditionFailed("If-Match");
}

/** Refuses to complete an upload on a condition where its key has been written to since it began. */
export function checkNotOvertaken(call: S3Call, { isOvertaken }: MultipartUpload): void {
  const condition = ["If-Match", "If-None-Match"]
    .find((name) => call.header(name.toLowerCase()) !== undefined);
  if (condition === undefined || !isOvertaken) return;
  throw new ServiceError(
    409,
    "ConditionalRequestConflict",
    "The conditional request cannot succeed due to a conflicting operation against this resource.",
    { details: { Condition: condition, Key: call.key } },
  );
}

function unsupportedCondition(header: string): ServiceError {
  return unsupportedHeader(
    header,
    `We don't accept the provided value of ${header} header for this API`,
  );
}

/** A range of bytes, both ends included. */
export interface ByteRange {
  first: number;
  last: number;
}

/**
 * Reads a `Range` header. Anything but one range of bytes is ignored, as HTTP says; so are the last
 * bytes of an object that has none.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, start, end] = /^bytes=(\d*)-(\d*)$/i.exec(header ?? "") ?? [];
  if (start === undefined || end === undefined || (start === "" && end === "")) return undefined;
  const first = start === "" ? Math.max(0, size - Number(end)) : Number(start);
  const last = start === "" || end === "" ? size - 1 : Math.min(Number(end), size - 1);
  if (start !== "" && end !== "" && Number(end) < first) return undefined;
  if (size === 0 && start === "" && Number(end) > 0) return undefined;
  if (first >= size) {
    throw new ServiceError(416, "InvalidRange", "The requested range is not satisfiable", {
      details: { RangeRequested: header!, ActualObjectSize: String(size) },
      headers: { "content-range": `bytes */${size}` },
    });
  }
  return { first, last };
}
