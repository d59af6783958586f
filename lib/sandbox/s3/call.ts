/**
 * A request as S3 reads it: which bucket and key it addresses, its query, its settings.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Answer } from "../answer.ts";
import type { Account, Bucket, StoredObject } from "../account.ts";
import type { Caller, NeededPermission, SandboxRequest } from "../operation.ts";
import { ServiceError } from "../operation.ts";
import { timeOf } from "../auth/signature.ts";
import { malformedXml, noSuchBucket, notImplemented } from "./errors.ts";
import { findVersion, isMarker } from "./objects/versions.ts";
import { bucketOfHost, latin1ToUtf8, percentDecode } from "../wire.ts";
import { document, parseXml, type XmlContent, type XmlElement } from "../xml.ts";

/** What a request addresses: the account's buckets, a bucket, an object, or the account itself. */
export type Level = "service" | "bucket" | "object" | "control";

/** The namespace of S3's documents. */
const S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

const CONTROL = "/v20180820/";
const CONTROL_PATH = `${CONTROL}configuration/publicAccessBlock`;
const MAX_KEY_BYTES = 1024;

/** Headers that say who gets access to a new bucket or object. */
export const GRANT_HEADERS = ["full-control", "read", "read-acp", "write", "write-acp"]
  .map((right) => `x-amz-grant-${right}`);

/** Documents that S3 calls malformed if the body is empty; any other it calls missing. */
const MALFORMED_IF_EMPTY = [
  "AccessControlPolicy",
  "CompleteMultipartUpload",
  "LegalHold",
  "Retention",
];

/** A request to S3, with what its operation needs at hand. */
export class S3Call {
  readonly request: SandboxRequest;
  readonly caller: Caller;
  readonly account: Account;
  readonly level: Level;
  readonly bucketName: string;
  readonly key: string;
  readonly query: URLSearchParams;
  /** The query by names in small letters, of one name the first: headers, in a presigned URL. */
  readonly parameters: ReadonlyMap<string, string>;

  constructor(request: SandboxRequest, caller: Caller, account: Account) {
    this.request = request;
    this.caller = caller;
    this.account = account;
    const [path = "", ...rest] = request.rawPath.split("?");
    this.query = rest.length === 0 ? NO_QUERY : new URLSearchParams(rest.join("?"));
    this.parameters = rest.length === 0 ? NONE : byLowerName(this.query);
    const virtual = bucketOfHost(request.headers.get("host") ?? "");
    const isControl = path.startsWith(CONTROL) && request.headers.has("x-amz-account-id");
    if (isControl && path !== CONTROL_PATH) {
      throw notImplemented(
        "Of S3 Control the sandbox has nothing but the public access block of the account",
      );
    }
    const address = isControl
      ? ["", ""]
      : virtual === undefined
      ? splitPath(path)
      : [virtual, path.slice(1)] as const;
    this.bucketName = percentDecode(address[0]!);
    this.key = percentDecode(address[1]!);
    this.level = isControl
      ? "control"
      : this.key
      ? "object"
      : this.bucketName
      ? "bucket"
      : "service";
    if (Buffer.byteLength(this.key) > MAX_KEY_BYTES) {
      throw new ServiceError(400, "KeyTooLongError", "Your key is too long", {
        details: { Size: String(this.key.length), MaxSizeAllowed: String(MAX_KEY_BYTES) },
      });
    }
  }

  /** The bucket that the request addresses. */
  get bucket(): Bucket {
    const bucket = this.account.buckets.get(this.bucketName);
    if (bucket === undefined) throw noSuchBucket(this.bucketName);
    return bucket;
  }

  /** The object that the request addresses, in the version that it names, if it is there. */
  get object(): StoredObject | undefined {
    const version = findVersion(this.bucket, this.key, this.query.get("versionId"));
    return version === undefined || isMarker(version) ? undefined : version;
  }

  /** Where the client has reached the sandbox, such as `http://127.0.0.1:5000`. */
  get origin(): string {
    const host = this.request.headers.get("host") ?? "";
    const isHost = /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`);
    return new URL(`http://${isHost ? host : "127.0.0.1"}`).origin;
  }

  /** A header, or the query parameter that stands for it in a presigned URL. */
  header(name: string): string | undefined {
    const header = this.request.headers.get(name);
    if (header !== undefined) return latin1ToUtf8(header);
    const mayStand = name.startsWith("x-amz-") ||
      (WRITE_CONDITIONS.includes(name) && this.query.has("X-Amz-Signature"));
    if (!mayStand) return undefined;
    return this.parameters.get(name);
  }

  /** The root element of the request's document, which must have that name. */
  xml(rootName: string): XmlElement {
    if (this.request.body.length === 0 && !MALFORMED_IF_EMPTY.includes(rootName)) {
      throw new ServiceError(400, "MissingRequestBodyError", "Request Body is empty");
    }
    const root = parseXml(this.request.body.text());
    if (root?.name !== rootName) throw malformedXml();
    return root;
  }
}

/** Conditions of writes. S3 also takes them from a presigned URL, as LocalStack's records of AWS show. */
const WRITE_CONDITIONS = ["if-match", "if-none-match"];
const NO_QUERY = new URLSearchParams();
const NONE: ReadonlyMap<string, string> = new Map();

function byLowerName(query: URLSearchParams): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [key, value] of query) {
    const name = key.toLowerCase();
    if (!parameters.has(name)) parameters.set(name, value);
  }
  return parameters;
}

function splitPath(path: string): [string, string] {
  const slash = path.indexOf("/", 1);
  return slash < 0 ? [path.slice(1), ""] : [path.slice(1, slash), path.slice(slash + 1)];
}

/** Condition keys of every S3 action that come from the request itself. */
export function requestContext(call: S3Call): Record<string, string> {
  const context: Record<string, string> = {};
  const hash = call.header("x-amz-content-sha256");
  if (hash !== undefined) context["s3:x-amz-content-sha256"] = hash;
  if (call.caller.type !== "anonymous") {
    const authorization = call.request.headers.get("authorization");
    const presigned = authorization === undefined;
    const { formSignature } = call.request;
    context["s3:signatureversion"] = formSignature ??
      (call.query.has("AWSAccessKeyId") || /^AWS /.test(authorization ?? "")
        ? "AWS"
        : "AWS4-HMAC-SHA256");
    context["s3:authType"] = formSignature
      ? "POST"
      : presigned
      ? "REST-QUERY-STRING"
      : "REST-HEADER";
    const signed = call.query.get("X-Amz-Date");
    if (presigned && signed !== null) {
      context["s3:signatureAge"] = String(call.account.clock.now().getTime() - timeOf(signed));
    }
  }
  return context;
}

/** Values of condition keys that belong to one permission. */
export type Context = NonNullable<NeededPermission["context"]>;

/** The condition keys of those headers that the request carries, such as `s3:x-amz-acl`. */
export function headerContext(call: S3Call, names: string[]): Context {
  const context: Context = {};
  for (const name of names) {
    const value = call.header(name);
    if (value !== undefined) context[`s3:${name}`] = value;
  }
  return context;
}

/** A permission on all buckets of the account. */
export function onAccount(call: S3Call, action: string): NeededPermission {
  return { action, resource: "*", context: requestContext(call) };
}

/** A permission on a bucket. */
export function onBucket(
  call: S3Call,
  action: string,
  context: Context = {},
  bucket: Bucket = call.bucket,
): NeededPermission {
  const owner = { "s3:ResourceAccount": bucket.ownerAccountId };
  return {
    action,
    resource: `arn:${call.account.partition}:s3:::${bucket.name}`,
    context: { ...requestContext(call), ...owner, ...context },
    bucket,
  };
}

/** A permission on an object. */
export function onObject(
  call: S3Call,
  action: string,
  context: Context = {},
  { bucket, key }: { bucket: Bucket; key: string } = { bucket: call.bucket, key: call.key },
): NeededPermission {
  const permission = onBucket(call, action, context, bucket);
  return { ...permission, resource: `${permission.resource}/${key}` };
}

/** A time as in S3's documents: to the second, with the milliseconds always zero. */
export function isoTime(time: Date): string {
  return time.toISOString().replace(/\d{3}Z$/, "000Z");
}

/** An answer with a document. */
export function xmlAnswer(
  root: string,
  content: XmlContent,
  headers: Record<string, string> = {},
): Answer {
  return new Answer(document(root, S3_NAMESPACE, content), {
    headers: { "content-type": "application/xml", ...headers },
  });
}

/** An answer without a body. */
export function emptyAnswer(status = 200, headers: Record<string, string> = {}): Answer {
  return new Answer(null, { status, headers });
}
