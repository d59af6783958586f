/**
 * AWS's evaluation written down a second time, word for word and without regard to speed: what
 * `evaluate` is checked against. Nothing here is shared with `lib/policy`, on purpose.
 *
 * The sentences are those of the IAM User Guide: "Policy evaluation logic", "Cross-account policy
 * evaluation logic", "IAM JSON policy elements" and "Condition operators".
 */
import {
  type Answer,
  type Json,
  list,
  type Specified,
  type SpecifiedPolicies,
  type SpecifiedPolicy,
  type SpecifiedRequest,
} from "./types.ts";
import { isExcepted, type Naming, naming, ORDER } from "./principals.ts";
import { accountOf, ownerOf } from "./request.ts";
import { conditionHolds } from "./conditions.ts";
import { like, marked, resourceMatches } from "./texts.ts";

// ---------------------------------------------------------------------------------------------
// Statements

/** How a statement applies to the request: not at all, or as it names the caller. */
function applies(
  statement: Json,
  version: unknown,
  request: SpecifiedRequest,
  hasBoundary: boolean,
): Naming {
  const isAction = (pattern: unknown) =>
    like(marked(String(pattern).toLowerCase(), true), request.action.toLowerCase());
  const isResource = (pattern: unknown) => resourceMatches(String(pattern), version, request);
  if (statement.Action !== undefined && !list(statement.Action).some(isAction)) return "not";
  if (statement.NotAction !== undefined && list(statement.NotAction).some(isAction)) return "not";
  if (statement.Resource !== undefined && !list(statement.Resource).some(isResource)) return "not";
  if (statement.NotResource !== undefined && list(statement.NotResource).some(isResource)) {
    return "not";
  }
  if (!conditionHolds((statement.Condition ?? {}) as Json, version, request)) return "not";
  if (statement.Principal !== undefined) return naming(statement.Principal, request.principal);
  if (statement.NotPrincipal === undefined) return "itself or everyone";
  if (statement.Effect === "Deny") {
    // "Will always deny any IAM principal that has a permissions boundary policy attached."
    const isSpared = isExcepted(statement.NotPrincipal, request.principal) && !hasBoundary;
    return isSpared ? "not" : "itself or everyone";
  }
  return naming(statement.NotPrincipal, request.principal) === "not" ? "itself or everyone" : "not";
}

interface Finding {
  isDenied: boolean;
  allowedAs: Naming;
  statements: string[];
}

function look(
  { name, document }: SpecifiedPolicy,
  request: SpecifiedRequest,
  hasBoundary: boolean,
): Finding {
  const found: Finding = { isDenied: false, allowedAs: "not", statements: [] };
  for (const [index, statement] of (list(document.Statement) as Json[]).entries()) {
    const how = applies(statement, document.Version, request, hasBoundary);
    if (how === "not") continue;
    found.statements.push(`${name}[${index}]`);
    if (statement.Effect === "Deny") found.isDenied = true;
    else if (ORDER.indexOf(how) > ORDER.indexOf(found.allowedAs)) found.allowedAs = how;
  }
  return found;
}

/**
 * "The meaning of public", as far as the cases go: "Policies that grant access to members of everyone are
 * public, unless a fixed value (one without a wildcard or a variable) of one of these keys limits them."
 */
function isPublic(document: Json): boolean {
  const isFixed = (operator: string, key: string, values: string[]): boolean => {
    const name = key.toLowerCase();
    if (name === "aws:sourceip") {
      return operator === "IpAddress" && values.every((range) => {
        const [address = "", length] = range.split("/");
        const isV6 = address.includes(":");
        return Number(length ?? (isV6 ? 128 : 32)) >= (isV6 ? 32 : 8);
      });
    }
    if (!/^(ForAnyValue:)?(StringEquals|StringLike|ArnEquals|ArnLike)$/.test(operator)) {
      return false;
    }
    if (name === "aws:principalarn") {
      return values.every((arn) => /^arn:[^*?$:]+:[^*?$:]*:[^*?$:]*:\d{12}:/.test(arn));
    }
    return name === "aws:principalaccount" && values.every((value) => !/[*?]|\$\{/.test(value));
  };
  return (list(document.Statement) as Json[]).some((statement) => {
    const { Effect, Principal, NotPrincipal, Condition = {} } = statement;
    if (Effect !== "Allow") return false;
    const isForEveryone = NotPrincipal !== undefined || Principal === "*" ||
      list((Principal as Json).AWS).includes("*") ||
      list((Principal as Json).Federated).some((name) => !String(name).startsWith("arn:"));
    return isForEveryone &&
      !Object.entries(Condition as Json).some(([operator, tests]) =>
        Object.entries(tests as Json).some(([key, values]) =>
          isFixed(operator, key, list(values).map(String))
        )
      );
  });
}

// ---------------------------------------------------------------------------------------------
// The flow chart

/** What AWS answers to the request. */
export function specified(request: SpecifiedRequest, policies: SpecifiedPolicies): Specified {
  const { principal } = request;
  const hasBoundary = policies.permissionsBoundary !== undefined;
  const see = (policy: SpecifiedPolicy) => look(policy, request, hasBoundary);
  const account = accountOf(principal);
  const isOneAccount = account !== undefined && account === ownerOf(request);

  if (request.action.toLowerCase() === "sts:getcalleridentity") {
    return { answer: "allowed", statements: [] };
  }

  // "The root principal can perform the GetBucketPolicy, PutBucketPolicy, and DeleteBucketPolicy API
  // actions, even if their bucket policy explicitly denies the root principal's access."
  const isRootsRight = principal.type === "root" && isOneAccount &&
    /^s3:(get|put|delete)bucketpolicy$/i.test(request.action);
  const resourcePolicy = isRootsRight ? undefined : policies.resource;

  const identity = (policies.identity ?? []).map(see);
  const boundary = policies.permissionsBoundary && see(policies.permissionsBoundary);
  const session = policies.session?.map(see);
  const resource = resourcePolicy && see(resourcePolicy);
  const organization = [...policies.serviceControl ?? [], ...policies.resourceControl ?? []]
    .map((level) => level.map(see));

  // 1. "If the code finds even one explicit deny that applies, the code returns Deny."
  const everything = [
    ...identity,
    ...(boundary ? [boundary] : []),
    ...session ?? [],
    ...(resource ? [resource] : []),
    ...organization.flat(),
  ];
  const statements = everything.flatMap((finding) => finding.statements);
  const finish = (answer: Answer): Specified => ({ answer, statements });
  if (everything.some(({ isDenied }) => isDenied)) return finish("explicitDeny");

  // 2. "If there are no applicable Allow statements in the SCPs or RCPs": on each level.
  const allows = ({ allowedAs }: Finding) => allowedAs !== "not";
  if (!organization.every((level) => level.some(allows))) return finish("implicitDeny");

  const granted = resource?.allowedAs ?? "not";
  const isRestricted = policies.publicAccessBlock?.bucket?.RestrictPublicBuckets === true ||
    policies.publicAccessBlock?.account?.RestrictPublicBuckets === true;
  // "Access is limited to only AWS service principals and authorized users within the bucket owner's
  // account if the bucket has a public policy."
  const isBlocked = isRestricted && !isOneAccount && principal.type !== "service" &&
    resourcePolicy?.type === "bucket" && isPublic(resourcePolicy.document);
  const isGranted = granted !== "not" && !isBlocked;

  // Somebody without an account has only what the resource grants.
  if (account === undefined) return finish(isGranted ? "allowed" : "implicitDeny");

  const isIdentityAllowing = principal.type === "root" || identity.some(allows);
  const isBoundaryAllowing = boundary === undefined || allows(boundary);
  // "If there is no session policy, the code checks whether the principal is a role session."
  const isSessionAllowing = session === undefined
    ? principal.type !== "federated"
    : session.some(allows);
  const isWithinLimits = isBoundaryAllowing && isSessionAllowing;

  // "The request is allowed only if both evaluations return a decision of Allow."
  if (!isOneAccount) {
    return finish(isGranted && isIdentityAllowing && isWithinLimits ? "allowed" : "implicitDeny");
  }

  // "IAM role trust policies and KMS key policies must explicitly allow access for principals."
  if ((resourcePolicy?.type === "trust" || resourcePolicy?.type === "key") && granted === "not") {
    return finish("implicitDeny");
  }
  switch (granted) {
    case "itself or everyone":
      // "Permissions granted directly are not limited by an implicit deny"; but a user whom a trust
      // policy names needs a boundary that allows sts:AssumeRole.
      return finish(
        resourcePolicy?.type !== "trust" || isWithinLimits ? "allowed" : "implicitDeny",
      );
    case "role or user behind the session":
      return finish(isWithinLimits ? "allowed" : "implicitDeny");
    case "account":
    case "not":
      return finish(isIdentityAllowing && isWithinLimits ? "allowed" : "implicitDeny");
  }
}
