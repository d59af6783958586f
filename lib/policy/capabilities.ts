/**
 * What somebody can do with a bucket, in words rather than actions.
 *
 * @module
 */
import type { AccessPolicies, AccessRequest } from "./access.ts";
import { knownValues } from "./evaluate.ts";
import { covers, keyPatterns, type KeySample, keySamples, prefixPatterns } from "./key_samples.ts";
import { evaluatePartly, type UnreadPolicy } from "./unread.ts";

/** What can be done with a bucket and its objects. */
export type CapabilityName =
  | "list"
  | "read"
  | "write"
  | "delete"
  | "acl"
  | "tags"
  | "versions"
  | "bucket-settings"
  | "delete-bucket";

/** What an action is for: the bucket, a listing of it, or its objects. */
type Scope = "bucket" | "listing" | "objects";

const CAPABILITIES: Readonly<Record<CapabilityName, readonly (readonly [string, Scope])[]>> = {
  "list": [["s3:ListBucket", "listing"]],
  "read": [["s3:GetObject", "objects"]],
  "write": [["s3:PutObject", "objects"]],
  "delete": [["s3:DeleteObject", "objects"]],
  "acl": [["s3:GetObjectAcl", "objects"], ["s3:PutObjectAcl", "objects"]],
  "tags": [["s3:GetObjectTagging", "objects"], ["s3:PutObjectTagging", "objects"]],
  "versions": [
    ["s3:ListBucketVersions", "listing"],
    ["s3:GetObjectVersion", "objects"],
    ["s3:DeleteObjectVersion", "objects"],
  ],
  "bucket-settings": [
    ["s3:PutBucketPolicy", "bucket"],
    ["s3:PutBucketPublicAccessBlock", "bucket"],
    ["s3:PutBucketOwnershipControls", "bucket"],
    ["s3:PutBucketAcl", "bucket"],
    ["s3:PutBucketCORS", "bucket"],
    ["s3:PutBucketWebsite", "bucket"],
    ["s3:PutBucketVersioning", "bucket"],
    ["s3:PutEncryptionConfiguration", "bucket"],
    ["s3:PutLifecycleConfiguration", "bucket"],
  ],
  "delete-bucket": [["s3:DeleteBucket", "bucket"]],
};

/** The actions that capabilities are made of. */
export const CAPABILITY_ACTIONS: readonly string[] = Object.values(CAPABILITIES).flat()
  .map(([action]) => action);

/** The keys for which an action is allowed. */
export interface GrantedAction {
  /** The action. */
  action: string;
  /** Patterns of the keys, or of the prefixes that may be listed; `*` for all, and for a bucket's actions. */
  keys: string[];
  /** Patterns of the keys among them for which it isn't. */
  except: string[];
}

/** What can be done. */
export interface Capability {
  /** What it is. */
  name: CapabilityName;
  /** `some` if it depends on the action or the key, `unknown` on a policy that could not be read. */
  answer: "yes" | "no" | "some" | "unknown";
  /** The actions that are allowed for some keys or for all. */
  granted: GrantedAction[];
}

/** The documents of all policies that take part. */
export function documentsOf(policies: AccessPolicies): unknown[] {
  const { identity = [], permissionsBoundary, session = [], resource } = policies;
  const { serviceControl = [], resourceControl = [] } = policies;
  const named = [
    ...identity,
    ...session,
    ...serviceControl.flat(),
    ...resourceControl.flat(),
    ...(permissionsBoundary ? [permissionsBoundary] : []),
    ...(resource ? [resource] : []),
  ];
  return named.map(({ document }) => document);
}

/** Sorts out for which samples something is allowed. */
function granted(
  action: string,
  samples: readonly KeySample[],
  isAllowed: (key: string) => boolean,
): GrantedAction {
  const allowed = samples.filter(({ key }) => isAllowed(key)).map(({ pattern }) => pattern);
  const denied = samples.map(({ pattern }) => pattern).filter((one) => !allowed.includes(one));
  const widest = (patterns: readonly string[]) =>
    patterns.filter((one) =>
      !patterns.some((other) => other !== one && covers(other, one) && !covers(one, other))
    );
  const isWithin = (one: string) => allowed.some((other) => covers(other, one));
  return { action, keys: widest(allowed), except: widest(denied.filter(isWithin)) };
}

/** What a capability is asked about. */
export interface CapabilityOptions {
  /** The bucket's name. */
  bucket: string;
  /** One key instead of all; what is about the bucket is then omitted. */
  key?: string;
  /**
   * The partition of the bucket.
   *
   * @default {"aws"}
   */
  partition?: string;
  /** Policies that take part and could not be read. */
  unread?: readonly UnreadPolicy[];
}

/**
 * Finds out what somebody can do with a bucket: for all of its keys, for some, or for none.
 *
 * The policies are evaluated for one key of each of their patterns and of what each two patterns have in
 * common, so an answer is no proof where three or more patterns overlap.
 *
 * @param request who asks, and the values of condition keys
 * @param policies everything that takes part
 * @param options the bucket, and perhaps one key
 * @returns the capabilities, in a fixed order
 *
 * @example One directory
 * ```ts
 * import { bucketsPolicy, capabilities } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const document = bucketsPolicy(["logs"], { permission: "read-only", prefix: "2026/" });
 * const [list, read, write] = capabilities(
 *   { principal: "arn:aws:iam::123456789012:user/reader" },
 *   { identity: [{ type: "inline", name: "s3.read-only.logs", document }] },
 *   { bucket: "logs" },
 * );
 * assert.equal(list?.answer, "some");
 * assert.deepEqual(read?.granted, [{ action: "s3:GetObject", keys: ["2026/*"], except: [] }]);
 * assert.equal(write?.answer, "no");
 * ```
 */
export function capabilities(
  request: Omit<AccessRequest, "action" | "resource">,
  policies: AccessPolicies,
  { bucket, key, partition = "aws", unread = [] }: CapabilityOptions,
): Capability[] {
  const arn = `arn:${partition}:s3:::${bucket}`;
  const documents = documentsOf(policies);
  const context = knownValues(request);
  const keys = key === undefined
    ? keySamples(keyPatterns(documents, bucket, context))
    : [{ pattern: key, key }];
  const prefixes = keySamples(prefixPatterns(documents, context));
  let isUnknown = false;
  const isAllowed = (action: string, resource: string, more: AccessRequest["context"] = {}) => {
    const one = { ...request, action, resource, context: { ...request.context, ...more } };
    const { decision } = evaluatePartly(one, policies, unread);
    if (decision === "unknown") isUnknown = true;
    return decision === "allowed";
  };
  const ask = (action: string, scope: Scope): GrantedAction => {
    switch (scope) {
      case "bucket":
        return granted(action, [{ pattern: "*", key: "" }], () => isAllowed(action, arn));
      case "listing":
        // Everything is listed without a prefix.
        return granted(action, prefixes, (prefix) => {
          const isAll = prefix === prefixes[0]!.key;
          return isAllowed(action, arn, isAll ? {} : { "s3:prefix": prefix });
        });
      case "objects":
        return granted(action, keys, (one) => isAllowed(action, `${arn}/${one}`));
    }
  };
  return (Object.entries(CAPABILITIES) as [CapabilityName, typeof CAPABILITIES["list"]][])
    .flatMap(([name, actions]): Capability[] => {
      const relevant = actions.filter(([, scope]) => key === undefined || scope === "objects");
      if (relevant.length === 0) return [];
      isUnknown = false;
      const answers = relevant.map(([action, scope]) => ask(action, scope));
      const whole = key ?? "*";
      const isWhole = (one: GrantedAction) => one.keys.includes(whole) && one.except.length === 0;
      const some = answers.filter((one) => one.keys.length > 0);
      const answer = answers.every(isWhole) ? "yes" : some.length === 0 ? "no" : "some";
      return [{ name, answer: isUnknown ? "unknown" : answer, granted: some }];
    });
}

/** The names of the buckets that policies speak of without a wildcard, each once. */
export function namedBuckets(policies: AccessPolicies): string[] {
  const found = JSON.stringify(documentsOf(policies))
    .matchAll(/arn:[^:"]*:s3:::([a-z\d][a-z\d.-]{1,61}[a-z\d])(?=["/])/gi);
  return [...new Set([...found].map(([, name]) => name!))];
}
