/**
 * GetAccountAuthorizationDetails: all users, groups, roles and managed policies with what they say.
 *
 * Which fields the lists have, that AWS's own policies are there only if they are used, and that the
 * newest version comes first, is how AWS has been seen to answer; its page doesn't say.
 *
 * @module
 */
import type { Account, Group, ManagedPolicy, Role, User } from "../account.ts";
import { isAwsManaged } from "./aws_managed_policies.ts";
import { boundaryElement } from "./boundary.ts";
import { type IamOperations, type ListItem, pageOfLists, tagMembers } from "./call.ts";
import { groupFields } from "./groups.ts";
import { profileFields } from "./instance_profiles.ts";
import { plainPolicy } from "./managed_policies.ts";
import { attachmentCount, boundaryCount } from "./policy_use.ts";
import { newestFirst, versionFields } from "./policy_versions.ts";
import { lastUseOf, roleFields } from "./roles.ts";
import { constraintError, fields, members } from "../query.ts";
import { encode } from "../auth/signature.ts";
import type { XmlContent } from "../xml.ts";

const FILTERS = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];

/** The operation of this module. */
export const authorizationDetailsOperations: IamOperations = {
  GetAccountAuthorizationDetails: {
    permissions: () => [{ action: "iam:GetAccountAuthorizationDetails", resource: "*" }],
    run: (call) => {
      const { account, parameters } = call;
      const filter = parameters.list("Filter");
      const unknown = filter.find((name) => !FILTERS.includes(name));
      if (unknown !== undefined) {
        throw constraintError("Filter", `satisfy enum value set: [${FILTERS.join(", ")}]`);
      }
      const isWanted = (name: string) => filter.length === 0 || filter.includes(name);
      const listed = <T>(
        kind: string,
        entities: ReadonlyMap<string, T>,
        write: (entity: T) => XmlContent,
      ): ListItem[] =>
        isWanted(kind) ? [...entities].map(([name, entity]) => [name, () => write(entity)]) : [];
      return pageOfLists(call, {
        UserDetailList: listed("User", account.users, userDetail),
        RoleDetailList: listed("Role", account.roles, (role) => roleDetail(role, account)),
        GroupDetailList: listed("Group", account.groups, groupDetail),
        Policies: [...account.policies.values()]
          .filter(({ arn }) =>
            isAwsManaged(arn)
              ? isWanted("AWSManagedPolicy") && isUsed(arn, account)
              : isWanted("LocalManagedPolicy")
          )
          .map((policy) => [
            `${policy.policyName} ${policy.arn}`,
            () => policyDetail(policy, account),
          ]),
      });
    },
  },
};

function isUsed(arn: string, account: Account): boolean {
  return attachmentCount(arn, account) + boundaryCount(arn, account) > 0;
}

function userDetail(user: User): XmlContent {
  return [
    fields({
      Path: user.path,
      UserName: user.userName,
      UserId: user.userId,
      Arn: user.arn,
      CreateDate: user.createDate,
    }),
    user.inlinePolicies.size > 0 ? inlinePolicies("User", user) : undefined,
    members("GroupList", [...user.groups].sort()),
    attachedPolicies(user),
    boundaryElement(user.permissionsBoundary),
    tagMembers(user.tags),
  ];
}

function roleDetail(role: Role, account: Account): XmlContent {
  const profiles = [...account.instanceProfiles.values()]
    .filter(({ roleName }) => roleName === role.roleName);
  return [
    roleFields(role),
    members("InstanceProfileList", profiles.map((profile) => profileFields(profile, account))),
    inlinePolicies("Role", role),
    attachedPolicies(role),
    boundaryElement(role.permissionsBoundary),
    tagMembers(role.tags),
    lastUseOf(role),
  ];
}

function groupDetail(group: Group): XmlContent {
  return [
    groupFields(group),
    inlinePolicies("Group", group),
    attachedPolicies(group),
  ];
}

function policyDetail(policy: ManagedPolicy, account: Account): XmlContent {
  return [
    plainPolicy(policy, account),
    members("PolicyVersionList", newestFirst(policy).map((id) => versionFields(policy, id))),
  ];
}

function inlinePolicies(
  kind: "User" | "Role" | "Group",
  { inlinePolicies }: User | Role | Group,
): XmlContent {
  return members(
    `${kind}PolicyList`,
    [...inlinePolicies].map(([name, document]) =>
      fields({ PolicyName: name, PolicyDocument: encode(document) })
    ),
  );
}

function attachedPolicies({ attachedPolicies }: User | Role | Group): XmlContent {
  return members(
    "AttachedManagedPolicies",
    [...attachedPolicies].map((arn) =>
      fields({ PolicyName: arn.split("/").at(-1), PolicyArn: arn })
    ),
  );
}
