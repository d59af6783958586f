/**
 * The AWS managed policies that the sandbox has: those about S3 and IAM, as AWS published them in
 * February 2026.
 *
 * @module
 */
import type { Partition } from "../../partitions.ts";
import type { ManagedPolicy } from "../account.ts";

interface Entry {
  policyName: string;
  /** AWS's own id, taken from published answers of AWS. */
  policyId: string;
  version: string;
  createDate: string;
  updateDate: string;
  description: string;
  /** What it allows on everything. */
  actions?: string | string[];
  /** What it says, if that is more than to allow actions. */
  statements?: object[];
}

const ENTRIES: Entry[] = [
  {
    policyName: "AdministratorAccess",
    policyId: "ANPAIWMBCKSKIEE64ZLYK",
    version: "v1",
    createDate: "2015-02-06T18:39:46Z",
    updateDate: "2015-02-06T18:39:46Z",
    description: "Provides full access to AWS services and resources.",
    actions: "*",
  },
  {
    policyName: "AmazonS3FullAccess",
    policyId: "ANPAIFIR6V6BVTRAHWINE",
    version: "v2",
    createDate: "2015-02-06T18:40:58Z",
    updateDate: "2021-09-27T20:16:37Z",
    description: "Provides full access to all buckets via the AWS Management Console.",
    actions: ["s3:*", "s3-object-lambda:*"],
  },
  {
    policyName: "AmazonS3ReadOnlyAccess",
    policyId: "ANPAIZTJ4DXE7G6AGAE6M",
    version: "v3",
    createDate: "2015-02-06T18:40:59Z",
    updateDate: "2023-08-10T21:31:39Z",
    description: "Provides read only access to all buckets via the AWS Management Console.",
    actions: [
      "s3:Get*",
      "s3:List*",
      "s3:Describe*",
      "s3-object-lambda:Get*",
      "s3-object-lambda:List*",
    ],
  },
  {
    policyName: "IAMFullAccess",
    policyId: "ANPAI7XKCFMBPM3QQRRVQ",
    version: "v2",
    createDate: "2015-02-06T18:40:38Z",
    updateDate: "2019-06-21T19:40:00Z",
    description: "Provides full access to IAM via the AWS Management Console.",
    actions: [
      "iam:*",
      "organizations:DescribeAccount",
      "organizations:DescribeOrganization",
      "organizations:DescribeOrganizationalUnit",
      "organizations:DescribePolicy",
      "organizations:ListChildren",
      "organizations:ListParents",
      "organizations:ListPoliciesForTarget",
      "organizations:ListRoots",
      "organizations:ListPolicies",
      "organizations:ListTargetsForPolicy",
    ],
  },
  {
    policyName: "IAMReadOnlyAccess",
    policyId: "ANPAJKSO7NDY4T57MWDSQ",
    version: "v4",
    createDate: "2015-02-06T18:40:39Z",
    updateDate: "2018-01-25T19:11:27Z",
    description: "Provides read only access to IAM via the AWS Management Console.",
    actions: [
      "iam:GenerateCredentialReport",
      "iam:GenerateServiceLastAccessedDetails",
      "iam:Get*",
      "iam:List*",
      "iam:SimulateCustomPolicy",
      "iam:SimulatePrincipalPolicy",
    ],
  },
  {
    policyName: "IAMUserChangePassword",
    policyId: "ANPAJ4L4MM2A7QIEB56MS",
    version: "v5",
    createDate: "2016-11-15T00:25:16Z",
    updateDate: "2026-02-12T17:58:57Z",
    description: "Provides the ability for an IAM user to change their own password.",
    statements: [
      {
        Effect: "Allow",
        Action: ["iam:ChangePassword"],
        Resource: [
          "arn:aws:iam::*:user/${aws:username}",
          "arn:aws:iam::*:user/*/${aws:username}",
        ],
      },
      { Effect: "Allow", Action: ["iam:GetAccountPasswordPolicy"], Resource: "*" },
    ],
  },
  {
    policyName: "PowerUserAccess",
    policyId: "ANPAJYRXTHIB4FOVS3ZXS",
    version: "v5",
    createDate: "2015-02-06T18:39:47Z",
    updateDate: "2023-07-06T22:04:00Z",
    description: "Provides full access to AWS services and resources, but does not allow " +
      "management of Users and groups.",
    statements: [
      { Effect: "Allow", NotAction: ["iam:*", "organizations:*", "account:*"], Resource: "*" },
      {
        Effect: "Allow",
        Action: [
          "iam:CreateServiceLinkedRole",
          "iam:DeleteServiceLinkedRole",
          "iam:ListRoles",
          "organizations:DescribeOrganization",
          "account:ListRegions",
          "account:GetAccountInformation",
        ],
        Resource: "*",
      },
    ],
  },
  {
    policyName: "AWSDenyAll",
    // Not AWS's, which nobody has published.
    policyId: "ANPAIX3AD5FA2FDDCAF7B",
    version: "v2",
    createDate: "2019-05-01T22:36:14Z",
    updateDate: "2023-12-18T16:42:05Z",
    description: "Deny all access.",
    statements: [{ Sid: "DenyAll", Effect: "Deny", Action: ["*"], Resource: "*" }],
  },
];

/** Whether an ARN is that of a policy of AWS's own, which the sandbox may not have. */
export function isAwsManaged(arn: string): boolean {
  return /^arn:[\w-]+:iam::aws:policy\//.test(arn);
}

/** What to say about a policy of AWS's own that the sandbox doesn't have. */
export function missingAwsPolicy(arn: string): string {
  const names = ENTRIES.map(({ policyName }) => policyName).join(", ");
  return isAwsManaged(arn)
    ? ` If AWS has it, then the sandbox doesn't: of AWS's own policies it has ${names}.`
    : "";
}

/** Makes the managed policies that every account has, by ARN. */
export function awsManagedPolicies(partition: Partition): Map<string, ManagedPolicy> {
  return new Map(ENTRIES.map((entry) => {
    const policy = managedPolicyOf(entry, partition);
    return [policy.arn, policy];
  }));
}

function managedPolicyOf(entry: Entry, partition: Partition): ManagedPolicy {
  const statements = entry.statements ??
    [{ Effect: "Allow", Action: entry.actions, Resource: "*" }];
  const document = JSON.stringify({ Version: "2012-10-17", Statement: statements }, null, 4)
    .replaceAll('"arn:aws:', `"arn:${partition}:`);
  return {
    policyName: entry.policyName,
    policyId: entry.policyId,
    arn: `arn:${partition}:iam::aws:policy/${entry.policyName}`,
    path: "/",
    description: entry.description,
    createDate: new Date(entry.createDate),
    updateDate: new Date(entry.updateDate),
    tags: [],
    defaultVersionId: entry.version,
    versions: new Map([[entry.version, { document, createDate: new Date(entry.updateDate) }]]),
  };
}
