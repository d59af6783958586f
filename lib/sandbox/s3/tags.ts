/**
 * Tags of buckets and objects.
 *
 * @module
 */
import type { Tag } from "../account.ts";
import { ServiceError } from "../operation.ts";
import type { Context, S3Call } from "./call.ts";
import { invalidArgument, malformedXml } from "./errors.ts";
import { childrenOf, element, textOf, type Xml, type XmlElement } from "../xml.ts";

/** How many tags an object can have. */
export const MAX_OBJECT_TAGS = 10;
/** How many tags a bucket can have. */
const MAX_BUCKET_TAGS = 50;

const TAGGING = "x-amz-tagging";
const MAX_KEY = 128;
const MAX_VALUE = 256;
/** Letters, digits and blanks of all scripts, and a few signs. */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function invalidTag(message: string, TagKey: string, more: Record<string, string> = {}) {
  return new ServiceError(400, "InvalidTag", message, { details: { TagKey, ...more } });
}

function checkTags(tags: Tag[], max: number): Tag[] {
  if (tags.length > max) {
    const what = max === MAX_OBJECT_TAGS ? "Object" : "Bucket";
    throw new ServiceError(400, "BadRequest", `${what} tags cannot be greater than ${max}`);
  }
  for (const { key, value } of tags) {
    if (key === "" || key.length > MAX_KEY || !TAG_TEXT.test(key)) {
      throw invalidTag("The TagKey you have provided is invalid", key);
    }
    if (value.length > MAX_VALUE || !TAG_TEXT.test(value)) {
      throw invalidTag("The TagValue you have provided is invalid", key, { TagValue: value });
    }
    if (key.startsWith("aws:")) {
      throw invalidTag(
        max === MAX_OBJECT_TAGS
          ? "Your TagKey cannot be prefixed with aws:"
          : "System tags cannot be added/updated by requester",
        key,
      );
    }
  }
  const doubled = tags.find(({ key }, index) => tags.findIndex((tag) => tag.key === key) < index);
  if (doubled !== undefined) {
    throw invalidTag("Cannot provide multiple Tags with the same key", doubled.key);
  }
  return tags.sort((a, b) => a.key < b.key ? -1 : 1);
}

/** Reads the `Tag` elements inside an element such as `TagSet`. */
export function tagsOf(set: XmlElement | undefined, max = MAX_BUCKET_TAGS): Tag[] {
  const tags = childrenOf(set, "Tag").map((tag) => {
    const key = textOf(tag, "Key");
    const value = textOf(tag, "Value");
    if (key === undefined || value === undefined) throw malformedXml();
    return { key, value };
  });
  return checkTags(tags, max);
}

/** Reads the tags of an upload from its `x-amz-tagging` header. */
export function tagsOfHeader(call: S3Call): Tag[] {
  const text = call.header(TAGGING) ?? "";
  const tags = text.split("&").filter((pair) => pair !== "").map((pair) => {
    const [key = "", value = "", more] = pair.split("=");
    if (more !== undefined) throw invalidTagging(text);
    return { key: formDecode(key, text), value: formDecode(value, text) };
  });
  const keys = tags.map(({ key }) => key);
  if (keys.includes("") || new Set(keys).size < keys.length) throw invalidTagging(text);
  return checkTags(tags, MAX_OBJECT_TAGS);
}

function formDecode(text: string, whole: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw invalidTagging(whole);
  }
}

function invalidTagging(text: string): ServiceError {
  return invalidArgument(
    `The header '${TAGGING}' shall be encoded as UTF-8 then URLEncoded URL query parameters without ` +
      "tag name duplicates.",
    TAGGING,
    text,
  );
}

/** Condition keys about the tags that a request sets. */
export function requestTagContext(tags: Tag[]): Context {
  if (tags.length === 0) return {};
  const context: Context = { "s3:RequestObjectTagKeys": tags.map(({ key }) => key) };
  for (const { key, value } of tags) context[`s3:RequestObjectTag/${key}`] = value;
  return context;
}

/** The `TagSet` of an answer. */
export function tagSet(tags: Tag[]): Xml {
  return element(
    "TagSet",
    tags.map(({ key, value }) => element("Tag", element("Key", key), element("Value", value))),
  );
}
