/**
 * IAM's operations on managed policies.
 *
 * @module
 */
import type { Account, ManagedPolicy } from "../account.ts";
import {
  alreadyExists,
  arnOf,
  deleteConflict,
  type IamCall,
  type IamOperation,
  type IamOperations,
  isTaken,
  limitExceeded,
  mergeTags,
  nameOf,
  page,
  pathOf,
  refuse,
  tagContext,
  tagMembers,
  tagsOf,
} from "./call.ts";
import { identify } from "../caller.ts";
import { uniqueId } from "../identifiers.ts";
import { ServiceError } from "../operation.ts";
import { checkIdentityPolicy, countedLength } from "../auth/policy_document.ts";
import { checkLength, fields, required } from "../query.ts";
import { encode } from "../auth/signature.ts";
import { element, type XmlContent } from "../xml.ts";

const SIZE_QUOTA = 6144;
const AWS_OWNED = /^arn:[^:]+:iam::aws:/;

/** The operations of this module. */
export const managedPolicyOperations: IamOperations = {
  CreatePolicy: {
    permissions: (call) => {
      const resource = arnOf(call.account, "policy", nameOf(call, "PolicyName"), pathOf(call));
      const tags = tagsOf(call);
      const context = tagContext(tags);
      return [
        { action: "iam:CreatePolicy", resource, context },
        ...(tags.length > 0 ? [{ action: "iam:TagPolicy", resource, context }] : []),
      ];
    },
    run: (call) => {
      const { account } = call;
      const policy = newPolicy(call);
      const own = [...account.policies.values()].filter(({ arn }) => !AWS_OWNED.test(arn));
      if (isTaken(own.map(({ policyName }) => policyName), policy.policyName)) {
        throw alreadyExists(
          `A policy called ${policy.policyName} already exists. Duplicate names are not allowed.`,
        );
      }
      account.policies.set(policy.arn, policy);
      return element("Policy", plainPolicy(policy, account), tagList(policy));
    },
  },

  GetPolicy: onPolicy("GetPolicy", (policy, { account }) =>
    element(
      "Policy",
      plainPolicy(policy, account),
      fields({ Description: policy.description }),
      tagList(policy),
    )),

  GetPolicyVersion: onPolicy("GetPolicyVersion", (policy, call) => {
    const id = required(call.parameters, "VersionId");
    const version = policy.versions.get(id) ??
      refuse(
        noSuchPolicy(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`),
      );
    return element(
      "PolicyVersion",
      fields({
        Document: encode(version.document),
        VersionId: id,
        IsDefaultVersion: id === policy.defaultVersionId,
        CreateDate: version.createDate,
      }),
    );
  }),

  ListPolicies: {
    permissions: ({ account }) => [{
      action: "iam:ListPolicies",
      resource: `arn:${account.partition}:iam::${account.id}:policy/`,
    }],
    run: (call) => {
      const { account, parameters } = call;
      const scope = parameters.get("Scope") ?? "All";
      const prefix = parameters.get("PathPrefix") ?? "/";
      const onlyAttached = parameters.get("OnlyAttached") === "true";
      const matching = [...account.policies.values()].filter((policy) =>
        policy.path.startsWith(prefix) &&
        (scope === "All" || (scope === "AWS") === AWS_OWNED.test(policy.arn)) &&
        (!onlyAttached || attachmentsOf(policy.arn, account) > 0)
      );
      return page(
        call,
        "Policies",
        matching.map((policy) => [policy.policyName, policy] as const),
        (policy) => plainPolicy(policy, account),
      );
    },
  },

  DeletePolicy: onPolicy("DeletePolicy", (policy, { account, caller }) => {
    if (AWS_OWNED.test(policy.arn)) {
      const arn = identify(caller, account)?.arn;
      const message = `User: ${arn} is not authorized to perform: iam:DeletePolicy on resource: `;
      throw new ServiceError(403, "AccessDenied", message + policy.arn);
    }
    if (attachmentsOf(policy.arn, account) + boundariesOf(policy.arn, account) > 0) {
      throw deleteConflict("Cannot delete a policy attached to entities.");
    }
    account.policies.delete(policy.arn);
    return undefined;
  }),
};

function onPolicy(
  action: string,
  run: (policy: ManagedPolicy, call: IamCall) => XmlContent,
): IamOperation {
  const arnOfCall = ({ parameters }: IamCall) => {
    const arn = required(parameters, "PolicyArn");
    checkLength("PolicyArn", arn, 20, 2048);
    return arn;
  };
  return {
    permissions: (call) => [{ action: `iam:${action}`, resource: arnOfCall(call) }],
    run: (call) => {
      const arn = arnOfCall(call);
      const policy = call.account.policies.get(arn);
      return run(policy ?? refuse(noSuchPolicy(`Policy ${arn} was not found.`)), call);
    },
  };
}

function newPolicy(call: IamCall): ManagedPolicy {
  const policyName = nameOf(call, "PolicyName");
  const path = pathOf(call);
  const document = required(call.parameters, "PolicyDocument");
  checkIdentityPolicy("PolicyDocument", document, call.account);
  if (countedLength(document) > SIZE_QUOTA) {
    throw limitExceeded(`Cannot exceed quota for PolicySize: ${SIZE_QUOTA}`);
  }
  const createDate = call.account.clock.now();
  return {
    policyName,
    policyId: uniqueId("ANPA"),
    arn: arnOf(call.account, "policy", policyName, path),
    path,
    description: call.parameters.get("Description"),
    createDate,
    updateDate: createDate,
    tags: mergeTags([], tagsOf(call), "Policy"),
    defaultVersionId: "v1",
    versions: new Map([["v1", { document, createDate }]]),
  };
}

function plainPolicy(policy: ManagedPolicy, account: Account): XmlContent {
  return fields({
    PolicyName: policy.policyName,
    PolicyId: policy.policyId,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: attachmentsOf(policy.arn, account),
    PermissionsBoundaryUsageCount: boundariesOf(policy.arn, account),
    IsAttachable: true,
    CreateDate: policy.createDate,
    UpdateDate: policy.updateDate,
  });
}

function tagList({ tags }: ManagedPolicy): XmlContent {
  return tags.length > 0 ? tagMembers(tags) : undefined;
}

function attachmentsOf(arn: string, { users, roles }: Account): number {
  const principals = [...users.values(), ...roles.values()];
  return principals.filter(({ attachedPolicies }) => attachedPolicies.has(arn)).length;
}

function boundariesOf(arn: string, { users, roles }: Account): number {
  const principals = [...users.values(), ...roles.values()];
  return principals.filter(({ permissionsBoundary }) => permissionsBoundary === arn).length;
}

function noSuchPolicy(message: string): ServiceError {
  return new ServiceError(404, "NoSuchEntity", message);
}
