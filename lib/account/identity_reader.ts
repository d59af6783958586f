/**
 * The policies that AWS keeps with users and roles: their own, attached ones, those of groups, and
 * permissions boundaries.
 *
 * @module
 */
import type { IAMClient } from "../aws/connect.ts";
import { iamPages } from "../aws/listing.ts";
import type { IdentityPolicy, NamedPolicy } from "../policy/access.ts";
import type { PolicyDocument } from "../policy/document.ts";
import { inlinePolicies, type InlinePolicyCalls } from "./iam_calls.ts";
import { parseDocument } from "./iam_document.ts";
import { PolicyReader } from "./policy_reader.ts";

/** Managed policies by their ARNs, each of which is fetched once. */
export type KnownPolicies = Map<string, Promise<PolicyDocument>>;

/** The calls that a user, a role and a group have under different names. */
interface PolicyCalls {
  /** Such as `user alice`. */
  owner: string;
  inline: InlinePolicyCalls;
  attached(
    page: { Marker?: string },
  ): Promise<{ AttachedPolicies?: { PolicyArn?: string }[]; Marker?: string }>;
}

const OWN = { inline: "inline", attached: "attached" } as const;
const OF_GROUP = { inline: "group", attached: "group" } as const;

/** Reads the policies of a user or role. */
export class IdentityReader extends PolicyReader {
  /** `known` may be shared by the readers of several users, who often have the same policies attached. */
  constructor(readonly iam: IAMClient, readonly known: KnownPolicies = new Map()) {
    super();
  }

  /** The policies of a user and of its groups. */
  async ofUser(UserName: string): Promise<IdentityPolicy[]> {
    const { iam } = this;
    const [own, ofGroups] = await Promise.all([
      this.#policies({
        owner: `user ${UserName}`,
        inline: {
          list: (page) => iam.listUserPolicies({ UserName, ...page }),
          get: (PolicyName) => iam.getUserPolicy({ UserName, PolicyName }),
        },
        attached: (page) => iam.listAttachedUserPolicies({ UserName, ...page }),
      }, OWN),
      this.#ofGroups(UserName),
    ]);
    return [...own, ...ofGroups];
  }

  /** The policies of a role. */
  async ofRole(RoleName: string): Promise<IdentityPolicy[]> {
    const { iam } = this;
    return await this.#policies({
      owner: `role ${RoleName}`,
      inline: {
        list: (page) => iam.listRolePolicies({ RoleName, ...page }),
        get: (PolicyName) => iam.getRolePolicy({ RoleName, PolicyName }),
      },
      attached: (page) => iam.listAttachedRolePolicies({ RoleName, ...page }),
    }, OWN);
  }

  /** The permissions boundary with an ARN, if there is one. */
  async boundary(arn: string | undefined): Promise<NamedPolicy | undefined> {
    if (arn === undefined) return undefined;
    const what = `the permissions boundary ${arn}`;
    const document = await this.read("permissions-boundary", what, this.#managedPolicy(arn));
    return document && { name: arn, document };
  }

  async #ofGroups(UserName: string): Promise<IdentityPolicy[]> {
    const { iam } = this;
    const groups = await this.read(
      "identity",
      `the groups of user ${UserName}`,
      Array.fromAsync(
        iamPages((page) => iam.listGroupsForUser({ UserName, ...page }), (page) => page.Groups),
      ),
    );
    const policies = await Promise.all((groups ?? []).map(({ GroupName = "" }) =>
      this.#policies({
        owner: `group ${GroupName}`,
        inline: {
          list: (page) => iam.listGroupPolicies({ GroupName, ...page }),
          get: (PolicyName) => iam.getGroupPolicy({ GroupName, PolicyName }),
        },
        attached: (page) => iam.listAttachedGroupPolicies({ GroupName, ...page }),
      }, OF_GROUP)
    ));
    return policies.flat();
  }

  async #policies(
    calls: PolicyCalls,
    types: { inline: IdentityPolicy["type"]; attached: IdentityPolicy["type"] },
  ): Promise<IdentityPolicy[]> {
    const inline = this.read(
      "identity",
      `the inline policies of ${calls.owner}`,
      Array.fromAsync(inlinePolicies(calls.inline), ({ PolicyName, PolicyDocument }) => ({
        type: types.inline,
        name: PolicyName,
        document: PolicyDocument,
      })),
    );
    // If the other list fails first, this failure must not count as unhandled.
    inline.catch(() => {});
    const arns = await this.read(
      "identity",
      `the attached policies of ${calls.owner}`,
      Array.fromAsync(iamPages((page) => calls.attached(page), (page) => page.AttachedPolicies)),
    );
    const attached = await Promise.all((arns ?? []).map(async ({ PolicyArn: name = "" }) => {
      const document = await this.read("identity", `policy ${name}`, this.#managedPolicy(name));
      return document === undefined ? [] : [{ type: types.attached, name, document }];
    }));
    return [...await inline ?? [], ...attached.flat()];
  }

  #managedPolicy(arn: string): Promise<PolicyDocument> {
    const policy = this.known.get(arn) ?? fetchManagedPolicy(this.iam, arn);
    this.known.set(arn, policy);
    return policy;
  }
}

async function fetchManagedPolicy(iam: IAMClient, PolicyArn: string): Promise<PolicyDocument> {
  const { Policy } = await iam.getPolicy({ PolicyArn });
  const VersionId = Policy?.DefaultVersionId;
  const { PolicyVersion } = await iam.getPolicyVersion({ PolicyArn, VersionId });
  return parseDocument(PolicyVersion?.Document ?? "{}");
}
