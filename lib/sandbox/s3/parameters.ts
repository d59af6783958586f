/**
 * Refuses headers and parameters of S3's calls that the sandbox doesn't support, so that nothing that
 * a client asks for is silently ignored.
 *
 * @module
 */
import { ServiceError } from "../operation.ts";
import type { S3Call } from "./call.ts";
import { invalidArgument } from "./errors.ts";

function customerKey(prefix: string): string[] {
  return ["algorithm", "key", "key-md5"].map((what) =>
    `${prefix}server-side-encryption-customer-${what}`
  );
}

/** The refused headers, by what they are about. */
export const refusedHeaders: Record<string, readonly string[]> = {
  "encryption with keys of customers": [
    ...customerKey("x-amz-"),
    ...customerKey("x-amz-copy-source-"),
  ],
  "encryption contexts": ["x-amz-server-side-encryption-context"],
  "event holds": [
    "x-amz-object-lock-event-hold",
    "x-amz-object-lock-event-hold-duration-days",
    "x-amz-object-lock-event-hold-duration-years",
  ],
  "annotations": ["x-amz-object-annotation-directive"],
  "deleting with MFA": ["x-amz-mfa"],
  "namespaces of buckets": ["x-amz-bucket-namespace"],
  "tokens of Object Lock": ["x-amz-bucket-object-lock-token"],
  "directory buckets": [
    "x-amz-if-match-initiated-time",
    "x-amz-if-match-last-modified-time",
    "x-amz-if-match-size",
    "x-amz-write-offset-bytes",
  ],
};
const REFUSED = new Set(Object.values(refusedHeaders).flat());

/** Operations that concern what will be an object, of which there are no versions yet. */
export const WITHOUT_VERSION: ReadonlySet<string> = new Set([
  "AbortMultipartUpload",
  "CompleteMultipartUpload",
  "CopyObject",
  "CreateMultipartUpload",
  "ListParts",
  "PutObject",
  "UploadPart",
  "UploadPartCopy",
]);

/** Throws if a request has such a header, or a parameter in its place, or a version where none is taken. */
export function refuseUnsupportedInput(
  { request, parameters, query }: S3Call,
  operation: string,
): void {
  const refused = request.headers.keys().find((name) => REFUSED.has(name)) ??
    parameters.keys().find((name) => REFUSED.has(name));
  if (refused !== undefined) {
    throw new ServiceError(501, "NotImplemented", `${refused} is not part of the sandbox`, {
      details: { Header: refused },
    });
  }
  const versionId = query.get("versionId");
  if (versionId !== null && WITHOUT_VERSION.has(operation)) {
    throw invalidArgument("This operation does not accept a version-id.", "versionId", versionId);
  }
}
