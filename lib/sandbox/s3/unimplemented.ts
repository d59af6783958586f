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

const ANALYTICS = "AnalyticsConfiguration";
const TIERING = "IntelligentTieringConfiguration";
const INVENTORY = "InventoryConfiguration";
const TABLE = "BucketMetadataTableConfiguration";
const METADATA = "BucketMetadataConfiguration";

/** The rows of the table, by what they are about. */
export const unimplementedBySubject: Record<string, Route[]> = {
  "settings of buckets": [
    bucket("PUT analytics&id", `PutBucket${ANALYTICS}`, `s3:Put${ANALYTICS}`),
    bucket("PUT intelligent-tiering&id", `PutBucket${TIERING}`, `s3:Put${TIERING}`),
    bucket("PUT inventory&id", `PutBucket${INVENTORY}`, `s3:Put${INVENTORY}`),
    bucket("PUT replication", "PutBucketReplication", "s3:PutReplicationConfiguration"),
    bucket("GET abac", "GetBucketAbac"),
    bucket("PUT abac", "PutBucketAbac"),
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
