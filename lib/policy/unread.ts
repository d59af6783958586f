/**
 * Decisions where not every policy could be read.
 *
 * @module
 */
import type { AccessPolicies, AccessRequest, Decision, Layer, MatchedStatement } from "./access.ts";
import { evaluate } from "./evaluate.ts";

/** A policy that takes part and could not be read, or that nobody can read. */
export interface UnreadPolicy {
  /** What it belongs to. */
  layer: Layer;
  /** What it is, such as `the inline policies of user alice`. */
  what: string;
}

/** A decision that may depend on what could not be read. */
export interface PartialDecision {
  /** `unknown` if what could not be read may allow and may deny. */
  decision: Decision["decision"] | "unknown";
  /** Every known statement that applies to the request. */
  statements: readonly MatchedStatement[];
  /** What should have allowed the request first; only of an `implicitDeny`. */
  missing: Layer | undefined;
}

const UNREAD_NAME = "could not be read";

function everything(Effect: "Allow" | "Deny", isForResource: boolean) {
  return {
    name: UNREAD_NAME,
    document: {
      Version: "2012-10-17",
      Statement: [{
        Effect,
        ...(isForResource && { Principal: "*" }),
        Action: "*",
        Resource: "*",
      }],
    },
  };
}

const ALLOW = everything("Allow", false);
const DENY = everything("Deny", false);
const ALLOW_ALL_CALLERS = everything("Allow", true);
const DENY_ALL_CALLERS = everything("Deny", true);

/** The policies, as if each that could not be read allowed everything, or denied everything. */
function assuming(
  policies: AccessPolicies,
  unread: readonly UnreadPolicy[],
  isGenerous: boolean,
): AccessPolicies {
  const assumed: AccessPolicies = { ...policies };
  const policy = isGenerous ? ALLOW : DENY;
  for (const { layer } of unread) {
    switch (layer) {
      case "identity":
        assumed.identity = [...assumed.identity ?? [], { type: "inline", ...policy }];
        break;
      case "permissions-boundary":
        assumed.permissionsBoundary = isGenerous ? undefined : DENY;
        break;
      case "session":
        assumed.session = [policy];
        break;
      case "resource":
        assumed.resource = {
          type: policies.resource?.type ?? "bucket",
          ...(isGenerous ? ALLOW_ALL_CALLERS : DENY_ALL_CALLERS),
        };
        break;
      case "public-access-block":
        assumed.publicAccessBlock = { bucket: { RestrictPublicBuckets: !isGenerous } };
        break;
      case "service-control":
        assumed.serviceControl = [...assumed.serviceControl ?? [], [policy]];
        break;
      case "resource-control":
        assumed.resourceControl = [
          ...assumed.resourceControl ?? [],
          [isGenerous ? ALLOW_ALL_CALLERS : DENY_ALL_CALLERS],
        ];
    }
  }
  return assumed;
}

const isKnown = ({ name }: MatchedStatement): boolean => name !== UNREAD_NAME;

/**
 * Decides a request as {@linkcode evaluate} does, though some policies could not be read: the decision is
 * `unknown` where they could make a difference.
 *
 * @param request who wants to do what
 * @param policies what could be read
 * @param unread what could not
 * @returns the decision
 *
 * @example A session policy, which nobody can read
 * ```ts
 * import { bucketsPolicy, evaluatePartly } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const document = bucketsPolicy(["logs"], { permission: "read-only" });
 * const may = (action: string) =>
 *   evaluatePartly(
 *     {
 *       principal: "arn:aws:sts::123456789012:assumed-role/reader/monday",
 *       action,
 *       resource: "arn:aws:s3:::logs/2026.txt",
 *     },
 *     { identity: [{ type: "inline", name: "p", document }] },
 *     [{ layer: "session", what: "the session policy" }],
 *   ).decision;
 * assert.equal(may("s3:GetObject"), "unknown");
 * assert.equal(may("s3:PutObject"), "implicitDeny");
 * ```
 */
export function evaluatePartly(
  request: AccessRequest,
  policies: AccessPolicies,
  unread: readonly UnreadPolicy[],
): PartialDecision {
  if (unread.length === 0) return evaluate(request, policies);
  const best = evaluate(request, assuming(policies, unread, true));
  const worst = evaluate(request, assuming(policies, unread, false));
  const known = best.statements.filter(isKnown);
  if (best.decision !== "allowed") return { ...best, statements: known };
  if (worst.decision === "allowed") return { ...best, statements: known };
  return { decision: "unknown", statements: known, missing: undefined };
}
