/**
 * Deletes objects, a thousand at a time.
 *
 * @module
 */
import type { Aws } from "../aws/connect.ts";
import { bucketError } from "../aws/missing.ts";
import { awsErrorCode, httpStatus, noteMeaning, serviceError } from "../aws/service_error.ts";
import { mapOrdered, mapUnordered } from "../concurrency.ts";
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import { BucketClient, errorOf } from "./bucket_client.ts";
import { isFatal } from "./failures.ts";
import { listPages } from "./list.ts";
import { neededAction, refusalHint } from "./needed_action.ts";
import type { ObjectResult } from "./types.ts";
import { md5OfBody } from "../aws/requests/body_digest.ts";
import { childText, escapeXml, isXmlText, parseXml, type XmlElement } from "../aws/requests/xml.ts";

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
      : batchesOf([...new Set(keys)].map((key) => ({ key })), onFound);
    yield* deleteBatches(client, batches, concurrency);
  } finally {
    client.close();
  }
}

/** What to delete: an object, or one version of it. */
export interface DeleteTarget {
  key: string;
  /** Its version, a delete marker's too. If omitted, the object as it is now. */
  versionId?: string;
}

/** Deletes batches of at most a thousand, several at a time; yields what became of each target. */
export async function* deleteBatches(
  client: BucketClient,
  batches: Iterable<DeleteTarget[]> | AsyncIterable<DeleteTarget[]>,
  concurrency: number = DEFAULT_BATCHES,
): AsyncGenerator<ObjectResult> {
  const work = (targets: DeleteTarget[]) => deleteBatch(client, targets);
  for await (const results of mapUnordered(batches, work, concurrency)) yield* results;
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

function* batchesOf(
  targets: DeleteTarget[],
  onFound?: (count: number) => void,
): Generator<DeleteTarget[]> {
  onFound?.(targets.length);
  for (let start = 0; start < targets.length; start += BATCH_SIZE) {
    yield targets.slice(start, start + BATCH_SIZE);
  }
}

async function* listedBatches(
  client: BucketClient,
  prefix: string,
  onFound?: (count: number) => void,
): AsyncGenerator<DeleteTarget[]> {
  let count = 0;
  for await (const page of listPages(client, prefix)) {
    const keys = page.map(({ Key }) => Key);
    checkListed(client.bucket, prefix, keys);
    count += keys.length;
    yield* batchesOf(keys.map((key) => ({ key })));
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

async function deleteBatch(
  client: BucketClient,
  targets: readonly DeleteTarget[],
): Promise<ObjectResult[]> {
  const results: ObjectResult[] = [];
  for (const one of targets) if (!isXmlText(one.key)) results.push(await deleteOne(client, one));
  let left = targets.filter(({ key }) => isXmlText(key));
  if (lackingBatches.has(client)) return [...results, ...await deleteEach(client, left)];
  for (let attempt = 1; left.length > 0; attempt++) {
    const failed = await sendBatch(client, left);
    if (failed === undefined) return [...results, ...await deleteEach(client, left)];
    const again: DeleteTarget[] = [];
    for (const [error, targets] of targetsByError(left, failed)) {
      if (error === undefined) results.push(...targets.map(({ key }) => ({ key })));
      else if (attempt < MAX_ATTEMPTS && RETRIABLE_CODES.has(error.name)) again.push(...targets);
      else results.push(...failures(error, targets));
    }
    left = again;
    if (left.length > 0) await client.pause(FIRST_DELAY_MS * 2 ** attempt);
  }
  return results;
}

function targetsByError(
  targets: readonly DeleteTarget[],
  { ofTargets, ofAll }: Failed,
): Map<Error | undefined, DeleteTarget[]> {
  return Map.groupBy(targets, (target) => ofTargets.get(idOf(target)) ?? ofAll);
}

/** Unique, since no version holds NUL. */
function idOf({ key, versionId = "" }: DeleteTarget): string {
  return `${versionId}\0${key}`;
}

/** The errors of a request. */
interface Failed {
  ofTargets: Map<string, Error>;
  /** The error of all that have none of their own. */
  ofAll?: Error;
}

/** Of buckets whose server deletes objects only one by one, as Google's does. */
const lackingBatches = new WeakSet<BucketClient>();

/** The requests that take the place of one batch, at a time. */
const DELETIONS_AT_A_TIME = 8;

function deleteEach(
  client: BucketClient,
  targets: readonly DeleteTarget[],
): Promise<ObjectResult[]> {
  const work = (target: DeleteTarget) => deleteOne(client, target);
  return Array.fromAsync(mapOrdered(targets, work, DELETIONS_AT_A_TIME));
}

/** Whether an error says that the server has no batches, or may mean that. */
function lacksBatches(error: unknown): boolean {
  const status = httpStatus(error) ?? 0;
  return [405, 501].includes(status) ||
    status === 400 && ["NotImplemented", "InvalidArgument"].includes(awsErrorCode(error));
}

/** Sends one request; returns `undefined` where the server has no such request. */
async function sendBatch(
  client: BucketClient,
  targets: readonly DeleteTarget[],
): Promise<Failed | undefined> {
  const objects = targets.map(({ key, versionId }) => {
    const version = versionId === undefined ? "" : `<VersionId>${escapeXml(versionId)}</VersionId>`;
    return `<Object><Key>${escapeXml(key)}</Key>${version}</Object>`;
  }).join("");
  const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
  const body = new TextEncoder().encode(
    `<Delete xmlns="${namespace}"><Quiet>true</Quiet>${objects}</Delete>`,
  );
  const headers = {
    "content-type": "application/xml",
    "content-md5": await md5OfBody(body),
  };
  try {
    const answer = await client.send({ method: "POST", query: { delete: "" }, headers, body });
    const result = parseXml(answer.text);
    if (result.name !== "DeleteResult") throw errorOf(answer);
    return failuresIn(result, new Set(targets.map(idOf)), client.bucket);
  } catch (error) {
    client.throwIfAborted();
    if (lacksBatches(error)) {
      lackingBatches.add(client);
      return undefined;
    }
    const failure = bucketError(
      error,
      client.bucket,
      `Could not delete from ${client.bucket}`,
    );
    if (isFatal(failure)) throw failure;
    return { ofTargets: new Map(), ofAll: error as Error };
  }
}

/** An error of what was not sent may belong to anything that was. */
function failuresIn(result: XmlElement, ids: ReadonlySet<string>, bucket: string): Failed {
  const failed: Failed = { ofTargets: new Map() };
  for (const element of result.children.filter(({ name }) => name === "Error")) {
    const [key = "", versionId, code = "Unknown", message = ""] = [
      ...["Key", "VersionId", "Code", "Message"],
    ].map((name) => childText(element, name));
    // Some servers name the version only of what was sent with one.
    const id = [idOf({ key, versionId }), idOf({ key })].find((id) => ids.has(id));
    const action = neededAction({ method: "DELETE", key, query: versionId ? { versionId } : {} });
    // About a single key, S3 only says that access was denied.
    const isNamed = code !== "AccessDenied" || /s3:|object lock|WORM/i.test(message);
    const hint = isNamed ? undefined : refusalHint(message, action, bucket);
    const text = (isNamed ? message : `${message} (${action} is not allowed)`.trim()) +
      (id === undefined ? " (the server does not say of which key)" : "");
    const error = Object.assign(new Error(text), { name: code });
    if (hint !== undefined) noteMeaning(error, { code: "access-denied", hint });
    if (id !== undefined) failed.ofTargets.set(id, error);
    else failed.ofAll ??= error;
  }
  return failed;
}

/** For a key with characters that XML can't carry. */
async function deleteOne(
  client: BucketClient,
  { key, versionId }: DeleteTarget,
): Promise<ObjectResult> {
  try {
    const query = versionId === undefined ? undefined : { versionId };
    await client.send({ method: "DELETE", key, query });
    return { key };
  } catch (error) {
    client.throwIfAborted();
    return failures(error as Error, [{ key }])[0]!;
  }
}

function failures(error: Error, targets: readonly DeleteTarget[]): ObjectResult[] {
  const keys = targets.map(({ key }) => key);
  const [first = "", ...others] = keys;
  const more = others.length === 0
    ? ""
    : ` and ${others.length} other ${others.length === 1 ? "key" : "keys"}`;
  const failure = serviceError(error, `Could not delete ${escapeName(first)}${more}`);
  if (isFatal(failure)) throw failure;
  return keys.map((key) => ({ key, error: failure }));
}
