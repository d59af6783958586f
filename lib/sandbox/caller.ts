/**
 * A caller's identity: ARN, unique id, and the condition keys about the principal.
 *
 * @module
 */
import type { Account, Session, Tag } from "./account.ts";
import type { Caller } from "./operation.ts";
import type { UserSession } from "./sts/session.ts";

/** A caller's identity, as GetCallerIdentity returns it. */
export interface CallerIdentity {
  /** ARN of the user, the root user or the session. */
  arn: string;
  /** Unique id: `AIDA…`, `AROA…:SESSION`, `ACCOUNT:NAME`, or the account's id for root. */
  userId: string;
}

/** The identity of a caller; `undefined` for an unsigned request. */
export function identify(caller: Caller, account: Account): CallerIdentity | undefined {
  switch (caller.type) {
    case "anonymous":
      return undefined;
    case "root":
      return { arn: `arn:${account.partition}:iam::${account.id}:root`, userId: account.id };
    case "user":
      return { arn: caller.user.arn, userId: caller.user.userId };
    case "federated": {
      const { name } = caller.federation;
      return {
        arn: `arn:${account.partition}:sts::${account.id}:federated-user/${name}`,
        userId: `${account.id}:${name}`,
      };
    }
    case "session": {
      const { role, sessionName } = caller.session;
      return {
        arn:
          `arn:${account.partition}:sts::${account.id}:assumed-role/${role.roleName}/${sessionName}`,
        userId: `${role.roleId}:${sessionName}`,
      };
    }
  }
}

/** The access key id that a request was signed with. */
export function accessKeyIdOf(caller: Caller): string | undefined {
  return caller.type === "anonymous" ? undefined : caller.accessKeyId;
}

/** Condition keys about the principal that don't follow from its identity. */
export function principalContext(caller: Caller): Record<string, string | string[]> {
  switch (caller.type) {
    case "anonymous":
      return {};
    case "root":
      return sessionContext(caller.session);
    case "user":
      return { ...sessionContext(caller.session), ...tagContext(caller.user.tags) };
    case "federated":
      return {
        ...sessionContext(caller.session),
        ...tagContext([...caller.user?.tags ?? [], ...caller.federation.tags]),
      };
    case "session": {
      const { role, webIdentity, attributes } = caller.session;
      const sourceIdentity = attributes?.sourceIdentity;
      return {
        ...sessionContext(caller.session),
        ...(webIdentity && { "aws:FederatedProvider": webIdentity.provider }),
        ...webIdentity?.context,
        ...(sourceIdentity !== undefined && { "aws:SourceIdentity": sourceIdentity }),
        ...tagContext([...role.tags, ...attributes?.tags ?? []]),
      };
    }
  }
}

/** Long-term keys don't have these keys at all; sessions have them. */
function sessionContext(session: Session | UserSession | undefined): Record<string, string> {
  if (session === undefined) return {};
  return {
    "aws:MultiFactorAuthPresent": String(session.isMfaPresent ?? false),
    "aws:TokenIssueTime": session.issueDate.toISOString(),
  };
}

function tagContext(tags: Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map((tag) => [`aws:PrincipalTag/${tag.key}`, tag.value]));
}
