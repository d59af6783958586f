/**
 * IAM's operations on the versions and the tags of managed policies.
 *
 * @module
 */
import type { ManagedPolicy } from "../account.ts";
import {
  deleteConflict,
  type IamCall,
  type IamOperations,
  limitExceeded,
  mergeTags,
  noSuchPolicy,
  onPolicy,
  page,
  pageOfTags,
  refuse,
  tagContext,
  tagsOf,
  untagContext,
  withoutTags,
} from "./call.ts";
import { policyDocumentOf, refuseAwsManaged } from "./managed_policies.ts";
import { QUOTAS } from "./quotas.ts";
import { constraintError, fields, required } from "../query.ts";
import { encode } from "../auth/signature.ts";
import { element, type XmlContent } from "../xml.ts";

const { VersionsPerPolicyQuota } = QUOTAS;

/** The operations of this module. */
export const policyVersionOperations: IamOperations = {
  CreatePolicyVersion: onPolicy("CreatePolicyVersion", (policy, call) => {
    refuseAwsManaged("CreatePolicyVersion", policy, call);
    const document = policyDocumentOf(call);
    if (policy.versions.size >= VersionsPerPolicyQuota) {
      throw limitExceeded(
        `A managed policy can have up to ${VersionsPerPolicyQuota} versions. Before you create a new ` +
          "version, you must delete an existing version.",
      );
    }
    policy.latestVersion = (policy.latestVersion ?? 1) + 1;
    const id = `v${policy.latestVersion}`;
    policy.updateDate = call.account.clock.now();
    policy.versions.set(id, { document, createDate: policy.updateDate });
    if (call.parameters.get("SetAsDefault") === "true") policy.defaultVersionId = id;
    return element("PolicyVersion", plainVersion(policy, id));
  }),

  GetPolicyVersion: onPolicy(
    "GetPolicyVersion",
    (policy, call) => element("PolicyVersion", versionFields(policy, versionIdOf(policy, call))),
  ),

  ListPolicyVersions: onPolicy(
    "ListPolicyVersions",
    (policy, call) =>
      page(
        call,
        "Versions",
        newestFirst(policy).map((id, index) => [String(index).padStart(4, "0"), id] as const),
        (id) => plainVersion(policy, id),
      ),
  ),

  SetDefaultPolicyVersion: onPolicy("SetDefaultPolicyVersion", (policy, call) => {
    refuseAwsManaged("SetDefaultPolicyVersion", policy, call);
    policy.defaultVersionId = versionIdOf(policy, call);
    return undefined;
  }),

  DeletePolicyVersion: onPolicy("DeletePolicyVersion", (policy, call) => {
    refuseAwsManaged("DeletePolicyVersion", policy, call);
    const id = versionIdOf(policy, call);
    if (id === policy.defaultVersionId) {
      throw deleteConflict("Cannot delete the default version of a policy.");
    }
    policy.versions.delete(id);
    return undefined;
  }),

  TagPolicy: {
    ...onPolicy("TagPolicy", (policy, call) => {
      refuseAwsManaged("TagPolicy", policy, call);
      policy.tags = mergeTags(policy.tags, tagsOf(call, "Policy"), "Policy");
      return undefined;
    }),
    permissions: (call) => [{
      action: "iam:TagPolicy",
      resource: required(call.parameters, "PolicyArn"),
      context: tagContext(tagsOf(call, "Policy")),
    }],
  },

  UntagPolicy: {
    ...onPolicy("UntagPolicy", (policy, call) => {
      refuseAwsManaged("UntagPolicy", policy, call);
      policy.tags = withoutTags(policy.tags, call, "Policy");
      return undefined;
    }),
    permissions: (call) => [{
      action: "iam:UntagPolicy",
      resource: required(call.parameters, "PolicyArn"),
      context: untagContext(call),
    }],
  },

  ListPolicyTags: onPolicy("ListPolicyTags", (policy, call) => pageOfTags(call, policy.tags)),
};

const VERSION_ID = /^v[1-9][0-9]*(?:\.[A-Za-z0-9-]*)?$/;
const VERSION_PATTERN = "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?";

/** The ids of a policy's versions, the newest first. */
export function newestFirst({ versions }: ManagedPolicy): string[] {
  return [...versions.keys()].sort((a, b) => Number(b.slice(1)) - Number(a.slice(1)));
}

function versionIdOf(policy: ManagedPolicy, { parameters }: IamCall): string {
  const id = required(parameters, "VersionId");
  if (!VERSION_ID.test(id)) {
    throw constraintError("VersionId", `satisfy regular expression pattern: ${VERSION_PATTERN}`);
  }
  if (policy.versions.has(id)) return id;
  return refuse(
    noSuchPolicy(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`),
  );
}

/** Writes a version with its document. */
export function versionFields(policy: ManagedPolicy, id: string): XmlContent {
  const document = policy.versions.get(id)?.document ?? "";
  return [fields({ Document: encode(document) }), plainVersion(policy, id)];
}

function plainVersion(policy: ManagedPolicy, id: string): XmlContent {
  return fields({
    VersionId: id,
    IsDefaultVersion: id === policy.defaultVersionId,
    CreateDate: policy.versions.get(id)?.createDate,
  });
}
