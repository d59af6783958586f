/**
 * Deletes objects, a thousand at a time.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Aws } from "../aws/connect.ts";
import { serviceError } from "../aws/service_error.ts";
import { mapUnordered } from "../concurrency.ts";
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import { BucketClient, errorOf } from "./bucket_client.ts";
import { listPages } from "./list.ts";
import { isFatal, type ObjectResult } from "./types.ts";
import { childText, escapeXml, isXmlText, parseXml, type XmlElement } from "./xml.ts";

/** The most keys that S3 deletes at a time, and as many as a page of a listing has. */
const BATCH_SIZE = 1000;
/** S3 counts every key, so more requests at a time would only be throttled. */
const DEFAULT_BATCHES = 4;
const MAX_ATTEMPTS = 6;
const FIRST_DELAY_MS = 100;
const RETRIABLE_CODES = new Set(["InternalError", "SlowDown", "ServiceUnavailable"]);

/**
 * Deletes objects. A key that isn't there counts as deleted.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param which the keys, or the prefix of all keys to delete, which must not be empty
 * @param options maximum of concurrent requests, progress, signal
 * @returns what became of each object, as soon as it is known; objects of one request that failed for
 *   one reason share the error
 * @throws {S3CredentialsError} if the bucket can't be read or written to at all; `usage` if neither
 *   keys nor a prefix is given
 * @throws the signal's reason if it is aborted
 *
 * @example Everything below a prefix
 * ```ts
 * import { connect, deleteObjects, putObject } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await putObject(aws, "my-bucket", "old/hello.txt", new Blob(["Hello"]));
 * const results = await Array.fromAsync(deleteObjects(aws, "my-bucket", { prefix: "old/" }));
 * assert.deepEqual(results, [{ key: "old/hello.txt" }]);
 * ```
 */
export async function* deleteObjects(
  aws: Aws,
  bucket: string,
  which: { keys: readonly string[] } | { prefix: string },
  { concurrency = DEFAULT_BATCHES, onFound, signal }: {
    /**
     * Maximum number of concurrent requests.
     *
     * @default {4}
     */
    concurrency?: number;
    /** Called with the number of objects when all have been found; many are deleted by then. */
    onFound?: (count: number) => void;
    /** Ends the work, which then throws the signal's reason; what is deleted stays deleted. */
    signal?: AbortSignal;
  } = {},
): AsyncGenerator<ObjectResult> {
  const { keys, prefix } = checkedChoice(which);
  const client = new BucketClient(aws, bucket, signal);
  try {
    const batches = keys === undefined
      ? listedBatches(client, prefix, onFound)
      : batchesOf([...new Set(keys)], onFound);
    const work = (keys: string[]) => deleteBatch(client, keys);
    for await (const results of mapUnordered(batches, work, concurrency)) yield* results;
  } finally {
    client.close();
  }
}

type Choice = { keys: readonly string[]; prefix?: undefined } | {
  keys?: undefined;
  prefix: string;
};

/** What would mean the whole bucket is more likely an empty variable. */
function checkedChoice(which: { keys?: unknown; prefix?: unknown } | undefined | null): Choice {
  const { keys, prefix } = which ?? {};
  if (Array.isArray(keys)) return { keys };
  if (typeof prefix === "string" && prefix !== "") return { prefix };
  throw new S3CredentialsError(
    "usage",
    "Invalid choice of objects: expected keys, or a prefix that is not empty",
  );
}

function* batchesOf(keys: string[], onFound?: (count: number) => void): Generator<string[]> {
  onFound?.(keys.length);
  for (let start = 0; start < keys.length; start += BATCH_SIZE) {
    yield keys.slice(start, start + BATCH_SIZE);
  }
}

async function* listedBatches(
  client: BucketClient,
  prefix: string,
  onFound?: (count: number) => void,
): AsyncGenerator<string[]> {
  let count = 0;
  for await (const page of listPages(client, prefix)) {
    const keys = page.map(({ Key }) => Key);
    checkListed(client.bucket, prefix, keys);
    count += keys.length;
    yield* batchesOf(keys);
  }
  onFound?.(count);
}

/**
 * Throws if a listing has keys without the prefix: a server or a proxy that drops the query must not
 * lead to the loss of other objects.
 */
export function checkListed(bucket: string, prefix: string, keys: readonly string[]): void {
  const other = keys.find((key) => !key.startsWith(prefix));
  if (other === undefined) return;
  throw new S3CredentialsError(
    "aws",
    `Could not list bucket ${bucket}: the server lists ${
      escapeName(other)
    }, which does not start ` +
      `with ${escapeName(prefix)}`,
    { hint: "No key of that page is deleted. Check whether a proxy drops the query" },
  );
}

async function deleteBatch(client: BucketClient, keys: string[]): Promise<ObjectResult[]> {
  const results: ObjectResult[] = [];
  for (const key of keys) if (!isXmlText(key)) results.push(await deleteOne(client, key));
  let left = keys.filter(isXmlText);
  for (let attempt = 1; left.length > 0; attempt++) {
    const failed = await sendBatch(client, left);
    const again: string[] = [];
    for (const [error, keys] of keysByError(left, failed)) {
      if (error === undefined) results.push(...keys.map((key) => ({ key })));
      else if (attempt < MAX_ATTEMPTS && RETRIABLE_CODES.has(error.name)) again.push(...keys);
      else results.push(...failures(error, keys));
    }
    left = again;
    if (left.length > 0) await client.pause(FIRST_DELAY_MS * 2 ** attempt);
  }
  return results;
}

function keysByError(
  keys: readonly string[],
  { ofKeys, ofAll }: Failed,
): Map<Error | undefined, string[]> {
  return Map.groupBy(keys, (key) => ofKeys.get(key) ?? ofAll);
}

/** The errors of a request. */
interface Failed {
  ofKeys: Map<string, Error>;
  /** The error of all keys that have none of their own. */
  ofAll?: Error;
}

async function sendBatch(client: BucketClient, keys: readonly string[]): Promise<Failed> {
  const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`).join("");
  const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
  const body = new TextEncoder().encode(
    `<Delete xmlns="${namespace}"><Quiet>true</Quiet>${objects}</Delete>`,
  );
  const headers = {
    "content-type": "application/xml",
    "content-md5": createHash("md5").update(body).digest("base64"),
  };
  try {
    const answer = await client.send({ method: "POST", query: { delete: "" }, headers, body });
    const result = parseXml(answer.text);
    if (result.name !== "DeleteResult") throw errorOf(answer);
    return failuresIn(result, new Set(keys));
  } catch (error) {
    client.throwIfAborted();
    const failure = serviceError(error, `Could not delete from ${client.bucket}`);
    if (isFatal(failure)) throw failure;
    return { ofKeys: new Map(), ofAll: error as Error };
  }
}

/** An error of a key that was not sent may belong to any key that was. */
function failuresIn(result: XmlElement, keys: ReadonlySet<string>): Failed {
  const failed: Failed = { ofKeys: new Map() };
  for (const element of result.children.filter(({ name }) => name === "Error")) {
    const [key = "", code = "Unknown", message = ""] = ["Key", "Code", "Message"]
      .map((name) => childText(element, name));
    const isSent = keys.has(key);
    const text = withAction(code, message) +
      (isSent ? "" : " (the server does not say of which key)");
    const error = Object.assign(new Error(text), { name: code });
    if (isSent) failed.ofKeys.set(key, error);
    else failed.ofAll ??= error;
  }
  return failed;
}

/** About a single key, S3 only says that access was denied. */
function withAction(code: string, message: string): string {
  const isNamed = code !== "AccessDenied" || message.includes("s3:");
  return isNamed ? message : `${message} (s3:DeleteObject is not allowed)`.trim();
}

/** For a key with characters that XML can't carry. */
async function deleteOne(client: BucketClient, key: string): Promise<ObjectResult> {
  try {
    await client.send({ method: "DELETE", key });
    return { key };
  } catch (error) {
    client.throwIfAborted();
    return failures(error as Error, [key])[0]!;
  }
}

function failures(error: Error, keys: readonly string[]): ObjectResult[] {
  const [first = "", ...others] = keys;
  const more = others.length === 0
    ? ""
    : ` and ${others.length} other ${others.length === 1 ? "key" : "keys"}`;
  const failure = serviceError(error, `Could not delete ${escapeName(first)}${more}`);
  if (isFatal(failure)) throw failure;
  return keys.map((key) => ({ key, error: failure }));
}
