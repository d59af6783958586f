/**
 * What must come of each operation in each scene, in a client's words.
 *
 * @module
 */
import type { Sandbox } from "../../../lib/sandbox/mod.ts";
import type { Client } from "./clients.ts";
import type { Outcomes } from "./play.ts";
import { type Operation, OPERATIONS, type SceneName, SCENES } from "./scenes.ts";
import { PRESIGNED_DENIED, type Words } from "./words.ts";

/** What AWS calls the operations. */
const APIS: Record<Operation, string> = {
  get: "GetObject",
  list: "ListObjectsV2",
  put: "PutObject",
  copy: "CopyObject",
  multipart: "CreateMultipartUpload",
  presign: "GetObject",
  missing: "HeadObject",
  delete: "DeleteObject",
};

const KEYS: Record<Operation, string> = {
  get: "kept.txt",
  list: "",
  put: "put.txt",
  copy: "kept.txt",
  multipart: "large.bin",
  presign: "kept.txt",
  missing: "missing.txt",
  delete: "unwanted.txt",
};
const TARGET = "copy.txt";

/** Which permission is missing, and on what. */
function lackOf(operation: Operation, canRead: boolean): { action: string; key?: string } {
  switch (operation) {
    case "list":
      return { action: "s3:ListBucket" };
    case "put":
    case "multipart":
      return { action: "s3:PutObject", key: KEYS[operation] };
    case "copy":
      return canRead
        ? { action: "s3:PutObject", key: TARGET }
        : { action: "s3:GetObject", key: KEYS.copy };
    case "delete":
      return { action: "s3:DeleteObject", key: KEYS.delete };
    default:
      return { action: "s3:GetObject", key: KEYS[operation] };
  }
}

/** What S3 says, as in AWS's documentation. */
function reasonOf(arn: string, action: string, resource: string): string {
  return `User: ${arn} is not authorized to perform: ${action} on resource: ` +
    `"arn:aws:s3:::${resource}" because no identity-based policy allows the ${action} action`;
}

/** The operations that the key is made for. */
function allowedIn(name: SceneName, { lacks = [] }: Client): Operation[] {
  const allowed: readonly Operation[] = SCENES[name].allowed;
  return allowed.filter((operation) => !lacks.includes(operation));
}

/** The operations that have their effect, whatever the client says of them then. */
export function effectiveIn(name: SceneName, client: Client): Operation[] {
  return allowedIn(name, client).filter((one) => client.alsoNeeds?.[one]?.on !== "bucket");
}

/** What must come of all operations of a client. */
export function expectedOutcomes(sandbox: Sandbox, name: SceneName, client: Client): Outcomes {
  const { bucket, prefix } = SCENES[name];
  const { arn } = [...sandbox.account.users.values()].find((one) =>
    one.arn.endsWith(`.${bucket}`)
  )!;
  const allowed = allowedIn(name, client);
  const canRead = allowed.includes("get");

  const outcomeOf = (operation: Operation): string => {
    const also = client.alsoNeeds?.[operation];
    const isAllowed = allowed.includes(operation);
    const lack = also !== undefined && (isAllowed || also.on === "bucket")
      ? { action: also.action, ...(also.on === "copy" && { key: TARGET }) }
      : lackOf(operation, canRead);
    const pathOf = (key: string | undefined) =>
      key === undefined ? bucket : `${bucket}/${prefix}${key}`;
    const values: Record<string, string> = {
      "api": APIS[operation],
      "reason": reasonOf(arn, lack.action, pathOf(lack.key)),
      "reason of s3:ListBucket": reasonOf(arn, "s3:ListBucket", bucket),
      "reason of s3:GetObjectAcl": reasonOf(arn, "s3:GetObjectAcl", pathOf(KEYS[operation])),
      "endpoint": sandbox.url,
      "bucket": bucket,
      "prefix": prefix,
      "key": prefix + KEYS[operation],
      "target": prefix + TARGET,
    };
    const words = isAllowed && also === undefined
      ? operation === "missing" ? client.words.missing : "ok"
      : deniedWords(client.words, operation, canRead);
    return words.replaceAll(/\{([\w :]+)\}/g, (_, value: string) => values[value]!);
  };

  const played = OPERATIONS.filter((one) => !client.lacks?.includes(one));
  return Object.fromEntries(played.map((operation) => [operation, outcomeOf(operation)]));
}

function deniedWords(words: Words, operation: Operation, canRead: boolean): string {
  const early = canRead ? undefined : words.unreadable?.[operation];
  if (early !== undefined) return early;
  const said = words.denied[operation];
  if (said === undefined && operation === "presign") return PRESIGNED_DENIED;
  return said ?? words.denied.others!;
}
