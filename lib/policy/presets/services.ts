/**
 * Presets of servers and frameworks that keep their data in S3.
 *
 * @module
 */
import { type Preset, preset } from "./preset.ts";

const DJANGO =
  "https://django-storages.readthedocs.io/en/latest/backends/amazon-S3.html#iam-policy";
const RAILS =
  "https://guides.rubyonrails.org/active_storage_overview.html#s3-service-amazon-s3-and-s3-compatible-apis";
const AURORA =
  "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Integrating.Authorizing.IAM.S3CreatePolicy.html";

const FILES = {
  GetObject: "download files, and sign addresses of downloads",
  PutObject: "upload files",
  DeleteObject: "delete files",
};
const PUBLIC = { PutObjectAcl: "make each file public by its ACL" };
const ONLY_WITH_ACLS = "The bucket must have ACLs enabled, which new buckets don't";

/** Programs that read and write chunks of their own. */
const CHUNKS = {
  GetObject: "read what was stored",
  PutObject: "store",
  DeleteObject: "remove what is older than the retention, or was compacted",
};

const STATE = {
  GetObject: "read the state",
  PutObject: "write the state and its lock file",
  DeleteObject: "remove the lock file, and the state of a workspace",
};
const STATE_NOTES = [
  "With use_lockfile the lock is a file beside the state, so --prefix must cover both",
  "Locks in DynamoDB take further permissions there",
];

export const SERVICES: readonly Preset[] = [
  preset("django-storages", "django-storages, files of Django", {
    bucket: { ListBucket: "list directories, and tell a missing file from a forbidden one" },
    keys: FILES,
    listing: "whole-bucket",
    measured: "1.14.6: save, exists, size, open, listdir, delete",
    source: DJANGO,
    notes: [
      "The page also lists s3:GetObjectAcl and s3:PutObjectAcl: only default_acl needs these",
    ],
  }),
  preset("django-storages:public", "django-storages, with default_acl", {
    bucket: { ListBucket: "list directories, and tell a missing file from a forbidden one" },
    keys: { ...FILES, ...PUBLIC },
    listing: "whole-bucket",
    measured: "1.14.6: the same with default_acl",
    source: DJANGO,
    notes: ["The page also lists s3:GetObjectAcl, which nothing reads", ONLY_WITH_ACLS],
  }),
  preset("rails-active-storage", "Active Storage of Ruby on Rails", {
    bucket: { ListBucket: "tell a missing file from a forbidden one, and delete by prefix" },
    keys: FILES,
    listing: "whole-bucket",
    measured:
      "6.1.7 with the AWS SDK 1.117.2: upload, exist?, download, url, delete, delete_prefixed",
    source: RAILS,
  }),
  preset("rails-active-storage:public", "Active Storage with public: true", {
    bucket: { ListBucket: "tell a missing file from a forbidden one, and delete by prefix" },
    keys: { ...FILES, ...PUBLIC },
    listing: "whole-bucket",
    measured: "6.1.7 with the AWS SDK 1.117.2: the same with public: true",
    source: RAILS,
    notes: [ONLY_WITH_ACLS],
  }),
  preset("docker-registry", "Docker registry (distribution)", {
    bucket: {
      ListBucket: "list repositories and layers, and see whether the storage works",
      ListBucketMultipartUploads: "go on with an upload of a layer",
    },
    keys: {
      GetObject: "pull",
      PutObject: "push",
      PutObjectAcl: "send the ACL private, or that of objectacl, with each upload",
      DeleteObject: "move finished uploads, and collect garbage",
      ListMultipartUploadParts: "go on with an upload of a layer",
      AbortMultipartUpload: "give up an upload of a layer",
    },
    listing: "whole-bucket",
    measured: "3.1.2: push in parts, pull, list tags, delete",
    source: "https://distribution.github.io/distribution/storage-drivers/s3/#s3-permission-scopes",
    notes: [
      "The page also lists s3:GetBucketLocation: the driver does without it",
      "The page lists no s3:PutObjectAcl, which the ACL of each upload takes",
      "s3:AbortMultipartUpload is not asked for in the run: it clears away parts of failed uploads, which stay and cost otherwise",
      "Its health check lists without the prefix of rootdirectory",
    ],
  }),
  preset("gitlab", "GitLab, object storage", {
    keys: {
      GetObject: "download, and sign addresses of downloads",
      PutObject: "upload, in parts too",
      DeleteObject: "delete",
      AbortMultipartUpload: "give up an upload that failed",
    },
    source: "https://docs.gitlab.com/administration/object_storage/#use-amazon-instance-profiles",
    notes: [
      "The page lists no s3:AbortMultipartUpload: without it, parts of failed uploads stay and cost",
      "Backups with gitlab-backup take another bucket and key",
    ],
  }),
  preset("loki", "Grafana Loki", {
    bucket: { ListBucket: "find indexes" },
    keys: CHUNKS,
    source: "https://grafana.com/docs/loki/latest/operations/storage/",
  }),
  preset("tempo", "Grafana Tempo", {
    bucket: { ListBucket: "find blocks" },
    keys: {
      ...CHUNKS,
      GetObjectTagging: "read the tags of blocks",
      PutObjectTagging: "tag blocks",
    },
    source: "https://grafana.com/docs/tempo/latest/configuration/hosted-storage/s3/",
  }),
  preset("thanos", "Thanos, objstore", {
    bucket: { ListBucket: "find blocks" },
    keys: CHUNKS,
    listing: "whole-bucket",
    measured: "objstore of 2025-08-04: upload, exists, read, list, delete",
    source: "https://github.com/thanos-io/objstore#s3",
  }),
  preset("opentofu", "OpenTofu, state with its lock file", {
    bucket: { ListBucket: "find workspaces, and see that there is no state yet" },
    keys: STATE,
    listing: "whole-bucket",
    source: "https://opentofu.org/docs/language/settings/backends/s3/",
    notes: STATE_NOTES,
  }),
  preset("terraform", "Terraform, state with its lock file", {
    bucket: { ListBucket: "find workspaces, and see that there is no state yet" },
    keys: STATE,
    listing: "whole-bucket",
    measured: "1.11.4: init, apply, workspace new and delete",
    source: "https://developer.hashicorp.com/terraform/language/backend/s3",
    notes: STATE_NOTES,
    config: "opentofu",
  }),
  preset("fluent-bit", "Fluent Bit, output to S3", {
    keys: { PutObject: "upload, in parts too" },
    source: "https://docs.fluentbit.io/manual/pipeline/outputs/s3",
  }),
  preset("vector", "Vector, sink to S3", {
    bucket: { ListBucket: "see at the start that the bucket is there" },
    keys: { PutObject: "upload" },
    listing: "whole-bucket",
    source: "https://vector.dev/docs/reference/configuration/sinks/aws_s3/",
    notes: ["s3:ListBucket is for the health check only"],
  }),
  preset("firehose", "Amazon Data Firehose, delivery to S3", {
    bucket: {
      GetBucketLocation: "find the region",
      ListBucket: "list",
      ListBucketMultipartUploads: "go on with an upload",
    },
    keys: {
      GetObject: "read what was delivered",
      PutObject: "deliver",
      AbortMultipartUpload: "give up an upload that failed",
    },
    listing: "whole-bucket",
    source: "https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3",
    notes: ["Firehose assumes a role: use the document that policy --for firehose prints there"],
  }),
  preset("aurora-load", "Amazon Aurora MySQL, LOAD DATA FROM S3", {
    bucket: { ListBucket: "find the files" },
    keys: { GetObject: "load them", GetObjectVersion: "load a version of them" },
    source: AURORA,
    notes: ["Aurora assumes a role: use the document that policy --for aurora-load prints there"],
  }),
  preset("aurora-outfile", "Amazon Aurora MySQL, SELECT INTO OUTFILE S3", {
    bucket: { ListBucket: "see what is there" },
    keys: {
      GetObject: "check what was written",
      PutObject: "write",
      DeleteObject: "overwrite",
      AbortMultipartUpload: "give up an upload that failed",
      ListMultipartUploadParts: "go on with an upload",
    },
    source: AURORA,
    notes: [
      "Aurora assumes a role: use the document that policy --for aurora-outfile prints there",
    ],
    config: "aurora-load",
  }),
  preset("pypicloud", "PyPICloud, packages of Python", {
    bucket: { ListBucket: "find packages" },
    keys: { GetObject: "download", PutObject: "upload", DeleteObject: "delete" },
    source: "https://pypicloud.readthedocs.io/en/latest/topics/s3_policy.html",
  }),
];
