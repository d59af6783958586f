/**
 * Checks AWS Signature Version 2: of presigned URLs, which clients still make for us-east-1 unless
 * they are told otherwise, and in the `Authorization` header, which older programs send.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import { bucketOfHost, queryOf, signedHeader, type WireHead } from "../wire.ts";

/** The one region in which S3 still accepts these signatures. */
export const V2_REGION = "us-east-1";

/** The parts of a signature. */
export interface ClaimV2 {
  accessKeyId: string;
  signature: string;
  sessionToken: string | undefined;
  /** Of a presigned URL, as sent: seconds since 1970. */
  expires: string | undefined;
}

/** An `Authorization` header of Version 2 that can't be read. */
export class MalformedV2Error extends Error {
  override readonly name = "MalformedV2Error";
}

/** Query parameters that are a part of the signed resource. */
const SUBRESOURCES = new Set([
  "accelerate",
  "acl",
  "analytics",
  "cors",
  "delete",
  "inventory",
  "legal-hold",
  "lifecycle",
  "location",
  "logging",
  "metrics",
  "notification",
  "object-lock",
  "partNumber",
  "policy",
  "replication",
  "requestPayment",
  "response-cache-control",
  "response-content-disposition",
  "response-content-encoding",
  "response-content-language",
  "response-content-type",
  "response-expires",
  "restore",
  "retention",
  "select",
  "select-type",
  "storageClass",
  "tagging",
  "torrent",
  "uploadId",
  "uploads",
  "versionId",
  "versioning",
  "versions",
  "website",
]);

/** Reads a signature of Version 2; `undefined` if the request has none. */
export function readClaimV2(request: WireHead): ClaimV2 | undefined {
  return readHeader(request) ?? readQuery(request);
}

function readHeader(request: WireHead): ClaimV2 | undefined {
  const [scheme, ...rest] = (request.headers.get("authorization") ?? "").split(" ");
  if (scheme !== "AWS") return undefined;
  const [, accessKeyId, signature] = /^([^:]+):([^:]+)$/.exec(rest.join("")) ?? [];
  if (accessKeyId === undefined || signature === undefined) throw new MalformedV2Error();
  const sessionToken = request.headers.get("x-amz-security-token");
  return { accessKeyId, signature, sessionToken, expires: undefined };
}

function readQuery(request: WireHead): ClaimV2 | undefined {
  const query = new Map(queryOf(request.rawPath));
  const accessKeyId = query.get("AWSAccessKeyId");
  const signature = query.get("Signature");
  if (accessKeyId === undefined || signature === undefined) return undefined;
  const sessionToken = query.get("x-amz-security-token");
  return { accessKeyId, signature, sessionToken, expires: query.get("Expires") ?? "" };
}

/** HMAC-SHA-1 in Base64. */
export function signV2(secretAccessKey: string, text: string): string {
  return createHmac("sha1", secretAccessKey).update(text).digest("base64");
}

/** When a request was signed that carries its signature in a header; `undefined` without a date. */
export function dateV2(request: WireHead): Date | undefined {
  const time = Date.parse(request.headers.get("x-amz-date") ?? request.headers.get("date") ?? "");
  return time >= 0 ? new Date(time) : undefined;
}

/**
 * The strings of which one must be signed: botocore ends the path of a bucket with a slash, whether
 * or not the request does.
 */
export function stringsToSignV2(request: WireHead, { expires }: ClaimV2): string[] {
  const query = queryOf(request.rawPath);
  const inQuery = expires === undefined ? [] : query;
  const standard = ["content-md5", "content-type"].map((name) =>
    signedHeader(request, name) ?? inQuery.find(([key]) => key.toLowerCase() === name)?.[1] ?? ""
  );
  const hasAmzDate = request.headers.has("x-amz-date");
  return signedPaths(request).map((path) =>
    [
      request.method,
      ...standard,
      expires ?? (hasAmzDate ? "" : signedHeader(request, "date") ?? ""),
      ...amzHeaders(request, query),
      path + signedQuery(query),
    ].join("\n")
  );
}

function signedPaths(request: WireHead): string[] {
  const bucket = bucketOfHost(request.headers.get("host") ?? "");
  const path = request.rawPath.split("?", 1)[0]!;
  if (bucket !== undefined) return [`/${bucket}${path}`];
  return /^\/[^/]+$/.test(path) ? [path, `${path}/`] : [path];
}

/** Parameters of such names count as headers; a name that is given twice has both values. */
function amzHeaders(request: WireHead, query: [string, string][]): string[] {
  const parameters = query.map(([name, value]) => [name.toLowerCase(), value] as const);
  const names = [...parameters.map(([name]) => name), ...request.headers.keys()]
    .filter((name) => name.startsWith("x-amz-"));
  return [...new Set(names)].sort().map((name) => {
    const inUrl = parameters.filter(([other]) => other === name).map(([, value]) => value);
    return `${name}:${[signedHeader(request, name) ?? [], inUrl].flat().join(",")}`;
  });
}

function signedQuery(query: [string, string][]): string {
  const signed = query.filter(([name]) => SUBRESOURCES.has(name))
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, value]) => value === "" ? name : `${name}=${value}`);
  return signed.length === 0 ? "" : `?${signed.join("&")}`;
}
