/**
 * The operations on the account's buckets, on one bucket, and on the account's own settings.
 *
 * @module
 */
import { getBucketAcl, putBucketAcl, putBucketAclNeeds } from "../acl.ts";
import * as policy from "./policy.ts";
import { deleteBucketLifecycle, getBucketLifecycle, putBucketLifecycle } from "./lifecycle.ts";
import { getObjectLock, putObjectLock } from "./object_lock.ts";
import * as ownership from "./ownership.ts";
import * as settings from "./settings.ts";
import * as buckets from "./buckets.ts";
import * as control from "../control.ts";
import * as listing from "../listing.ts";
import { deleteObjects } from "../objects/objects.ts";
import { deleteBucketEncryption, getBucketEncryption, putBucketEncryption } from "../encryption.ts";
import { type Needs, type Route, route, type Run } from "../route.ts";
import { listMultipartUploads } from "../objects/uploads.ts";

function bucket(request: string, name: string, run: Run, needs?: string | Needs): Route {
  return route("bucket", request, name, run, needs);
}

const GET_BLOCK = "s3:GetBucketPublicAccessBlock";
const PUT_BLOCK = "s3:PutBucketPublicAccessBlock";
const PUT_ACCOUNT_BLOCK = "s3:PutAccountPublicAccessBlock";
const GET_ENCRYPTION = "s3:GetEncryptionConfiguration";
const PUT_ENCRYPTION = "s3:PutEncryptionConfiguration";
const GET_LIFECYCLE = "s3:GetLifecycleConfiguration";
const PUT_LIFECYCLE = "s3:PutLifecycleConfiguration";
const GET_OBJECT_LOCK = "s3:GetBucketObjectLockConfiguration";
const PUT_OBJECT_LOCK = "s3:PutBucketObjectLockConfiguration";
const PUT_OWNERSHIP = "s3:PutBucketOwnershipControls";

/** The rows of the table. ListObjects is the default of a GET. */
export const bucketRoutes: Route[] = [
  route("service", "GET", "ListBuckets", buckets.listBuckets, "s3:ListAllMyBuckets"),

  bucket("PUT", "CreateBucket", buckets.createBucket, buckets.createBucketNeeds),
  bucket("HEAD", "HeadBucket", buckets.headBucket, "s3:ListBucket"),
  bucket("DELETE", "DeleteBucket", buckets.deleteBucket),
  bucket("GET location", "GetBucketLocation", buckets.getBucketLocation),

  bucket(
    "GET list-type=2",
    "ListObjectsV2",
    listing.listObjectsV2,
    listing.listNeeds("s3:ListBucket"),
  ),
  bucket("GET", "ListObjects", listing.listObjects, listing.listNeeds("s3:ListBucket")),
  bucket(
    "GET versions",
    "ListObjectVersions",
    listing.listObjectVersions,
    listing.listNeeds("s3:ListBucketVersions"),
  ),
  bucket(
    "GET uploads",
    "ListMultipartUploads",
    listMultipartUploads,
    "s3:ListBucketMultipartUploads",
  ),
  bucket("POST delete", "DeleteObjects", deleteObjects, () => []),

  bucket("GET publicAccessBlock", "GetPublicAccessBlock", settings.getPublicAccessBlock, GET_BLOCK),
  bucket("PUT publicAccessBlock", "PutPublicAccessBlock", settings.putPublicAccessBlock, PUT_BLOCK),
  bucket(
    "DELETE publicAccessBlock",
    "DeletePublicAccessBlock",
    settings.deletePublicAccessBlock,
    PUT_BLOCK,
  ),

  bucket("GET policy", "GetBucketPolicy", policy.getBucketPolicy),
  bucket("PUT policy", "PutBucketPolicy", policy.putBucketPolicy),
  bucket("DELETE policy", "DeleteBucketPolicy", policy.deleteBucketPolicy),
  bucket("GET policyStatus", "GetBucketPolicyStatus", policy.getBucketPolicyStatus),

  bucket("GET website", "GetBucketWebsite", settings.getBucketWebsite),
  bucket("PUT website", "PutBucketWebsite", settings.putBucketWebsite),
  bucket("DELETE website", "DeleteBucketWebsite", settings.deleteBucketWebsite),

  bucket("GET cors", "GetBucketCors", settings.getBucketCors, "s3:GetBucketCORS"),
  bucket("PUT cors", "PutBucketCors", settings.putBucketCors, "s3:PutBucketCORS"),
  bucket("DELETE cors", "DeleteBucketCors", settings.deleteBucketCors, "s3:PutBucketCORS"),

  bucket("GET encryption", "GetBucketEncryption", getBucketEncryption, GET_ENCRYPTION),
  bucket("PUT encryption", "PutBucketEncryption", putBucketEncryption, PUT_ENCRYPTION),
  bucket("DELETE encryption", "DeleteBucketEncryption", deleteBucketEncryption, PUT_ENCRYPTION),

  bucket("GET lifecycle", "GetBucketLifecycle", getBucketLifecycle, GET_LIFECYCLE),
  bucket("PUT lifecycle", "PutBucketLifecycle", putBucketLifecycle, PUT_LIFECYCLE),
  bucket("DELETE lifecycle", "DeleteBucketLifecycle", deleteBucketLifecycle, PUT_LIFECYCLE),

  bucket("GET object-lock", "GetObjectLockConfiguration", getObjectLock, GET_OBJECT_LOCK),
  bucket("PUT object-lock", "PutObjectLockConfiguration", putObjectLock, PUT_OBJECT_LOCK),

  bucket("GET acl", "GetBucketAcl", getBucketAcl),
  bucket("PUT acl", "PutBucketAcl", putBucketAcl, putBucketAclNeeds),

  bucket("GET ownershipControls", "GetBucketOwnershipControls", ownership.getOwnershipControls),
  bucket("PUT ownershipControls", "PutBucketOwnershipControls", ownership.putOwnershipControls),
  bucket(
    "DELETE ownershipControls",
    "DeleteBucketOwnershipControls",
    ownership.deleteOwnershipControls,
    PUT_OWNERSHIP,
  ),

  bucket("GET versioning", "GetBucketVersioning", settings.getBucketVersioning),
  bucket("PUT versioning", "PutBucketVersioning", settings.putBucketVersioning),

  bucket("GET tagging", "GetBucketTagging", settings.getBucketTagging),
  bucket("PUT tagging", "PutBucketTagging", settings.putBucketTagging),
  bucket(
    "DELETE tagging",
    "DeleteBucketTagging",
    settings.deleteBucketTagging,
    "s3:PutBucketTagging",
  ),

  route(
    "control",
    "GET",
    "GetPublicAccessBlock",
    control.getAccountPublicAccessBlock,
    "s3:GetAccountPublicAccessBlock",
  ),
  route(
    "control",
    "PUT",
    "PutPublicAccessBlock",
    control.putAccountPublicAccessBlock,
    PUT_ACCOUNT_BLOCK,
  ),
  route(
    "control",
    "DELETE",
    "DeletePublicAccessBlock",
    control.deleteAccountPublicAccessBlock,
    PUT_ACCOUNT_BLOCK,
  ),
];
