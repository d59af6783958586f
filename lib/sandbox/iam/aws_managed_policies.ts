/**
 * The AWS managed policies that the sandbox has.
 *
 * @module
 */
import type { Partition } from "../../partitions.ts";
import type { ManagedPolicy } from "../account.ts";

interface Entry {
  policyName: string;
  policyId: string;
  version: string;
  createDate: string;
  updateDate: string;
  description: string;
  actions: string | string[];
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
];

/** Makes the managed policies that every account has, by ARN. */
export function awsManagedPolicies(partition: Partition): Map<string, ManagedPolicy> {
  return new Map(ENTRIES.map((entry) => {
    const policy = managedPolicyOf(entry, partition);
    return [policy.arn, policy];
  }));
}

function managedPolicyOf(entry: Entry, partition: Partition): ManagedPolicy {
  const statement = { Effect: "Allow", Action: entry.actions, Resource: "*" };
  const document = JSON.stringify({ Version: "2012-10-17", Statement: [statement] }, null, 4);
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
