/**
 * The STS service: the table of its operations.
 *
 * @module
 */
import { accountOfKey } from "../accounts.ts";
import { identify } from "../caller.ts";
import { type Operation, type Service, ServiceError } from "../operation.ts";
import {
  checkLength,
  fields,
  noOperation,
  Parameters,
  queryResponse,
  refuseUnsupported,
  required,
  validationError,
} from "../query.ts";
import { assumeRoleOperations } from "./assume_role.ts";
import type { StsCall, StsOperation, StsOperations } from "./call.ts";
import { userSessionOperations } from "./user_sessions.ts";
import { webIdentityOperations } from "./web_identity.ts";

const identityOperations: StsOperations = {
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
      const owner = accountOfKey(accessKeyId, account);
      if (owner === undefined) throw validationError("Invalid Access Key ID");
      return fields({ Account: owner.id });
    },
  },

  DecodeAuthorizationMessage: {
    permissions: () => [{ action: "sts:DecodeAuthorizationMessage", resource: "*" }],
    run: ({ parameters }) => {
      checkLength("EncodedMessage", required(parameters, "EncodedMessage"), 1, 10_240);
      // Messages come from services such as EC2; none of those that the sandbox has encodes any.
      throw new ServiceError(
        400,
        "InvalidAuthorizationMessageException",
        "Message is not valid",
      );
    },
  },
};

/** The operations of STS by AWS's name. */
export const OPERATIONS: ReadonlyMap<string, StsOperation> = new Map(Object.entries(
  {
    ...identityOperations,
    ...userSessionOperations,
    ...assumeRoleOperations,
    ...webIdentityOperations,
  } satisfies StsOperations,
));

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
  // The sandbox can't choose the length of its tokens.
  refuseUnsupported(call, ["MinimumSessionTokenSize"]);
  return {
    name,
    permissions: operation.permissions(call),
    ...(operation.check && { check: (closing) => operation.check!(call, closing) }),
    run: () => queryResponse("sts", name, request.requestId, operation.run(call)),
  };
};
