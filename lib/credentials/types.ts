import type { PublicAccessBlockSettings } from "../policy/public_access.ts";
import type { PolicyDocument, PolicyStatement } from "../policy/document.ts";
import type { Permission } from "../policy/build.ts";
/**
 * What `create` is asked for, what it finds, and the steps it takes: the types they share.
 *
 * @module
 */

/** What shall be created. */
export interface CreateRequest {
  /** The buckets that the credentials are for; at least one. */
  buckets: readonly string[];
  /**
   * What the credentials may do.
   *
   * @default {"read-write"}
   */
  permission?: Permission;
  /** Only keys that start with this. */
  prefix?: string;
  /** A policy of the caller's own, with `$!BUCKET_NAME!$` for the bucket, in place of ours. */
  policy?: PolicyDocument;
  /** Statements to add to the policy. */
  statements?: readonly PolicyStatement[];
  /** Seconds that the credentials shall last; left out, they never expire. */
  duration?: number;
  /** The role to assume, with `duration`; left out, the role of this tool is ensured. */
  roleArn?: string;
  /** The user to create or use; left out, {@linkcode defaultUserName} names it. */
  username?: string;
  /** ARN of the permissions boundary of a new user, or `none`; left out, Amazon's S3 policies. */
  userPermissionsBoundary?: string;
  /** Whether buckets that don't exist shall be created. */
  createBucket?: boolean;
  /** The region of new buckets. */
  bucketRegion?: string;
  /** Whether anyone may download from a new bucket. */
  public?: boolean;
  /** Whether a new bucket shall serve a website; implies `public`. */
  website?: boolean;
}

/** An access key as far as others may know it. */
export interface AccessKeyFacts {
  /** The key's id. */
  accessKeyId: string;
  /** When it was made. */
  createDate?: Date;
  /** When it was last used; `null` if never, left out where the caller may not see that. */
  lastUsedDate?: Date | null;
}

/** A user as it was found before the first change. */
export interface UserFacts {
  /** ARN of its permissions boundary. */
  permissionsBoundary?: string;
  /** Its keys; `undefined` where the caller may not list them. */
  accessKeys?: readonly AccessKeyFacts[];
  /** Its inline policies, name to text; `undefined` where the caller may not read them. */
  inlinePolicies?: ReadonlyMap<string, string>;
  /** Names of the managed policies attached to it; `undefined` where the caller may not list them. */
  managedPolicies?: readonly string[];
  /** Names of its groups; `undefined` where the caller may not list them. */
  groups?: readonly string[];
}

/** The role of this tool as it was found before the first change. */
export interface RoleFacts {
  /** The role's ARN. */
  arn: string;
  /** The most seconds that a session of it may last. */
  maxSessionDuration: number;
  /** Whether AmazonS3FullAccess is attached to it. */
  hasFullAccess: boolean;
}

/** What the account holds before the first change. */
export interface CreateFacts {
  /** The region of new buckets where the request names none; left out, `us-east-1`. */
  region?: string;
  /** Those of the request's buckets that exist. */
  existingBuckets: ReadonlySet<string>;
  /** Those of them that another account owns, as far as that could be told. */
  bucketsOfOtherAccounts?: readonly string[];
  /** The user, if it exists. */
  user?: UserFacts;
  /** The role of this tool, if it exists. */
  role?: RoleFacts;
  /** ARN of the caller, where it matters. */
  callerArn?: string;
}

/** One change of an account, or one call for credentials. */
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
  | { kind: "create-user"; userName: string; permissionsBoundary?: string }
  | { kind: "put-user-policy"; userName: string; policyName: string; policy: PolicyDocument }
  | { kind: "create-access-key"; userName: string }
  | { kind: "ensure-role"; roleName: string; found?: RoleFacts }
  | {
    kind: "assume-role";
    roleArn?: string;
    sessionName: string;
    policy: PolicyDocument;
    duration: number;
  };

/** The steps of one kind. */
export type StepOf<K extends Step["kind"]> = Extract<Step, { kind: K }>;
