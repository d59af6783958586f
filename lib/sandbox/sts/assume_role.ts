/**
 * AssumeRole.
 *
 * @module
 */
import type { Account, Cloud, Role, Session } from "../account.ts";
import { accountOfArn } from "../accounts.ts";
import { identify } from "../caller.ts";
import { ServiceError } from "../operation.ts";
import {
  checkLength,
  fields,
  integer,
  refuseUnsupported,
  required,
  validationError,
} from "../query.ts";
import { element, type XmlContent } from "../xml.ts";
import type { SessionAttributes } from "./session.ts";
import { attributesOfCall, withAttributes, withInherited } from "./attributes.ts";
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

const LONGEST_SESSION = 43_200;
const DEFAULT_SESSION = 3600;
const LONGEST_CHAINED_SESSION = 3600;

const UNSUPPORTED = ["ProvidedContexts"];

/** The operations of this module. */
export const assumeRoleOperations: StsOperations = {
  AssumeRole: {
    permissions: (call) => {
      refuseUnsupported(call, UNSUPPORTED);
      const arn = roleArnOf(call);
      const externalId = call.parameters.get("ExternalId");
      const permission = {
        action: "sts:AssumeRole",
        resource: arn,
        context: {
          "sts:RoleSessionName": sessionNameOf(call, "RoleSessionName", 64),
          ...(externalId !== undefined && { "sts:ExternalId": externalId }),
          ...(hasMfaCode(call) && {
            "aws:MultiFactorAuthPresent": "true",
            "aws:MultiFactorAuthAge": "0",
          }),
        },
        resourcePolicy: trustPolicyOf(arn, call.account),
      };
      return withAttributes(permission, attributesOfCall(call), call.caller);
    },
    run: (call) => {
      const isMfaPresent = hasMfaCode(call);
      return startSession(call, attributesOfCall(call), { isMfaPresent });
    },
  },
};

/** A missing role is refused like one that trusts nobody, as AWS does. */
const TRUSTS_NOBODY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{
    Effect: "Allow",
    Principal: { Service: "nobody.amazonaws.com" },
    Action: "sts:AssumeRole",
  }],
});

/** The trust policy of a role, or one that trusts nobody. */
export function trustPolicyOf(arn: string, cloud: Cloud): string {
  return findRole(arn, cloud)?.role.assumeRolePolicyDocument ?? TRUSTS_NOBODY;
}

/** The ARN of the role that a call is about. */
export function roleArnOf({ parameters }: StsCall): string {
  const arn = required(parameters, "RoleArn");
  checkLength("RoleArn", arn, 20, 2048);
  if (/^arn:aws[\w-]*:iam::\d{12}:role\/\S+$/.test(arn)) return arn;
  throw validationError(`${arn} is invalid`);
}

/** A role with its account, which may be another than the caller's. */
function findRole(arn: string, cloud: Cloud): { role: Role; account: Account } | undefined {
  const account = accountOfArn(arn, cloud);
  const role = [...account?.roles.values() ?? []].find((candidate) => candidate.arn === arn);
  return account && role && { role, account };
}

function durationOf({ parameters, caller }: StsCall, role: Role): number {
  const seconds = integer(parameters, "DurationSeconds", SHORTEST_SESSION, LONGEST_SESSION) ??
    DEFAULT_SESSION;
  if (caller.type === "session" && seconds > LONGEST_CHAINED_SESSION) {
    throw validationError(
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by " +
        "role chaining",
    );
  }
  if (seconds > role.maxSessionDuration) {
    throw validationError(
      "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
  }
  return seconds;
}

/** Starts a session of the role that a call is about, in the account of the role, and writes it. */
export function startSession(
  call: StsCall,
  attributes: SessionAttributes,
  more: Pick<Session, "isMfaPresent" | "webIdentity">,
): XmlContent {
  const found = findRole(roleArnOf(call), call.account);
  if (found === undefined) throw new ServiceError(403, "AccessDenied", "Access denied");
  const { role, account } = found;
  const session: Session = {
    role,
    sessionName: sessionNameOf(call, "RoleSessionName", 64),
    ...newTemporaryKey(account, durationOf(call, role)),
    ...sessionPoliciesOf(call, account),
    attributes: withInherited(call.caller, attributes),
    ...more,
  };
  account.sessions.set(session.accessKeyId, session);
  role.lastUsed = { date: session.issueDate, region: call.request.region ?? account.region };
  return sessionFields(session, account);
}

function sessionFields(session: Session, account: Account): XmlContent {
  const identity = identify({ type: "session", accessKeyId: "", session }, account);
  return [
    credentialFields(session),
    element(
      "AssumedRoleUser",
      fields({ AssumedRoleId: identity?.userId, Arn: identity?.arn }),
    ),
    packedSizeField(session),
    fields({ SourceIdentity: session.attributes?.sourceIdentity }),
  ];
}
