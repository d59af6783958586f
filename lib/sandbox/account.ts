/**
 * The state of the in-memory AWS accounts: plain data, changed only by the services.
 *
 * @module
 */
import type { Partition } from "../partitions.ts";
import type { Clock } from "./clock.ts";
import type {
  CredentialStatus,
  InstanceProfile,
  LoginProfile,
  MfaDevice,
  PasswordPolicy,
} from "./iam/entities.ts";
import type {
  BucketEncryption,
  CorsRule,
  DefaultRetention,
  LifecycleRule,
} from "./s3/bucket_settings.ts";
import type { Content } from "./content.ts";
import type { OidcProvider } from "./iam/oidc_provider.ts";
import type {
  SessionAttributes,
  SessionPolicies,
  TemporaryKey,
  UserSession,
  WebIdentity,
} from "./sts/session.ts";
import type { Tag } from "./tag.ts";
import type { Visibility } from "./visibility.ts";
import type { XmlElement } from "./xml.ts";

export type {
  BucketEncryption,
  CorsRule,
  DefaultRetention,
  LifecycleRule,
} from "./s3/bucket_settings.ts";
export type { Tag } from "./tag.ts";

/** An access key of a user, secret included: the sandbox checks signatures with it. */
export interface AccessKey {
  /** Id, such as `AKIA…`. */
  accessKeyId: string;
  /** What requests are signed with. */
  secretAccessKey: string;
  /** Inactive keys are refused. */
  status: "Active" | "Inactive";
  /** When it was made. */
  createDate: Date;
  /** Its latest accepted request, if there was one. */
  lastUsed: { date: Date; service: string; region: string } | undefined;
}

/** An IAM user with everything attached to it. */
export interface User {
  /** Unique in the account regardless of case. */
  userName: string;
  /** Unique id, such as `AIDA…`. */
  userId: string;
  /** Starts and ends with `/`. */
  path: string;
  /** ARN, path included. */
  arn: string;
  /** When the user was made. */
  createDate: Date;
  /** ARN of the managed policy that bounds it. */
  permissionsBoundary: string | undefined;
  /** In the order in which they were set. */
  tags: Tag[];
  /** By access key id; two at most. */
  accessKeys: Map<string, AccessKey>;
  /** Policy name to document, as sent. */
  inlinePolicies: Map<string, string>;
  /** ARNs of managed policies. */
  attachedPolicies: Set<string>;
  /** Names of groups. */
  groups: Set<string>;
  /** Set where the user has a console password. */
  loginProfile: LoginProfile | undefined;
  /** Serial numbers. */
  mfaDevices: Map<string, { enableDate: Date }>;
  /** By certificate id. */
  signingCertificates: Map<string, { uploadDate: Date; body: string; status?: CredentialStatus }>;
  /** By key id. */
  sshPublicKeys: Map<string, { uploadDate: Date; body: string; status?: CredentialStatus }>;
  /** By credential id. */
  serviceSpecificCredentials: Map<
    string,
    { serviceName: string; createDate: Date; userName?: string; status?: CredentialStatus }
  >;
}

/** An IAM role. */
export interface Role {
  /** Unique in the account regardless of case. */
  roleName: string;
  /** Unique id, such as `AROA…`. */
  roleId: string;
  /** Starts and ends with `/`. */
  path: string;
  /** ARN, path included. */
  arn: string;
  /** When the role was made. */
  createDate: Date;
  /** Free text. */
  description: string | undefined;
  /** The trust policy, as sent. */
  assumeRolePolicyDocument: string;
  /** Seconds, 3,600 to 43,200. */
  maxSessionDuration: number;
  /** ARN of the managed policy that bounds it. */
  permissionsBoundary: string | undefined;
  /** In the order in which they were set. */
  tags: Tag[];
  /** Policy name to document, as sent. */
  inlinePolicies: Map<string, string>;
  /** ARNs of managed policies. */
  attachedPolicies: Set<string>;
  /** When and where it was last assumed. */
  lastUsed: { date: Date; region: string } | undefined;
}

/** Temporary credentials issued by AssumeRole or AssumeRoleWithWebIdentity. */
export interface Session extends TemporaryKey, SessionPolicies {
  /** The role that was assumed. */
  role: Role;
  /** RoleSessionName of the call. */
  sessionName: string;
  /** Whether the role was assumed with a code of an MFA device. */
  isMfaPresent?: boolean;
  /** Set if AssumeRoleWithWebIdentity made it. */
  webIdentity?: WebIdentity;
  /** What was said about it when it was started. */
  attributes?: SessionAttributes;
}

/** An IAM group. Its members name it. */
export interface Group {
  /** Unique in the account regardless of case. */
  groupName: string;
  /** Unique id, such as `AGPA…`. */
  groupId: string;
  /** Starts and ends with `/`. */
  path: string;
  /** ARN, path included. */
  arn: string;
  /** When the group was made. */
  createDate: Date;
  /** Policy name to document, as sent. */
  inlinePolicies: Map<string, string>;
  /** ARNs of managed policies. */
  attachedPolicies: Set<string>;
}

/** A managed policy: AWS's own or the account's. */
export interface ManagedPolicy {
  /** Unique in its account regardless of case. */
  policyName: string;
  /** Unique id, such as `ANPA…`. */
  policyId: string;
  /** ARN, path included. */
  arn: string;
  /** Starts and ends with `/`. */
  path: string;
  /** Free text. */
  description: string | undefined;
  /** When the policy was made. */
  createDate: Date;
  /** When it got its latest version. */
  updateDate: Date;
  /** In the order in which they were set. */
  tags: Tag[];
  /** The version in effect, such as `v1`. */
  defaultVersionId: string;
  /** By version id. */
  versions: Map<string, { document: string; createDate: Date }>;
  /** The number of the latest version, also if that was deleted; omitted if it is `v1`. */
  latestVersion?: number;
}

/** A stored object. */
export interface StoredObject {
  /** Any text of up to 1,024 bytes. */
  key: string;
  /** Omitted for the version `null`, which is stored while versioning is off. */
  versionId?: string;
  /** The content. */
  body: Content;
  /** In double quotes, as S3 gives it. */
  etag: string;
  /** When it was stored. */
  lastModified: Date;
  /** Headers of the upload, returned when it is read: content-type, cache-control, x-amz-meta-…, checksums. */
  headers: Record<string, string>;
  /** In the order in which they were set. */
  tags: Tag[];
  /** The account that owns it, if that is another one than the bucket's. */
  ownerAccountId?: string;
  /** Set by PutObjectAcl or an upload's ACL headers; if omitted, the owner has full control. */
  acl?: Grant[];
  /** The parts of a multipart upload, by number: sizes, and checksums as headers. */
  parts?: { partNumber: number; size: number; checksums?: Record<string, string> }[];
  /** The multipart upload that it was. */
  uploadId?: string;
  /** Whether a legal hold protects it from deletion. */
  legalHold?: "ON" | "OFF";
  /** Until when it is protected from deletion. */
  retention?: { mode: "GOVERNANCE" | "COMPLIANCE"; retainUntilDate: Date };
  /** From when until when the content of an archived one can be read. */
  restoration?: { ready: Date; ends: Date };
}

/** What a deletion leaves behind where objects have versions. */
export interface DeleteMarker {
  /** The key that was deleted. */
  key: string;
  /** Omitted for the version `null`. */
  versionId?: string | undefined;
  /** When it was deleted. */
  lastModified: Date;
  /** Tells it from an object. */
  isDeleteMarker: true;
}

/** An upload that has been started and neither completed nor aborted. */
export interface MultipartUpload {
  /** What its parts refer to. */
  uploadId: string;
  /** Key of the future object. */
  key: string;
  /** When it was started. */
  initiated: Date;
  /** ARN and name of who started it. */
  initiator: { id: string; displayName: string };
  /** Headers and settings that the finished object will carry. */
  headers: Record<string, string>;
  /** Tags of the future object. */
  tags: Tag[];
  /** The account that will own the object, if that is another one than the bucket's. */
  ownerAccountId?: string;
  /** Grants on the future object. */
  acl: Grant[] | undefined;
  /** Its retention and legal hold, where the upload asked for some. */
  lock?: Pick<StoredObject, "legalHold" | "retention">;
  /** Whether its key was written to or deleted since it was started. */
  isOvertaken?: boolean;
  /** Checksum algorithm as `x-amz-checksum-algorithm` names it, such as `CRC32`. */
  checksumAlgorithm: string | undefined;
  /** Whether the checksum covers the whole object or the parts' checksums. */
  checksumType: "COMPOSITE" | "FULL_OBJECT";
  /** By part number. */
  parts: Map<number, UploadedPart>;
}

/** A part of a multipart upload. */
export interface UploadedPart {
  /** The content. */
  body: Content;
  /** In double quotes, as S3 gives it. */
  etag: string;
  /** When it was stored. */
  lastModified: Date;
  /** Checksum headers, such as `x-amz-checksum-crc32`. */
  checksums: Record<string, string>;
}

/** The four settings of a public access block, in AWS's names. */
export interface PublicAccessBlock {
  /** Refuses ACLs that grant to everyone. */
  BlockPublicAcls: boolean;
  /** Lets ACLs that grant to everyone grant nothing. */
  IgnorePublicAcls: boolean;
  /** Refuses bucket policies that grant to everyone. */
  BlockPublicPolicy: boolean;
  /** Keeps other accounts out of buckets with such a policy. */
  RestrictPublicBuckets: boolean;
}

/** An S3 bucket with its settings. */
export interface Bucket {
  /** Unique. */
  name: string;
  /** Where it was made. */
  region: string;
  /** Whether its location was given as `EU`, an old name of eu-west-1. */
  isNamedEu?: boolean;
  /** When it was made. */
  creationDate: Date;
  /** Also that of an account that the sandbox doesn't have. */
  ownerAccountId: string;
  /** The bucket policy, as sent. */
  policy: string | undefined;
  /** `undefined` once deleted; new buckets block all, as S3 has done since April 2023. */
  publicAccessBlock: PublicAccessBlock | undefined;
  /** `BucketOwnerEnforced` switches ACLs off. */
  objectOwnership: "BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter";
  /** False once its ownership controls were deleted, which leaves `ObjectWriter` in effect. */
  hasOwnershipControls?: boolean;
  /** Names of the documents that a website serves. */
  website: { indexSuffix: string; errorKey: string | undefined } | undefined;
  /** CORS rules, if any were set. */
  cors: CorsRule[] | undefined;
  /** Lifecycle rules, if any were set. */
  lifecycle?: LifecycleRule[];
  /** Set where rules move objects of other sizes than by default. */
  transitionMinimum?: string | undefined;
  /** How objects are encrypted by default, if that was set. */
  encryption?: BucketEncryption;
  /** Grants on the bucket. */
  acl: Grant[];
  /** The current versions, by key. */
  objects: Map<string, StoredObject>;
  /** Older versions and delete markers by key, the newest first. */
  history?: Map<string, (StoredObject | DeleteMarker)[]>;
  /** In the order in which they were set. */
  tags?: Tag[];
  /** Who pays for requests, if it isn't the bucket's owner. */
  requestPayer?: "Requester";
  /** Whether transfers are accelerated; omitted if that never was switched on. */
  acceleration?: "Enabled" | "Suspended";
  /** Which requests are counted, by the ids of these settings. */
  metrics?: Map<string, XmlElement>;
  /** Whether new objects are new versions; omitted if it never was switched on. */
  versioning?: "Enabled" | "Suspended";
  /** Whether the bucket was created with object lock, which retention and legal holds require. */
  objectLock?: boolean;
  /** How long its new objects are retained, if nothing else is said about them. */
  defaultRetention?: DefaultRetention | undefined;
  /** By upload id. */
  uploads?: Map<string, MultipartUpload>;
}

/** A key of KMS. */
export interface KmsKey {
  /** Its ARN. */
  arn: string;
  /** The key policy, without which nobody may use it. */
  policy: string;
}

/** A grant of an access control list. */
export interface Grant {
  /** Who is granted something: an account or a group. */
  grantee: { type: "CanonicalUser"; id: string } | { type: "Group"; uri: string };
  /** Such as `READ` or `FULL_CONTROL`. */
  permission: string;
}

/** What the accounts of a sandbox share. */
export interface Cloud {
  /** By id; the first one is what the sandbox started with. */
  accounts: Map<string, Account>;
  /** The buckets of all accounts by name, which is unique among them. */
  buckets: Map<string, Bucket>;
  /** That of the region; all ARNs begin with it. */
  partition: Partition;
  /** Where requests without a region of their own are served. */
  region: string;
  /** The time in the sandbox. */
  clock: Clock;
  /** IAM's delay before new entities are visible. */
  visibility: Visibility;
  /** Whether new buckets have ACLs and no public access block, as before April 2023. */
  opensBuckets: boolean;
}

/** One AWS account. */
export interface Account extends Cloud {
  /** Twelve digits. */
  id: string;
  /** The canonical user id of the owner. */
  canonicalUserId: string;
  /** Root's access key, if it has one. */
  rootKey: AccessKey | undefined;
  /** By name. */
  users: Map<string, User>;
  /** By name. */
  roles: Map<string, Role>;
  /** By ARN. */
  policies: Map<string, ManagedPolicy>;
  /** By name. */
  groups: Map<string, Group>;
  /** By name. */
  instanceProfiles: Map<string, InstanceProfile>;
  /** By serial number. */
  virtualMfaDevices: Map<string, MfaDevice>;
  /** Providers of OpenID Connect, by ARN. */
  oidcProviders: Map<string, OidcProvider>;
  /** Keys of KMS, by ARN. */
  kmsKeys: Map<string, KmsKey>;
  /** Of the account's roles, by access key id. */
  sessions: Map<string, Session>;
  /** By access key id. */
  userSessions: Map<string, UserSession>;
  /** Stands for the number in the address of the console, if it was set. */
  alias?: string;
  /** Set if the account has a policy for passwords. */
  passwordPolicy?: PasswordPolicy;
  /** Of session tokens of the global endpoint; 1 if omitted. */
  globalEndpointTokenVersion?: 1 | 2;
  /** The credential report, if one was asked for, and when that was. */
  credentialReport?: { content: string; startTime: Date };
  /** Account-level public access block, if set. */
  publicAccessBlock: PublicAccessBlock | undefined;
}
