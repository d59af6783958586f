/**
 * A caller's identity: ARN, unique id, and the condition keys about the principal.
 *
 * @module
 */
import type { Account, Tag } from "./account.ts";
import type { Caller } from "./operation.ts";

/** A caller's identity, as GetCallerIdentity returns it. */
export interface CallerIdentity {
  /** ARN of the user, the root user or the session. */
  arn: string;
  /** Unique id: `AIDA…`, `AROA…:SESSION`, or the account's id for root. */
  userId: string;
}

/** The identity of a caller; `undefined` for an unsigned request. */
export function identify(caller: Caller, account: Account): CallerIdentity | undefined {
  switch (caller.type) {
    case "anonymous":
      return undefined;
    case "root":
      return { arn: `arn:aws:iam::${account.id}:root`, userId: account.id };
    case "user":
      return { arn: caller.user.arn, userId: caller.user.userId };
    case "session": {
      const { role, sessionName } = caller.session;
      return {
        arn: `arn:aws:sts::${account.id}:assumed-role/${role.roleName}/${sessionName}`,
        userId: `${role.roleId}:${sessionName}`,
      };
    }
  }
}

/** The access key id that a request was signed with. */
export function accessKeyIdOf(caller: Caller): string | undefined {
  return caller.type === "anonymous" ? undefined : caller.accessKeyId;
}

/** Condition keys about the principal. */
export function principalContext(caller: Caller, account: Account): Record<string, string> {
  const identity = identify(caller, account);
  if (identity === undefined) {
    return { "aws:PrincipalType": "Anonymous", "aws:PrincipalAccount": "anonymous" };
  }
  return {
    "aws:userid": identity.userId,
    "aws:PrincipalAccount": account.id,
    "aws:PrincipalArn": caller.type === "session" ? caller.session.role.arn : identity.arn,
    "aws:PrincipalIsAWSService": "false",
    "aws:PrincipalType": { root: "Account", user: "User", session: "AssumedRole", anonymous: "" }[
      caller.type
    ],
    ...(caller.type === "user" && {
      "aws:username": caller.user.userName,
      ...tagContext(caller.user.tags),
    }),
    ...(caller.type === "session" && {
      // Long-term keys don't have this key at all; sessions of AssumeRole without MFA have it.
      "aws:MultiFactorAuthPresent": "false",
      "aws:TokenIssueTime": caller.session.issueDate.toISOString(),
      ...tagContext(caller.session.role.tags),
    }),
  };
}

function tagContext(tags: Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map((tag) => [`aws:PrincipalTag/${tag.key}`, tag.value]));
}
