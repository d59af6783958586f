/**
 * In which words each client says that something is denied, or isn't there. `{reason}` stands for S3's
 * explanation, `{reason of ACTION}` for that of another permission than the operation's own, `{api}` for AWS's name of the operation, `{bucket}`, `{prefix}`, `{key}` and, of a copy,
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

const DENIED = "AccessDenied {reason}";
const URL_OF_KEY = "s3://{bucket}/{key}";
const S5CMD_IDS = "status code: 403, request id: ID, host id: ID";

/** By the client's name. */
export const WORDS = {
  "boto3": {
    denied: {
      others: `AccessDenied: ${botocore(DENIED)}`,
      missing: `ClientError: ${botocore("403 Forbidden")}`,
    },
    missing: `ClientError: ${botocore("404 Not Found")}`,
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
      others: `AccessDenied: ${botocore(DENIED)}`,
      get: `ClientError: ${botocore("403 Forbidden")}`,
      list: `AccessDenied: ${botocore(DENIED, "ListObjects")}`,
      missing: `ClientError: ${botocore("403 Forbidden")}`,
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
  "aws CLI": {
    denied: {
      get: `ExitCode: 1: download failed: ${URL_OF_KEY} to - ${botocore("403 Forbidden")}`,
      list: `ExitCode: 255: ${botocore(DENIED)}`,
      put: `ExitCode: 1: upload failed: - to ${URL_OF_KEY} ${botocore(DENIED)}`,
      copy: `ExitCode: 1: copy failed: ${URL_OF_KEY} to s3://{bucket}/{target} ` +
        botocore(DENIED),
      multipart: `ExitCode: 1: upload failed: - to ${URL_OF_KEY} ` +
        botocore(DENIED),
      missing: `ExitCode: 255: ${botocore("403 Forbidden")}`,
      delete: `ExitCode: 1: delete failed: ${URL_OF_KEY} ${botocore(DENIED)}`,
    },
    unreadable: { copy: `ExitCode: 1: fatal error: ${botocore("403 Forbidden")}` },
    missing: `ExitCode: 255: ${botocore("404 Not Found")}`,
  },
  "s3cmd": {
    denied: {
      others: "ExitCode: 77: ERROR: S3 error: 403 (AccessDenied): {reason}",
      get: "ExitCode: 77: ERROR: S3 error: 403 (Forbidden)",
      list: "ExitCode: 77: ERROR: Access to bucket '{bucket}' was denied\n" +
        "ERROR: S3 error: 403 (AccessDenied): {reason}",
      copy: `ExitCode: 1: ERROR: Copy failed for: '${URL_OF_KEY}' (403 (AccessDenied): {reason})`,
      missing: "ExitCode: 77: ERROR: S3 error: 403 (Forbidden)",
    },
    unreadable: {
      copy: `ExitCode: 1: ERROR: Copy failed for: '${URL_OF_KEY}' ` +
        "(403 (AccessDenied): {reason of s3:GetObjectAcl})",
    },
    missing: "ExitCode: 12: ERROR: S3 error: 404 (NoSuchKey): The specified key does not exist.",
  },
  "s5cmd": {
    denied: {
      get: `exit code 1: ERROR "cat ${URL_OF_KEY}": Forbidden: Forbidden ${S5CMD_IDS}`,
      list: s5cmd("ls s3://{bucket}/{prefix}*"),
      // It says nothing at all.
      put: "exit code 1: ",
      copy: s5cmd(`cp ${URL_OF_KEY} s3://{bucket}/{target}`),
      multipart: s5cmd(`cp FILE ${URL_OF_KEY}`),
      missing: `exit code 1: ERROR "head ${URL_OF_KEY}": Forbidden: Forbidden ${S5CMD_IDS}`,
      delete: `exit code 1: ERROR "rm ${URL_OF_KEY}": Access Denied`,
    },
    missing: `exit code 1: ERROR "head ${URL_OF_KEY}": given object ${URL_OF_KEY} not found`,
  },
  "mc": {
    denied: {
      get: mc("Unable to read from `peer/{bucket}/{key}`", "{key}`."),
      list: "exit code 1: mc: <ERROR> Unable to list folder. {reason}",
      put: mc("Unable to write to one or more targets", "{key}`."),
      copy: mc("Failed to copy `{endpoint}/{bucket}/{key}`", "{target}`"),
      multipart: mc("Failed to copy `FILE`", "{key}`"),
      presign: mc("Unable to stat `peer/{bucket}/{key}`", "{key}`."),
      missing: "exit code 1: mc: <ERROR> Unable to list folder. {reason of s3:ListBucket}\n" +
        "mc: <ERROR> Unable to stat `peer/{bucket}/{key}`. Object does not exist.",
      delete: "exit code 1: mc: <ERROR> Failed to remove `peer/{bucket}/{key}`. Access Denied",
    },
    unreadable: {
      copy: "exit code 1: mc: <ERROR> Unable to prepare URL for copying. " +
        "Unable to guess the type of copy operation.",
      delete: mc("Failed to remove `peer/{bucket}/{key}`", "{key}`"),
    },
    missing:
      "exit code 1: mc: <ERROR> Unable to stat `peer/{bucket}/{key}`. Object does not exist.",
  },
  "rclone": {
    denied: {
      get: rclone(
        "cat with 2 errors: last error was",
        "ListObjects",
        "api error AccessDenied: {reason of s3:ListBucket}",
      ),
      list: rclone("lsjson with 2 errors: last error was: error in ListJSON", "ListObjects"),
      put: rclone("rcat with 2 errors: last error was", "{api}"),
      copy: rclone("copyto", "{api}"),
      multipart: rclone(
        "copyto: multipart upload failed to initialise: create multipart upload failed",
        "{api}",
      ),
      missing: rclone("copyto", "HeadObject", "api error Forbidden: Forbidden"),
    },
    unreadable: { copy: rclone("copyto", "HeadObject", "api error Forbidden: Forbidden") },
    missing:
      "exit code 1: CRITICAL: Source doesn't exist or is a directory and destination is a file",
  },
} satisfies Record<string, Words>;

/** The name of a client. */
export type ClientName = keyof typeof WORDS;

/** The code and the message of an answer; one of HeadObject has no body, and so a status for both. */
function botocore(answer: string, api?: string): string {
  const [code = "", ...message] = answer.split(" ");
  const called = api ?? (/\d/.test(code) ? "HeadObject" : "{api}");
  return `An error occurred (${code}) when calling the ${called} operation: ${message.join(" ")}`;
}

function s5cmd(command: string): string {
  return `exit code 1: ERROR "${command}": AccessDenied: {reason} ${S5CMD_IDS}`;
}

function mc(what: string, end: string): string {
  return `exit code 1: mc: <ERROR> ${what}. ` +
    `Insufficient permissions to access this path \`{endpoint}/{bucket}/${end}`;
}

function rclone(what: string, api: string, words = "api error AccessDenied: {reason}"): string {
  return `exit code 1: NOTICE: Failed to ${what}: ${goSdk(api, "403", words)}`;
}

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
