/**
 * Temporary keys of a user: GetSessionToken and GetFederationToken.
 *
 * @module
 */
import { identify } from "../caller.ts";
import { tagContext } from "../iam/call.ts";
import { type Caller, ServiceError } from "../operation.ts";
import { fields, integer } from "../query.ts";
import { element } from "../xml.ts";
import { sessionTagsOf } from "./attributes.ts";
import {
  credentialFields,
  hasMfaCode,
  newTemporaryKey,
  packedSizeField,
  sessionNameOf,
  sessionPoliciesOf,
  SHORTEST_SESSION,
  type StsCall,
  type StsOperations,
} from "./call.ts";
import type { UserSession } from "./session.ts";

const LONGEST_SESSION = 129_600;
const DEFAULT_SESSION = 43_200;
/** The longest that a session of the root user lasts, whatever the call asks for. */
const LONGEST_ROOT_SESSION = 3600;

/** The operations of this module. */
export const userSessionOperations: StsOperations = {
  GetSessionToken: {
    permissions: () => [],
    run: (call) => {
      const isMfaPresent = hasMfaCode(call);
      return credentialFields(startSession(call, "GetSessionToken", { isMfaPresent }));
    },
  },

  GetFederationToken: {
    permissions: (call) => {
      const resource = federatedUserArn(call);
      const tags = sessionTagsOf(call);
      const context = tagContext(tags);
      return [
        { action: "sts:GetFederationToken", resource, context },
        ...(tags.length > 0 ? [{ action: "sts:TagSession", resource, context }] : []),
      ];
    },
    run: (call) => {
      const name = sessionNameOf(call, "Name", 32);
      const policies = sessionPoliciesOf(call, call.account);
      const federation = { name, tags: sessionTagsOf(call), ...policies };
      const session = startSession(call, "GetFederationToken", { federation });
      const Arn = federatedUserArn(call);
      const FederatedUserId = `${call.account.id}:${name}`;
      return [
        credentialFields(session),
        element("FederatedUser", fields({ FederatedUserId, Arn })),
        packedSizeField(policies, true),
      ];
    },
  },
};

function federatedUserArn(call: StsCall): string {
  const { partition, id } = call.account;
  return `arn:${partition}:sts::${id}:federated-user/${sessionNameOf(call, "Name", 32)}`;
}

/** Only long-term keys can have these sessions: those of a user, or of the root user. */
function startSession(
  { parameters, caller, account }: StsCall,
  operation: string,
  more: Pick<UserSession, "isMfaPresent" | "federation">,
): UserSession {
  const seconds = integer(parameters, "DurationSeconds", SHORTEST_SESSION, LONGEST_SESSION) ??
    DEFAULT_SESSION;
  if (!hasLongTermKey(caller)) {
    throw new ServiceError(
      403,
      "AccessDenied",
      `Cannot call ${operation} with session credentials`,
    );
  }
  const session: UserSession = {
    userId: identify(caller, account)!.userId,
    ...newTemporaryKey(
      account,
      caller.type === "root" ? Math.min(seconds, LONGEST_ROOT_SESSION) : seconds,
    ),
    ...more,
  };
  account.userSessions.set(session.accessKeyId, session);
  return session;
}

function hasLongTermKey(caller: Caller): boolean {
  return (caller.type === "user" || caller.type === "root") && caller.session === undefined;
}
