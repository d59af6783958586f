/**
 * A request to create credentials, what the account holds, and the plan made from both.
 *
 * @module
 */
import type { PublicAccessBlockSettings } from "../policy/public_access.ts";
import type { PolicyDocument, PolicyStatement } from "../policy/document.ts";
import type { Grant, Permission } from "../policy/grants.ts";
import type { Partition } from "../partitions.ts";
import type { AwsCredentialIdentity } from "../aws/credential_types.ts";

/** A tag, under AWS's field names. */
export interface Tag {
  /** Unique regardless of case. */
  Key: string;
  /** May be empty. */
  Value: string;
}

/** What to create. */
export interface CreateRequest {
  /** The buckets that the credentials are for; at least one. If omitted, those of `grants`. */
  buckets?: readonly string[];
  /**
   * What the credentials may do.
   *
   * @default {"read-write"}
   */
  permission?: Permission;
  /** Only keys that start with this, or with one of these. */
  prefix?: string | readonly string[];
  /** Whether `read-write` goes without deleting. */
  noDelete?: boolean;
  /** What may be done with which keys, in place of `buckets`, `permission`, `prefix` and `noDelete`. */
  grants?: readonly Grant[];
  /** A custom policy, with `$!BUCKET_NAME!$` for the bucket, that replaces the default one. */
  policy?: PolicyDocument;
  /** Statements to add to the policy. */
  statements?: readonly PolicyStatement[];
  /** Seconds that temporary credentials last, from 900 to 43,200. If omitted, they are permanent. */
  duration?: number;
  /** The role to assume, with `duration`. If omitted, this tool's own role is ensured. */
  roleArn?: string;
  /** The user to create or use. If omitted, its name is made of the permission and the buckets. */
  username?: string;
  /** ARN of the permissions boundary of a new user, or `none`. If omitted, Amazon's S3 policies. */
  userPermissionsBoundary?: string;
  /** Whether to allow the use of the keys of KMS with which existing buckets encrypt. */
  kms?: boolean;
  /** AWS's partition, such as `aws-cn`. If omitted, that of the caller, else of the region. */
  partition?: Partition;
  /**
   * Whether to create buckets that don't exist. If `false`, the error about them suggests it; if omitted, it
   * doesn't, as for a program whose user has no choice.
   */
  createBucket?: boolean;
  /** The region of new buckets. */
  bucketRegion?: string;
  /** Whether anyone may download from a new bucket. */
  public?: boolean;
  /** Whether a new bucket serves a website; implies `public`. */
  website?: boolean;
  /**
   * When the key expires, with all other keys of its user: IAM refuses them from that second on. For
   * permanent credentials only. If omitted, they never do.
   */
  expires?: Date;
  /** Tags of the user, the role and the buckets that are created. */
  tags?: Readonly<Record<string, string>>;
  /**
   * Whether a new user or role also gets this tool's own tags, by which it is found again.
   *
   * @default {true}
   */
  ownTags?: boolean;
}

/** What names of users and policies say about the grant, such as `read-only` or `custom`. */
export type GrantName = string;

/** The user of permanent credentials, as a request describes it. */
export interface ResolvedUser {
  /** Its name. */
  name: string;
  /** The default name before it was cut to AWS's limit. */
  shortenedFrom?: string;
  /** ARN of its permissions boundary, if it is created. */
  permissionsBoundary?: string;
  /** The boundary that the request names, `none` included. */
  requestedBoundary?: string;
  /** When its keys expire. */
  expires?: Date;
}

/** The session of temporary credentials, as a request describes it. */
export interface ResolvedSession {
  /** Its name. */
  name: string;
  /** Seconds that it lasts. */
  duration: number;
  /** The role to assume; `undefined` for this tool's own. */
  roleArn?: string;
  /** What the session may do, within the role's permissions. */
  policy: PolicyDocument;
}

/** A request that was checked, with all that follows from it. Made by {@linkcode resolveRequest}. */
export type ResolvedRequest = ResolvedGrant & ResolvedHolder;

/** Who gets the credentials: a user for permanent ones, a session for temporary ones. */
export type ResolvedHolder =
  | { user: ResolvedUser; session?: undefined }
  | { user?: undefined; session: ResolvedSession };

/** Buckets that don't exist are created, or are an error, which may suggest to create them. */
export type MissingBuckets = "create" | "refuse" | "refuse-with-suggestion";

/** What is granted on which buckets, and what is made for it. */
export interface ResolvedGrant {
  /** The buckets, each once. */
  buckets: readonly string[];
  /** What is granted on each of them, in their order. */
  policies: readonly PolicyDocument[];
  /** What names of policies say about the grant. */
  grant: GrantName;
  /** AWS's partition, by which all ARNs begin. */
  partition: Partition;
  /** Whether nothing but S3 is granted. */
  isWithinS3: boolean;
  /** Whether to allow the use of the keys of KMS with which existing buckets encrypt. */
  kms: boolean;
  /** What to do about buckets that don't exist. */
  missingBuckets: MissingBuckets;
  /** The region of new buckets. */
  bucketRegion?: string;
  /** Whether anyone may download from a new bucket. */
  public: boolean;
  /** Whether a new bucket serves a website. */
  website: boolean;
  /** The tags of what is created. */
  tags: { user: Tag[]; role: Tag[]; bucket: Tag[] };
  /** What may surprise in the request itself. */
  warnings: readonly string[];
}

/** An access key without its secret. */
export interface AccessKeyFacts {
  /** The key's id. */
  accessKeyId: string;
  /** `Active` or `Inactive`. */
  status?: string;
  /** When it was created. */
  createDate?: Date;
  /** When it was last used; `null` if never, `undefined` if the caller may not see that. */
  lastUsedDate?: Date | null;
}

/** A user as it was found before the first change. */
export interface UserFacts {
  /** ARN of its permissions boundary. */
  permissionsBoundary?: string;
  /** Its keys; `undefined` if the caller may not list them. */
  accessKeys?: readonly AccessKeyFacts[];
  /** Its inline policies, name to text; `undefined` if the caller may not read them. */
  inlinePolicies?: ReadonlyMap<string, string>;
  /** Names of the managed policies attached to it; `undefined` if the caller may not list them. */
  managedPolicies?: readonly string[];
  /** Names of its groups; `undefined` if the caller may not list them. */
  groups?: readonly string[];
}

/** This tool's role as it was found before the first change. */
export interface RoleFacts {
  /** The role's ARN. */
  arn: string;
  /** The maximum number of seconds of a session. */
  maxSessionDuration: number;
  /** Whether AmazonS3FullAccess is attached to it. */
  hasFullAccess: boolean;
}

/** What the account holds before the first change. */
export interface CreateFacts {
  /** The region of new buckets if the request names none. */
  region?: string;
  /** Those of the request's buckets that exist, with their regions as far as these are known. */
  existingBuckets: ReadonlyMap<string, string | undefined>;
  /** The customer's keys of KMS with which existing buckets encrypt, as they are configured; if needed. */
  encryptionKeys?: ReadonlyMap<string, string>;
  /** The user, if it exists. */
  user?: UserFacts;
  /** This tool's role, if it exists. */
  role?: RoleFacts;
  /** ARN of the caller, if the server tells. */
  callerArn?: string;
}

/** One change of an account, or one call for credentials. Its tags are written out: `Tag` is not exported. */
export type Step =
  | { kind: "create-bucket"; bucket: string; region?: string }
  | {
    kind: "set-public-access-block";
    bucket: string;
    region?: string;
    settings: PublicAccessBlockSettings;
  }
  | { kind: "put-bucket-policy"; bucket: string; region?: string; policy: PolicyDocument }
  | {
    kind: "put-bucket-website";
    bucket: string;
    region?: string;
    indexDocument: string;
    errorDocument: string;
  }
  | {
    kind: "put-bucket-tagging";
    bucket: string;
    region?: string;
    tags: { Key: string; Value: string }[];
  }
  | {
    kind: "create-user";
    userName: string;
    permissionsBoundary?: string;
    tags?: { Key: string; Value: string }[];
  }
  | { kind: "put-user-policy"; userName: string; policyName: string; policy: PolicyDocument }
  | { kind: "create-access-key"; userName: string }
  | {
    kind: "ensure-role";
    roleName: string;
    /** AWS's partition, by which the role's ARNs begin. */
    partition: Partition;
    /** The account that may assume a new role. */
    account: string;
    /** ARN of the role, if it exists. */
    existingArn?: string;
    /** Whether AmazonS3FullAccess has to be attached to it. */
    needsPolicy: boolean;
    /** Tags of a new role. */
    tags?: { Key: string; Value: string }[];
  }
  | {
    kind: "assume-role";
    roleArn?: string;
    sessionName: string;
    policy: PolicyDocument;
    duration: number;
  };

/** The steps of one kind. */
export type StepOf<K extends Step["kind"]> = Extract<Step, { kind: K }>;

/** What `create` will do. */
export interface CreatePlan {
  /** The steps in the order of the log. The last one gives the credentials. */
  steps: Step[];
  /** What was found and may be unexpected, a line each. */
  notices: string[];
  /** Where the credentials will do more or less, or be seen by more, than requested: a sentence each. */
  warnings: string[];
}

/** Credentials that expire, as STS gives them. */
export interface TemporaryCredentials extends AwsCredentialIdentity {
  /** The token that must accompany the key. */
  readonly sessionToken: string;
  /** When they expire. */
  readonly expiration: Date;
}

/** A new key of a user. */
export interface CreatedKey {
  /** The key with its secret, which AWS shows this once. */
  credentials: AwsCredentialIdentity;
  /** What else IAM says about the key. */
  accessKey: {
    /** The user whose key it is. */
    userName: string;
    /** `Active` for a new key. */
    status: string;
    /** When it was created. */
    createDate: Date;
  };
  /** The region of the first bucket, if it is known. */
  region?: string;
  /** The regions of all buckets, as far as they are known, by bucket. */
  regions?: ReadonlyMap<string, string>;
  /**
   * Rolls back all that the run has changed, for when the credentials could not be delivered; returns
   * what was removed, and what is left in the account with the reasons.
   */
  rollBack(): Promise<{ undone: string[]; left: string[] }>;
}

/** A new session of a role. */
export interface CreatedSession {
  /** The temporary credentials. */
  credentials: TemporaryCredentials;
  /** A session has no access key of IAM. */
  accessKey?: undefined;
  /** The region of the first bucket, if it is known. */
  region?: string;
  /** The regions of all buckets, as far as they are known, by bucket. */
  regions?: ReadonlyMap<string, string>;
  /**
   * Rolls back all that the run has changed, for when the credentials could not be delivered; returns
   * what was removed, and what is left in the account with the reasons.
   */
  rollBack(): Promise<{ undone: string[]; left: string[] }>;
}

/** What a run has created: a key, or a session if the request has a `duration`. */
export type CreatedCredentials = CreatedKey | CreatedSession;

/** A key before the way back is known. */
export type NewAccessKey = Omit<CreatedKey, "rollBack" | "region" | "regions">;

/** A session before the way back is known. */
export type NewSession = Omit<CreatedSession, "rollBack" | "region" | "regions">;
