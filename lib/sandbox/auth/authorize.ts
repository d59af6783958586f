/**
 * Decides whether a caller may do what an operation needs, as AWS would: identity policies,
 * permissions boundary, session policy, bucket or trust policy, and public access block.
 *
 * @module
 */
import {
  anonymousPrincipal,
  isWildcardOnlyAction,
  runSimulation,
  type RunSimulationResults,
  type Simulation,
} from "@cloud-copilot/iam-simulate";
import type { Account, Bucket, Role, User } from "../account.ts";
import { identify, principalContext } from "../caller.ts";
import { hasValidConditions, withComparableDates } from "./conditions.ts";
import { spellingFor } from "./engine_spelling.ts";
import type { Caller, NeededPermission } from "../operation.ts";
import { withPlainPrincipals } from "./principals.ts";
import { isPublicPolicy } from "./public_policy.ts";

export { isPublicPolicy } from "./public_policy.ts";

/** Condition keys and values that come from the request rather than from its caller. */
export type RequestContext = Record<string, string>;

interface NamedPolicy {
  name: string;
  policy: unknown;
}

type Analysis = Extract<RunSimulationResults, { resultType: "single" }>["result"]["analysis"];

const ALLOW_ALL: NamedPolicy = {
  name: "Root",
  policy: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] },
};
const ALLOW_NOTHING = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }],
};

/** The root user can always mend a bucket policy that locks everyone out. */
const ROOT_CANNOT_BE_DENIED = new Set([
  "s3:GetBucketPolicy",
  "s3:PutBucketPolicy",
  "s3:DeleteBucketPolicy",
]);

/**
 * Says why a caller may not do something, in AWS's words, or `undefined` if he may.
 *
 * @param permission What is asked for.
 * @param caller Who asks.
 * @param account The account that the caller belongs to.
 * @param request Values of condition keys such as `aws:SourceIp`.
 */
export async function denial(
  permission: NeededPermission,
  caller: Caller,
  account: Account,
  request: RequestContext,
): Promise<string | undefined> {
  if (caller.type === "root") {
    if (permission.action === "sts:AssumeRole") return "Roles may not be assumed by root accounts.";
    if (ROOT_CANNOT_BE_DENIED.has(permission.action) && isOurs(permission.bucket, account)) return;
  }
  const refusal = refusalOf(permission, caller, account);
  let result: RunSimulationResults;
  try {
    result = await simulate(permission, caller, account, request);
  } catch (error) {
    return refusal(`because the request cannot be evaluated (${messageOf(error)})`);
  }
  if (result.resultType === "error") {
    const errors = JSON.stringify(result.errors);
    return refusal(`because the request or a policy cannot be evaluated (${errors})`);
  }
  if (result.resultType === "wildcard") {
    return refusal("because the resource reads as a pattern");
  }
  const { analysis } = result.result;
  const isAllowed = result.overallResult === "Allowed" || isGrantedToCaller(analysis, permission);
  if (isAllowed && !isTrustBeyondBoundary(analysis, permission)) return;
  return refusal(reason(analysis, permission));
}

/**
 * Whether the bucket policy of the caller's account grants to the very caller. What identity
 * policy, boundary and session policy leave out doesn't limit that, only what they deny.
 */
function isGrantedToCaller(analysis: Analysis, { bucket }: NeededPermission): boolean {
  const { resourceAnalysis: resource } = analysis;
  const limits = [
    analysis.identityAnalysis,
    analysis.permissionBoundaryAnalysis,
    analysis.sessionAnalysis,
  ];
  return bucket !== undefined && analysis.sameAccount && resource?.result === "Allowed" &&
    resource.allowStatements.some(({ principalMatch }) => principalMatch === "Match") &&
    limits.every((limit) => limit?.result !== "ExplicitlyDenied");
}

/** A trust policy, other than a bucket policy, does not lift a boundary from whom it names. */
function isTrustBeyondBoundary(analysis: Analysis, { resourcePolicy }: NeededPermission): boolean {
  return resourcePolicy !== undefined &&
    analysis.permissionBoundaryAnalysis?.result === "ImplicitlyDenied";
}

async function simulate(
  permission: NeededPermission,
  caller: Caller,
  account: Account,
  request: RequestContext,
): Promise<RunSimulationResults> {
  const accountId = permission.bucket?.ownerAccountId ?? account.id;
  const context = {
    ...request,
    ...principalContext(caller, account),
    "aws:ResourceAccount": accountId,
    // Where the sandbox stands in for HTTPS, it does so for the version that clients use.
    ...(request["aws:SecureTransport"] === "true" && { "s3:TlsVersion": "1.3" }),
    ...permission.context,
  };
  const resourceText = permission.resourcePolicy ?? permission.bucket?.policy;
  const resourcePolicy: unknown = resourceText && JSON.parse(resourceText);
  const own = ownPolicies(caller, account);
  const documents = allDocuments(own, resourcePolicy);
  if (!documents.every(hasValidConditions)) {
    throw new TypeError("a policy has a condition that is none");
  }
  const [service = "", action = ""] = permission.action.split(":");
  const resource = await isWildcardOnlyAction(service, action) ? "*" : permission.resource;
  const spell = spellingFor(resource, context, documents);
  const escapeForEngine = (policy: unknown) => {
    const spelled = withComparableDates(spell.policy(policy));
    return service === "s3" && resource === "*" ? withAllOfS3(spelled) : spelled;
  };
  const respelled = ({ name, policy }: NamedPolicy) => ({ name, policy: escapeForEngine(policy) });
  const simulation: Simulation = {
    request: {
      principal: identify(caller, account)?.arn ?? anonymousPrincipal,
      action: permission.action,
      resource: { resource: resource === "*" ? resource : spell.resource(resource), accountId },
      contextVariables: Object.fromEntries(
        Object.entries(context).map(([key, value]) => [
          key,
          Array.isArray(value) ? value.map(spell.value) : spell.value(value),
        ]),
      ),
    },
    identityPolicies: own.identity.map(respelled),
    sessionPolicy: escapeForEngine(own.session),
    permissionBoundaryPolicies: own.boundary && [respelled(own.boundary)],
    resourcePolicy: withPlainPrincipals(escapeForEngine(resourcePolicy), account),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    additionalSettings: {
      s3: { blockPublicAccess: restrictsPublicBuckets(permission.bucket, account) },
    },
  };
  return await runSimulation(simulation, { simulationMode: "Strict" });
}

function allDocuments(own: OwnPolicies, resourcePolicy: unknown): unknown[] {
  const documents = [...own.identity, ...(own.boundary ? [own.boundary] : [])]
    .map(({ policy }) => policy);
  return [...documents, own.session, resourcePolicy].filter((policy) => policy !== undefined);
}

/** S3 grants its actions without a resource to who has them on all of S3; the engine does not. */
function withAllOfS3(policy: unknown): unknown {
  return policy && JSON.parse(JSON.stringify(policy).replaceAll('"arn:aws:s3:::*"', '"*"'));
}

interface OwnPolicies {
  identity: NamedPolicy[];
  boundary?: NamedPolicy;
  session?: unknown;
}

function ownPolicies(caller: Caller, account: Account): OwnPolicies {
  switch (caller.type) {
    case "anonymous":
      return { identity: [] };
    case "root":
      return { identity: [ALLOW_ALL] };
    case "user":
      return policiesOf(caller.user, account);
    case "session":
      return {
        ...policiesOf(caller.session.role, account),
        ...(caller.session.policy && { session: JSON.parse(caller.session.policy) }),
      };
  }
}

function policiesOf(principal: User | Role, account: Account): OwnPolicies {
  const inline = [...principal.inlinePolicies]
    .filter(([name]) => account.visibility.sees(principal, name))
    .map(([name, document]) => ({ name, policy: JSON.parse(document) }));
  const attached = [...principal.attachedPolicies].map((arn) => managedPolicy(arn, account));
  return {
    identity: [...inline, ...attached],
    ...(principal.permissionsBoundary && {
      boundary: managedPolicy(principal.permissionsBoundary, account),
    }),
  };
}

function managedPolicy(arn: string, account: Account): NamedPolicy {
  const policy = account.policies.get(arn);
  const document = policy?.versions.get(policy.defaultVersionId)?.document;
  return { name: arn, policy: document === undefined ? ALLOW_NOTHING : JSON.parse(document) };
}

function isOurs(bucket: Bucket | undefined, account: Account): boolean {
  return bucket === undefined || bucket.ownerAccountId === account.id;
}

function restrictsPublicBuckets(bucket: Bucket | undefined, account: Account): boolean {
  if (bucket?.policy === undefined || !isPublicPolicy(bucket.policy)) return false;
  if (bucket.publicAccessBlock?.RestrictPublicBuckets) return true;
  return isOurs(bucket, account) && account.publicAccessBlock?.RestrictPublicBuckets === true;
}

/** S3 tells callers from outside the account only that access is denied. */
function refusalOf(
  { action, resource, bucket }: NeededPermission,
  caller: Caller,
  account: Account,
): (why: string) => string {
  const identity = identify(caller, account);
  const isS3 = action.startsWith("s3:");
  if (identity === undefined || !isOurs(bucket, account)) return () => "Access Denied";
  const shown = isS3 ? `"${resource}"` : resource;
  return (why) =>
    `User: ${identity.arn} is not authorized to perform: ${action} on resource: ${shown} ${why}`;
}

function reason(analysis: Analysis, { action, resourcePolicy }: NeededPermission): string {
  const kinds: [string, string | undefined][] = [
    ["an identity-based policy", analysis.identityAnalysis?.result],
    ["a resource-based policy", analysis.resourceAnalysis?.result],
    ["a permissions boundary", analysis.permissionBoundaryAnalysis?.result],
    ["a session policy", analysis.sessionAnalysis?.result],
  ];
  const denying = kinds.find(([, result]) =>
    result === "ExplicitlyDenied" || result === "DeniedForAccount"
  );
  if (denying) return `with an explicit deny in ${denying[0]}`;
  if (analysis.blockedBy?.includes("s3-bpa")) {
    return "because public access is blocked by the RestrictPublicBuckets setting";
  }
  const missing = missingGrant(analysis, resourcePolicy !== undefined);
  return `because no ${missing} allows the ${action} action`;
}

function missingGrant(analysis: Analysis, needsResourceGrant: boolean): string {
  const resource = analysis.resourceAnalysis?.result;
  if (needsResourceGrant && resource !== "Allowed" && resource !== "AllowedForAccount") {
    return "resource-based policy";
  }
  if (analysis.identityAnalysis?.result !== "Allowed" && resource !== "Allowed") {
    return "identity-based policy";
  }
  if (analysis.permissionBoundaryAnalysis?.result === "ImplicitlyDenied") {
    return "permissions boundary";
  }
  if (analysis.sessionAnalysis?.result === "ImplicitlyDenied") return "session policy";
  return "identity-based policy";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
