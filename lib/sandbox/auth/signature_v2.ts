/**
 * Checks AWS Signature Version 2 of presigned URLs, which clients still make for us-east-1 unless
 * they are told otherwise.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import { bucketOfHost, headerOf, queryOf, type WireHead } from "../wire.ts";

/** The one region in which S3 still accepts these signatures. */
export const V2_REGION = "us-east-1";

/** The parts of a presigned URL. */
export interface QueryClaim {
  accessKeyId: string;
  signature: string;
  sessionToken: string | undefined;
  /** As sent: seconds since 1970. */
  expires: string;
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

/** Reads a presigned URL of Version 2; `undefined` if the request is none. */
export function readQueryClaim(request: WireHead): QueryClaim | undefined {
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

/** The string to sign of a presigned URL. */
export function stringToSignV2(request: WireHead, { expires }: QueryClaim): string {
  const query = queryOf(request.rawPath);
  const standard = ["content-md5", "content-type"].map((name) =>
    headerOf(request, name) ?? query.find(([key]) => key.toLowerCase() === name)?.[1] ?? ""
  );
  return [
    request.method,
    ...standard,
    expires,
    ...amzHeaders(request, query),
    signedResource(request, query),
  ].join("\n");
}

/** In a presigned URL they are parameters, which count as headers. */
function amzHeaders(request: WireHead, query: [string, string][]): string[] {
  const all = new Map<string, string>();
  for (const [name, value] of [...query, ...request.rawHeaders]) {
    const lower = name.toLowerCase();
    if (lower.startsWith("x-amz-")) all.set(lower, headerOf(request, lower) ?? value);
  }
  return [...all].sort(([a], [b]) => a < b ? -1 : 1).map(([name, value]) => `${name}:${value}`);
}

function signedResource(request: WireHead, query: [string, string][]): string {
  const bucket = bucketOfHost(headerOf(request, "host") ?? "");
  const path = request.rawPath.split("?", 1)[0]!;
  const signed = query.filter(([name]) => SUBRESOURCES.has(name))
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, value]) => value === "" ? name : `${name}=${value}`);
  return (bucket === undefined ? "" : `/${bucket}`) + path +
    (signed.length === 0 ? "" : `?${signed.join("&")}`);
}
