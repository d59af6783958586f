/**
 * Policy documents and what they mean: make them, and ask what they allow. No SDK is loaded, nothing
 * is sent.
 *
 * @example What may this key do?
 * ```ts
 * import { bucketsPolicy, evaluate } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const { decision, statements } = evaluate({
 *   principal: "arn:aws:iam::123456789012:user/reader",
 *   action: "s3:ListBucket",
 *   resource: "arn:aws:s3:::logs",
 *   context: { "s3:prefix": "2026/" },
 * }, {
 *   identity: [{
 *     type: "inline",
 *     name: "s3.read-only.logs",
 *     document: bucketsPolicy(["logs"], { permission: "read-only", prefix: "2026/" }),
 *   }],
 * });
 * assert.equal(decision, "allowed");
 * assert.equal(statements[0]?.statement, 1);
 * ```
 *
 * @module
 */
// Making policies.
export type { Partition } from "../partitions.ts";
export { type PolicyDocument, type PolicyStatement } from "./document.ts";
export { type BucketPolicyOptions, bucketsPolicy, publicBucketPolicy } from "./build.ts";
export {
  type Grant,
  type GrantActions,
  grantActions,
  grantsPolicy,
  parseGrant,
  type Permission,
  type PermissionOptions,
} from "./grants.ts";
export { prefixWarnings } from "./prefix.ts";
export { packPolicy } from "./pack.ts";
export { findPreset, type Preset, presetGrants, presets } from "./presets/presets.ts";
export { presetConfiguration } from "./presets/configurations.ts";
export { joinPolicies } from "./merge.ts";
export { expandPolicyTemplate, parsePolicyTemplate, parseStatement } from "./template.ts";

// What policies decide.
export type {
  AccessPolicies,
  AccessRequest,
  Decision,
  IdentityPolicy,
  Layer,
  MatchedStatement,
  NamedPolicy,
  PolicyType,
  ResourcePolicy,
  RestrictPublicBuckets,
} from "./access.ts";
export {
  capabilities,
  type Capability,
  type CapabilityName,
  type CapabilityOptions,
  type GrantedAction,
} from "./capabilities.ts";
export { evaluate } from "./evaluate.ts";
export { evaluatePartly, type PartialDecision, type UnreadPolicy } from "./unread.ts";
export {
  type AccountPrincipal,
  type AnonymousPrincipal,
  type FederatedPrincipal,
  type Principal,
  principalOf,
  type RootPrincipal,
  type ServicePrincipal,
  type SessionPrincipal,
  type UserPrincipal,
  type WebIdentityPrincipal,
} from "./language/principal.ts";
export { checkPolicy, type PolicyUse } from "./language/statement.ts";

// Who can read a bucket.
export {
  type AclGrant,
  type PublicAccessBlockSettings,
  type PublicAccessFacts,
  publicAccessVerdict,
} from "./public_access.ts";

// What is wrong with policies.
export { ACTIONS_UPDATED } from "./actions.ts";
export type { Finding, FindingCode, LintType } from "./lint/finding.ts";
export { lint, type LintOptions } from "./lint/lint.ts";
