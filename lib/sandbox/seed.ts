/**
 * Makes accounts and their initial content.
 *
 * @module
 */
import { type Partition, partitionOfRegion } from "../partitions.ts";
import { Clock } from "./clock.ts";
import { Visibility } from "./visibility.ts";
import type {
  AccessKey,
  Account,
  Bucket,
  Cloud,
  KmsKey,
  PublicAccessBlock,
  User,
} from "./account.ts";
import { randomHex, secretKey, uniqueId } from "./identifiers.ts";
import { awsManagedPolicies } from "./iam/aws_managed_policies.ts";

/** Makes what accounts share, without an account. */
export function createCloud(region: string, opensBuckets = false): Cloud {
  const clock = new Clock();
  return {
    accounts: new Map(),
    buckets: new Map(),
    partition: partitionOfRegion(region),
    region,
    clock,
    visibility: new Visibility(clock),
    opensBuckets,
  };
}

/** Makes an account without users and roles. */
export function createAccount(id: string, cloud: Cloud): Account {
  const account: Account = {
    ...cloud,
    id,
    canonicalUserId: randomHex(64),
    rootKey: undefined,
    users: new Map(),
    roles: new Map(),
    policies: awsManagedPolicies(cloud.partition),
    groups: new Map(),
    instanceProfiles: new Map(),
    virtualMfaDevices: new Map(),
    oidcProviders: new Map(),
    sessions: new Map(),
    userSessions: new Map(),
    kmsKeys: new Map(),
    publicAccessBlock: undefined,
  };
  cloud.accounts.set(id, account);
  return account;
}

/** Makes a user without keys, policies or groups. */
export function createUser(
  accountId: string,
  userName: string,
  path = "/",
  createDate: Date = new Date(),
  partition: Partition = "aws",
): User {
  return {
    userName,
    userId: uniqueId("AIDA"),
    path,
    arn: `arn:${partition}:iam::${accountId}:user${path}${userName}`,
    createDate,
    permissionsBoundary: undefined,
    tags: [],
    accessKeys: new Map(),
    inlinePolicies: new Map(),
    attachedPolicies: new Set(),
    groups: new Set(),
    loginProfile: undefined,
    mfaDevices: new Map(),
    signingCertificates: new Map(),
    sshPublicKeys: new Map(),
    serviceSpecificCredentials: new Map(),
  };
}

/** Makes an active access key. */
export function createAccessKey(createDate: Date = new Date()): AccessKey {
  return {
    accessKeyId: uniqueId("AKIA"),
    secretAccessKey: secretKey(),
    status: "Active",
    createDate,
    lastUsed: undefined,
  };
}

const BLOCK_ALL: PublicAccessBlock = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

/** Makes an empty bucket with the settings that S3 gives to new ones, or gave before April 2023. */
export function createBucket(account: Account, name: string): Bucket {
  const isOpen = account.opensBuckets;
  return {
    name,
    region: account.region,
    creationDate: account.clock.now(),
    ownerAccountId: account.id,
    policy: undefined,
    publicAccessBlock: isOpen ? undefined : { ...BLOCK_ALL },
    objectOwnership: isOpen ? "ObjectWriter" : "BucketOwnerEnforced",
    website: undefined,
    cors: undefined,
    acl: [{
      grantee: { type: "CanonicalUser", id: account.canonicalUserId },
      permission: "FULL_CONTROL",
    }],
    objects: new Map(),
  };
}

/** Makes a key of KMS, whose policy, as that of every new key, leaves all to the policies of IAM. */
export function createKmsKey(account: Account, region: string = account.region): KmsKey {
  const arn = `arn:${account.partition}:kms:${region}:${account.id}:key/${crypto.randomUUID()}`;
  const root = `arn:${account.partition}:iam::${account.id}:root`;
  const statement = { Effect: "Allow", Principal: { AWS: root }, Action: "kms:*", Resource: "*" };
  const key = { arn, policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) };
  account.kmsKeys.set(arn, key);
  return key;
}
