/**
 * Who sends a request, and whether a `Principal` or `NotPrincipal` means them, see
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { isObject } from "../../is_object.ts";

/** What a caller with an account may have in addition to its ARN. */
export interface AccountPrincipal {
  /** ARN of the user, of the session, or `arn:aws:iam::123456789012:root`. */
  arn: string;
  /** Unique id: `AIDA…` of a user, `AROA…:SESSION` of a session. */
  id?: string;
  /** Canonical user id of the account, which bucket policies may name. */
  canonicalUserId?: string;
}

/** A user with long-term keys, or with temporary keys of GetSessionToken. */
export interface UserPrincipal extends AccountPrincipal {
  /** Tells the kinds of principals apart. */
  type: "user";
}

/** The root user of an account. */
export interface RootPrincipal extends AccountPrincipal {
  /** Tells the kinds of principals apart. */
  type: "root";
}

/** A session of a role, made by AssumeRole and its like. */
export interface SessionPrincipal extends AccountPrincipal {
  /** Tells the kinds of principals apart. */
  type: "session";
  /** ARN of the role, which the ARN of the session has without its path. */
  roleArn: string;
  /** The identity provider, if AssumeRoleWithWebIdentity or AssumeRoleWithSAML made the session. */
  provider?: string;
}

/** A session that GetFederationToken made. */
export interface FederatedPrincipal extends AccountPrincipal {
  /** Tells the kinds of principals apart. */
  type: "federated";
  /** ARN of the user whose keys made the session. */
  userArn?: string;
}

/** A service of AWS, such as `logging.s3.amazonaws.com`. */
export interface ServicePrincipal {
  /** Tells the kinds of principals apart. */
  type: "service";
  /** Name of the service principal. */
  service: string;
}

/** Somebody whom an identity provider signed in, before a role is assumed. */
export interface WebIdentityPrincipal {
  /** Tells the kinds of principals apart. */
  type: "web-identity";
  /** Domain of the provider, or ARN of a provider that IAM knows. */
  provider: string;
}

/** Nobody who signed in. */
export interface AnonymousPrincipal {
  /** Tells the kinds of principals apart. */
  type: "anonymous";
}

/** Who sends a request. */
export type Principal =
  | UserPrincipal
  | RootPrincipal
  | SessionPrincipal
  | FederatedPrincipal
  | ServicePrincipal
  | WebIdentityPrincipal
  | AnonymousPrincipal;

const PRINCIPAL_ARN =
  /^(arn:[^:]+):(iam|sts)::(\d{12}):(?:(root)|(user)\/.+|assumed-role\/([^/]+)\/.+|(federated-user)\/.+)$/;
const SERVICE = /^[a-z\d.-]+\.(?:amazonaws\.com(?:\.cn)?|aws\.internal)$/;

/**
 * Reads who is meant by an ARN, by the name of a service principal, or by `anonymous`.
 *
 * The ARN of a session does not have the path of its role: where a role has one, write a
 * {@linkcode SessionPrincipal} instead.
 *
 * @param text such as `arn:aws:iam::123456789012:user/alice`
 * @returns the principal
 * @throws {S3CredentialsError} `usage` if the text names no principal
 *
 * @example A user and a session
 * ```ts
 * import { principalOf } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * assert.equal(principalOf("arn:aws:iam::123456789012:user/alice").type, "user");
 * assert.deepEqual(principalOf("arn:aws:sts::123456789012:assumed-role/reader/monday"), {
 *   type: "session",
 *   arn: "arn:aws:sts::123456789012:assumed-role/reader/monday",
 *   roleArn: "arn:aws:iam::123456789012:role/reader",
 * });
 * ```
 */
export function principalOf(text: string): Principal {
  if (text === "anonymous") return { type: "anonymous" };
  const [arn, partition, service, account, root, user, role, federated] =
    PRINCIPAL_ARN.exec(text) ?? [];
  if (arn !== undefined && service === (root || user ? "iam" : "sts")) {
    if (root) return { type: "root", arn };
    if (user) return { type: "user", arn };
    if (federated) return { type: "federated", arn };
    if (role) return { type: "session", arn, roleArn: `${partition}:iam::${account}:role/${role}` };
  }
  if (SERVICE.test(text)) return { type: "service", service: text };
  throw new S3CredentialsError("usage", `Not a principal that can send a request: ${text}`, {
    hint: "Give the ARN of a user, of a session of a role or of the root user, the name of a " +
      "service principal, or: anonymous",
  });
}

/** The account that a principal belongs to; `undefined` for services and anonymous callers. */
export function accountOf(principal: Principal): string | undefined {
  return "arn" in principal ? accountOfArn(principal.arn) : undefined;
}

/** The account that an ARN names; empty where it names none. */
export function accountOfArn(arn: string): string | undefined {
  return arn.split(":")[4];
}

const TYPE_NAMES: Record<Principal["type"], string> = {
  user: "User",
  root: "Account",
  session: "AssumedRole",
  federated: "FederatedUser",
  service: "AWSService",
  "web-identity": "FederatedUser",
  anonymous: "Anonymous",
};

/** The value of a condition key, in lower case, that follows from the principal. */
export function principalValue(principal: Principal, key: string): string | undefined {
  switch (key) {
    case "aws:principaltype":
      return TYPE_NAMES[principal.type];
    case "aws:principalisawsservice":
      return String(principal.type === "service");
    case "aws:principalservicename":
      return principal.type === "service" ? principal.service : undefined;
    case "aws:principalaccount":
      return principal.type === "anonymous" ? "anonymous" : accountOf(principal);
    case "aws:principalarn":
      if (!("arn" in principal)) return undefined;
      return principal.type === "session" ? principal.roleArn : principal.arn;
    case "aws:userid":
      return userId(principal);
    case "aws:username":
      if (principal.type !== "user") return undefined;
      return principal.arn.slice(principal.arn.lastIndexOf("/") + 1);
    default:
      return undefined;
  }
}

function userId(principal: Principal): string | undefined {
  if (principal.type === "anonymous") return "anonymous";
  if (!("arn" in principal)) return undefined;
  if (principal.type === "root") return accountOf(principal);
  if (principal.type !== "federated") return principal.id;
  return principal.id ?? `${accountOf(principal)}:${principal.arn.split("/").at(-1)}`;
}

/**
 * How a policy names a principal. It decides what else must allow the request: `direct` is the very
 * caller, or everyone; `entity` is the role or user behind a session; `account` is its account.
 */
export type PrincipalMatch = "none" | "account" | "entity" | "direct";

/** A `Principal` element, ready to be matched. */
export interface PrincipalSet {
  isEveryone: boolean;
  /** ARNs and unique ids under `AWS`, without accounts. */
  identities: ReadonlySet<string>;
  accounts: ReadonlySet<string>;
  canonicalUsers: ReadonlySet<string>;
  services: ReadonlySet<string>;
  providers: ReadonlySet<string>;
}

const KINDS = new Set(["AWS", "CanonicalUser", "Service", "Federated"]);
const ACCOUNT = /^(?:(\d{12})|arn:[^:]+:iam::(\d{12}):root)$/;
const ROLE = /^arn:[^:]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;
const SESSION = /^arn:[^:]+:sts::(\d{12}):assumed-role\/([^/]+)\//;

function malformed(message: string): S3CredentialsError {
  return new S3CredentialsError("invalid-policy", message);
}

/** The names in a `Principal` element under each of its kinds. */
function namesOf(element: unknown): Record<string, string[]> {
  if (element === "*") return { AWS: ["*"] };
  if (!isObject(element)) throw malformed('Principal must be "*" or an object');
  return Object.fromEntries(
    Object.entries(element).map(([kind, value]) => {
      if (!KINDS.has(kind)) throw malformed(`Unknown kind of principal: ${kind}`);
      const names = Array.isArray(value) ? value : [value];
      if (!names.every((name) => typeof name === "string")) {
        throw malformed(`Principals must be strings: ${kind}`);
      }
      return [kind, names];
    }),
  );
}

function accountNamed(name: string): string | undefined {
  const match = ACCOUNT.exec(name);
  return match === null ? undefined : match[1] ?? match[2];
}

/** Compiles a `Principal` element. */
export function compilePrincipals(element: unknown): PrincipalSet {
  return setOf(namesOf(element));
}

function setOf(names: Record<string, string[]>): PrincipalSet {
  const { AWS = [], CanonicalUser = [], Service = [], Federated = [] } = names;
  return {
    isEveryone: AWS.includes("*"),
    identities: new Set(AWS.filter((name) => accountNamed(name) === undefined)),
    accounts: new Set(AWS.flatMap((name) => accountNamed(name) ?? [])),
    canonicalUsers: new Set(CanonicalUser),
    services: new Set(Service),
    providers: new Set(Federated),
  };
}

/**
 * Compiles a `NotPrincipal` element. A user or session in it is listed with its role and account, since AWS
 * might deny those otherwise. Nobody else in them is excepted.
 */
export function compileExceptions(element: unknown): PrincipalSet {
  const names = namesOf(element);
  const listed = names.AWS ?? [];
  const AWS = listed.filter((name) => !listed.some((other) => contains(name, other)));
  return setOf({ ...names, AWS });
}

/** Whether one name stands for an account or a role to which another, narrower one belongs. */
function contains(outer: string, inner: string): boolean {
  const account = accountNamed(outer);
  if (account !== undefined) {
    return accountNamed(inner) === undefined && accountOfArn(inner) === account;
  }
  const role = ROLE.exec(outer);
  const session = SESSION.exec(inner);
  return role !== null && session !== null && role[1] === session[1] && role[2] === session[2];
}

/** How a compiled `Principal` names the one who sends a request. */
export function matchPrincipal(set: PrincipalSet, principal: Principal): PrincipalMatch {
  if (set.isEveryone) return "direct";
  switch (principal.type) {
    case "anonymous":
      return "none";
    case "service":
      return set.services.has(principal.service) ? "direct" : "none";
    case "web-identity":
      return set.providers.has(principal.provider) ? "direct" : "none";
    default:
      return matchIdentity(set, principal);
  }
}

/** An optional name is never the empty text that a policy may have. */
function has(names: ReadonlySet<string>, name: string | undefined): boolean {
  return name !== undefined && name !== "" && names.has(name);
}

function matchIdentity(
  { identities, accounts, canonicalUsers, providers }: PrincipalSet,
  principal: UserPrincipal | RootPrincipal | SessionPrincipal | FederatedPrincipal,
): PrincipalMatch {
  if (has(identities, principal.arn) || has(identities, principal.id)) return "direct";
  if (principal.type === "session") {
    if (has(providers, principal.provider)) return "direct";
    const isRole = has(identities, principal.roleArn) ||
      has(identities, principal.id?.split(":")[0]);
    if (isRole) return "entity";
  }
  if (principal.type === "federated" && has(identities, principal.userArn)) return "entity";
  if (!has(accounts, accountOf(principal)) && !has(canonicalUsers, principal.canonicalUserId)) {
    return "none";
  }
  return principal.type === "root" ? "direct" : "account";
}
