/**
 * Which of S3's actions a request takes, for a server that refuses it without naming one.
 *
 * @module
 */
import { shellWord } from "../escape.ts";

/** What of a request says which action it is. */
interface Target {
  method: string;
  /** The object; if omitted, the bucket itself. */
  key?: string;
  query?: Record<string, string>;
}

/** The action in IAM's words, such as `s3:GetObject`. */
export function neededAction({ method, key, query = {} }: Target): string {
  const { versionId } = query;
  if (key === undefined) {
    if (method === "POST") return "s3:DeleteObject, for versions s3:DeleteObjectVersion";
    if (method === "DELETE") return "s3:DeleteBucket";
    if ("versions" in query) return "s3:ListBucketVersions";
    return "uploads" in query ? "s3:ListBucketMultipartUploads" : "s3:ListBucket";
  }
  if (method === "GET" || method === "HEAD") {
    return versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
  }
  if (method !== "DELETE") return "s3:PutObject";
  if ("uploadId" in query) return "s3:AbortMultipartUpload";
  return versionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
}

/** What to do about a refusal; `undefined` if its words say more than that it is one. */
export function refusalHint(words: string, action: string, bucket: string): string | undefined {
  if (!/^(access ?denied|forbidden)?\.?$/i.test(words)) return undefined;
  const missing = action === "s3:GetObject"
    ? ". Without s3:ListBucket, a key that is not there is refused in the same way"
    : "";
  return `The server does not say why. This takes ${action}${missing}. To see what these credentials ` +
    `may do: \`readAccess\` ${shellWord(bucket)}`;
}
