/**
 * The options that say what credentials may do.
 *
 * @module
 */
import { asUsageError } from "../errors.ts";
import type { BucketNameOptions } from "../names.ts";
import {
  type Grant,
  grantsOf,
  parseGrant,
  type PermissionOptions,
  scopeWarnings,
} from "../policy/grants.ts";
import { prefixPattern } from "../policy/prefix.ts";
import { parseStatement } from "../policy/template.ts";
import { checked, flag, optionGroup, value, type Values, values } from "./command.ts";
import type { Io } from "./io.ts";
import { bucketNames, usage } from "./options.ts";
import { writeMessage } from "./output.ts";

/** The option that stands in place of buckets as operands. */
export const GRANT_OPTION = "--grant";

/** Checks a prefix, which stays as it is. */
export const parsePrefix = checked(prefixPattern);

/** What the credentials may do. */
export const permissionOptions = optionGroup("Permissions", {
  readOnly: flag("--read-only", "Only allow reading from the bucket"),
  writeOnly: flag("--write-only", "Only allow writing to the bucket"),
  noDelete: flag("--no-delete", "Allow reading and writing, but not deleting"),
  prefix: values(
    "--prefix <prefix>",
    "Only allow keys that start with this, such as foo/; may be repeated",
    parsePrefix,
  ),
  for: value(
    "--for <preset>",
    "Allow what an application needs, such as restic or litestream:restore; see the command presets",
  ),
  grant: values(
    `${GRANT_OPTION} <grant>`,
    "In place of buckets and the options above: BUCKET:VERBS, BUCKET/DIRECTORY/:VERBS or " +
      "BUCKET/KEY:VERBS. VERBS are read, write, read-write, or some of list, get, put, delete, " +
      "acl, tag, versions, multipart joined by +; may be repeated",
    parseGrant,
  ),
  statement: values(
    "--statement <json>",
    "JSON statement to add to the policy; may be repeated",
    parseStatement,
  ),
});

/** The values of {@linkcode permissionOptions}. */
export type PermissionValues = Values<typeof permissionOptions>;

/** What is granted, as a request says it: buckets with what holds for each of them, or grants. */
export interface Granted extends PermissionOptions {
  buckets?: string[];
  grants?: Grant[];
}

/** Whether an option says what may be done. */
function hasPermission({ readOnly, writeOnly, noDelete }: PermissionValues): boolean {
  return readOnly || writeOnly || noDelete;
}

/** Whether an option says something else than that everything is read and written. */
export function isNarrowed(options: PermissionValues): boolean {
  return hasPermission(options) || options.prefix.length > 0 || options.for !== undefined ||
    options.grant.length > 0;
}

/** The options of {@linkcode isNarrowed}, for error messages. */
export const NARROWING = "--read-only, --write-only, --no-delete, --prefix, --for or --grant";

/** Throws `usage` for options of which one would silently have no effect. */
export function checkPermissionOptions(options: PermissionValues): void {
  if (options.readOnly && options.writeOnly) {
    throw usage("Cannot use --read-only and --write-only at the same time");
  }
  if (options.noDelete && (options.readOnly || options.writeOnly)) {
    throw usage("--no-delete cannot be used with --read-only or --write-only, which never delete");
  }
  if (options.for !== undefined && hasPermission(options)) {
    throw usage("--for cannot be used with --read-only, --write-only or --no-delete");
  }
  if (options.grant.length > 0 && isNarrowed({ ...options, grant: [] })) {
    throw usage(
      `${GRANT_OPTION} cannot be used with --read-only, --write-only, --no-delete, --prefix or --for`,
    );
  }
}

/** What the operands and the options grant. */
export async function grantedBy(
  operands: readonly string[],
  options: PermissionValues,
  nameOptions?: BucketNameOptions,
): Promise<Granted> {
  checkPermissionOptions(options);
  if (options.grant.length > 0) {
    bucketNames(options.grant.map(({ bucket }) => bucket), nameOptions);
    return { grants: options.grant };
  }
  const buckets = bucketNames(operands, nameOptions);
  const { for: preset, prefix } = options;
  if (preset !== undefined) {
    const { presetGrants } = await import("../policy/presets/presets.ts");
    return {
      grants: asUsageError(
        () => presetGrants(preset, buckets, { prefix }),
        "Invalid value for --for",
      ),
    };
  }
  return {
    buckets,
    permission: permissionOf(options),
    prefix: prefix.length > 0 ? prefix : undefined,
    noDelete: options.noDelete || undefined,
  };
}

function permissionOf(
  { readOnly, writeOnly }: PermissionValues,
): "read-only" | "write-only" | "read-write" {
  if (readOnly) return "read-only";
  return writeOnly ? "write-only" : "read-write";
}

/** Warns of what may be surprising about prefixes and keys. */
export async function warnOfScopes(granted: Granted, io: Io): Promise<void> {
  for (const warning of scopeWarnings(grantsOf(granted))) {
    await writeMessage(io, `Warning: ${warning}`);
  }
}
