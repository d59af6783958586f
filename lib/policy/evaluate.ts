/**
 * Decides a request as AWS does, see
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 *
 * @module
 */
import type {
  AccessPolicies,
  AccessRequest,
  Decision,
  IdentityPolicy,
  Layer,
  MatchedStatement,
  NamedPolicy,
  PolicyType,
  ResourcePolicy,
} from "./access.ts";
import {
  accountOf,
  type Principal,
  type PrincipalMatch,
  principalOf,
  principalValue,
} from "./language/principal.ts";
import type { ContextValues } from "./language/variables.ts";
import { isPublicPolicy } from "./public_policy.ts";
import {
  type CompiledStatement,
  compilePolicy,
  isAbout,
  matchStatement,
  type PolicyUse,
  type RequestFacts,
} from "./language/statement.ts";

const publicPolicies = new WeakMap<object, boolean>();

function isPublic(document: object): boolean {
  let answer = publicPolicies.get(document);
  if (answer === undefined) publicPolicies.set(document, answer = isPublicPolicy(document));
  return answer;
}

type ContextValue = string | readonly string[];

const NO_VALUES: ReadonlyMap<string, ContextValue> = new Map();

/** The values of a request by the names of their keys in lower case. */
function lowerCased(context: AccessRequest["context"]): ReadonlyMap<string, ContextValue> {
  if (context === undefined) return NO_VALUES;
  const values = new Map<string, ContextValue>();
  for (const [name, value] of Object.entries(context)) {
    if (value !== undefined) values.set(name.toLowerCase(), value);
  }
  return values;
}

/** What a request says of itself, and what follows from who sends it. */
function valuesOf(context: AccessRequest["context"], principal: Principal): ContextValues {
  const given = lowerCased(context);
  return { get: (key) => given.get(key) ?? principalValue(principal, key) };
}

/** The values of the condition keys of all requests that somebody sends under the same circumstances. */
export function knownValues(
  { principal, context }: Pick<AccessRequest, "principal" | "context">,
): ContextValues {
  const sender = typeof principal === "string" ? readCaller(principal).principal : principal;
  return valuesOf(context, sender);
}

/** A request as statements see it, and what they say to it. */
class Evaluation implements RequestFacts {
  /** In lower case. */
  readonly action: string;
  readonly resource: string;
  readonly principal: Principal;
  readonly hasBoundary: boolean;
  matches: MatchedStatement[] | undefined;
  isDenied = false;
  #values: ContextValues | undefined;
  readonly #request: AccessRequest;
  readonly #owner: string | undefined;

  constructor(
    request: AccessRequest,
    principal: Principal,
    { owner, hasBoundary }: { owner: string | undefined; hasBoundary: boolean },
  ) {
    this.action = request.action.toLowerCase();
    this.resource = request.resource;
    this.principal = principal;
    this.hasBoundary = hasBoundary;
    this.#request = request;
    this.#owner = owner;
  }

  get(key: string): ContextValue | undefined {
    this.#values ??= valuesOf(this.#request.context, this.principal);
    return this.#values.get(key) ?? this.#ownerValue(key);
  }

  /** The value of a key that follows from the account that owns the resource. */
  #ownerValue(key: string): string | undefined {
    const isOwner = key === "aws:resourceaccount" ||
      (key === "s3:resourceaccount" && this.action.startsWith("s3:"));
    return isOwner ? this.#owner : undefined;
  }

  /** Tries all statements of a policy; returns the closest match among those that allow. */
  apply({ name, document }: NamedPolicy, type: PolicyType, use: PolicyUse): PrincipalMatch {
    let allowed: PrincipalMatch = "none";
    for (const statement of compilePolicy(document, use).about(this.#request.action)) {
      const match = matchStatement(statement, this);
      if (match === "none") continue;
      this.#record(type, name, statement);
      if (!statement.isAllow) this.isDenied = true;
      else if (CLOSENESS[match] > CLOSENESS[allowed]) allowed = match;
    }
    return allowed;
  }

  #record(type: PolicyType, name: string, { index, sid, isAllow }: CompiledStatement): void {
    const effect = isAllow ? "Allow" : "Deny";
    (this.matches ??= []).push({ type, name, statement: index, sid, effect });
  }
}

const CLOSENESS: Record<PrincipalMatch, number> = { none: 0, account: 1, entity: 2, direct: 3 };

/** Which layers allow a request; one that is absent limits nothing. */
interface Allowances {
  identity: boolean;
  boundary: boolean;
  session: boolean;
  serviceControl: boolean;
  resourceControl: boolean;
  /** How the policy of the resource names the caller that it allows. */
  resource: PrincipalMatch;
}

function isAllowedByAny(
  evaluation: Evaluation,
  policies: readonly NamedPolicy[],
  type: PolicyType,
  use: PolicyUse = "identity",
): boolean {
  let isAllowed = false;
  for (const policy of policies) {
    if (evaluation.apply(policy, type, use) !== "none") isAllowed = true;
  }
  return isAllowed;
}

function isAllowedByIdentity(evaluation: Evaluation, policies: readonly IdentityPolicy[]): boolean {
  let isAllowed = false;
  for (const policy of policies) {
    if (evaluation.apply(policy, policy.type, "identity") !== "none") isAllowed = true;
  }
  return isAllowed;
}

function isAllowedByEach(
  evaluation: Evaluation,
  levels: readonly (readonly NamedPolicy[])[],
  type: PolicyType,
  use: PolicyUse,
): boolean {
  let isAllowed = true;
  for (const level of levels) {
    if (!isAllowedByAny(evaluation, level, type, use)) isAllowed = false;
  }
  return isAllowed;
}

function useOf({ type }: ResourcePolicy): PolicyUse {
  return type === "trust" ? "trust" : "resource";
}

/** Applies every policy, so that the result has all the statements that apply. */
function applyPolicies(evaluation: Evaluation, policies: AccessPolicies): Allowances {
  const { identity = NONE, permissionsBoundary: boundary, session, resource } = policies;
  const { serviceControl = NONE, resourceControl = NONE } = policies;
  return {
    identity: isAllowedByIdentity(evaluation, identity),
    boundary: boundary === undefined ||
      evaluation.apply(boundary, "permissions-boundary", "identity") !== "none",
    session: session === undefined || isAllowedByAny(evaluation, session, "session"),
    resource: resource === undefined
      ? "none"
      : evaluation.apply(resource, resource.type, useOf(resource)),
    serviceControl: isAllowedByEach(evaluation, serviceControl, "service-control", "identity"),
    resourceControl: isAllowedByEach(evaluation, resourceControl, "resource-control", "resource"),
  };
}

/** What the root user of a bucket's account can do whatever the bucket policy says. */
const ROOT_CANNOT_BE_DENIED = new Set([
  "s3:getbucketpolicy",
  "s3:putbucketpolicy",
  "s3:deletebucketpolicy",
]);
/** Takes no permission, and can't be denied. */
const ALWAYS_ALLOWED = "sts:getcalleridentity";

const RESOURCE_ACCOUNT = /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/;

/** The account that owns the resource; `undefined` if nobody can tell. */
function ownerOf(request: AccessRequest, { account }: Caller): string | undefined {
  return request.resourceAccount ?? RESOURCE_ACCOUNT.exec(request.resource)?.[1] ?? account;
}

/** Whether a public access block keeps a caller from other accounts away from a public bucket. */
function isBlocked(principal: Principal, { resource, publicAccessBlock }: AccessPolicies): boolean {
  const isRestricted = publicAccessBlock?.bucket?.RestrictPublicBuckets ||
    publicAccessBlock?.account?.RestrictPublicBuckets;
  return isRestricted === true && principal.type !== "service" && resource?.type === "bucket" &&
    isPublic(resource.document);
}

/** The first layer that doesn't allow what it must allow, where nothing denies. */
function missingLayer(
  principal: Principal,
  isSameAccount: boolean,
  policies: AccessPolicies,
  allows: Allowances,
): Layer | undefined {
  const isTrust = policies.resource?.type === "trust";
  const isResourceDecisive = isTrust || policies.resource?.type === "key" || !isSameAccount;
  if (!allows.serviceControl) return "service-control";
  if (!allows.resourceControl) return "resource-control";
  if (isResourceDecisive && allows.resource === "none") return "resource";
  if (!isSameAccount && isBlocked(principal, policies)) return "public-access-block";
  // Callers without an account have no policies of their own.
  if (!("arn" in principal)) return undefined;
  if (isSameAccount && allows.resource === "direct" && !isTrust) return undefined;
  const isGrantedByResource = isSameAccount &&
    (allows.resource === "direct" || allows.resource === "entity");
  const isAllowedByCaller = allows.identity || principal.type === "root";
  if (!isAllowedByCaller && !isGrantedByResource) return "identity";
  if (!allows.boundary) return "permissions-boundary";
  // A session of GetFederationToken that was made without a policy may do nothing.
  const hasSessionPolicy = policies.session !== undefined || principal.type !== "federated";
  return allows.session && hasSessionPolicy ? undefined : "session";
}

/** Who sends a request, and the account that they belong to. */
interface Caller {
  principal: Principal;
  account: string | undefined;
}

function callerOf(principal: Principal): Caller {
  return { principal, account: accountOf(principal) };
}

/** The latest that was read: most callers ask about one principal thousands of times. */
let latest: { text: string; caller: Caller } | undefined;

function readCaller(text: string): Caller {
  if (latest?.text !== text) latest = { text, caller: callerOf(principalOf(text)) };
  return latest.caller;
}

const NONE: readonly [] = Object.freeze([]);
const ALLOWED = { decision: "allowed", missing: undefined } as const;
const DENIED = { decision: "explicitDeny", missing: undefined } as const;

function implicitDeny(missing: Layer, statements: readonly MatchedStatement[] = NONE): Decision {
  return { decision: "implicitDeny", statements, missing };
}

/** The answers to requests to which no statement applies: nothing is allocated for them. */
const REFUSALS: Record<Layer, Decision> = {
  "identity": implicitDeny("identity"),
  "permissions-boundary": implicitDeny("permissions-boundary"),
  "session": implicitDeny("session"),
  "resource": implicitDeny("resource"),
  "public-access-block": implicitDeny("public-access-block"),
  "service-control": implicitDeny("service-control"),
  "resource-control": implicitDeny("resource-control"),
};

/**
 * Decides a request as AWS does: what any policy denies is denied; otherwise every layer that limits
 * the caller must allow it, and across accounts both sides must.
 *
 * Pure and synchronous: time and address of the request are whatever `context` says.
 *
 * @param request who wants to do what
 * @param policies everything that takes part
 * @returns the decision, with every statement that applies to the request
 * @throws {S3CredentialsError} `invalid-policy` if a document is one that AWS would refuse, `usage` if
 *   `principal` names nobody
 *
 * @example A key that may only read
 * ```ts
 * import { bucketsPolicy, evaluate } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const document = bucketsPolicy(["logs"], { permission: "read-only" });
 * const may = (action: string) =>
 *   evaluate({
 *     principal: "arn:aws:iam::123456789012:user/reader",
 *     action,
 *     resource: "arn:aws:s3:::logs/2026.txt",
 *   }, { identity: [{ type: "inline", name: "s3.read-only.logs", document }] });
 *
 * assert.equal(may("s3:GetObject").decision, "allowed");
 * assert.equal(may("s3:GetObject").statements[0]?.name, "s3.read-only.logs");
 * assert.equal(may("s3:PutObject").decision, "implicitDeny");
 * assert.equal(may("s3:PutObject").missing, "identity");
 * ```
 */
export function evaluate(request: AccessRequest, policies: AccessPolicies): Decision {
  const { principal: sender } = request;
  const caller = typeof sender === "string" ? readCaller(sender) : callerOf(sender);
  const { principal, account } = caller;
  const owner = ownerOf(request, caller);
  const isWithinAccount = account !== undefined && owner === account;
  const hasBoundary = policies.permissionsBoundary !== undefined;
  const evaluation = new Evaluation(request, principal, { owner, hasBoundary });
  if (evaluation.action === ALWAYS_ALLOWED) return { ...ALLOWED, statements: NONE };
  const isOwnersRoot = principal.type === "root" && isWithinAccount &&
    ROOT_CANNOT_BE_DENIED.has(evaluation.action);
  const inForce = isOwnersRoot ? { ...policies, resource: undefined } : policies;
  const allows = applyPolicies(evaluation, inForce);
  const statements = evaluation.matches ?? NONE;
  if (evaluation.isDenied) return { ...DENIED, statements };
  const missing = missingLayer(principal, isWithinAccount, inForce, allows);
  if (missing === undefined) return { ...ALLOWED, statements };
  return statements === NONE ? REFUSALS[missing] : implicitDeny(missing, statements);
}

/** The statements of all policies that take part in a decision. */
function allStatements(policies: AccessPolicies): CompiledStatement[] {
  const { identity = [], permissionsBoundary, session = [], resource } = policies;
  const { serviceControl = [], resourceControl = [] } = policies;
  const boundary = permissionsBoundary === undefined ? [] : [permissionsBoundary];
  const ofCaller = [...identity, ...boundary, ...session, ...serviceControl.flat()];
  return [
    ...ofCaller.flatMap(({ document }) => compilePolicy(document, "identity").statements),
    ...resourceControl.flat().flatMap(({ document }) =>
      compilePolicy(document, "resource").statements
    ),
    ...resource === undefined ? [] : compilePolicy(resource.document, useOf(resource)).statements,
  ];
}

/**
 * Groups actions between which the policies make no difference: {@linkcode evaluate} decides the same on
 * every action of a group, whatever the rest of the request. So hundreds of actions take a few questions.
 */
export function groupActions(actions: readonly string[], policies: AccessPolicies): string[][] {
  const statements = allStatements(policies);
  const groups = Map.groupBy(actions, (action) => {
    const lower = action.toLowerCase();
    const isSpecial = lower === ALWAYS_ALLOWED || ROOT_CANNOT_BE_DENIED.has(lower);
    let key = isSpecial ? lower : lower.slice(0, lower.indexOf(":") + 1);
    for (const statement of statements) key += isAbout(statement, lower) ? "+" : "-";
    return key;
  });
  return [...groups.values()];
}
