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

/** The operations that succeed. */
export function allowedIn(name: SceneName, { lacks = [], asksFor = {} }: Client): Operation[] {
  const allowed: readonly Operation[] = SCENES[name].allowed;
  return allowed.filter((operation) => !lacks.includes(operation) && !(operation in asksFor));
}

/** What must come of all operations of a client. */
export function expectedOutcomes(sandbox: Sandbox, name: SceneName, client: Client): Outcomes {
  const { bucket, prefix } = SCENES[name];
  const user = [...sandbox.account.users.values()].find((one) => one.arn.endsWith(`.${bucket}`))!;
  const allowed = allowedIn(name, client);
  const canRead = allowed.includes("get");
  const wordsFor = (operation: Operation): string => {
    if (allowed.includes(operation)) return operation === "missing" ? client.words.missing : "ok";
    return deniedWords(client.words, operation, canRead);
  };
  const expected = OPERATIONS.filter((one) => !client.lacks?.includes(one)).map((operation) => {
    const asked = client.asksFor?.[operation];
    const { action, key } = asked === undefined
      ? lackOf(operation, canRead)
      : { action: asked, key: undefined };
    const resource = key === undefined ? bucket : `${bucket}/${prefix}${key}`;
    const values: Record<string, string> = {
      api: APIS[operation],
      reason: reasonOf(user.arn, action, resource),
      bucket,
      prefix,
      key: prefix + KEYS[operation],
      target: prefix + TARGET,
    };
    const words = wordsFor(operation);
    return [operation, words.replaceAll(/\{(\w+)\}/g, (_, value: string) => values[value]!)];
  });
  return Object.fromEntries(expected);
}

function deniedWords(words: Words, operation: Operation, canRead: boolean): string {
  if (operation === "presign") return PRESIGNED_DENIED;
  const early = canRead ? undefined : words.unreadable?.[operation];
  return early ?? words.denied[operation] ?? words.denied.others!;
}
