/**
 * Presets of clients, file systems and query engines.
 *
 * @module
 */
import { type Preset, preset } from "./preset.ts";

const MOUNTPOINT =
  "https://github.com/awslabs/mountpoint-s3/blob/main/doc/CONFIGURATION.md#iam-permissions";
const S3A = "https://hadoop.apache.org/docs/stable/hadoop-aws/tools/hadoop-aws/assumed_roles.html";

const LIST = { ListBucket: "list" };
const READ = { GetObject: "download" };
const READ_WRITE = { GetObject: "download", PutObject: "upload", DeleteObject: "delete" };
const NO_PAGE = "The project documents no permissions: these are those that the version needed";

export const CLIENTS: readonly Preset[] = [
  preset("rclone", "rclone, sync in both directions", {
    bucket: LIST,
    keys: READ_WRITE,
    measured: "1.76.0: sync, copy",
    source: "https://rclone.org/s3/#s3-permissions",
    notes: [
      "The page also lists s3:PutObjectAcl: 1.60 needs it, 1.76 doesn't; add it by --statement",
      "With no_check_bucket = true it doesn't try to create the bucket",
    ],
  }),
  preset("rclone:read-only", "rclone, downloads only", {
    bucket: LIST,
    keys: READ,
    measured: "1.76.0: copy",
    source: "https://rclone.org/s3/#s3-permissions",
  }),
  preset("aws-cli-sync", "aws s3 sync, such as of a website", {
    bucket: LIST,
    keys: { PutObject: "upload", DeleteObject: "remove what is gone, with --delete" },
    measured: "1.46.3: sync --delete",
    source: "https://docs.aws.amazon.com/cli/latest/reference/s3/sync.html",
    notes: [NO_PAGE, "Uploads only: to download as well, use read-write"],
  }),
  preset("s3cmd", "s3cmd", {
    bucket: LIST,
    keys: READ_WRITE,
    measured: "2.4.0: sync both ways, get, del",
    source: "https://s3tools.org/s3cmd",
    notes: [
      NO_PAGE,
      "It asks for s3:GetBucketLocation first, and does without where that is denied",
      "s3cmd info of a bucket also asks for its policy and its CORS rules",
    ],
  }),
  preset("s5cmd", "s5cmd", {
    bucket: LIST,
    keys: READ_WRITE,
    measured: "2.3.0: cp, ls, rm",
    source: "https://github.com/peak/s5cmd",
    notes: [NO_PAGE],
  }),
  preset("mc", "mc, the client of MinIO", {
    bucket: LIST,
    keys: READ_WRITE,
    listing: "whole-bucket",
    measured: "2025-03-13: cp, ls, cat, mirror, rm",
    source: "https://github.com/minio/mc",
    notes: [NO_PAGE],
  }),
  preset("minio-py", "minio, the client for Python", {
    bucket: { GetBucketLocation: "find the region, unless it is given", ...LIST },
    keys: READ_WRITE,
    measured: "7.2.20: put, get, list, remove",
    source: "https://github.com/minio/minio-py",
    notes: [NO_PAGE, "With region in the constructor it doesn't ask for the location"],
  }),
  preset("minio-js", "minio, the client for JavaScript", {
    bucket: {
      GetBucketLocation: "find the region, unless it is given",
      ...LIST,
      ListBucketMultipartUploads: "find an upload to go on with",
    },
    keys: { ...READ_WRITE, ListMultipartUploadParts: "go on with an upload" },
    measured: "8.0.7: put, in parts too, get, list, remove",
    source: "https://github.com/minio/minio-js",
    notes: [
      NO_PAGE,
      "s3:GetBucketLocation is not needed in the run: with region in the constructor it doesn't ask, and where it is denied it takes us-east-1",
    ],
  }),
  preset("mountpoint", "Mountpoint for Amazon S3", {
    bucket: LIST,
    keys: {
      GetObject: "read files",
      PutObject: "write files",
      DeleteObject: "delete files, with --allow-delete",
      AbortMultipartUpload: "give up a write that failed",
    },
    source: MOUNTPOINT,
    notes: ["To mount a prefix, use the option --prefix of mount-s3 too"],
  }),
  preset("mountpoint:read-only", "Mountpoint with --read-only", {
    bucket: LIST,
    keys: { GetObject: "read files" },
    source: MOUNTPOINT,
    notes: ["To mount a prefix, use the option --prefix of mount-s3 too"],
  }),
  preset("hadoop-s3a", "Hadoop S3A, for Spark and Hive too", {
    bucket: {
      ListBucket: "list, and tell a missing file from a forbidden one",
      ListBucketMultipartUploads: "find the unfinished uploads of the S3A committers",
    },
    keys: {
      GetObject: "read",
      PutObject: "write, in parts too",
      DeleteObject: "delete, and rename",
      AbortMultipartUpload: "give up what a failed task has written",
      ListMultipartUploadParts: "see what an upload holds",
    },
    listing: "whole-bucket",
    source: S3A,
    notes: ["The page lists s3:Get*, s3:Put* and s3:Delete*, which allow far more"],
  }),
  preset("hadoop-s3a:read-only", "Hadoop S3A, reading", {
    bucket: { ListBucket: "list, and tell a missing file from a forbidden one" },
    keys: { GetObject: "read" },
    listing: "whole-bucket",
    source: S3A,
    notes: ["The page lists s3:Get*, which allows far more"],
  }),
  preset("pyarrow", "PyArrow, reading data sets", {
    bucket: LIST,
    keys: READ,
    measured: "26.0.1: read a data set",
    source: "https://arrow.apache.org/docs/python/filesystems.html#s3",
    notes: [NO_PAGE],
  }),
  preset("pyarrow:write", "PyArrow, writing data sets too", {
    bucket: LIST,
    keys: READ_WRITE,
    measured: "26.0.1: write, read and delete a data set",
    source: "https://arrow.apache.org/docs/python/filesystems.html#s3",
    notes: [NO_PAGE],
  }),
  preset("s3fs-fsspec", "s3fs of fsspec, reading (pandas, Dask)", {
    bucket: LIST,
    keys: READ,
    measured: "2026.9.0: find, read",
    source: "https://s3fs.readthedocs.io/en/latest/",
    notes: [NO_PAGE],
  }),
  preset("s3fs-fsspec:write", "s3fs of fsspec, writing too", {
    bucket: LIST,
    keys: READ_WRITE,
    measured: "2026.9.0: write, find, read, delete",
    source: "https://s3fs.readthedocs.io/en/latest/",
    notes: [NO_PAGE],
  }),
  preset("duckdb", "DuckDB, reading by httpfs", {
    bucket: { ListBucket: "find the files of a pattern" },
    keys: { GetObject: "read them" },
    measured: "1.5.5: read the Parquet files of a pattern",
    source: "https://duckdb.org/docs/current/core_extensions/httpfs/s3api",
  }),
  preset("starrocks-load", "StarRocks, loading from S3", {
    bucket: { ListBucket: "find the files of a pattern" },
    keys: { GetObject: "load them" },
    source: "https://docs.starrocks.io/docs/loading/s3/",
  }),
];
