/**
 * What a caller is called: ARN, unique id, and the values of the condition keys about him.
 *
 * @module
 */
import type { Account, Tag } from "./account.ts";
import type { Caller } from "./operation.ts";

/** A caller's names, as GetCallerIdentity gives them. */
export interface CallerIdentity {
  /** ARN of the user, the root user or the session. */
  arn: string;
  /** Unique id: `AIDA…`, `AROA…:SESSION`, or the account's id for root. */
  userId: string;
}

/** Names the caller, or gives `undefined` for a request that nobody signed. */
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

/** Condition keys that say who is asking. */
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
