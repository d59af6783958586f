/**
 * The question that `evaluate` answers: a request, the policies that take part, the decision.
 *
 * @module
 */
import type { PolicyDocument } from "./document.ts";
import type { Principal } from "./language/principal.ts";
import type { PublicAccessBlockSettings } from "./public_access.ts";

/** What somebody wants to do. */
export interface AccessRequest {
  /** Who sends the request: an ARN, or what {@linkcode principalOf} makes of one. */
  principal: Principal | string;
  /** The action, such as `s3:GetObject`. */
  action: string;
  /** The ARN that the action is for, or `*` if it has no resource. */
  resource: string;
  /**
   * The account that owns the resource.
   *
   * @default the account in the ARN, otherwise that of the principal
   */
  resourceAccount?: string;
  /**
   * Values of condition keys, whose names may be written in either case. Those that follow from the
   * principal and from the account of the resource, such as `aws:PrincipalArn` and
   * `aws:ResourceAccount`, are known without it.
   */
  context?: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The condition keys of a request that a current program sends over TLS, with their values at this time. */
export function contextAt(
  now: Date,
  { isSigned = true }: { isSigned?: boolean } = {},
): Record<string, string> {
  return {
    "aws:CurrentTime": now.toISOString(),
    "aws:EpochTime": String(Math.floor(now.getTime() / 1000)),
    "aws:SecureTransport": "true",
    "aws:ViaAWSService": "false",
    "s3:TlsVersion": "1.3",
    ...(isSigned && { "s3:signatureversion": "AWS4-HMAC-SHA256", "s3:authType": "REST-HEADER" }),
  };
}

/** A policy document under a name. */
export interface NamedPolicy {
  /** The name, or the ARN of a managed policy. */
  name: string;
  /** The document. Each object is read once, so don't change it afterwards. */
  document: PolicyDocument;
}

/** A policy of a user or role: one of its own, a managed one, or one of a group. */
export interface IdentityPolicy extends NamedPolicy {
  /** How it applies to the user or role. */
  type: "inline" | "attached" | "group";
}

/** The policy of the resource that a request is for. */
export interface ResourcePolicy extends NamedPolicy {
  /**
   * What the policy is. A role's trust policy and the policy of a KMS key must allow each request,
   * a bucket policy only those from other accounts. `acl` is an access control list written as a
   * policy, which S3 asks in addition to the bucket policy.
   */
  type: "bucket" | "trust" | "key" | "acl";
}

/** The setting of a public access block that takes part in a decision. */
export type RestrictPublicBuckets = Partial<
  Pick<PublicAccessBlockSettings, "RestrictPublicBuckets">
>;

/** Everything that takes part in a decision. What is omitted does not exist. */
export interface AccessPolicies {
  /** The policies of the user or role. */
  identity?: readonly IdentityPolicy[];
  /** The permissions boundary of the user or role. */
  permissionsBoundary?: NamedPolicy;
  /** The policies that a session was made with; none is not the same as an empty list. */
  session?: readonly NamedPolicy[];
  /** The policy of the resource. */
  resource?: ResourcePolicy;
  /** The public access blocks of the bucket and of its account. */
  publicAccessBlock?: { bucket?: RestrictPublicBuckets; account?: RestrictPublicBuckets };
  /**
   * Service control policies of the caller's organization: a list for each level, from the root
   * through the organizational units to the account. Each level must allow.
   */
  serviceControl?: readonly (readonly NamedPolicy[])[];
  /** Resource control policies of the organization of the resource's account, in the same way. */
  resourceControl?: readonly (readonly NamedPolicy[])[];
}

/** The kinds of policies that can decide a request. */
export type PolicyType =
  | IdentityPolicy["type"]
  | ResourcePolicy["type"]
  | "permissions-boundary"
  | "session"
  | "service-control"
  | "resource-control";

/** What must allow a request. */
export type Layer =
  | "identity"
  | "permissions-boundary"
  | "session"
  | "resource"
  | "public-access-block"
  | "service-control"
  | "resource-control";

/** A statement that applies to a request. */
export interface MatchedStatement {
  /** The kind of its policy. */
  type: PolicyType;
  /** The name of its policy. */
  name: string;
  /** Its place among the policy's statements, from 0. */
  statement: number;
  /** Its Sid, if it has one. */
  sid: string | undefined;
  /** What it does. */
  effect: "Allow" | "Deny";
}

/** The decision on a request, and the reasons for it. */
export interface Decision {
  /** `implicitDeny` where nothing denies, but something that must allow doesn't. */
  decision: "allowed" | "explicitDeny" | "implicitDeny";
  /** Every statement that applies to the request, whether or not it decides. */
  statements: readonly MatchedStatement[];
  /** What should have allowed the request first; only of an `implicitDeny`. */
  missing: Layer | undefined;
}
