/**
 * The options that say what credentials may do.
 *
 * @module
 */
import { prefixPattern, prefixWarnings } from "../policy/build.ts";
import { parseStatement } from "../policy/template.ts";
import { flag, optionGroup, value, values } from "./command.ts";
import type { Io } from "./io.ts";
import { usage } from "./options.ts";
import { writeMessage } from "./output.ts";

/** What the credentials may do. */
export const permissionOptions = optionGroup("Permissions", {
  readOnly: flag("--read-only", "Only allow reading from the bucket"),
  writeOnly: flag("--write-only", "Only allow writing to the bucket"),
  prefix: value(
    "--prefix <prefix>",
    "Only allow keys that start with this, such as foo/",
    (text) => {
      prefixPattern(text);
      return text;
    },
  ),
  statement: values(
    "--statement <json>",
    "JSON statement to add to the policy; may be repeated",
    parseStatement,
  ),
});

/** The permission selected by `--read-only` and `--write-only`; throws `usage` for both. */
export function permissionOf(
  options: { readOnly: boolean; writeOnly: boolean },
): "read-only" | "write-only" | "read-write" {
  if (options.readOnly && options.writeOnly) {
    throw usage("Cannot use --read-only and --write-only at the same time");
  }
  if (options.readOnly) return "read-only";
  return options.writeOnly ? "write-only" : "read-write";
}

/** Warns of what may be surprising about a prefix. */
export async function warnOfPrefix(prefix: string | undefined, io: Io): Promise<void> {
  if (prefix === undefined) return;
  for (const warning of prefixWarnings(prefix)) await writeMessage(io, `Warning: ${warning}`);
}
