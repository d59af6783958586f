/**
 * Names of actions that do not exist, and the ones that are meant.
 *
 * @module
 */
import { editDistance, nearest } from "../../suggest.ts";
import { allActions } from "../actions.ts";

/** Operations of S3's API whose permission has another name. */
const OPERATIONS: Readonly<Record<string, string>> = {
  "s3:completemultipartupload": "s3:PutObject",
  "s3:copyobject": "s3:GetObject and s3:PutObject",
  "s3:createmultipartupload": "s3:PutObject",
  "s3:createsession": "s3express:CreateSession",
  "s3:deletebucketcors": "s3:PutBucketCORS",
  "s3:deletebucketencryption": "s3:PutEncryptionConfiguration",
  "s3:deletebucketlifecycle": "s3:PutLifecycleConfiguration",
  "s3:deletebucketownershipcontrols": "s3:PutBucketOwnershipControls",
  "s3:deletebucketreplication": "s3:PutReplicationConfiguration",
  "s3:deletebuckettagging": "s3:PutBucketTagging",
  "s3:deleteobjects": "s3:DeleteObject",
  "s3:deletepublicaccessblock": "s3:PutBucketPublicAccessBlock",
  "s3:getbucketaccelerateconfiguration": "s3:GetAccelerateConfiguration",
  "s3:getbucketencryption": "s3:GetEncryptionConfiguration",
  "s3:getbucketlifecycle": "s3:GetLifecycleConfiguration",
  "s3:getbucketlifecycleconfiguration": "s3:GetLifecycleConfiguration",
  "s3:getbucketnotificationconfiguration": "s3:GetBucketNotification",
  "s3:getbucketreplication": "s3:GetReplicationConfiguration",
  "s3:getobjectlockconfiguration": "s3:GetBucketObjectLockConfiguration",
  "s3:getpublicaccessblock": "s3:GetBucketPublicAccessBlock",
  "s3:headbucket": "s3:ListBucket",
  "s3:headobject": "s3:GetObject",
  "s3:initiatemultipartupload": "s3:PutObject",
  "s3:listbuckets": "s3:ListAllMyBuckets",
  "s3:listmultipartuploads": "s3:ListBucketMultipartUploads",
  "s3:listobjects": "s3:ListBucket",
  "s3:listobjectsv2": "s3:ListBucket",
  "s3:listobjectversions": "s3:ListBucketVersions",
  "s3:listparts": "s3:ListMultipartUploadParts",
  "s3:postobject": "s3:PutObject",
  "s3:putbucketaccelerateconfiguration": "s3:PutAccelerateConfiguration",
  "s3:putbucketencryption": "s3:PutEncryptionConfiguration",
  "s3:putbucketlifecycle": "s3:PutLifecycleConfiguration",
  "s3:putbucketlifecycleconfiguration": "s3:PutLifecycleConfiguration",
  "s3:putbucketnotificationconfiguration": "s3:PutBucketNotification",
  "s3:putbucketreplication": "s3:PutReplicationConfiguration",
  "s3:putobjectlockconfiguration": "s3:PutBucketObjectLockConfiguration",
  "s3:putpublicaccessblock": "s3:PutBucketPublicAccessBlock",
  "s3:selectobjectcontent": "s3:GetObject",
  "s3:uploadpart": "s3:PutObject",
  "s3:uploadpartcopy": "s3:GetObject and s3:PutObject",
};

/** The action that a wrong name probably stands for. */
export interface MeantAction {
  name: string;
  isSure: boolean;
}

/** The action that a wrong name probably stands for; `undefined` if no single one is near. */
export function meantAction(name: string): MeantAction | undefined {
  const lower = name.toLowerCase();
  const operation = OPERATIONS[lower];
  if (operation !== undefined) return { name: operation, isSure: true };
  const [service = ""] = lower.split(":", 1);
  const names = new Map(allActions(service).map((facts) => [facts.name.toLowerCase(), facts.name]));
  const [near, ...others] = nearest(lower, [...names.keys()]);
  if (near === undefined || others.length > 0) return undefined;
  return { name: names.get(near)!, isSure: editDistance(lower, near) <= 2 };
}
