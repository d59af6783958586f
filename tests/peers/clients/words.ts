/**
 * In which words each client says that something is denied, or isn't there. `{reason}` stands for S3's
 * explanation, `{api}` for AWS's name of the operation, `{bucket}`, `{prefix}`, `{key}` and, of a copy,
 * `{target}` for what they say.
 *
 * @module
 */
import type { Operation } from "./scenes.ts";

/** What a client says. */
export interface Words {
  /** Of what is denied, by operation; `others` of those that have no words of their own. */
  denied: Partial<Record<Operation | "others", string>>;
  /** The same where it is denied to read as well, of what it finds out by an earlier request. */
  unreadable?: Partial<Record<Operation, string>>;
  /** Of an object that isn't there. */
  missing: string;
}

const BOTOCORE = {
  denied:
    "AccessDenied: An error occurred (AccessDenied) when calling the {api} operation: {reason}",
  head: (status: string) =>
    `ClientError: An error occurred (${
      status.slice(0, 3)
    }) when calling the HeadObject operation: ` +
    status.slice(4),
};

/** By the client's name. */
export const WORDS = {
  "boto3": {
    denied: { others: BOTOCORE.denied, missing: BOTOCORE.head("403 Forbidden") },
    missing: BOTOCORE.head("404 Not Found"),
  },
  "minio-py": {
    denied: {
      others: "S3Error: S3 operation failed; code: AccessDenied, message: {reason}, " +
        "resource: None, request_id: ID, host_id: ID",
      missing: minioHead("AccessDenied", "Access denied"),
    },
    unreadable: { copy: minioHead("AccessDenied", "Access denied") },
    missing: minioHead("NoSuchKey", "Object does not exist"),
  },
  "django-storages": {
    denied: {
      others: BOTOCORE.denied,
      get: BOTOCORE.head("403 Forbidden"),
      list: BOTOCORE.denied.replace("{api}", "ListObjects"),
      missing: BOTOCORE.head("403 Forbidden"),
    },
    missing: "FileNotFoundError: File does not exist: {key}",
  },
  "s3fs": {
    denied: {
      others: "PermissionError: {reason}",
      get: "PermissionError: Forbidden",
      missing: "PermissionError: Forbidden",
    },
    unreadable: { copy: "PermissionError: Forbidden" },
    missing: "FileNotFoundError: {bucket}/{key}",
  },
  "pyarrow": {
    denied: {
      get: arrow("reading information for key '{key}'", "HeadObject", "No response body."),
      list: arrow("listing objects under key '{prefix}'", "ListObjectsV2"),
      put: arrow("initiating multiple part upload for key '{key}'", "CreateMultipartUpload"),
      copy: arrow("copying key '{key}' in bucket '{bucket}' to key '{target}'", "CopyObject"),
      multipart: arrow("initiating multiple part upload for key '{key}'", "CreateMultipartUpload"),
      missing: arrow("reading information for key '{key}'", "HeadObject", "No response body."),
      delete: arrow("delete key '{key}'", "DeleteObject"),
    },
    unreadable: {
      delete: arrow("getting information for key '{key}'", "HeadObject", "No response body."),
    },
    missing: "FileNotFoundError: [Errno 2] Path does not exist '{bucket}/{key}'. " +
      "Detail: [errno 2] No such file or directory",
  },
  "minio-js": {
    denied: {
      others: "S3Error: AccessDenied: {reason}",
      missing: "S3Error: AccessDenied: Valid and authorized credentials required",
    },
    missing: "S3Error: NotFound: Not Found",
  },
  "AWS SDK for JavaScript": {
    denied: { others: "AccessDenied: {reason}", missing: "Unknown: UnknownError" },
    missing: "NotFound: UnknownError",
  },
  "AWS SDK for Go": {
    denied: {
      others: goSdk("{api}", "403", "api error AccessDenied: {reason}"),
      missing: goSdk("HeadObject", "403", "api error Forbidden: Forbidden"),
    },
    missing: goSdk("HeadObject", "404", "NotFound: "),
  },
  "AWS SDK for Java": {
    denied: {
      others: `AccessDeniedException: {reason} ${javaSdk("403")} (SDK Attempt Count: 1)`,
      missing: `S3Exception: Forbidden ${javaSdk("403")}`,
    },
    missing: `NoSuchKeyException: ${javaSdk("404")} (SDK Attempt Count: 1) ${javaSdk("404")}`,
  },
} satisfies Record<string, Words>;

/** The name of a client. */
export type ClientName = keyof typeof WORDS;

/** An answer without a body is put into words by the client. */
function minioHead(code: string, message: string): string {
  return `S3Error: S3 operation failed; code: ${code}, message: ${message}, ` +
    "resource: /{bucket}/{key}, request_id: ID, host_id: ID, " +
    "bucket_name: {bucket}, object_name: {key}";
}

function arrow(doing: string, api: string, reason = "{reason} (Request ID: ID)"): string {
  return `OSError: When ${doing} in bucket '{bucket}': ` +
    `AWS Error ACCESS_DENIED during ${api} operation: ${reason}`;
}

function goSdk(api: string, status: string, words: string): string {
  return `operation error S3: ${api}, https response error StatusCode: ${status}, ` +
    `RequestID: ID, HostID: ID, ${words}`;
}

function javaSdk(status: string): string {
  return `(Service: S3, Status Code: ${status}, Request ID: ID, Extended Request ID: ID)`;
}

/** What S3 itself says to a URL that a client has presigned. */
export const PRESIGNED_DENIED = '403 <?xml version="1.0" encoding="UTF-8"?>\n' +
  "<Error><Code>AccessDenied</Code><Message>{reason}</Message>" +
  "<RequestId>ID</RequestId><HostId>ID</HostId></Error>";
