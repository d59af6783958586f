/**
 * The rest of S3: operations that are authorized and then answered with NotImplemented, so that a
 * policy can be tried against all of S3's actions.
 *
 * @module
 */
import { type Route, route } from "./route.ts";

/** Settings of a bucket: query, operations without Get/Put/Delete, action without Get/Put. */
const SETTINGS: [query: string, operation: string, action: string, methods: string][] = [
  ["accelerate", "BucketAccelerateConfiguration", "AccelerateConfiguration", "GET PUT"],
  ["analytics", "BucketAnalyticsConfiguration", "AnalyticsConfiguration", "GET PUT DELETE"],
  [
    "intelligent-tiering",
    "BucketIntelligentTieringConfiguration",
    "IntelligentTieringConfiguration",
    "GET PUT DELETE",
  ],
  ["inventory", "BucketInventoryConfiguration", "InventoryConfiguration", "GET PUT DELETE"],
  ["logging", "BucketLogging", "BucketLogging", "GET PUT"],
  ["metrics", "BucketMetricsConfiguration", "MetricsConfiguration", "GET PUT DELETE"],
  ["notification", "BucketNotificationConfiguration", "BucketNotification", "GET PUT"],
  ["replication", "BucketReplication", "ReplicationConfiguration", "GET PUT DELETE"],
  ["requestPayment", "BucketRequestPayment", "BucketRequestPayment", "GET PUT"],
  ["abac", "BucketAbac", "BucketAbac", "GET PUT"],
];

const VERBS: Record<string, { operation: string; action: string }> = {
  GET: { operation: "Get", action: "Get" },
  PUT: { operation: "Put", action: "Put" },
  DELETE: { operation: "Delete", action: "Put" },
};

const settingRoutes: Route[] = SETTINGS.flatMap(([query, operation, action, methods]) =>
  methods.split(" ").map((method) => {
    const verb = VERBS[method]!;
    return route(
      "bucket",
      `${method} ${query}`,
      `${verb.operation}${operation}`,
      undefined,
      `s3:${verb.action}${action}`,
    );
  })
);

const METADATA_TABLE = "BucketMetadataTableConfiguration";

/** The rows of the table. */
export const unimplementedRoutes: Route[] = [
  ...settingRoutes,
  route("bucket", "POST metadataTable", `Create${METADATA_TABLE}`, undefined),
  route("bucket", "GET metadataTable", `Get${METADATA_TABLE}`, undefined),
  route("bucket", "DELETE metadataTable", `Delete${METADATA_TABLE}`, undefined),
  route("object", "GET torrent", "GetObjectTorrent", undefined),
  route("object", "POST restore", "RestoreObject", undefined),
  route("object", "POST select", "SelectObjectContent", undefined, "s3:GetObject"),
  route("object", "PUT encryption", "UpdateObjectEncryption", undefined),
];
