/**
 * The rest of S3: operations that are authorized and then answered with NotImplemented, so that a
 * policy can be tried against all of S3's actions. `deno task docs` lists them in `docs/sandbox.md`.
 *
 * @module
 */
import { type Needs, type Route, route } from "./route.ts";

const bucket = (request: string, name: string, needs?: string | Needs): Route =>
  route("bucket", request, name, undefined, needs);

const object = (request: string, name: string, needs?: string | Needs): Route =>
  route("object", request, name, undefined, needs);

/** The rows that read, write and delete a setting; each action is that of `needs` with its verb. */
function setting(query: string, name: string, verbs: string, needs = name): Route[] {
  return verbs.split(" ").map((verb) =>
    bucket(
      `${METHODS[verb]} ${query}`,
      `${verb}${name}`,
      `s3:${verb === "Get" ? "Get" : "Put"}${needs}`,
    )
  );
}

const METHODS: Record<string, string> = { Get: "GET", Put: "PUT", Delete: "DELETE" };

/** A bucket has several of these settings, each with an id. */
function numberedSetting(query: string, name: string): Route[] {
  const settings = setting(`${query}&id`, `Bucket${name}`, "Get Put Delete", name);
  return [...settings, bucket(`GET ${query}`, `ListBucket${name}s`, `s3:Get${name}`)];
}

const TABLE = "BucketMetadataTableConfiguration";
const METADATA = "BucketMetadataConfiguration";

/** The rows of the table, by what they are about. */
export const unimplementedBySubject: Record<string, Route[]> = {
  "analytics, inventory, metrics and tiers of buckets": [
    ...numberedSetting("analytics", "AnalyticsConfiguration"),
    ...numberedSetting("intelligent-tiering", "IntelligentTieringConfiguration"),
    ...numberedSetting("inventory", "InventoryConfiguration"),
    ...numberedSetting("metrics", "MetricsConfiguration"),
  ],
  "other settings of buckets": [
    ...setting(
      "accelerate",
      "BucketAccelerateConfiguration",
      "Get Put",
      "AccelerateConfiguration",
    ),
    ...setting("logging", "BucketLogging", "Get Put"),
    ...setting(
      "notification",
      "BucketNotificationConfiguration",
      "Get Put",
      "BucketNotification",
    ),
    ...setting("replication", "BucketReplication", "Get Put Delete", "ReplicationConfiguration"),
    ...setting("requestPayment", "BucketRequestPayment", "Get Put"),
    ...setting("abac", "BucketAbac", "Get Put"),
  ],
  "tables of metadata": [
    bucket("POST metadataTable", `Create${TABLE}`),
    bucket("GET metadataTable", `Get${TABLE}`),
    bucket("DELETE metadataTable", `Delete${TABLE}`),
    bucket("POST metadataConfiguration", `Create${METADATA}`, `s3:Create${TABLE}`),
    bucket("GET metadataConfiguration", `Get${METADATA}`, `s3:Get${TABLE}`),
    bucket("DELETE metadataConfiguration", `Delete${METADATA}`, `s3:Delete${TABLE}`),
    bucket("PUT metadataInventoryTable", "UpdateBucketMetadataInventoryTableConfiguration"),
    bucket("PUT metadataJournalTable", "UpdateBucketMetadataJournalTableConfiguration"),
    bucket("PUT metadataAnnotationTable", "UpdateBucketMetadataAnnotationTableConfiguration"),
  ],
  "objects": [
    object("GET torrent", "GetObjectTorrent"),
    object("POST restore", "RestoreObject"),
    object("POST select", "SelectObjectContent", "s3:GetObject"),
    object("PUT encryption", "UpdateObjectEncryption"),
    object("GET annotation&annotationName", "GetObjectAnnotation"),
    object("GET annotation", "ListObjectAnnotations"),
    object("PUT annotation", "PutObjectAnnotation"),
    object("DELETE annotation", "DeleteObjectAnnotation"),
  ],
  "directory buckets": [
    bucket("GET session", "CreateSession", "s3express:CreateSession"),
    object("PUT renameObject", "RenameObject", "s3express:CreateSession"),
  ],
};

/** The rows of the table. */
export const unimplementedRoutes: Route[] = Object.values(unimplementedBySubject).flat();
