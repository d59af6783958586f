/**
 * The operations on objects and on multipart uploads.
 *
 * @module
 */
import { copyNeeds, copyObject } from "./copy.ts";
import * as multipart from "./parts.ts";
import * as lock from "./lock.ts";
import { postObject } from "./post.ts";
import * as settings from "./settings.ts";
import * as objects from "./objects.ts";
import { type Needs, type Route, route, type Run } from "../route.ts";
import { restoreObject } from "./archive.ts";
import { abortMultipartUpload, createMultipartUpload } from "./uploads.ts";

function object(request: string, name: string, run: Run, needs?: string | Needs): Route {
  return route("object", request, name, run, needs);
}

const LIST_PARTS = "s3:ListMultipartUploadParts";

/** The rows of the table; a copy comes before the operation that it would be without its header. */
export const objectRoutes: Route[] = [
  object(
    "PUT partNumber&uploadId&@x-amz-copy-source",
    "UploadPartCopy",
    multipart.uploadPartCopy,
    multipart.uploadPartCopyNeeds,
  ),
  object("PUT partNumber&uploadId", "UploadPart", multipart.uploadPart, multipart.uploadPartNeeds),
  object("GET uploadId", "ListParts", multipart.listParts, LIST_PARTS),
  object("POST uploads", "CreateMultipartUpload", createMultipartUpload, objects.putNeeds),
  object("DELETE uploadId", "AbortMultipartUpload", abortMultipartUpload),
  object(
    "POST uploadId",
    "CompleteMultipartUpload",
    multipart.completeMultipartUpload,
    multipart.completeNeeds,
  ),

  object("GET acl", "GetObjectAcl", settings.getObjectAcl),
  object("PUT acl", "PutObjectAcl", settings.putObjectAcl, settings.putObjectAclNeeds),
  object("GET tagging", "GetObjectTagging", settings.getObjectTagging),
  object(
    "PUT tagging",
    "PutObjectTagging",
    settings.putObjectTagging,
    settings.putObjectTaggingNeeds,
  ),
  object("DELETE tagging", "DeleteObjectTagging", settings.deleteObjectTagging),
  object(
    "GET attributes",
    "GetObjectAttributes",
    settings.getObjectAttributes,
    settings.attributesNeeds,
  ),
  object("POST restore", "RestoreObject", restoreObject),
  object("GET legal-hold", "GetObjectLegalHold", lock.getLegalHold),
  object("PUT legal-hold", "PutObjectLegalHold", lock.putLegalHold, lock.putLegalHoldNeeds),
  object("GET retention", "GetObjectRetention", lock.getRetention),
  object("PUT retention", "PutObjectRetention", lock.putRetention, lock.putRetentionNeeds),

  object("PUT @x-amz-copy-source", "CopyObject", copyObject, copyNeeds),
  object("PUT", "PutObject", objects.putObject, objects.putNeeds),
  object("POST", "PostObject", postObject, objects.putNeeds),
  object("GET", "GetObject", objects.getObject, objects.getNeeds),
  object("HEAD", "HeadObject", objects.getObject, "s3:GetObject"),
  object("DELETE", "DeleteObject", objects.deleteObject, objects.deleteNeeds),
];
