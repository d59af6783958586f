/**
 * What may be done with a bucket, in a word.
 *
 * @module
 */
import type { Partition } from "../partitions.ts";
import { capabilities, type Capability } from "./capabilities.ts";
import type { PolicyDocument } from "./document.ts";

const MAIN = ["list", "read", "write", "delete"];
/** What comes on top, with the action that makes the difference to what `create` grants. */
const EXTRAS: Readonly<Record<string, RegExp>> = {
  "acl": /Put/,
  "tags": /Put/,
  "versions": /./,
  "bucket-settings": /./,
  "delete-bucket": /./,
};
const NAMES: Readonly<Record<string, string>> = {
  "list+read": "read-only",
  "write": "write-only",
  "list+read+write+delete": "read-write",
};

/** Such as `read-only` or `list+read+write+tags`; `none`, or `unknown`. */
export function permissionInWords(found: readonly Capability[]): string {
  if (found.some(({ answer }) => answer === "unknown")) return "unknown";
  const granted = found.filter(({ answer }) => answer === "yes" || answer === "some");
  const main = MAIN.filter((name) => granted.some((one) => one.name === name)).join("+");
  const extras = granted.filter(({ name, granted }) =>
    granted.some(({ action }) => EXTRAS[name]?.test(action))
  );
  const words = [NAMES[main] ?? main, ...extras.map(({ name }) => name)].filter((word) => word);
  return words.length === 0 ? "none" : words.join("+");
}

/** Whether a permission in words is part of another one, such as `list` of `list+read`. */
export function isWithin(words: string, others: string): boolean {
  const known = parts(others);
  return [...parts(words)].every((part) => known.has(part));
}

function parts(words: string): Set<string> {
  const single = words === "none" ? [] : words.split("+");
  const meant = (word: string) =>
    Object.entries(NAMES).find(([, name]) => name === word)?.[0].split("+") ?? [word];
  return new Set(single.flatMap(meant));
}

const MAX_TAG_LENGTH = 256;
const PRINCIPAL = "arn:aws:iam::123456789012:user/new";

/**
 * What policies allow on their buckets, as a tag that AWS takes: one word if it is the same for all,
 * otherwise one for each, or if that is too long, all words together.
 */
export function permissionTag(
  buckets: readonly string[],
  policies: readonly PolicyDocument[],
  partition: Partition,
): string {
  const words = buckets.map((bucket, index) => {
    const identity = [{ type: "inline" as const, name: "policy", document: policies[index]! }];
    const options = { bucket, partition };
    return permissionInWords(capabilities({ principal: PRINCIPAL }, { identity }, options));
  });
  const separate = new Set(words).size === 1 ? words[0]! : words.join(" ");
  if (separate.length <= MAX_TAG_LENGTH) return separate;
  return [...new Set(words.flatMap((word) => [...parts(word)]))].join("+");
}
