/**
 * Users with all that IAM's per-user calls say of them, in pages.
 *
 * @module
 */
import type { UserDetail } from "@aws-sdk/client-iam";
import type { IAMClient } from "../aws/connect.ts";
import { iamPages } from "../aws/listing.ts";

/** The users of the account with their tags, boundaries, groups and policies. */
export function userDetails(iam: IAMClient): AsyncGenerator<UserDetail> {
  return iamPages(
    (page) => iam.getAccountAuthorizationDetails({ Filter: ["User"], ...page }),
    (page) => page.UserDetailList,
  );
}

/** The same client, which answers calls about this user from what is known. */
export function answeringFrom(detail: UserDetail, iam: IAMClient): IAMClient {
  const policies = new Map(
    (detail.UserPolicyList ?? []).map((policy) => [policy.PolicyName ?? "", policy]),
  );
  const answers: Record<PropertyKey, unknown> = {
    getUser: () => Promise.resolve({ User: detail }),
    listUserPolicies: () => Promise.resolve({ PolicyNames: [...policies.keys()].sort() }),
    getUserPolicy: ({ PolicyName }: { PolicyName: string }) =>
      Promise.resolve(policies.get(PolicyName) ?? {}),
    listAttachedUserPolicies: () =>
      Promise.resolve({ AttachedPolicies: detail.AttachedManagedPolicies }),
    listGroupsForUser: () =>
      Promise.resolve({ Groups: (detail.GroupList ?? []).map((GroupName) => ({ GroupName })) }),
  };
  return new Proxy(iam, { get: (target, name) => answers[name] ?? Reflect.get(target, name) });
}
