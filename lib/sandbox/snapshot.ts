/**
 * Writes an account's state as plain data, so that a test can compare before and after.
 *
 * @module
 */
import type { Account, CorsRule, ManagedPolicy, PublicAccessBlock, Tag, User } from "./account.ts";

/** A user's state, without secrets. */
export interface UserSnapshot {
  /** Name of the user. */
  userName: string;
  /** Starts and ends with `/`. */
  path: string;
  /** ARN of the boundary. */
  permissionsBoundary: string | null;
  /** Sorted by key. */
  tags: Tag[];
  /** Sorted by id. */
  accessKeys: { accessKeyId: string; status: string }[];
  /** Policy name to document. */
  inlinePolicies: Record<string, string>;
  /** ARNs of managed policies. */
  attachedPolicies: string[];
  /** Names of groups. */
  groups: string[];
  /** Whether the user has a console password. */
  loginProfile: boolean;
  /** Serial numbers. */
  mfaDevices: string[];
  /** Certificate ids. */
  signingCertificates: string[];
  /** Key ids. */
  sshPublicKeys: string[];
  /** Credential ids. */
  serviceSpecificCredentials: string[];
}

/** A role's state. */
export interface RoleSnapshot {
  /** Name of the role. */
  roleName: string;
  /** Starts and ends with `/`. */
  path: string;
  /** Free text. */
  description: string | null;
  /** The trust policy. */
  assumeRolePolicyDocument: string;
  /** Seconds. */
  maxSessionDuration: number;
  /** ARN of the boundary. */
  permissionsBoundary: string | null;
  /** Sorted by key. */
  tags: Tag[];
  /** Policy name to document. */
  inlinePolicies: Record<string, string>;
  /** ARNs of managed policies. */
  attachedPolicies: string[];
}

/** A bucket's state. */
export interface BucketSnapshot {
  /** Name of the bucket. */
  name: string;
  /** Where it was made. */
  region: string;
  /** The bucket policy. */
  policy: string | null;
  /** The four settings. */
  publicAccessBlock: PublicAccessBlock | null;
  /** Who owns objects. */
  objectOwnership: string;
  /** Names of the documents that a website serves. */
  website: { indexSuffix: string; errorKey: string | null } | null;
  /** CORS rules. */
  cors: CorsRule[] | null;
  /** Keys of the objects. */
  objects: string[];
}

/** The state of a provider of OpenID Connect. */
export interface OidcProviderSnapshot {
  /** ARN of the provider. */
  arn: string;
  /** The issuer of its tokens. */
  url: string;
  /** Audiences that its tokens may be for. */
  clientIds: string[];
  /** Thumbprints of certificates. */
  thumbprints: string[];
  /** Sorted by key. */
  tags: Tag[];
}

/** An account's state: JSON data in a fixed order, sorted by name throughout. */
export interface AccountSnapshot {
  /** Sorted by name. */
  users: UserSnapshot[];
  /** Sorted by name. */
  roles: RoleSnapshot[];
  /** Names of groups. */
  groups: string[];
  /** The name that stands for the account's number. */
  alias: string | null;
  /** Names of instance profiles. */
  instanceProfiles: string[];
  /** Serial numbers. */
  virtualMfaDevices: string[];
  /** Sorted by ARN. */
  oidcProviders: OidcProviderSnapshot[];
  /** The account's own managed policies: ARN to document. */
  policies: Record<string, string>;
  /** Sorted by name. */
  buckets: BucketSnapshot[];
  /** The four settings of the account. */
  publicAccessBlock: PublicAccessBlock | null;
}

/** Makes the snapshot of an account. */
export function snapshotOf(account: Account): AccountSnapshot {
  return {
    users: sorted(account.users).map(([, user]) => userSnapshot(user)),
    roles: sorted(account.roles).map(([, role]) => ({
      roleName: role.roleName,
      path: role.path,
      description: role.description ?? null,
      assumeRolePolicyDocument: role.assumeRolePolicyDocument,
      maxSessionDuration: role.maxSessionDuration,
      permissionsBoundary: role.permissionsBoundary ?? null,
      tags: sortedTags(role.tags),
      inlinePolicies: Object.fromEntries(sorted(role.inlinePolicies)),
      attachedPolicies: [...role.attachedPolicies].sort(),
    })),
    groups: [...account.groups.keys()].sort(),
    alias: account.alias ?? null,
    instanceProfiles: [...account.instanceProfiles.keys()].sort(),
    virtualMfaDevices: [...account.virtualMfaDevices.keys()].sort(),
    oidcProviders: sorted(account.oidcProviders).map(([arn, provider]) => ({
      arn,
      url: provider.url,
      clientIds: [...provider.clientIds],
      thumbprints: [...provider.thumbprints],
      tags: sortedTags(provider.tags),
    })),
    policies: Object.fromEntries(
      sorted(account.policies)
        .filter(([arn]) => !/^arn:[^:]+:iam::aws:/.test(arn))
        .map(([arn, policy]) => [arn, defaultDocument(policy)]),
    ),
    buckets: sorted(account.buckets).filter(([, bucket]) => bucket.ownerAccountId === account.id)
      .map(([, bucket]) => ({
        name: bucket.name,
        region: bucket.region,
        policy: bucket.policy ?? null,
        publicAccessBlock: bucket.publicAccessBlock ? { ...bucket.publicAccessBlock } : null,
        objectOwnership: bucket.objectOwnership,
        website: bucket.website
          ? { indexSuffix: bucket.website.indexSuffix, errorKey: bucket.website.errorKey ?? null }
          : null,
        cors: bucket.cors ? structuredClone(bucket.cors) : null,
        objects: [...bucket.objects.keys()].sort(),
      })),
    publicAccessBlock: account.publicAccessBlock ? { ...account.publicAccessBlock } : null,
  };
}

function userSnapshot(user: User): UserSnapshot {
  return {
    userName: user.userName,
    path: user.path,
    permissionsBoundary: user.permissionsBoundary ?? null,
    tags: sortedTags(user.tags),
    accessKeys: sorted(user.accessKeys).map(([accessKeyId, { status }]) => ({
      accessKeyId,
      status,
    })),
    inlinePolicies: Object.fromEntries(sorted(user.inlinePolicies)),
    attachedPolicies: [...user.attachedPolicies].sort(),
    groups: [...user.groups].sort(),
    loginProfile: user.loginProfile !== undefined,
    mfaDevices: [...user.mfaDevices.keys()].sort(),
    signingCertificates: [...user.signingCertificates.keys()].sort(),
    sshPublicKeys: [...user.sshPublicKeys.keys()].sort(),
    serviceSpecificCredentials: [...user.serviceSpecificCredentials.keys()].sort(),
  };
}

function defaultDocument(policy: ManagedPolicy): string {
  return policy.versions.get(policy.defaultVersionId)?.document ?? "";
}

function sortedTags(tags: Tag[]): Tag[] {
  return tags.map((tag) => ({ ...tag })).sort((a, b) => compare(a.key, b.key));
}

function sorted<T>(map: Map<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => compare(a, b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
