/**
 * What is known of an application's access to S3.
 *
 * @module
 */
import type { GrantActions } from "../grants.ts";

/** The permissions that an application needs, and where that is known from. */
export interface Preset {
  /** The application in small letters with dashes; after a colon the role, such as `litestream:restore`. */
  name: string;
  /** The application as it calls itself, and what these permissions are for. */
  title: string;
  /** Actions of S3 on the bucket, with what each is for. */
  bucket: Readonly<Record<string, string>>;
  /** Actions of S3 on its keys, with what each is for. */
  keys: Readonly<Record<string, string>>;
  /**
   * What may be listed under a prefix.
   *
   * @default {"prefix"}
   */
  listing?: GrantActions["listing"];
  /** The address of the page on which the application documents its permissions. */
  source: string;
  /** The day on which the page was read. */
  checked: string;
  /** The version that was run with exactly these permissions, and what it did; if any was. */
  measured?: string;
  /** What the page says that the program does without, and what else is worth knowing. */
  notes?: readonly string[];
  /** The kind of configuration; see `configurations.ts`. */
  config: string;
}

/** Makes a preset of a table in which actions go without `s3:`. */
export function preset(
  name: string,
  title: string,
  { bucket = {}, keys, ...rest }:
    & Omit<Preset, "name" | "title" | "bucket" | "checked" | "config">
    & Partial<Pick<Preset, "bucket" | "checked" | "config">>,
): Preset {
  const withService = (actions: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(actions).map(([action, use]) => [`s3:${action}`, use]));
  return {
    name,
    title,
    bucket: withService(bucket),
    keys: withService(keys),
    checked: "2026-11-26",
    config: name.split(":")[0]!,
    ...rest,
  };
}
