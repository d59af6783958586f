/**
 * Decides whether a caller has a permission, by the policies of the account, and words denials as
 * AWS does.
 *
 * @module
 */
import type {
  AccessPolicies,
  AccessRequest,
  Decision,
  IdentityPolicy,
  Layer,
  NamedPolicy,
  PolicyType,
  ResourcePolicy,
} from "../../policy/access.ts";
import { findAction } from "../../policy/actions.ts";
import { asList, type PolicyDocument } from "../../policy/document.ts";
import { evaluate } from "../../policy/evaluate.ts";
import type { Principal } from "../../policy/language/principal.ts";
import type { Account, Group, Role, User } from "../account.ts";
import { accountIdIn, ownerOfBucket } from "../accounts.ts";
import { identify, principalContext } from "../caller.ts";
import { aclPolicy } from "./acl_policy.ts";
import type { Caller, NeededPermission } from "../operation.ts";
import type { SessionPolicies } from "../sts/session.ts";

/** Condition keys and values that come from the request rather than from its caller. */
export type RequestContext = Record<string, string>;

/** Why a caller may or may not do something. */
export interface Authorization {
  /** What the policies say; `undefined` if they could not be asked. */
  decision: Decision | undefined;
  /** Why not, in AWS's words; `undefined` if the caller may. */
  denial: string | undefined;
}

const ALLOW_NOTHING: PolicyDocument = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }],
};
/** What the root user may do, which has no policies. */
const ALLOW_EVERYTHING: PolicyDocument = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
};

/**
 * Decides on a permission of a caller of that account, on something in the same or in another one.
 * `request` holds condition keys such as `aws:SourceIp`.
 */
export function authorize(
  permission: NeededPermission,
  signer: Caller,
  account: Account,
  request: RequestContext,
): Authorization {
  // A provider vouches for somebody who need not be the signer of the request, if there is one.
  const caller: Caller = permission.provider === undefined ? signer : { type: "anonymous" };
  if (caller.type === "root" && permission.action === "sts:AssumeRole") {
    return { decision: undefined, denial: "Roles may not be assumed by root accounts." };
  }
  const refusal = (why: string) => refusalOf(permission, caller, account, why);
  const origin = limitingOrigin(caller, permission.action);
  if (origin !== undefined) {
    return { decision: undefined, denial: refusal(`because its keys are those of ${origin}`) };
  }
  const facts = findAction(permission.action);
  if (facts === undefined) {
    return { decision: undefined, denial: refusal("because AWS does not have this action") };
  }
  try {
    const question: AccessRequest = {
      principal: principalOf(caller, account, permission.provider),
      action: permission.action,
      resource: facts.resources.length === 0 ? "*" : permission.resource,
      resourceAccount: permission.objectOwner ?? ownerOf(permission, account),
      context: contextOf(permission, caller, account, request),
    };
    const policies = policiesOf(permission, caller, account);
    const decision = evaluate(question, policies);
    if (decision.decision === "implicitDeny") {
      const acl = aclOf(permission, caller, account);
      const byAcl = acl && evaluate(question, { ...policies, resource: acl });
      if (byAcl?.decision === "allowed") return { decision: byAcl, denial: undefined };
    }
    const isAllowed = decision.decision === "allowed";
    return { decision, denial: isAllowed ? undefined : refusal(reason(decision, permission)) };
  } catch (error) {
    // Such as a document that a test has put into the account as it is.
    const message = error instanceof Error ? error.message : String(error);
    return { decision: undefined, denial: refusal(`because a policy is invalid (${message})`) };
  }
}

/** The STS operation of the caller's keys, if such keys can't call this action whatever the policies say. */
function limitingOrigin(caller: Caller, action: string): string | undefined {
  const isIam = action.startsWith("iam:");
  const isSts = action.startsWith("sts:");
  if (caller.type === "federated") return isIam || isSts ? "GetFederationToken" : undefined;
  if (caller.type === "session" || caller.type === "anonymous" || !caller.session) return undefined;
  const isLimited = isSts ? action !== "sts:AssumeRole" : isIam && !caller.session.isMfaPresent;
  return isLimited ? "GetSessionToken" : undefined;
}

function principalOf(caller: Caller, account: Account, provider?: string): Principal {
  if (provider !== undefined) return { type: "web-identity", provider };
  const identity = identify(caller, account);
  if (identity === undefined || caller.type === "anonymous") return { type: "anonymous" };
  const { arn, userId: id } = identity;
  const { canonicalUserId } = account;
  const common = { arn, id, canonicalUserId };
  if (caller.type === "session") {
    const { role, webIdentity } = caller.session;
    const federated = webIdentity && { provider: webIdentity.provider };
    return { type: "session", ...common, roleArn: role.arn, ...federated };
  }
  if (caller.type === "federated") {
    return { type: "federated", ...common, ...(caller.user && { userArn: caller.user.arn }) };
  }
  return { type: caller.type, ...common };
}

function contextOf(
  permission: NeededPermission,
  caller: Caller,
  account: Account,
  request: RequestContext,
): Record<string, string | string[]> {
  return {
    ...request,
    ...principalContext(caller),
    "aws:ResourceAccount": ownerOf(permission, account),
    ...resourceTags(permission, account),
    // Where the sandbox stands in for HTTPS, it does so for the version that clients use.
    ...(request["aws:SecureTransport"] === "true" && { "s3:TlsVersion": "1.3" }),
    ...permission.context,
  };
}

/** The tags of what a permission is for: a user, a role, an instance profile and so on. */
function resourceTags(
  permission: NeededPermission,
  account: Account,
): Record<string, string> {
  const { resource } = permission;
  const owner = account.accounts.get(ownerOf(permission, account));
  if (!resource.includes(":iam::") || owner === undefined) return {};
  const name = resource.slice(resource.lastIndexOf("/") + 1);
  const found = [
    owner.users.get(name),
    owner.roles.get(name),
    owner.policies.get(resource),
    owner.oidcProviders.get(resource),
    owner.instanceProfiles.get(name),
  ].find((entity) => entity?.arn === resource);
  const tags = found?.tags ?? owner.virtualMfaDevices.get(resource)?.tags ?? [];
  return Object.fromEntries(
    tags.flatMap(({ key, value }) => [
      [`aws:ResourceTag/${key}`, value],
      [`iam:ResourceTag/${key}`, value],
    ]),
  );
}

function policiesOf(
  { bucket, objectOwner, resourcePolicy: trustPolicy, keyPolicy }: NeededPermission,
  caller: Caller,
  account: Account,
): AccessPolicies {
  const policies: AccessPolicies = {};
  if (caller.type === "user") addPoliciesOf(caller.user, account, policies);
  if (caller.type === "session") {
    addPoliciesOf(caller.session.role, account, policies);
    addSessionPolicies(caller.session, account, policies);
  }
  if (caller.type === "federated") {
    if (caller.user) addPoliciesOf(caller.user, account, policies);
    else policies.identity = [{ type: "inline", name: "root", document: ALLOW_EVERYTHING }];
    addSessionPolicies(caller.federation, account, policies);
  }
  if (trustPolicy !== undefined) {
    policies.resource = { type: "trust", name: "trust policy", document: documentOf(trustPolicy) };
  } else if (keyPolicy !== undefined) {
    policies.resource = { type: "key", name: "key policy", document: documentOf(keyPolicy) };
  } else if (bucket?.policy !== undefined) {
    const isOthers = objectOwner !== undefined && objectOwner !== bucket.ownerAccountId;
    const document = isOthers ? denialsOf(bucket.policy) : documentOf(bucket.policy);
    if (document) policies.resource = { type: "bucket", name: bucket.name, document };
    policies.publicAccessBlock = {
      bucket: bucket.publicAccessBlock,
      account: account.accounts.get(bucket.ownerAccountId)?.publicAccessBlock,
    };
  }
  return policies;
}

/** The ACL that is asked where the policies grant nothing; what they deny, it can't grant. */
function aclOf(
  permission: NeededPermission,
  caller: Caller,
  account: Account,
): ResourcePolicy | undefined {
  const { bucket, resource } = permission;
  if (bucket === undefined) return undefined;
  const blocks = [bucket.publicAccessBlock, ownerOfBucket(bucket, account)?.publicAccessBlock];
  const ignoresPublicAcls = blocks.some((block) => block?.IgnorePublicAcls === true);
  const document = aclPolicy(permission, caller, ignoresPublicAcls);
  return document && { type: "acl", name: resource, document };
}

/** The policies of a user, with those of its groups, or of a role. */
export function identityPolicies(
  principal: User | Role | Group,
  account: Account,
): IdentityPolicy[] {
  const groups = "groups" in principal
    ? [...principal.groups].flatMap((name) => account.groups.get(name) ?? [])
    : [];
  return [
    ...policiesOn(principal, "inline", "attached", account),
    ...groups.flatMap((group) => policiesOn(group, "group", "group", account)),
  ];
}

function policiesOn(
  principal: User | Role | Group,
  inline: IdentityPolicy["type"],
  attached: IdentityPolicy["type"],
  account: Account,
): IdentityPolicy[] {
  return [
    ...[...principal.inlinePolicies]
      .filter(([name]) => account.visibility.sees(principal, name))
      .map(([name, text]) => ({ type: inline, name, document: documentOf(text) })),
    ...[...principal.attachedPolicies]
      .map((arn) => ({ type: attached, ...managedPolicy(arn, account) })),
  ];
}

function addPoliciesOf(
  principal: User | Role,
  account: Account,
  policies: AccessPolicies,
): void {
  policies.identity = identityPolicies(principal, account);
  const boundary = principal.permissionsBoundary;
  if (boundary !== undefined) policies.permissionsBoundary = managedPolicy(boundary, account);
}

function addSessionPolicies(
  { policy, policyArns = [] }: SessionPolicies,
  account: Account,
  policies: AccessPolicies,
): void {
  const session = policyArns.map((arn) => managedPolicy(arn, account));
  if (policy !== undefined) session.unshift({ name: "Policy", document: documentOf(policy) });
  if (session.length > 0) policies.session = session;
}

/** A managed policy by its ARN, as the policy engine takes it. */
export function managedPolicy(arn: string, account: Account): NamedPolicy {
  const policy = account.policies.get(arn);
  const text = policy?.versions.get(policy.defaultVersionId)?.document;
  return { name: arn, document: text === undefined ? ALLOW_NOTHING : documentOf(text) };
}

const MAX_DOCUMENTS = 1000;
const documents = new Map<string, PolicyDocument>();

/** Parses a policy; the same text gives the same object, which the policy engine compiles once. */
function documentOf(text: string): PolicyDocument {
  const known = documents.get(text);
  if (known !== undefined) return known;
  if (documents.size >= MAX_DOCUMENTS) documents.clear();
  const document = JSON.parse(text);
  documents.set(text, document);
  return document;
}

/** What of a bucket policy applies to objects of other accounts: it can deny access, not allow it. */
function denialsOf(text: string): PolicyDocument | undefined {
  const document = documentOf(text);
  const Statement = asList(document.Statement).filter(({ Effect }) => Effect === "Deny");
  return Statement.length === 0
    ? undefined
    : documentOf(JSON.stringify({ ...document, Statement }));
}

/** The id of the account of what a permission is for: the caller's own unless something names another. */
function ownerOf({ bucket, resource }: NeededPermission, account: Account): string {
  return bucket?.ownerAccountId ?? accountIdIn(resource) ?? account.id;
}

/** Callers from outside the account are not told why; by S3 only that access is denied. */
function refusalOf(
  permission: NeededPermission,
  caller: Caller,
  account: Account,
  why: string,
): string {
  const { action, resource, provider } = permission;
  const identity = identify(caller, account);
  const isS3 = action.startsWith("s3:");
  const isOurs = ownerOf(permission, account) === account.id;
  if (provider !== undefined) return `Not authorized to perform ${action}`;
  if (identity === undefined || (isS3 && !isOurs)) return "Access Denied";
  const quoted = isS3 ? `"${resource}"` : resource;
  const text =
    `User: ${identity.arn} is not authorized to perform: ${action} on resource: ${quoted}`;
  return isOurs ? `${text} ${why}` : text;
}

/** The kinds of policies in AWS's words; a denial names the first that applies. */
const KINDS: [name: string, types: PolicyType[]][] = [
  ["an identity-based policy", ["inline", "attached", "group"]],
  ["a resource-based policy", ["bucket", "trust", "key"]],
  ["a permissions boundary", ["permissions-boundary"]],
  ["a session policy", ["session"]],
];

const LAYERS: Partial<Record<Layer, string>> = {
  "identity": "identity-based policy",
  "resource": "resource-based policy",
  "permissions-boundary": "permissions boundary",
  "session": "session policy",
};

function reason({ statements, missing }: Decision, { action }: NeededPermission): string {
  const denying = statements.filter(({ effect }) => effect === "Deny").map(({ type }) => type);
  const kind = KINDS.find(([, types]) => types.some((type) => denying.includes(type)));
  if (missing === undefined && kind) return `with an explicit deny in ${kind[0]}`;
  if (missing === "public-access-block") {
    return "because public access is blocked by the RestrictPublicBuckets setting";
  }
  return `because no ${LAYERS[missing ?? "identity"]} allows the ${action} action`;
}
