/**
 * The operations on the account's buckets, on one bucket, and on the account's own settings.
 *
 * @module
 */
import { getBucketAcl, putBucketAcl, putBucketAclNeeds } from "../acl.ts";
import * as more from "./more_settings.ts";
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
const LOGGING = "BucketLoggingStatus";
const NOTIFICATION = "NotificationConfiguration";
const GET_METRICS = "s3:GetMetricsConfiguration";
const PUT_METRICS = "s3:PutMetricsConfiguration";

/** To read and delete settings of which a bucket of S3 can have several, and one of the sandbox has none. */
function noneOf(query: string, name: string): Route[] {
  const [get, put] = [`s3:Get${name}`, `s3:Put${name}`];
  return [
    bucket(`GET ${query}&id`, `GetBucket${name}`, more.noneOfThatId, get),
    bucket(`DELETE ${query}&id`, `DeleteBucket${name}`, more.noneOfThatId, put),
    bucket(`GET ${query}`, `ListBucket${name}s`, more.emptyList(`ListBucket${name}sResult`), get),
  ];
}

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

  bucket("GET requestPayment", "GetBucketRequestPayment", more.getBucketRequestPayment),
  bucket("PUT requestPayment", "PutBucketRequestPayment", more.putBucketRequestPayment),

  bucket(
    "GET accelerate",
    "GetBucketAccelerateConfiguration",
    more.getBucketAcceleration,
    "s3:GetAccelerateConfiguration",
  ),
  bucket(
    "PUT accelerate",
    "PutBucketAccelerateConfiguration",
    more.putBucketAcceleration,
    "s3:PutAccelerateConfiguration",
  ),

  bucket("GET metrics&id", "GetBucketMetricsConfiguration", more.getBucketMetrics, GET_METRICS),
  bucket("PUT metrics&id", "PutBucketMetricsConfiguration", more.putBucketMetrics, PUT_METRICS),
  bucket(
    "DELETE metrics&id",
    "DeleteBucketMetricsConfiguration",
    more.deleteBucketMetrics,
    PUT_METRICS,
  ),
  bucket("GET metrics", "ListBucketMetricsConfigurations", more.listBucketMetrics, GET_METRICS),

  ...noneOf("analytics", "AnalyticsConfiguration"),
  ...noneOf("intelligent-tiering", "IntelligentTieringConfiguration"),
  ...noneOf("inventory", "InventoryConfiguration"),

  bucket("GET logging", "GetBucketLogging", more.unset(LOGGING)),
  bucket("PUT logging", "PutBucketLogging", more.onlyUnset(LOGGING, "Logging")),
  bucket(
    "GET notification",
    "GetBucketNotificationConfiguration",
    more.unset(NOTIFICATION),
    "s3:GetBucketNotification",
  ),
  bucket(
    "PUT notification",
    "PutBucketNotificationConfiguration",
    more.onlyUnset(NOTIFICATION, "Notification"),
    "s3:PutBucketNotification",
  ),
  bucket(
    "GET replication",
    "GetBucketReplication",
    more.getBucketReplication,
    "s3:GetReplicationConfiguration",
  ),
  bucket(
    "DELETE replication",
    "DeleteBucketReplication",
    more.deleteBucketReplication,
    "s3:PutReplicationConfiguration",
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
