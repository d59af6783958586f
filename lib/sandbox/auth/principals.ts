/**
 * Spells the principals of a bucket policy so that the policy engine takes them as S3 does.
 *
 * @module
 */
import type { Account } from "../account.ts";

type Fields = Record<string, unknown>;

const ACCOUNT_PRINCIPAL = /^(?:\d{12}|arn:[^:]+:iam::\d{12}:root)$/;
const ROLE = /^arn:[^:]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;
const SESSION = /^arn:[^:]+:sts::(\d{12}):assumed-role\/([^/]+)\//;

/** A bucket policy or trust policy with principals that the engine knows. */
export function withPlainPrincipals(policy: unknown, account: Account): unknown {
  if (typeof policy !== "object" || policy === null || !("Statement" in policy)) return policy;
  return {
    ...policy,
    Statement: [policy.Statement].flat().map((statement) => {
      const { Principal, NotPrincipal, ...rest } = statement as Fields;
      if (Principal !== undefined) {
        return { ...rest, Principal: withAccountIds(Principal, account) };
      }
      const others = withAccountIds(NotPrincipal, account);
      return { ...rest, NotPrincipal: rest.Effect === "Deny" ? exceptions(others) : others };
    }),
  };
}

/** S3 takes the canonical user id of an account for the account. */
function withAccountIds(principal: unknown, account: Account): unknown {
  if (typeof principal !== "object" || principal === null || !("CanonicalUser" in principal)) {
    return principal;
  }
  const { CanonicalUser, AWS = [], ...rest } = principal as Fields;
  const ids = [CanonicalUser].flat();
  const others = ids.filter((id) => id !== account.canonicalUserId);
  return {
    ...rest,
    ...(others.length > 0 && { CanonicalUser: others }),
    AWS: [AWS, others.length < ids.length ? account.id : []].flat(),
  };
}

/**
 * In NotPrincipal the account and the role of somebody who is excepted are listed with him, since
 * otherwise they might be denied, and he with them. That excepts nobody else in them.
 */
function exceptions(principal: unknown): unknown {
  if (typeof principal !== "object" || principal === null || !("AWS" in principal)) {
    return principal;
  }
  const listed = [principal.AWS].flat().map(String);
  const AWS = listed.filter((name) => !listed.some((other) => contains(name, other)));
  return { ...principal, AWS };
}

/** Whether a principal stands for an account or a role to which another, narrower one belongs. */
function contains(outer: string, inner: string): boolean {
  if (ACCOUNT_PRINCIPAL.test(outer)) {
    return !ACCOUNT_PRINCIPAL.test(inner) && accountOf(inner) === accountOf(outer);
  }
  const [, account, role] = ROLE.exec(outer) ?? [];
  const session = SESSION.exec(inner);
  return role !== undefined && session?.[1] === account && session?.[2] === role;
}

function accountOf(principal: string): string | undefined {
  return /^\d{12}$/.test(principal) ? principal : principal.split(":")[4];
}
