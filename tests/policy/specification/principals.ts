/**
 * Whom the principals of a policy name.
 *
 * @module
 */
import { type Json, list } from "./types.ts";
import { accountOf } from "./request.ts";

export type Naming = "not" | "account" | "role or user behind the session" | "itself or everyone";

/** How one entry of a Principal element names the caller. */
function namingBy(kind: string, name: string, principal: Json): Naming {
  const account = accountOf(principal);
  if (kind === "AWS" && name === "*") return "itself or everyone";
  if (kind === "Service") {
    return principal.type === "service" && principal.service === name
      ? "itself or everyone"
      : "not";
  }
  if (kind === "Federated") {
    return principal.provider === name ? "itself or everyone" : "not";
  }
  if (account === undefined) return "not";
  if (kind === "CanonicalUser") {
    if (principal.canonicalUserId !== name) return "not";
    return principal.type === "root" ? "itself or everyone" : "account";
  }
  if (name === principal.arn || (name !== "" && name === principal.id)) return "itself or everyone";
  if (principal.type === "session") {
    const roleId = String(principal.id ?? "").split(":")[0];
    if (name === principal.roleArn || (name !== "" && name === roleId)) {
      return "role or user behind the session";
    }
  }
  if (principal.type === "federated" && name !== "" && name === principal.userArn) {
    return "role or user behind the session";
  }
  const isAccount = name === account ||
    (/^arn:[^:]+:iam::\d{12}:root$/.test(name) && name.split(":")[4] === account);
  if (!isAccount) return "not";
  return principal.type === "root" ? "itself or everyone" : "account";
}

export const ORDER: Naming[] = [
  "not",
  "account",
  "role or user behind the session",
  "itself or everyone",
];

const entries = (element: unknown): [kind: string, name: string][] =>
  element === "*"
    ? [["AWS", "*"]]
    : Object.entries(element as Json).flatMap(([kind, names]) =>
      list(names).map((name): [string, string] => [kind, String(name)])
    );

export function naming(element: unknown, principal: Json): Naming {
  const ranks = entries(element).map(([kind, name]) =>
    ORDER.indexOf(namingBy(kind, name, principal))
  );
  return ORDER[Math.max(0, ...ranks)]!;
}

/**
 * "The NotPrincipal element contains the ARN of the assumed-role user, the role, and the AWS account
 * that the role belongs to": those two are there for the first one's sake, and except nobody else.
 */
export function isExcepted(element: unknown, principal: Json): boolean {
  const all = entries(element);
  const accountNamed = (name: string) =>
    /^\d{12}$/.test(name) ? name : /^arn:[^:]+:iam::(\d{12}):root$/.exec(name)?.[1];
  const isThereForAnother = (kind: string, name: string) =>
    kind === "AWS" && all.some(([otherKind, other]) => {
      if (otherKind !== "AWS" || accountNamed(other) !== undefined) return false;
      const account = accountNamed(name);
      if (account !== undefined) return other.split(":")[4] === account;
      const role = /^arn:[^:]+:iam::(\d{12}):role\/(.+)$/.exec(name);
      const session = /^arn:[^:]+:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(other);
      return role !== null && session !== null && role[1] === session[1] &&
        role[2]!.split("/").at(-1) === session[2];
    });
  return all.some(([kind, name]) =>
    !isThereForAnother(kind, name) && namingBy(kind, name, principal) !== "not"
  );
}
