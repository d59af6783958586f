/**
 * The state of one in-memory AWS account: plain data, changed only by the services.
 *
 * @module
 */
import type { Session } from "./operation.ts";

/** An access key of a user, secret included: the sandbox checks signatures with it. */
export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  status: "Active" | "Inactive";
  createDate: Date;
  lastUsed: { date: Date; service: string; region: string } | undefined;
}

/** A tag of a user or role. */
export interface Tag {
  key: string;
  value: string;
}

/** An IAM user with all that can hang on it. */
export interface User {
  userName: string;
  userId: string;
  path: string;
  arn: string;
  createDate: Date;
  /** ARN of the managed policy that bounds it. */
  permissionsBoundary: string | undefined;
  tags: Tag[];
  accessKeys: Map<string, AccessKey>;
  /** Policy name -> document as it was put. */
  inlinePolicies: Map<string, string>;
  /** ARNs of managed policies. */
  attachedPolicies: Set<string>;
  groups: Set<string>;
  loginProfile: { createDate: Date; passwordLastUsed: Date | undefined } | undefined;
  /** Serial numbers. */
  mfaDevices: Map<string, { enableDate: Date }>;
  signingCertificates: Map<string, { uploadDate: Date; body: string }>;
  sshPublicKeys: Map<string, { uploadDate: Date; body: string }>;
  serviceSpecificCredentials: Map<string, { serviceName: string; createDate: Date }>;
}

/** An IAM role. */
export interface Role {
  roleName: string;
  roleId: string;
  path: string;
  arn: string;
  createDate: Date;
  description: string | undefined;
  assumeRolePolicyDocument: string;
  /** Seconds, 3,600 to 43,200. */
  maxSessionDuration: number;
  permissionsBoundary: string | undefined;
  tags: Tag[];
  inlinePolicies: Map<string, string>;
  attachedPolicies: Set<string>;
  lastUsed: { date: Date; region: string } | undefined;
}

/** An IAM group. Its members name it; it has no policies here. */
export interface Group {
  groupName: string;
  groupId: string;
  path: string;
  arn: string;
  createDate: Date;
}

/** A managed policy: AWS's own or the account's. */
export interface ManagedPolicy {
  policyName: string;
  policyId: string;
  arn: string;
  path: string;
  description: string | undefined;
  createDate: Date;
  updateDate: Date;
  tags: Tag[];
  defaultVersionId: string;
  versions: Map<string, { document: string; createDate: Date }>;
}

/** A stored object. */
export interface StoredObject {
  key: string;
  body: Uint8Array;
  etag: string;
  lastModified: Date;
  /** Headers given at upload and given back: content-type, cache-control, x-amz-meta-…, checksums. */
  headers: Record<string, string>;
  tags: Tag[];
  /** Set by PutObjectAcl or an upload's ACL headers; without it the owner has full control. */
  acl?: Grant[];
  /** Sizes of the parts of a multipart upload, by part number. */
  parts?: { partNumber: number; size: number }[];
  legalHold?: "ON" | "OFF";
  retention?: { mode: "GOVERNANCE" | "COMPLIANCE"; retainUntilDate: Date };
}

/** An upload that has been started and neither completed nor aborted. */
export interface MultipartUpload {
  uploadId: string;
  key: string;
  initiated: Date;
  /** ARN and name of who started it. */
  initiator: { id: string; displayName: string };
  /** Headers and settings that the finished object will carry. */
  headers: Record<string, string>;
  tags: Tag[];
  acl: Grant[] | undefined;
  /** Checksum algorithm as `x-amz-checksum-algorithm` names it, such as `CRC32`. */
  checksumAlgorithm: string | undefined;
  checksumType: "COMPOSITE" | "FULL_OBJECT";
  /** By part number. */
  parts: Map<number, UploadedPart>;
}

/** A part of a multipart upload. */
export interface UploadedPart {
  body: Uint8Array;
  etag: string;
  lastModified: Date;
  /** Checksum headers, such as `x-amz-checksum-crc32`. */
  checksums: Record<string, string>;
}

/** The four settings of a public access block, in AWS's names. */
export interface PublicAccessBlock {
  BlockPublicAcls: boolean;
  IgnorePublicAcls: boolean;
  BlockPublicPolicy: boolean;
  RestrictPublicBuckets: boolean;
}

/** An S3 bucket with its settings. */
export interface Bucket {
  name: string;
  region: string;
  creationDate: Date;
  /** Another account's id makes every call of ours answer as S3 does for a foreign bucket. */
  ownerAccountId: string;
  policy: string | undefined;
  /** `undefined` once deleted; new buckets block all, as S3 has done since April 2023. */
  publicAccessBlock: PublicAccessBlock | undefined;
  objectOwnership: "BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter";
  website: { indexSuffix: string; errorKey: string | undefined } | undefined;
  cors: CorsRule[] | undefined;
  acl: Grant[];
  objects: Map<string, StoredObject>;
  tags?: Tag[];
  /** Stored and given back; the sandbox keeps one version of an object all the same. */
  versioning?: "Enabled" | "Suspended";
  /** Whether the bucket was created with object lock, which retention and legal holds demand. */
  objectLock?: boolean;
  /** By upload id. */
  uploads?: Map<string, MultipartUpload>;
}

/** A CORS rule in AWS's names. */
export interface CorsRule {
  ID?: string;
  AllowedHeaders?: string[];
  AllowedMethods: string[];
  AllowedOrigins: string[];
  ExposeHeaders?: string[];
  MaxAgeSeconds?: number;
}

/** A grant of an access control list. */
export interface Grant {
  grantee: { type: "CanonicalUser"; id: string } | { type: "Group"; uri: string };
  permission: string;
}

/** One AWS account. */
export interface Account {
  id: string;
  /** Where requests without a region of their own are served. */
  region: string;
  /** The canonical user id of the owner. */
  canonicalUserId: string;
  /** Root's access key, if it has one. */
  rootKey: AccessKey | undefined;
  users: Map<string, User>;
  roles: Map<string, Role>;
  /** By ARN. */
  policies: Map<string, ManagedPolicy>;
  groups: Map<string, Group>;
  /** By serial number; those in use name their user. */
  virtualMfaDevices: Map<string, { userName: string | undefined }>;
  buckets: Map<string, Bucket>;
  /** By access key id. */
  sessions: Map<string, Session>;
  /** Account-level public access block, if set. */
  publicAccessBlock: PublicAccessBlock | undefined;
}
