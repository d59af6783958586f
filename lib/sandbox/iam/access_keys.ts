/**
 * IAM's operations on access keys.
 *
 * @module
 */
import type { AccessKey, User } from "../account.ts";
import {
  accessKeyFields,
  type IamCall,
  type IamOperations,
  limitExceeded,
  onUser,
  page,
  refuse,
  userArn,
} from "./call.ts";
import { identify } from "../caller.ts";
import { QUOTAS } from "./quotas.ts";
import { ServiceError } from "../operation.ts";
import { constraintError, fields, required } from "../query.ts";
import { createAccessKey } from "../seed.ts";
import { element } from "../xml.ts";

const { AccessKeysPerUserQuota } = QUOTAS;

/** The operations of this module. */
export const accessKeyOperations: IamOperations = {
  CreateAccessKey: onUser("CreateAccessKey", (user, { account }) => {
    if (user.accessKeys.size >= AccessKeysPerUserQuota) {
      throw limitExceeded(`Cannot exceed quota for AccessKeysPerUser: ${AccessKeysPerUserQuota}`);
    }
    const key = createAccessKey(account.clock.now());
    user.accessKeys.set(key.accessKeyId, key);
    account.visibility.note(key);
    const { CreateDate, ...others } = accessKeyFields(user, key);
    const SecretAccessKey = key.secretAccessKey;
    return element("AccessKey", fields({ ...others, SecretAccessKey, CreateDate }));
  }),

  DeleteAccessKey: onUser("DeleteAccessKey", (user, call) => {
    user.accessKeys.delete(keyOf(user, call).accessKeyId);
    return undefined;
  }),

  UpdateAccessKey: onUser("UpdateAccessKey", (user, call) => {
    const status = required(call.parameters, "Status");
    if (status !== "Active" && status !== "Inactive") {
      throw constraintError("Status", "satisfy enum value set: [Active, Inactive]");
    }
    keyOf(user, call).status = status;
    return undefined;
  }),

  ListAccessKeys: onUser("ListAccessKeys", (user, call) =>
    page(
      call,
      "AccessKeyMetadata",
      user.accessKeys,
      (key) => fields(accessKeyFields(user, key)),
    )),

  GetAccessKeyLastUsed: {
    permissions: (call) => [{
      action: "iam:GetAccessKeyLastUsed",
      resource: userArn(call.account, ownerOf(call).userName),
    }],
    run: (call) => {
      const user = ownerOf(call);
      const used = keyOf(user, call).lastUsed;
      return [
        fields({ UserName: user.userName }),
        element(
          "AccessKeyLastUsed",
          fields({
            LastUsedDate: used?.date,
            ServiceName: used?.service ?? "N/A",
            Region: used?.region ?? "N/A",
          }),
        ),
      ];
    },
  },
};

function keyOf(user: User, call: IamCall): AccessKey {
  const id = required(call.parameters, "AccessKeyId");
  const message = `The Access Key with id ${id} cannot be found.`;
  return user.accessKeys.get(id) ?? refuse(new ServiceError(404, "NoSuchEntity", message));
}

/** A key that isn't the account's, or doesn't exist, may not be looked up. */
function ownerOf({ account, caller, parameters }: IamCall): User {
  const who = identify(caller, account)?.arn;
  const id = required(parameters, "AccessKeyId");
  const owner = [...account.users.values()].find(({ accessKeys }) => accessKeys.has(id));
  return owner ?? refuse(
    new ServiceError(
      403,
      "AccessDenied",
      `User: ${who} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key ${id}`,
    ),
  );
}
