/**
 * IAM's operations on the policies of users, roles and groups, inline and attached. They differ only
 * in names and quotas.
 *
 * @module
 */
import type { Group, Role, User } from "../account.ts";
import {
  entityNamed,
  groupArn,
  type IamCall,
  type IamOperation,
  type IamOperations,
  limitExceeded,
  nameOf,
  noSuchEntity,
  onGroup,
  onRole,
  onUser,
  page,
  refuse,
  roleArn,
  userArn,
  userNameOf,
} from "./call.ts";
import { missingAwsPolicy } from "./aws_managed_policies.ts";
import { QUOTAS } from "./quotas.ts";
import { ServiceError } from "../operation.ts";
import { checkIdentityPolicy, countedLength } from "../auth/policy_document.ts";
import { checkLength, fields, required } from "../query.ts";
import { encode } from "../auth/signature.ts";
import type { XmlContent } from "../xml.ts";

type Principal = User | Role | Group;

interface Kind {
  /** As in the names of operations and parameters. */
  word: "User" | "Role" | "Group";
  inlineQuota: number;
  on(
    action: string,
    run: (principal: Principal, call: IamCall) => XmlContent,
  ): IamOperation;
  name(principal: Principal): string;
  arn(call: IamCall): string;
  /** The user or role, which can have a boundary. */
  find(call: IamCall): User | Role | undefined;
}

const KINDS: Kind[] = [
  {
    word: "User",
    inlineQuota: QUOTAS.UserPolicySizeQuota,
    on: onUser,
    name: (principal) => (principal as User).userName,
    arn: (call) => userArn(call.account, userNameOf(call)),
    find: (call) => entityNamed(call.account.users, userNameOf(call)),
  },
  {
    word: "Role",
    inlineQuota: QUOTAS.RolePolicySizeQuota,
    on: onRole,
    name: (principal) => (principal as Role).roleName,
    arn: (call) => roleArn(call.account, nameOf(call, "RoleName", 64)),
    find: (call) => entityNamed(call.account.roles, nameOf(call, "RoleName", 64)),
  },
  {
    word: "Group",
    inlineQuota: QUOTAS.GroupPolicySizeQuota,
    on: onGroup,
    name: (principal) => (principal as Group).groupName,
    arn: (call) => groupArn(call.account, nameOf(call, "GroupName")),
    find: () => undefined,
  },
];

/** The operations of this module. */
export const policyOperations: IamOperations = Object.assign({}, ...KINDS.map(operationsOn));

function operationsOn(kind: Kind): IamOperations {
  return { ...inlineOperations(kind), ...attachmentOperations(kind) };
}

/** Condition keys about the boundary of the user or role whose policies a call changes. */
function boundaryKeys({ find }: Kind, call: IamCall): Record<string, string> {
  const arn = find(call)?.permissionsBoundary;
  return arn === undefined ? {} : { "iam:PermissionsBoundary": arn };
}

function inlineOperations(kind: Kind): IamOperations {
  const { word, on, name, inlineQuota } = kind;
  const lower = word.toLowerCase();
  const change: Kind["on"] = (action, run) => {
    const operation = on(action, run);
    return {
      ...operation,
      permissions: (call) =>
        operation.permissions(call).map((permission) => ({
          ...permission,
          context: boundaryKeys(kind, call),
        })),
    };
  };
  const documentOf = (principal: Principal, policyName: string): string =>
    principal.inlinePolicies.get(policyName) ??
      refuse(noSuchEntity(`${lower} policy`, policyName));

  return {
    [`Put${word}Policy`]: change(`Put${word}Policy`, (principal, call) => {
      const policyName = nameOf(call, "PolicyName");
      const document = required(call.parameters, "PolicyDocument");
      checkIdentityPolicy("PolicyDocument", document, call.account);
      const others = [...principal.inlinePolicies].filter(([other]) => other !== policyName);
      const total = [document, ...others.map(([, text]) => text)]
        .reduce((sum, text) => sum + countedLength(text), 0);
      if (total > inlineQuota) {
        throw limitExceeded(
          `Maximum policy size of ${inlineQuota} bytes exceeded for ${lower} ${name(principal)}`,
        );
      }
      principal.inlinePolicies.set(policyName, document);
      call.account.visibility.note(principal, policyName);
      return undefined;
    }),

    [`Get${word}Policy`]: on(`Get${word}Policy`, (principal, call) => {
      const policyName = nameOf(call, "PolicyName");
      return fields({
        [`${word}Name`]: name(principal),
        PolicyName: policyName,
        PolicyDocument: encode(documentOf(principal, policyName)),
      });
    }),

    [`Delete${word}Policy`]: change(`Delete${word}Policy`, (principal, call) => {
      const policyName = nameOf(call, "PolicyName");
      documentOf(principal, policyName);
      principal.inlinePolicies.delete(policyName);
      return undefined;
    }),

    [`List${word}Policies`]: on(
      `List${word}Policies`,
      (principal, call) =>
        page(call, "PolicyNames", principal.inlinePolicies, (_, policyName) => policyName),
    ),
  };
}

function attachmentOperations(kind: Kind): IamOperations {
  const { word, on, arn } = kind;
  const withPolicy = (
    action: string,
    run: (principal: Principal, policyArn: string, call: IamCall) => void,
  ): IamOperation => ({
    permissions: (call) => [{
      action: `iam:${action}`,
      resource: arn(call),
      context: { "iam:PolicyARN": policyArnOf(call), ...boundaryKeys(kind, call) },
    }],
    run: on(action, (principal, call) => {
      run(principal, policyArnOf(call), call);
      return undefined;
    }).run,
  });

  return {
    [`Attach${word}Policy`]: withPolicy(
      `Attach${word}Policy`,
      ({ attachedPolicies }, policyArn, { account }) => {
        if (!account.policies.has(policyArn)) {
          throw notFound(
            `Policy ${policyArn} does not exist or is not attachable.${
              missingAwsPolicy(policyArn)
            }`,
          );
        }
        const quota = QUOTAS[`AttachedPoliciesPer${word}Quota`];
        if (attachedPolicies.size >= quota && !attachedPolicies.has(policyArn)) {
          throw limitExceeded(`Cannot exceed quota for PoliciesPer${word}: ${quota}`);
        }
        attachedPolicies.add(policyArn);
      },
    ),

    [`Detach${word}Policy`]: withPolicy(
      `Detach${word}Policy`,
      ({ attachedPolicies }, policyArn) => {
        if (!attachedPolicies.delete(policyArn)) {
          throw notFound(`Policy ${policyArn} was not found.`);
        }
      },
    ),

    [`ListAttached${word}Policies`]: on(`ListAttached${word}Policies`, (principal, call) => {
      const attached = [...principal.attachedPolicies].map((policyArn) =>
        [policyArn.split("/").at(-1)!, policyArn] as const
      );
      return page(
        call,
        "AttachedPolicies",
        attached,
        (policyArn, policyName) => fields({ PolicyName: policyName, PolicyArn: policyArn }),
      );
    }),
  };
}

function policyArnOf(call: IamCall): string {
  const policyArn = required(call.parameters, "PolicyArn");
  checkLength("PolicyArn", policyArn, 20, 2048);
  const [, partition] = /^arn:([\w-]+):iam::(?:aws|\d{12}):policy\//.exec(policyArn) ?? [];
  if (partition === call.account.partition) return policyArn;
  throw new ServiceError(400, "ValidationError", `ARN ${policyArn} is not valid.`);
}

function notFound(message: string): ServiceError {
  return new ServiceError(404, "NoSuchEntity", message);
}
