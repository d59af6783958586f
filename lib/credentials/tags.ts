/**
 * The tags of what `create` makes: this tool's own, by which it finds its users again, and the
 * caller's.
 *
 * @module
 */
import type { User } from "@aws-sdk/client-iam";
import denoJson from "../../deno.json" with { type: "json" };
import { serviceError } from "../aws/service_error.ts";
import { InvalidInput, messageOf } from "../errors.ts";
import type { Run } from "./run.ts";
import type { CreateRequest, Tag } from "./types.ts";

/** What the keys of this tool's own tags begin with. */
export const OWN_TAG_PREFIX = "s3-credentials:";

/** The key of one of this tool's own tags. */
export function ownTagKey(
  name: "version" | "buckets" | "permission" | "expires" | "for" | "run" | "deactivated",
): string {
  return OWN_TAG_PREFIX + name;
}

const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;
const MAX_TAGS = 50;
/** The number of this tool's own tags that a user may have. */
const OWN_TAGS = 7;
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Throws `InvalidInput` unless AWS takes these tags on users, roles and buckets alike. */
export function checkTags(tags: Readonly<Record<string, string>>): void {
  const entries = Object.entries(tags);
  if (entries.length > MAX_TAGS - OWN_TAGS) {
    throw new InvalidInput(`Invalid tags: ${entries.length} of them, at most 43 are possible`);
  }
  const keys = new Set<string>();
  for (const [key, value] of entries) {
    const fault = tagFault(key, value);
    if (fault !== undefined) throw new InvalidInput(`Invalid tag ${JSON.stringify(key)}: ${fault}`);
    // IAM takes keys that differ only in their case as one.
    if (keys.has(key.toLowerCase())) {
      throw new InvalidInput(`Invalid tag ${JSON.stringify(key)}: it is given twice`);
    }
    keys.add(key.toLowerCase());
  }
}

function tagFault(key: string, value: string): string | undefined {
  if (key === "" || key.length > MAX_KEY_LENGTH) return "a key has 1 to 128 characters";
  if (value.length > MAX_VALUE_LENGTH) return "a value has at most 256 characters";
  if (!TAG_TEXT.test(key) || !TAG_TEXT.test(value)) {
    return "AWS allows letters, digits, spaces and _.:/=+-@ only";
  }
  if (/^aws:/i.test(key)) return "AWS reserves aws:";
  if (key.toLowerCase().startsWith(OWN_TAG_PREFIX)) return `this tool reserves ${OWN_TAG_PREFIX}`;
  return undefined;
}

/** What the tags of a user and of a role are made of. */
export interface TagFacts {
  buckets: readonly string[];
  /** What may be done with them, in words. */
  permission: string;
  expires?: Date;
}

/** The tags of a new user, apart from the one that names the run. */
export function userTags(
  request: CreateRequest,
  { buckets, permission, expires }: TagFacts,
): Tag[] {
  const own: Record<string, string> = {
    [ownTagKey("version")]: denoJson.version,
    [ownTagKey("buckets")]: bucketsTag(buckets),
    [ownTagKey("permission")]: permission,
  };
  const presets = new Set(request.grants?.flatMap(({ actions }) => actions.preset ?? []));
  if (presets.size > 0) own[ownTagKey("for")] = [...presets].join(" ").slice(0, MAX_VALUE_LENGTH);
  if (expires !== undefined) own[ownTagKey("expires")] = expiresTag(expires);
  return [...tagList(request.tags), ...request.ownTags === false ? [] : tagList(own)];
}

/** The tags of this tool's role, which serves all buckets. */
export function roleTags(request: CreateRequest): Tag[] {
  const own = { [ownTagKey("version")]: denoJson.version };
  return [...tagList(request.tags), ...request.ownTags === false ? [] : tagList(own)];
}

/** The tags of a user as an object. */
export function tagsOf(user: User | undefined): Record<string, string> {
  return Object.fromEntries((user?.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** Whether this tool has created a user: `rotate` tags those of others too. */
export function hasOwnTags(tags: Record<string, string>): boolean {
  return tags[ownTagKey("version")] !== undefined;
}

/** Tags as AWS takes them. */
export function tagList(tags: Readonly<Record<string, string>> = {}): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** The value of the tag that says when keys expire. */
export function expiresTag(expires: Date): string {
  return expires.toISOString();
}

/** As many names as fit, then the number of the others. */
function bucketsTag(buckets: readonly string[]): string {
  let count = buckets.length;
  const text = () =>
    [...buckets.slice(0, count), ...count < buckets.length ? [`+${buckets.length - count}`] : []]
      .join(" ");
  while (text().length > MAX_VALUE_LENGTH) count--;
  return text();
}

/** The tags of a step with the one that tells what one run has made; none if there are none of ours. */
function withRunTag(tags: readonly Tag[] = [], runId: string): Tag[] {
  const isOwn = tags.some(({ Key }) => Key.startsWith(OWN_TAG_PREFIX));
  return isOwn ? [...tags, { Key: ownTagKey("run"), Value: runId }] : [...tags];
}

/** Creates something with tags; if the caller may not tag, without them, and with a warning. */
export async function withTags<T>(
  create: (tags: Tag[] | undefined) => Promise<T>,
  what: string,
  { tags, run }: { tags: readonly Tag[] | undefined; run: Run },
): Promise<T> {
  if (tags === undefined || tags.length === 0) return await create(undefined);
  try {
    return await create(withRunTag(tags, run.id));
  } catch (error) {
    const [action] = /\biam:Tag(?:User|Role)\b/.exec(messageOf(error)) ?? [];
    if (action === undefined || serviceError(error, "").code !== "access-denied") throw error;
    const created = await create(undefined);
    run.warn(`Created ${what} without tags: these credentials lack ${action} for them`);
    return created;
  }
}
