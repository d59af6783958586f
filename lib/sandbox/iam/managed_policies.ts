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
  type IamOperations,
  isTaken,
  limitExceeded,
  mergeTags,
  nameOf,
  onPolicy,
  page,
  pathOf,
  tagContext,
  tagMembers,
  tagsOf,
} from "./call.ts";
import { isAwsManaged } from "./aws_managed_policies.ts";
import { attachmentCount, boundaryCount, USAGES } from "./policy_use.ts";
import { identify } from "../caller.ts";
import { uniqueId } from "../identifiers.ts";
import { QUOTAS } from "./quotas.ts";
import { ServiceError } from "../operation.ts";
import { checkManagedPolicy, countedLength } from "../auth/policy_document.ts";
import { fields, oneOf, required } from "../query.ts";
import { element, type XmlContent } from "../xml.ts";

const { PolicySizeQuota } = QUOTAS;

/** The operations of this module. */
export const managedPolicyOperations: IamOperations = {
  CreatePolicy: {
    permissions: (call) => {
      const resource = arnOf(call.account, "policy", nameOf(call, "PolicyName"), pathOf(call));
      const tags = tagsOf(call, "Policy");
      const context = tagContext(tags);
      return [
        { action: "iam:CreatePolicy", resource, context },
        ...(tags.length > 0 ? [{ action: "iam:TagPolicy", resource, context }] : []),
      ];
    },
    run: (call) => {
      const { account } = call;
      const policy = newPolicy(call);
      const own = [...account.policies.values()].filter(({ arn }) => !isAwsManaged(arn));
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
      tagMembers(policy.tags),
    )),

  ListPolicies: {
    permissions: ({ account }) => [{
      action: "iam:ListPolicies",
      resource: `arn:${account.partition}:iam::${account.id}:policy/`,
    }],
    run: (call) => {
      const { account, parameters } = call;
      const scope = oneOf(parameters, "Scope", ["All", "AWS", "Local"]) ?? "All";
      const onlyBoundaries =
        oneOf(parameters, "PolicyUsageFilter", USAGES) === "PermissionsBoundary";
      const prefix = parameters.get("PathPrefix") ?? "/";
      const onlyAttached = parameters.get("OnlyAttached") === "true";
      const matching = [...account.policies.values()].filter((policy) =>
        policy.path.startsWith(prefix) &&
        (scope === "All" || (scope === "AWS") === isAwsManaged(policy.arn)) &&
        (!onlyAttached || attachmentCount(policy.arn, account) > 0) &&
        (!onlyBoundaries || boundaryCount(policy.arn, account) > 0)
      );
      return page(
        call,
        "Policies",
        matching.map((policy) => [`${policy.policyName} ${policy.arn}`, policy] as const),
        (policy) => plainPolicy(policy, account),
      );
    },
  },

  DeletePolicy: onPolicy("DeletePolicy", (policy, { account, caller }) => {
    refuseAwsManaged("DeletePolicy", policy, { account, caller });
    if (attachmentCount(policy.arn, account) + boundaryCount(policy.arn, account) > 0) {
      throw deleteConflict("Cannot delete a policy attached to entities.");
    }
    if (policy.versions.size > 1) {
      throw deleteConflict(
        "This policy has more than one version. Before you delete a policy, you must delete the " +
          "policy's versions. The default version is deleted with the policy.",
      );
    }
    account.policies.delete(policy.arn);
    return undefined;
  }),
};

function newPolicy(call: IamCall): ManagedPolicy {
  const policyName = nameOf(call, "PolicyName");
  const path = pathOf(call);
  const document = policyDocumentOf(call);
  const createDate = call.account.clock.now();
  return {
    policyName,
    policyId: uniqueId("ANPA"),
    arn: arnOf(call.account, "policy", policyName, path),
    path,
    description: call.parameters.get("Description"),
    createDate,
    updateDate: createDate,
    tags: mergeTags([], tagsOf(call, "Policy"), "Policy"),
    defaultVersionId: "v1",
    versions: new Map([["v1", { document, createDate }]]),
  };
}

/** The document of a new policy, or of a new version of one. */
export function policyDocumentOf({ parameters, account }: IamCall): string {
  const document = required(parameters, "PolicyDocument");
  checkManagedPolicy("PolicyDocument", document, account);
  if (countedLength(document) > PolicySizeQuota) {
    throw limitExceeded(`Cannot exceed quota for PolicySize: ${PolicySizeQuota}`);
  }
  return document;
}

/** What can't be done to policies of AWS, where it isn't said as other denials are. */
const OUTSIDE: Record<string, string> = {
  DeletePolicy: "delete policies",
  DeletePolicyVersion: "delete policy versions for policies",
  SetDefaultPolicyVersion: "update policies",
};

/** AWS's own policies can't be changed by anybody. */
export function refuseAwsManaged(
  action: string,
  { arn }: ManagedPolicy,
  { account, caller }: Pick<IamCall, "account" | "caller">,
): void {
  if (!isAwsManaged(arn)) return;
  const plain = OUTSIDE[action];
  if (plain !== undefined) {
    throw new ServiceError(403, "AccessDenied", `Cannot ${plain} outside your own account.`);
  }
  const who = identify(caller, account)?.arn;
  const message = `User: ${who} is not authorized to perform: iam:${action} on resource: ${arn}`;
  throw new ServiceError(403, "AccessDenied", message);
}

/** Writes what lists and descriptions of a policy have in common. */
export function plainPolicy(policy: ManagedPolicy, account: Account): XmlContent {
  return fields({
    PolicyName: policy.policyName,
    PolicyId: policy.policyId,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: attachmentCount(policy.arn, account),
    PermissionsBoundaryUsageCount: boundaryCount(policy.arn, account),
    IsAttachable: true,
    CreateDate: policy.createDate,
    UpdateDate: policy.updateDate,
  });
}

function tagList({ tags }: ManagedPolicy): XmlContent {
  return tags.length > 0 ? tagMembers(tags) : undefined;
}
