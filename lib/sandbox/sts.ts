/**
 * The STS service: who a caller is, and temporary credentials.
 *
 * @module
 */
import type { Account, Role, Session, UserSession } from "./account.ts";
import { identify } from "./caller.ts";
import { secretKey, sessionToken, uniqueId } from "./identifiers.ts";
import {
  type Caller,
  type NeededPermission,
  type Operation,
  type SandboxRequest,
  type Service,
  ServiceError,
} from "./operation.ts";
import { checkIdentityPolicy } from "./auth/policy_document.ts";
import {
  checkLength,
  constraintError,
  fields,
  integer,
  noOperation,
  Parameters,
  queryResponse,
  required,
  validationError,
} from "./query.ts";
import { element, type XmlContent } from "./xml.ts";

interface StsCall {
  parameters: Parameters;
  caller: Caller;
  account: Account;
  request: SandboxRequest;
}

interface StsOperation {
  permissions(call: StsCall): NeededPermission[];
  run(call: StsCall): XmlContent;
}

const SHORTEST_SESSION = 900;
const LONGEST_SESSION = 43_200;
const DEFAULT_SESSION = 3600;
const LONGEST_CHAINED_SESSION = 3600;
const POLICY_QUOTA = 2048;

/** Parameters that would change what a session may do, and that the sandbox does not read. */
const UNSUPPORTED = [
  "PolicyArns",
  "Tags",
  "TransitiveTagKeys",
  "SourceIdentity",
  "ProvidedContexts",
];

const OPERATIONS = new Map<string, StsOperation>(Object.entries(
  {
    GetCallerIdentity: {
      permissions: () => [],
      run: ({ caller, account }) => {
        const identity = identify(caller, account);
        return fields({ Arn: identity?.arn, UserId: identity?.userId, Account: account.id });
      },
    },

    GetAccessKeyInfo: {
      permissions: () => [{ action: "sts:GetAccessKeyInfo", resource: "*" }],
      run: ({ parameters, account }) => {
        const accessKeyId = required(parameters, "AccessKeyId");
        checkLength("AccessKeyId", accessKeyId, 16, 128);
        const keys = [...account.users.values()].flatMap((user) => [...user.accessKeys.keys()]);
        const isKnown = account.sessions.has(accessKeyId) || keys.includes(accessKeyId) ||
          account.userSessions.has(accessKeyId) || account.rootKey?.accessKeyId === accessKeyId;
        if (!isKnown) throw validationError("Invalid Access Key ID");
        return fields({ Account: account.id });
      },
    },

    GetSessionToken: {
      permissions: () => [],
      run: ({ parameters, caller, account }) => {
        const mfa = ["SerialNumber", "TokenCode"].find((name) => parameters.has(name));
        if (mfa !== undefined) {
          throw validationError(`The sandbox does not support the parameter ${mfa}.`);
        }
        const seconds = integer(parameters, "DurationSeconds", SHORTEST_SESSION, 129_600) ?? 43_200;
        if (caller.type !== "user" || caller.session) {
          throw new ServiceError(
            403,
            "AccessDenied",
            "Cannot call GetSessionToken with session credentials",
          );
        }
        const issueDate = account.clock.now();
        const session: UserSession = {
          userId: caller.user.userId,
          accessKeyId: uniqueId("ASIA"),
          secretAccessKey: secretKey(),
          sessionToken: sessionToken(),
          issueDate,
          expiration: new Date(issueDate.getTime() + seconds * 1000),
        };
        account.userSessions.set(session.accessKeyId, session);
        return credentialFields(session);
      },
    },

    AssumeRole: {
      permissions: (call) => {
        refuseUnsupported(call);
        const arn = roleArnOf(call);
        const externalId = call.parameters.get("ExternalId");
        return [{
          action: "sts:AssumeRole",
          resource: arn,
          context: {
            "sts:RoleSessionName": sessionNameOf(call),
            ...(externalId !== undefined && { "sts:ExternalId": externalId }),
            ...(hasMfaCode(call) && {
              "aws:MultiFactorAuthPresent": "true",
              "aws:MultiFactorAuthAge": "0",
            }),
          },
          resourcePolicy: findRole(arn, call.account)?.assumeRolePolicyDocument ?? TRUSTS_NOBODY,
        }];
      },
      run: (call) => {
        const role = findRole(roleArnOf(call), call.account);
        if (role === undefined) throw new ServiceError(403, "AccessDenied", "Access denied");
        const duration = durationOf(call, role);
        const policy = call.parameters.get("Policy");
        checkSessionPolicy(policy, call.account);
        const session = startSession(call, role, policy, duration);
        call.account.sessions.set(session.accessKeyId, session);
        role.lastUsed = {
          date: call.account.clock.now(),
          region: call.request.region ?? call.account.region,
        };
        return sessionFields(session, call.account);
      },
    },
  } satisfies Record<string, StsOperation>,
));

/** A missing role is refused like one that trusts nobody, as AWS does. */
const TRUSTS_NOBODY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{
    Effect: "Allow",
    Principal: { Service: "nobody.amazonaws.com" },
    Action: "sts:AssumeRole",
  }],
});

/** The version of the API, which has been the only one since 2011. */
const VERSION = "2011-06-15";

/** Reads a request into an operation of STS. */
export const sts: Service = (request, caller, account): Operation => {
  const parameters = new Parameters(request);
  const name = parameters.get("Action") ?? "";
  const version = parameters.get("Version") ?? "NO_VERSION_SPECIFIED";
  const operation = version === VERSION ? OPERATIONS.get(name) : undefined;
  if (operation === undefined) throw noOperation("sts", name, version, VERSION);
  const call: StsCall = { parameters, caller, account, request };
  return {
    name,
    permissions: operation.permissions(call),
    run: () => queryResponse("sts", name, request.requestId, operation.run(call)),
  };
};

/** The sandbox knows no device's secret, so that any six digits are the right code. */
function hasMfaCode({ parameters }: StsCall): boolean {
  if (!parameters.has("SerialNumber") && !parameters.has("TokenCode")) return false;
  checkLength("SerialNumber", required(parameters, "SerialNumber"), 9, 256);
  if (/^\d{6}$/.test(required(parameters, "TokenCode"))) return true;
  throw new ServiceError(
    403,
    "AccessDenied",
    "MultiFactorAuthentication failed with invalid MFA one time pass code.",
  );
}

function refuseUnsupported({ parameters }: StsCall): void {
  const name = UNSUPPORTED.find((candidate) => parameters.has(candidate));
  if (name === undefined) return;
  throw validationError(`The sandbox does not support the parameter ${name}.`);
}

function roleArnOf({ parameters }: StsCall): string {
  const arn = required(parameters, "RoleArn");
  checkLength("RoleArn", arn, 20, 2048);
  if (/^arn:aws[\w-]*:iam::\d{12}:role\/\S+$/.test(arn)) return arn;
  throw validationError(`${arn} is invalid`);
}

function sessionNameOf({ parameters }: StsCall): string {
  const name = required(parameters, "RoleSessionName");
  checkLength("RoleSessionName", name, 2, 64);
  if (/^[\w+=,.@-]*$/.test(name)) return name;
  throw constraintError(
    "RoleSessionName",
    name,
    "satisfy regular expression pattern: [\\w+=,.@-]*",
  );
}

function findRole(arn: string, account: Account): Role | undefined {
  return [...account.roles.values()].find((role) => role.arn === arn);
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

function checkSessionPolicy(policy: string | undefined, account: Account): void {
  if (policy === undefined) return;
  if (policy.length > POLICY_QUOTA) {
    throw new ServiceError(
      400,
      "PackedPolicyTooLarge",
      `Packed policy consumes ${packedSize(policy)}% of allotted space, ` +
        "please use smaller policy.",
    );
  }
  checkIdentityPolicy("Policy", policy, account);
}

/** AWS packs policies in an undocumented way; the share of the plain text's quota stands in for it. */
function packedSize(policy: string): number {
  return Math.ceil(policy.length / POLICY_QUOTA * 100);
}

function startSession(
  call: StsCall,
  role: Role,
  policy: string | undefined,
  duration: number,
): Session {
  const issueDate = call.account.clock.now();
  return {
    role,
    sessionName: sessionNameOf(call),
    accessKeyId: uniqueId("ASIA"),
    secretAccessKey: secretKey(),
    sessionToken: sessionToken(),
    policy,
    isMfaPresent: hasMfaCode(call),
    issueDate,
    expiration: new Date(issueDate.getTime() + duration * 1000),
  };
}

function credentialFields(session: Session | UserSession): XmlContent {
  return element(
    "Credentials",
    fields({
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: session.expiration,
    }),
  );
}

function sessionFields(session: Session, account: Account): XmlContent {
  const identity = identify({ type: "session", accessKeyId: "", session }, account);
  return [
    credentialFields(session),
    element(
      "AssumedRoleUser",
      fields({ AssumedRoleId: identity?.userId, Arn: identity?.arn }),
    ),
    session.policy === undefined
      ? undefined
      : fields({ PackedPolicySize: packedSize(session.policy) }),
  ];
}
