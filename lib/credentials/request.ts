/**
 * Checks what `create` is asked for, before anything is planned or sent.
 *
 * @module
 */
import { checkPermission, prefixPattern } from "../policy/build.ts";
import type { CreateRequest } from "./types.ts";
import { checkDuration } from "../time.ts";
import { asUsageError, InvalidInput } from "../errors.ts";
import { checkArn, checkBucketName, checkUserName } from "../names.ts";

/** What would silently not count if both were given. */
const CONTRADICTIONS: [keyof CreateRequest, keyof CreateRequest][] = [
  ["policy", "prefix"],
  ["duration", "username"],
  ["duration", "userPermissionsBoundary"],
];

/**
 * Checks a request in itself: names, numbers, and fields that contradict each other.
 *
 * @param request what shall be created
 * @returns the same, with each bucket once
 * @throws {S3CredentialsError} `usage` if it makes no sense; the message says why
 *
 * @example A typing mistake
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkedRequest } from "./request.ts";
 *
 * assert.deepEqual(checkedRequest({ buckets: ["photos", "photos"] }), { buckets: ["photos"] });
 * assert.throws(() => checkedRequest({ buckets: ["photos/*"] }), { code: "usage" });
 * assert.throws(() => checkedRequest({ buckets: [] }), { code: "usage" });
 * ```
 */
export function checkedRequest(request: CreateRequest): CreateRequest {
  asUsageError(() => check(request));
  return { ...request, buckets: [...new Set(request.buckets)] };
}

function check(request: CreateRequest): void {
  const { buckets, permission, prefix, duration, roleArn, username } = request;
  if (!Array.isArray(buckets) || buckets.length === 0) {
    throw new InvalidInput("No bucket is named: credentials without one would be good for nothing");
  }
  for (const bucket of buckets) checkBucketName(bucket);
  for (const [one, other] of CONTRADICTIONS) {
    if (request[one] !== undefined && request[other] !== undefined) {
      throw new InvalidInput(`${one} and ${other} cannot be used together`);
    }
  }
  if (request.policy !== undefined && permission !== undefined && permission !== "read-write") {
    throw new InvalidInput(`policy and permission ${permission} cannot be used together`);
  }
  if (roleArn !== undefined && duration === undefined) {
    throw new InvalidInput("roleArn needs duration");
  }
  if (permission !== undefined) checkPermission(permission);
  if (prefix !== undefined) prefixPattern(prefix);
  if (duration !== undefined) checkDuration(duration);
  if (roleArn !== undefined) checkArn(roleArn, "role");
  if (username !== undefined) checkUserName(username);
  const boundary = request.userPermissionsBoundary;
  if (boundary !== undefined && boundary !== "none") checkArn(boundary, "policy");
}
